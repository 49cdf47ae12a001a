"""The figures of generators, with a generator whose figures are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boxes import Boxes
from random_gan import random_checkpoint

from voxstudio.core.collection import Collection
from voxstudio.engine.latent_space import draws, has_features, occupancies
from voxstudio.evaluation import code_scores
from voxstudio.evaluation.factors import fit_reader
from voxstudio.evaluation.generator_protocol import (
    GeneratorData,
    draw_retrieval,
    evaluate_generator,
    feature_curves,
    measure_classes,
    measure_codes,
    measure_features,
    measure_inversion,
    measure_samples,
)
from voxstudio.lab.opening import open_any

KINDS = ("legs", "block", "none")


class Seeing(Boxes):
    """Sees the kind of its own shapes, and their width."""

    def recognise(self, grids: np.ndarray) -> np.ndarray:
        low = grids[:, :, :, 4].reshape(len(grids), -1)
        kind = np.where(low.sum(axis=1) == 0, 2, np.where(grids[:, 11:13, 11:13, 4].any(axis=(1, 2)), 1, 0))
        wide = grids.any(axis=(2, 3)).mean(axis=1, keepdims=True)
        return np.concatenate([np.eye(3)[kind], wide, wide], axis=1)


def shapes(first: int, count: int = 30) -> Collection:
    model = Boxes()
    vectors = draws(model, range(first, first + 3 * count))
    grids = occupancies(model, vectors)
    kept = np.flatnonzero(grids.reshape(len(grids), -1).any(axis=1))[:count]
    labels = vectors[kept, 4:7].argmax(axis=1)
    return Collection.of(grids[kept], tuple(f"b{k}" for k in kept), labels, KINDS, "boxes", "free")


def test_samples_are_as_different_as_what_was_learned() -> None:
    figures = measure_samples(Boxes(), shapes(100, 60), count=60)
    assert figures["diversity_ratio"] == pytest.approx(1, abs=0.1) and figures["samples"] == 60
    assert figures["largest_component"] == 1 and 0 <= figures["empty_or_full"] < 0.3
    assert "diversity_ratio" not in measure_samples(Boxes(), count=4)


def test_inversion_tells_what_the_paper_tells() -> None:
    figures = measure_inversion(Boxes(), shapes(500), count=4, budget=48)
    assert figures["ap"] > 0.8 and figures["iou_inverted"] > 0.6 and figures["inverted"] == 4
    assert 0 < figures["mse"] < figures["distance"] < 150
    assert measure_inversion(Boxes(), shapes(500), count=4, budget=48) == figures


def test_codes_get_labels_and_agree_with_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_scores, "TABLE_SHAPES", 100)
    reader = fit_reader("table", 32, fit=100, check=50)
    figures = measure_codes(Seeing(side=32), reader, find=20, check=40)
    assert figures["best_code_r"] > 0.5 and 0 <= figures["mig"] <= 1
    handles = [row["handle"] for row in figures["controls"][""]["labels"]]
    assert handles == ["kind:0", "continuous:0", "continuous:1"], "noise is not listed"
    assert set(figures["dci"]) == {"disentanglement", "completeness", "informativeness"}
    assert set(figures["factors"]["height"]) == {"code", "gap"}


def test_choices_are_named_by_the_classes_they_agree_with() -> None:
    figures = measure_classes(Seeing(), shapes(700))
    assert figures["nmi_class"] > 0.9
    assert [name.split()[0] for name in figures["value_names"]["kind:0"]] == list(KINDS)
    assert measure_classes(Boxes(), shapes(700)) == {}, "no eye"


def test_without_its_discriminator_a_generator_reads_nothing(tmp_path: Path) -> None:
    model = open_any(random_checkpoint(tmp_path / "blind", keep_discriminator=False), "cpu")
    grids = np.ones((2, 32, 32, 32), bool)
    two = Collection.of(grids, ("a", "b"), np.arange(2), ("chair", "lamp"), "cubes", "free")
    assert not has_features(model), "and is not asked for any"
    assert code_scores.seen_codes(model, grids) is None and measure_classes(model, two) == {}


def test_features_are_classified_and_retrieved(tmp_path: Path) -> None:
    train, test = shapes(1000, 60), shapes(3000, 30)
    repeated = np.arange(30) < 3
    figures, found = measure_features(Boxes(), train, test, repeated)
    assert figures["svm_modelnet10"] > 0.9 and figures["map_modelnet10"] == pytest.approx(found.map, abs=1e-4)
    assert figures["svm"]["width"] == 12**3 and figures["svm"]["train"] == 60

    assert draw_retrieval(figures, tmp_path / "one.png") is not None and (tmp_path / "one.png").stat().st_size > 5000
    assert len(figures["precision_at_recall"]) == 21 and figures["precision_at_recall"][0] > 0.8
    assert draw_retrieval({}, tmp_path / "none.png") is None and not (tmp_path / "none.png").exists()

    class Blind(Boxes):
        def features(self, grids: Any) -> Any:
            return np.random.default_rng(len(grids)).normal(size=(len(grids), 64)).astype(np.float32)

    rows = feature_curves({"layer 1": Boxes(), "none": Blind()}, train, test, None, tmp_path / "curves.png")
    assert rows["layer 1"]["map_modelnet10"] > rows["none"]["map_modelnet10"] + 0.1
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_everything_that_can_be_measured_is() -> None:
    told: list[float] = []
    model = Seeing()
    data = GeneratorData(
        shapes(100), shapes(500, 3), None, shapes(700), None, None, None, {"held_out": "boxes"}, shapes(700)
    )
    figures = evaluate_generator(model, data, lambda f, w: told.append(f))
    keys = {"largest_component", "empty_or_full", "diversity_ratio", "ap", "mse", "best_code_r", "nmi_class"}
    assert keys <= set(figures) and figures["measured"] == {"held_out": "boxes", "iso_level": 0.5}
    assert "svm_modelnet10" not in figures and told == sorted(told) and max(told) <= 1
    least = evaluate_generator(Boxes(), GeneratorData())
    assert "ap" not in least and "mig" not in least and least["samples"] == 64
