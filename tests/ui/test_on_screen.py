"""The whole window is on the screen: its frame, its panels, and after the screen has become smaller."""

from __future__ import annotations

import pytest
from driver import Driver
from PySide6.QtCore import QRect

from voxstudio.ui import on_screen
from voxstudio.ui.studio import panels

LOWEST = 740
"""What a screen of 1280 x 800 leaves between a title bar and a task bar."""


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ((0, 0, 1280, 830), (0, 27, 1280, 773)),
        ((200, 300, 900, 600), (200, 200, 900, 600)),
        ((-1900, 40, 900, 600), (0, 40, 900, 600)),
        ((10, 30, 900, 600), (10, 30, 900, 600)),
    ],
)
def test_a_frame_is_brought_into_the_room(frame: tuple[int, ...], found: tuple[int, ...]) -> None:
    assert on_screen.brought_into(QRect(*frame), QRect(0, 27, 1280, 773)) == QRect(*found)


def test_a_window_elsewhere_comes_back_and_every_panel_leaves_it_low_enough(studio: Driver) -> None:
    window = studio.window
    room = window.screen().availableGeometry()
    window.move(room.right() + 400, room.bottom() + 400)
    on_screen.keep_in_sight(window)
    studio.settle()
    assert room.contains(window.frameGeometry())
    for spec in panels():
        studio.panel(spec.key)
        studio.settle()
        assert window.minimumSizeHint().height() <= LOWEST, spec.word
