"""Bench rows of the map: drawing it, placing a photo into it, searching in it, moving it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from voxstudio.lab.bench_rows import Row, row, side_by_side
from voxstudio.lab.bench_window import probe, screen

POINTS, MANY, DIMENSIONS = 5000, 100_000, 128
CLASSES = 12
NEAREST = 10


def vectors(count: int, seed: int = 0) -> Any:
    """Points of some classes, float32 ``[count, 128]``."""
    rng = np.random.default_rng(seed)
    middles = 1.5 * rng.normal(size=(CLASSES, DIMENSIONS))
    rows = middles[np.arange(count) % CLASSES] + rng.normal(size=(count, DIMENSIONS))
    return rows.astype(np.float32)


def mapping() -> list[Row]:
    """Every row of the map."""
    found, drawn, library = _drawing()
    placed = _placing(found)
    searched, plain = _searching()
    with screen() as environment:
        moved = probe(environment, "map")["frames_per_s"] if environment is not None else None
    return [
        row("map.tsne_5000", drawn, "ms", library, "ratio <= 1.3"),
        row("map.place_image", placed, "ms", None, "value <= 300"),
        row("map.search_100000", searched, "ms", plain, "value <= 20"),
        row("map.pan_20000", moved, "1/s", None, "value >= 30"),
    ]


def _drawing() -> tuple[Any, float, float]:
    """Our map of 5,000 points with its progress and live pictures, and the library's own call, one after the other."""
    import openTSNE

    from voxstudio.evaluation.flat_map import _jobs, flat_map

    rows = vectors(POINTS)
    flat_map(rows[:500])  # what is loaded and compiled once is no part of either
    pictures: list[Any] = []
    found, ours = _timed(lambda: flat_map(rows, "tsne", 0, partial=pictures.append))
    _, theirs = _timed(lambda: openTSNE.TSNE(random_state=0, n_jobs=_jobs()).fit(rows))
    return found, ours, theirs


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    value = work()
    return value, (time.perf_counter() - begun) * 1000.0


def _placing(found: Any) -> float:
    """From a photo's file to its place and its nearest, with the compact encoder; nobody trained this one."""
    from voxstudio.core.paths import shipped
    from voxstudio.evaluation.neighbours import Neighbours
    from voxstudio.lab.map_search import read_query

    model = untrained_embedder()
    index = Neighbours(vectors(POINTS))
    photo = shipped("resources") / "samples" / "chair-1.png"

    def place() -> None:
        query = read_query(model, photo)
        wide = np.resize(query.vector, DIMENSIONS)
        found.place(wide)
        index.nearest(wide, NEAREST)

    return side_by_side(place, _nothing, 3.0)[0]


def _nothing() -> None:
    """No baseline."""


def untrained_embedder() -> Any:
    """The cross-domain encoder of the compact recipe with random weights: its time depends on its sizes."""
    import torch

    from voxstudio.core.card import Card
    from voxstudio.families.triplet.model import TripletModel
    from voxstudio.families.triplet.networks import CrossDomain
    from voxstudio.lab.training import make_recipe

    recipe: Any = make_recipe("triplet")
    torch.manual_seed(0)
    tensors = {k: v for k, v in CrossDomain(recipe).state_dict().items() if "num_batches" not in k}
    card = Card("untrained", "triplet", "", "", recipe.resolution, 0.5, (), {"recipe": recipe.to_json()})
    return TripletModel(card, tensors, "cpu")


def _searching() -> tuple[float, float]:
    """The ten nearest of 100,000, and the matrix product alone that nobody can do without."""
    from voxstudio.evaluation.neighbours import Neighbours

    rows = vectors(MANY)
    index, query = Neighbours(rows), vectors(1, 5)[0]
    return side_by_side(lambda: index.nearest(query, NEAREST), lambda: rows @ query)
