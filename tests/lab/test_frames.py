"""Shapes in the frame that a network learnt."""

from __future__ import annotations

import numpy as np
import pytest

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import make
from voxstudio.lab.climbing import synthesizer
from voxstudio.lab.frames import in_frame
from voxstudio.lab.opening import open_any
from voxstudio.lab.probing import classifier, shown_to


def _card(title: str) -> Card:
    return Card("one", "winn3d", "", "", 32, 0.5, ("chair",), {}, {"sources": [{"title": title}]})


def _longest(grid: np.ndarray) -> int:
    return int(max(np.ptp(np.argwhere(grid), axis=0)) + 1)


def test_a_shape_that_fills_its_cube_is_made_as_large_as_those_that_were_learnt() -> None:
    chair = make("chair", 3).occupancy(32)
    assert _longest(chair) > 28
    small = in_frame(chair, _card("modelnet10_vox30_train"))
    assert abs(_longest(small) - 24) <= 1
    middle = (np.argwhere(small).min(axis=0) + np.argwhere(small).max(axis=0)) / 2
    assert np.abs(middle - 15.5).max() <= 1
    assert np.array_equal(in_frame(small, _card("modelnet10_vox30_train")), small), "what fits stays as it is"
    assert np.array_equal(in_frame(chair, _card("modelnet10_chair_vox32")), chair)
    assert not in_frame(np.zeros((32,) * 3, bool), _card("modelnet10_vox30_train")).any()


def test_the_shipped_classifier_knows_large_chairs_for_chairs() -> None:
    from voxstudio.core.paths import shipped

    model = open_any(shipped("checkpoints") / "baseline-modelnet10", "cpu")
    chairs = np.stack([shown_to(make("chair", 2_000_000 + k).occupancy(64), model.card) for k in range(24)])
    answers = model.logits(chairs).argmax(axis=1)
    assert (answers == model.card.classes.index("chair")).mean() > 0.6


def test_what_cannot_do_it_names_those_that_can() -> None:
    from voxstudio.core.paths import shipped

    model = open_any(shipped("checkpoints") / "chair-gan", "cpu")
    with pytest.raises(BadInput, match="chair-gan does not classify: choose from baseline-modelnet10"):
        classifier(model)
    with pytest.raises(BadInput, match=r"does not climb to shapes: choose from .*winn-chair"):
        synthesizer(model)
