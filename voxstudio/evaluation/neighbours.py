"""Exact nearest neighbours by euclidean distance: one matrix product in float32, then the best few measured again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput

Floats = npt.NDArray[np.float32]
SPARE = 8
"""So many more than asked for are measured again: the fast distances are rounded."""


class Found(NamedTuple):
    """Indices int64 ``[k]`` and distances float32 ``[k]``, the nearest first."""

    indices: npt.NDArray[np.int64]
    distances: Floats


class Neighbours:
    """An index of vectors float32 ``[N, D]``: nothing is approximated, so nothing has to be built."""

    def __init__(self, vectors: Floats) -> None:
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        self._lengths = np.einsum("nd,nd->n", self.vectors, self.vectors)

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(self, query: npt.ArrayLike, count: int, among: npt.NDArray[np.bool_] | None = None) -> Found:
        """The ``count`` nearest of all, or of those that ``among`` (bool ``[N]``) marks; fewer if there are fewer.

        Equal distances are ordered by index. Raises BadInput for a query of another length or that is not numbers.
        """
        wanted = np.asarray(query, np.float32).ravel()
        if len(wanted) != self.vectors.shape[1]:
            raise BadInput(
                f"What is looked for has {len(wanted)} dimensions, the collection {self.vectors.shape[1]}: embed both "
                "with one checkpoint."
            )
        if not np.isfinite(wanted).all():
            raise BadInput("What is looked for has no place among the others: its embedding is not a number.")
        rough = self._lengths - 2.0 * (self.vectors @ wanted)
        if among is not None:
            rough = np.where(among, rough, np.inf)
        some = int(among.sum()) if among is not None else len(rough)
        many = min(count + SPARE, some)
        if many < len(rough):
            few = np.argpartition(rough, many - 1)[:many] if many else np.zeros(0, np.int64)
        else:
            few = np.arange(len(rough))
        few = np.sort(few)  # so that a stable order by distance is one by index among equals
        exact = np.linalg.norm(self.vectors[few] - wanted, axis=1)
        order = np.argsort(exact, kind="stable")[: min(count, some)]
        return Found(few[order].astype(np.int64), exact[order].astype(np.float32))
