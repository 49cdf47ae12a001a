"""Attacks on classifiers by the fast gradient sign method, and how often they succeed (3DWINN, table 7).

FGSM (Goodfellow, Shlens and Szegedy 2015) adds ``epsilon`` times the sign of the loss's gradient to every voxel; its
iterative form (Kurakin, Goodfellow and Bengio 2016) does so again and again. ``epsilon`` is of one step, as in 3DWINN:
ten steps of 0.005 may move a voxel by 0.05. Grids lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.engine.family import Classifier, Progress, quiet

Grids = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

EPSILON = 0.005
"""Step in 3DWINN."""
PAPER_STEPS: Mapping[str, int] = {"fgsm": 1, "iterative-5": 5, "iterative-10": 10}
"""The attacks of table 7: name and steps."""
AT_ONCE = 32


@dataclass(frozen=True)
class Attack:
    """``steps`` steps of size ``epsilon`` (voxel values run from 0 to 1). BadInput for values that make no sense."""

    epsilon: float = EPSILON
    steps: int = 1

    def __post_init__(self) -> None:
        if not 0.0 <= self.epsilon <= 1.0:
            raise BadInput(f"Epsilon lies between 0 and 1, not {self.epsilon!r}.")
        if not 0 <= self.steps <= 1000:
            raise BadInput(f"The steps of an attack lie between 0 and 1,000, not {self.steps!r}.")


def attacked(classifier: Classifier, grids: npt.NDArray[Any], labels: Labels, attack: Attack) -> Grids:
    """Grids ``[N, R, R, R]`` after the attack, float32 in [0, 1]; ``labels`` ``[N]`` are the true classes."""
    result = np.array(grids, np.float32)
    for _ in range(attack.steps):
        slope = classifier.loss_gradient(result, labels)
        np.clip(result + np.float32(attack.epsilon) * np.sign(slope), 0.0, 1.0, out=result)
    return result


@dataclass(frozen=True, eq=False)
class AttackOutcome:
    """``adversarial_error``: share of the attacked objects that the attacked network gets wrong (N_A / N), whether or
    not it knew them before; ``correction_rate``: share of these wrong ones that the other network gets right
    (1 - N_AB / N_A), NaN if nothing went wrong or there is no other. ``wrong`` bool ``[N]``."""

    adversarial_error: float
    correction_rate: float
    objects: int
    wrong: npt.NDArray[np.bool_]


def outcomes(
    classifier: Classifier,
    grids: npt.NDArray[Any],
    labels: Labels,
    epsilon: float,
    steps: Sequence[int],
    other: Classifier | None = None,
    progress: Progress = quiet,
) -> dict[int, AttackOutcome]:
    """What comes out after each number of ``steps`` of one attack on ``classifier`` (table 7), by that number.

    ``grids`` are ``[N, R, R, R]``; ``other`` is shown what ``classifier`` gets wrong.
    """
    asked = sorted(set(steps))
    wrong, corrected = (np.zeros((len(asked), len(grids)), bool) for _ in range(2))
    for start in range(0, len(grids), AT_ONCE):
        progress(start / len(grids), f"Attacking {len(grids):,} objects with {asked[-1]} steps")
        part = slice(start, start + AT_ONCE)
        changed, done, truth = grids[part], 0, labels[part]
        for k, until in enumerate(asked):
            changed, done = attacked(classifier, changed, truth, Attack(epsilon, until - done)), until
            missed = classifier.logits(changed).argmax(axis=1) != truth
            wrong[k, part] = missed
            if other is not None and missed.any():
                corrected[k, part][missed] = other.logits(changed[missed]).argmax(axis=1) == truth[missed]
    return {
        until: AttackOutcome(
            float(wrong[k].mean()) if len(grids) else 0.0,
            float(corrected[k].sum() / wrong[k].sum()) if other is not None and wrong[k].any() else float("nan"),
            len(grids),
            wrong[k],
        )
        for k, until in enumerate(asked)
    }


def outcome(
    classifier: Classifier,
    grids: npt.NDArray[Any],
    labels: Labels,
    attack: Attack,
    other: Classifier | None = None,
    progress: Progress = quiet,
) -> AttackOutcome:
    """:func:`outcomes` of one attack."""
    return outcomes(classifier, grids, labels, attack.epsilon, (attack.steps,), other, progress)[attack.steps]


def accuracy_curve(
    classifier: Classifier,
    grids: npt.NDArray[Any],
    labels: Labels,
    epsilons: Sequence[float],
    steps: int = 1,
    progress: Progress = quiet,
) -> npt.NDArray[np.float64]:
    """Accuracy after an attack with each epsilon, float64 ``[len(epsilons)]``."""
    found = []
    for k, epsilon in enumerate(epsilons):

        def told(fraction: float, words: str, k: int = k) -> None:
            progress((k + fraction) / len(epsilons), words)

        found.append(1 - outcome(classifier, grids, labels, Attack(epsilon, steps), None, told).adversarial_error)
    return np.array(found)
