"""Everything that is measured of classifiers and climbers, with ones whose figures are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.card import Card
from voxstudio.core.collection import Collection
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import Progress, quiet
from voxstudio.evaluation.classifier_protocol import ClassifierData, evaluate_classifier, real_view, synthesized
from voxstudio.evaluation.reference_view import framed
from voxstudio.lab.kept import Kept

KINDS = ("low", "high", "wide")
SIDE = 16


def box(kind: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """A plate, a pole or a beam, of chance sizes."""
    grid = np.zeros((SIDE,) * 3, bool)
    thick, long = rng.integers(2, 4, 2), int(rng.integers(9, 13))
    sizes = [(long, long, thick[0]), (thick[0], thick[1], long), (long, thick[0], thick[1])][kind]
    first = [(SIDE - size) // 2 for size in sizes]
    grid[tuple(slice(a, a + size) for a, size in zip(first, sizes, strict=True))] = True
    return grid


def boxes(seed: int, count: int) -> Collection:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    grids = np.stack([box(int(k), rng) for k in labels])
    return Collection.of(grids, tuple(f"b{k}" for k in range(count)), labels, KINDS, "boxes", "free")


class Measuring:
    """Knows the kind of a box by its extents; its features are how much stands in each slice."""

    def __init__(self) -> None:
        self.card = Card("measuring", "none", "", "", SIDE, 0.5, KINDS, sha256="ab" * 32)

    def features(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        g = np.asarray(grids, np.float32)
        return np.concatenate([g.mean(axis=(2, 3)), g.mean(axis=(1, 3)), g.mean(axis=(1, 2))], axis=1)

    def logits(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        solid = np.asarray(grids) > 0.5
        x, y, z = (solid.any(axis=axes).sum(axis=1) for axes in ((2, 3), (1, 3), (1, 2)))
        return np.stack([x + y - 2 * z, 2 * z - x - y, 2 * x - y - z - 4], axis=1).astype(np.float32)

    def loss_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.where(np.asarray(grids) > 0.5, -1.0, 1.0).astype(np.float32)

    def score_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.zeros(grids.shape, np.float32)


class Making(Measuring):
    """Makes boxes of the kind that is aimed at; counts what it made."""

    targets = KINDS
    cascades, usual, usual_steps = 1, Ascent(), 1

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def begin(self, seeds: Sequence[int], start: VoxelGrid | None = None, ascent: Ascent | None = None) -> AscentState:
        raise NotImplementedError

    def advance(self, state: AscentState, ascent: Ascent) -> AscentState:
        raise NotImplementedError

    def synthesize(
        self, seeds: Sequence[int], target: str | None = None, progress: Progress = quiet, steps: int | None = None
    ) -> AscentState:
        self.made += len(seeds)
        kinds = [KINDS.index(target) if target else seed % 3 for seed in seeds]
        solid = np.stack([box(kind, np.random.default_rng(seed)) for kind, seed in zip(kinds, seeds, strict=True)])
        volumes = np.where(solid, 1.0, -1.0).astype(np.float32)
        nothing = np.zeros(len(seeds), np.float32)
        return AscentState(
            volumes, nothing, np.zeros((len(seeds), 0), np.float32), tuple(seeds), 1, 0, 1, volumes, volumes, volumes,
            (target, 0),
        )  # fmt: skip


def gathered(keep: Any = None, **more: Any) -> ClassifierData:
    train, test, reference = boxes(1, 60), boxes(2, 30), Measuring()
    repeated = np.arange(30) < 3
    real = real_view(reference, train, test)
    more |= {"keep": keep} if keep is not None else {}
    return ClassifierData(
        train, test, repeated, reference, "ab" * 32, lambda _: real, samples=10, words={"repeated": 3}, **more
    )


def test_a_climber_that_makes_real_shapes_scores_as_real_data_do() -> None:
    told: list[float] = []
    found = evaluate_classifier(Making(), gathered(), lambda f, w: told.append(f))
    assert told == sorted(told) and max(told) <= 1
    assert found["accuracy"] == found["accuracy_no_repeats"] == found["svm_modelnet10"] == 1.0
    assert found["map_modelnet10"] > 0.9
    assert found["inception"] == pytest.approx(found["inception_real"], abs=0.1) and found["inception"] > 2.7
    for key in ("fid", "class_probability", "coverage", "matching_distance"):
        assert set(found[key]) == set(found[f"{key}_real"]) == set(KINDS), key
    for kind in KINDS:
        assert found["class_probability"][kind] == pytest.approx(found["class_probability_real"][kind], abs=0.05)
        assert found["fid"][kind] < found["fid_real"][kind] + 0.3
    words = found["measured"]
    assert found["reference_sha256"] == words["reference_sha256"] == "ab" * 32 and words["repeated"] == 3
    assert words["counts"]["low"] == {"made": 10, "real_test": 10, "real_train": 20}
    assert all(0 < share <= 1 for share in words["shrinkage"]["low"]), "fewer shapes than features: drawn in, and said"


def test_attacks_are_compared_both_ways() -> None:
    class Stubborn(Measuring):
        def logits(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
            return np.eye(3, dtype=np.float32)[np.zeros(len(grids), int)]

    found = evaluate_classifier(Measuring(), gathered(other=Stubborn(), other_name="stubborn"))
    assert found["adversarial_error"] == {"fgsm": 0.0, "iterative-5": 0.0, "iterative-10": 0.0}, "steps too small"
    assert found["adversarial_error_other"]["fgsm"] == pytest.approx(20 / 30, abs=1e-3)
    assert found["correction_rate"]["fgsm"] == 1.0 and found["correction_rate_other"] == {}
    assert found["other"] == "stubborn" and "inception" not in found


def test_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    model, keep = Making(), Kept(tmp_path, "weights", 1)
    first = synthesized(model, "high", 20, keep)
    assert model.made == 20 and first.shape == (20, SIDE, SIDE, SIDE)
    assert np.array_equal(synthesized(model, "high", 20, keep), first) and model.made == 20
    next(keep.folder.glob("*-8-8.npz")).write_bytes(b"broken off")
    assert np.array_equal(synthesized(model, "high", 20, keep), first) and model.made == 28
    synthesized(model, "high", 20, Kept(tmp_path, "other weights", 1))
    assert model.made == 48


def test_shapes_of_other_grids_are_brought_into_the_frame() -> None:
    grids = np.zeros((2, 64, 64, 64), bool)
    grids[0, 2:62, 20:50, 30:40] = True
    found = framed(grids, 32)
    assert found.shape == (2, 32, 32, 32) and not found[1].any()
    sides = [np.flatnonzero(found[0].any(axis=tuple(k for k in range(3) if k != a))) for a in range(3)]
    assert [len(side) for side in sides] == [24, 12, 4]
    assert all(abs(int(side[0]) + int(side[-1]) - 31) <= 1 for side in sides), "centred"
    same = np.zeros((2, 32, 32, 32), bool)
    same[:, 4:28, 8:20, 8:20] = True
    assert framed(same, 32) is same
    large = np.zeros((2, 32, 32, 32), bool)
    large[:, 0:32, 8:20, 8:20] = True
    assert [len(np.flatnonzero(grid.any(axis=(1, 2)))) for grid in framed(large, 32)] == [24, 24]
