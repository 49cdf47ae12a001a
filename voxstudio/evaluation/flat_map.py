"""A flat map of points of many dimensions: t-SNE, its UMAP-like end, or principal components.

t-SNE is openTSNE's, which can place new points into a map that stands (Policar et al., 2024). Its exaggeration leads
from t-SNE to what UMAP draws, at about 4 (Boehm, Berens and Kobak, Attraction-Repulsion Spectrum, 2022): so the
UMAP-like map needs no other library, and places new points and reports its progress in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.engine.family import Progress, quiet

Floats = npt.NDArray[np.float32]
METHODS = {"tsne": "t-SNE", "clusters": "UMAP-like", "pca": "PCA"}
LEAST = 5
"""Fewer points make no map."""
PERPLEXITY = 30
UMAP_LIKE = 4.0
EARLY, LATE = 250, 500
"""Iterations of openTSNE's own fit: first pulled together, then let go."""
EVERY = 25
"""Iterations between two pictures."""
SETTLING = 120
AROUND = 15
"""A new point begins amid so many of its nearest."""


@dataclass(frozen=True, eq=False)
class FlatMap:
    """``places``: float32 ``[N, 2]``, the whole map within [-1, 1]. ``method`` is one of :data:`METHODS`."""

    places: Floats
    method: str
    seed: int
    _fitted: Any
    _middle: Floats
    _reach: float
    dimensions: int

    @property
    def raw(self) -> npt.NDArray[np.float64]:
        """Places as the method itself has them, float64 ``[N, 2]``: what :func:`raised` takes."""
        return np.asarray(self.places, np.float64) * self._reach + self._middle

    def place(self, vectors: npt.ArrayLike) -> Floats:
        """Where new points ``[M, D]`` fall in this map, float32 ``[M, 2]``; nothing that stands is moved.

        Raises BadInput for points that are no numbers.
        """
        rows = np.atleast_2d(np.asarray(vectors, np.float32))
        _check_numbers(rows)
        if rows.shape[1] != self.dimensions:
            raise BadInput(
                f"What is placed has {rows.shape[1]} dimensions, the map's points {self.dimensions}: embed both with "
                "one checkpoint."
            )
        if self.method == "pca":
            found = self._fitted.transform(rows)
        else:
            part = self._fitted.prepare_partial(rows, initialization="median", k=AROUND, perplexity=5)
            start = np.array(part)
            exaggeration = UMAP_LIKE if self.method == "clusters" else None
            part.optimize(
                n_iter=SETTLING, learning_rate=0.1, max_grad_norm=0.25, exaggeration=exaggeration, n_jobs=1,
                negative_gradient_method="fft", inplace=True, callbacks=None,
            )  # fmt: skip
            found = np.where(np.isfinite(part), np.asarray(part), start)
        return np.asarray((found - self._middle) / self._reach, np.float32)


def flat_map(
    vectors: Floats, method: str = "tsne", seed: int = 0, progress: Progress = quiet,
    partial: Callable[[Floats], None] | None = None,
) -> FlatMap:  # fmt: skip
    """Map vectors float32 ``[N, D]``. The same arguments give the same map.

    ``progress`` may raise Cancelled; ``partial`` is handed the places so far, ten to thirty times. Raises BadInput for
    fewer than :data:`LEAST` points, for points that are all the same, and for what is not numbers.
    """
    check_mappable(vectors, method)
    progress(0.0, f"Drawing the map ({METHODS[method]})")
    rows = np.ascontiguousarray(vectors, np.float32)
    if method == "pca":
        from sklearn.decomposition import PCA

        fitted: Any = PCA(2, svd_solver="full" if min(rows.shape) < 500 else "covariance_eigh").fit(rows)
        raw = fitted.transform(rows)
    else:
        fitted = _tsne(rows, method, seed, progress, partial)
        fitted.prepare_interpolation_grid()  # for the points to come: it takes longer than placing one
        raw = np.asarray(fitted)
    places, middle, reach = _within(raw)
    progress(1.0, "The map is drawn")
    return FlatMap(places, method, seed, fitted, middle, reach, rows.shape[1])


def raised(
    vectors: Floats, raw: npt.NDArray[np.float64], method: str, seed: int, progress: Progress = quiet
) -> FlatMap:
    """A t-SNE map that was drawn before, from its ``raw`` places ``[N, 2]``: only what places new points is made."""
    import openTSNE
    from openTSNE.affinity import PerplexityBasedNN

    progress(0.2, "Opening the map")
    rows = np.ascontiguousarray(vectors, np.float32)
    perplexity = min(PERPLEXITY, (len(rows) - 1) / 3)
    near = PerplexityBasedNN(rows, perplexity=perplexity, n_jobs=_jobs(), random_state=seed)
    fitted = openTSNE.TSNEEmbedding(np.array(raw, np.float64), near, random_state=seed, n_jobs=_jobs())
    fitted.prepare_interpolation_grid()
    places, middle, reach = _within(np.asarray(fitted))
    progress(1.0, "The map is open")
    return FlatMap(places, method, seed, fitted, middle, reach, rows.shape[1])


def check_mappable(vectors: Floats, method: str = "tsne") -> None:
    """BadInput in one sentence if these vectors make no map."""
    if method not in METHODS:
        raise BadInput(f"A map is one of {', '.join(METHODS)}, not {method!r}.")
    if len(vectors) < LEAST:
        raise BadInput(f"A map needs at least {LEAST} points, and there are {len(vectors)}: take a larger collection.")
    _check_numbers(vectors)
    if bool((vectors == vectors[0]).all()):
        raise BadInput(
            f"All {len(vectors):,} embeddings are the same, so there is no map of them: the checkpoint that made them "
            "tells nothing apart."
        )


def _check_numbers(vectors: Floats) -> None:
    wrong = int((~np.isfinite(vectors)).any(axis=1).sum())
    if wrong:
        raise BadInput(f"{wrong:,} of {len(vectors):,} embeddings are not numbers: embed the collection again.")


def _tsne(rows: Floats, method: str, seed: int, progress: Progress, partial: Callable[[Floats], None] | None) -> Any:
    """openTSNE's fit, told of on its way."""
    import openTSNE

    phases = {"total": EARLY + LATE, "before": 0}

    def told(iteration: int, _: float, embedding: Any) -> None:
        done = phases["before"] + iteration
        if iteration == EARLY and not phases["before"]:
            phases["before"] = EARLY
        if partial is not None:
            partial(_within(np.asarray(embedding))[0])
        progress(0.1 + 0.9 * min(done / phases["total"], 1.0), "")

    fitting = openTSNE.TSNE(
        perplexity=min(PERPLEXITY, (len(rows) - 1) / 3), exaggeration=UMAP_LIKE if method == "clusters" else None,
        early_exaggeration_iter=EARLY, n_iter=LATE, random_state=seed, n_jobs=_jobs(),
        callbacks=told, callbacks_every_iters=EVERY,
    )  # fmt: skip
    return fitting.fit(rows)


def _jobs() -> int:
    """All cores but one where there are many: the window must stay awake."""
    cores = os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1


def _within(raw: npt.NDArray[Any]) -> tuple[Floats, Floats, float]:
    """Places moved and scaled, alike along both axes, so that they fit into [-1, 1]; the middle and the scale."""
    low, high = raw.min(axis=0), raw.max(axis=0)
    middle = ((low + high) / 2).astype(np.float32)
    reach = float(max((high - low).max() / 2, 1e-12))
    return ((raw - middle) / reach).astype(np.float32), middle, reach
