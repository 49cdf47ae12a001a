"""What a generator is measured with, gathered from files that have some of its classes and not others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from random_gan import random_checkpoint

from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import make
from voxstudio.engine.checkpoint import read_card
from voxstudio.lab.generator_data import LABELLED, generator_data

STAND_IN = {"toilet": "chair", "desk": "table"}


def files(folder: Path, classes: tuple[str, ...]) -> Path:
    """Both files of ModelNet10, with parametric shapes of these classes in them."""
    folder.mkdir()
    for split, first in (("train", 0), ("test", 90)):
        names = [(name, first + k) for k in range(3) for name in classes]
        grids = np.stack([make(STAND_IN.get(name, name), seed).occupancy(30) for name, seed in names])
        np.savez(
            folder / f"modelnet10_vox30_{split}.npz", voxels=np.packbits(grids.reshape(len(grids), -1), axis=1),
            shape=np.array([30, 30, 30]), names=np.array([f"{name}_{seed}" for name, seed in names]),
            labels=np.array([classes.index(name) for name, _ in names]), classes=np.array(classes),
        )  # fmt: skip
    return folder


def test_real_objects_of_some_classes_are_held_out_and_all_made_ones_are_labelled(tmp_path: Path) -> None:
    card = read_card(random_checkpoint(tmp_path / "model", ("chair", "lamp", "sofa")))
    data = files(tmp_path / "data", ("chair", "sofa", "toilet"))
    found = generator_data(card, data, "cpu")
    assert found.held_out is not None and found.held_out.class_names == ("chair", "sofa")
    assert [found.held_out.class_of(k) for k in range(4)] == ["chair", "sofa", "chair", "sofa"], "in turn"
    assert found.held_out.occupancy(0).shape == (32, 32, 32) and len(found.held_out) == 6
    assert found.labelled is not None and found.labelled.class_names == ("chair", "lamp", "sofa")
    assert np.bincount(found.labelled.labels).tolist() == [LABELLED // 3] * 3
    assert found.training is not None and found.training.title == "parametric shapes", "what the card says it learnt"
    assert found.test is None, "it does not know all ten"
    with pytest.raises(BadInput, match="toilet|lamp"):
        generator_data(card, files(tmp_path / "other", ("toilet", "desk")), "cpu")


def test_without_files_made_objects_of_unseen_structure_are_taken(tmp_path: Path) -> None:
    card = read_card(random_checkpoint(tmp_path / "model", ("bed", "lamp")))
    found = generator_data(card, None, "cpu")
    assert found.held_out is not None and found.held_out.title == "parametric shapes of unseen structure"
    assert found.held_out.class_names == ("bed", "lamp") and len(found.held_out) == 24
