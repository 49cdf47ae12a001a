"""The train panel in the real window: a plan is made, a run is followed, opened, left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import demo_model
import demo_training
import pytest
from driver import Driver
from PySide6.QtCore import Qt

from voxstudio.session.training_values import TrainingPlan, Unfinished
from voxstudio.ui import train_words


@pytest.fixture
def window(
    open_window: Callable[..., Driver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Driver]]:
    """Opens the window with a stand-in for the run; the run is over when the window is closed after the test."""
    demo_training.install(monkeypatch, tmp_path / "trained")
    opened: list[Driver] = []

    def open_it(**options: Any) -> Driver:
        opened.append(open_window(**options))
        return opened[-1]

    yield open_it
    for driver in opened:
        driver.session.training.set(state="stopped")


@pytest.fixture
def meshes(tmp_path: Path) -> Path:
    folder = tmp_path / "My lamps"
    folder.mkdir()
    for index in range(12):
        (folder / f"{index}.stl").write_text("solid\nendsolid\n")
    return folder


def _seen(panel: Any) -> list[str]:
    pieces = (panel.again, panel.proceed, panel.stop, panel.pause, panel.resume, panel.open, panel.start)
    return [piece.text() for piece in pieces if piece.isVisible()]


def _start(driver: Driver) -> tuple[Any, Any]:
    panel = driver.panel("train")
    panel.setup.check()
    panel.start.click()
    training = driver.session.training
    assert training.status.state == "starting"
    return panel, training


def test_a_new_model_is_planned_and_started(window: Callable[..., Driver], meshes: Path) -> None:
    driver = window()
    panel = driver.panel("train")
    assert _seen(panel) == ["Start training"]
    assert "Made by the program" in panel.setup.data.sentence.text()
    assert not panel.setup.up.isVisible()
    driver.drop(panel.setup.data, [meshes])
    assert panel.setup.up.isVisible() and panel.setup.up.value() == "" and panel.setup.plan().up == ""
    panel.setup.up.choose("y")
    assert panel.setup.data.sentence.text() == "12 meshes."
    assert panel.setup.name.text() == "3d-vae-gan-my-lamps"
    panel.setup.form.edit("max_steps", "500")
    panel.setup.form.edit("batch_size", "8")
    panel.setup.seed.setValue(7)
    panel.setup.check()
    panel.start.click()
    wanted = TrainingPlan(
        "vae_gan3d", "3d-vae-gan-my-lamps", {"max_steps": 500, "batch_size": 8}, meshes, "", 500, 7, "auto", "y"
    )
    assert driver.session.training.asked[-1] == ("start", wanted)
    assert _seen(panel) == ["Stop", "Pause"] and not panel.pause.isEnabled()
    assert panel.pages.currentWidget() is panel.live
    assert panel.live.what.full_text() == "3D-VAE-GAN from My lamps"


def test_fine_tuning_starts_from_the_open_checkpoint_and_says_every_option(
    window: Callable[..., Driver], meshes: Path
) -> None:
    driver = window()
    panel = driver.panel("train")
    panel.setup.mode.choose("tune")
    panel.setup.mode.chosen.emit("tune")
    panel.setup.data.take(meshes)
    driver.session.open_checkpoint("other")
    assert panel.setup.name.text() == "other-my-lamps"
    plan = panel.setup.plan()
    assert plan.base == str(driver.session.checkpoint.folder) and plan.base.endswith("other")
    assert set(plan.recipe) == set(panel.setup.form.draft.specs)
    assert plan.max_steps == plan.recipe["max_steps"]
    presets = [panel.setup.form.preset.itemText(i) for i in range(panel.setup.form.preset.count())]
    assert "As it was trained" in presets and "Paper" not in presets
    assert "never changed" in panel.setup.about.text()


def test_what_stands_against_the_plan_is_told_and_keeps_the_button_grey(
    window: Callable[..., Driver], tmp_path: Path
) -> None:
    driver = window()
    panel = driver.panel("train")
    setup = panel.setup

    def told() -> str:
        setup.check()
        assert panel.start.isEnabled() == (not panel.against.isVisible())
        return panel.against.text() if panel.against.isVisible() else ""

    assert told() == ""
    for name, words in (
        ("", "Give the new checkpoint a name."), ("chair-multiview", "named chair-multiview already"),
        ("../x", "A name is made of letters"), ("a" * 80, "at most"),
    ):  # fmt: skip
        setup.name.setText(name)
        assert words in told() and setup.name_problem.text() in told()
    setup.name.setText("fine-name")
    setup.form.edit("width", "5000")
    assert told() == "Option 'width' must lie between 16 and 512, not 5000."
    setup.form.reset("width")
    empty = tmp_path / "empty"
    empty.mkdir()
    setup.data.take(empty)
    assert "holds no meshes" in told()
    setup.up.choose("y")
    setup.data.clear()
    assert setup.plan().up == "", "said of other shapes"
    driver.session.training.problems = ("The batch is larger than the data.", "And another thing.")
    assert told() == "The batch is larger than the data. And 1 more."
    panel.start.click()
    assert not any(one[0] == "start" for one in driver.session.training.asked if isinstance(one, tuple))


def test_a_run_is_followed_paused_resumed_and_stopped(window: Callable[..., Driver]) -> None:
    driver = window()
    panel, training = _start(driver)
    training.run_on(1200)
    live = panel.live
    assert (live.steps.text(), live.rate.text(), live.left.text()) == (
        "Step 1,200 of 20,000", "38 samples/s", "4 min left",
    )  # fmt: skip
    driver.until(lambda: live.curves.plot.canvas is not None and live.curves.plot.drawn > 0)
    driver.until(lambda: bool(live.picture.pixmap()) and not live.picture.pixmap().isNull())
    assert live.diversity.words.text() == "Samples differ well"
    assert live.balance.words.text() == "G and D are in balance"
    training.set(diversity=0.02, step=12)
    assert live.diversity.words.text() == "Too early to tell"
    training.set(step=1200, diversity=0.04, balance=None, warning="Samples look alike: lower the learning rate.")
    assert live.warning.isVisible() and "look alike" in live.warning.sentence.text()
    assert live.diversity.words.text() == "Samples look alike" and not live.balance.isVisible()
    panel.pause.click()
    training.set(state="paused", sentence="Paused; everything is saved.")
    assert _seen(panel) == ["Stop", "Resume"]
    panel.resume.click()
    panel.stop.click()
    assert training.asked[-3:] == ["pause", "resume", "stop"]
    assert not panel.stop.isEnabled()
    training.unfinished = (Unfinished(training.status.plan.name, training.home, "vae_gan3d", 1200, 20_000),)
    training.set(state="stopped", sentence="Saved at step 1,200.")
    assert _seen(panel) == ["New run", "Continue", "Open it"]
    panel.proceed.click()
    assert training.asked[-1] == ("proceed", "3d-vae-gan") and _seen(panel) == ["Stop", "Pause"]


def test_the_preview_takes_the_stage_and_gives_it_back(window: Callable[..., Driver]) -> None:
    driver = window()
    driver.session.sample("chair", 3, 0.7)
    driver.until(lambda: driver.session.shown is not None)
    driver.settle()
    kept = driver.session.states
    panel, training = _start(driver)
    training.run_on(100)
    panel.live.on_stage.click()
    driver.until(lambda: driver.session.shown.origin == "3d-vae-gan, step 100")
    assert driver.session.shown.checkpoint == "" and not driver.session.shown.surface.is_empty
    training.run_on(200, preview=demo_training.shape(0.1, 0.9, 0.1, 0.2))
    driver.until(lambda: driver.session.shown.origin == "3d-vae-gan, step 200")
    panel.live.on_stage.click()
    driver.until(lambda: driver.session.shown.origin == "chair from noise, seed 3")
    assert driver.session.states == kept
    training.set(state="stopped")


def test_it_ends_with_before_and_after_and_the_new_checkpoint_is_opened(
    window: Callable[..., Driver], library: Path
) -> None:
    driver = window()
    panel, training = _start(driver)
    made = demo_model.write_demo(library / "3d-vae-gan", demo_model.demo_card("3d-vae-gan", "My own"))
    training.set(
        state="done", step=20_000, folder=made, comparison=demo_training.comparison(), sentence="Trained 20,000 steps."
    )
    live = panel.live
    assert _seen(panel) == ["New run", "Open it"]
    assert live.side.verdict.text() == "Fine-tuning raised the overlap (IoU) from 0.43 to 0.71."
    assert [score.text() for score in live.side.scores] == ["Before\nIoU 0.43", "After\nIoU 0.71", "The real one"]
    driver.until(lambda: all(not one.pixmap().isNull() for one in live.side.pictures))
    panel.open.click()
    assert driver.session.checkpoint.folder == made
    assert driver.window.docks["library"].isVisible()
    panel = driver.panel("train")
    panel.again.click()
    assert _seen(panel) == ["Start training"]
    assert panel.setup.name.text() == "3d-vae-gan-2", "the name is used now"


def test_unfinished_runs_are_listed_and_go_on(window: Callable[..., Driver], tmp_path: Path) -> None:
    driver = window()
    driver.session.training.unfinished = (Unfinished("night-run", tmp_path, "vae_gan3d", 1200, 20_000),)
    panel = driver.panel("train")
    assert panel.setup.runs.isVisible()
    (row,) = panel.setup._rows
    row.go_on.click()
    assert driver.session.training.asked[-1] == ("proceed", "night-run")


def test_a_run_is_seen_from_every_panel(window: Callable[..., Driver]) -> None:
    driver = window()
    _, training = _start(driver)
    driver.window.go("create")
    training.run_on(5000, max_steps=20_000)
    status = driver.window.status
    assert status.training.isVisible() and status.training.text() == "Training 25 %"
    task = next(piece for piece in driver.window.rail.findChildren(type(driver.window.rail._group.button(0)))
                if piece.text() == "Train")  # fmt: skip
    assert task.accessibleDescription() == "Running"
    status.training.click()
    assert driver.window.docks["train"].isVisible()
    training.set(state="done")
    assert not status.training.isVisible() and task.accessibleDescription() == ""


def test_closing_the_window_asks_saves_and_then_closes(window: Callable[..., Driver], qtbot: Any) -> None:
    driver = window()
    _, training = _start(driver)
    training.run_on(10)
    leaving = driver.studio.deeds.leaving
    driver.window.close()
    assert driver.window.isVisible() and leaving.question is not None
    assert leaving.question.text() == "Training runs: stop and save it, or keep the window open?"
    qtbot.mouseClick(leaving.stay, Qt.MouseButton.LeftButton)
    driver.until(lambda: leaving.question is None)
    assert driver.window.isVisible() and "stop" not in training.asked
    driver.window.close()
    qtbot.mouseClick(leaving.save, Qt.MouseButton.LeftButton)
    assert training.asked[-1] == "stop" and driver.window.isVisible()
    assert leaving.saving.isVisible() and "Saving the run" in leaving.saving.text()
    training.set(state="stopped")
    driver.until(lambda: not driver.window.isVisible())


@pytest.mark.parametrize(("colours", "size"), [("light", (1280, 800)), ("dark", (1920, 1080))], ids=["small", "large"])
def test_every_state_of_the_panel_fits(
    window: Callable[..., Driver], tmp_path: Path, colours: str, size: tuple[int, int]
) -> None:
    from test_panels_fit import _cut_off

    driver = window(colours=colours, size=size)
    training = driver.session.training
    training.unfinished = (Unfinished("a-run-with-a-rather-long-name-indeed", tmp_path, "vae_gan3d", 1200, 20_000),)
    panel = driver.panel("train")
    dock = driver.window.docks["train"]

    def fits(state: str) -> None:
        driver.settle()
        assert (driver.window.width(), driver.window.height()) == size, f"the window grows: {state}"
        assert _cut_off(dock) == [], state

    panel.setup.form.edit("batch_size", "900")
    for group in panel.setup.form.groups:
        if group.title:
            group.header.setChecked(True)
    fits("setting up")
    panel.setup.form.search.setText("learning rate")
    fits("searching")
    panel.setup.form.reset("batch_size")
    panel.setup.check()
    panel.start.click()
    fits("starting")
    training.run_on(1200, warning="Samples look alike: the generator makes nearly one shape.", balance=0.99)
    fits("running")
    training.set(state="done", sentence="Trained 20,000 steps in three hours.", comparison=demo_training.comparison())
    fits("done")
    driver.studio.deeds.dress("light")
    driver.settle()


def test_words() -> None:
    words = train_words
    assert [words.time_in_words(s) for s in (0, 0.2, 40, 265, 7200, 12_000, 90_000, 400_000, float("inf"))] == [
        "", "1 s", "40 s", "4 min", "2 h", "3 h 20 min", "25 h", "5 days", "",
    ]  # fmt: skip
    assert [words.rate_in_words(r) for r in (0, 0.1, 3.25, 38.2)] == [
        "", "6 samples/min", "3.2 samples/s", "38 samples/s",
    ]  # fmt: skip
    assert words.suggest_name(("3D-VAE-GAN", "My lamps"), ["3d-vae-gan-my-lamps"]) == "3d-vae-gan-my-lamps-2"
    assert words.suggest_name(("???",), []) == "my-model"
    assert words.name_problem("chairs_2.b", ["chairs"]) == ""
    assert words.name_problem("Chairs", ["chairs"]) != ""
