"""A quick look says what a folder holds, and what to do where it holds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxstudio.data.glance import glance


def _tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


@pytest.mark.parametrize(
    ("names", "kind", "sentence"),
    [
        (["a.stl", "b.OBJ", "notes.txt"], "meshes", "2 meshes."),
        (["a.stl"], "meshes", "1 mesh."),
        (["lamp/a.stl", "chair/b.ply"], "meshes", "2 meshes in 2 folders, taken as classes."),
        (["chair/train/a.off", "chair/test/b.off", "bed/train/c.off"], "modelnet",
         "A ModelNet tree: 2 classes, 3 meshes."),
        (["ModelNet10/chair/train/a.off", "ModelNet10/bed/test/b.off"], "modelnet",
         "A ModelNet tree: 2 classes, 2 meshes."),
        (["03001627/1a2b/models/model_normalized.obj"], "shapenet", "A ShapeNet tree: 1 class, 1 mesh."),
        (["a.npz", "b.binvox"], "voxels", "2 voxel files."),
        (["set/store.json", "set/grids.npy"], "prepared", "A prepared data set: it opens at once."),
        ([f"{i}.jpg" for i in range(24)], "photos", "24 photos: their outlines are carved into a shape."),
        ([".hidden/a.stl", "._b.stl"], "", "holds no meshes, voxel files or photos: choose another folder."),
        (["a.png", "b.png"], "", "holds 2 photos: at least 8 of an object that turns are needed."),
    ],
)  # fmt: skip
def test_folders(tmp_path: Path, names: list[str], kind: str, sentence: str) -> None:
    found = glance(_tree(tmp_path, *names), patience_s=60.0)
    assert found.kind == kind and found.sentence.endswith(sentence)
    assert found.is_usable == bool(kind)


def test_files_and_nothing(tmp_path: Path) -> None:
    _tree(tmp_path, "a.npz", "b.stl", "c.docx")
    assert glance(None).kind == "shapes"
    assert glance(tmp_path / "a.npz").kind == "voxels"
    assert glance(tmp_path / "b.stl").sentence.startswith("One mesh")
    assert not glance(tmp_path / "c.docx").is_usable
    assert glance(tmp_path / "gone").sentence.startswith(f"{tmp_path / 'gone'} does not exist")


def test_a_large_tree_is_not_walked_to_its_end(tmp_path: Path) -> None:
    _tree(tmp_path, *(f"{i:03}/a.stl" for i in range(50)))
    found = glance(tmp_path, patience_s=0.0)
    assert found.sentence.lower().startswith("more than") or "is large" in found.sentence
