"""Labels found, kept, refused for another network, written into cards; filmstrips."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from boxes import Boxes

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.paths import shipped
from voxstudio.engine.checkpoint import read_card
from voxstudio.evaluation.code_labels import CodeLabels
from voxstudio.lab.sweeps import (
    class_of_factors,
    film,
    find_labels,
    into_card,
    labels_path,
    read_labels,
    save_labels,
    stored_labels,
)


@pytest.fixture(scope="module")
def found() -> CodeLabels:
    model = Boxes()
    model.card = replace(model.card, metrics={"value_names": {"kind:0": ["legs", "block", "none"]}})
    return find_labels(model, find=30, check=40)


def test_labels_are_kept_and_found_again(found: CodeLabels) -> None:
    card = Boxes("a1" * 32).card
    found = replace(found, sha256=card.sha256)
    assert stored_labels(card) is None
    save_labels(found, labels_path(card))
    assert stored_labels(card) == found and found.of["kind:0"].values == ("legs", "block", "none")
    assert stored_labels(card, "chair") is None, "another class has labels of its own"
    labels_path(card).unlink()


def test_labels_of_another_network_and_damaged_files_are_refused(found: CodeLabels, tmp_path: Path) -> None:
    path = save_labels(found, tmp_path / "deep" / "labels.json")
    other = replace(Boxes("c3" * 32).card, name="others")
    with pytest.raises(BadInput, match=r"labels the codes of the checkpoint boxes, not of others.*\.$"):
        read_labels(path, other)
    for text in ("", "{", "[]", '{"labels": 5}', json.dumps({**found.to_json(), "labels": [{"handle": 1}]})):
        path.write_text(text)
        with pytest.raises(BadInput, match="holds no labels of codes"):
            read_labels(path, other)
    with pytest.raises(BadInput, match="cannot be read"):
        read_labels(tmp_path / "gone.json", other)
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="cannot be made"):
        save_labels(found, tmp_path / "file" / "x.json")


def test_a_card_can_carry_labels(found: CodeLabels, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(shipped("checkpoints") / "furniture-conditional", folder)
    card = read_card(folder)
    with pytest.raises(BadInput, match="belong to boxes"):
        into_card(folder, found)
    into_card(folder, replace(found, sha256=card.sha256, label="chair"))
    again = read_card(folder)
    assert again.metrics["best_code_r"] == pytest.approx(found.best_code_r, abs=1e-3)
    kept = stored_labels(again, "chair")
    assert kept is not None and kept.labels == found.labels
    assert stored_labels(replace(again, sha256="0" * 64), "chair") is None, "weights were replaced"
    assert {key: again.metrics[key] for key in card.metrics} == card.metrics


def test_a_film_shows_one_code_and_what_moves() -> None:
    model = Boxes()
    strip = film(model, "continuous:0", seed=3, steps=5)
    assert strip.values == pytest.approx((-0.8, -0.4, 0.0, 0.4, 0.8)) and len(strip.grids) == 5
    width = strip.measured[:, strip.keys.index("width")]
    assert (np.diff(width) >= 0).all() and width[-1] > width[0]
    assert np.array_equal(film(model, "continuous:0", seed=3, steps=5).grids[2].values, strip.grids[2].values)
    assert film(model, "kind", seed=3).values == (1, 2, 3)
    assert film(model, "noise:1", values=(-2, 2)).values == (-2, 2)
    for name, options, words in (
        ("continuous:0", {"values": (0, 1.5)}, "lies from -1 to 1, not at 1.5"),
        ("waist", {}, "There is no code 'waist'"),
        ("kind", {"steps": 1}, "2 to 500 steps"),
    ):
        with pytest.raises(BadInput, match=words):
            film(model, name, **options)


def test_true_factors_are_read_where_there_are_any() -> None:
    card = replace(Boxes().card, classes=("chair", "toilet"))
    assert [class_of_factors(card, label) for label in (None, "chair", "toilet")] == ["", "chair", ""]
    assert class_of_factors(replace(card, classes=("sofa",)), None) == "sofa"
