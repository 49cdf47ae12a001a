"""Meshes survive a trip through every format, and failures leave nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.mesh_io import EXPORTERS, LARGEST_FILE, load_surface, save_surface

SUFFIXES = tuple(EXPORTERS)


def blob(style: str = "smooth", seed: int = 0) -> Surface:
    rng = np.random.default_rng(seed)
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(rng.random((14, 12, 10)), 1.2)
    return surface_from_grid(VoxelGrid.unit(noise > np.quantile(noise, 0.7), name="a blob"), style)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def coloured(surface: Surface) -> Surface:
    rng = np.random.default_rng(5)
    colors = rng.integers(0, 256, (len(surface.vertices), 3), dtype=np.uint8)
    return Surface(surface.vertices, surface.faces, surface.normals, colors, name=surface.name)


@pytest.mark.parametrize("style", ["smooth", "blocks"])
@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), fill=st.floats(0.1, 0.9))
def test_exports_of_noise_are_watertight(tmp_path: Path, suffix: str, style: str, seed: int, fill: float) -> None:
    occupied = np.random.default_rng(seed).random((7, 6, 8)) < fill
    occupied[3, 3, 3] = True
    surface = surface_from_grid(VoxelGrid.unit(occupied), style)
    path = tmp_path / f"noise{suffix}"
    save_surface(surface, path)
    mesh = trimesh.load(path, force="mesh")
    scale = 1000.0 if suffix == ".glb" else 1.0
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume * scale**3 == pytest.approx(surface.volume, rel=0.01)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("colour", [False, True])
def test_round_trip(tmp_path: Path, suffix: str, colour: bool) -> None:
    surface = coloured(blob()) if colour else blob()
    path = tmp_path / f"Blob{suffix.upper()}"
    save_surface(surface, path)
    back = load_surface(path)
    assert names(tmp_path) == [path.name]
    assert back.volume == pytest.approx(surface.volume, rel=1e-4)
    assert len(back.vertices) == len(surface.vertices)
    low, high = surface.bounds
    np.testing.assert_allclose(back.bounds[0], low, atol=1e-3)
    np.testing.assert_allclose(back.bounds[1], high, atol=1e-3)
    if colour and suffix != ".stl":
        assert back.colors is not None
        order = np.lexsort(np.round(surface.vertices, 3).T)
        other = np.lexsort(np.round(back.vertices, 3).T)
        same = (surface.colors[order].astype(int) - back.colors[other]).__abs__().max(axis=1) <= 1
        assert same.mean() > 0.99
    else:
        assert back.colors is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_writing_again_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    surface = coloured(blob())
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    save_surface(surface, first)
    save_surface(surface, second)
    save_surface(surface, second)  # and replaces what is there
    assert first.read_bytes() == second.read_bytes()
    assert len(names(tmp_path)) == 2


def test_obj_says_what_it_holds(tmp_path: Path) -> None:
    surface = coloured(blob())
    save_surface(surface, tmp_path / "a.obj")
    lines = (tmp_path / "a.obj").read_text().splitlines()
    count = len(surface.vertices)
    assert sum(line.startswith("v ") for line in lines) == count
    assert sum(line.startswith("vn ") for line in lines) == count
    assert all(len(line.split()) == 7 for line in lines if line.startswith("v "))
    assert sum(line.startswith("f ") for line in lines) == len(surface.faces)


def test_stl_normals_face_outward(tmp_path: Path) -> None:
    surface = blob("blocks")
    save_surface(surface, tmp_path / "a.stl")
    raw = (tmp_path / "a.stl").read_bytes()
    assert len(raw) == 84 + 50 * len(surface.faces)
    triangles = np.frombuffer(raw, np.dtype([("n", "<f4", 3), ("p", "<f4", (3, 3)), ("a", "<u2")]), offset=84)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    np.testing.assert_allclose(triangles["n"], mesh.face_normals, atol=1e-3)


def test_glb_is_upright_and_in_metres(tmp_path: Path) -> None:
    values = np.zeros((3, 5, 9))
    values[:] = 1
    surface = surface_from_grid(VoxelGrid(values), "blocks")
    save_surface(surface, tmp_path / "a.glb")
    scene = trimesh.load(tmp_path / "a.glb")
    np.testing.assert_allclose(scene.extents, [0.003, 0.009, 0.005], rtol=1e-5)


def test_off_of_modelnet(tmp_path: Path) -> None:
    """Some ModelNet files glue the counts to the first word."""
    path = tmp_path / "a.off"
    body = "4 4 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n"
    for head in ("OFF\n", "OFF"):
        path.write_text(head + body)
        surface = load_surface(path)
        assert surface.volume == pytest.approx(1 / 6)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a device on which every write fails")
    kept = tmp_path / f"kept{suffix}"
    kept.write_bytes(b"before")

    def full(path: Path, *args: Any, **kwargs: Any) -> Any:
        path.touch()
        return open("/dev/full", "wb")  # noqa: PTH123 - a real file on which every write fails with ENOSPC

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(CannotWrite, match="disk is full") as caught:
            save_surface(blob(), kept)
    assert str(kept) in str(caught.value)
    assert names(tmp_path) == [kept.name]
    assert kept.read_bytes() == b"before"


def test_a_read_only_folder(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    if os.name != "posix" or os.geteuid() == 0:  # root ignores permission bits: let the system refuse another way
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "open", _refuse)
            with pytest.raises(CannotWrite, match="read-only"):
                save_surface(blob(), folder / "a.stl")
    else:
        folder.chmod(0o500)
        try:
            with pytest.raises(CannotWrite, match="read-only"):
                save_surface(blob(), folder / "a.stl")
        finally:
            folder.chmod(0o700)
    assert names(folder) == []


def _refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc, which nobody may write to, root included")
def test_a_folder_that_nobody_may_write_to() -> None:
    with pytest.raises(CannotWrite) as caught:
        save_surface(blob(), Path("/proc/self/a.stl"))
    assert "/proc/self" in str(caught.value)


def test_other_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="does not exist"):
        save_surface(blob(), tmp_path / "absent" / "a.stl")
    (tmp_path / "taken.stl").mkdir()
    with pytest.raises(CannotWrite, match="is a folder"):
        save_surface(blob(), tmp_path / "taken.stl")
    with pytest.raises(CannotWrite, match="too long"):
        save_surface(blob(), tmp_path / ("a" * 300 + ".stl"))
    with pytest.raises(CannotWrite, match="not a name"):
        save_surface(blob(), tmp_path / "a\0.stl")
    assert names(tmp_path) == ["taken.stl"]


def test_what_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.obj, \.stl, \.ply, \.glb"):
        save_surface(blob(), tmp_path / "a.step")
    empty = surface_from_grid(VoxelGrid(np.zeros((4, 4, 4))))
    for suffix in SUFFIXES:
        with pytest.raises(BadInput, match="threshold"):
            save_surface(empty, tmp_path / f"a{suffix}")
    assert names(tmp_path) == []


def test_what_cannot_be_read(tmp_path: Path) -> None:
    cases = {
        "absent.stl": None,
        "empty.obj": b"",
        "a.blend": b"x",
        "points.ply": b"ply\nformat ascii 1.0\nelement vertex 1\n"
        b"property float x\nproperty float y\nproperty float z\nend_header\n0 0 0\n",
        "outside.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n",
        "nan.off": b"OFF\n3 1 0\nnan 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
    }
    for name, data in cases.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match=name):
            load_surface(tmp_path / name)
    with pytest.raises(BadInput, match="not the name"):
        load_surface(tmp_path / "a\0.stl")
    (tmp_path / "folder.obj").mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        load_surface(tmp_path / "folder.obj")
    with (tmp_path / "huge.stl").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(BadInput, match="larger than"):
        load_surface(tmp_path / "huge.stl")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("samples")
    result = {}
    for suffix in SUFFIXES:
        save_surface(coloured(blob()), folder / f"a{suffix}")
        result[suffix] = (folder / f"a{suffix}").read_bytes()
    result[".off"] = trimesh.creation.icosphere(1).export(file_type="off").encode()
    return result


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".off"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_refused_or_read(
    tmp_path: Path, samples: dict[str, bytes], suffix: str, data: st.DataObject
) -> None:
    raw = bytearray(samples[suffix])
    how = data.draw(st.sampled_from(["truncate", "flip", "random", "header"]))
    if how == "truncate":
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    elif how == "random":
        raw = bytearray(data.draw(st.binary(max_size=300)))
    else:
        reach = len(raw) if how == "flip" else min(300, len(raw))
        for _ in range(data.draw(st.integers(1, 8))):
            raw[data.draw(st.integers(0, reach - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(raw)
    try:
        surface = load_surface(path)
    except BadInput as error:
        assert path.name in str(error)
    else:
        assert not surface.is_empty
        assert np.isfinite(surface.vertices).all()
