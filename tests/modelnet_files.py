"""Both 30^3 files of ModelNet10 as they are published, with parametric shapes in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voxstudio.data.parametric import make

STAND_IN = {"toilet": "chair", "desk": "table"}
"""What stands for a class that is not parametric."""


def write_modelnet(folder: Path, classes: Sequence[str], train: int, test: int) -> Path:
    """So many objects of each class in each file; the classes alternate. Returns the folder, which is made."""
    folder.mkdir(exist_ok=True)
    for split, count, first in (("train", train, 0), ("test", test, 500)):
        rows = [(name, first + k) for k in range(count) for name in classes]
        grids = np.stack([make(STAND_IN.get(name, name), seed).occupancy(30) for name, seed in rows])
        np.savez(
            folder / f"modelnet10_vox30_{split}.npz", voxels=np.packbits(grids.reshape(len(grids), -1), axis=1),
            shape=np.array([30, 30, 30]), names=np.array([f"{name}_{seed}" for name, seed in rows]),
            labels=np.array([list(classes).index(name) for name, _ in rows]), classes=np.array(classes),
        )  # fmt: skip
    return folder
