"""Batches of shapes with pictures of each: every row another object, the same at every call, pools that renew."""

from __future__ import annotations

import numpy as np

from voxstudio.data.pair_batches import PairBatches
from voxstudio.data.parametric_store import ParametricStore

CLASSES = ("lamp", "table", "sofa")


def batches(count: int = 6, **options: object) -> PairBatches:
    store = ParametricStore(CLASSES, 16, count, mesh_resolution=20)
    told = {"batch_size": 5, "image_size": 24, "resolution": 16, "seed": 3, "views_each": 2, **options}
    return PairBatches([(store, 1.0)], CLASSES, **told)  # type: ignore[arg-type]  # names and values as they are


def test_every_row_is_another_object_and_a_step_is_the_same_at_every_call() -> None:
    for options in ({}, {"pool": 12, "pool_views": 3}):
        one, other = batches(**options), batches(**options)
        batch, again = one[4], [other[step] for step in (0, 4)][-1]
        assert len(set(batch.objects.tolist())) == 5
        assert batch.views.shape == (5, 2, 24, 24, 4) and batch.voxels.shape == (5, 16, 16, 16)
        assert np.array_equal(batch.objects % 3, batch.labels), "the classes of a parametric store alternate"
        for name in ("views", "voxels", "labels", "objects"):
            assert np.array_equal(getattr(batch, name), getattr(again, name)), name
        assert (batch.views[:, 0] != batch.views[:, 1]).any(axis=(1, 2, 3)).all(), "two different pictures"


def test_too_few_objects_come_again_under_the_same_number() -> None:
    batch = batches(1)[0]
    assert len(batch.objects) == 5 and set(batch.objects.tolist()) <= {0, 1, 2}
    same = [np.flatnonzero(batch.objects == k) for k in set(batch.objects.tolist())]
    assert max(map(len, same)) > 1


def test_a_batch_of_few_classes_holds_alike_ones() -> None:
    made = batches(8, pool=40, pool_views=2, batch_classes=1)
    seen = {tuple(set(made[step].labels.tolist())) for step in range(10)}
    assert all(len(labels) == 1 for labels in seen) and len(seen) > 1


def test_a_pool_renews_itself_little_by_little() -> None:
    made = batches(200, pool=20, pool_views=2, life=10)
    made[0]
    first = made._keys.copy()
    made[1]
    assert (made._keys != first).sum() == 2, "two of twenty shapes make room at each step of ten"
    made[10]
    assert not set(made._keys) & set(first) and len(made._kept) <= 20
    parts = [batches(200, pool=20, pool_views=2, life=10, part=(rank, 2))[7] for rank in (0, 1)]
    whole = batches(200, pool=20, pool_views=2, life=10)[7]
    assert np.array_equal(whole.objects[0::2], parts[0].objects) and np.array_equal(whole.voxels[1::2], parts[1].voxels)
