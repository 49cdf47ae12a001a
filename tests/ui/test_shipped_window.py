"""The program as it is shipped: its checkpoint, its sample photos, the real window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from driver import Driver

from voxstudio.core.paths import shipped
from voxstudio.geometry.isosurface import surface_from_grid

SAMPLES = sorted((shipped("resources") / "samples").glob("chair-*.png"))


def test_two_photos_become_a_printable_file(qtbot: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtWidgets import QFileDialog

    from voxstudio.ui import theme
    from voxstudio.ui.run import Studio, application

    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", "")
    theme.apply(application(), "light")
    driver = Driver(Studio(first_shape=False))
    driver.window.show()
    driver.until(lambda: driver.is_ready and driver.session.model is not None)
    assert driver.session.checkpoint.name == "chair-multiview"
    driver.settle()
    empty = driver.pixels()
    driver.drop(driver.window, SAMPLES[:2])
    driver.until(lambda: driver.session.shown is not None)
    driver.settle()
    shown = driver.session.shown
    assert shown.surface.volume > 0
    assert (np.abs(driver.pixels().astype(int) - empty).sum(axis=2) > 30).mean() > 0.02
    target = tmp_path / "chair.stl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(target), ""))
    driver.window.commands.action("save").trigger()
    driver.until(target.exists)
    driver.settle()
    mesh = trimesh.load(target)
    mesh.merge_vertices()
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(surface_from_grid(shown.grid).volume, rel=0.01)
    driver.window.close()
    driver.window.deleteLater()
    driver.studio.deleteLater()
    driver.__dict__.clear()


@pytest.fixture
def opened(qtbot: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Driver]]:
    """The window with a shipped checkpoint and a first shape."""
    from voxstudio.ui import theme
    from voxstudio.ui.run import Studio, application

    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", "")
    theme.apply(application(), "light")
    drivers: list[Driver] = []

    def open_it(name: str) -> Driver:
        driver = Driver(Studio((), (1280, 800), name, "cpu", None))
        drivers.append(driver)
        driver.window.show()
        driver.until(lambda: driver.is_ready and driver.session.shown is not None)
        driver.canvas.stop_turning()
        driver.settle()
        return driver

    yield open_it
    for driver in drivers:
        driver.leave()


def test_codes_of_a_shipped_generator_say_what_they_move_and_move_it(opened: Callable[[str], Driver]) -> None:
    driver = opened("furniture-infogan")
    panel, session = driver.panel("create"), driver.session
    measured = {row["handle"]: row for row in session.checkpoint.card.metrics["controls"][""]["labels"]}
    best = max((row for row in measured.values() if not row["is_choice"]), key=lambda row: abs(row["r"]))
    said = panel.codes.rows[best["handle"]].found
    driver.until(lambda: bool(said.full_text()))
    assert best["title"] in said.full_text() and f"{abs(best['r']):.2f}" in said.full_text()
    before = session.shown.grid.occupancy
    row = panel.codes.rows[best["handle"]].row
    row.slider.setSliderPosition(row.slider.maximum() if row.slider.value() < 0 else row.slider.minimum())
    driver.until(lambda: not np.array_equal(session.shown.grid.occupancy, before) and not session.shown.draft)
    kinds = panel.codes.rows["categorical:0"]
    shapes = []
    for kind in range(3):
        kinds.combo.setCurrentIndex(kind)
        kinds.combo.activated.emit(kind)
        driver.until(lambda kind=kind: session.shown.latent.codes["categorical"].argmax() == kind)
        driver.settle()
        shapes.append(session.shown.grid.occupancy)
    assert all(not np.array_equal(a, b) for a, b in zip(shapes, shapes[1:], strict=False))


def test_an_imagined_picture_stands_beside_the_shape(opened: Callable[[str], Driver]) -> None:
    driver = opened("chair-enhancer")
    overlay = driver.window.viewport.overlay
    driver.until(lambda: overlay.side.isVisible())
    assert driver.session.shown.side is not None
    driver.panel("create").dice.click()
    driver.settle()
    assert overlay.side.isVisible() and driver.session.shown.surface.volume > 0


def test_noise_becomes_what_the_command_line_makes_of_it(opened: Callable[[str], Driver]) -> None:
    from voxstudio.lab.opening import open_any

    driver = opened("chair-gan")
    panel, climb = driver.panel("synthesis"), driver.session.synthesis
    driver.until(lambda: climb.info is not None)
    driver.settle()
    names = [panel.checkpoint.itemData(k) for k in range(panel.checkpoint.count())]
    index = next(k for k, one in enumerate(names) if "winn-modelnet10" in str(one) and "unsup" not in str(one))
    panel.checkpoint.setCurrentIndex(index)
    panel.checkpoint.activated.emit(index)
    driver.until(lambda: climb.info is not None and len(climb.info.targets) == 10)
    target = climb.info.targets.index("bed") + 1
    panel.ascent.target.setCurrentIndex(target)
    panel.ascent.target.activated.emit(target)
    panel.play.click()
    driver.until(lambda: not climb.playing and climb.state is not None and climb.state.cascade == 1)
    driver.settle()
    model = open_any(shipped("checkpoints") / "winn-modelnet10", "cpu")
    alone = model.synthesize([climb.state.seeds[0]], "bed")
    assert climb.state.step == alone.step == 2 * model.usual_steps
    assert np.allclose(climb.state.volumes[0], alone.volumes[0], atol=1e-3)
    assert climb.info.classes[int(climb.state.probabilities[0].argmax())] == "bed"
    assert driver.session.shown.surface.volume > 0
