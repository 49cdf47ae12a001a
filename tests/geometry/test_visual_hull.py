from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from voxstudio.core.errors import BadInput
from voxstudio.core.overlap import iou
from voxstudio.core.surface import Surface
from voxstudio.data.parametric import make
from voxstudio.data.prepare import in_unit_cube
from voxstudio.geometry.render import Camera, silhouette
from voxstudio.geometry.turntable_rig import axis_column, estimate, fits_better_reversed
from voxstudio.geometry.visual_hull import Rig, Silhouette, carve

RESOLUTION = 64
DISTANCE, FOV = 2.6, 32.0
RINGS = [(30.0 * i, 0.0) for i in range(12)] + [(30.0 * i + 15.0, 35.0) for i in range(12)]
"""24 photos: one turn with a level camera, one from above."""
RIG = Rig.of(Camera(0, 0, DISTANCE, FOV))
Views = list[Silhouette]


def seen(surface: Surface, places: list[tuple[float, float]], size: int = 192, fov: float = FOV) -> Views:
    """Soft masks as photos give them."""
    vertices, faces = np.asarray(surface.vertices), np.asarray(surface.faces)
    distance = DISTANCE * np.tan(np.radians(FOV / 2)) / np.tan(np.radians(fov / 2))
    found = []
    for azimuth, elevation in places:
        sharp = silhouette(vertices, faces, Camera(azimuth, elevation, float(distance), fov), 2 * size)
        soft = sharp.reshape(size, 2, size, 2).mean((1, 3)).astype(np.float32)
        found.append(Silhouette(soft, azimuth, elevation))
    return found


@cache
def held_out(name: str, seed: int) -> tuple[Surface, np.ndarray]:
    shape = make(name, 20_000_200 + seed, held_out=True)
    return in_unit_cube(shape.surface(96)), shape.occupancy(RESOLUTION)


@cache
def photographed(name: str, seed: int) -> Views:
    return seen(held_out(name, seed)[0], RINGS)


@cache
def what_silhouettes_can_tell(name: str, seed: int) -> np.ndarray:
    """The hull of 150 directions on the whole sphere: the seat of an armchair is full in it, as in every silhouette."""
    height = np.linspace(-0.98, 0.98, 150)
    places = [(222.49 * i % 360, float(np.degrees(np.arcsin(z)))) for i, z in enumerate(height)]
    return carve(seen(held_out(name, seed)[0], places, 160), RIG, RESOLUTION, weigh=False).values >= 0.5


def cut_off_below(mask: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero((mask > 0.5).any(1))
    mask = mask.copy()
    mask[rows[0] + int(0.7 * len(rows)) :] = 0
    return mask


def half_gone(mask: np.ndarray) -> np.ndarray:
    mask = mask.copy()
    mask[:, : mask.shape[1] // 2] = 0
    return mask


def spoilt(views: Views, spoil: dict[int, Callable[[np.ndarray], np.ndarray]]) -> Views:
    return [replace(v, mask=spoil[i](v.mask)) if i in spoil else v for i, v in enumerate(views)]


# ------------------------------------------------------------------------------------------------- what it is worth


def test_held_out_meshes_come_back_from_24_views() -> None:
    found = {}
    for name in ("airplane", "car", "bed"):
        for seed in (1, 2):
            hull = carve(photographed(name, seed), RIG, RESOLUTION)
            found[name, seed] = iou(hull.values >= 0.5, held_out(name, seed)[1])
            assert hull.coherence > 0.995 and min(hull.weights) == 1.0
    assert np.mean(list(found.values())) >= 0.85, found
    assert min(found.values()) >= 0.8, found


@pytest.mark.parametrize("name", ["chair", "lamp", "car"])
def test_nothing_is_lost_of_what_silhouettes_can_tell(name: str) -> None:
    """Hollows that no silhouette shows stay full: measured against the hull of very many views; nothing is missing."""
    hull = carve(photographed(name, 1), RIG, RESOLUTION).values >= 0.5
    truth = held_out(name, 1)[1]
    assert iou(hull, what_silhouettes_can_tell(name, 1)) >= 0.85
    assert (hull & truth).sum() / truth.sum() > 0.98


@pytest.mark.parametrize("name", ["airplane", "car", "chair", "lamp"])
@pytest.mark.parametrize(
    "spoil",
    [{3: np.zeros_like, 14: np.ones_like}, {5: cut_off_below, 17: half_gone}],
    ids=["one empty and one full", "two cut off"],
)
def test_two_bad_masks_cost_next_to_nothing(name: str, spoil: dict[int, Callable[[np.ndarray], np.ndarray]]) -> None:
    views, truth = photographed(name, 1), held_out(name, 1)[1]
    good, bad = carve(views, RIG, RESOLUTION), carve(spoilt(views, spoil), RIG, RESOLUTION)
    assert iou(bad.values >= 0.5, truth) > iou(good.values >= 0.5, truth) - 0.02
    assert {i for i, weight in enumerate(bad.weights) if weight < 0.5} == set(spoil)


def test_one_lost_leg_in_one_mask_does_not_kill_it() -> None:
    """A loss too small to doubt the whole mask: the other views bring it back."""
    legs = Surface(*_boxes([((-0.4, -0.4, 0.3), (0.4, 0.4, 0.4)), ((-0.4, -0.4, -0.4), (-0.3, -0.3, 0.3))]))
    views = seen(legs, RINGS)
    mask = views[1].mask.copy()
    mask[112:, :] = 0  # the lower half of the leg
    bad = [*views[:1], replace(views[1], mask=mask), *views[2:]]
    whole, mended = (carve(each, RIG, RESOLUTION, weigh=False).values >= 0.5 for each in (views, bad))
    assert whole[9, 9, 10] and mended[9, 9, 10]
    assert iou(mended, whole) > 0.97


def _boxes(boxes: list[tuple[tuple[float, ...], tuple[float, ...]]]) -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    parts = [trimesh.creation.box(bounds=box) for box in boxes]
    mesh = trimesh.util.concatenate(parts)
    return np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.int64)


def test_an_orthographic_box_is_exact() -> None:
    """Level parallel views along the axes: the hull of a box is the box."""
    mask = np.zeros((100, 100), np.float32)
    mask[20:80, 30:70] = 1  # 0.8 wide, 1.2 high in half heights
    hull = carve([Silhouette(mask, a) for a in (0.0, 90.0, 180.0, 270.0)], Rig(1.0), 40, side=2.0)
    assert (hull.values >= 0.5).sum() == 16 * 16 * 24
    assert hull.coherence == 1.0


def test_the_same_masks_give_the_same_bytes() -> None:
    once, again = (carve(photographed("car", 1), RIG, 32).values for _ in range(2))
    assert once.tobytes() == again.tobytes()


def test_nothing_to_carve_is_a_sentence() -> None:
    empty = [Silhouette(np.zeros((64, 64), np.float32), 45.0 * i) for i in range(8)]
    with pytest.raises(BadInput, match="plain wall"):
        carve(empty, RIG, 16)
    with pytest.raises(BadInput, match="plain wall"):
        axis_column(empty)


# ------------------------------------------------------------------------------------------------- where it stood


@pytest.mark.parametrize("spoil", [{}, {3: np.zeros_like, 14: np.ones_like}], ids=["good", "two bad"])
def test_the_camera_is_found_from_the_silhouettes(spoil: dict[int, Callable[[np.ndarray], np.ndarray]]) -> None:
    views = seen(held_out("airplane", 1)[0], [(15.0 * i, 12.0) for i in range(24)], fov=30)
    views = [replace(v, mask=np.roll(v.mask, 7, axis=1), elevation_deg=0.0) for v in views]
    setup = estimate(spoilt(views, spoil))
    assert setup.elevation_deg == pytest.approx(12.0, abs=3.0)
    assert setup.rig.column == pytest.approx(7 / 96, abs=0.015)
    assert setup.coherence > 0.95
    assert not fits_better_reversed(setup)
    backward = estimate([replace(v, azimuth_deg=-v.azimuth_deg) for v in views], elevation_deg=12.0)
    assert backward.coherence < setup.coherence - 0.02 and fits_better_reversed(backward, 12.0)
