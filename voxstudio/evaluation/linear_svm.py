"""Classification by a linear SVM on shape features (3D-GAN, 3.3; enhancer GAN, tables 1 and 2).

Features may be far wider than there are objects (57,344 at the paper's width). The weights of an L2-regularised
linear SVM lie in the span of the training features (representer theorem), so an orthogonal change of coordinates into
that span changes nothing: with the Gram matrix ``K = X X^T = U S U^T`` the rows of ``U sqrt(S)`` stand for the
training objects and ``X_test X^T U / sqrt(S)`` for the test objects. 3,991 objects then have at most 3,991
coordinates, and the features are only read block by block, in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.engine.family import Progress, quiet

Features = npt.NDArray[np.float32] | npt.NDArray[np.float16]
Labels = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

CANDIDATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Values of C, for features whose mean squared length is 1; tried upward until accuracy has fallen twice."""
SCALINGS = ("plain", "unit")
"""``"plain"``: one factor for all features; ``"unit"``: every object's feature vector has length 1."""
VALIDATION_SHARE = 0.2
COLUMNS = 8192
"""Features that are read at once."""
RIDGE = 1e-5
"""Added to the diagonal of the Gram matrix (mean 1), so that repeated objects do no harm."""
ROUNDING = 1e-7
"""Of sums in float32, as a share of the mean squared length."""


@dataclass(frozen=True, eq=False)
class SvmResult:
    """One-vs-rest linear SVM with squared hinge loss.

    ``accuracy`` on the test objects; ``accuracy_new`` without those marked as repeats of training objects. C and
    ``scaling`` had the best ``validation_accuracy`` on a fifth of the training part. ``predicted`` int ``[N_test]``.
    """

    accuracy: float
    accuracy_new: float
    c: float
    scaling: str
    validation_accuracy: float
    train_objects: int
    test_objects: int
    width: int
    predicted: Labels


def linear_svm(
    train: Features,
    train_labels: npt.ArrayLike,
    test: Features,
    test_labels: npt.ArrayLike,
    repeated: npt.ArrayLike | None = None,
    candidates: Sequence[float] = CANDIDATES,
    scalings: Sequence[str] = SCALINGS,
    seed: int = 0,
    progress: Progress = quiet,
) -> SvmResult:
    """Train on ``train`` ``[N, F]``, choose C on a part of it that is set aside, and read the test part once.

    ``repeated`` bool ``[N_test]`` marks test objects that are bit-identical to a training object. Features may be
    memory maps; at 3,991 x 57,344 this takes less than 1 GiB beside them.
    """
    from sklearn.model_selection import train_test_split

    y, answers = np.asarray(train_labels, np.int64), np.asarray(test_labels, np.int64)
    progress(0.0, "Comparing all features")
    gram, cross = grams(train, test, lambda f, words: progress(0.5 * f, words))
    rows = np.arange(len(y))
    held_count = max(round(VALIDATION_SHARE * len(y)), len(np.unique(y)))
    kept, held = train_test_split(rows, test_size=held_count, random_state=seed, stratify=y)
    best: tuple[float, float, str] = (-1.0, candidates[0], scalings[0])
    spaces = {scaling: coordinates(*_scaled(gram, cross, test, scaling)) for scaling in scalings}
    for i, scaling in enumerate(scalings):
        z, scores = spaces[scaling][0], list[float]()
        for k, c in enumerate(candidates):
            done = (i + k / len(candidates)) / len(scalings)
            progress(0.5 + 0.45 * done, f"Choosing C: {c:g}, {scaling} features")
            scores.append(float(np.mean(_fitted(z[kept], y[kept], c).predict(z[held]) == y[held])))
            if scores[-1] > best[0]:
                best = (scores[-1], c, scaling)
            if len(scores) > 2 and max(scores[-2:]) < max(scores):
                break
    validation, c, scaling = best
    progress(0.95, "Training on the whole training part")
    z, z_test = spaces[scaling]
    predicted = np.asarray(_fitted(z, y, c).predict(z_test), np.int64)
    right = predicted == answers
    new = np.ones(len(answers), bool) if repeated is None else ~np.asarray(repeated, bool)
    return SvmResult(
        float(right.mean()), float(right[new].mean()) if new.any() else 0.0, c, scaling, validation, len(y),
        len(answers), int(train.shape[1]), predicted,
    )  # fmt: skip


def _fitted(z: Values, y: Labels, c: float) -> Any:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    # The primal problem is the faster one once there are as many objects as coordinates; both have one solution.
    machine = LinearSVC(C=c, dual=len(z) < z.shape[1], tol=1e-3, max_iter=2000, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the validation part judges what was reached
        return machine.fit(z, y)


def grams(train: Features, test: Features, progress: Progress = quiet) -> tuple[Values, Values]:
    """``X X^T`` ``[N, N]`` and ``X_test X^T`` ``[M, N]``, summed over blocks of features in float32."""
    gram = np.zeros((len(train), len(train)), np.float32)
    cross = np.zeros((len(test), len(train)), np.float32)
    for start in range(0, train.shape[1], COLUMNS):
        progress(start / train.shape[1], "Comparing all features")
        a = np.asarray(train[:, start : start + COLUMNS], np.float32)
        gram += a @ a.T
        cross += np.asarray(test[:, start : start + COLUMNS], np.float32) @ a.T
    return gram.astype(np.float64), cross.astype(np.float64)


def squared_lengths(features: Features) -> Values:
    """``|x|^2`` of each row, read block by block."""
    parts = (np.asarray(features[:, k : k + COLUMNS], np.float64) for k in range(0, features.shape[1], COLUMNS))
    return np.asarray(sum((part**2).sum(axis=1) for part in parts))


def _scaled(gram: Values, cross: Values, test: Features, scaling: str) -> tuple[Values, Values]:
    if scaling == "unit":
        mine = 1 / np.sqrt(np.maximum(np.diag(gram), 1e-12))
        theirs = 1 / np.sqrt(np.maximum(squared_lengths(test), 1e-12))
        return gram * mine[:, None] * mine[None], cross * theirs[:, None] * mine[None]
    usual = max(float(np.diag(gram).mean()), 1e-12)
    return gram / usual, cross / usual


def coordinates(gram: Values, cross: Values) -> tuple[Values, Values]:
    """Rows that have the given inner products: training objects ``[N, N]`` and test objects ``[M, N]``."""
    from scipy.linalg import LinAlgError, cholesky, eigh, solve_triangular

    ridge = RIDGE * max(float(np.diag(gram).mean()), 1e-12)
    try:
        lower = cholesky(gram + ridge * np.eye(len(gram)), lower=True)
    except LinAlgError:
        # Features that are nearly alike: what tells them apart is as small as the rounding of sums in float32. The
        # directions that are nothing but rounding are left out.
        strengths, directions = eigh(gram)
        told = strengths > ROUNDING * len(gram) * float(np.diag(gram).mean())
        roots = np.sqrt(strengths[told])
        return directions[:, told] * roots, np.ascontiguousarray(cross @ directions[:, told] / roots)
    return lower, np.ascontiguousarray(solve_triangular(lower, cross.T, lower=True).T)
