"""The nearest training shape, and copies that are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boxes import Boxes

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput, Cancelled
from voxstudio.engine.latent_space import draws, occupancies
from voxstudio.lab.nearest import (
    build_index,
    features_of,
    index_folder,
    open_index,
    training_shapes,
    usual_distances,
)


def collection(count: int = 40, first: int = 100) -> Collection:
    model = Boxes()
    grids = occupancies(model, draws(model, range(first, first + 3 * count)))
    grids = grids[grids.reshape(len(grids), -1).any(axis=1)][:count]
    names = tuple(f"box-{k}" for k in range(count))
    return Collection.of(grids, names, np.arange(count) % 2, ("even", "odd"), "boxes", "free")


@pytest.fixture
def model() -> Boxes:
    return Boxes()


def test_a_copy_is_found_and_told(model: Boxes) -> None:
    shapes = collection()
    assert open_index(model.card) is None
    built = build_index(model, shapes)
    index = open_index(model.card)
    assert index is not None and isinstance(index.features, np.memmap) and len(index) == 40
    assert np.array_equal(index.occupancy(7), shapes.occupancy(7)) and built.typical == index.typical > index.threshold
    copied = index.nearest(model, shapes.occupancy(7))
    assert copied.memorised and copied.iou == 1.0 and copied.distance == pytest.approx(0, abs=1e-3)
    assert copied.name == "box-7" and copied.class_name == "odd" and "nearly a copy" in copied.words
    far = np.random.default_rng(0).uniform(size=(24, 24, 24)) < 0.5
    other = index.nearest(model, far)
    assert not other.memorised and other.distance > other.typical and other.words.endswith("usual distance).")
    with pytest.raises(BadInput, match="An empty shape"):
        index.nearest(model, np.zeros((24, 24, 24), bool))
    with pytest.raises(BadInput, match="24 voxels a side"):
        index.nearest(model, np.zeros((8, 8, 8), bool))


def test_the_nearest_is_the_nearest_by_brute_force(model: Boxes) -> None:
    shapes, fresh = collection(), collection(10, first=900)
    index = build_index(model, shapes)
    table = features_of(model, np.stack([shapes.occupancy(k) for k in range(40)]))
    for k in range(10):
        mine = features_of(model, fresh.occupancy(k)[None])
        distances = np.linalg.norm(table - mine, axis=1)
        found = index.nearest(model, fresh.occupancy(k))
        assert found.distance == pytest.approx(distances.min(), rel=1e-4)
        assert found.name == f"box-{int(np.argmin(distances))}"


def test_projections_keep_distances(rng: np.random.Generator) -> None:
    class Wide(Boxes):
        def features(self, grids: Any) -> Any:
            return rows[: len(grids)]

    rows = rng.exponential(size=(30, 20_000)).astype(np.float32)
    short = features_of(Wide(), np.zeros((30, 24, 24, 24), bool))
    assert short.shape == (30, 1024)
    true = np.linalg.norm(rows[:, None] - rows[None], axis=2)[np.triu_indices(30, 1)]
    kept = np.linalg.norm(short[:, None] - short[None], axis=2)[np.triu_indices(30, 1)]
    assert np.abs(kept / true - 1).max() < 0.12 and np.abs(kept / true - 1).mean() < 0.04
    assert np.array_equal(short, features_of(Wide(), np.zeros((30, 24, 24, 24), bool)))


def test_usual_distances_leave_repeats_out() -> None:
    line = np.array([[0.0], [1.0], [3.0], [3.0], [6.0]], np.float32)
    median, low = usual_distances(line)
    assert median == 2.0 and 1.0 <= low < 1.5
    assert usual_distances(np.zeros((3, 2), np.float32)) == (0.0, 0.0)


def test_building_can_be_cancelled_and_bad_sets_are_told(model: Boxes) -> None:
    def cancel(fraction: float, words: str) -> None:
        raise Cancelled

    model.card = replace(model.card, sha256="d4" * 32)
    with pytest.raises(Cancelled):
        build_index(model, collection(), cancel)
    assert open_index(model.card) is None
    with pytest.raises(BadInput, match="at least three"):
        build_index(model, collection(2))
    build_index(model, collection(5))
    for data in (b"x", b""):
        (index_folder(model.card) / "labels.npy").write_bytes(data)
        assert open_index(model.card) is None, "a damaged index is built again"
    assert [p.name for p in index_folder(model.card).parent.iterdir() if p.name.startswith(".")] == []


def test_the_training_shapes_are_found_or_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOXSTUDIO_DATA", raising=False)
    card = replace(Boxes().card, classes=("lamp", "table"))
    made = {"title": "parametric shapes", "objects": 6}
    parametric = training_shapes(replace(card, data={"sources": [made]}))
    assert len(parametric) == 6 and parametric.names[0] == "lamp-0" and parametric.resolution == 24
    chairs = {"title": "ModelNet10 chairs, 32^3"}
    with pytest.raises(
        BadInput, match="learned from ModelNet10 chairs, 32.3, which are not part of the program.*--data"
    ):
        training_shapes(replace(card, data={"sources": [chairs]}))
    real = replace(card, data={"sources": [chairs, made]})
    alone = training_shapes(real)
    assert len(alone) == 6 and alone.title == "parametric shapes alone, without ModelNet10 chairs, 32^3"
    grids = np.stack([parametric.occupancy(k) for k in range(6)])
    np.savez(
        tmp_path / "real.npz", voxels=np.packbits(grids.reshape(6, -1), axis=1), shape=np.array([24] * 3),
        labels=np.zeros(6, np.uint8), classes=np.array(["lamp"]), names=np.array([f"real-{k}" for k in range(6)]),
    )  # fmt: skip
    both = training_shapes(replace(real, classes=("lamp",)), tmp_path / "real.npz")
    assert len(both) == 12 and both.names[0] == "real-0" and both.names[6] == "lamp-0"
    with pytest.raises(BadInput, match="is not known"):
        training_shapes(replace(card, classes=("toilet",)))
