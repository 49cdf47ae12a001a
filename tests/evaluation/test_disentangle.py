"""Codes whose relation to the factors is known."""

from __future__ import annotations

import numpy as np
import pytest

from voxstudio.evaluation.disentangle import dci, gap, nmi, value_names


def uniform(rng: np.random.Generator, count: int = 2000, width: int = 3) -> np.ndarray:
    return rng.uniform(-1, 1, (count, width))


def test_a_code_for_each_factor_has_a_gap_of_one(rng: np.random.Generator) -> None:
    factors = np.floor(uniform(rng) * 4)
    codes = factors[:, [2, 0, 1]] * [1, -3, 2]
    found = gap(codes, factors, np.ones(3, bool), np.ones(3, bool))
    assert found.mig > 0.97 and found.best == (1, 2, 0) and found.samples == 2000
    continuous = uniform(rng)
    assert gap(continuous[:, ::-1] ** 3, continuous).mig > 0.6, "a bent axis stays an axis"


def test_a_rotated_code_has_no_gap(rng: np.random.Generator) -> None:
    factors = uniform(rng, width=2)
    turn = np.array([[1, 1], [1, -1]]) / 2**0.5
    assert gap(factors @ turn, factors).mig < 0.05
    assert gap(np.concatenate([factors, factors], axis=1), factors).mig < 0.01, "two codes for one factor"


def test_chance_earns_nothing(rng: np.random.Generator) -> None:
    assert gap(uniform(rng, 300), uniform(rng, 300)).mig < 0.03
    assert gap(np.zeros((50, 2)), uniform(rng, 50)).mig == 0
    assert gap(uniform(rng, 50), np.ones((50, 1))).mig == 0, "a factor that never changes"
    with pytest.raises(ValueError, match="same number of rows"):
        gap(np.zeros((3, 1)), np.zeros((4, 1)))


def test_a_single_code_is_compared_with_nothing(rng: np.random.Generator) -> None:
    factor = np.floor(uniform(rng, width=1) * 3)
    assert gap(factor, factor, [True], [True]).mig == pytest.approx(1, abs=0.02)


def test_dci_of_axes_and_of_a_rotation(rng: np.random.Generator) -> None:
    factors = uniform(rng, 500)
    good = dci(factors[:, [1, 2, 0]], factors)
    assert min(good.disentanglement, good.completeness) > 0.9 and good.informativeness > 0.95
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    mixed = dci(factors @ turn, factors)
    assert mixed.disentanglement < good.disentanglement - 0.15 and mixed.completeness < good.completeness - 0.15
    useless = dci(uniform(rng, 500), factors)
    assert useless.informativeness < 0.05
    assert dci(factors[:, [1, 2, 0]], factors) == good, "the same figures each time"


def test_dci_reads_words(rng: np.random.Generator) -> None:
    codes = uniform(rng, 600, 2)
    words = np.stack([(codes[:, 0] > 0) + (codes[:, 0] > 0.5), codes[:, 1] > 0.2], axis=1).astype(float)
    found = dci(codes, words, [True, True])
    assert found.informativeness > 0.9 and found.disentanglement > 0.9


def test_agreement_does_not_depend_on_the_names_of_values() -> None:
    classes = np.repeat([0, 1, 2, 3], 25)
    assert nmi((classes + 1) % 4, classes) == pytest.approx(1)
    assert nmi(np.zeros(100, int), classes) == 0
    halves = classes // 2  # knows one bit of two: I = ln 2, entropies ln 2 and ln 4
    assert nmi(halves, classes) == pytest.approx(np.log(2) / (0.5 * np.log(2) + 0.5 * np.log(4)))
    assert value_names(halves, classes, ("a", "b", "c", "d"), 3) == ("a 50 %", "c 50 %", "")
