"""From silhouettes to a solid: a visual hull that weighs evidence instead of believing every mask.

A voxel of the object lies inside the silhouette in every picture (Laurentini 1994, "The visual hull concept"), so a
voxel that misses one is not the object, if that mask is right. Masks are not: each misses the object at a pixel with
probability :data:`MISS` and shows it where it is not with probability :data:`FALSE_ALARM` (the sensor model of Franco
and Boyer 2005, "Fusion of multi-view silhouette cues using a space occupancy grid"). The log-odds of a voxel are::

    L = log((1 - MISS) / MISS) / 2  -  misses * log((1 - FALSE_ALARM) / MISS)  +  bonus

A hit says nothing where another occupied voxel explains it. Where the hull leaves a part of a silhouette unexplained,
some mask has cut off too much: a hit there is worth ``log((1 - MISS) / FALSE_ALARM)``, and the voxels with the fewest
misses come back first. Masks that contradict the others as a whole lose their weight: a right mask never carves away
what the others show (silhouette coherence, Hernandez, Schmitt and Cipolla 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.geometry.jit import compiled
from voxstudio.geometry.render import Camera

Float = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Progress = Callable[[float, str], None]

MISS = 0.005
FALSE_ALARM = 0.1
ROUNDS = 2
"""How many masks may have cut off the same part of the object before it is lost."""
TRUSTED = 0.5
"""Weight below which a mask is told to contradict the others."""

_PRIOR = float(np.log((1 - MISS) / MISS) / 2)
_PER_MISS = float(np.log((1 - FALSE_ALARM) / MISS))
_PER_SUPPORT = float(np.log((1 - MISS) / FALSE_ALARM))
_COARSE = 32
_WITNESSES = 16
_HARM = 0.04, 0.12
_EXCESS = 0.35, 0.6
_OVERSHOOT = 0.03, 0.1


@dataclass(frozen=True)
class Rig:
    """What all pictures of one tripod share. Lengths in the picture are in units of half its height.

    Parameters
    ----------
    scale: half heights of the picture per model unit, at the distance of the axis.
    nearness: 1 / distance of the camera from the origin, per model unit; 0 is an orthographic camera.
    column, row: where the origin appears, to the right of and above the picture's middle.
    """

    scale: float
    nearness: float = 0.0
    column: float = 0.0
    row: float = 0.0

    @classmethod
    def of(cls, camera: Camera) -> Rig:
        """The rig of a camera of the renderer that looks at the origin, for square pictures."""
        return cls(float(1.0 / (camera.distance * np.tan(np.radians(camera.fov_deg) / 2))), 1.0 / camera.distance)


@dataclass(frozen=True, eq=False)
class Silhouette:
    """One mask, float32 ``[H, W]`` in [0, 1] (1 is object), and from where it was seen.

    Azimuth and elevation are those of :class:`~voxstudio.geometry.render.Camera`, in degrees: 0 looks at the front
    (-y), 90 at the +x side. ``weight`` in [0, 1] is how far the mask is believed.
    """

    mask: Float
    azimuth_deg: float
    elevation_deg: float = 0.0
    weight: float = 1.0

    def axes(self) -> Float:
        """Rows: right, up, toward the viewer; ``[3, 3]``."""
        return Camera(self.azimuth_deg, self.elevation_deg).axes()[1]


@dataclass(frozen=True, eq=False)
class Hull:
    """Probabilities float32 ``[R, R, R]`` indexed ``[x, y, z]`` over the cube of side ``side`` about ``centre``.

    ``weights`` say how far each mask was believed; ``coherence`` in [0, 1] is the share of the believed masks that the
    hull covers. ``agreements`` are those of each mask, believed or not: the share of it that the hull explains, times
    the share of the hull that it allows; 1 where masks and viewpoints are of one object.
    """

    values: Float
    centre: tuple[float, float, float]
    side: float
    weights: tuple[float, ...]
    coherence: float
    agreements: tuple[float, ...]


def carve(
    views: Sequence[Silhouette],
    rig: Rig,
    resolution: int = 64,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    side: float = 1.0,
    progress: Progress | None = None,
    weigh: bool = True,
) -> Hull:
    """Carve a cube. With ``weigh``, masks that contradict the others are found first and lose their weight.

    Any thread may call it; 64^3 from 24 masks takes well under a second. Raises BadInput if no mask shows anything or
    nothing is left.
    """
    if not any(view.mask.max() > 0.5 for view in views):
        raise BadInput("No photo shows an object that can be told from its background: take them before a plain wall.")
    box = Box(resolution, np.asarray(centre, np.float64), float(side))
    if weigh:
        views = weighed(views, rig, centre, side)
    misses = np.zeros((resolution,) * 3, np.float32)
    for index, view in enumerate(views):
        if progress is not None:
            progress(index / len(views), f"Carving with photo {index + 1} of {len(views)}")
        box.add_misses(view, rig, misses)
    evidence, views = _evidence(box, list(views), rig, misses, weigh)
    if not (evidence > 0).any():
        raise BadInput("The photos leave no common shape: check the direction, the elevation and the photos' order.")
    values = (1.0 / (1.0 + np.exp(-np.clip(evidence, -30, 30)))).astype(np.float32)
    fair = [view for view in views if view.weight >= TRUSTED]
    return Hull(
        values,
        (float(centre[0]), float(centre[1]), float(centre[2])),
        float(side),
        tuple(view.weight for view in views),
        box.coherence(evidence > 0, fair, rig),
        tuple(box.agreement(evidence > 0, view, rig) for view in views),
    )


def _evidence(
    box: Box, views: list[Silhouette], rig: Rig, misses: Float, weigh: bool
) -> tuple[Float, list[Silhouette]]:
    """Log-odds, and the views with the weights that they are left with: lost parts are brought back, and a mask that
    turns out to have cut off what the others show is believed no more."""
    while True:
        evidence = np.float32(_PRIOR) - np.float32(_PER_MISS) * misses
        fair = [view for view in views if view.weight >= TRUSTED]
        for round_ in range(1, ROUNDS + 1):
            out = evidence <= 0
            bonus = np.float32(_PER_SUPPORT) * box.support(~out, fair, rig, out & (misses < round_ + 0.5))
            evidence += np.minimum(bonus, np.float32(_PER_MISS * round_)) * out
        short = [box.overshoot(evidence > 0, view, rig) if weigh and view.weight > 0 else 0.0 for view in views]
        now = np.array([view.weight for view in views])
        drop = now - np.minimum(now, _fading(np.array(short), *_OVERSHOOT))
        worst = int(np.argmax(drop))
        if drop[worst] < 0.25:
            return evidence, views
        box.add_misses(replace(views[worst], weight=-float(drop[worst])), rig, misses)
        views[worst] = replace(views[worst], weight=float(now[worst] - drop[worst]))


def weighed(
    views: Sequence[Silhouette], rig: Rig, centre: tuple[float, float, float], side: float
) -> tuple[Silhouette, ...]:
    """The same views with weights: near 0 for masks that carve away what the others show, or show what none does."""
    small = [replace(view, mask=reduced(view.mask, 3 * _COARSE)) for view in views]
    box = Box(_COARSE, np.asarray(centre, np.float64), float(side))
    tolerated = max(2.0, len(views) / 10)
    for _ in range(2):
        misses = np.zeros((_COARSE,) * 3, np.float32)
        for view in small:
            box.add_misses(view, rig, misses)
        kept = misses < tolerated + 0.5
        harm, excess = box.contradictions(kept, small, rig)
        trust = np.minimum(_fading(harm, *_HARM), _fading(excess, *_EXCESS))
        small = [replace(view, weight=float(value)) for view, value in zip(small, trust, strict=True)]
        tolerated = 1.0
    return tuple(replace(view, weight=other.weight) for view, other in zip(views, small, strict=True))


def _fading(values: npt.NDArray[np.float64], good: float, bad: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.clip((bad - values) / (bad - good), 0.0, 1.0))


def reduced(mask: Float, height: int) -> Float:
    """The mask at most ``height`` pixels high."""
    if mask.shape[0] <= height:
        return mask
    size = max(1, round(mask.shape[1] * height / mask.shape[0])), height
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)


class Box:
    """A cube of voxels and how it appears in pictures."""

    def __init__(self, resolution: int, centre: npt.NDArray[np.float64], side: float) -> None:
        self.resolution = resolution
        self.step = side / resolution
        self.first = centre - side / 2 + self.step / 2

    def add_misses(self, view: Silhouette, rig: Rig, misses: Float) -> None:
        """Add up where each voxel's centre misses: 0 for a mask of 0.5 and more, ``weight`` below 0.25."""
        if view.weight:
            _add_misses(view.mask, view.axes(), _numbers(rig), self.first, self.step, view.weight, misses)

    def covered(self, occupied: Bool, view: Silhouette, rig: Rig, spare: int = 1) -> Bool:
        """The picture's pixels that occupied voxels cover, and ``spare`` pixels around them."""
        picture = np.zeros(view.mask.shape, np.uint8)
        _splat(_shell(occupied), view.axes(), _numbers(rig), self.first, self.step, picture)
        return np.asarray(cv2.dilate(picture, np.ones((2 * spare + 1,) * 2, np.uint8)) > 0)

    def bare(self, occupied: Bool, view: Silhouette, rig: Rig, spare: int = 1) -> float:
        """Share of a silhouette that occupied voxels do not cover."""
        silhouette = view.mask > 0.5
        left = silhouette & ~self.covered(occupied, view, rig, spare)
        return float(left.sum() / max(int(silhouette.sum()), 1))

    def support(self, occupied: Bool, views: Sequence[Silhouette], rig: Rig, candidates: Bool) -> Float:
        """In how many pictures a candidate lies on a part of the silhouette that nothing occupied explains."""
        found = np.zeros(occupied.shape, np.float32)
        where = np.argwhere(candidates)
        if len(where):
            for view in views:
                bare = ((view.mask > 0.5) & ~self.covered(occupied, view, rig)).astype(np.uint8)
                if bare.any():
                    bare = cv2.morphologyEx(bare, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
                    _add_hits(bare, where, view.axes(), _numbers(rig), self.first, self.step, view.weight, found)
        return found

    def overshoot(self, occupied: Bool, view: Silhouette, rig: Rig) -> float:
        """How far the occupied voxels reach out of a silhouette, as a share of what they cover."""
        covered = self.covered(occupied, view, rig)
        # Half a voxel sticks out of any outline, whatever the resolution.
        reach = 1 + int(np.ceil(0.5 * self.step * rig.scale * view.mask.shape[0] / 2))
        near = cv2.dilate((view.mask > 0.1).astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
        return float((covered & ~near).sum() / max(int(covered.sum()), 1))

    def agreement(self, occupied: Bool, view: Silhouette, rig: Rig) -> float:
        """Share of a silhouette that the occupied voxels explain, times the share of them that it allows."""
        return (1.0 - self.bare(occupied, view, rig)) * (1.0 - self.overshoot(occupied, view, rig))

    def coherence(self, occupied: Bool, views: Sequence[Silhouette], rig: Rig) -> float:
        """Share of the silhouettes that the occupied voxels cover."""
        shown = bare = 0
        for view in views:
            silhouette = view.mask > 0.5
            shown += int(silhouette.sum())
            bare += int((silhouette & ~self.covered(occupied, view, rig)).sum())
        return 1.0 - bare / max(shown, 1)

    def contradictions(
        self, kept: Bool, views: Sequence[Silhouette], rig: Rig
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """For each view, the share of the other silhouettes that it alone would carve away, and of its own that
        lies outside of what the others leave."""
        witnesses = [int(i) for i in np.unique(np.linspace(0, len(views) - 1, _WITNESSES).round().astype(int))]
        shown = {i: (views[i].mask > 0.5) & self.covered(kept, views[i], rig) for i in witnesses}
        harm, excess = np.zeros(len(views)), np.zeros(len(views))
        for index, view in enumerate(views):
            mask = view.mask > 0.5
            excess[index] = (mask & ~self.covered(kept, view, rig)).sum() / max(int(mask.sum()), 1)
            alone = np.zeros(kept.shape, np.float32)
            pixels = view.mask.shape[0] * rig.scale * self.step / 2
            reach = 2 * max(1, round(pixels)) + 1
            wide = np.asarray(cv2.dilate(view.mask, np.ones((reach, reach), np.uint8)), np.float32)
            self.add_misses(replace(view, mask=wide, weight=1.0), rig, alone)
            left = kept & (alone < 0.5)
            lost = [
                (shown[i] & ~self.covered(left, views[i], rig)).sum() / shown[i].sum()
                for i in witnesses if i != index and shown[i].any() and views[i].weight >= TRUSTED
            ]  # fmt: skip
            some = np.sort(lost)[: max(1, round(0.8 * len(lost)))]
            harm[index] = float(some.mean()) if len(some) else 0.0
        return harm, excess


def _shell(occupied: Bool) -> npt.NDArray[np.int64]:
    """Indices ``[N, 3]`` of the occupied voxels with a free neighbour: in a picture they cover as much as all."""
    padded = np.pad(occupied, 1)
    inner = occupied.copy()
    for axis in range(3):
        for shift in (-1, 1):
            inner &= np.roll(padded, shift, axis)[1:-1, 1:-1, 1:-1]
    return np.argwhere(occupied & ~inner)


def _numbers(rig: Rig) -> npt.NDArray[np.float64]:
    return np.array([rig.scale, rig.nearness, rig.column, rig.row], np.float64)


@compiled
def _pixel(
    x: float, y: float, z: float, axes: Float, rig: npt.NDArray[np.float64], height: int, width: int
) -> tuple[float, float, float]:
    """Column, row and half heights of the picture per model unit of one point."""
    toward = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
    scale = rig[0] / max(1.0 - rig[1] * toward, 1e-3)
    right = axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z
    up = axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z
    column = (width - 1) / 2 + height / 2 * (rig[2] + scale * right)
    row = (height - 1) / 2 - height / 2 * (rig[3] + scale * up)
    return column, row, scale


@compiled
def _add_misses(
    mask: Float, axes: Float, rig: npt.NDArray[np.float64], first: npt.NDArray[np.float64], step: float,
    weight: float, misses: Float,
) -> None:  # fmt: skip
    height, width = mask.shape
    for i in range(misses.shape[0]):
        for j in range(misses.shape[1]):
            for k in range(misses.shape[2]):
                column, row, _ = _pixel(
                    first[0] + i * step, first[1] + j * step, first[2] + k * step, axes, rig, height, width
                )
                column, row = min(max(column, 0.0), width - 1.0), min(max(row, 0.0), height - 1.0)
                c, r = min(int(column), width - 2), min(int(row), height - 2)
                a, b = column - c, row - r
                top = (1 - a) * mask[r, c] + a * mask[r, c + 1]
                low = (1 - a) * mask[r + 1, c] + a * mask[r + 1, c + 1]
                misses[i, j, k] += weight * min(max(4.0 * (0.5 - (1 - b) * top - b * low), 0.0), 1.0)


@compiled
def _splat(
    where: npt.NDArray[np.int64], axes: Float, rig: npt.NDArray[np.float64], first: npt.NDArray[np.float64],
    step: float, picture: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    height, width = picture.shape
    for n in range(where.shape[0]):
        column, row, scale = _pixel(
            first[0] + where[n, 0] * step, first[1] + where[n, 1] * step, first[2] + where[n, 2] * step,
            axes, rig, height, width,
        )  # fmt: skip
        reach = 0.5 * step * scale * height / 2
        for r in range(max(int(np.rint(row - reach)), 0), min(int(np.rint(row + reach)), height - 1) + 1):
            for c in range(max(int(np.rint(column - reach)), 0), min(int(np.rint(column + reach)), width - 1) + 1):
                picture[r, c] = 1


@compiled
def _add_hits(
    picture: npt.NDArray[np.uint8], where: npt.NDArray[np.int64], axes: Float, rig: npt.NDArray[np.float64],
    first: npt.NDArray[np.float64], step: float, weight: float, found: Float,
) -> None:  # fmt: skip
    height, width = picture.shape
    for n in range(where.shape[0]):
        i, j, k = where[n, 0], where[n, 1], where[n, 2]
        column, row, _ = _pixel(first[0] + i * step, first[1] + j * step, first[2] + k * step, axes, rig, height, width)
        c, r = int(np.rint(column)), int(np.rint(row))
        if 0 <= c < width and 0 <= r < height and picture[r, c]:
            found[i, j, k] += weight
