"""Nothing under the pointer moves by itself, and the status line says what is going on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voxstudio.engine.inputs import NO_OBJECT


def places(panel: Any) -> dict[str, tuple[int, int, int, int]]:
    parts = {"zone": panel.zone, "photos": panel._photos, "threshold": panel.controls.threshold, "save": panel.save}
    return {name: (*part.mapTo(panel.window(), part.rect().topLeft()).toTuple(), part.width(), part.height())
            for name, part in parts.items()}  # fmt: skip


def test_a_message_moves_nothing(studio: Any, photos: list[Path]) -> None:
    panel = studio.panel("reconstruct")
    studio.session.add_images(photos[:2])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    before = places(panel)
    sentence = "A sentence that is long enough for several lines: " + "it goes on and on, " * 12
    for where, banner in (("images", panel.problem), ("export", panel.saved)):
        studio.session.say("error", sentence, where)
        studio.settle()
        dock = studio.window.docks["reconstruct"]
        assert banner.isVisible() and banner.sentence.text() == sentence
        assert dock.rect().contains(banner.geometry())
        title = dock.titleBarWidget()
        assert banner.y() >= title.geometry().bottom() and dock.childAt(title.tear.geometry().center()) is title.tear
        assert not banner._scroll.verticalScrollBar().maximum(), "a message that fits is seen whole"
        assert places(panel) == before
        studio.session.dismiss_message()
        studio.settle()
        assert places(panel) == before


def test_removing_the_photos_keeps_the_dock_as_wide(studio: Any, photos: list[Path]) -> None:
    dock = studio.window.docks["reconstruct"]
    width = dock.width()
    studio.session.add_images(photos[:1])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    studio.session.clear_views()
    studio.settle()
    assert dock.width() == width


def test_a_low_window_shows_at_least_a_photo_and_a_half(open_window: Callable[..., Any], photos: list[Path]) -> None:
    driver = open_window(size=(1024, 640))
    driver.session.add_images(photos[:2])
    driver.until(lambda: driver.session.shown is not None)
    driver.settle()
    panel = driver.window.docks["reconstruct"].panel
    tile = next(iter(panel._tiles.values()))
    assert tile.height() * 1.5 <= panel._photos.viewport().height()
    driver.window.resize(1280, 800)
    driver.settle()
    assert tile.height() > 90


def test_the_status_line_never_says_ready_before_something_stands(open_window: Callable[..., Any]) -> None:
    from voxstudio.ui.status import StatusBar

    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        say_idle = StatusBar._say_idle

        def listen(bar: StatusBar) -> None:
            say_idle(bar)
            if bar._studio.session.model is None:
                said.append(bar.doing.full_text())

        patch.setattr(StatusBar, "_say_idle", listen)
        driver = open_window(slow_s=0.2)
    assert said and set(said) == {"Opening chair-multiview"}
    assert driver.window.status.doing.full_text() == "Ready"


def test_a_blank_picture_is_named_at_the_view(studio: Any, tmp_path: Path) -> None:
    from PIL import Image

    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 200), "white").save(blank)
    studio.session.add_images([blank])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    hint = studio.window.viewport.overlay.hint
    assert hint.isVisible() and hint.full_text() == NO_OBJECT
    studio.session.clear_views()
    studio.settle()
    assert not hint.isVisible()


def test_no_panel_widens_the_dock_and_cards_fold_their_small_print(studio: Any) -> None:
    from PySide6.QtWidgets import QLabel

    library = studio.panel("library")
    card = library._cards[0]
    wide = studio.window.docks["library"].width()
    before = len(card.findChildren(QLabel))
    card.details.header.click()
    studio.settle()
    lines = [label.text() for label in card.findChildren(QLabel)][before:]
    assert any(line.startswith("Learned from: Parametric chairs") for line in lines)
    assert any(line.startswith("Licence of the weights: ") for line in lines)
    card.details.header.click()
    assert not any(label.isVisible() for label in card.findChildren(QLabel)[before:])
    for key in ("train", "turntable", "reconstruct", "library"):
        studio.panel(key)
        studio.settle()
        assert studio.window.docks[key].width() == wide, key
        overlay = studio.window.viewport.overlay
        assert overlay.invitation.isVisible() == (key in ("reconstruct", "library"))
        assert overlay.sample.isVisible() == (key == "library"), "the panel beside it has one of its own"


def test_cards_are_as_wide_beside_a_scroll_bar_and_fade_where_they_go_on(studio: Any) -> None:
    from voxstudio.ui.widgets import Card, ScrollColumn

    bars = set()
    for key in ("library", "create", "interpolate", "turntable", "train"):
        panel = studio.panel(key)
        studio.settle()
        (column,) = (one for one in panel.findChildren(ScrollColumn) if one.isVisible())
        cards = [card for card in column.findChildren(Card) if card.parent() is column.widget() and card.isVisible()]
        assert {card.mapTo(panel, card.rect().topLeft()).x() for card in cards} == {16}, key
        assert {card.width() for card in cards} == {panel.width() - 32}, key
        bar, (above, below) = column.verticalScrollBar(), column._edges
        bars.add(bar.isVisible())
        assert (above.isVisible(), below.isVisible()) == (False, bar.isVisible())
        bar.setValue(bar.maximum())
        assert (above.isVisible(), below.isVisible()) == (bar.isVisible(), False)
    assert bars == {True, False}
