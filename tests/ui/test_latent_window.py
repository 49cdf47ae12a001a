"""The latent explorers in the real window: codes, filmstrip, keyframes, film, arithmetic, kept shapes, comparing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from demo_codes import CodesModel, EnhancedModel
from driver import Driver
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from test_panels_fit import _cut_off

from voxstudio.engine.checkpoint import read_card
from voxstudio.ui import carrying


@pytest.fixture
def explorer(open_window: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A window with a generator that has codes and imagines pictures; the bench opens the same."""
    monkeypatch.setattr("voxstudio.session.bench.open_any", lambda folder, device: EnhancedModel(read_card(folder)))
    return open_window(model=EnhancedModel)


def shape_of(driver: Driver) -> np.ndarray:
    return driver.session.shown.grid.values


def let_go_of(target: object, kind: str, which: int, where: QPointF) -> None:
    """Drop a kept shape or a keyframe."""
    action, keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    mime = carrying.mime_of(kind, which)
    enter = QDragEnterEvent(where.toPoint(), action, mime, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(target, QDropEvent(where, action, mime, Qt.MouseButton.LeftButton, keys))


def test_every_code_is_live_and_shows_its_sweep(explorer: Driver, qtbot: object) -> None:
    panel, session = explorer.panel("create"), explorer.session
    panel.seed.setValue(7)
    panel.make.click()
    explorer.until(lambda: session.shown is not None)
    explorer.settle()
    rows = panel.codes.rows
    assert list(rows) == ["continuous:0", "continuous:1", "continuous:2", "categorical:0"]
    drawn = session.shown.latent
    assert rows["continuous:1"].value() == pytest.approx(float(drawn.codes["continuous"][1]), abs=0.006)
    assert rows["categorical:0"].value() == drawn.codes["categorical"].argmax() + 1
    explorer.until(lambda: panel.strip.frames.made == 7)
    assert panel.strip.title.full_text() == "Code 1"

    steps, before = len(session.states), shape_of(explorer)
    slider = rows["continuous:1"].row.slider
    QApplication.sendEvent(slider, QFocusEvent(QEvent.Type.FocusIn))
    assert panel._row is rows["continuous:1"], "the keyboard points too"
    slider.setSliderDown(True)
    for value in (-90, -20, 60, 95):
        slider.setSliderPosition(value)
        explorer.until(lambda: session.shown.latent.codes["continuous"][1] == pytest.approx(value / 100))  # noqa: B023 - used within the round
        assert session.shown.draft
    slider.setSliderDown(False)
    explorer.until(lambda: not session.shown.draft)
    exact = CodesModel(session.checkpoint.card).decode(session.shown.latent)
    assert np.array_equal(shape_of(explorer), exact.values), "at rest the exact shape is there"
    assert len(session.states) == steps + 1
    explorer.settle()
    shown = session.shown
    told = explorer.window.status.times.text()
    numbers = [int(word) for word in told.replace("ms", "").replace("=", "").split() if word.isdecimal()]
    assert "=" in told and sum(numbers[:-1]) == numbers[-1] == pytest.approx(shown.total_ms, abs=4)
    assert explorer.window.viewport.overlay.side.isVisible()

    explorer.until(lambda: panel.strip.frames.made == 7)
    frames = panel.strip.frames
    assert frames._nearest() == 6, "the present value is marked"
    qtbot.mouseClick(frames, Qt.MouseButton.LeftButton, pos=frames._cells()[0].center().toPoint())
    explorer.until(lambda: session.shown.latent.codes["continuous"][1] == -1.0)
    other = int(drawn.codes["categorical"].argmax() + 1) % 4
    rows["categorical:0"].segments._group.button(other).click()
    explorer.until(lambda: session.shown.latent.codes["categorical"].argmax() == other)
    assert rows["categorical:0"]._label.property("changed")
    panel.dice.click()
    explorer.until(lambda: session.draw.seed != 7 and session.shown.draw is session.draw)
    assert session.shown.latent.codes["continuous"][1] == -1.0, "a code by hand holds"
    panel.codes.again.click()
    explorer.until(lambda: session.draw.codes == () and session.shown.draw is session.draw)
    explorer.window.commands.action("undo").trigger()
    explorer.until(lambda: session.shown.latent.codes["continuous"][1] == -1.0)
    assert not np.array_equal(shape_of(explorer), before)


def test_keyframes_are_walked_played_reordered_and_filmed(
    explorer: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, session = explorer.panel("interpolate"), explorer.session
    panel.tiles.add.click()
    assert "no shape on the stage" in panel.problem.sentence.text()
    for seed in (3, 9):
        session.sample(None, seed)
        explorer.settle()
        panel.tiles.add.click()
    session.sample(None, 12)
    explorer.settle()
    let_go_of(panel.tiles, carrying.KEPT, session.state, QPointF(4, 30))
    keys = session.path.keys
    assert [key.latent.seed for key in keys] == [12, 3, 9]
    explorer.until(lambda: all(not tile.icon().isNull() for tile in panel.tiles.tiles.values()))
    let_go_of(panel.tiles, carrying.KEYFRAME, keys[0].id, QPointF(panel.tiles._spot(3).x() + 10, 30))
    assert [key.latent.seed for key in session.path.keys] == [3, 9, 12]

    panel.place.setSliderDown(True)
    panel.place.setSliderPosition(500)
    explorer.until(lambda: session.shown.origin == "50 % of the way from keyframe 1 to 2")
    panel.place.setSliderDown(False)
    explorer.until(lambda: not session.shown.draft)
    middle = (keys[1].latent.codes["continuous"] + keys[2].latent.codes["continuous"]) / 2
    assert session.shown.latent.codes["continuous"] == pytest.approx(middle)
    panel.pace.field.setValue(0.2)
    panel.ending._group.button(0).click()
    panel.play.click()
    assert panel.player.is_playing
    explorer.until(lambda: not panel.player.is_playing)
    explorer.until(lambda: session.path.at == 1.0 and session.shown.latent is session.path.keys[-1].latent)
    explorer.until(lambda: not session.shown.draft)  # the last frame is drawn anew at rest
    panel.play.click()  # from the start again
    explorer.until(lambda: session.path.at > 0.1)
    session.sample(None, 5)
    explorer.until(lambda: not panel.player.is_playing), "who takes the shape elsewhere stops the film"
    explorer.settle()
    assert session.shown.origin == "object from noise, seed 5"

    for suffix in (".gif",):
        target = tmp_path / f"walk{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, path=target, **k: (str(path), ""))
        panel.film.click()
        explorer.until(lambda: session.message is not None and "Saved" in session.message.sentence)
        explorer.settle()
        assert target.stat().st_size > 5000 and panel.problem.isVisible()
        session.dismiss_message()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("/dev/full/walk.gif", ""))
    panel.film.click()
    explorer.until(lambda: session.message is not None and session.message.severity == "error")
    assert "walk.gif" in panel.problem.sentence.text() and len(session.path.keys) == 3
    assert session.shown.origin == "object from noise, seed 5", "filming moves nothing on the stage"

    session.open_checkpoint("other")
    explorer.until(lambda: session.model is not None and session.model.key.endswith("other"))
    explorer.settle()
    assert panel.home.isVisible() and not panel._walk.isEnabled()
    panel.tiles.add.click()
    assert "must all be of one checkpoint" in panel.problem.sentence.text()
    panel.home.click()
    explorer.until(lambda: session.path.is_home)
    assert panel._walk.isEnabled() and len(panel.tiles.tiles) == 3


def test_a_kept_shape_is_compared_side_by_side_and_in_colours(explorer: Driver) -> None:
    session, strip = explorer.session, explorer.window.strip
    session.sample(None, 3)
    explorer.settle()
    session.move("continuous:0", -1.0)
    explorer.until(lambda: len(strip._thumbs) == 2)
    narrow = shape_of(explorer) >= 0.4
    explorer.window.commands.action("keep").trigger()
    strip._field.field.setText("Narrow one")
    strip._field._take()
    (kept,) = session.snapshots.named
    assert strip._named[kept.id].name == "Narrow one"
    session.move("continuous:0", 1.0)
    explorer.settle()
    strip._named[kept.id]._chosen(strip._named[kept.id].menu().actions()[1])
    explorer.until(lambda: session.shown.difference is not None)
    explorer.settle()
    comparing = explorer.window.viewport.comparing
    assert comparing.bar.isVisible() and comparing.other.isVisible()
    wide = shape_of(explorer) >= 0.4
    added = int((wide & ~narrow).sum())
    assert comparing.bar.added.text() == f"{added:,} added"
    assert comparing.bar.name.full_text() == "Narrow one"
    one = comparing.other.stage.surface
    assert len(one.faces) < len(explorer.canvas.stage.surface.faces)
    explorer.window.commands.action("view-side").trigger()
    explorer.settle()
    assert np.array_equal(comparing.other.stage.axes(), explorer.canvas.stage.axes()), "one camera"
    pictures = len(strip._thumbs)
    comparing.bar.mode._group.button(1).click()
    explorer.settle()
    assert not comparing.other.isVisible()
    seen = explorer.pixels().astype(int)
    blue = (seen[..., 2] - seen[..., 0] > 60).mean()
    assert blue > 0.005, "added voxels are blue"
    session.move("continuous:0", -1.0)
    explorer.until(lambda: session.shown.difference.iou == 1.0)
    explorer.settle()
    assert comparing.bar.iou.text() == "IoU 1.000" and len(strip._thumbs) == pictures
    comparing.bar.end.click()
    explorer.settle()
    assert not comparing.bar.isVisible() and not explorer.canvas.stage.covered
    assert len(strip._thumbs) == pictures + 1, "the shape is photographed, not the colours"
    strip._named[kept.id].click()
    explorer.settle()
    assert np.array_equal(shape_of(explorer) >= 0.4, narrow)


def test_shape_arithmetic_in_the_window(explorer: Driver) -> None:
    panel, session = explorer.panel("interpolate"), explorer.session
    for index, seed in enumerate((4, 5, 6)):
        session.sample(None, seed)
        explorer.settle()
        if index < 2:
            panel.sum.terms[index].click()
        else:
            let_go_of(panel.sum.terms[index], carrying.KEPT, session.state, QPointF(20, 20))
    explorer.until(lambda: session.shown.origin == "A − B + C")
    explorer.until(lambda: not panel.sum.result.icon().isNull())
    assert session.shown.latent is session.path.sum
    session.undo()
    explorer.until(lambda: session.shown.origin == "object from noise, seed 6")
    panel.sum.result.click()
    explorer.until(lambda: session.shown.origin == "A − B + C")


@pytest.mark.parametrize(("colours", "size"), [("light", (1280, 800)), ("dark", (1920, 1080))], ids=["small", "large"])
def test_the_explorers_fit(open_window: Callable[..., Driver], colours: str, size: tuple[int, int]) -> None:
    driver = open_window(model=EnhancedModel, colours=colours, size=size)
    session = driver.session
    for seed in range(6):
        session.sample(None, seed)
        driver.settle()
        session.path.add()
        session.path.set_term(seed % 3)
    session.snapshots.keep(session.state, "A rather long name for a chair, all in all")
    session.snapshots.compare(session.states[1])
    driver.until(lambda: session.shown.difference is not None)
    for key in ("create", "interpolate"):
        driver.window.go(key)
        driver.settle()
        assert (driver.window.width(), driver.window.height()) == size, f"{key} makes the window grow"
        assert not _cut_off(driver.window.docks[key]), key
    assert not _cut_off(driver.window.viewport)


def test_the_wheel_scrolls_past_a_slider_that_nobody_chose(explorer: Driver) -> None:
    panel, session = explorer.panel("create"), explorer.session
    panel.make.click()
    explorer.until(lambda: session.shown is not None)
    explorer.settle()
    slider = panel.codes.rows["continuous:0"].row.slider
    slider.clearFocus()
    before = slider.value()
    for _ in range(3):
        place = QPointF(slider.rect().center())
        event = QWheelEvent(
            place, slider.mapToGlobal(place), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(slider, event)
    assert slider.value() == before and session.draw.codes == ()


def test_a_keyframe_added_elsewhere_is_told_and_the_panel_stays(explorer: Driver) -> None:
    panel, session = explorer.panel("create"), explorer.session
    panel.make.click()
    explorer.until(lambda: session.shown is not None)
    explorer.settle()
    for count in (1, 2):
        explorer.window.commands.action("add-keyframe").trigger()
        assert len(session.path.keys) == count and explorer.window.is_front("create")
        assert session.message.sentence.startswith(f"Keyframe {count} is in the path")
