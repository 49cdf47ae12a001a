"""The panel Evaluate as a person uses it: choose, measure, read, copy; and cancel."""

from __future__ import annotations

from pathlib import Path

import pytest
from driver import Driver
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from voxstudio.ui.evaluate_panel import time_in_words


def test_a_table_is_measured_read_and_copied(studio: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    panel = studio.panel("evaluate")
    work = studio.session.evaluating
    widths: set[int] = set()
    studio.session.subscribe(lambda topic: widths.add(studio.window.docks["evaluate"].width()))
    assert panel.empty.isVisible() and not panel.save.isEnabled()
    titles = [panel.what.itemText(k) for k in range(panel.what.count())]
    assert "Chairs, many views" in titles and any(title.startswith("3DWINN") for title in titles)
    work.choose_data(None)
    panel.what.setCurrentIndex(panel.what.findData("table winn-adversarial"))
    panel.measure.click()
    assert panel.problem.isVisible() and "ModelNet10" in panel.problem.sentence.text()
    panel.what.setCurrentIndex(panel.what.findData("table infogan-cards"))
    panel.measure.click()
    assert panel.cancel.isVisible() and not panel.measure.isVisible() and not panel.what.isEnabled()
    studio.until(lambda: not work.status.is_running)
    studio.settle()
    assert work.status.state == "done" and panel.measure.isVisible()
    words = [label.text() for label in panel.figures.findChildren(QLabel) if label.isVisible()]
    assert words[:4] == ["figure", "paper", "ours", "real data"] and "0.201" in words
    panel.copy.click()
    assert QGuiApplication.clipboard().text().splitlines()[0] == "figure\tpaper\tours\treal data"
    panel.what.setCurrentIndex(panel.what.findData("table infogan-ablation"))
    panel.measure.click()
    panel.cancel.click()
    assert not panel.cancel.isEnabled()
    studio.until(lambda: not work.status.is_running)
    assert work.status.state == "stopped" and "goes on" in panel.words.text()
    assert "0.201" in [label.text() for label in panel.figures.findChildren(QLabel)], "the last figures stay"
    studio.settle()
    assert widths == {studio.window.docks["evaluate"].width()}, "what is measured does not widen the panel"
    assert panel.what.currentText() not in panel.what.shown_text() and panel.what.shown_text().endswith("…")
    assert panel.what.whole_tip().startswith(panel.what.currentText())


def test_times_in_words() -> None:
    assert [time_in_words(s) for s in (3, 44, 300, 9000)] == ["10 s left", "40 s left", "5 min left", "2.5 h left"]
