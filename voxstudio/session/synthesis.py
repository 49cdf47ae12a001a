"""Shapes that climb a network's score: play, pause, step, rewind, branch. Owner's thread; topic ``synthesis``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.errors import BadInput
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.ascending import AscentThread, Climb, Climbed, ClimberInfo, Event, Known, Rested
from voxstudio.engine.jobs import Job
from voxstudio.engine.requests import Given
from voxstudio.geometry.pieces import without_crumbs
from voxstudio.session.ascent_starts import levelled, seeds_from, stirred
from voxstudio.session.ascent_view import AscentView, Origin, climbs
from voxstudio.session.film_files import THREE_QUARTER, write_ascent
from voxstudio.session.trail import Trail

WHERE = "synthesis"
MOST_CHAINS = 4
USUAL_MOVE = 0.03
"""How far a voxel goes in a step that neither crawls nor jumps; volumes run from -1 to 1."""


class Synthesis(AscentView):
    """What :attr:`Session.synthesis` offers; parameters as those of :class:`AscentView`."""

    # ---- what is set ---------------------------------------------------------------------------

    def choose(self, folder: Path | str) -> None:
        """Another checkpoint; what climbs is left."""
        entry = next((one for one in self._entries() if str(one.folder) == str(folder) and climbs(one)), None)
        before = self.entry
        if entry is None or before is None or entry.folder == before.folder:
            return
        self.rest()
        self._folder, self._info, self._awaited = entry.folder, None, ()
        self._forget()
        self._order(steps=0)
        self._tell()

    def prefer(self, folder: Path | None) -> None:
        """Take the checkpoint that was opened, if it climbs and nothing does yet."""
        if folder is not None and self._thread is None and any(one.folder == folder for one in self._entries()):
            self._folder = folder
            self._tell()

    def wake(self) -> None:
        """Open the model, so that its classes and networks can be chosen from."""
        if self.info is None and not self._opening and self.entry is not None:
            self._order(steps=0)
            self._tell()

    def set(self, **changes: Any) -> bool:
        """Change fields of :class:`Ascent`; while it plays the next step climbs so. False and a message if wrong."""
        try:
            ascent = replace(self._ascent, **changes)
        except BadInput as error:
            self._say("error", str(error), WHERE)
            self._tell()
            return False
        if ascent != self._ascent:
            self._ascent = ascent
            self._done = False
            if self._playing:
                self._order()
            self._tell()
        return True

    def use(self, method: str) -> bool:
        """Climb by another method, with a step that goes about as far: Langevin's multiplies the gradient itself."""
        info, state = self.info, self.state
        if info is None or method == info.usual.method:
            usual = info.usual if info is not None else Ascent()
            return self.set(
                method=method, step_size=usual.step_size, noise=usual.noise, noise_steps=usual.noise_steps
            )
        step, noise = USUAL_MOVE, 0.0
        if method == "langevin":
            slope = float(np.abs(state.gradient).mean()) if state is not None and state.gradient.size else 0.0
            step = min(2 * USUAL_MOVE / slope, 500.0) if slope > 0.0 else 1.0
            step = float(f"{step:.2g}")
            noise = round(0.3 * USUAL_MOVE / step**0.5, 3)
        return self.set(method=method, step_size=step, noise=noise, noise_steps=None)

    def set_through(self, on: bool) -> None:
        """Whether the next network takes over by itself after the usual steps."""
        self._through = on
        if self._playing:
            self._order()
        self._tell()

    def set_seed(self, seed: int) -> None:
        """Begin anew with another seed."""
        self._seed = int(seed)
        self._anew()

    def set_count(self, count: int) -> None:
        """So many chains side by side, 1 to 4; they begin anew."""
        self._count = min(max(int(count), 1), MOST_CHAINS)
        self._chain = min(self._chain, self._count - 1)
        self._anew()

    def look_at(self, chain: int) -> None:
        """Bring a chain to the stage."""
        state = self.state
        if state is not None and 0 <= chain < len(state.volumes):
            self._chain = chain
            self._show(draft=self._playing)
            self._tell()

    # ---- where chains begin --------------------------------------------------------------------

    def from_noise(self) -> None:
        """Chains begin with noise."""
        self._from(Origin())

    def from_stage(self) -> bool:
        """Chains begin with the shape on the stage, whatever made it; False and a message without one."""
        shown = self._shown()
        if shown is None or shown.surface.is_empty:
            self._say("error", "There is no shape on the stage to begin with: make one first, or drop a mesh.", WHERE)
            self._tell()
            return False
        self._from(Origin("stage", levelled(shown.grid), shown.origin))
        return True

    def from_file(self, path: Path | str) -> bool:
        """Chains begin with a mesh or a voxel file; a file that cannot be used becomes a message."""
        source, entry = Path(path), self.entry
        if entry is None or entry.card is None:
            self._say("error", "No checkpoint climbs to shapes: train one of 3DWINN, or put one there.", WHERE)
            return False
        card = entry.card

        def work(_: Job) -> VoxelGrid:
            from voxstudio.lab.frames import in_frame
            from voxstudio.lab.targets import read_solid

            return VoxelGrid.unit(in_frame(read_solid(source, card.resolution).grid, card), 0.5, source.name)

        def done(grid: Any) -> None:
            self._from(Origin("file", grid, source.name))

        return self._errands.start(f"Reading {source.name}", work, done, WHERE, over=self._tell)

    # ---- climbing ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin anew, at rest."""
        self._playing = False
        self._begin(steps=0)

    def play(self) -> bool:
        """Climb until paused, or until the shapes are done; False without a checkpoint that can."""
        if self.entry is None:
            self._say("error", "No checkpoint climbs to shapes: train one of 3DWINN, or put one there.", WHERE)
            return False
        self._playing = True
        if not len(self._trail) or self._done:
            self._begin(steps=None)
        else:
            self._go_on(steps=None)
        return True

    def pause(self) -> None:
        """Rest after the step in hand, and show it at rest."""
        if self._playing:
            self.rest()
            self._show(draft=False)

    def rest(self) -> None:
        """Rest after the step in hand, and leave the stage as it is."""
        if self._playing:
            self._playing, self._awaited = False, ()
            self._order(steps=0)
            self._tell()

    def step(self) -> None:
        """One step from the state that is looked at."""
        self._playing = False
        if len(self._trail):
            self._go_on(steps=1)
        else:
            self._begin(steps=1)

    def rewind(self) -> None:
        """Look at the first state."""
        self.scrub(0)

    def scrub(self, index: int, draft: bool = False) -> None:
        """Look at a kept state; what is played goes on from there."""
        if not len(self._trail):
            return
        self.rest()
        self._at = min(max(index, 0), len(self._trail) - 1)
        self._show(draft)
        self._tell()

    def branch(self) -> None:
        """Go on from the state that is looked at with other noise; what came after it stays in the curve for a look.

        Where steps have no noise every branch would go the same way: it then begins with some, as much as there is
        still to go, so that what is nearly done changes little. The steps themselves stay as they are set.
        """
        state = self.state
        if state is None:
            return
        self._branched += 1
        seeds = tuple(seed + 10_000 * self._branched for seed in seeds_from(self._seed, len(state.volumes)))
        state = replace(self._trail.cut(self.at, remember=True), seeds=seeds)
        if not self._ascent.shakes(state.cascade_step):
            state = stirred(state)
        self._at = len(self._trail) - 1
        self._playing, self._done = True, False
        self._follow_cascade(state)
        self._order(state=state)
        self._tell()

    def keep(self) -> bool:
        """Make the state that is looked at a step of the history; what follows is another step."""
        if self.state is None:
            return False
        self._show(draft=False, anew=not self.follows)
        self._given = None
        return True

    def compare(self) -> None:
        """From now on compare what climbs with the state that is looked at."""
        grid, state = self.grid(self._chain), self.state
        if grid is not None and state is not None:
            self._against(grid, f"step {state.step:,}")

    def film(self, path: Path | str, view: tuple[float, float] = THREE_QUARTER, fps: float = 20.0) -> bool:
        """Write the ascent of the chain on the stage, from its first kept state to the one that is looked at.

        A message (``where="synthesis"``) says how it went; False if there is nothing to film.
        """
        target, chain, info, options = Path(path), self._chain, self._info, self._options()
        states = tuple(self._trail[k] for k in range(self.at + 1)) if len(self._trail) else ()
        if info is None or len(states) < 2:
            self._say("error", "There is nothing to film yet: play a few steps first.", WHERE)
            return False

        def work(job: Job) -> list[Path]:
            return write_ascent(target, states, chain, options, view, fps, job.progress)

        def done(written: Any) -> None:
            self._say("info", f"Saved {written[0].name}: {len(states):,} frames.", WHERE)

        return self._errands.start(f"Filming {target.name}", work, done, WHERE, bench=True)

    def close(self) -> None:
        """Stop and join the thread."""
        if self._thread is not None:
            self._thread.close()

    # ---- inside --------------------------------------------------------------------------------

    def _from(self, origin: Origin) -> None:
        """Shapes that are there already climb the last network, noise climbs all of them."""
        self._origin = origin
        if self._info is not None:
            last = self._info.cascades - 1
            self._ascent = replace(self._ascent, cascade=last if origin.grid is not None else 0)
        self._anew()

    def _anew(self) -> None:
        """The beginning has changed: begin again, and play if it played."""
        if self._playing:
            self._begin(steps=None)
        elif len(self._trail) or self._origin.grid is not None:
            self._begin(steps=0)
        self._tell()

    def _begin(self, steps: int | None) -> None:
        self._forget()
        if self.info is None:
            self._awaited = (steps,)
            self.wake()
            return
        if self._through and self._origin.source == "noise":
            self._ascent = replace(self._ascent, cascade=0)
        self._order(steps=steps, seeds=seeds_from(self._seed, self._count), start=self._origin.grid)
        self._tell()

    def _go_on(self, steps: int | None) -> None:
        """Climb from the state that is looked at; what came after it is forgotten."""
        last = self.at == len(self._trail) - 1
        state = self._trail.cut(self.at, remember=not last)
        if not last:
            self._follow_cascade(state)
        self._done = False
        self._order(steps=steps, state=state)
        self._tell()

    def _follow_cascade(self, state: AscentState) -> None:
        if self._through:
            self._ascent = replace(self._ascent, cascade=state.cascade)

    def _forget(self) -> None:
        self._trail, self._at, self._done, self._branched = Trail(), 0, False, 0

    def _order(self, steps: int | None = None, **parts: Any) -> None:
        entry = self.entry
        if entry is None:
            return
        if self._thread is None:
            self._thread = AscentThread(lambda event: self._hand(partial(self._take, event)), self._open_model)
        self._newest = next(self._numbers)
        if parts:  # else it goes on from where the thread stands, whose states still count
            self._valid_from = self._newest
        self._opening = self.info is None
        ascent = self._ascent if self._info is None else self._fitted(self._ascent, self._info)
        self._thread.submit(
            Climb(self._newest, entry.folder, self._device, ascent, steps=steps, through=self._through, **parts)
        )

    def _take(self, event: Event) -> None:
        """One event of the thread."""
        if isinstance(event, Known):
            self._opening = False
            self._info = event.info
            self._ascent = replace(event.info.usual, cascade=0, target=self._ascent.target)
            last = event.info.cascades - 1 if self._origin.grid is not None else 0
            self._ascent = self._fitted(replace(self._ascent, cascade=last), event.info)
            if event.info.note:
                self._say("warning", event.info.note, WHERE)
            awaited, self._awaited = self._awaited, ()
            if awaited:
                self._begin(awaited[0])
        elif event.number < self._valid_from:
            return
        elif isinstance(event, Climbed):
            self._take_states(event)
        else:
            self._take_rest(event)
        self._tell()

    def _take_states(self, event: Climbed) -> None:
        looked_on = self.at >= len(self._trail) - 1
        fresh = not len(self._trail)
        self._trail.add(event.states)
        if event.step_ms:
            self._step_ms = event.step_ms
        if self._through:
            self._ascent = replace(self._ascent, cascade=event.states[-1].cascade)
        if not (looked_on or self._playing):
            return
        self._at = len(self._trail) - 1
        self._chain = min(self._chain, len(event.states[-1].volumes) - 1)
        if self._playing and not fresh and not self.follows:
            self.rest()  # somebody took the stage elsewhere
            return
        self._show(draft=self._playing)

    def _take_rest(self, event: Rested) -> None:
        self._opening = False
        if event.sentence:
            self._say("error", event.sentence + self._back_to_the_best(), WHERE)
        if event.number == self._newest and self._playing:
            self._playing, self._done = False, event.done
            if self.follows:
                self._show(draft=False)
                if self._done:
                    self._given = None  # it stays in the history: what comes next is another step there

    def _back_to_the_best(self) -> str:
        """After steps that led astray look at the state of least energy; a sentence if it is not the last one."""
        best = self._trail.best
        if best is None or best == len(self._trail) - 1:
            return ""
        self._at = best
        return f" You look at the best state before that, step {self._trail[best].step:,}."

    def _show(self, draft: bool, anew: bool = False) -> None:
        state, grid = self.state, self.grid(self._chain)
        if state is None or grid is None or self._info is None:
            return
        if self._done and not draft and self.at == len(self._trail) - 1 and self._options().remove_crumbs:
            grid = without_crumbs(grid).grid
        target = f"{self._ascent.target}, " if self._ascent.target else ""
        words = f"{target}step {state.step:,} from {self._origin.words}, seed {self._seed + self._chain}"
        given = Given(grid, words, self._info.name)
        fresh = anew or not self.follows
        self._given = given
        self._present(given, draft, fresh)

    @staticmethod
    def _fitted(ascent: Ascent, info: ClimberInfo) -> Ascent:
        """What this model can do: a network and a class that it has."""
        target = ascent.target if ascent.target in info.targets else None
        return replace(ascent, target=target, cascade=min(max(ascent.cascade, 0), info.cascades - 1))
