"""Measuring beside the window: the real process, cancelled and gone on with, and what is made of its figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from voxstudio.engine.jobs import OwnerLoop
from voxstudio.lab.measured import as_csv, measured, save
from voxstudio.lab.paper_tables import make_table
from voxstudio.session import Session


@pytest.fixture
def loop() -> OwnerLoop:
    return OwnerLoop()


def test_a_table_is_made_in_a_process_of_its_own_and_saved(
    loop: OwnerLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("VOXSTUDIO_DATA", raising=False)
    session = Session(loop.post, device="cpu")
    try:
        work = session.evaluating
        keys = [one.key for one in work.subjects]
        assert "table winn-fid" in keys and any(key.startswith("checkpoint") for key in keys)
        work.choose_data(tmp_path / "nowhere")
        assert session.message is not None and "does not exist" in session.message.sentence
        assert not work.start("table winn-fid") and "ModelNet10" in session.message.sentence, "no data were chosen"
        assert work.start("table infogan-cards") and work.status.is_running
        assert not work.start("table vae-gan-cards"), "one at a time"
        assert loop.run_until(lambda: not work.status.is_running, 120)
        assert work.status.state == "done" and work.status.result is not None
        assert work.status.result.rows[0][:2] == ("average precision, 3DInfoGAN", "0.201")
        assert work.save(tmp_path / "f.csv")
        assert loop.run_until(lambda: (tmp_path / "f.csv").exists() and session.job is None)
        rows = list(csv.reader((tmp_path / "f.csv").open()))
        assert rows[0] == ["figure", "paper", "ours", "real data", "measured with"] and len(rows) == 7
        assert work.start("table infogan-ablation"), "which takes an hour"
        work.cancel()
        assert loop.run_until(lambda: not work.status.is_running, 120)
        assert work.status.state == "stopped" and "goes on" in work.status.sentence
        assert work.status.result is not None, "what was measured before stays"
    finally:
        session.close()


def test_what_a_checkpoint_was_measured_at_becomes_columns(tmp_path: Path) -> None:
    metrics = {
        "accuracy": 0.91234, "fid": {"chair": 123.456, "bed": 99.0}, "fid_real": {"chair": 50.25},
        "measured": {"modelnet10_train": 3972, "modelnet10_test": 906, "repeated": 71, "reference_sha256": "ab" * 32},
        "controls": {"": {"best": 1.0}}, "precision_at_recall": [1.0],
    }  # fmt: skip
    found = measured("Chairs", {"checkpoint": "x", "metrics": metrics}, "")
    assert found.heads == ("figure", "paper", "ours", "real data")
    assert found.rows == (
        ("accuracy", "-", "0.912", "-"), ("Fréchet distance, chair", "-", "123.5", "50.2"),
        ("Fréchet distance, bed", "-", "99.0", "-"),
    )  # fmt: skip
    assert "906 test objects" in found.notes[0] and "abababab" in found.notes[1]
    assert "123.456" in as_csv(found)
    for suffix in (".json", ".png", ".csv"):
        assert save(found, tmp_path / f"f{suffix}").stat().st_size > 50
    assert json.loads((tmp_path / "f.json").read_text())["metrics"]["accuracy"] == 0.91234


def test_tables_without_three_columns_are_shown_too() -> None:
    found = measured("Other", {"rows": {}}, "| a | b |\n| --- | --- |\n| x | 0.5 |")
    assert found.heads == ("a", "b") and found.rows == (("x", "0.5"),) and found.table is None


def test_the_tables_of_cards_stand_beside_the_papers(tmp_path: Path) -> None:
    for name in ("infogan-cards", "enhancer-cards", "vae-gan-cards"):
        made = make_table(name, None, tmp_path, tmp_path / f"{name}.png")
        assert (
            made.document["columns"] == ["paper", "ours", "real data"] and "| paper | ours | real data |" in made.text
        )
        assert all(row["ours"] is not None or row["paper"] is not None for row in made.document["rows"])
        assert (tmp_path / f"{name}.png").stat().st_size > 5000
