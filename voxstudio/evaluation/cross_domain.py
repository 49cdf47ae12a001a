"""How a cross-domain encoder is measured: pictures find shapes, shapes find pictures, and the two clouds lie together.

After "Cross-domain Deep Encoding", section 4.2 and Figure 5; recall and gap are this project's own figures for what the
paper tells in words (its voxels lay "quite far away from images clusters").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.engine.family import Embedder, Progress, Views, quiet

Vectors = npt.NDArray[np.float32]
RANKS = (1, 5)


@dataclass(frozen=True, eq=False)
class Pairs:
    """What an encoder is measured on.

    grids: bool ``[N, R, R, R]``. views: uint8 ``[N, S, S, 4]``, one of each object, background removed exactly.
    rough: as ``views``, with kept backgrounds and faulty masks; may be empty. many, many_of: pictures ``[M, S, S, 4]``
    of a few objects and whose they are (Figure 5: 300 of 10). words: what was used.
    """

    grids: npt.NDArray[np.bool_]
    views: Views
    rough: Views
    many: Views
    many_of: npt.NDArray[np.int64]
    words: Mapping[str, Any] = field(default_factory=dict)


def evaluate_embedder(model: Embedder, data: Mapping[str, Pairs], progress: Progress = quiet) -> dict[str, Any]:
    """Figures of every part of ``data``, whose key (``""`` or ``"_real"``) ends their names; ``measured``: on what."""
    found: dict[str, Any] = {"measured": {"dimensions": model.dimensions}}
    for place, (suffix, pairs) in enumerate(data.items()):
        progress(place / len(data), "Embedding shapes and pictures")
        for key, value in measure_pairs(model, pairs).items():
            found[key + suffix] = value
        found["measured"] |= {key + suffix: value for key, value in pairs.words.items()}
    progress(1.0, "Embedded")
    return found


def measure_pairs(model: Embedder, pairs: Pairs) -> dict[str, float]:
    """Recalls both ways, ``modality_gap``, and ``silhouette`` of Figure 5, rounded."""
    shapes, images = model.embed_voxels(pairs.grids), model.embed_images(pairs.views)
    found = {f"recall{k}_image_to_shape": recall(images, shapes, k) for k in RANKS}
    found |= {f"recall{k}_shape_to_image": recall(shapes, images, k) for k in RANKS}
    found["modality_gap"] = modality_gap(images, shapes)
    if len(pairs.many):
        found["silhouette"] = silhouette(model.embed_images(pairs.many), pairs.many_of)
    if len(pairs.rough):
        rough = model.embed_images(pairs.rough)
        found |= {f"recall{k}_image_to_shape_rough": recall(rough, shapes, k) for k in RANKS}
    return {key: round(value, 4) for key, value in found.items()}


def recall(queries: Vectors, answers: Vectors, count: int) -> float:
    """Share of queries ``[N, D]`` whose own answer, the row of the same number, is among the ``count`` nearest.

    Answers at the very same distance as the own one count as nearer, so that a constant finds nothing.
    """
    return float((ranks(queries, answers) < count).mean())


def ranks(queries: Vectors, answers: Vectors) -> npt.NDArray[np.int64]:
    """How many other answers are at least as near to each query as its own, int64 ``[N]``."""
    near = squared_distances(queries, answers)
    return np.asarray((near <= np.diag(near)[:, None]).sum(axis=1) - 1)


def squared_distances(a: Vectors, b: Vectors) -> npt.NDArray[np.float64]:
    """``[N, M]``, in float64: recall must not hang on a rounding."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    return np.asarray(np.maximum((x**2).sum(1)[:, None] + (y**2).sum(1)[None] - 2 * x @ y.T, 0.0))


def modality_gap(images: Vectors, shapes: Vectors) -> float:
    """Distance of the two clouds' centres over their spread.

    The spread is the root of the mean, over both clouds, of the mean square distance to the own centre. Infinite for
    clouds of one point each that lie apart.
    """
    centres = [cloud.mean(axis=0, dtype=np.float64) for cloud in (images, shapes)]
    squares = [((cloud - c) ** 2).sum(axis=1).mean() for cloud, c in zip((images, shapes), centres, strict=True)]
    apart, spread = float(np.linalg.norm(centres[0] - centres[1])), float(np.sqrt(np.mean(squares)))
    return apart / spread if spread else (float("inf") if apart else 0.0)


def silhouette(vectors: Vectors, objects: npt.NDArray[np.int64]) -> float:
    """Mean silhouette of points ``[M, D]`` with the objects as clusters; 1 is apart, 0 is mixed."""
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(vectors, objects))
