"""Where the camera of a turntable stood: axis, size, perspective and elevation, from the silhouettes themselves.

The camera stands still and the object turns, so all pictures share one rig. In pictures half a turn apart the object is
as wide to the left of the axis as to the right in the other: their outlines give the axis. Elevation and perspective
are those under which the hull covers the silhouettes best: with a wrong camera the views disagree and the hull no
longer fills its own silhouettes (silhouette coherence; Hernandez, Schmitt and Cipolla 2007, "Silhouette coherence for
camera calibration under circular motion"). Size is free: it comes out in half heights of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.geometry.visual_hull import TRUSTED, Box, Float, Rig, Silhouette, carve, reduced, weighed

FOVS_DEG = (0.0, 18.0, 30.0, 45.0)
"""Full vertical angles that are tried; 0 is a camera very far away."""
ELEVATIONS_DEG = (-10.0, 0.0, 8.0, 16.0, 25.0, 35.0, 48.0)
_COARSE = 40
_MARGIN = 1.04
_CLEARLY = 0.02
_GOOD = 0.96


@dataclass(frozen=True, eq=False)
class Setup:
    """A camera and the cube that holds the object: what :func:`~voxstudio.geometry.visual_hull.carve` asks for."""

    views: tuple[Silhouette, ...]
    rig: Rig
    centre: tuple[float, float, float]
    side: float
    elevation_deg: float
    fov_deg: float
    coherence: float


def estimate(
    views: Sequence[Silhouette],
    elevation_deg: float | None = None,
    fov_deg: float | None = None,
    elevations_known: bool = False,
) -> Setup:
    """Find the rig and the cube around the object.

    ``elevation_deg`` None tries :data:`ELEVATIONS_DEG` and refines the best; with ``elevations_known`` each view keeps
    its own. ``fov_deg`` None tries :data:`FOVS_DEG`. Raises BadInput if no mask can be used.
    """
    own = elevations_known
    trial = _Trial(views, own)
    best, score = _search(trial, elevation_deg, fov_deg)
    if trial.doubt(*best):
        best, score = _search(trial, elevation_deg, fov_deg)
    rig, centre, side = trial.framing(*best)
    tilted = tuple(view if own else replace(view, elevation_deg=best[0]) for view in views)
    centre, side = _around(tilted, rig, centre, side)
    return Setup(tilted, rig, centre, side, best[0], best[1], score)


def _search(trial: _Trial, elevation_deg: float | None, fov_deg: float | None) -> tuple[tuple[float, float], float]:
    """Elevation and angle of view under which the views agree best, and how well they do."""
    tilts = (0.0,) if trial.own else ELEVATIONS_DEG if elevation_deg is None else (elevation_deg,)
    lenses = FOVS_DEG if fov_deg is None else (fov_deg,)
    scores = {(tilt, lens): trial.score(tilt, lens) for tilt in tilts for lens in lenses}
    best = max(scores, key=lambda pair: scores[pair])
    for step in (4.0, 2.0) if elevation_deg is None and not trial.own else ():
        near = [(best[0] + sign * step, best[1]) for sign in (-1, 1)]
        scores |= {pair: trial.score(*pair) for pair in near}
        best = max(scores, key=lambda pair: scores[pair])
    return best, scores[best]


def fits_better_reversed(
    setup: Setup, elevation_deg: float | None = None, fov_deg: float | None = None, elevations_known: bool = False
) -> bool:
    """Whether the photos agree clearly better if the object turned the other way; arguments as of :func:`estimate`.

    Level views cannot tell: there the other way gives the mirrored object.
    """
    if setup.coherence > _GOOD:
        return False
    other = [replace(view, azimuth_deg=-view.azimuth_deg) for view in setup.views]
    return estimate(other, elevation_deg, fov_deg, elevations_known).coherence > setup.coherence + _CLEARLY


def axis_column(views: Sequence[Silhouette]) -> float:
    """The axis, in half heights to the right of the middle: the median over pairs of views half a turn apart."""
    spans = {index: span for index, view in enumerate(views) if (span := _span(view.mask)) is not None}
    if not spans:
        raise BadInput("No photo shows an object that can be told from its background: take them before a plain wall.")
    found = []
    for index, (left, right, _, _) in spans.items():
        turned = [abs((views[i].azimuth_deg - views[index].azimuth_deg) % 360 - 180) for i in spans]
        other = list(spans)[int(np.argmin(turned))]
        if min(turned) < 25.0:
            found += [(left + spans[other][1]) / 2, (right + spans[other][0]) / 2]
        else:
            found.append((left + right) / 2)
    return float(np.median(found))


def _span(mask: Float) -> tuple[float, float, float, float] | None:
    """Left, right, bottom, top of a silhouette in half heights from the middle; None for a useless mask."""
    inside = mask > 0.5
    if not 0.0005 < float(inside.mean()) < 0.9:
        return None
    height, width = mask.shape
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    half = height / 2
    return (
        (float(columns[0]) - width / 2) / half,
        (float(columns[-1]) + 1 - width / 2) / half,
        (half - float(rows[-1]) - 1) / half,
        (half - float(rows[0])) / half,
    )


class _Trial:
    """Tries cameras on small masks."""

    def __init__(self, views: Sequence[Silhouette], own: bool) -> None:
        small = [replace(view, mask=reduced(view.mask, 3 * _COARSE)) for view in views]
        self.views = [replace(view, weight=0.0 if _span(view.mask) is None else 1.0) for view in small]
        self.own = own
        self.column = column = axis_column(self.views)
        spans = np.array([span for view in views if (span := _span(view.mask)) is not None])
        self.reach = float(np.abs(spans[:, :2] - column).max())
        self.low, self.high = float(spans[:, 2].min()), float(spans[:, 3].max())

    def framing(self, tilt: float, lens: float) -> tuple[Rig, tuple[float, float, float], float]:
        """The rig and a cube that surely holds the object."""
        steepest = max(abs(view.elevation_deg) for view in self.views) if self.own else abs(tilt)
        angle = np.radians(min(steepest, 60.0))
        spare = self.reach * float(np.tan(angle))
        top, bottom = self.high / float(np.cos(angle)) + spare, self.low / float(np.cos(angle)) - spare
        rig = Rig(1.0, float(np.tan(np.radians(lens) / 2)), self.column)
        side = 1.1 * max(2 * self.reach, top - bottom)
        return rig, (0.0, 0.0, (top + bottom) / 2), side

    def score(self, tilt: float, lens: float) -> float:
        """How well the views that are believed agree under this camera."""
        return _coherence(self._tilted(tilt), *self.framing(tilt, lens))

    def doubt(self, tilt: float, lens: float) -> bool:
        """Believe the views no more that contradict the others under this camera; True if there are any new ones."""
        before = [view.weight >= TRUSTED for view in self.views]
        found = [min(view.weight, other.weight) >= TRUSTED for view, other in zip(
            self.views, weighed(self._tilted(tilt), *self.framing(tilt, lens)), strict=True
        )]  # fmt: skip
        if found == before or sum(found) < len(found) / 2:  # where most are doubted, it is the camera that is wrong
            return False
        self.views = [replace(view, weight=float(good)) for view, good in zip(self.views, found, strict=True)]
        return True

    def _tilted(self, tilt: float) -> list[Silhouette]:
        return self.views if self.own else [replace(view, elevation_deg=tilt) for view in self.views]


def _coherence(views: Sequence[Silhouette], rig: Rig, centre: tuple[float, float, float], side: float) -> float:
    """The share of each silhouette that the plain hull fills, the median over the views."""
    box = Box(_COARSE, np.asarray(centre, np.float64), side)
    misses = np.zeros((_COARSE,) * 3, np.float32)
    for view in views:
        box.add_misses(view, rig, misses)
    occupied = misses < 0.5
    shares = [1.0 - box.bare(occupied, view, rig, spare=0) for view in views if view.weight > 0]
    return float(np.median(shares) + 0.5 * np.mean(shares)) / 1.5


def _around(
    views: Sequence[Silhouette], rig: Rig, centre: tuple[float, float, float], side: float
) -> tuple[tuple[float, float, float], float]:
    """The cube around what a coarse carving leaves, in two steps."""
    for _ in range(2):
        small = [replace(view, mask=reduced(view.mask, 4 * _COARSE)) for view in views]
        hull = carve(small, rig, _COARSE, centre, side)
        first, last = _extent(hull.values > 0.5)
        step = side / _COARSE
        low = np.asarray(centre) - side / 2 + step * first
        high = np.asarray(centre) - side / 2 + step * (last + 1)
        middle = (low + high) / 2
        centre = (float(middle[0]), float(middle[1]), float(middle[2]))
        side = float((high - low).max()) * _MARGIN
    return centre, side


def _extent(occupied: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last index of what is no dust."""
    from scipy.ndimage import label

    parts, _ = label(occupied, np.ones((3, 3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    where = np.argwhere((sizes >= 0.01 * sizes.max())[parts])
    return where.min(axis=0), where.max(axis=0)
