"""The Map panel in the real window: points under the mouse, the lasso, what is dropped, empty space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driver import Driver
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from random_embedder import random_embedder
from test_session_map import CHAIR, collection

from voxstudio.engine import inference

OPEN_FOR_REAL = inference.InferenceThread._load
LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def opened(open_window: Callable[..., Driver], library: Path, tmp_path: Path, monkeypatch: Any) -> Driver:
    """The panel with a collection of forty points."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    random_embedder(library / "cross-domain")
    driver = open_window(panel="map")
    driver.session.map.open(collection(library, tmp_path / "two.voxmap"))
    finish(driver)
    return driver


def finish(driver: Driver) -> None:
    driver.until(lambda: not driver.session.map.busy and driver.session.job is None)
    driver.settle()


def parts(driver: Driver) -> tuple[Any, Any]:
    panel = driver.window.docks["map"].panel
    driver.until(lambda: panel.beside.canvas._compiled)
    return panel, panel.beside.canvas


def spot(canvas: Any, index: int) -> QPoint:
    return canvas._at(index).toPoint()


def drag(canvas: Any, path: list[QPoint], button: Any = LEFT) -> None:
    QTest.mousePress(canvas, button, NONE, path[0])
    for point in path[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, button, NONE, path[-1])


def colours_seen(canvas: Any) -> set[int]:
    from PySide6.QtGui import QImage

    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return set(np.unique(np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF).tolist())


def test_the_map_lies_beside_the_stage_and_goes_with_its_panel(opened: Driver) -> None:
    panel, canvas = parts(opened)
    assert canvas.isVisible() and opened.window.viewport.isVisible()
    assert canvas.width() > 400 and opened.window.viewport.width() > 320
    assert {0x0072B2, 0xE69F00} <= colours_seen(canvas)  # both classes
    opened.window.go("library")
    opened.settle()
    assert not panel.beside.isVisible() and opened.window.viewport.width() > 700
    opened.window.go("map")
    opened.settle()
    assert panel.beside.isVisible()
    canvas.recolour("domain")
    assert [box.isEmpty() for box in (canvas.grab(), canvas._legend)[1]] == [False, False]


def test_a_click_shows_a_shape_and_ranks_its_neighbours(opened: Driver) -> None:
    panel, canvas = parts(opened)
    at = spot(canvas, 4)
    index = canvas.layer.nearest(at.x(), at.y(), 12.0)
    assert index >= 0
    QTest.mouseClick(canvas, LEFT, NONE, at)
    opened.until(lambda: opened.session.shown is not None)
    finish(opened)
    mapping = opened.session.map
    assert mapping.focus == index and opened.session.shown.origin == mapping.there.names[index]
    shown = [row for row in panel.neighbours.rows if not row.isHidden()]
    assert len(shown) == 12 and shown[0].name.full_text() == mapping.hits[0].name
    QTest.mouseClick(shown[1], LEFT)
    assert mapping.focus == int(shown[1]._index) or mapping.focus != index
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(3, canvas.height() // 2))
    assert mapping.focus is None and not [row for row in panel.neighbours.rows if not row.isHidden()]


def test_wheel_drag_and_keys_move_the_view(opened: Driver) -> None:
    _, canvas = parts(opened)
    layer = canvas.layer
    centre = QPoint(canvas.width() // 2, canvas.height() // 2)
    drag(canvas, [centre, centre + QPoint(30, 0), centre + QPoint(60, 20)], RIGHT)
    assert layer.centre[0] < 0 < layer.centre[1]
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert layer.zoom == 1.0 and not layer.centre.any()
    before = layer.place(100.0, 120.0)
    layer.zoom_by(3.0, 100.0, 120.0)
    assert layer.place(100.0, 120.0) == pytest.approx(before) and layer.zoom == 3.0
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    assert layer.zoom < 3.0


def test_the_lasso_selects_and_the_selection_is_saved(opened: Driver, tmp_path: Path) -> None:
    panel, canvas = parts(opened)
    opened.session.map.look_at(4, show=False)
    panel.beside._hold("lasso")
    wide, high = canvas.width(), canvas.height()
    corners = [QPoint(2, 2), QPoint(wide - 3, 2), QPoint(wide - 3, high - 3), QPoint(2, high - 3)]
    panel._scroll.verticalScrollBar().setValue(panel._scroll.verticalScrollBar().maximum())
    drag(canvas, corners)
    assert len(opened.session.map.selection) == 40 and not panel.selection.isHidden()
    for part in (panel.selection.heading, panel.selection.save):
        assert part.visibleRegion().boundingRect() == part.rect(), "in sight, however far down the nearest reach"
    assert "40" in panel.selection.heading.text() and "20 chair" in panel.selection.list.text()
    opened.session.map.save_selection(tmp_path / "some.csv")
    finish(opened)
    assert len((tmp_path / "some.csv").read_text().splitlines()) == 41
    panel.selection.clear.click()
    assert panel.selection.isHidden()


def test_names_are_found(opened: Driver) -> None:
    panel, canvas = parts(opened)
    panel.search.setText("chair 3")
    opened.until(lambda: canvas.found is not None)
    assert canvas.found.tolist() == [12, 14] and "2 found" in panel.found.text()
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert opened.session.map.focus == 12
    panel.search.setText("")
    opened.until(lambda: canvas.found is None)
    finish(opened)


def test_a_dropped_photo_is_placed_and_joined_to_its_nearest(opened: Driver, tmp_path: Path) -> None:
    panel, canvas = parts(opened)
    opened.drop(panel.beside, [CHAIR])
    finish(opened)
    mapping = opened.session.map
    assert mapping.guest is not None and mapping.guest.query.name == "chair-1.png"
    assert panel.neighbours.name.full_text() == "chair-1.png" and panel.neighbours.among.value() == "shape"
    opened.until(lambda: opened.session.shown is not None)  # its nearest shape
    opened.settle()
    accent = 0x4352C8
    assert accent in colours_seen(canvas)
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    opened.drop(panel.beside, [tmp_path / "broken.png"])
    finish(opened)
    assert opened.session.message.severity == "error" and mapping.guest.query.name == "chair-1.png"


def test_samples_are_walked_between(opened: Driver, library: Path, monkeypatch: Any) -> None:
    from random_gan import random_checkpoint

    from voxstudio.lab import embedding

    monkeypatch.setattr(embedding.samples_plan, "__defaults__", (16, *embedding.samples_plan.__defaults__[1:]))
    panel, canvas = parts(opened)
    walk = panel.beside.tools
    assert not opened.session.map.can_walk and canvas.tool == "move"
    random_checkpoint(library / "blobs", ("chair",))
    monkeypatch.setattr(inference.InferenceThread, "_load", OPEN_FOR_REAL)
    opened.session.refresh_catalogue()
    opened.session.open_checkpoint("blobs")
    opened.until(lambda: opened.session.model is not None and opened.session.model.key.endswith("blobs"))
    finish(opened)
    opened.session.map.open("samples")
    finish(opened)
    assert opened.session.map.can_walk and canvas.tool == "walk" and walk.value() == "walk"
    empty = next(
        QPointF(x, y)
        for y in range(120, canvas.height() - 120, 12)
        for x in range(40, canvas.width() - 40, 12)
        if canvas.layer.nearest(x, y, 24) < 0
    )
    number = opened.session.shown.number if opened.session.shown is not None else 0
    drag(canvas, [empty.toPoint(), empty.toPoint() + QPoint(2, 14), empty.toPoint() + QPoint(4, 4)])
    finish(opened)
    assert opened.session.map.walk is not None and len(opened.session.map.walk.indices) == 5
    assert opened.session.shown.number > number and not opened.session.shown.draft
    assert opened.session.shown.origin == "mixed on the map"


@pytest.mark.parametrize("colours", ["dark"])
def test_the_panel_is_dressed_in_every_state(open_window: Any, library: Path, tmp_path: Path, colours: str) -> None:
    driver = open_window(colours=colours, panel="map")
    panel, canvas = parts(driver)
    canvas.grab()
