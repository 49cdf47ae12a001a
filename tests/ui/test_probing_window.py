"""Synthesize and Classify in the real window, over a real checkpoint that has hardly learnt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driver import Driver
from tiny_winn import tiny_winn

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.parametric import make
from voxstudio.geometry.mesh_io import save_surface


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_winn(tmp_path_factory.mktemp("winn") / "winn", chain_steps=12)


@pytest.fixture
def window(open_window: Callable[..., Driver], library: Path, trained: Path) -> Driver:
    """The window with one checkpoint more."""
    (library / "winn").symlink_to(trained, target_is_directory=True)
    return open_window()


@pytest.fixture
def chair(tmp_path: Path) -> Path:
    save_surface(make("chair", 3).surface(48), tmp_path / "chair.stl")
    return tmp_path / "chair.stl"


def played(driver: Driver) -> Any:
    climb = driver.session.synthesis
    driver.until(lambda: not climb.playing and climb.state is not None)
    driver.settle()
    return climb


def test_noise_is_played_rewound_branched_and_kept(window: Driver) -> None:
    panel = window.panel("synthesis")
    climb, session = window.session.synthesis, window.session
    window.until(lambda: climb.info is not None)
    window.settle()
    assert panel.checkpoint.currentText() and panel.play.text() == "Play" and not panel.empty.isVisible()
    card = panel.ascent
    assert [card.target.itemData(k) for k in range(card.target.count())] == ["", "chair", "sofa", "table"]
    assert card.networks.keys() == ("0", "1") and card.method.value() == "adam"
    panel.chains.chosen.emit("3")
    card.target.setCurrentIndex(1)
    card.target.activated.emit(1)
    before = session.states
    panel.play.click()
    window.until(lambda: climb.state is not None and climb.state.step > 3)
    assert panel.play.text() == "Pause"
    played(window)
    assert climb.state.step == 24 and climb.state.cascade == 1 and panel.play.text() == "Play again"
    assert len(session.states) == len(before) + 1, "a whole run is one step of the history"
    assert session.shown.origin == "chair, step 24 from noise, seed 1"
    tiles = panel.tiles._tiles
    assert [tile.isVisible() for tile in tiles] == [True, True, True, False]
    window.until(lambda: all(not tile.icon().isNull() for tile in tiles[:3]))
    tiles[2].click()
    window.settle()
    assert session.shown.origin.endswith("seed 3")
    strip = panel.strip
    strip.scrub.setValue(5)
    window.settle()
    assert climb.state.step == 5 and "Step 5 · energy" in strip.where.full_text()
    strip.keep.click()
    window.settle()
    kept = len(session.states)
    strip.compare.click()
    strip.step.click()
    window.until(lambda: climb.state.step == 6)
    window.settle()
    assert len(session.states) == kept + 1 and session.snapshots.compared is not None
    assert session.shown.difference is not None and strip.compare.isChecked()
    strip.compare.click()
    card.noise.field.setValue(0.3)
    strip.branch.click()
    played(window)
    assert climb.trail.left_behind(0) is not None and climb.state.seeds != (1, 2, 3)
    panel.which.choose("classes")
    panel.which.chosen.emit("classes")
    window.until(lambda: panel.plot.drawn > 0 and len(panel.plot._curves) == 3)
    strip.rewind.click()
    window.settle()
    assert climb.at == 0 and climb.state.step == 0


def test_a_shape_begins_and_leaving_the_panel_rests(window: Driver, chair: Path, tmp_path: Path) -> None:
    panel = window.panel("synthesis")
    climb, session = window.session.synthesis, window.session
    window.drop(panel, [chair])
    window.until(lambda: climb.state is not None and climb.origin.source == "file")
    window.settle()
    assert panel.source.value() == "file" and panel.from_words.full_text() == "From chair.stl"
    assert session.shown.origin == "step 0 from chair.stl, seed 1" and climb.ascent.cascade == 1
    panel.ascent.through.setChecked(False)
    panel.play.click()
    window.until(lambda: climb.state.step > 2)
    window.panel("library")
    window.until(lambda: not climb.playing)
    window.settle()
    assert session.synthesis.film(tmp_path / "way.gif")
    window.settle()
    assert (tmp_path / "way.gif").is_file() and "way.gif" in session.message.sentence
    session.show_grid(VoxelGrid.unit(np.pad(np.ones((6, 6, 6)), 3)), "a block")
    window.settle()
    window.panel("synthesis")
    panel.source.chosen.emit("stage")
    window.until(lambda: climb.origin.words == "a block" and climb.state is not None)
    (tmp_path / "not.stl").write_text("nothing")
    window.drop(panel, [tmp_path / "not.stl"])
    window.settle()
    assert panel.problem.isVisible() and "not.stl" in panel.problem.sentence.text()
    status = window.window.status.doing
    assert "not.stl" in status.full_text()
    panel.play.click()
    window.until(lambda: climb.state.step > 1)
    assert panel.problem.isHidden(), "what can be played again needs no old message"
    panel.play.click()
    window.settle()
    assert status.full_text().startswith("Ready")
    for press in (panel.strip.step.click, panel.strip.branch.click, lambda: panel.source.chosen.emit("noise")):
        session.say("error", "It went wrong.", "synthesis")
        press()
        assert panel.problem.isHidden()
        climb.pause()
        window.settle()


def test_a_cloud_of_dots_stands_in_for_the_shape(window: Driver) -> None:
    session = window.session
    field = np.zeros((16, 16, 16), np.float32)
    field[4:12, 4:12, 4:12] = 0.9
    field[1:15, 1:15, 13] = 0.4
    session.show_grid(VoxelGrid.unit(field), "a block")
    window.settle()
    clay = window.pixels()
    session.set_options(style="cloud")
    window.settle()
    stage = window.canvas.stage
    assert stage._cloud.actor.GetVisibility() and not stage.actor.GetVisibility()
    cloud = window.pixels()
    assert (np.abs(cloud.astype(int) - clay).max(axis=2) > 12).mean() > 0.01
    along = stage._cloud._along.copy()
    window.canvas.look("side")
    window.settle()
    assert not np.array_equal(along, stage._cloud._along), "sorted anew for another side"
    session.set_options(style="smooth")
    window.settle()
    assert stage.actor.GetVisibility() and not stage._cloud.actor.GetVisibility()


def test_a_mesh_is_classified_looked_into_and_attacked(
    window: Driver, chair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxstudio.lab import probing

    monkeypatch.setattr(probing, "EPSILONS", (0.0, 0.05))
    monkeypatch.setattr(probing.accuracy_over_epsilon, "__defaults__", (1, (0.0, 0.05), probing.quiet, None))
    monkeypatch.setattr(probing.sample_objects, "__defaults__", (3, probing.quiet))
    monkeypatch.delenv("VOXSTUDIO_DATA", raising=False)
    panel = window.panel("classify")
    probe, session = window.session.classifying, window.session
    probe.choose(next(one.folder for one in probe.entries if one.name == "winn"))
    window.drop(panel, [chair])
    window.until(lambda: probe.verdict is not None and probe.on_stage)
    window.settle()
    legend = window.window.viewport.overlay.legend
    assert panel.bars.isVisible() and panel.bars.accessibleName().startswith("Probabilities: ")
    assert legend.isVisible() and legend._high.startswith("looked at for")
    assert session.shown.surface.values is not None and session.shown.origin.startswith("chair.stl: ")
    panel.colour.chosen.emit("sign")
    panel.looked_for.setCurrentIndex(2)
    panel.looked_for.activated.emit(2)
    window.until(lambda: not probe.busy and probe.verdict.looked_for == "sofa")
    window.settle()
    assert (legend._low, legend._high) == ("against sofa", "for sofa")
    assert session.shown.surface.values.min() < 0.5 < session.shown.surface.values.max()
    states = len(session.states)
    panel.mode.chosen.emit("attack")
    panel.attack.epsilon.field.setValue(0.02)
    panel.attack.steps.field.setValue(3)
    window.until(lambda: not probe.busy and probe.verdict.attack is not None and probe.verdict.attack.steps == 3)
    window.settle()
    assert len(session.states) == states, "one step of the history"
    assert legend._high == "+0.06" and "No voxel changed sides" in panel.attack.told.text()
    assert "attacked" in session.shown.origin
    assert len(panel.table.findChildren(type(panel.attack.told))) > 12
    panel.curves.work.begin.click()
    window.until(lambda: probe.measuring)
    window.until(lambda: not probe.measuring)
    window.settle()
    (curve,) = probe.curves.of.values()
    assert curve[0].tolist() == [0, 50] and panel.curves.plot.isVisible() and "parametric" in panel.curves.told.text()


def test_bars_follow_the_stage_and_attack_is_a_command(window: Driver) -> None:
    panel = window.panel("classify")
    probe, session = window.session.classifying, window.session
    assert not probe.from_stage() and "no shape on the stage" in session.message.sentence
    session.show_grid(VoxelGrid.unit(np.pad(np.ones((6, 6, 6)), 3)), "a block")
    window.until(lambda: probe.verdict is not None and probe.source == "stage" and not probe.busy)
    window.settle()
    legend = window.window.viewport.overlay.legend
    assert session.shown.origin == "a block" and not probe.on_stage, "what stands there stays as it is"
    assert panel.bars.isVisible() and panel.colour.value() == "none" and not legend.isVisible(), "as it is seen"
    panel.take_stage.click()
    window.until(lambda: probe.on_stage)
    window.settle()
    assert panel.colour.value() == "where" and legend.isVisible() and not panel.take_stage.isEnabled()
    session.show_grid(VoxelGrid.unit(np.pad(np.ones((12, 12, 2)), ((0, 0), (0, 0), (5, 5)))), "a plate")
    window.until(lambda: probe.name == "a plate" and not probe.busy)
    window.window.commands.action("attack-stage").trigger()
    window.until(lambda: not probe.busy and probe.on_stage)
    window.settle()
    assert probe.verdict.attack is not None and session.shown.origin.startswith("a plate: ")
    assert panel.name.full_text() == "A plate, attacked" and not panel.take_stage.isEnabled()
    attacked = session.state
    panel.attack.undo.click()
    window.until(lambda: not probe.busy and probe.asked.mode == "look")
    window.settle()
    assert panel.mode.value() == "look" and panel.colour.value() == "where" and legend.isVisible()
    assert "attacked" not in session.shown.origin and session.shown.origin.startswith("a plate: ")
    window.window.commands.action("attack-stage").trigger()
    window.until(lambda: not probe.busy and "attacked" in session.shown.origin)
    window.settle()
    assert session.state == attacked, "one step of the history"
    session.undo()
    window.until(lambda: session.shown.origin == "a plate" and not probe.busy)
    window.settle()
    assert probe.asked.mode == "look" and panel.colour.value() == "none", "what is seen was not attacked"
    session.redo()
    window.until(lambda: probe.name == "a plate, attacked" and not probe.busy)
    panel.take_stage.click()
    window.until(lambda: probe.on_stage)
    window.settle()
    assert session.shown.origin.startswith("a plate, attacked: ") and session.shown.origin.count("attacked") == 1


def test_the_panel_that_opens_first_classifies_the_first_shape(
    open_window: Callable[..., Driver], library: Path, trained: Path
) -> None:
    (library / "winn").symlink_to(trained, target_is_directory=True)
    driver = open_window(panel="classify", first_shape=True)
    probe = driver.session.classifying
    driver.until(lambda: probe.verdict is not None and not probe.busy)
    assert probe.name == driver.session.shown.origin and probe.source == "stage"
    driver.canvas.stop_turning()
    driver.settle()
    assert driver.window.docks["classify"].panel.bars.isVisible()


def test_both_panels_fit_into_a_small_window(open_window: Callable[..., Driver], library: Path, trained: Path) -> None:
    from voxstudio.ui.widgets import ScrollColumn

    (library / "winn").symlink_to(trained, target_is_directory=True)
    driver = open_window("dark", (1024, 640))
    driver.session.show_grid(VoxelGrid.unit(np.pad(np.ones((6, 6, 6)), 3)), "a block")
    driver.session.synthesis.set_count(4)
    for key in ("synthesis", "classify"):
        panel = driver.panel(key)
        driver.settle()
        driver.session.classifying.set(mode="attack")
        driver.settle()
        (column,) = (one for one in panel.findChildren(ScrollColumn) if one.isVisible())
        assert column.widget().minimumSizeHint().width() <= column.viewport().width(), key
