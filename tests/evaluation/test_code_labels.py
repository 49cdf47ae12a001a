"""Labels of codes whose meaning is known, and what a generator sees in known shapes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from boxes import Boxes

from voxstudio.core.errors import Cancelled
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.paths import shipped
from voxstudio.engine.latent_space import handle
from voxstudio.evaluation.code_labels import Attributes, CodeLabels, Sweep, label_codes, sweep_of, sweep_values
from voxstudio.evaluation.code_scores import class_agreement, factor_agreement, seen_codes
from voxstudio.evaluation.factors import FactorReader, fit_reader
from voxstudio.lab.opening import open_any


@pytest.fixture(scope="module")
def labels() -> CodeLabels:
    return label_codes(Boxes(), find=60, check=100)


def test_every_code_is_told_what_it_moves(labels: CodeLabels) -> None:
    width, height, kind = (labels.of[name] for name in ("continuous:0", "continuous:1", "kind:0"))
    assert width.title in ("width", "area of the broadest layer", "footprint") and width.r > 0.7 and width.within > 0.9
    assert height.key in ("height", "volume", "thinness") and abs(height.r) > 0.7 and abs(height.within) > 0.8
    assert 80 < height.count <= 100, "empty shapes are left out"
    assert kind.is_choice and kind.r > 0.8 and kind.key in ("feet", "base", "broadest_height", "centre_height")
    assert labels.best_code_r == max(abs(width.r), abs(height.r)) and not labels.best.is_choice
    assert width.words == f"{width.title} r = {width.r:.2f}, n = {width.count}"


def test_the_plainest_of_equals_is_named() -> None:
    plain = Attributes()
    r = np.zeros(len(plain.keys))
    r[[3, 7]] = 0.9, -0.93
    assert plain.plainest(r) == 3
    reader = FactorReader("chair", 24, ("seat_width", "seat_depth"), np.ones(2), 5, {})
    with_factors = Attributes(reader)
    assert with_factors.plainest(np.append(r, [0.89, 0.9])) == len(r) + 1
    assert with_factors.titles[-2] == "seat width" and with_factors.keys[-1] == "factor:seat_depth"
    assert with_factors.plainest(np.append(r, [0.5, 0.6])) == 3


def test_a_code_that_does_nothing_gets_no_label(labels: CodeLabels) -> None:
    idle = labels.of["noise:3"]
    assert idle.title == "" and abs(idle.r) < 0.3 and "nothing that was measured stands out" in idle.words


def test_labels_survive_a_file(labels: CodeLabels) -> None:
    again = CodeLabels.from_json(json.loads(json.dumps(labels.to_json())))
    assert again == labels and again.of["kind:0"] == labels.of["kind:0"]
    for damaged in ({}, {**labels.to_json(), "labels": [{}]}, {**labels.to_json(), "labels": 3}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            CodeLabels.from_json(damaged)


def test_sweeps_visit_the_prior_evenly() -> None:
    model = Boxes()
    one = handle(model.layout, "continuous:1")
    values = sweep_values(model, one, 4)
    found = sweep_of(model, one, [4, 5], values)
    assert isinstance(found, Sweep) and found.values == (-0.75, -0.25, 0.25, 0.75)
    assert found.vectors.shape == (8, 9) and found.vectors[4:, 8].tolist() == list(found.values)
    assert (found.vectors[:4, :8] == found.vectors[0, :8]).all(), "all else stays"
    assert sweep_values(model, handle(model.layout, "kind")) == (1, 2, 3)
    noise = sweep_values(model, handle(model.layout, "noise:0"), 10)
    assert 1.0 < noise[-1] < 2.2 and noise[0] == pytest.approx(-noise[-1], abs=0.8)


def test_measuring_can_be_cancelled() -> None:
    def cancel(fraction: float, words: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        label_codes(Boxes(), find=20, check=20, progress=cancel)


def test_a_wide_latent_is_measured_on_drawn_shapes() -> None:
    model = open_any(shipped("checkpoints") / "furniture-conditional", "cpu")
    told: list[float] = []
    found = label_codes(model, "sofa", find=32, check=32, progress=lambda f, w: told.append(f))
    assert len(found.labels) == model.layout[0].size == 128 and found.label == "sofa"
    assert {one.count for one in found.labels} == {32} and told == sorted(told) and max(told) <= 1


class Reading(Boxes):
    """Sees width, kind and nothing else in a shape."""

    layout: tuple[CodeSpec, ...]

    def recognise(self, grids: np.ndarray) -> np.ndarray:
        assert grids.ndim == 4 and grids.dtype == np.float32
        wide = grids.any(axis=(2, 3)).sum(axis=1) / grids.shape[1]
        tall = grids.any(axis=(1, 2)).sum(axis=1) / grids.shape[1]
        return np.concatenate([np.eye(3)[(wide > 0.5).astype(int)], wide[:, None], tall[:, None]], axis=1)


def test_classes_and_factors_are_recognised() -> None:
    model = Reading(side=32)
    grids = np.zeros((40, 32, 32, 32), bool)
    grids[::2, 2:30] = True
    grids[1::2, 12:20] = True
    seen = seen_codes(model, grids)
    assert seen is not None and seen.handles == ("kind:0", "continuous:0", "continuous:1")
    agreement = class_agreement(seen, np.arange(40) % 2, ("broad", "narrow"))
    assert agreement is not None and agreement.nmi == pytest.approx(1)
    assert agreement.values == ("narrow 100 %", "broad 100 %", "") and agreement.objects == 40
    reader = fit_reader("table", 32, fit=150, check=60)
    found = factor_agreement(model, reader, count=150)
    assert found is not None and found.gap.samples == 150 and len(found.factors) == len(found.gap.gaps)
    assert 0 <= found.gap.mig < 0.5 and 0 < found.dci.disentanglement < 1 and "base" in found.factors


def test_a_model_without_eyes_sees_nothing() -> None:
    assert seen_codes(Boxes(), np.zeros((2, 24, 24, 24), bool)) is None

    class Encodes(Boxes):
        encodes = True

        def encode(self, grids: np.ndarray) -> list[Latent]:
            return [self.draw(k) for k in range(len(grids))]

    seen = seen_codes(Encodes(), np.zeros((3, 24, 24, 24), bool))
    assert seen is not None and seen.codes[1].tolist() == [
        float(np.argmax(Boxes().draw(1).codes["kind"])), *Boxes().draw(1).codes["continuous"].tolist(),
    ]  # fmt: skip
