"""Animations are read back by other programs, repeat to the byte, and leave nothing behind."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import trimesh
from PIL import Image

from voxstudio.core.errors import BadInput, Cancelled, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry import animation
from voxstudio.geometry.animation import ANIMATIONS, Lazy, Stage, numbered, pictures, reduced, save_animation
from voxstudio.geometry.isosurface import surface_from_grid

SMALL = Stage(fps=10, size=96)
EMPTY = Surface(np.zeros((0, 3)), np.zeros((0, 3)))


def box(height: int) -> Surface:
    values = np.zeros((24, 24, 24), np.float32)
    values[8:16, 9:15, 2 : 2 + height] = 1.0
    return surface_from_grid(VoxelGrid.unit(values))


FRAMES = [box(height) for height in (4, 8, 12, 16, 20)]


@pytest.mark.parametrize("suffix", ANIMATIONS)
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files = save_animation(Lazy(5, FRAMES.__getitem__), tmp_path / name / f"x{suffix}", SMALL)
        assert sorted(files) == sorted((tmp_path / name).iterdir())
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1] and all(written[0])


def test_a_gif_plays_in_a_loop(tmp_path: Path) -> None:
    (path,) = save_animation(FRAMES, tmp_path / "grow.gif", SMALL)
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"], gif.info["loop"]) == (5, (96, 96), 100, 0)
        dark = []
        for k in range(5):
            gif.seek(k)
            dark.append(float((np.abs(np.asarray(gif.convert("RGB")).astype(int) - 243).max(axis=2) > 30).mean()))
    assert dark == sorted(dark) and dark[0] > 0.01 and dark[4] > 3 * dark[0], "one camera: the box grows"


def test_a_video_has_every_frame(tmp_path: Path) -> None:
    beside = [np.full((64, 64, 3), 40 * k, np.uint8) for k in range(5)]
    (path,) = save_animation(FRAMES, tmp_path / "grow.mp4", SMALL, beside)
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10)
    read = []
    while (got := video.read())[0]:
        read.append(got[1])
    video.release()
    assert len(read) == 5 and read[0].shape == (96, 192, 3)
    assert [round(float(frame[20:76, 120:168].mean()) / 40) for frame in read] == [0, 1, 2, 3, 4], "pictures beside"


def test_a_glb_shows_one_frame_after_the_other(tmp_path: Path) -> None:
    frames = [*FRAMES[:2], EMPTY, FRAMES[4]]
    (path,) = save_animation(frames, tmp_path / "grow.glb", SMALL)
    data = path.read_bytes()
    magic, version, size = struct.unpack_from("<4sII", data)
    assert (magic, version, size) == (b"glTF", 2, len(data))
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    blob = data[20 + length + 8 :]

    def array(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        return np.frombuffer(blob, np.float32, offset=view["byteOffset"], count=view["byteLength"] // 4)

    (clip,) = document["animations"]
    for time, wanted in ((0.05, 0), (0.15, 1), (0.25, None), (0.35, 3), (0.399, 3)):
        visible = []
        for channel in clip["channels"]:
            sampler = clip["samplers"][channel["sampler"]]
            times, scales = array(sampler["input"]), array(sampler["output"]).reshape(-1, 3)
            assert (np.diff(times) > 0).all() and sampler["interpolation"] == "STEP"
            assert times[-1] == pytest.approx(0.4), "all end together"
            if scales[np.searchsorted(times, time, side="right") - 1, 0] == 1:
                visible.append(channel["target"]["node"])
        assert visible == ([] if wanted is None else [wanted]), time
    assert [node["scale"][0] for node in document["nodes"]] == [1, 0, 0, 0], "the first one without an animation"
    scene = trimesh.load(path)
    heights = sorted(mesh.extents[1] for mesh in scene.geometry.values())
    assert heights == pytest.approx(
        [0.001 * FRAMES[k].bounds[1][2] - 0.001 * FRAMES[k].bounds[0][2] for k in (0, 1, 4)]
    )


def test_another_reader_plays_the_glb(tmp_path: Path) -> None:
    from vtkmodules.vtkIOGeometry import vtkGLTFReader

    (path,) = save_animation(FRAMES, tmp_path / "grow.glb", SMALL)
    reader = vtkGLTFReader()
    reader.SetFileName(str(path))
    reader.ApplyDeformationsToGeometryOn()
    reader.UpdateInformation()
    assert reader.GetNumberOfAnimations() == 1 and reader.GetAnimationDuration(0) == pytest.approx(0.5)


def test_a_series_is_numbered_and_read_back(tmp_path: Path) -> None:
    files = save_animation(FRAMES, tmp_path / "grow.obj", SMALL)
    assert [file.name for file in files] == [f"grow-000{k}.obj" for k in range(1, 6)]
    assert [trimesh.load_mesh(file).volume for file in files] == pytest.approx([s.volume for s in FRAMES], rel=1e-4)
    assert numbered(Path("a.obj"), 12345)[0].name == "a-00001.obj"
    with pytest.raises(BadInput, match="Frame 2 is empty"):
        save_animation([FRAMES[0], EMPTY], tmp_path / "other.obj", SMALL)
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("suffix", ANIMATIONS)
def test_who_stops_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    def stop(fraction: float, words: str) -> None:
        if fraction > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        save_animation(FRAMES, tmp_path / f"x{suffix}", SMALL, tell=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, on which every write fails")
@pytest.mark.parametrize("suffix", ANIMATIONS)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    calls = []
    plain = Path.open

    def full(path: Path, *args: Any, **kwargs: Any) -> Any:
        if not path.is_relative_to(tmp_path):
            return plain(path, *args, **kwargs)
        calls.append(path)
        if suffix == ".obj" and len(calls) < 3:  # two frames fit
            return plain(path, *args, **kwargs)
        path.touch()
        return open("/dev/full", "wb")  # noqa: PTH123 - a real file on which every write fails with ENOSPC

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(CannotWrite, match="disk is full") as caught:
            save_animation(FRAMES, tmp_path / f"x{suffix}", SMALL)
    assert ".tmp" not in str(caught.value) and str(tmp_path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_stays_short_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animation, "_length", lambda path: 3)
    with pytest.raises(CannotWrite, match="temporary files is full"):
        save_animation(FRAMES, tmp_path / "x.mp4", SMALL)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_shown_is_told(tmp_path: Path) -> None:
    for frames, name, words in (
        (FRAMES, "x.avi", "does not end in an animation format"),
        ([], "x.gif", "1 to 1,200 frames, not 0"),
        ([EMPTY], "x.gif", "Every frame of the animation is empty"),
        ([EMPTY], "x.glb", "Every frame of the animation is empty"),
        (FRAMES, "absent/x.gif", "does not exist"),
    ):
        with pytest.raises((BadInput, CannotWrite), match=words):
            save_animation(frames, tmp_path / name, SMALL)
    for options in ({"fps": 0}, {"fps": float("nan")}, {"size": 8}, {"faces": -1}):
        with pytest.raises(BadInput):
            Stage(**options)
    assert list(tmp_path.iterdir()) == []


def test_the_camera_may_go_round_and_triangles_may_be_fewer() -> None:
    turned = list(pictures([FRAMES[3]] * 3, Stage(size=64, turn_deg=180)))
    still = list(pictures([FRAMES[3]] * 3, Stage(size=64)))
    assert np.array_equal(still[0], still[2]) and not np.array_equal(turned[0], turned[1])
    fine = surface_from_grid(VoxelGrid.unit(np.random.default_rng(0).uniform(size=(16, 16, 16)).astype(np.float32)))
    assert len(reduced(fine, 500).faces) < 0.5 * len(fine.faces) and reduced(fine, 0) is fine
