"""The shipped networks of 3DWINN: what they make is taken for what it should be by a network that they never met."""

import functools

import numpy as np
import pytest

from voxstudio.core.paths import shipped
from voxstudio.evaluation.reference_view import framed, see
from voxstudio.lab.opening import open_any

SEEDS = range(40, 48)


@functools.cache
def opened(name):
    return open_any(shipped("checkpoints") / name, "cpu")


def seen(grids):
    reference = opened("reference-modelnet10")
    return see(reference, framed(grids, reference.card.resolution)).chances


def made(name, target=None):
    model = opened(name)
    state = model.synthesize(SEEDS, target)
    return np.stack([state.grid(k).values for k in range(len(SEEDS))]) > model.card.iso_level


def test_chairs_are_taken_for_chairs_and_no_two_are_alike():
    chairs = made("winn-chair")
    chances = seen(chairs)[:, opened("reference-modelnet10").card.classes.index("chair")]
    assert chances.mean() > 0.75 and (chances > 0.5).mean() >= 0.75, chances
    for k, one in enumerate(chairs):
        for other in chairs[:k]:
            assert (one & other).sum() < 0.8 * (one | other).sum()


@pytest.mark.parametrize("target", ["bed", "desk", "sofa", "toilet", "dresser"])
def test_what_is_aimed_at_is_what_is_made(target):
    chances = seen(made("winn-modelnet10", target)).mean(axis=0)
    classes = opened("reference-modelnet10").card.classes
    assert classes[int(chances.argmax())] == target and chances.max() > 0.7, dict(zip(classes, chances, strict=True))


def test_the_scores_beside_a_shape_know_its_class_at_every_network():
    model = opened("winn-modelnet10")
    state = model.begin([5], None, model.usual)
    assert state.probabilities.shape == (1, 10) and np.isfinite(state.probabilities).all()
    ended = model.synthesize([5], "bed")
    assert model.card.classes[int(ended.probabilities[0].argmax())] == "bed"
