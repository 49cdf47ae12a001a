"""The program as it is shipped: its checkpoint, its sample photos, the real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from driver import Driver

from voxstudio.core.paths import shipped
from voxstudio.geometry.isosurface import surface_from_grid

SAMPLES = sorted((shipped("resources") / "samples").glob("chair-*.png"))


@pytest.mark.skipif(not (shipped("checkpoints") / "chair-multiview").is_dir(), reason="not trained yet")
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
