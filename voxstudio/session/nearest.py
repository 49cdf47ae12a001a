"""The training shape that is nearest to the one on the stage. Topic ``nearest``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands, Say
from voxstudio.session.latents import WHERE, Subject
from voxstudio.session.values import Shown

if TYPE_CHECKING:
    from voxstudio.lab.nearest import Nearest

UNBUILT = "Not known yet: VoxStudio has to look at what this checkpoint learned from, once."


class NearestShape:
    """What :attr:`Session.nearest` offers. It looks only while somebody watches, and then at shapes at rest.

    Parameters
    ----------
    errands: runs work. tell: tells the topic. say: tells the person. bench: where models for long work are opened.
    subject, shown: what is open and what stands on the stage now.
    """

    def __init__(
        self, errands: Errands, tell: Callable[[], None], say: Say, bench: Bench,
        subject: Callable[[], Subject | None], shown: Callable[[], Shown | None],
    ) -> None:  # fmt: skip
        self._errands, self._tell, self._say, self._bench = errands, tell, say, bench
        self._subject, self._shown = subject, shown
        self._watched = False
        self._busy = False
        self._building = False
        self._looked_at: VoxelGrid | None = None
        self._found: Nearest | None = None
        self._grid: VoxelGrid | None = None
        self._missing = ""

    @property
    def found(self) -> Nearest | None:
        """The nearest training shape of what was at rest on the stage last, or None."""
        return self._found

    @property
    def current(self) -> Nearest | None:
        """The same, but only while somebody watches."""
        return self._found if self._watched and not self._missing else None

    @property
    def is_stale(self) -> bool:
        """True while another shape stands on the stage than the one that was looked at."""
        shown = self._shown()
        return self._busy or shown is None or shown.grid is not self._looked_at

    @property
    def grid(self) -> VoxelGrid | None:
        """Its voxels."""
        return self._grid

    @property
    def missing(self) -> str:
        """Why nothing is known and what to do; empty if all is well."""
        return self._missing

    @property
    def building(self) -> bool:
        """True while the training shapes are looked at."""
        return self._building

    def watch(self, on: bool) -> None:
        """Somebody looks, or looks away."""
        self._watched = on
        self.follow()

    def follow(self) -> None:
        """Look for the nearest shape of what is at rest on the stage; the newest wish is served last and stays."""
        shown, subject = self._shown(), self._subject()
        if not self._watched or self._busy or self._building or shown is None or shown.draft or subject is None:
            return
        if shown.grid is self._looked_at or shown.key != subject.model.key or not shown.checkpoint:
            return
        self._busy = True
        self._looked_at = grid = shown.grid

        def work(job: Job) -> tuple[Nearest | None, str]:
            from voxstudio.lab.nearest import open_index

            try:
                index = open_index(subject.card)
                if index is None or not grid.occupancy.any():
                    return None, UNBUILT if index is None else ""
                with self._bench.at_work(subject.folder) as model:
                    job.check()
                    return index.nearest(model, grid.occupancy), ""
            except VoxStudioError as error:  # nobody asked for it: the card tells, no alarm is raised
                return None, str(error)

        def done(answer: Any) -> None:
            self._found, self._missing = answer
            self._grid = VoxelGrid.unit(self._found.grid, 0.5) if self._found is not None else None
            self._tell()

        words = "Looking for the nearest training shape"
        if not self._errands.start(words, work, done, WHERE, seen=False, bench=True, over=self._looked):
            self._busy = False

    def build(self, data: Path | None = None) -> bool:
        """Look at every training shape on the bench thread, once; ``data`` names where they are.

        False if it could not begin; a message (``where="codes"``) if they cannot be found, which says what to do.
        """
        subject = self._subject()
        if subject is None or self._building:
            return False

        def work(job: Job) -> int:
            from voxstudio.lab.nearest import build_index, training_shapes

            job.progress(0.0, "Reading the training shapes")
            try:
                shapes = training_shapes(subject.card, data)
            except BadInput as error:
                if data is not None:
                    raise
                raise BadInput(str(error).replace("(--data, or VOXSTUDIO_DATA)", "below")) from None
            with self._bench.at_work(subject.folder) as model:
                return len(build_index(model, shapes, job.progress))

        self._building = self._errands.start(
            "Looking at the training shapes", work, self._built, WHERE, bench=True, over=self._build_over
        )  # fmt: skip
        self._tell()
        return self._building

    # ---- inside --------------------------------------------------------------------------------

    def _looked(self) -> None:
        self._busy = False
        self.follow()

    def _built(self, count: Any) -> None:
        self._say("info", f"Looked at {count:,} training shapes.", WHERE)

    def _build_over(self) -> None:
        self._building, self._looked_at = False, None
        self._tell()
        self.follow()
