"""The leak checks find what they are there for; without this they could be blind."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QMenu

KEPT: list[object] = []
"""Alive past the check, which runs after every other fixture; the next test's cleaning takes them away."""


@pytest.fixture(autouse=True)
def _take_away_what_the_last_test_left() -> None:
    for one in KEPT:
        if hasattr(one, "stop"):
            one.stop()
        if hasattr(one, "deleteLater"):
            one.deleteLater()
    KEPT.clear()


def test_a_clean_test_passes(qtbot) -> None:
    label = QLabel("closed by qtbot")
    qtbot.addWidget(label)
    label.show()
    timer = QTimer(label)
    timer.start(10)
    qtbot.wait(30)


def test_a_thread_is_found(qtbot, expect_leaks: Callable[..., None]) -> None:
    expect_leaks("thread forgotten-worker")
    threading.Thread(target=threading.Event().wait, args=(2.0,), name="forgotten-worker", daemon=True).start()


def test_a_timer_is_found(qtbot, expect_leaks: Callable[..., None]) -> None:
    expect_leaks("timer QTimer")
    timer = QTimer()
    timer.start(1000)
    KEPT.append(timer)


def test_a_window_is_found(qtbot, expect_leaks: Callable[..., None]) -> None:
    expect_leaks("widget QLabel 'left open'", "widget QMenu")
    window = QLabel()
    window.setWindowTitle("left open")
    window.show()
    KEPT.extend([window, QMenu()])



def test_what_was_left_can_be_taken_away(qtbot) -> None:
    assert not KEPT
