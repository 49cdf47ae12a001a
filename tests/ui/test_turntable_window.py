"""The turntable panel in the real window."""

from __future__ import annotations

from pathlib import Path

import trimesh
from driver import Driver
from PIL import Image

from voxstudio.core.paths import shipped
from voxstudio.ui.turntable_tile import TurnTile

SAMPLE = shipped("resources") / "samples" / "turntable"


def test_photos_become_a_solid_that_can_be_shown_undone_and_saved(studio: Driver, tmp_path: Path) -> None:
    panel = studio.panel("turntable")
    assert not panel.carve.isEnabled() and panel.zone.sample.isVisible()
    folder = tmp_path / "turn"
    folder.mkdir()
    for path in SAMPLE.iterdir():  # every second photo, one of them spoilt
        number = int(path.stem.split("-")[1])
        if number % 2:
            image = Image.open(path).convert("RGB")
            image = Image.new("RGB", image.size, (230, 230, 228)) if number == 7 else image
            image.save(folder / f"photo-{number}.png")
    studio.drop(panel.zone, [folder])
    studio.until(lambda: studio.session.turntable.photos is not None)
    studio.settle()
    assert panel.problem.isVisible() and "photo-7.png" in panel.problem.sentence.text()
    tiles = panel.flow.findChildren(TurnTile)
    assert [tile.angle.text() for tile in tiles[:3]] == ["0°", "330°", "300°"]
    panel.resolution._group.button(0).click()
    assert not panel.save.isEnabled()
    panel.carve.click()
    studio.until(lambda: studio.session.shown is not None)
    studio.settle()
    assert panel.save.isEnabled()
    assert studio.session.shown.origin == "12 turntable photos of turn"
    assert studio.session.shown.grid.shape == (32, 32, 32)
    assert studio.canvas.stage.mapper.GetInput().GetNumberOfCells() == len(studio.session.shown.surface.faces)
    assert [tile.photo.name for tile in tiles if tile.mark.isVisibleTo(tile)] == ["photo-7.png"]
    assert "above level" in panel.said.text()
    studio.until(lambda: len(studio.window.strip._thumbs) == 1)

    volume = studio.session.shown.surface.volume
    panel.controls.threshold.field.setValue(0.05)
    studio.until(lambda: studio.session.shown.grid.iso_level == 0.05 and not studio.session.shown.draft)
    assert studio.session.shown.surface.volume > volume
    studio.window.commands.action("undo").trigger()
    studio.until(lambda: studio.session.shown.grid.iso_level == 0.5)
    studio.settle()
    studio.session.set_options(style="blocks")
    studio.settle()
    assert studio.session.export(tmp_path / "turn.stl")
    studio.until((tmp_path / "turn.stl").exists)
    studio.settle()
    assert trimesh.load_mesh(tmp_path / "turn.stl").is_watertight
    studio.session.sample(None, 3)
    studio.until(lambda: "seed 3" in studio.session.shown.origin)
    assert studio.session.options.iso == 0.4, "a model's shape has its own threshold"
    assert not panel.save.isEnabled(), "that is not what was carved"
    studio.window.commands.action("undo").trigger()
    studio.until(lambda: studio.session.shown.origin.startswith("12 turntable"))
    assert panel.save.isEnabled()


def test_what_cannot_be_used_is_a_sentence_and_cancel_stops(studio: Driver, tmp_path: Path) -> None:
    panel = studio.panel("turntable")
    studio.drop(panel.zone, [tmp_path])
    studio.until(lambda: studio.session.message is not None)
    studio.settle()
    assert panel.problem.isVisible() and "There is no photo in" in panel.problem.sentence.text()
    panel.zone.sample.click()
    studio.until(lambda: studio.session.job is not None)
    studio.session.cancel()
    studio.settle()
    assert studio.session.turntable.photos is None and not panel.carve.isEnabled()


def test_photos_that_make_no_shape_are_told_in_the_panel(studio: Driver) -> None:
    panel = studio.panel("turntable")
    studio.session.turntable.read(sorted(SAMPLE.parent.glob("*.png"))[:9])
    studio.until(lambda: studio.session.turntable.photos is not None)
    studio.session.turntable.set(resolution=32, elevation_deg=15.0)  # it need not be looked for
    panel.carve.click()
    studio.until(lambda: studio.session.message is not None and studio.session.job is None)
    studio.settle()
    assert panel.problem.isVisible() and "The photos agree to only " in panel.problem.sentence.text()
    assert studio.session.shown is None
