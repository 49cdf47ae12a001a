"""Shapes on the stage that nobody asked the model for, such as what a run makes so far."""

from __future__ import annotations

from typing import Any

from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine import inference
from voxstudio.engine.jobs import Job
from voxstudio.session.pictures import Pictures
from voxstudio.session.values import Shown


class Previews(Pictures):
    """Puts a grid on the stage, and gives the stage back."""

    def show_preview(self, grid: VoxelGrid | None, words: str = "") -> None:
        """Show a grid in place of the present shape, in the present style; None gives the stage back.

        No step of the history: the next result of a person's doing replaces it. ``shown.checkpoint`` is empty
        while it stands there, ``shown.origin`` is ``words``. Meshed on the I/O thread.
        """
        if grid is None:
            if self._shown is not None and not self._shown.checkpoint:
                self._give_back()
            return
        number, options = next(self._numbers), self._options

        def work(job: Job) -> Any:
            return inference.mesh(grid, options.style, options.smoothing)

        def done(surface: Any) -> None:
            if number > self._floor and (self._shown is None or number > self._shown.number):
                self._shown = Shown(number, "", grid, surface, Latent({}), {}, "cpu", words)
                self._tell("shown")
                self._tell("job")  # what is said while nothing runs names the shape

        self._errands.start(words or "Showing a shape", work, done, "training", seen=False)

    def _give_back(self) -> None:
        self._floor = next(self._numbers)
        if self._views or self._draw is not None:
            self._submit()
        else:
            self._shown = None
            self._tell("shown")
