"""Views and batches: the same seed gives the same bytes, and what is seen is the object."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from voxstudio.core.errors import BadInput
from voxstudio.data.grids import centred, resized
from voxstudio.data.parametric import make
from voxstudio.data.parametric_store import ParametricStore
from voxstudio.data.prepare import in_unit_cube, store_of_parametric, unit_surface
from voxstudio.data.shape_store import ShapeStore, open_store
from voxstudio.data.view_batches import Augmentation, ViewBatches, iterate, occupied_extent, stretched
from voxstudio.data.views import ELEVATIONS_DEG, ViewStyle, draw_view, draw_viewpoint
from voxstudio.geometry.render import Camera, render_gbuffer, silhouette


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ShapeStore:
    folder = tmp_path_factory.mktemp("prepared") / "chairs"
    return store_of_parametric(folder, ("chair",), 3, 32, validation=1, test=1, mesh_resolution=40)


def test_a_store_reads_back_what_was_made(store: ShapeStore) -> None:
    shape = make("chair", 0)
    assert [len(store.indices(split)) for split in ("train", "validation", "test")] == [3, 1, 1]
    assert np.array_equal(store.occupancy(0), shape.occupancy(32))
    assert np.abs(store.surface(0).vertices - in_unit_cube(shape.surface(40)).vertices).max() < 1e-3
    assert len(store.collection("test")) == 1


def test_a_folder_that_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a folder of prepared shapes"):
        open_store(tmp_path)


def test_a_view_depends_on_its_seed_alone(store: ShapeStore) -> None:
    first, second, other = (draw_view(store.surface(0), 64, np.random.default_rng(s)) for s in (4, 4, 5))
    assert first.tobytes() == second.tobytes() != other.tobytes()


def test_a_batch_depends_on_seed_and_step_alone_even_from_another_process(store: ShapeStore) -> None:
    batches = ViewBatches([(store, 1.0)], ("chair",), batch_size=2, image_size=64, resolution=32, seed=9)
    here = batches[6]
    stream = iterate(batches, 5, workers=1)
    next(stream)
    there = next(stream)
    assert here.views.tobytes() == there.views.tobytes() and np.array_equal(here.voxels, there.voxels)
    assert here.fusion == there.fusion and here.views.shape[2:] == (64, 64, 4)


def test_batches_come_from_another_process_after_opencv_has_made_threads(store: ShapeStore) -> None:
    """A forked process that tries to end OpenCV's threads, which only its parent has, waits for ever."""
    batches = ViewBatches([(store, 1.0)], ("chair",), batch_size=1, image_size=64, resolution=32, seed=9)
    before = cv2.getNumThreads()
    try:
        for _ in range(3):
            cv2.setNumThreads(4)
            cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.float32), (31, 31), 5.0)
            assert len(next(iterate(batches, 0, workers=1)).views) == 1
    finally:
        cv2.setNumThreads(before)


def test_a_pool_changes_speed_not_batches(store: ShapeStore) -> None:
    def pooled() -> ViewBatches:
        return ViewBatches([(store, 1.0)], ("chair",), batch_size=3, image_size=64, resolution=32, seed=9, pool=4)

    warm = pooled()
    for step in range(4):
        warm[step]
    cold, again = pooled()[4], warm[4]
    assert cold.views.tobytes() == again.views.tobytes() and np.array_equal(cold.voxels, again.voxels)


def test_the_clean_mask_is_the_silhouette(store: ShapeStore) -> None:
    surface, camera = store.surface(1), Camera(30, 20, 2.4, 40)
    view = draw_view(surface, 96, np.random.default_rng(0), ViewStyle(plain=True), camera)
    inside = view[..., 3] > 127
    covered = silhouette(np.asarray(surface.vertices), np.asarray(surface.faces), camera, 128)
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    assert max(len(rows), len(columns)) / 128 < 1
    ratio = inside.sum() / covered.sum() * (np.ptp(rows).clip(np.ptp(columns)) * 1.16 / 96) ** 2
    assert ratio == pytest.approx(1, abs=0.08)


def test_viewpoints_follow_the_photo_elevations() -> None:
    rng = np.random.default_rng(1)
    points = np.array([draw_viewpoint(rng) for _ in range(4000)])
    assert np.mean(points[:, 1]) == pytest.approx(np.mean(ELEVATIONS_DEG), abs=1)
    assert np.histogram(points[:, 0], 12, (0, 360))[0].min() > 80, "no side is never seen"


def test_stretching_moves_mesh_and_voxels_alike(store: ShapeStore) -> None:
    surface, occupancy = store.surface(0), store.occupancy(0)
    moved, grid = stretched(surface, occupancy, np.array([-0.8, 0.9, 1.0]))
    assert np.abs(occupied_extent(grid) - occupied_extent(occupancy) * (0.8, 0.9, 1)).max() <= 1.5
    extent = np.ptp(np.asarray(moved.vertices), axis=0) * 32
    assert np.abs(extent - occupied_extent(grid)).max() <= 2
    twice, same = stretched(*stretched(surface, occupancy, np.array([-1.0, 1, 1])), np.array([-1.0, 1, 1]))
    assert np.array_equal(same, occupancy) and np.array_equal(twice.faces, surface.faces)


def test_meshing_and_centring_real_grids() -> None:
    grid = np.zeros((16, 16, 16), bool)
    grid[0:6, 0:4, 0:9] = True
    middle = centred(grid)
    low, high = unit_surface(middle, smoothing=0).bounds
    assert np.abs(low + high).max() <= 1 / 16 + 1e-6
    assert unit_surface(middle, smoothing=0).volume == pytest.approx(6 * 4 * 9 / 16**3, rel=0.2)
    assert unit_surface(np.zeros((4, 4, 4), bool)).is_empty


@pytest.mark.parametrize(("size", "target"), [(32, 64), (64, 32), (30, 45)])
def test_resampling_keeps_the_share_of_space(size: int, target: int) -> None:
    grid = np.zeros((size,) * 3, bool)
    grid[4 : size // 2, 4 : size // 2, 4:-4] = True
    assert resized(grid, target).mean() == pytest.approx(grid.mean(), rel=0.12)


def test_batches_with_every_augmentation_stay_valid(store: ShapeStore) -> None:
    wild = Augmentation(True, 0.2, 8.0, 2, 8.0, 0.05)
    batches = ViewBatches(
        [(store, 1.0)], ("chair",), batch_size=3, image_size=64, resolution=32, seed=1, augmentation=wild
    )
    for step in range(3):
        batch = batches[step]
        assert batch.voxels.any(axis=(1, 2, 3)).all() and batch.views[..., 3].any(axis=(1, 2, 3)).all()


def test_front_is_where_azimuth_zero_looks() -> None:
    from voxstudio.core.surface import Surface

    square = Surface([[-1, -1, -1], [1, -1, -1], [0, -1, 1]], [[0, 1, 2]])
    seen = render_gbuffer(square, Camera(0, 0, 5, 40), 32)
    assert seen.mask.any() and seen.normal[seen.mask][:, 2].min() > 0.99


def test_shapes_made_on_demand_are_those_made_before(store: ShapeStore) -> None:
    lazy = ParametricStore(("chair",), 32, count=3, mesh_resolution=40)
    assert len(lazy.indices("train")) == 3 and not set(lazy.indices("train")) & set(lazy.indices("validation"))
    assert np.array_equal(lazy.occupancy(2), store.occupancy(2))
    assert np.abs(lazy.surface(2).vertices - store.surface(2).vertices).max() < 1e-3
    two = ParametricStore(("chair", "lamp"), 32, count=2)
    assert [two.class_names[two.label(int(i))] for i in two.indices("train")] == ["chair", "lamp", "chair", "lamp"]
