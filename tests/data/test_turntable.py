from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from voxstudio.core.errors import BadInput, Cancelled
from voxstudio.core.overlap import iou
from voxstudio.core.paths import shipped
from voxstudio.data.readers import read_collection
from voxstudio.data.turntable import Turntable, carve_turntable, find_photos, natural, read_turntable
from voxstudio.data.turntable_folders import is_turntable_tree

SAMPLE = shipped("resources") / "samples" / "turntable"


def draw_post(folder: Path, count: int = 8, size: tuple[int, int] = (120, 96), suffix: str = ".png") -> list[Path]:
    """Photos of a square post beside the axis: 0.5 x 0.5 wide, 1 high, in half heights, from a level far camera."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for k in range(count):
        angle = 2 * np.pi * k / count
        corners = [(x * np.cos(angle) + y * np.sin(angle)) for x in (0.0, 0.5) for y in (-0.25, 0.25)]
        image = Image.new("RGB", size, (236, 236, 232))
        middle, half = size[0] / 2, size[1] / 2
        ImageDraw.Draw(image).rectangle(
            (middle + half * min(corners), half * 0.5, middle + half * max(corners), half * 1.5), fill=(150, 60, 40)
        )
        made.append(folder / f"photo {k + 1}{suffix}")
        image.save(made[-1])
    return made


@pytest.fixture(scope="module")
def sample() -> Turntable:
    return read_turntable(SAMPLE)


def test_names_are_read_in_natural_order() -> None:
    names = ["b2.png", "B10.png", "a.png", "b1.png", "7.png", "10.png"]
    assert sorted(names, key=natural) == ["7.png", "10.png", "a.png", "b1.png", "b2.png", "B10.png"]
    assert [path.stem for path in find_photos(SAMPLE)] == [f"airplane-{k}" for k in range(1, 25)]


def test_the_shipped_turntable_is_small_and_gives_its_object_back(sample: Turntable) -> None:
    from voxstudio.data.parametric import make

    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 400_000
    carved = carve_turntable(sample, 64)
    assert carved.note == "" and min(carved.weights) == 1.0 and carved.agreement > 0.95
    assert carved.elevation_deg == pytest.approx(18.0, abs=3.0)
    truth = make("airplane", 20_000_201, held_out=True).occupancy(64)
    # Its place and scale are unknown to the photos: compare what the three sides show, each cut to its box.
    sides = [iou(_boxed(carved.grid.occupancy.any(axis=k)), _boxed(truth.any(axis=k))) for k in (0, 1, 2)]
    assert min(sides) > 0.65 and np.mean(sides) > 0.75, sides


def _boxed(picture: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    cut = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(Image.fromarray(cut).resize((64, 64), Image.Resampling.NEAREST))


def test_two_spoilt_photos_are_found_and_cost_little(sample: Turntable, tmp_path: Path) -> None:
    folder = tmp_path / "spoilt"
    shutil.copytree(SAMPLE, folder)
    image = Image.open(folder / "airplane-5.webp").convert("RGB")
    ImageDraw.Draw(image).rectangle((90, 60, 256, 200), fill=image.getpixel((5, 5)))
    image.save(folder / "airplane-5.webp")
    Image.new("RGB", image.size, (230, 230, 228)).save(folder / "airplane-15.webp")
    table = read_turntable(folder)
    assert [photo.name for photo in table.photos if photo.note] == ["airplane-15.webp"]
    carved = carve_turntable(table, 48)
    doubted = [photo.name for photo, weight in zip(table.photos, carved.weights, strict=True) if weight < 0.5]
    assert doubted == ["airplane-5.webp", "airplane-15.webp"]
    assert all(name in carved.note for name in doubted) and carved.agreement > 0.9
    whole = carve_turntable(sample, 48).grid  # on a lattice of its own: compare what one sees from above
    assert iou(_boxed(carved.grid.occupancy.any(axis=2)), _boxed(whole.occupancy.any(axis=2))) > 0.85
    assert carved.grid.occupancy.sum() == pytest.approx(whole.occupancy.sum(), rel=0.12)


def test_direction_mirrors_and_the_wrong_one_is_told(sample: Turntable, tmp_path: Path) -> None:
    table = read_turntable(SAMPLE, clockwise=True)
    assert [table.azimuth_deg(photo) for photo in table.photos[:3]] == [0.0, 15.0, 30.0]
    assert [sample.azimuth_deg(photo) for photo in sample.photos[:3]] == [0.0, 345.0, 330.0]
    assert "other direction" in carve_turntable(table, 32).note


def test_a_post_has_the_size_that_was_photographed(tmp_path: Path) -> None:
    draw_post(tmp_path / "post", 24)
    carved = carve_turntable(read_turntable(tmp_path / "post", elevation_deg=0.0), 64)
    where = np.argwhere(carved.grid.occupancy)
    wide, deep, high = (where.max(axis=0) - where.min(axis=0) + 1) / 64
    assert high == pytest.approx(0.97, abs=0.04) and wide / high == pytest.approx(0.5, abs=0.06)
    assert deep / high == pytest.approx(0.5, abs=0.06)


def test_angles_from_files(tmp_path: Path) -> None:
    folder = tmp_path / "post"
    paths = draw_post(folder, 8)
    lines = [f"{path.name}, {90 - 10 * k}, {k}" for k, path in enumerate(paths)]
    (tmp_path / "angles.csv").write_text("\n".join(["name,azimuth,elevation", *lines]))
    table = read_turntable(folder, angles=tmp_path / "angles.csv")
    assert [(photo.turn_deg, photo.elevation_deg) for photo in table.photos[:2]] == [(90.0, 0.0), (80.0, 1.0)]
    said = {
        "clockwise": True,
        "elevation": 12,
        "photos": [{"name": p.name, "azimuth": 45 * k} for k, p in enumerate(paths)],
    }
    (folder / "turntable.json").write_text(json.dumps(said))
    table = read_turntable(folder)
    assert table.clockwise and table.elevation_deg == 12 and table.azimuth_deg(table.photos[3]) == 135.0
    assert read_turntable(folder, clockwise=False, elevation_deg=3).elevation_deg == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no angles"),
        ("name,azimuth\nphoto 1.png,left\n", "Photo 1"),
        ("name,azimuth\nother.png,3\n", "names no angle"),
    ],
)
def test_wrong_angle_files_are_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    draw_post(tmp_path / "post")
    (tmp_path / "angles.csv").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_turntable(tmp_path / "post", angles=tmp_path / "angles.csv")
    (tmp_path / "angles.json").write_text("{not JSON")
    with pytest.raises(BadInput, match="not a valid JSON"):
        read_turntable(tmp_path / "post", angles=tmp_path / "angles.json")
    with pytest.raises(BadInput, match="cannot be read"):
        read_turntable(tmp_path / "post", angles=tmp_path / "gone.csv")


def test_bad_photos_are_one_sentence_that_names_them(tmp_path: Path) -> None:
    folder = tmp_path / "post"
    paths = draw_post(folder, 9)
    with pytest.raises(BadInput, match="at least 8 photos, but there are 7"):
        read_turntable(paths[:7])
    with pytest.raises(BadInput, match="There is no photo in empty: pictures that end in"):
        (tmp_path / "empty").mkdir()
        read_turntable(tmp_path / "empty")
    with pytest.raises(BadInput, match="at most 72 photos, not 81"):
        read_turntable(paths * 9)
    paths[4].write_bytes(b"no picture")
    with pytest.raises(BadInput, match="photo 5.png"):
        read_turntable(folder)
    Image.new("RGB", (96, 96), (236, 236, 232)).save(paths[4])
    with pytest.raises(BadInput, match="photo 5.png has another shape"):
        read_turntable(folder)
    for path in paths[2:6]:
        Image.new("RGB", (120, 96), (236, 236, 232)).save(path)
    with pytest.raises(BadInput, match="In 4 of 9 photos, photo 3.png among them"):
        read_turntable(folder)
    with pytest.raises(BadInput, match="between -80 and 80"):
        read_turntable(SAMPLE, elevation_deg=90)
    with pytest.raises(BadInput, match="between 16 and 256"):
        carve_turntable(read_turntable(SAMPLE), 1000)


def test_it_can_be_cancelled(sample: Turntable) -> None:
    def stop(fraction: float, words: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_turntable(SAMPLE, progress=stop)
    with pytest.raises(Cancelled):
        carve_turntable(sample, 32, stop)


def test_a_folder_of_turntables_is_training_data(tmp_path: Path) -> None:
    root = tmp_path / "things"
    for name in ("post-1", "post-2"):
        draw_post(root / "posts" / name)
    draw_post(root / "others" / "post-3", suffix=".webp")
    assert not is_turntable_tree(root)
    (root / "turntable.json").write_text("{}")
    assert is_turntable_tree(root)
    found = read_collection(root, resolution=24)
    assert found.names == ("post-3", "post-1", "post-2") and found.class_names == ("others", "posts")
    assert np.array_equal(found.occupancy(1), found.occupancy(2)) and found.occupancy(0).sum() > 500
    assert len(read_collection(root, None, ["posts"], 16)) == 2
    (root / "posts" / "post-2" / "photo 3.png").write_bytes(b"")
    with pytest.raises(BadInput, match="post-2: photo 3.png"):
        read_collection(root, resolution=16)
