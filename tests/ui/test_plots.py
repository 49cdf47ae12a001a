"""Curves: smoothed, as a table, on screen, on the clipboard, in files; matplotlib only when a plot is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import demo_training
import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from voxstudio.ui import theme
from voxstudio.ui.bridge import Bridge
from voxstudio.ui.curve_card import CurveCard
from voxstudio.ui.curves import csv_of, outline, smoothed, span, thinned
from voxstudio.ui.plots import Plot


def test_smoothing_keeps_a_constant_and_the_length_and_passes_over_what_is_not_finite() -> None:
    assert np.allclose(smoothed(np.full(500, 3.0)), 3.0)
    noisy = 1.0 + np.random.default_rng(3).standard_normal(2000)
    calm = smoothed(noisy)
    assert calm.shape == noisy.shape and calm[200:].std() < 0.25 * noisy.std()
    assert np.isclose(smoothed(noisy)[0], noisy[0])
    holed = noisy.copy()
    holed[::7] = np.nan
    assert np.isfinite(smoothed(holed)[1:]).all()
    assert smoothed(np.empty(0)).shape == (0,)


def test_smoothing_is_the_plain_recursion() -> None:
    values = np.random.default_rng(1).standard_normal(1000)
    total = share = 0.0
    wanted = []
    for value in values:
        total, share = 0.9 * total + 0.1 * value, 0.9 * share + 0.1
        wanted.append(total / share)
    assert np.allclose(smoothed(values, 0.9), wanted)


def test_thinning_keeps_the_extremes_and_the_last_point() -> None:
    steps = np.arange(4000, dtype=np.int64)
    values = np.random.default_rng(2).standard_normal(4000)
    x, y = outline(steps, values)
    assert len(x) == len(y) <= 800 and (y.min(), y.max()) == (values.min(), values.max())
    x, y = thinned(steps, values)
    assert len(x) <= 402 and (x[0], x[-1], y[-1]) == (0, 3999, values[-1])
    assert outline(steps[:50], values[:50])[1] is not None and len(thinned(steps[:50], values[:50])[0]) == 50
    assert span([values], False) == (values.min(), values.max())
    assert span([np.array([-1.0, 0.0, np.nan])], True) == (0.0, 1.0)


def test_the_table_has_a_row_for_each_step_and_holes_where_nothing_was_measured() -> None:
    steps = np.array([1, 2, 3], np.int64)
    text = csv_of({"loss": (steps, np.array([1.0, 0.5, 0.25])), "iou": (steps[1:2], np.array([0.7]))})
    rows = [line.split(",") for line in text.splitlines()]
    assert rows[0] == ["step", "loss", "loss (smoothed)", "iou", "iou (smoothed)"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert [row[1] for row in rows[1:]] == ["1", "0.5", "0.25"]
    assert [row[3] for row in rows[1:]] == ["", "0.7", ""]


def test_the_window_and_the_module_import_no_matplotlib() -> None:
    code = "import sys, voxstudio.ui.window, voxstudio.ui.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"


@pytest.fixture
def parts(qtbot: Any) -> Any:
    said: list[tuple[str, ...]] = []
    bridge = Bridge()
    made = SimpleNamespace(bridge=bridge, session=SimpleNamespace(say=lambda *words: said.append(words)), said=said)
    yield made
    bridge.close()


@pytest.fixture
def card(qtbot: Any, parts: Any) -> CurveCard:
    theme.apply(QApplication.instance(), "light")
    made = CurveCard(parts)
    qtbot.addWidget(made)
    made.resize(368, 260)
    made.show_curves(demo_training.curves())
    made.show()
    qtbot.waitUntil(lambda: made.plot.canvas is not None and made.plot.drawn > 0, timeout=60_000)
    return made


def test_new_points_are_drawn_over_the_axes_as_they_stand(qtbot: Any, card: CurveCard) -> None:
    whole = demo_training.curves()
    before = _axes(card.plot)
    limits = (before.get_xlim(), before.get_ylim())
    grown = {name: (steps[:-9], values[:-9]) for name, (steps, values) in whole.items()}
    drawn, old = card.plot.drawn, card.plot.canvas.grab().toImage()
    card.show_curves({name: (steps, 0.5 * values) for name, (steps, values) in grown.items()} | {"iou": whole["iou"]})
    qtbot.waitUntil(lambda: card.plot.drawn > drawn, timeout=20_000)
    assert card.plot.canvas.grab().toImage() != old
    card.show_curves(whole)
    qtbot.waitUntil(lambda: card.plot.drawn > drawn + 1, timeout=20_000)
    assert _axes(card.plot) is before
    assert limits[0] == before.get_xlim() and before.get_ylim()[1] >= max(whole["loss_g"][1].max(), 0)
    card.resize(500, 260)
    qtbot.waitUntil(lambda: card.plot.drawn > drawn + 2, timeout=20_000)
    assert _axes(card.plot) is not before, "another size needs other margins"


def _axes(plot: Plot) -> Any:
    return plot.canvas.figure.axes[0]


def test_raw_and_smoothed_curves_are_drawn_in_the_colours_of_the_theme(qtbot: Any, card: CurveCard) -> None:
    axes = _axes(card.plot)
    assert len(axes.lines) == 6  # three losses, raw and smoothed
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Loss", "Loss G", "Loss D"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Step", "Loss")
    assert card.plot.canvas.figure.get_facecolor()[:3] == pytest.approx((1.0, 1.0, 1.0))
    theme.apply(QApplication.instance(), "dark")
    drawn = card.plot.drawn
    card.dress()
    qtbot.waitUntil(lambda: card.plot.drawn > drawn, timeout=20_000)
    dark = [int(theme.DARK.raised[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    assert card.plot.canvas.figure.get_facecolor()[:3] == pytest.approx(dark)
    theme.apply(QApplication.instance(), "light")


def test_one_curve_is_chosen_and_stays_chosen_while_the_run_goes_on(qtbot: Any, card: CurveCard) -> None:
    drawn = card.plot.drawn
    card.which.setCurrentIndex(card.which.findData("iou"))
    card.which.activated.emit(card.which.currentIndex())
    card.log.click()
    card.show_curves({**demo_training.curves(800), "loss_new": demo_training.curves()["loss"]})
    qtbot.waitUntil(lambda: card.plot.drawn > drawn, timeout=20_000)
    assert card.which.currentData() == "iou"
    axes = _axes(card.plot)
    assert axes.get_ylabel() == "IoU" and axes.get_yscale() == "log" and axes.get_legend() is None


def test_words_numbers_and_names_are_seen_whole(qtbot: Any, parts: Any) -> None:
    plot = Plot(parts, 128, calm=False, empty="Play draws the energy here")
    qtbot.addWidget(plot)
    plot.resize(340, 128)
    plot.show()
    qtbot.waitUntil(lambda: plot.drawn > 0, timeout=60_000)
    assert [text.get_text() for text in plot.canvas.figure.axes[0].texts] == ["Play draws the energy here"]
    steps = np.arange(3, dtype=np.int64)
    for scale in (1.0, 1e-5, 1e4, -1.25e10):
        for count in (1, 2, 5):
            names = [f"Chain {k + 1}" for k in range(count)]
            before = plot.drawn
            plot.show_curves({name: (steps, scale * (1.0 + steps)) for name in names}, {n: n for n in names}, "Energy")
            qtbot.waitUntil(lambda before=before: plot.drawn > before, timeout=60_000)
            (axes,) = plot.canvas.figure.axes
            renderer, whole = plot.canvas.get_renderer(), plot.canvas.figure.bbox
            boxes = [axes.yaxis.get_tightbbox(renderer), axes.xaxis.get_tightbbox(renderer)]
            if count > 1:
                boxes.append(axes.get_legend().get_window_extent(renderer))
                assert boxes[-1].y0 >= axes.bbox.y1 - 1.0
            for box in boxes:
                assert box.x0 >= 0 and box.x1 <= whole.x1 and box.y0 >= 0 and box.y1 <= whole.y1, (scale, count, box)
            assert axes.yaxis.get_offset_text().get_text() == "" and axes.bbox.height > 30


def test_nothing_is_drawn_unseen_and_many_changes_are_one_drawing(qtbot: Any, card: CurveCard) -> None:
    qtbot.wait(700)
    drawn = card.plot.drawn
    card.hide()
    card.show_curves(demo_training.curves(500))
    qtbot.wait(700)
    assert card.plot.drawn == drawn
    card.show()
    for count in range(500, 560, 10):
        card.show_curves(demo_training.curves(count))
    qtbot.waitUntil(lambda: card.plot.drawn > drawn, timeout=20_000)
    assert card.plot.drawn <= drawn + 2


def test_picture_and_table_go_to_the_clipboard_and_into_files(
    card: CurveCard, parts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = card.plot
    assert [action.text() for action in plot.menu().actions()] == ["Copy picture", "Copy CSV", "Save…"]
    plot.copy_picture()
    assert QGuiApplication.clipboard().image().width() >= plot.width()
    plot.copy_csv()
    assert QGuiApplication.clipboard().text().startswith("step,loss,loss (smoothed),loss_g,")

    def answers(name: str, kind: str) -> None:
        """What the person says to the dialog that is asked next."""
        said = (str(tmp_path / name) if name else "", kind)
        monkeypatch.setattr("voxstudio.ui.plots.QFileDialog.getSaveFileName", lambda *_: said)

    for name, kind, written in (
        ("a.png", "", "a.png"), ("b.svg", "", "b.svg"), ("c.csv", "", "c.csv"), ("d", "CSV table (*.csv)", "d.csv"),
    ):  # fmt: skip
        answers(name, kind)
        plot.save()
        assert (tmp_path / written).stat().st_size > 100
        assert parts.said[-1] == ("info", f"Saved {written}.", "training")
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > plot.width()
    answers("gone/e.png", "")
    plot.save()
    assert parts.said[-1][0] == "error" and "e.png" in parts.said[-1][1]
    said = len(parts.said)
    answers("", "")
    plot.save()
    assert len(parts.said) == said
