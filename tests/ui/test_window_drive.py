"""The real window under a virtual screen, driven as a person would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from driver import Driver


def test_two_dropped_pictures_become_a_mesh_on_the_stage(studio: Driver, photos: list[Path]) -> None:
    empty = studio.pixels()
    studio.drop(studio.window, photos[:2])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    assert [view.name for view in studio.session.views] == [path.name for path in photos[:2]]
    assert studio.session.shown.surface.volume > 1000.0
    drawn = studio.canvas.stage.mapper.GetInput()
    assert drawn.GetNumberOfCells() == len(studio.session.shown.surface.faces)
    full = studio.pixels()
    changed = (np.abs(full.astype(int) - empty).sum(axis=2) > 30).mean()
    assert changed > 0.05
    centre = full[full.shape[0] // 2 - 40 : full.shape[0] // 2 + 40, full.shape[1] // 2 - 40 : full.shape[1] // 2 + 40]
    assert centre.max() > 120, "the shape must never be black"
    assert set(studio.session.shown.times) == {"read", "network", "mesh", "draw"}
    assert "picture" in studio.window.status.times.text()


def test_the_panel_shows_what_the_network_sees_and_what_each_view_adds(studio: Driver, photos: list[Path]) -> None:
    panel = studio.panel("reconstruct")
    studio.drop(panel.zone, photos)
    studio.until(lambda: len(studio.session.contributions) == 3)
    studio.settle()
    tiles = [panel._tiles[view.id] for view in studio.session.views]
    assert [tile.name.full_text() for tile in tiles] == [path.name for path in photos]
    for tile, item in zip(tiles, studio.session.contributions, strict=True):
        assert not tile.seen.pixmap().isNull()
        said = tile.adds.full_text()
        lost = 1 - item.iou
        assert said == (f"Changes {100 * lost:.0f} % of the shape" if lost >= 0.005 else "Changes nothing")
        assert f"overlap by {item.iou:.3f} (IoU)" in tile.adds.toolTip(), "the figure is there for who wants it"
    before = studio.session.shown.grid.values
    tiles[0].without.click()
    studio.until(lambda: "without" in studio.session.shown.origin)
    assert not np.array_equal(studio.session.shown.grid.values, before)
    tiles[0].without.click()
    studio.until(lambda: "without" not in studio.session.shown.origin)
    assert np.array_equal(studio.session.shown.grid.values, before)
    tiles[0].remove.click()
    studio.until(lambda: studio.session.shown.origin.startswith("2 photos"))
    studio.settle()
    assert len(panel._tiles) == 2
    assert not np.array_equal(studio.session.shown.grid.values, before)
    studio.window.commands.action("undo").trigger()
    studio.settle()
    assert len(studio.session.views) == 3 and len(panel._tiles) == 3
    assert np.array_equal(studio.session.shown.grid.values, before)


def test_the_threshold_slider_changes_the_shape(studio: Driver, photos: list[Path], qtbot: object) -> None:
    from PySide6.QtCore import Qt

    panel = studio.panel("reconstruct")
    studio.drop(panel.zone, photos[:1])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    row = panel.controls.threshold
    assert row.value() == pytest.approx(0.4)
    volume = studio.session.shown.surface.volume
    camera = studio.canvas.stage.renderer.GetActiveCamera().GetPosition()
    row.slider.setSliderDown(True)
    for value in (50, 60, 75):
        row.slider.setSliderPosition(value)
        studio.until(lambda: studio.session.shown.grid.iso_level == pytest.approx(value / 100))  # noqa: B023 - used within the round
        assert studio.session.shown.draft
    row.slider.setSliderDown(False)
    studio.until(lambda: not studio.session.shown.draft)
    assert studio.session.shown.surface.volume < volume
    assert studio.canvas.stage.renderer.GetActiveCamera().GetPosition() == camera, "a new shape moves no camera"
    row.field.setValue(0.3)
    studio.until(lambda: studio.session.shown.grid.iso_level == pytest.approx(0.3))
    qtbot.mouseDClick(row.label, Qt.MouseButton.LeftButton)
    studio.until(lambda: studio.session.shown.grid.iso_level == pytest.approx(0.4))
    assert studio.session.shown.surface.volume == pytest.approx(volume)


def test_blocks_and_confidence(studio: Driver, photos: list[Path]) -> None:
    panel = studio.panel("reconstruct")
    studio.drop(panel.zone, photos[:1])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    clay = studio.pixels()
    assert not studio.window.viewport.overlay.legend.isVisible()
    panel.controls.colour._group.button(1).click()
    studio.until(lambda: studio.session.shown.surface.values is not None)
    studio.settle()
    assert studio.window.viewport.overlay.legend.isVisible()
    assert np.abs(studio.pixels().astype(int) - clay).mean() > 1.0
    panel.controls.style_choice._group.button(1).click()
    studio.settle()
    normals = studio.session.shown.surface
    assert studio.session.options.style == "blocks"
    assert studio.canvas.stage.actor.GetProperty().GetInterpolation() == 0
    steps = np.abs(np.diff(np.unique(np.round(normals.vertices[:, 2], 3))))
    assert steps.max() == pytest.approx(100 / 32, rel=0.02) or len(steps) > 0


def test_export_and_read_back(
    studio: Driver, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtWidgets import QFileDialog

    panel = studio.panel("reconstruct")
    studio.drop(panel.zone, photos[:2])
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    for suffix, unit in ((".stl", 1.0), (".obj", 1.0), (".ply", 1.0), (".glb", 1000.0)):  # glTF is in metres
        target = tmp_path / f"chair{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, path=target, **k: (str(path), ""))
        panel.save.click()
        studio.until(target.exists)
        studio.settle()
        mesh = trimesh.load(target, force="mesh")
        mesh.merge_vertices()
        assert mesh.is_watertight
        assert mesh.volume * unit**3 == pytest.approx(studio.session.shown.surface.volume, rel=0.01)
        assert panel.saved.isVisible() and target.name in panel.saved.sentence.text()
    target = tmp_path / "missing" / "chair.stl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(target), ""))
    panel.save.click()
    studio.until(lambda: studio.session.message.severity == "error")
    assert panel.saved.isVisible() and "chair.stl" in panel.saved.sentence.text()


def test_bad_files_become_sentences_and_good_ones_are_kept(studio: Driver, photos: list[Path], tmp_path: Path) -> None:
    nothing = tmp_path / "empty.png"
    nothing.write_bytes(b"")
    words = tmp_path / "words.jpg"
    words.write_text("this is no picture")
    panel = studio.panel("library")
    studio.drop(studio.window, [photos[0], nothing, words, tmp_path, tmp_path / "gone.png"])
    studio.until(lambda: studio.session.message is not None and studio.session.shown is not None)
    studio.settle()
    panel = studio.window.docks["reconstruct"].panel
    assert panel.problem.isVisible()
    said = panel.problem.sentence.text()
    for name in ("empty.png", "words.jpg", "gone.png", tmp_path.name):
        assert name in said
    assert len(studio.session.views) == 1
    assert "Traceback" not in said
    panel.problem._close.click()
    assert not panel.problem.isVisible()


def test_cancel_stops_slow_work(open_window: Callable[..., Driver], photos: list[Path]) -> None:
    driver = open_window(slow_s=0.5)
    assert not driver.window.status.cancel.isVisible()
    driver.drop(driver.window, photos * 3)
    driver.until(driver.window.status.cancel.isVisible)
    assert driver.window.status.doing.full_text()
    driver.window.status.cancel.click()
    driver.until(lambda: driver.session.job is None, 20.0)
    driver.settle()
    assert not driver.window.status.cancel.isVisible()
    assert driver.session.shown is None


def test_the_history_strip_returns_to_any_state(studio: Driver, photos: list[Path]) -> None:
    strip = studio.window.strip
    studio.drop(studio.window, photos[:1])
    studio.until(lambda: len(strip._thumbs) == 1)
    studio.settle()
    studio.session.set_iso(0.7)
    studio.until(lambda: len(strip._thumbs) == 2)
    studio.session.set_options(style="blocks")
    studio.until(lambda: len(strip._thumbs) == 3)
    studio.settle()
    first = min(strip._thumbs)
    strip._thumbs[first].click()
    studio.until(lambda: studio.session.shown.grid.iso_level == pytest.approx(0.4))
    assert studio.session.options.style == "smooth"
    assert studio.session.state == first
    studio.window.commands.action("redo").trigger()
    studio.until(lambda: studio.session.shown.grid.iso_level == pytest.approx(0.7))


def test_the_same_seed_makes_the_same_object(studio: Driver) -> None:
    panel = studio.panel("create")
    panel.seed.setValue(7)
    panel.make.click()
    studio.until(lambda: studio.session.shown is not None)
    once = studio.session.shown.grid.values
    panel.seed.setValue(8)
    studio.until(lambda: not np.array_equal(studio.session.shown.grid.values, once))
    panel.seed.setValue(7)
    studio.until(lambda: np.array_equal(studio.session.shown.grid.values, once))
    studio.settle()
    assert "seed 7" in studio.window.viewport.overlay.name.full_text()


def test_the_first_shape_turns_until_it_is_touched(open_window: Callable[..., Driver], qtbot: object) -> None:
    from PySide6.QtCore import Qt

    driver = open_window(first_shape=True)
    driver.until(lambda: driver.session.shown is not None and driver.canvas.is_turning)
    assert driver.window.viewport.overlay.invitation.isVisible()
    before = driver.canvas.stage.renderer.GetActiveCamera().GetPosition()
    driver.until(lambda: driver.canvas.stage.renderer.GetActiveCamera().GetPosition() != before)
    qtbot.mousePress(driver.canvas, Qt.MouseButton.LeftButton)
    assert not driver.canvas.is_turning
    qtbot.mouseRelease(driver.canvas, Qt.MouseButton.LeftButton)


def test_another_checkpoint_ends_the_turning_and_its_shape_is_kept(open_window: Callable[..., Driver]) -> None:
    driver = open_window(first_shape=True)
    driver.until(lambda: driver.session.shown is not None and driver.canvas.is_turning)
    assert driver.session.open_checkpoint("other")
    driver.until(lambda: not driver.canvas.is_turning and driver.session.shown.checkpoint == "other")
    driver.settle()
    assert list(driver.window.strip._thumbs) == [driver.session.state]
    assert not driver.window.strip._thumbs[driver.session.state].icon().isNull()


def test_standard_views_and_keys_that_do_not_reach_vtk(studio: Driver, qtbot: object) -> None:
    studio.window.commands.action("view-front").trigger()
    right, up, back = studio.canvas.stage.axes()
    assert right == pytest.approx([1, 0, 0], abs=1e-6)
    assert back[1] < -0.99
    studio.window.commands.action("view-side").trigger()
    assert studio.canvas.stage.axes()[2][0] > 0.99
    for key in "qew3":
        qtbot.keyClick(studio.canvas, key)
    assert studio.window.isVisible()
    assert not studio.canvas.GetRenderWindow().GetStereoRender()


def test_opening_a_checkpoint_from_the_library_and_searching(studio: Driver, qtbot: object) -> None:
    from PySide6.QtCore import Qt

    panel = studio.panel("library")
    cards = {card.folder.rpartition("/")[2]: card for card in panel._cards}
    assert set(cards) >= {"chair-multiview", "other", "broken"}
    assert "not JSON" in cards["broken"].accessibleName()
    cards["other"].open.click()
    studio.until(lambda: studio.session.model is not None and studio.session.checkpoint.name == "other")
    assert cards["other"].open.text() == "In use"
    assert cards["chair-multiview"].open.isEnabled()
    studio.window.go("create")
    studio.window.commands.action("search").trigger()
    search = studio.studio.deeds._search
    studio.until(search.isVisible)
    qtbot.keyClicks(search._field, "lib go")
    assert search._list.count() >= 1
    qtbot.keyClick(search._field, Qt.Key.Key_Return)
    assert not search.isVisible()
    assert not studio.window.docks["library"].isHidden()


def test_pasting_a_picture_and_dropping_dozens(studio: Driver, photos: list[Path]) -> None:
    from PySide6.QtGui import QGuiApplication, QImage

    QGuiApplication.clipboard().setImage(QImage(str(photos[0])))
    studio.window.commands.action("paste").trigger()
    studio.until(lambda: len(studio.session.views) == 1)
    studio.settle()
    QGuiApplication.clipboard().clear()
    studio.window.commands.action("paste").trigger()
    assert "clipboard" in studio.session.message.sentence
    panel = studio.panel("reconstruct")
    studio.drop(panel.zone, photos * 8)
    studio.until(lambda: len(panel._tiles) == 25)
    studio.settle(60)
    assert studio.session.shown.origin.startswith("25 photos")
