"""Readers of real shapes, on small files of the same formats; damage of any kind becomes one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from voxstudio.core.errors import BadInput
from voxstudio.data.grids import centred, refined, resized, turned
from voxstudio.data.parametric import make
from voxstudio.data.readers import (
    known_files,
    read_collection,
    read_modelnet_npz,
    read_shapes_npz,
    repeats,
)

NAMES = np.array(["bed", "chair", "sofa"])


def shape(seed: int, size: int = 16) -> np.ndarray[Any, Any]:
    return make("sofa", seed).occupancy(size)  # more than 100 voxels even on a coarse grid


def corner(grid: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The object moved to the grid's corner, as some files store it."""
    low = np.argwhere(grid).min(axis=0)
    return np.roll(grid, tuple(-low), axis=(0, 1, 2))


def modelnet_arrays(grids: np.ndarray[Any, Any], labels: list[int], **more: Any) -> dict[str, Any]:
    count, size = len(grids), grids.shape[1]
    return {
        "voxels": np.packbits(grids.reshape(count, -1), axis=1), "shape": np.array([size] * 3),
        "labels": np.array(labels, np.uint8), "classes": NAMES,
        "names": np.array([f"{NAMES[k]}_{i:04d}" for i, k in enumerate(labels)]), **more,
    }


def write_modelnet(path: Path, **more: Any) -> np.ndarray[Any, Any]:
    grids = np.stack([shape(0), shape(1), np.zeros((16, 16, 16), bool), shape(2), shape(3)])
    splits = np.array(["train", "train", "train", "test", "test"])
    stored = np.stack([corner(g) if g.any() else g for g in grids])
    np.savez_compressed(path, **modelnet_arrays(stored, [1, 1, 1, 1, 2], split=splits, **more))
    return grids


def test_modelnet_file_is_filtered_split_and_centred(tmp_path: Path) -> None:
    path = tmp_path / "modelnet10_chair_vox32.npz"
    grids = write_modelnet(path)
    train = read_modelnet_npz(path, "train")
    assert train.names == ("chair_0000", "chair_0001")  # the empty one is left out
    assert train.class_names == ("chair", "sofa") and train.resolution == 16
    for k in range(2):
        filled = np.argwhere(train.occupancy(k))
        assert np.abs((filled.min(axis=0) + filled.max(axis=0)) / 2 - 7.5).max() <= 0.5
        assert train.occupancy(k).sum() == grids[k].sum()
    test = read_collection(path, "test", classes=["sofa"])
    assert test.class_names == ("sofa",) and test.labels.tolist() == [0] and test.names == ("sofa_0004",)


def test_a_sofa_is_turned_to_the_front_and_a_chair_is_left(tmp_path: Path) -> None:
    sofa = np.zeros((16, 16, 16), bool)
    sofa[4:12, 1:15, 2:6] = True
    sofa[10:12, 1:15, 6:10] = True  # its back is at +x: it looks to -x, as in ModelNet10
    path = tmp_path / "sofas.npz"
    np.savez(path, **modelnet_arrays(np.stack([sofa, sofa]), [2, 1]))
    read = read_modelnet_npz(path)
    turned_sofa, chair_grid = read.occupancy(0), read.occupancy(1)
    upper = np.argwhere(turned_sofa[:, :, 9:])
    assert upper[:, 1].min() > 7.5 and np.ptp(upper[:, 0]) == 13  # back at +y, long side along x
    assert np.argwhere(chair_grid[:, :, 9:])[:, 0].min() > 7.5


def test_a_pair_of_files_is_a_split(tmp_path: Path) -> None:
    grids = np.stack([shape(k) for k in range(4)])
    np.savez(tmp_path / "modelnet10_vox30_train.npz", **modelnet_arrays(grids, [0, 1, 1, 2]))
    np.savez(tmp_path / "modelnet10_vox30_test.npz", **modelnet_arrays(grids[1:3], [1, 1]))
    assert set(known_files(tmp_path)) == {"vox30_train", "vox30_test"}
    train, test = read_collection(tmp_path, "train"), read_collection(tmp_path, "test")
    assert (len(train), len(test)) == (4, 2)
    assert repeats(test, train).all()
    assert len(read_collection(tmp_path / "modelnet10_vox30_train.npz", "test")) == 2
    assert read_collection(tmp_path, "train", ["sofa", "chair"]).labels.tolist() == [1, 1, 0]


def test_the_data_folder_gives_the_file_that_fits(tmp_path: Path) -> None:
    (tmp_path / "modelnet10").mkdir()
    (tmp_path / "shapes").mkdir()
    write_modelnet(tmp_path / "modelnet10" / "modelnet10_chair_vox32.npz")
    grids = np.stack([shape(k) for k in range(3)])
    np.savez(tmp_path / "modelnet10" / "modelnet10_vox30_train.npz", **modelnet_arrays(grids, [0, 1, 2]))
    assert read_collection(tmp_path, "train", ["chair"]).title == "modelnet10_chair_vox32"
    assert read_collection(tmp_path, "train", ["chair", "bed"]).title == "modelnet10_vox30_train"
    with pytest.raises(BadInput, match="looked for infomr"):
        read_collection(tmp_path, None, ["biplane"])


def test_shapes_file_keeps_upright_objects_and_either_voxels(tmp_path: Path) -> None:
    grids = np.stack([shape(k) for k in range(3)])
    arrays = modelnet_arrays(grids, [0, 1, 1])
    arrays["solid"] = arrays.pop("voxels")
    arrays["surface"] = arrays["solid"].copy()
    path = tmp_path / "infomr_vox32.npz"
    np.savez(path, upright=np.array([True, False, True]), split=np.array(["train", "train", "test"]), **arrays)
    assert read_collection(path).names == ("bed_0000", "chair_0002")
    assert len(read_shapes_npz(path, upright_only=False, solid=False)) == 3
    assert read_shapes_npz(path, "test").names == ("chair_0002",)


def test_a_modelnet_tree_and_a_plain_folder_of_meshes(tmp_path: Path) -> None:
    tree, plain = tmp_path / "tree", tmp_path / "plain"
    box = trimesh.creation.box((0.2, 1.0, 0.4))  # long in y, as the sofas of ModelNet10
    for name in ("sofa", "chair"):
        for split in ("train", "test"):
            folder = tree / name / split
            folder.mkdir(parents=True)
            box.export(folder / f"{name}_{split}.off")
    train = read_collection(tree, "train", resolution=24)
    assert train.names == ("chair_train", "sofa_train") and train.class_names == ("chair", "sofa")
    extents = [np.ptp(np.argwhere(train.occupancy(k)), axis=0) + 1 for k in range(2)]
    assert extents[0].argmax() == 1 and extents[1].argmax() == 0  # the sofa was turned
    plain.mkdir()
    for k in range(30):
        trimesh.creation.icosphere(subdivisions=1).export(plain / f"ball{k}.stl")
    whole = read_collection(plain, resolution=16)
    parts = [read_collection(plain, split, resolution=16) for split in ("train", "test")]
    assert whole.class_names == ("plain",) and whole.resolution == 16
    assert sorted(parts[0].names + parts[1].names) == sorted(whole.names)


@pytest.mark.parametrize(
    ("make_it", "words"),
    [
        (lambda p: None, "does not exist"),
        (lambda p: p.mkdir(), "were looked for"),
        (lambda p: p.write_bytes(b""), "not a readable"),
        (lambda p: p.write_bytes(b"PK\x03\x04" + b"x" * 100), "not a readable"),
        (lambda p: p.write_text("voxels"), "not a readable"),
    ],
)
def test_what_is_no_source_is_told(tmp_path: Path, make_it: Any, words: str) -> None:
    path = tmp_path / "thing.npz"
    make_it(path)
    with pytest.raises(BadInput, match=words):
        read_collection(path)


def test_a_damaged_mesh_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.off").write_text("OFF\n3 1 0\nnot numbers\n")
    with pytest.raises(BadInput, match=r"broken\.off"):
        read_collection(tmp_path)


def test_what_cannot_be_used_is_left_out_where_somebody_listens(tmp_path: Path) -> None:
    from voxstudio.lab.evaluate import real_subjects

    folder = tmp_path / "chair" / "test"
    folder.mkdir(parents=True)
    trimesh.creation.box((1.0, 0.8, 0.6)).export(folder / "good.off")
    trimesh.creation.box((1.0, 0.001, 0.001)).export(folder / "needle.off")
    (folder / "broken.off").write_text("OFF\n3 1 0\nnot numbers\n")
    told: dict[str, str] = {}
    assert read_collection(tmp_path, resolution=16, left_out=told.__setitem__).names == ("good",)
    assert sorted(told) == ["chair/test/broken.off", "chair/test/needle.off"]
    assert "at least 100 are needed" in told["chair/test/needle.off"]
    told.clear()
    assert len(real_subjects(tmp_path, ["chair"], 16, "test", left_out=told.__setitem__)) == 1 and len(told) == 2


def test_wrong_options_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_modelnet(path)
    for options, words in (
        ({"split": "validation"}, "train or test"), ({"resolution": 5}, "between 8 and 256"),
        ({"classes": ["boat"]}, "no class boat; it has chair, sofa"), ({"split": "train", "classes": ["sofa"]},
            "no usable"),
    ):
        with pytest.raises(BadInput, match=words):
            read_collection(path, **options)


ARRAYS = st.sampled_from([
    np.zeros(0), np.zeros((2, 3), np.uint8), np.array(["a"]), np.array([300, 300, 300]), np.array([16, 16, 8]),
    np.array([-1, 0, 1, 2, 9]), np.array(5), np.array([np.nan] * 5), np.zeros((5, 512), np.int8), np.array([[1], [2]]),
])


@given(key=st.sampled_from(["voxels", "shape", "labels", "names", "classes", "split"]), value=ARRAYS,
    drop=st.booleans())
def test_a_file_with_a_wrong_array_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: Any, drop: bool
) -> None:
    arrays = modelnet_arrays(np.stack([shape(k) for k in range(5)]), [1, 1, 0, 2, 1])
    if drop:
        arrays.pop(key, None)
    else:
        arrays[key] = value
    path = tmp_path_factory.mktemp("wrong") / "a.npz"
    np.savez(path, **arrays)
    read_or_told(path)


@given(position=st.floats(0, 1), byte=st.integers(0, 255), length=st.floats(0.05, 1))
def test_a_damaged_file_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, position: float, byte: int, length: float
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a.npz"
    write_modelnet(path)
    content = bytearray(path.read_bytes())
    content[int(position * (len(content) - 1))] = byte
    path.write_bytes(bytes(content[: max(1, int(length * len(content)))]))
    read_or_told(path)


def read_or_told(path: Path) -> None:
    for split in (None, "test"):
        try:
            collection = read_collection(path, split)
        except BadInput as error:
            assert path.name in str(error) and str(error).endswith(".") and "\n" not in str(error)
        else:
            assert all(collection.occupancy(k).sum() >= 100 for k in range(len(collection)))


def test_grids_are_padded_repeated_or_resampled() -> None:
    grid = np.zeros((8, 8, 8), bool)
    grid[2:6, 1:7, 3] = True  # a sheet of one voxel
    assert resized(grid, 10).sum() == grid.sum() and centred(resized(grid, 10)).shape == (10, 10, 10)
    assert resized(grid, 16).sum() == 8 * grid.sum()
    assert np.array_equal(resized(resized(grid, 16), 8), grid)
    assert resized(grid, 4).any(axis=2).sum() == 2 * 4  # it survives halving
    assert resized(grid, 12).shape == (12, 12, 12)


def test_refining_doubles_a_grid_and_keeps_its_rods() -> None:
    grid = np.zeros((16, 16, 16), bool)
    grid[4:12, 4:12, 8:10] = True
    grid[4, 4, 0:8] = True  # a leg of one voxel
    fine = refined(grid)
    assert fine.shape == (32, 32, 32) and fine[8:10, 8:10, 2:16].any(axis=(0, 1)).all()
    assert abs(int(fine.sum()) - 8 * int(grid.sum())) < 0.2 * 8 * grid.sum()
    assert np.array_equal(resized(fine, 16)[5:11, 5:11], grid[5:11, 5:11])
    assert np.array_equal(turned(turned(grid, 1), 3), grid)
    assert not centred(np.zeros((8, 8, 8), bool)).any()
