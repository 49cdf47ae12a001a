"""Walking in the empty space of a map: the codes of the nearest points, mixed by how near they are.

t-SNE has no inverse. What is decoded is no shape that the map foresees at a place; it is a mixture of its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import Embedded
from voxstudio.core.latent import CodeSpec, Latent

AROUND = 5


class Mixture(NamedTuple):
    """A latent, and the points it is mixed of with their shares (together 1), the nearest first."""

    latent: Latent
    indices: tuple[int, ...]
    shares: tuple[float, ...]


def mixed(
    there: Embedded, places: npt.NDArray[np.float32], place: tuple[float, float], layout: Sequence[CodeSpec],
    around: int = AROUND,
) -> Mixture | None:  # fmt: skip
    """Mix the codes of the points nearest to ``place`` on the map; None if no point has a code.

    On a point it is exactly that point's code, and it changes without a jump in between: shares fall with the square
    of the distance and vanish at the first point that is left out (modified Shepard interpolation; Franke and Nielson,
    1980). Only points of the nearest one's class are mixed, so that a generator of several classes knows what to make.
    Gaussian codes keep their usual length, choices are made, uniform codes stay in their bounds.
    """
    from voxstudio.engine.latent_space import brought_inside, columns, decided, unflat

    if there.codes is None:
        return None
    coded = np.flatnonzero(np.isfinite(there.codes).all(axis=1))
    if not len(coded):
        return None
    away = np.linalg.norm(places[coded] - np.asarray(place, np.float32), axis=1)
    label = there.labels[coded[int(away.argmin())]]
    same = there.labels[coded] == label
    coded, away = coded[same], away[same]
    order = np.argsort(away, kind="stable")[: around + 1]
    rim = float(away[order[-1]]) * (1.0 + 1e-3) if len(order) > around else float(away[order[-1]]) * 2.0 + 1e-9
    order = order[:around]
    near = np.maximum(away[order].astype(np.float64), 1e-9)
    weights = (np.maximum(rim - near, 0.0) / (rim * near)) ** 2
    shares = weights / max(float(weights.sum()), 1e-300)
    if not np.isfinite(shares).all() or shares.sum() <= 0.0:
        shares = np.eye(len(order))[0]
    codes = there.codes[coded[order]]
    vector = (shares[:, None] * codes).sum(axis=0).astype(np.float32)
    for spec, where in zip(layout, columns(layout).values(), strict=True):
        if spec.kind == "gaussian":
            usual = float((shares * np.linalg.norm(codes[:, where], axis=1)).sum())
            vector[where] *= np.float32(usual / max(float(np.linalg.norm(vector[where])), 1e-9))
    latent = unflat(brought_inside(decided(vector, layout), layout), layout)
    return Mixture(latent, tuple(coded[order].tolist()), tuple(shares.tolist()))
