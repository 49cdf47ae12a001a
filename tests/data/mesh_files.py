"""Small mesh files for the tests of the import."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh


def solid(seed: int) -> trimesh.Trimesh:
    """A lopsided table: quick to read and to voxelise, and different for every seed."""
    rng = np.random.default_rng(seed)
    wide, deep, high = rng.uniform(0.6, 1.4, 3)
    top = trimesh.creation.box((wide, deep, 0.15), trimesh.transformations.translation_matrix((0, 0, high)))
    foot = trimesh.creation.icosphere(1, 0.3).apply_translation((rng.uniform(-0.2, 0.2), 0.1, 0.3))
    leg = trimesh.creation.box((0.2, 0.2, high), trimesh.transformations.translation_matrix((0, 0, high / 2)))
    return trimesh.util.concatenate([top, foot, leg])


def write(path: Path, seed: int) -> Path:
    """Write one in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    solid(seed).export(path)
    return path


def modelnet_tree(root: Path, count: int = 6) -> Path:
    """CLASS/{train,test}/*.off of two classes, one of which ModelNet has turned by a quarter."""
    for k in range(count):
        for name in ("chair", "table"):
            write(root / name / ("test" if k % 3 == 0 else "train") / f"{name}_{k:04d}.off", k)
    return root


def bad_meshes(folder: Path) -> dict[str, str]:
    """Broken files by name, with a word of the reason that each is to be given."""
    whole = write(folder / "whole.stl", 1).read_bytes()
    text = write(folder / "whole.off", 1).read_bytes()
    (folder / "whole.stl").unlink()
    (folder / "whole.off").unlink()
    files = {
        "empty.obj": (b"", "empty"),
        "truncated.stl": (whole[: len(whole) // 2], "truncated.stl"),
        "truncated.off": (text[: len(text) // 2], "damaged"),
        "nan.obj": (b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "damaged"),
        "far.obj": (b"v 1e38 0 0\nv -1e38 0 0\nv 0 1e38 0\nf 1 2 3\n", "damaged"),
        "outside.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "damaged"),
        "dot.obj": (b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "no extent"),
        "words.ply": (b"this is a letter to my aunt\n", "damaged"),
        "noise.glb": (np.random.default_rng(0).bytes(4000), "damaged"),
        "needle.obj": (b"v 0 0 0\nv 1 0 0\nv 0 0.0001 0\nf 1 2 3\n", "voxels"),
    }
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)
    with (folder / "huge.stl").open("wb") as file:
        file.truncate((1 << 30) + 1)  # a hole on the disk
    return {**{name: word for name, (_, word) in files.items()}, "huge.stl": "larger"}
