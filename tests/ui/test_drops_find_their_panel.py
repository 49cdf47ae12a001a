"""What is dropped on the whole window goes to the panel in front, or to the one that it is for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from driver import Driver

from voxstudio.core.errors import BadInput
from voxstudio.core.paths import shipped
from voxstudio.ui.studio import panel_named, panels

SAMPLE = shipped("resources") / "samples" / "turntable"


@pytest.fixture
def meshes(tmp_path: Path) -> Path:
    folder = tmp_path / "my lamps"
    folder.mkdir()
    for name in ("one.obj", "two.obj"):
        (folder / name).write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    return folder


@pytest.fixture
def turn(tmp_path: Path) -> Path:
    folder = tmp_path / "turn"
    folder.mkdir()
    for number in range(1, 24, 3):
        shutil.copy(SAMPLE / f"airplane-{number}.webp", folder)
    return folder


def test_the_panel_in_front_takes_what_it_can(studio: Driver, meshes: Path, turn: Path, photos: list[Path]) -> None:
    window, session = studio.window, studio.session
    train = studio.panel("train")
    studio.drop(window, [meshes])
    assert train.setup.data.path == meshes and train.setup.plan().data == meshes and window.in_front is train
    studio.drop(window, [meshes / "one.obj", meshes / "two.obj"])
    assert train.setup.data.path == meshes
    studio.drop(window, [turn])
    assert train.setup.data.path == turn, "photos of turned objects teach too"

    table = studio.panel("turntable")
    studio.drop(window, [turn])
    studio.until(lambda: session.turntable.photos is not None and session.job is None)
    assert len(session.turntable.photos.photos) == 8 and window.in_front is table
    studio.drop(window, sorted(turn.iterdir()))
    studio.settle()
    assert len(session.turntable.photos.photos) == 8 and not session.views
    studio.drop(window, [meshes])
    assert window.in_front is train and train.setup.data.path == meshes, "a folder of meshes is for training"

    studio.panel("train")
    studio.drop(window, photos)
    studio.until(lambda: len(session.views) == 3)
    assert window.in_front is window.docks["reconstruct"].panel


def test_a_folder_finds_its_panel_from_anywhere(studio: Driver, meshes: Path, turn: Path, photos: list[Path]) -> None:
    window, session = studio.window, studio.session
    few = turn.parent / "few"
    few.mkdir()
    for path in photos:
        shutil.copy(path, few)
    studio.drop(window, [few])
    studio.until(lambda: len(session.views) == 3)
    studio.settle()
    studio.drop(window.docks["reconstruct"].panel.zone, [turn])
    assert "holds 8 photos: drop it on the panel Turntable" in session.message.sentence
    studio.drop(window, [turn])
    studio.until(lambda: session.turntable.photos is not None)
    assert window.in_front is window.docks["turntable"].panel
    studio.panel("library")
    studio.drop(window, [meshes])
    assert window.in_front is window.docks["train"].panel and window.in_front.setup.data.path == meshes


def test_a_panel_is_known_by_its_word() -> None:
    assert panel_named("Train").key == "train" and panel_named(" turntable").word == "Turntable"
    with pytest.raises(BadInput, match="There is no panel 'Trian': choose from ") as told:
        panel_named("Trian")
    assert all(spec.word in str(told.value) for spec in panels())
