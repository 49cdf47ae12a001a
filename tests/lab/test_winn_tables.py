"""The tables of 3DWINN: what is there is measured with real networks, what is missing is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from modelnet_files import write_modelnet

from voxstudio.core.errors import BadInput
from voxstudio.data.prepare import store_of_grids
from voxstudio.data.readers import known_files, read_npz
from voxstudio.data.shape_store import open_store
from voxstudio.engine.training import Listener
from voxstudio.families import family
from voxstudio.lab import classifier_data
from voxstudio.lab.classifier_data import BASELINE, CLASSES, OPPONENT, REFERENCE, modelnet10
from voxstudio.lab.evaluate import evaluate
from voxstudio.lab.paper_tables import make_table
from voxstudio.lab.training import make_recipe, train

FEW = ("bed", "chair", "sofa", "table", "toilet")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ModelNet10's two files with few objects: classes that are not parametric are stood in for."""
    return write_modelnet(tmp_path_factory.mktemp("data") / "modelnet10", FEW, 3, 2)


@pytest.fixture()
def lab(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of checkpoints with a tiny reference network; no shipped one is found."""
    folder = tmp_path / "checkpoints"
    monkeypatch.setattr(classifier_data, "CLASSES", FEW)
    monkeypatch.setattr(classifier_data, "checkpoint_folders", lambda: (folder,))
    monkeypatch.setattr("voxstudio.lab.winn_tables.checkpoint_folders", lambda: (folder,))
    monkeypatch.setattr("voxstudio.lab.winn_tables.CLASSES", FEW)
    store = store_of_grids(tmp_path / "shapes", read_npz(known_files(data)["vox30_train"], "train"), None)
    recipe = make_recipe("reference", **{**family("reference").smallest, "classes": FEW})
    for name in (REFERENCE, BASELINE):
        train("reference", folder / name, recipe, stores=[(store, 1.0)], max_steps=3, workers=0, device="cpu")
    return folder


def test_a_classifier_is_measured_by_every_key(lab: Path, data: Path, tmp_path: Path) -> None:
    found = evaluate(lab / BASELINE, data, "cpu", work=tmp_path / "work")["metrics"]
    assert {"accuracy", "svm_modelnet10", "map_modelnet10", "adversarial_error", "measured"} <= set(found)
    assert 0 <= found["accuracy"] <= 1 and set(found["adversarial_error"]) == {"fgsm", "iterative-5", "iterative-10"}
    assert found["measured"]["modelnet10_test"] == 10
    assert evaluate(lab / BASELINE, data, "cpu", work=tmp_path / "work")["metrics"] == found


def test_a_table_names_what_is_missing_and_shows_the_rest(lab: Path, data: Path, tmp_path: Path) -> None:
    made = make_table("winn-classification", data, tmp_path / "work", None, "cpu")
    rows = {row["row"]: row for row in made.document["rows"]}
    assert rows["accuracy, baseline"]["paper"] == 0.931 and rows["accuracy, baseline"]["ours"] is not None
    assert rows["accuracy, 3DWINN"]["ours"] is None
    assert any("winn-modelnet10 is missing: it ships with VoxStudio" in note for note in made.document["notes"])
    with pytest.raises(BadInput, match="winn-modelnet10 is missing"):
        make_table("winn-adversarial", data, tmp_path / "work", None, "cpu")
    with pytest.raises(BadInput, match="is missing"):
        make_table("winn-fid", data, tmp_path / "work", None, "cpu")
    shutil.copytree(lab / BASELINE, lab / OPPONENT)
    card = lab / OPPONENT / "card.json"
    card.write_text(card.read_text().replace(f'"{BASELINE}"', f'"{OPPONENT}"'))
    made = make_table("winn-adversarial", data, tmp_path / "work", tmp_path / "attacks.png", "cpu")
    assert len(made.document["rows"]) == 12 and (tmp_path / "attacks.png").stat().st_size > 5000
    ours = {row["row"]: row["ours"] for row in made.document["rows"]}
    assert ours["FGSM: error of baseline"] == ours["FGSM: error of 3DWINN"], "the same network twice"
    assert ours["FGSM: corrected by 3DWINN"] == 0.0, "which corrects none of its own errors"


def test_data_that_are_missing_are_named_with_where_they_come_from(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"lacks the file modelnet10_vox30_train\.npz.*modelnet\.cs\.princeton\.edu"):
        modelnet10(tmp_path, CLASSES, 32)
    with pytest.raises(BadInput, match="no folder of real shapes"):
        modelnet10(None, CLASSES, 32)
    with pytest.raises(BadInput, match="winn-fid needs --data"):
        make_table("winn-fid", None)


def test_the_reference_learns(data: Path, tmp_path: Path) -> None:
    store = store_of_grids(tmp_path / "shapes", read_npz(known_files(data)["vox30_train"], "train"), None)
    recipe = make_recipe("reference", classes=FEW, widths=(8, 16, 32), batch_size=8, max_steps=60, dropout=0.0)
    told: list[float] = []
    listener = Listener(report=lambda report: told.append(report.values["loss"]))
    train("reference", tmp_path / "run", recipe, stores=[(open_store(store.folder), 1.0)], workers=0, listener=listener)
    assert np.isfinite(told).all() and told[-1] < 0.85 * told[0], "of five classes two look alike here"
