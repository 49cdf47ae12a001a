"""A weights file of somebody else in the real window: dropped, looked into, confirmed, added."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from driver import Driver
from foreign import other_name, renamed, save, shipped_weights
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog
from test_panels_fit import _cut_off

from voxstudio.ui.inspector import Inspector
from voxstudio.ui.inspector_tables import NOTHING, Table


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def _dialog(studio: Driver) -> Inspector:
    studio.until(lambda: studio.studio.deeds.inspecting.dialog is not None)
    studio.settle()
    found: Inspector = studio.studio.deeds.inspecting.dialog
    return found


def _column(table: Table, column: int) -> list[str]:
    return [row.cells[column] for row in table.lines.rows]


def test_a_dropped_file_is_looked_into_confirmed_and_added(studio: Driver, tmp_path: Path) -> None:
    weights = renamed(shipped_weights())
    studio.drop(studio.window, [save(weights, tmp_path / "somebody.pt")])
    dialog = _dialog(studio)
    assert dialog.isVisible() and dialog.title.full_text() == "somebody.pt"
    assert "92 tensors" in dialog.about.full_text() and "float16" in dialog.about.full_text()
    assert dialog.family.currentText().startswith("100%") and "3D-VAE-GAN" in dialog.family.currentText()
    assert "48 names are guessed" in dialog.verdict.text() and not dialog.add.isEnabled()
    assert _column(dialog.tensors, 0) == list(weights) and not dialog.differences.lines.rows
    for view in ("names", "differences", "tensors"):
        dialog.views._group.button(("names", "differences", "tensors").index(view)).click()
        studio.settle()
        assert not _cut_off(dialog), view
    dialog.views._group.button(0).click()

    lines = dialog.names.lines
    assert set(_column(dialog.names, 0)[:48]) == {"Guess"} and "Guess" not in _column(dialog.names, 0)[48:]
    first = lines.rows[0]
    assert first.cells[2] == other_name(first.cells[1])
    assert lines.setData(lines.index(0, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    studio.settle()
    assert "47 names are guessed" in dialog.verdict.text()
    _choose(studio, dialog, 0, NOTHING)
    assert "Missing" in _column(dialog.names, 0) and "cannot be added" in dialog.verdict.text()
    kinds = _column(dialog.differences, 0)
    assert sorted(kinds) == ["+ Extra", "− Missing"]
    assert _column(dialog.names, 0)[0] == "Missing", "no line jumps"
    _choose(studio, dialog, 0, first.cells[2])
    assert _column(dialog.names, 0)[0] == "Confirmed"
    dialog.confirm.click()
    studio.settle()
    assert "Guess" not in _column(dialog.names, 0) and not dialog.differences.lines.rows

    dialog.classes.setText("chair")
    dialog.classes.editingFinished.emit()
    dialog.name.setText("chair-multiview")
    dialog.add.click()
    studio.until(lambda: studio.session.message is not None)
    studio.settle()
    assert dialog.problem.isVisible() and "already" in dialog.problem.sentence.text()
    dialog.name.setText("mine")
    assert dialog.add.isEnabled()
    dialog.add.click()
    studio.until(lambda: studio.session.adopting.current is None)
    studio.settle()
    assert studio.studio.deeds.inspecting.dialog is None
    entry = next(one for one in studio.session.catalogue if one.name == "mine")
    assert entry.card is not None and entry.card.classes == ("chair",) and not entry.problem
    panel = studio.panel("library")
    studio.settle()
    assert any(card.folder == str(entry.folder) for card in panel._cards) and not _cut_off(panel)

    studio.drop(studio.window, [save({k: v + 0 for k, v in weights.items()}, tmp_path / "second.safetensors")])
    dialog = _dialog(studio)
    assert "guessed" not in dialog.verdict.text() and dialog.add.isEnabled() and dialog.classes.text() == "chair"
    dialog.leave.click()
    studio.settle()
    assert studio.session.adopting.current is None and studio.studio.deeds.inspecting.dialog is None


def _choose(studio: Driver, dialog: Inspector, row: int, words: str) -> None:
    """Open the list in a line and take an entry."""
    table = dialog.names
    place = table.visualRect(table.lines.index(row, 2)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    studio.settle()
    (box,) = [one for one in dialog.names.findChildren(QComboBox) if one.isVisible()]
    assert box.findText(words) >= 0
    box.setCurrentText(words)
    box.activated.emit(box.currentIndex())
    studio.settle()


def test_a_generator_alone_offers_what_it_can(studio: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voxstudio.ui.checkpoint_choice import offers

    weights = {k: v for k, v in shipped_weights().items() if k.startswith(("generator.", "encoder.stem"))}
    path = save(weights, tmp_path / "G.safetensors")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(path), ""))
    studio.panel("library").open_file.click()
    dialog = _dialog(studio)
    # A generator by itself is a 3D-GAN before it is a part of something larger: the person knows better.
    kinds = [fit.family for fit in studio.session.adopting.current.fits]
    dialog.family.activated.emit(kinds.index("vae_gan3d"))
    studio.until(lambda: studio.session.adopting.current.proposal.fit.family == "vae_gan3d")
    studio.settle()
    assert "encoder lacks" in dialog.verdict.text() and dialog.whole.isVisible() and not dialog.add.isEnabled()
    dialog.whole.click()
    studio.settle()
    assert "no whole encoder" in dialog.verdict.text() and dialog.add.isEnabled()
    dialog.add.click()
    studio.until(lambda: studio.session.adopting.current is None)
    studio.settle()
    entry = next(one for one in studio.session.catalogue if one.name == "G")
    assert offers(entry.card, "generate") and not offers(entry.card, "reconstruct")


def test_a_file_that_cannot_be_opened_is_a_sentence_in_the_library(studio: Driver, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "never"),)

    torch.save({"w": Bomb()}, tmp_path / "bomb.pt")
    panel = studio.panel("create")
    studio.drop(studio.window, [tmp_path / "bomb.pt"])
    studio.until(lambda: studio.session.message is not None)
    studio.settle()
    panel = studio.window.docks["library"].panel
    assert panel.isVisible() and "wants to run" in studio.session.message.sentence
    assert studio.studio.deeds.inspecting.dialog is None and not (tmp_path / "never").exists()

    torch.save({"w": torch.ones(5, 5)}, tmp_path / "other.pt")
    studio.drop(studio.window, [tmp_path / "other.pt"])
    dialog = _dialog(studio)
    assert not dialog.add.isEnabled() and _column(dialog.tensors, 1) == ["5 × 5"]
    dialog.reject()
    studio.settle()
    assert studio.session.adopting.current is None
