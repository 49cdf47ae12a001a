"""Retrieval: how well distances between features bring objects of one class together (3D ShapeNets, 6.2; enhancer GAN).

Every test object is a query; all other test objects are ordered by euclidean distance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxstudio.evaluation.linear_svm import Features, Labels, Values, grams, squared_lengths

RECALLS = np.linspace(0.0, 1.0, 101)
STRIDE = 5
TITLE = "Retrieval, ModelNet10 test set"


@dataclass(frozen=True, eq=False)
class Retrieval:
    """``map``: mean over queries of the average precision. ``precision[k]`` belongs to ``recall[k]``: the mean over
    queries of the interpolated precision (the greatest at this recall or a higher one). ``by_class`` is the mean
    average precision of each class's queries; NaN for a class that occurs fewer than twice."""

    map: float
    recall: Values
    precision: Values
    by_class: tuple[float, ...]
    queries: int


def retrieval(features: Features, labels: npt.ArrayLike, unit: bool = False) -> Retrieval:
    """Measure features ``[N, F]`` of objects with labels ``[N]``; ``unit`` scales every row to length 1 first."""
    return of_distances(distances(features, unit), np.asarray(labels, np.int64))


def distances(features: Features, unit: bool = False) -> Values:
    """Squared euclidean distances ``[N, N]``."""
    gram = grams(features, features[:0])[0]
    if unit:
        lengths = np.sqrt(np.maximum(squared_lengths(features), 1e-12))
        gram /= lengths[:, None] * lengths[None]
    own = np.diag(gram)
    return np.asarray(np.clip(own[:, None] + own[None] - 2 * gram, 0.0, None))


def of_distances(squared: Values, labels: Labels) -> Retrieval:
    """Measure any order: ``squared`` ``[N, N]``, small is near. An object alone in its class is no query."""
    order = np.argsort(squared + np.diag(np.full(len(squared), np.inf)), axis=1, kind="stable")[:, :-1]
    same = labels[order] == labels[:, None]
    asked = same.any(axis=1)
    averages, curves = np.zeros(len(labels)), np.zeros((len(labels), len(RECALLS)))
    for i in np.flatnonzero(asked):
        ranks = np.flatnonzero(same[i]) + 1
        precision = np.arange(1, len(ranks) + 1) / ranks
        averages[i] = precision.mean()
        best = np.maximum.accumulate(precision[::-1])[::-1]
        # Recall r needs the first ceil(r n) objects of the class.
        curves[i] = best[np.maximum(np.ceil(RECALLS * len(ranks) - 1e-9).astype(int) - 1, 0)]
    by_class = tuple(
        float(averages[(labels == k) & asked].mean()) if ((labels == k) & asked).any() else float("nan")
        for k in range(int(labels.max(initial=-1)) + 1)
    )
    count = int(asked.sum())
    mean = float(averages[asked].mean()) if count else 0.0
    return Retrieval(mean, RECALLS, curves[asked].mean(axis=0) if count else curves.sum(axis=0), by_class, count)


def in_figures(found: Retrieval) -> list[float]:
    """Precision at recalls 0, 0.05, ... 1, for a card: :func:`draw_figures` draws it again."""
    return [round(float(value), 4) for value in found.precision[::STRIDE]]


def draw_curves(curves: Mapping[str, Retrieval], path: Path, title: str = TITLE) -> Path:
    """Draw precision over recall of several features as PNG; CannotWrite if the disk refuses. The same bytes twice."""
    return _drawn({name: (found.map, found.recall, found.precision) for name, found in curves.items()}, path, title)


def draw_figures(curves: Mapping[str, tuple[float, Sequence[float]]], path: Path, title: str = TITLE) -> Path:
    """:func:`draw_curves` from the mean average precision and the figures of :func:`in_figures`."""
    rows = {name: (mean, RECALLS[::STRIDE], np.asarray(values)) for name, (mean, values) in curves.items()}
    return _drawn(rows, path, title)


def _drawn(rows: Mapping[str, tuple[float, Values, Values]], path: Path, title: str) -> Path:
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from voxstudio.engine.checkpoint import write_atomically

    figure = Figure(figsize=(6.4, 4.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, (mean, recall, precision) in rows.items():
        axes.plot(recall, precision, label=f"{name}: mAP {100 * mean:.1f} %")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision", title=title)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomically(path, buffer.getvalue())
    return path
