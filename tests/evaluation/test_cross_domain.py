"""Recall, gap and silhouette say what their names say; batches of pairs hold different objects and repeat exactly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from voxstudio.evaluation.cross_domain import Pairs, evaluate_embedder, modality_gap, ranks, recall, silhouette

RNG = np.random.default_rng(0)
CLOUD = RNG.normal(0, 1, (60, 8)).astype(np.float32)


def test_recall_counts_who_stands_before_the_own_answer() -> None:
    assert recall(CLOUD, CLOUD, 1) == 1.0
    assert recall(CLOUD, np.roll(CLOUD, 1, axis=0), 1) == 0.0
    line = np.arange(4, dtype=np.float32)[:, None]
    assert ranks(line, line[::-1].copy()).tolist() == [3, 2, 2, 3]
    constant = np.ones((300, 8), np.float32)
    assert recall(constant, constant, 5) == 0.0, "an encoder that says the same of everything finds nothing"


def test_the_gap_is_the_distance_of_the_centres_over_the_spread() -> None:
    spread = float(np.sqrt(((CLOUD - CLOUD.mean(0)) ** 2).sum(1).mean()))
    shift = np.array([3.0, *[0.0] * 7], np.float32)
    assert modality_gap(CLOUD, CLOUD) == 0.0
    assert modality_gap(CLOUD, CLOUD + shift) == pytest.approx(3 / spread, rel=1e-5)
    assert modality_gap(5 * CLOUD, 5 * (CLOUD + shift)) == pytest.approx(3 / spread, rel=1e-5), "whatever the scale"
    one = CLOUD[:1]
    assert modality_gap(one, one + 1) == float("inf") and modality_gap(one, one) == 0.0


def test_the_silhouette_tells_apart_from_mixed() -> None:
    objects = np.repeat(np.arange(10), 30)
    tight = (10 * np.eye(10)[objects] + RNG.normal(0, 0.1, (300, 10))).astype(np.float32)
    assert silhouette(tight, objects) > 0.9
    assert abs(silhouette(RNG.normal(0, 1, (300, 10)).astype(np.float32), objects)) < 0.1


def test_figures_of_real_shapes_have_names_of_their_own() -> None:
    """An encoder that knows each object, whichever way it is shown."""
    views = np.broadcast_to(np.arange(8, dtype=np.uint8)[:, None, None, None], (8, 4, 4, 4))
    grids = np.stack([np.arange(64).reshape(4, 4, 4) < k for k in range(8)])
    model = SimpleNamespace(
        dimensions=2,
        embed_images=lambda views: np.stack([views[:, 0, 0, 0], 0 * views[:, 0, 0, 0]], 1).astype(np.float32),
        embed_voxels=lambda grids: np.stack([grids.sum((1, 2, 3)), np.ones(len(grids))], 1).astype(np.float32),
    )
    part = Pairs(grids, views, views, np.repeat(views[:2], 2, 0), np.repeat(np.arange(2), 2), {"objects": "eight"})
    found = evaluate_embedder(model, {"": part, "_real": part})
    names = [f"recall{k}_{way}" for k in (1, 5) for way in ("image_to_shape", "shape_to_image")]
    for name in (*names, "modality_gap", "silhouette"):
        assert found[name] == found[f"{name}_real"]
    assert found["recall1_image_to_shape"] == 1.0 and found["silhouette"] == 1.0
    assert found["modality_gap"] == pytest.approx(1 / np.sqrt(5.25), abs=1e-4)
    assert found["measured"] == {"dimensions": 2, "objects": "eight", "objects_real": "eight"}
