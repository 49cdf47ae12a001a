"""How good made shapes are, seen through a reference network: Inception score, Frechet distance, class probability.

Each function takes arrays: probabilities ``[N, K]`` or features ``[N, F]`` of the reference network, or distances. The
same figures of real shapes that nobody learnt from are their ceiling; :mod:`voxstudio.evaluation.classifier_protocol`
puts both side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PARTS = 10
"""Parts of the samples whose Inception scores are averaged (Salimans et al. 2016)."""
LEAST_IN_PART = 50


def probabilities(logits: npt.ArrayLike) -> Floats:
    """Softmax of logits ``[N, K]``."""
    from scipy.special import softmax

    return np.asarray(softmax(np.asarray(logits, np.float64), axis=1))


@dataclass(frozen=True)
class InceptionScore:
    """exp of the mean divergence of p(y|x) from p(y) (Salimans et al. 2016; 3DWINN, table 2), between 1 and K.

    ``mean`` and ``spread`` (standard deviation) are over ``parts`` parts of the samples.
    """

    mean: float
    spread: float
    parts: int
    samples: int


def inception_score(chances: npt.ArrayLike, parts: int | None = None, seed: int = 0) -> InceptionScore:
    """The score of probabilities ``[N, K]``, N at least 1, in ``parts`` parts after a shuffle.

    By default ten parts as published, fewer where a part would have less than 50 samples: a small part cannot hold
    all classes alike, and its score is too low.
    """
    p = np.asarray(chances, np.float64)
    count = max(1, min(PARTS, len(p) // LEAST_IN_PART)) if parts is None else parts
    order = np.random.default_rng(seed).permutation(len(p))
    scores = []
    for chosen in np.array_split(order, count):
        part = p[chosen]
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(part > 0, part * (np.log(part) - np.log(part.mean(axis=0))), 0.0)
        scores.append(float(np.exp(terms.sum(axis=1).mean())))
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)), count, len(p))


def class_probability(chances: npt.ArrayLike, label: int) -> float:
    """Mean probability of the class that the shapes were meant to be (3DWINN, table 4)."""
    return float(np.asarray(chances, np.float64)[:, label].mean())


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A normal distribution over features: ``mean`` ``[F]``, covariance ``rows.T @ rows + ridge * I``.

    rows: ``[N, F]``; they need far less room than the covariance (134 MB at 4,096 features). shrinkage: how much of
    the covariance is a multiple of the identity instead, 0 for none.
    """

    mean: Floats
    rows: Floats
    ridge: float
    shrinkage: float
    samples: int

    @property
    def trace(self) -> float:
        """Of the covariance."""
        return float((self.rows**2).sum() + self.ridge * len(self.mean))


def fitted(features: npt.ArrayLike, shrinkage: float | None = None) -> Gaussian:
    """The normal distribution of features ``[N, F]``, N at least 2.

    Of fewer samples than features a covariance has no inverse and its directions are mostly chance: it is drawn
    towards a multiple of the identity, as much as Ledoit and Wolf (2004) found best; ``shrinkage`` sets that share.
    """
    x = np.asarray(features, np.float64)
    count, width = x.shape
    mean = x.mean(axis=0)
    centred = x - mean
    if shrinkage is None:
        shrinkage = _ledoit_wolf(centred) if count < width else 0.0
    scale = float((centred**2).sum() / (count * width))
    return Gaussian(mean, centred * np.sqrt((1 - shrinkage) / count), shrinkage * scale, shrinkage, count)


def _ledoit_wolf(centred: Floats) -> float:
    from sklearn.covariance import ledoit_wolf_shrinkage

    return float(ledoit_wolf_shrinkage(centred, assume_centered=True))


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """``|m1 - m2|^2 + Tr(C1 + C2 - 2 sqrt(C1 C2))`` (Heusel et al. 2017; 3DWINN, table 3), not negative."""
    apart = float(((one.mean - other.mean) ** 2).sum())
    return max(apart + one.trace + other.trace - 2 * _root_trace(one, other), 0.0)


def _root_trace(one: Gaussian, other: Gaussian) -> float:
    """``Tr sqrt(C1 C2)``, in the space that the rows of both span: outside both are multiples of the identity."""
    from scipy.linalg import cholesky, eigvalsh, orth, svdvals

    if one.ridge == 0.0 and other.ridge == 0.0:  # the singular values of A1 A2^T are the roots of those of C1 C2
        return float(svdvals(one.rows @ other.rows.T).sum())
    if one.ridge == 0.0:
        one, other = other, one
    width = len(one.mean)
    left, right = one.rows, other.rows
    if len(left) + len(right) < width:
        basis = orth(np.concatenate([left, right]).T)
        left, right = left @ basis, right @ basis
    inside = left.shape[1]
    lower = cholesky(left.T @ left + one.ridge * np.eye(inside), lower=True)
    product = right @ lower
    values = eigvalsh(product.T @ product + other.ridge * (lower.T @ lower))
    outside = (width - inside) * np.sqrt(one.ridge * other.ridge)
    return float(np.sqrt(np.clip(values, 0.0, None)).sum() + outside)


@dataclass(frozen=True)
class Coverage:
    """``coverage``: share of the real shapes that are nearest to some sample; ``distance``: mean over real shapes of
    the distance to the nearest sample (minimum matching distance; Achlioptas et al. 2018)."""

    coverage: float
    distance: float


def coverage(distances: npt.ArrayLike) -> Coverage:
    """Measure distances ``[samples, real shapes]``."""
    d = np.asarray(distances, np.float64)
    return Coverage(len(np.unique(d.argmin(axis=1))) / d.shape[1], float(d.min(axis=0).mean()))


def iou_distances(made: npt.NDArray[np.bool_], real: npt.NDArray[np.bool_]) -> Floats:
    """``1 - IoU`` of occupancies ``[N, ...]`` and ``[M, ...]``, float64 ``[N, M]``; two empty ones are alike."""
    a, b = (part.reshape(len(part), -1).astype(np.float32) for part in (made, real))
    both: npt.NDArray[Any] = a @ b.T
    union = a.sum(axis=1)[:, None] + b.sum(axis=1)[None] - both
    return np.asarray(1 - np.where(union > 0, both / np.maximum(union, 1), 1.0), np.float64)
