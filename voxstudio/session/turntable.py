"""Turntable photos in the session: read them, carve, put the solid on the stage. Owner's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.session.errands import Errands, Say

if TYPE_CHECKING:
    from voxstudio.data.turntable import Carved
    from voxstudio.data.turntable import Turntable as Photos

WHERE = "turntable"
RESOLUTIONS = (32, 64, 96, 128)
TRUSTED = 0.5
"""Weight below which a photo is marked as not believed; that of the carving."""


@dataclass(frozen=True)
class TurntableOptions:
    """How the object was turned and how finely it is carved.

    ``clockwise`` is as seen from above; ``elevation_deg`` is the camera's above level, None lets the silhouettes tell;
    ``resolution`` counts voxels along a side.
    """

    clockwise: bool = False
    elevation_deg: float | None = None
    resolution: int = 64


class Turntable:
    """Photos, options and what was carved of them; the topic is ``turntable``.

    Parameters
    ----------
    errands: runs work on the I/O thread. changed: tells the topic. say: tells the person.
    show: puts a grid on the stage as a step of the history (:meth:`Session.show_grid`).
    """

    def __init__(
        self, errands: Errands, changed: Callable[[], None], say: Say, show: Callable[[VoxelGrid, str], None]
    ) -> None:
        self._errands, self._changed, self._say, self._show = errands, changed, say, show
        self._photos: Photos | None = None
        self._carved: Carved | None = None
        self._solid: VoxelGrid | None = None
        self._options = TurntableOptions()

    @property
    def photos(self) -> Photos | None:
        """The photos in order, with masks, or None."""
        return self._photos

    @property
    def carved(self) -> Carved | None:
        """What was carved of exactly these photos and options, or None."""
        return self._carved

    @property
    def solid(self) -> VoxelGrid | None:
        """The grid that was put on the stage last, whatever has been set since; None before."""
        return self._solid

    @property
    def options(self) -> TurntableOptions:
        """What the person set."""
        return self._options

    def read(self, sources: Sequence[Path | str]) -> None:
        """Read a folder or photos in place of the present ones; a message (``where="turntable"``) if that fails.

        Direction and elevation are taken over from a file beside the photos, if there is one.
        """
        chosen = [Path(source) for source in sources]

        def work(job: Job) -> Photos:
            from voxstudio.data.turntable import read_turntable

            return read_turntable(chosen, progress=job.progress)

        self._errands.start("Reading the turntable photos", work, self._take, WHERE)

    def clear(self) -> None:
        """Forget the photos; what is on the stage stays."""
        self._photos = self._carved = None
        self._changed()

    def set(self, **changes: Any) -> None:
        """Change fields of :class:`TurntableOptions`; what was carved before no longer belongs to them."""
        options = replace(self._options, **changes)
        if options != self._options:
            self._options, self._carved = options, None
            self._changed()

    def carve(self) -> None:
        """Carve on the I/O thread and show the solid; can be cancelled."""
        if self._photos is None:
            self._say("error", "There are no photos to carve from: drop a folder of them first.", WHERE)
            return
        options = self._options
        photos = replace(self._photos, clockwise=options.clockwise, elevation_deg=options.elevation_deg)

        def work(job: Job) -> Carved:
            from voxstudio.data.turntable import carve_turntable

            return carve_turntable(photos, options.resolution, job.progress)

        def done(carved: Carved) -> None:
            if self._photos is not None and self._photos.photos is photos.photos and self._options == options:
                self._carved = carved
            self._solid = carved.grid
            self._changed()
            if carved.note:
                self._say("warning", carved.note, WHERE)
            of = f" of {photos.name}" if photos.name and "turntable" not in photos.name.lower() else ""
            self._show(carved.grid, f"{len(photos.photos)} turntable photos{of}")

        self._errands.start(f"Carving from {len(photos.photos)} photos", work, done, WHERE)

    def _take(self, photos: Photos) -> None:
        self._photos, self._carved = photos, None
        self._options = replace(self._options, clockwise=photos.clockwise, elevation_deg=photos.elevation_deg)
        self._changed()
        odd = [photo.name for photo in photos.photos if photo.note]
        if odd:
            found = f"No object was found in {', '.join(odd[:3])}{' and others' if len(odd) > 3 else ''}"
            self._say("warning", f"{found}: the carving leaves out what contradicts the other photos.", WHERE)
