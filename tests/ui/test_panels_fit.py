"""Every panel, in both themes: nothing is cut off, everything can be reached, everything has a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from driver import Driver
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QScrollArea, QSlider, QWidget

from voxstudio.ui import theme
from voxstudio.ui.studio import panels
from voxstudio.ui.widgets import Elided

SIZES = ((1280, 800), (1920, 1080))


def _visible(root: QWidget, kind: type) -> list[QWidget]:
    return [child for child in root.findChildren(kind) if child.isVisible()]


def _inside(child: QWidget, root: QWidget) -> bool:
    """Inside its window horizontally; vertically too, unless it scrolls."""
    place = QRect(child.mapTo(root, QPoint(0, 0)), child.size())
    if not (place.left() >= 0 and place.right() <= root.width()):
        return False
    parent = child.parentWidget()
    while parent is not None and parent is not root:
        if isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return place.top() >= 0 and place.bottom() <= root.height()


def _cut_off(root: QWidget) -> list[str]:
    found = []
    for label in _visible(root, QLabel):
        if isinstance(label, Elided) or not label.text() or label.pixmap() and not label.pixmap().isNull():
            continue
        room = label.contentsRect()
        if label.wordWrap():
            needed = label.heightForWidth(label.width())
            if needed > label.height() + 1:
                found.append(f"{label.text()[:40]!r} needs {needed} px of height, has {label.height()}")
        elif QFontMetrics(label.font()).horizontalAdvance(label.text()) > room.width() + 1:
            found.append(f"{label.text()[:40]!r} is wider than {room.width()} px")
    for piece in _visible(root, QAbstractButton):
        needed = piece.minimumSizeHint()
        if piece.text() and (piece.width() < needed.width() - 1 or piece.height() < needed.height() - 1):
            found.append(f"button {piece.text()!r} needs {needed.toTuple()}, has {piece.size().toTuple()}")
    for kind in (QLabel, QAbstractButton, QSlider, QComboBox, QAbstractSpinBox):
        found += [
            f"{child.accessibleName() or child} sticks out"
            for child in _visible(root, kind)
            if not _inside(child, root)
        ]
    return found


@pytest.mark.parametrize(("colours", "size"), [("light", SIZES[0]), ("dark", SIZES[1])], ids=["small", "large"])
def test_every_panel_fits(
    open_window: Callable[..., Driver], photos: list[Path], colours: str, size: tuple[int, int]
) -> None:
    driver = open_window(colours=colours, size=size)
    for filled in (False, True):
        if filled:
            driver.session.add_images([*photos, photos[0].with_name("gone-with-a-rather-long-file-name.png")])
            driver.until(lambda: driver.session.shown is not None and driver.session.message is not None)
        for spec in panels():
            driver.window.go(spec.key)
            driver.settle()
            assert (driver.window.width(), driver.window.height()) == size, f"{spec.key} makes the window grow"
            dock = driver.window.docks[spec.key]
            assert not _cut_off(dock), spec.key
            others = [d for key, d in driver.window.docks.items() if key != spec.key]
            assert all(other.isHidden() for other in others), "one panel at a time"
            for slider in _visible(dock, QSlider):
                assert slider.width() >= theme.SLIDER_WIDTH
        for part in (driver.window.rail, driver.window.topbar, driver.window.status, driver.window.strip):
            assert not _cut_off(part)


def test_everything_that_takes_the_focus_has_a_name_and_is_in_the_chain(studio: Driver, photos: list[Path]) -> None:
    studio.session.add_images(photos)
    studio.until(lambda: len(studio.session.contributions) == 3)
    studio.settle()
    for spec in panels():
        studio.window.go(spec.key)
        studio.settle()
        panel = studio.window.docks[spec.key].panel
        reachable = set()
        step = studio.window.nextInFocusChain()
        while step is not studio.window and step not in reachable:
            reachable.add(step)
            step = step.nextInFocusChain()
        for child in _visible(panel, QWidget):
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isEnabled():
                if child.objectName() == "qt_spinbox_lineedit":
                    continue
                text = child.text() if isinstance(child, QAbstractButton) else ""
                assert text or child.accessibleName(), f"{child} in {spec.key} has no name"
                assert child in reachable


def test_overlays_do_not_cover_each_other(studio: Driver, photos: list[Path]) -> None:
    studio.session.add_images(photos[:1])
    studio.session.set_options(colour_by="confidence")
    studio.until(lambda: studio.session.shown is not None and studio.session.shown.surface.values is not None)
    studio.settle()
    overlay = studio.window.viewport.overlay
    for width in (360, 520, 900):
        studio.window.resize(width + 496, 700)
        studio.settle()
        shown = [part for part in (overlay.cube, overlay.legend, overlay.views, overlay.invitation) if part.isVisible()]
        for index, one in enumerate(shown):
            assert studio.canvas.rect().contains(one.geometry()), f"{one} leaves the stage at {width}"
            for other in shown[index + 1 :]:
                assert not one.geometry().intersects(other.geometry())


def test_a_torn_off_panel_stays_and_the_layout_is_remembered(
    open_window: Callable[..., Driver], tmp_path: Path
) -> None:
    from PySide6.QtCore import QSettings

    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    driver = open_window(settings=settings)
    driver.window.go("library")
    driver.window.docks["library"].setFloating(True)
    driver.window.go("create")
    driver.settle()
    assert driver.window.docks["library"].isVisible() and driver.window.docks["create"].isVisible()
    driver.window.close()
    again = open_window(settings=settings)
    assert again.window.docks["library"].isFloating() and again.window.docks["library"].isVisible()
    assert again.window.docks["library"].panel is not None
    assert not again.window.docks["create"].isHidden()
    again.window.reset_layout()
    assert not again.window.docks["library"].isFloating()


def test_changing_the_theme_changes_everything(studio: Driver, photos: list[Path]) -> None:
    studio.session.add_images(photos[:1])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    light = studio.window.grab().toImage()
    studio.studio.deeds.dress("dark")
    studio.settle()
    dark = studio.window.grab().toImage()
    bright = [
        image.scaled(1, 1, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        .pixelColor(0, 0)
        .lightness()
        for image in (light, dark)
    ]
    assert bright[0] > 190 and bright[1] < 80
    studio.studio.deeds.dress("light")
