"""What a generator is measured with, gathered from files that have some of its classes and not others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from modelnet_files import write_modelnet
from random_gan import random_checkpoint

from voxstudio.core.errors import BadInput
from voxstudio.engine.checkpoint import read_card
from voxstudio.lab.generator_data import LABELLED, generator_data


def test_real_objects_of_some_classes_are_held_out_and_all_made_ones_are_labelled(tmp_path: Path) -> None:
    card = read_card(random_checkpoint(tmp_path / "model", ("chair", "lamp", "sofa")))
    data = write_modelnet(tmp_path / "data", ("chair", "sofa", "toilet"), 3, 3)
    found = generator_data(card, data, "cpu")
    assert found.held_out is not None and found.held_out.class_names == ("chair", "sofa")
    assert [found.held_out.class_of(k) for k in range(4)] == ["chair", "sofa", "chair", "sofa"], "in turn"
    assert found.held_out.occupancy(0).shape == (32, 32, 32) and len(found.held_out) == 6
    assert found.labelled is not None and found.labelled.class_names == ("chair", "lamp", "sofa")
    assert np.bincount(found.labelled.labels).tolist() == [LABELLED // 3] * 3
    assert found.training is not None and found.training.title == "parametric shapes", "what the card says it learnt"
    assert found.test is None, "it does not know all ten"
    with pytest.raises(BadInput, match="toilet|lamp"):
        generator_data(card, write_modelnet(tmp_path / "other", ("toilet", "desk"), 3, 3), "cpu")


def test_without_files_made_objects_of_unseen_structure_are_taken(tmp_path: Path) -> None:
    card = read_card(random_checkpoint(tmp_path / "model", ("bed", "lamp")))
    found = generator_data(card, None, "cpu")
    assert found.held_out is not None and found.held_out.title == "parametric shapes of unseen structure"
    assert found.held_out.class_names == ("bed", "lamp") and len(found.held_out) == 24
