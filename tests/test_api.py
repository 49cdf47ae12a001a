from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from tiny import tiny_checkpoint

import voxstudio
from voxstudio.core.errors import BadCheckpoint, BadInput, Cancelled, VoxStudioError
from voxstudio.core.picture import Picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("api") / "tiny", conditional=True, classes=("chair", "table"))


@pytest.fixture(scope="module")
def model(folder: Path) -> voxstudio.Model:
    return voxstudio.open(folder, device="cpu")


def pixels(seed: int, channels: int = 4) -> np.ndarray:
    """A square of noise on a transparent ground."""
    array = np.random.default_rng(seed).integers(0, 256, (50, 40, 4), dtype=np.uint8)
    array[..., 3] = 0
    array[8:42, 8:32, 3] = 255
    return array[..., :channels]


def test_four_lines_from_pictures_to_a_file(folder: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        Image.fromarray(pixels(seed)).save(tmp_path / f"{seed}.png")

    model = voxstudio.open(folder)
    grid = model.reconstruct([tmp_path / "0.png", str(tmp_path / "1.png")], iso=0.3)
    surface = voxstudio.surface(grid)
    voxstudio.save(grid, tmp_path / "chair.stl")

    mesh = trimesh.load_mesh(tmp_path / "chair.stl")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(surface.volume, rel=1e-3)
    assert grid.iso_level == pytest.approx(0.3)


def test_a_file_a_picture_and_an_array_are_the_same_picture(model: voxstudio.Model, tmp_path: Path) -> None:
    array = pixels(3)
    Image.fromarray(array).save(tmp_path / "a.png")
    wanted = model.reconstruct(tmp_path / "a.png").values
    for given in (str(tmp_path / "a.png"), array, Picture(array, True), [array]):
        np.testing.assert_array_equal(model.reconstruct(given).values, wanted)


def test_the_order_of_views_does_not_matter_to_the_mean(model: voxstudio.Model) -> None:
    views = [pixels(seed) for seed in range(4)]
    forward, backward = model.reconstruct(views).values, model.reconstruct(views[::-1]).values
    np.testing.assert_allclose(forward, backward, atol=5e-3)


def test_the_same_seed_makes_the_same_object(model: voxstudio.Model) -> None:
    one, same, other = (model.sample("table", seed).values for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0
    assert set(model.classes) == {"chair", "table"}


def test_progress_is_told_and_may_stop_the_work(model: voxstudio.Model) -> None:
    told: list[tuple[float, str]] = []
    model.reconstruct([pixels(0), pixels(1)], progress=lambda fraction, words: told.append((fraction, words)))
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert len(told) == 3

    def stop(fraction: float, words: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        model.reconstruct([pixels(0)], progress=stop)


@pytest.mark.parametrize(
    ("images", "options"),
    [
        ([], {}),
        (np.zeros((8, 8), np.float32), {}),
        (np.zeros((8, 8, 2), np.uint8), {}),
        (np.zeros((1, 1, 3), np.uint8), {}),
        ("nowhere.png", {}),
        (pixels(0), {"fusion": "sum"}),
        (pixels(0), {"label": "cow"}),
        (pixels(0), {"iso": 1.5}),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    model: voxstudio.Model, images: object, options: dict[str, object]
) -> None:
    with pytest.raises(BadInput) as told:
        model.reconstruct(images, **options)
    assert str(told.value).endswith(".")
    assert "\n" not in str(told.value)


def test_an_empty_shape_is_not_written(model: voxstudio.Model, tmp_path: Path) -> None:
    grid = model.sample("chair", 0, iso=0.999)
    assert voxstudio.surface(grid).is_empty
    with pytest.raises(VoxStudioError):
        voxstudio.save(grid, tmp_path / "nothing.stl")
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_are_found_by_name_and_by_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", str(folder.parent))
    assert "tiny" in [entry.name for entry in voxstudio.checkpoints()]
    assert voxstudio.open("tiny").card == voxstudio.open(folder).card
    with pytest.raises(BadCheckpoint, match="tiny"):
        voxstudio.open("nonesuch")


def test_confidence_comes_with_the_surface(model: voxstudio.Model) -> None:
    surface = voxstudio.surface(model.sample("chair", 0, iso=0.2), confidence=True)
    assert surface.values is not None
    assert surface.values.min() >= 0.0
    assert surface.values.max() <= 1.0


def test_importing_voxstudio_is_cheap() -> None:
    code = (
        "import sys, voxstudio, voxstudio.api; voxstudio.checkpoints(); "
        "print([name for name in ('torch', 'PySide6', 'vtk', 'cv2', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
