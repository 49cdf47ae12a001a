"""Attacks on a classifier whose gradient is known: a linear one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.evaluation.attack import Attack, accuracy_curve, attacked, outcome, outcomes

SIDE = 4


class Linear:
    """Two classes told apart by one weight for each voxel."""

    def __init__(self, weights: npt.NDArray[np.float32], bias: float = 0.0) -> None:
        self.card = Card("linear", "none", "", "", SIDE, 0.5, ("a", "b"))
        self.weights, self.bias = weights, bias

    def logits(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        score = (grids * self.weights).sum(axis=(1, 2, 3)) + self.bias
        return np.stack([score, -score], axis=1).astype(np.float32)

    def features(self, grids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return np.asarray(grids.reshape(len(grids), -1), np.float32)

    def loss_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        z = self.logits(grids).astype(np.float64)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(labels)), labels] -= 1
        return np.asarray((p[:, 0] - p[:, 1])[:, None, None, None] * self.weights, np.float32)

    def score_gradient(self, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.asarray(np.where(labels == 0, 1.0, -1.0)[:, None, None, None] * self.weights, np.float32)


def loss(model: Linear, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    z = model.logits(grids).astype(np.float64)
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels])


@pytest.fixture
def scene() -> tuple[Linear, npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Grids strictly inside [0, 1], of which the classifier knows every label."""
    rng = np.random.default_rng(3)
    model = Linear(rng.normal(size=(SIDE,) * 3).astype(np.float32))
    grids = rng.uniform(0.2, 0.8, (12, SIDE, SIDE, SIDE)).astype(np.float32)
    return model, grids, model.logits(grids).argmax(axis=1)


def test_one_step_is_the_worst_that_epsilon_allows(scene: Any) -> None:
    model, grids, labels = scene
    found = attacked(model, grids, labels, Attack(0.05, 1))
    assert np.allclose(np.abs(found - grids), 0.05, atol=1e-6)
    signs = np.where(labels == 0, -1.0, 1.0)[:, None, None, None] * np.sign(model.weights)
    assert np.allclose(found, grids + 0.05 * signs, atol=1e-6), "against the weights of the true class"
    assert (loss(model, found, labels) > loss(model, grids, labels)).all()
    ten = attacked(model, grids, labels, Attack(0.005, 10))
    assert np.allclose(ten, found, atol=1e-5), "ten steps of a tenth are the same, where the gradient's signs stay"
    assert np.array_equal(attacked(model, grids, labels, Attack(0.0, 3)), grids)


def test_values_stay_between_empty_and_solid(scene: Any) -> None:
    model, grids, labels = scene
    solid = grids > 0.5
    found = attacked(model, solid, labels, Attack(0.4, 5))
    assert found.min() >= 0.0 and found.max() <= 1.0 and found.dtype == np.float32 and solid.dtype == bool


def test_errors_and_corrections_are_counted_as_in_the_paper(scene: Any) -> None:
    model, grids, labels = scene
    # The margin of every object is known, so is the epsilon that just overcomes it.
    margins = np.abs(model.logits(grids)[:, 0]) / np.abs(model.weights).sum()
    epsilon = float(np.median(margins))
    found = outcome(model, grids, labels, Attack(epsilon), Linear(np.zeros((SIDE,) * 3, np.float32), 1.0))
    assert found.objects == 12 and np.array_equal(found.wrong, margins < epsilon)
    assert found.adversarial_error == pytest.approx(found.wrong.mean())
    # The other says the first class whatever it sees: it corrects those that are of that class.
    assert found.correction_rate == pytest.approx((labels[found.wrong] == 0).mean())
    assert outcome(model, grids, labels, Attack(epsilon), model).correction_rate == 0.0
    assert np.isnan(outcome(model, grids, labels, Attack(0.0), model).correction_rate)
    both = outcomes(model, grids, labels, epsilon / 4, (4, 1), model)
    assert list(both) == [1, 4]
    for steps, one in both.items():
        assert np.array_equal(one.wrong, outcome(model, grids, labels, Attack(epsilon / 4, steps)).wrong)
    curve = accuracy_curve(model, grids, labels, (0.0, epsilon, 1.0))
    assert curve[0] == 1.0 and curve[1] == pytest.approx(1 - found.adversarial_error) and curve[2] == 0.0


def test_what_an_attack_cannot_be() -> None:
    with pytest.raises(BadInput, match="Epsilon"):
        Attack(-0.1)
    with pytest.raises(BadInput, match="steps"):
        Attack(0.1, -1)
