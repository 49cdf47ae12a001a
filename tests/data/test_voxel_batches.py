"""Batches of voxels and of pictures: the seed and the number decide them, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest

from voxstudio.core.errors import BadInput
from voxstudio.data.parametric_store import ParametricStore
from voxstudio.data.picture_batches import PictureBatches
from voxstudio.data.view_batches import Augmentation, ViewBatches
from voxstudio.data.voxel_batches import VoxelBatches

CLASSES = ("chair", "table")
MORE = Augmentation(mirror=True, stretch=0.2, model_rotation_deg=8, model_shift_voxels=2)


def batches(pool: int = 0, part: tuple[int, int] = (0, 1), augmentation: Augmentation = MORE) -> VoxelBatches:
    store = ParametricStore(CLASSES, 32, 6)
    return VoxelBatches(
        [(store, 1.0)], CLASSES, batch_size=6, resolution=32, seed=4, augmentation=augmentation, pool=pool, part=part
    )


@pytest.mark.parametrize("pool", [0, 5])
def test_a_batch_depends_on_the_seed_and_its_number_alone(pool: int) -> None:
    first, second = batches(pool), batches(pool)
    for _ in range(3):
        first[1]  # what was drawn before does not matter
    one, other = first[7], second[7]
    assert one.voxels.shape == (6, 32, 32, 32) and one.voxels.dtype == bool
    assert np.array_equal(one.voxels, other.voxels) and np.array_equal(one.labels, other.labels)
    assert not np.array_equal(one.voxels, first[8].voxels)


def test_processes_share_a_batch_by_rows() -> None:
    whole, halves = batches()[3], [batches(part=(r, 2))[3] for r in range(2)]
    for r in range(2):
        assert np.array_equal(whole.voxels[r::2], halves[r].voxels)


def test_the_voxels_are_those_that_come_with_views() -> None:
    store = ParametricStore(CLASSES, 32, 6)
    views = ViewBatches(
        [(store, 1.0)], CLASSES, batch_size=6, image_size=16, resolution=32, seed=4, view_counts=(1,),
        augmentation=MORE,
    )  # fmt: skip
    with_views, alone = views[2], batches()[2]
    assert np.array_equal(with_views.voxels, alone.voxels) and np.array_equal(with_views.labels, alone.labels)


def test_other_classes_and_empty_splits_are_refused_in_words() -> None:
    store = ParametricStore(("lamp", "sofa"), 32, 2)
    with pytest.raises(BadInput, match="knows chair, table and not lamp, sofa"):
        VoxelBatches([(store, 1.0)], CLASSES, batch_size=2, resolution=32, seed=0)
    with pytest.raises(BadInput, match="no test object"):
        VoxelBatches([(store, 1.0)], ("lamp", "sofa"), batch_size=2, resolution=32, seed=0, split="test")


@pytest.mark.parametrize("pool", [0, 4])
def test_pictures_show_their_shapes_from_the_ring(pool: int) -> None:
    def made(viewpoints: int) -> PictureBatches:
        store = ParametricStore(CLASSES, 32, 3)
        return PictureBatches(
            [(store, 1.0)], CLASSES, batch_size=4, image_size=48, resolution=32, seed=1, viewpoints=viewpoints,
            augmentation=Augmentation(mirror=False), pool=pool,
        )  # fmt: skip

    one, again, ring = made(1)[5], made(1)[5], made(23)[5]
    assert one.pictures.shape == (4, 48, 48, 3) and one.pictures.dtype == np.uint8
    assert np.array_equal(one.pictures, again.pictures)
    assert (one.pictures[:, 0, 0] == 128).all(), "mid grey surrounds the object"
    assert all(30 < (picture != 128).any(-1).sum() < 48 * 48 for picture in one.pictures)
    same = [k for k in range(4) for j in range(k) if np.array_equal(one.voxels[k], one.voxels[j])]
    for k in same:
        assert any(np.array_equal(one.pictures[k], one.pictures[j]) for j in range(k)), "one viewpoint, one picture"
    assert not np.array_equal(one.pictures, ring.pictures)
