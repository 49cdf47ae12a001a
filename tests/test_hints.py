from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxstudio.core.paths import shipped
from voxstudio.core.picture import Picture
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import HARDLY_ANY, NO_OBJECT, View, make_view, read_view
from voxstudio.engine.jobs import OwnerLoop
from voxstudio.session import Session
from voxstudio.session.hints import UNSURE, doubt, hint

SAMPLES = sorted((shipped("resources") / "samples").glob("*.png"))


def view_of(pixels: np.ndarray) -> View:
    alpha = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return make_view(Picture(np.concatenate([pixels.astype(np.uint8), alpha], axis=2), name="sheet"), 128)


def sheets() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    lit = np.linspace(120, 240, 300)[:, None, None] * np.ones((1, 400, 3))
    return {
        "white": np.full((200, 300, 3), 255), "black": np.zeros((300, 200, 3)), "one pixel": np.full((1, 1, 3), 9),
        "paper": (240 + rng.normal(0, 3, (400, 400, 3))).clip(0, 255), "lit from above": lit,
    }  # fmt: skip


@pytest.mark.parametrize("name", sheets())
def test_a_blank_picture_is_named(name: str) -> None:
    view = view_of(sheets()[name])
    assert view.note == NO_OBJECT
    assert hint(VoxelGrid.unit(np.ones((4, 4, 4))), [view]) == NO_OBJECT
    assert hint(VoxelGrid.unit(np.ones((4, 4, 4))), [view, view]) == f"sheet: {NO_OBJECT}"


def test_an_alpha_that_leaves_nothing_is_named() -> None:
    pixels = np.full((64, 64, 4), 200, np.uint8)
    pixels[..., 3] = 0
    assert make_view(Picture(pixels, has_alpha=True), 64).note == NO_OBJECT
    pixels[30:33, 30:33, 3] = 255
    assert make_view(Picture(pixels, has_alpha=True), 64).note == HARDLY_ANY


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_sample_is_called_empty(path: Path) -> None:
    assert read_view(path, 128).note == ""


def test_doubt_counts_what_could_be_either() -> None:
    sure = np.zeros((8, 8, 8))
    sure[2:6, 2:6, 2:6] = 1.0
    assert doubt(VoxelGrid.unit(sure)) == 0.0
    assert doubt(VoxelGrid.unit(np.zeros((8, 8, 8)))) == 1.0
    assert doubt(VoxelGrid.unit(np.full((8, 8, 8), 0.2))) == pytest.approx(1.0)
    assert doubt(VoxelGrid.unit(0.5 * sure)) == pytest.approx(1.0)


def test_the_session_doubts_a_car_that_the_chair_model_was_given() -> None:
    loop = OwnerLoop()
    session = Session(loop.post, device="cpu")
    try:
        found = {}
        for path in [path for path in SAMPLES if path.stem.startswith(("chair", "car-1"))]:
            session.add_images([path])
            assert loop.run_until(lambda: session.shown is not None and session.job is None, 120)
            found[path.stem] = session.shown
            session.clear_views()
        car = found.pop("car-1")
        assert car.note == UNSURE
        assert {stem: shown.note for stem, shown in found.items()} == dict.fromkeys(found, "")
        assert doubt(car.grid) > 2 * max(doubt(shown.grid) for shown in found.values())
    finally:
        session.close()
