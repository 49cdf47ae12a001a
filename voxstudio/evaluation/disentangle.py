"""How codes and factors belong together: mutual information gap, DCI, and agreement with classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
BINS = 20
TREES = 40


@dataclass(frozen=True)
class Gap:
    """The mutual information gap. ``mig`` is the mean of ``gaps`` (one for each factor); ``best[k]`` is the code that
    knows factor k best."""

    mig: float
    gaps: tuple[float, ...]
    best: tuple[int, ...]
    samples: int


@dataclass(frozen=True)
class Dci:
    """Disentanglement, completeness and informativeness, each from 0 to 1.

    ``informativeness`` is the mean over factors of the held-out R^2 (numbers) or the accuracy above chance, scaled to
    1 (words), floored at 0.
    """

    disentanglement: float
    completeness: float
    informativeness: float
    samples: int


def nmi(codes: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Mutual information of two labellings ``[N]`` over the arithmetic mean of their entropies."""
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(np.asarray(labels), np.asarray(codes)))


def value_names(codes: npt.ArrayLike, labels: npt.ArrayLike, class_names: Sequence[str], size: int) -> tuple[str, ...]:
    """What each value of a categorical code stands for: ``"chair 91 %"``, or ``""`` if no object has it.

    ``codes`` and ``labels`` int ``[N]``; ``size`` is the number of values.
    """
    c, y = np.asarray(codes), np.asarray(labels)
    names = []
    for value in range(size):
        found = np.bincount(y[c == value], minlength=len(class_names))
        top = int(np.argmax(found))
        names.append(f"{class_names[top]} {100 * found[top] / found.sum():.0f} %" if found.sum() else "")
    return tuple(names)


def binned(values: npt.ArrayLike, discrete: npt.ArrayLike, bins: int = BINS) -> npt.NDArray[np.int64]:
    """Columns ``[N, K]`` as small whole numbers: discrete ones by value, others in ``bins`` bins of equal width."""
    x, is_discrete = np.asarray(values, np.float64), np.asarray(discrete, bool)
    result = np.zeros(x.shape, np.int64)
    for k in range(x.shape[1]):
        column = x[:, k]
        if is_discrete[k]:
            result[:, k] = np.unique(column, return_inverse=True)[1]
            continue
        low, high = float(column.min()), float(column.max())
        scale = bins / (high - low) if high > low else 0.0
        result[:, k] = np.minimum(((column - low) * scale).astype(np.int64), bins - 1)
    return result


def mutual_information(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> Values:
    """I(a_i; b_j) in nats of columns of small whole numbers, ``[A, B]``, from their joint histograms."""
    result = np.zeros((a.shape[1], b.shape[1]))
    for i in range(a.shape[1]):
        rows = int(a[:, i].max()) + 1
        for j in range(b.shape[1]):
            wide = int(b[:, j].max()) + 1
            joint = np.bincount(a[:, i] * wide + b[:, j], minlength=rows * wide).reshape(rows, wide) / len(a)
            independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
            there = joint > 0
            result[i, j] = float((joint[there] * np.log(joint[there] / independent[there])).sum())
    return result


def gap(
    codes: npt.ArrayLike,
    factors: npt.ArrayLike,
    discrete_codes: npt.ArrayLike | None = None,
    discrete_factors: npt.ArrayLike | None = None,
    bins: int = BINS,
) -> Gap:
    """Mutual information gap (Chen et al., Isolating Sources of Disentanglement, NeurIPS 2018, eq. 6).

    For each factor the difference between the two codes that know most of it, over the factor's entropy; the mean over
    factors. Continuous columns are cut into 20 bins of equal width, as usual. A histogram of few samples gives two
    independent columns some information; the mean over shuffled codes is taken away from each entry first.

    Parameters
    ----------
    codes: ``[N, C]``; a categorical code is one column of its value's number.
    factors: ``[N, F]``.
    discrete_codes, discrete_factors: bool ``[C]`` and ``[F]``; by default all are continuous.
    """
    z, v = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    if len(z) != len(v) or z.ndim != 2 or v.ndim != 2 or not len(z):
        raise ValueError(f"codes {z.shape} and factors {v.shape} must have the same number of rows")
    a = binned(z, np.zeros(z.shape[1], bool) if discrete_codes is None else discrete_codes, bins)
    b = binned(v, np.zeros(v.shape[1], bool) if discrete_factors is None else discrete_factors, bins)
    rng = np.random.default_rng(0)
    chance = np.mean([mutual_information(a[rng.permutation(len(a))], b) for _ in range(3)], axis=0)
    information = np.clip(mutual_information(a, b) - chance, 0.0, None)
    entropy = np.array([_entropy(b[:, j]) for j in range(b.shape[1])])
    ordered = -np.sort(-np.concatenate([information, np.zeros((1, b.shape[1]))]), axis=0)
    gaps = np.where(entropy > 1e-9, (ordered[0] - ordered[1]) / np.maximum(entropy, 1e-9), 0.0)
    best = tuple(int(k) for k in np.argmax(information, axis=0))
    return Gap(float(gaps.mean()), tuple(float(g) for g in gaps), best, len(z))


def _entropy(column: npt.NDArray[np.int64]) -> float:
    share = np.bincount(column) / len(column)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())


def dci(
    codes: npt.ArrayLike, factors: npt.ArrayLike, discrete_factors: npt.ArrayLike | None = None, seed: int = 0
) -> Dci:
    """DCI (Eastwood and Williams, A Framework for the Quantitative Evaluation of Disentanglement, ICLR 2018).

    Random forests (the paper's second choice of regressor) predict each factor from all codes; their importances
    ``R[i, j]`` give disentanglement (rows: does a code speak of one factor?) and completeness (columns: is a factor in
    one code?) as one minus an entropy, weighted by importance; a third of the objects is held out for informativeness.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    z, v = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    words = np.zeros(v.shape[1], bool) if discrete_factors is None else np.asarray(discrete_factors, bool)
    order = np.random.default_rng(seed).permutation(len(z))
    taught, asked = order[: 2 * len(z) // 3], order[2 * len(z) // 3 :]
    importance, scores = np.zeros((z.shape[1], v.shape[1])), []
    for j in range(v.shape[1]):
        kind = RandomForestClassifier if words[j] else RandomForestRegressor
        forest = kind(TREES, min_samples_leaf=3, max_features=None, random_state=seed, n_jobs=1)
        forest.fit(z[taught], v[taught, j])
        importance[:, j] = forest.feature_importances_
        score = float(forest.score(z[asked], v[asked, j]))
        if words[j]:
            usual = float(np.bincount(np.unique(v[asked, j], return_inverse=True)[1]).max() / len(asked))
            score = (score - usual) / max(1 - usual, 1e-9)
        scores.append(max(score, 0.0))
    return Dci(_one_sided(importance), _one_sided(importance.T), float(np.mean(scores)), len(z))


def _one_sided(importance: Values) -> float:
    """Weighted mean over rows of one minus the entropy of a row, to the base of its length."""
    if importance.shape[1] < 2:
        return 1.0
    share = importance / np.maximum(importance.sum(axis=1, keepdims=True), 1e-12)
    spread = -(share * np.log(np.maximum(share, 1e-12))).sum(axis=1) / np.log(importance.shape[1])
    weights = importance.sum(axis=1)
    return float(((1 - spread) * weights).sum() / max(float(weights.sum()), 1e-12))
