"""One shape before a classifier: answer, what it looked at, attacks, curves of many. Topic ``classify``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput, Cancelled, VoxStudioError
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import IoThread, Job
from voxstudio.engine.requests import Given
from voxstudio.evaluation.attack import EPSILON, Attack
from voxstudio.session.ascent_view import Present, offers
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands, Say
from voxstudio.session.table_seven import TableRow, table_seven
from voxstudio.session.values import Shown
from voxstudio.session.verdict_views import attacked, attacked_name, looked

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.lab.probing import Verdict

WHERE = "classify"
CLOSING_S = 20.0
"""How long closing waits for a network that is being opened."""
MODES, COLOURS = ("look", "attack"), ("where", "sign", "none")
COMPARED = ("winn-modelnet10", "baseline-modelnet10")
"""Checkpoints whose curves are drawn beside each other."""

Curve = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Asked:
    """What a person set. ``looked_for`` and ``truth``: a class, or None for the answer itself."""

    mode: str = "look"
    colour: str = "where"
    looked_for: str | None = None
    truth: str | None = None
    epsilon: float = EPSILON
    steps: int = 1


@dataclass(frozen=True, eq=False)
class Curves:
    """Accuracy over epsilon in thousandths, by the checkpoint's title; ``words`` name the objects."""

    steps: int
    of: dict[str, Curve]
    words: str = ""


class Classifying:
    """What :attr:`Session.classifying` offers. It has a checkpoint of its own, so that what stands open stays open.

    Parameters
    ----------
    hand: queues a call for the owner's thread. tell: tells the topic. say: tells the person. errands, bench: long work.
    entries: the catalogue. device: where the model runs. present: puts a grid on the stage. shown, wanted: what stands
    there, and what grid was asked for.
    """

    def __init__(
        self, hand: Callable[[Callable[[], None]], None], tell: Callable[[], None], say: Say, errands: Errands,
        bench: Bench, entries: Callable[[], tuple[Entry, ...]], device: str, present: Present,
        shown: Callable[[], Shown | None], wanted: Callable[[], Given | None],
    ) -> None:  # fmt: skip
        self._hand, self._tell, self._say, self._errands, self._bench = hand, tell, say, errands, bench
        self._entries, self._present, self._shown, self._wanted = entries, present, shown, wanted
        self._own = Bench(device)  # touched on the probing thread alone
        self._thread: IoThread | None = None
        self._folder: Path | None = None
        self._grid: VoxelGrid | None = None
        self._name = self._source = ""
        self._asked = Asked()
        self._verdict: Verdict | None = None
        self._given: Given | None = None
        self._made: WeakSet[Given] = WeakSet()  # the history may bring any of them back
        self._job: Job | None = None
        self._again: bool | None = None  # whether a newer wish, draft or not, waits
        self._active = self._measuring = False
        self._shows = False  # whether the stage shows what was looked at
        self._curves: Curves | None = None

    # ---- what there is -------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every checkpoint that classifies."""
        return tuple(entry for entry in self._entries() if offers(entry, "classify"))

    @property
    def entry(self) -> Entry | None:
        """The one that classifies, or None if there is none."""
        usable = self.entries
        first = next((entry for entry in usable if entry.name == COMPARED[0]), usable[0] if usable else None)
        return next((entry for entry in usable if entry.folder == self._folder), first)

    @property
    def asked(self) -> Asked:
        """What the person set."""
        return self._asked

    @property
    def verdict(self) -> Verdict | None:
        """What is known of the shape, or None."""
        return self._verdict

    @property
    def name(self) -> str:
        """Words for the shape, as it stands before the classifier."""
        hurt = self._asked.mode == "attack" and self._verdict is not None and self._verdict.attack is not None
        return attacked_name(self._name) if hurt else self._name

    @property
    def source(self) -> str:
        """``"file"``, ``"stage"`` or empty."""
        return self._source

    @property
    def busy(self) -> bool:
        """Whether an answer is being computed."""
        return self._job is not None

    @property
    def curves(self) -> Curves | None:
        """Accuracy over epsilon, as far as it is measured."""
        return self._curves

    @property
    def measuring(self) -> bool:
        """Whether curves are measured now."""
        return self._measuring

    @property
    def on_stage(self) -> bool:
        """True while what stands on the stage is what was classified, coloured."""
        return self._given is not None and self._wanted() is self._given

    @property
    def colour(self) -> str:
        """What colours the stage, now or as soon as the answer is there: one of :data:`COLOURS`."""
        return self._asked.colour if self.on_stage or (self.busy and self._shows) else "none"

    def table(self) -> tuple[TableRow, ...]:
        """The paper's Table 7 beside what the shipped checkpoints' cards say."""
        return table_seven(self._entries())

    # ---- what is set ---------------------------------------------------------------------------

    def choose(self, folder: Path | str) -> None:
        """Another checkpoint; it classifies the same shape."""
        before = self.entry
        found = next((entry for entry in self.entries if str(entry.folder) == str(folder)), None)
        if found is None or before is None or found.folder == before.folder:
            return
        self._folder, self._verdict = found.folder, None
        self._asked = replace(self._asked, looked_for=None, truth=None)
        self._errands.settle(WHERE)
        self._examine()
        self._tell()

    def set(self, draft: bool = False, **changes: Any) -> bool:
        """Change fields of :class:`Asked`; the stage follows. ``draft`` while a slider moves. False if it cannot be."""
        try:
            asked = replace(self._asked, **changes)
            Attack(asked.epsilon, asked.steps)
            if asked.mode not in MODES or asked.colour not in COLOURS:
                raise BadInput(f"It can be looked at or attacked, coloured by {', '.join(COLOURS)}.")
        except (BadInput, TypeError) as error:
            self._say("error", str(error), WHERE)
            self._tell()
            return False
        same = asked == self._asked
        self._asked, before = asked, self._asked
        self._errands.settle(WHERE)
        if same and draft:
            return True
        if self._grid is not None:
            self._shows = True
            if self._verdict is not None and not self.busy and replace(before, colour=asked.colour) == asked:
                self._show(draft)
            else:
                self._examine(draft)
        self._tell()
        return True

    def activate(self, on: bool) -> None:
        """Follow the stage, or leave it alone: what is not seen is not classified."""
        self._active = on
        self.follow()

    # ---- the shape -----------------------------------------------------------------------------

    def from_stage(self) -> bool:
        """Classify what stands on the stage and colour it, and from now on classify whatever stands there.

        False and a message without a shape. What was classified, or attacked, and stands there already stays so.
        """
        shown = self._shown()
        if shown is None or shown.surface.is_empty:
            self._say("error", "There is no shape on the stage: make one first, or drop a mesh.", WHERE)
            self._tell()
            return False
        self._source = "stage"
        if self.on_stage:
            self._tell()
        else:
            self._look_at(shown, show=True)
        return True

    def from_file(self, path: Path | str) -> bool:
        """Classify a mesh or a voxel file, and show what was looked at; one that cannot be used becomes a message."""
        source, entry = Path(path), self.entry
        if entry is None or entry.card is None:
            self._say("error", "No checkpoint classifies: train one of 3DWINN, or put one there.", WHERE)
            return False
        side = entry.card.resolution

        def work(_: Job) -> VoxelGrid:
            from voxstudio.lab.targets import read_solid

            return VoxelGrid.unit(read_solid(source, side).grid, 0.5, source.name)

        def done(grid: Any) -> None:
            self._source, self._shows = "file", True
            self._take(grid, source.name)

        return self._errands.start(f"Reading {source.name}", work, done, WHERE, over=self._tell)

    def follow(self) -> None:
        """Something stands on the stage: classify it, if that is wanted and it is not our own doing.

        It stays as it is: whoever moves it elsewhere goes on from there.
        """
        shown = self._shown()
        if not self._active or self._source == "file" or self.entry is None or self.on_stage:
            return
        if shown is None or shown.surface.is_empty or shown.grid is self._grid:
            return
        if shown.draw is not None and shown.draw is self._given:
            return
        self._source = "stage"
        self._look_at(shown, show=False)

    # ---- many shapes ---------------------------------------------------------------------------

    def measure(self) -> bool:
        """Accuracy over epsilon of the checkpoints that are compared, on the bench thread; the curves grow."""
        compared = [entry for name in COMPARED for entry in self.entries if entry.name == name]
        if self.entry is not None and self.entry not in compared:
            compared = [self.entry]
        if not compared or self._measuring:
            self._say("error", "Nothing to measure: no checkpoint classifies." if not compared else
                      "Curves are measured already: wait for them, or cancel.", WHERE)  # fmt: skip
            return False
        steps, before = self._asked.steps, self._curves
        self._measuring, self._curves = True, Curves(steps, {})
        if not self._errands.start(
            "Measuring accuracy over epsilon", partial(self._measured, compared, steps), self._measured_all, WHERE,
            bench=True, over=self._over, watch=self._watch,
        ):  # fmt: skip
            self._measuring, self._curves = False, before
            return False
        self._tell()
        return True

    def close(self) -> None:
        """Stop and join the thread."""
        if self._thread is not None:
            self._thread.close(CLOSING_S)

    # ---- inside --------------------------------------------------------------------------------

    def _look_at(self, shown: Shown, show: bool) -> None:
        """Classify what is seen; an attack is over once something else is seen."""
        self._shows, self._asked = show, replace(self._asked, mode="look")
        self._given = None  # the history may bring it back, as a shape like any other
        given = shown.draw
        name = given.grid.name if isinstance(given, Given) and given in self._made else shown.origin
        self._take(shown.grid, name)

    def _take(self, grid: VoxelGrid, name: str) -> None:
        self._grid, self._name = grid, name
        self._errands.settle(WHERE)
        self._examine()
        self._tell()

    def _examine(self, draft: bool = False) -> None:
        """Ask for an answer; while one is computed the newest wish waits."""
        entry, grid = self.entry, self._grid
        if entry is None or entry.card is None or grid is None:
            return
        if self._job is not None:
            self._again = draft
            return
        if self._thread is None:
            self._thread = IoThread("voxstudio-probing", 2)
        folder, asked, card = entry.folder, self._asked, entry.card

        def work(job: Job) -> Verdict:
            from voxstudio.lab import probing

            job.check()
            with self._own.at_work(folder) as opened:
                job.check()
                model = probing.classifier(opened)
                seen = probing.shown_to(grid.occupancy, card)
                attack = Attack(asked.epsilon, asked.steps) if asked.mode == "attack" else None
                return probing.examine(model, seen, asked.looked_for, attack, asked.truth)

        self._job = Job("Classifying")
        self._thread.submit(
            self._job, work, lambda value, error: self._hand(partial(self._answered, draft, folder, value, error))
        )

    def _answered(self, draft: bool, folder: Path, value: Any, error: BaseException | None) -> None:
        self._job = None
        if isinstance(error, VoxStudioError):
            self._say("error", str(error), WHERE)
        elif error is not None and not isinstance(error, Cancelled):
            self._say("error", f"Classifying failed ({type(error).__name__}, {error}).", WHERE)
        elif value is not None and self.entry is not None and self.entry.folder == folder:
            self._verdict = value
            if self._shows:
                self._show(draft)
        again, self._again = self._again, None
        if again is not None:
            self._examine(again)
        self._tell()

    def _show(self, draft: bool) -> None:
        verdict, entry = self._verdict, self.entry
        if verdict is None or entry is None:
            return
        if self._asked.mode == "attack":
            given = attacked(verdict, self._name, entry.name)
        else:
            given = looked(verdict, self._name, entry.name, self._asked.colour)
        fresh = not self.on_stage
        self._given = given
        self._made.add(given)
        self._present(given, draft, fresh)

    def _measured(self, compared: list[Entry], steps: int, job: Job) -> None:
        """Bench thread."""
        from voxstudio.lab import probing

        first = compared[0].card
        assert first is not None
        sample = probing.sample_objects(first, progress=_part(job.progress, 0.0, 0.1))
        for k, entry in enumerate(compared):
            assert entry.card is not None
            told = _part(job.progress, 0.1 + 0.9 * k / len(compared), 0.1 + 0.9 * (k + 1) / len(compared))
            title = entry.card.title or entry.name

            def watch(index: int, accuracy: float, title: str = title) -> None:
                job.partial((title, probing.EPSILONS[index], accuracy, sample.words))

            with self._bench.at_work(entry.folder) as opened:
                probing.accuracy_over_epsilon(probing.classifier(opened), sample, steps, progress=told, watch=watch)

    def _watch(self, seen: Any) -> None:
        title, epsilon, accuracy, words = seen
        if self._curves is not None:
            steps, values = self._curves.of.get(title, (np.zeros(0, np.int64), np.zeros(0)))
            curve = np.append(steps, round(1000 * epsilon)).astype(np.int64), np.append(values, accuracy)
            self._curves = Curves(self._curves.steps, {**self._curves.of, title: curve}, words)
            self._tell()

    def _measured_all(self, _: Any) -> None:
        if self._curves is not None:
            self._say("info", f"Measured on {self._curves.words}.", WHERE)

    def _over(self) -> None:
        self._measuring = False
        self._tell()


def _part(progress: Callable[[float, str], None], low: float, high: float) -> Callable[[float, str], None]:
    def told(fraction: float, words: str) -> None:
        progress(low + (high - low) * fraction, words)

    return told
