"""Hours of use in minutes: nothing grows, nothing is left behind, nothing is lost."""

from __future__ import annotations

import gc
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from driver import Driver

MIB = 1024 * 1024


def one_round(studio: Driver, photos: list[Path], number: int, folder: Path) -> None:
    """What a person does with one object: drop, look, slide, change, save, undo, clear."""
    session = studio.session
    studio.drop(studio.window, photos[: 1 + number % 3])
    studio.until(lambda: session.shown is not None and len(session.views) == 1 + number % 3)
    studio.settle()
    for iso in np.linspace(0.3, 0.7, 7):
        session.set_iso(float(iso), draft=True)
        studio.until(lambda: session.shown.grid.iso_level == pytest.approx(iso))  # noqa: B023 - used within the round
    session.set_iso(0.4)
    studio.settle()
    session.set_options(style="blocks" if number % 2 else "smooth")
    studio.settle()
    path = folder / f"shape{('.obj', '.stl', '.ply', '.glb')[number % 4]}"
    session.export(path)
    studio.until(lambda: path.exists())
    path.unlink()
    session.remove_view(session.views[0].id)
    studio.settle()
    session.undo()
    studio.settle()
    studio.drop(studio.window, [folder / "vanished.png"])
    studio.until(lambda: session.message is not None)
    session.dismiss_message()
    session.clear_views()
    studio.settle()


def used_mib() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / MIB


def rounds(studio: Driver, photos: list[Path], folder: Path, warm: int, count: int) -> tuple[float, int, int]:
    """Growth in MiB, threads and open files over ``count`` rounds, after ``warm`` that fill caches and history."""
    for number in range(warm):
        one_round(studio, photos, number, folder)
    process = psutil.Process()
    before = used_mib(), threading.active_count(), process.num_fds() if sys.platform != "win32" else 0
    for number in range(warm, warm + count):
        one_round(studio, photos, number, folder)
    return (
        used_mib() - before[0],
        threading.active_count() - before[1],
        (process.num_fds() if sys.platform != "win32" else 0) - before[2],
    )


def test_a_few_rounds_leave_nothing_open(studio: Driver, photos: list[Path], tmp_path: Path) -> None:
    _, threads, files = rounds(studio, photos, tmp_path, warm=1, count=2)
    assert threads <= 0 and files <= 2


@pytest.mark.soak
def test_a_day_at_the_window_does_not_grow(studio: Driver, photos: list[Path], tmp_path: Path) -> None:
    grown, threads, files = rounds(studio, photos, tmp_path, warm=45, count=60)  # 200 states are kept
    assert threads <= 0 and files <= 4
    assert grown < 60, f"60 rounds took {grown:.0f} MiB more"


@pytest.mark.soak
def test_opening_and_closing_the_window_many_times_leaves_nothing(
    open_window: object, photos: list[Path], tmp_path: Path
) -> None:
    sizes = []
    for number in range(12):
        driver = open_window()
        one_round(driver, photos, number, tmp_path)
        driver.leave()
        sizes.append((used_mib(), threading.active_count()))
    assert sizes[-1][1] <= sizes[2][1]
    assert sizes[-1][0] - sizes[2][0] < 150, sizes
