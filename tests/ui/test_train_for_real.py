"""A person trains in the real window: a real process, a live stage beside it, the new checkpoint opened at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driver import Driver

from voxstudio.ui.leaving import Leaving

SMALL = {
    "image_size": "64", "encoder_width": "8", "width": "16", "latent_size": "16", "batch_size": "4",
    "view_pool": "12", "adversarial_weight": "0.1", "d_width": "8", "classes": "chair",
}  # fmt: skip


@pytest.fixture
def driver(open_window: Callable[..., Driver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "data"))
    return open_window()


def _plan(panel: Any, name: str, steps: int) -> None:
    for key, value in {**SMALL, "max_steps": str(steps)}.items():
        panel.setup.form.edit(key, value)
    panel.setup.name.setText(name)
    panel.setup.check()


@pytest.mark.timeout(600)
def test_train_pause_look_stop_continue_and_open(driver: Driver, photos: list[Path], tmp_path: Path) -> None:
    session = driver.session
    assert str(session.training.home).startswith(str(tmp_path)), "no test writes into a person's own folder"
    panel = driver.panel("train")
    _plan(panel, "mine", 100_000)
    panel.start.click()
    status = lambda: session.training.status  # noqa: E731 - read again at every look
    driver.until(lambda: status().state == "running" and status().preview is not None, 240)
    # The stage lives beside the run: photos become a shape, and the threshold moves it.
    session.add_images(photos[:1])
    driver.until(lambda: session.shown is not None and session.shown.origin == "1 photo", 240)
    before = len(session.shown.surface.faces)
    session.set_iso(0.7)
    driver.until(lambda: session.shown.grid.iso_level == 0.7, 240)
    assert len(session.shown.surface.faces) != before
    panel.pause.click()
    driver.until(lambda: status().state == "paused", 240)
    step = status().step
    panel.resume.click()
    driver.until(lambda: status().step > step, 240)
    panel.stop.click()
    driver.until(lambda: status().state == "stopped", 240)
    assert [run.name for run in session.training.unfinished] == ["mine"]
    assert "mine" in [entry.name for entry in session.catalogue]
    panel.open.click()
    driver.until(lambda: session.model is not None and session.checkpoint.name == "mine", 240)


@pytest.mark.timeout(600)
def test_closing_asks_saves_and_the_run_can_go_on(driver: Driver) -> None:
    session = driver.session
    panel = driver.panel("train")
    _plan(panel, "left", 100_000)
    panel.start.click()
    driver.until(lambda: session.training.status.step > 1, 240)
    training = session.training
    driver.window.close()
    leaving = driver.window.findChild(Leaving)
    driver.until(lambda: leaving.question is not None, 60)
    assert driver.window.isVisible() and "Training runs" in leaving.question.text()
    leaving.save.click()
    driver.until(lambda: not training.status.is_running and not driver.window.isVisible(), 120)
    assert [run.name for run in training.unfinished] == ["left"]
    assert (training.home / "left" / "resume" / "state.pt").exists()
