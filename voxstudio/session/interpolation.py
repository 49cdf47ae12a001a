"""A path through latent space from keyframe to keyframe, and shape arithmetic. Owner's thread; topic ``path``."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.engine.latent_space import PATHS, arithmetic, between, flat, unflat
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands, Place, Say
from voxstudio.session.film_files import FPS, THREE_QUARTER, USUAL_FPS, Order, places, write_film
from voxstudio.session.values import Options

if TYPE_CHECKING:
    from voxstudio.engine.requests import ModelInfo
    from voxstudio.session.snapshots import Kept

WHERE = "path"
ENDINGS = ("once", "loop", "bounce")
MOST_KEYS = 24
NO_LATENT = "{} was not made by a generator, so it has no place in a path: find its code first (Codes, “Find a shape”)."


@dataclass(frozen=True, eq=False)
class Keyframe:
    """A stop of the path or a term of the sum. ``key`` is the folder of its checkpoint, ``checkpoint`` its name."""

    id: int
    title: str
    latent: Latent
    label: str | None
    key: str
    checkpoint: str
    grid: VoxelGrid


@dataclass(frozen=True)
class PathOptions:
    """``how``: straight or on great circles; ``ending``: stop, go round or turn back; ``seconds`` between two stops."""

    how: str = "slerp"
    ending: str = "bounce"
    seconds: float = 2.0

    def __post_init__(self) -> None:
        if self.how not in PATHS or self.ending not in ENDINGS or not 0.2 <= self.seconds <= 30.0:
            raise BadInput(f"A path runs {' or '.join(PATHS)}, ends {', '.join(ENDINGS)}, 0.2 to 30 seconds a step.")


class Interpolation:
    """What :attr:`Session.path` offers.

    Parameters
    ----------
    errands: runs work. changed: tells the topic. say: tells the person. bench: where films are made.
    place: stands at a latent (:meth:`Session.place`). model: what is open now. kept: the shape at rest on the stage.
    options: threshold and style of now.
    """

    def __init__(
        self, errands: Errands, changed: Callable[[], None], say: Say, bench: Bench, place: Place,
        model: Callable[[], ModelInfo | None], kept: Callable[[], Kept | None], options: Callable[[], Options],
    ) -> None:  # fmt: skip
        self._errands, self._tell, self._say, self._bench, self._place = errands, changed, say, bench, place
        self._model, self._present, self._looks = model, kept, options
        self._ids = itertools.count(1)
        self._keys: tuple[Keyframe, ...] = ()
        self._terms: tuple[Keyframe | None, ...] = (None, None, None)
        self._options = PathOptions()
        self._at = 0.0
        self._placed: Latent | None = None
        self._sum: Latent | None = None

    @property
    def keys(self) -> tuple[Keyframe, ...]:
        """The keyframes, in the order in which they are passed."""
        return self._keys

    @property
    def terms(self) -> tuple[Keyframe | None, ...]:
        """A, B and C of A - B + C, as far as they are chosen."""
        return self._terms

    @property
    def options(self) -> PathOptions:
        """What the person set."""
        return self._options

    @property
    def at(self) -> float:
        """Where the path was left, in [0, 1]: 0 at the first keyframe, 1 at the end."""
        return self._at

    @property
    def steps(self) -> int:
        """Ways from one keyframe to the next; one more where the path goes round."""
        return max(0, len(self._keys) - 1 + (self._options.ending == "loop")) if len(self._keys) > 1 else 0

    @property
    def bends(self) -> bool:
        """False where the open generator has no normal numbers: then both kinds of path are the same."""
        model = self._model()
        return model is not None and any(spec.kind == "gaussian" for spec in model.layout)

    @property
    def placed(self) -> Latent | None:
        """Where the path put the shape last: while ``session.draw.start`` is this, nobody has taken it elsewhere."""
        return self._placed

    @property
    def sum(self) -> Latent | None:
        """A - B + C, as far as it was asked for."""
        return self._sum

    @property
    def owner(self) -> str:
        """Name of the checkpoint that the keyframes belong to, empty if there are none."""
        return self._keys[0].checkpoint if self._keys else ""

    @property
    def is_home(self) -> bool:
        """True if the keyframes can be walked with the open checkpoint."""
        model = self._model()
        return model is not None and bool(self._keys) and self._keys[0].key == model.key

    # ---- keyframes -----------------------------------------------------------------------------

    def add(self, kept: Kept | None = None, position: int | None = None) -> bool:
        """Add a kept shape, by default what is on the stage; False and a message if it cannot stand in the path."""
        made = self._made(kept, self._keys)
        if made is None:
            return False
        if len(self._keys) >= MOST_KEYS:
            self._say("error", f"A path has at most {MOST_KEYS} keyframes: remove one first.", WHERE)
            return False
        place = len(self._keys) if position is None else position
        self._keys = (*self._keys[:place], made, *self._keys[place:])
        self._changed()
        return True

    def remove(self, which: int) -> None:
        """Take a keyframe out."""
        self._keys = tuple(key for key in self._keys if key.id != which)
        self._at = min(self._at, 1.0) if len(self._keys) > 1 else 0.0
        self._changed()

    def move(self, which: int, position: int) -> None:
        """Put a keyframe at another position."""
        moved = [key for key in self._keys if key.id == which]
        rest = [key for key in self._keys if key.id != which]
        if moved:
            self._keys = (*rest[:position], *moved, *rest[position:])
            self._changed()

    def clear(self) -> None:
        """Forget the keyframes; what is on the stage stays."""
        self._keys, self._at = (), 0.0
        self._changed()

    def set(self, **changes: Any) -> None:
        """Change fields of :class:`PathOptions`; a wrong value becomes a message (``where="path"``)."""
        try:
            options = replace(self._options, **changes)
        except (BadInput, TypeError) as error:
            self._say("error", str(error), WHERE)
            return
        if options != self._options:
            self._options = options
            self._changed()

    # ---- walking -------------------------------------------------------------------------------

    def scrub(self, at: float, draft: bool = False) -> bool:
        """Stand at a place of the path, in [0, 1]; False and a message if there is no path to walk."""
        problem = self._problem()
        if problem:
            self._say("error", problem, WHERE)
            return False
        self._at = min(max(float(at), 0.0), 1.0)
        self._placed, label, words = self.point(self._at)
        self._place(self._placed, words, label, draft)
        if not draft:
            self._changed()
        return True

    def point(self, at: float) -> tuple[Latent, str | None, str]:
        """Latent, class and words of a place of the path; the class is that of the nearer keyframe."""
        model = self._model()
        assert model is not None and self.steps
        stops = (*self._keys, self._keys[0])[: self.steps + 1]
        k = min(int(at * self.steps), self.steps - 1)
        t = at * self.steps - k
        one, other = stops[k], stops[k + 1]
        nearer = one if t < 0.5 else other
        if t < 1e-6 or t > 1 - 1e-6:
            return nearer.latent, nearer.label, f"keyframe {self._keys.index(nearer) + 1} of the path"
        # Fitted again: a keyframe that was added while another checkpoint was open has all that its shape came with.
        a, b = (fitted(key.latent, model.layout) for key in (one, other))
        latent = between(model.layout, a, b, t, self._options.how)
        first, second = self._keys.index(one) + 1, self._keys.index(other) + 1
        return latent, nearer.label, f"{100 * t:.0f} % of the way from keyframe {first} to {second}"

    def export(self, path: Path | str, view: tuple[float, float] = THREE_QUARTER) -> bool:
        """Film the whole path on the bench thread: GIF, MP4, animated GLB or numbered OBJ files, as the suffix says.

        ``view`` is where the camera stands: azimuth (0 at the front, 90 at the right) and elevation in degrees.

        A message (``where="path"``) says how it went; False if there is no path. What could not be finished is not
        left behind, and the keyframes stay.
        """
        problem, target, model = self._problem(), Path(path), self._model()
        if problem or model is None:
            self._say("error", problem, WHERE)
            return False
        fps = FPS.get(target.suffix.lower(), USUAL_FPS)
        visited, frames = places(self.steps, self._options.seconds, self._options.ending, fps)
        points = [self.point(at) for at in visited]
        latents, labels = tuple(p[0] for p in points), tuple(p[1] for p in points)
        order = Order(target, latents, labels, frames, fps, self._looks(), view)
        folder = Path(model.key)

        def work(job: Job) -> list[Path]:
            with self._bench.at_work(folder) as own:
                return write_film(own, order, job.progress)

        def done(written: Any) -> None:
            told = written[0].name if len(written) == 1 else f"{written[0].name} to {written[-1].name}"
            self._say("info", f"Saved {told}: {len(frames):,} frames, {len(frames) / fps:.1f} seconds.", WHERE)

        return self._errands.start(f"Filming {target.name}", work, done, WHERE, bench=True)

    # ---- arithmetic ----------------------------------------------------------------------------

    def set_term(self, index: int, kept: Kept | None = None) -> bool:
        """Make a kept shape, by default what is on the stage, term ``index`` of A - B + C; with all three it is shown.

        False and a message if it cannot be.
        """
        others = [term for k, term in enumerate(self._terms) if term is not None and k != index]
        made = self._made(kept, others)
        if made is None:
            return False
        self._terms = tuple(made if k == index else term for k, term in enumerate(self._terms))
        self._changed()
        self.add_up()
        return True

    def clear_terms(self) -> None:
        """Forget A, B and C."""
        self._terms, self._sum = (None, None, None), None
        self._changed()

    def add_up(self) -> bool:
        """Show A - B + C; False if a term is missing, and a message if the terms are of another checkpoint."""
        model = self._model()
        a, b, c = self._terms
        if a is None or b is None or c is None:
            return False
        if model is None or a.key != model.key:
            self._say("error", f"These terms belong to {a.checkpoint}: open it first.", WHERE)
            return False
        self._sum = arithmetic(a.latent, b.latent, c.latent, model.layout)
        self._place(self._sum, "A − B + C", a.label)
        return True

    # ---- inside --------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._errands.settle(WHERE)
        self._tell()

    def _problem(self) -> str:
        if len(self._keys) < 2:
            return "A path needs two keyframes: add the shape on the stage, or drag one from the history."
        return "" if self.is_home else f"These keyframes belong to {self.owner}: open it to walk the path."

    def _made(self, kept: Kept | None, others: Sequence[Keyframe]) -> Keyframe | None:
        """A keyframe of a shape that fits to the others, or a message."""
        kept = kept if kept is not None else self._present()
        model = self._model()
        try:
            if kept is None:
                raise BadInput("There is no shape on the stage yet: make one first.")
            if others and others[0].key != kept.key:
                raise BadInput(
                    f"{_capital(kept.title)} was made with {kept.checkpoint or 'no checkpoint'}, the others with "
                    f"{others[0].checkpoint}: keyframes must all be of one checkpoint."
                )
            if not kept.latent.codes:
                raise BadInput(NO_LATENT.format(_capital(kept.title)))
            latent = kept.latent
            if model is not None and model.key == kept.key:
                latent = fitted(latent, model.layout)
        except VoxStudioError as error:
            self._say("error", str(error), WHERE)
            return None
        return Keyframe(next(self._ids), kept.title, latent, kept.label, kept.key, kept.checkpoint, kept.grid)


def fitted(latent: Latent, layout: Sequence[CodeSpec]) -> Latent:
    """Only the codes that the generator walks with; BadInput if it has none or lacks one of them."""
    if not layout:
        raise BadInput("This checkpoint has no latent space to walk through: choose a generator.")
    return unflat(flat(latent, layout), layout, latent.seed)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
