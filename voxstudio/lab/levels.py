"""The threshold of a generator: drawn shapes fill as much of the cube as the shapes that it learnt from.

A generator that is unsure of a thin leg gives it a probability of a third everywhere, and at 0.5 the leg is missing.
Matching the volume puts such parts back without making the others fat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from voxstudio.data.grids import resized
from voxstudio.data.shape_store import Shapes
from voxstudio.engine.checkpoint import open_model, read_card, write_card
from voxstudio.lab.opening import model_class

DRAWN = 96
LEARNT = 192
LOWEST, HIGHEST = 0.2, 0.5


def level_by_fill(
    folder: Path, stores: Sequence[tuple[Shapes, float]], device: str = "auto", temperature: float = 1.0
) -> float:
    """Set the card's ``iso_level`` in [0.2, 0.5] so that drawn shapes fill as many voxels as training shapes do.

    ``stores``: shapes and their weights in training. ``temperature`` of the noise that is drawn goes into the card's
    ``network`` first. Returns the level, a multiple of 0.01; the card's ``training`` tells it with both fills.
    """
    if temperature != 1.0:
        card = read_card(folder)
        write_card(folder, replace(card, network={**card.network, "temperature": temperature}))
    model = open_model(folder, model_class, device)
    whole = sum(weight for _, weight in stores)
    wanted = 0.0
    for shapes, weight in stores:
        learnt = shapes.indices("train")
        chosen = learnt[np.linspace(0, len(learnt) - 1, min(LEARNT, len(learnt))).astype(int)]
        fills = [resized(shapes.occupancy(int(k)), model.card.resolution).mean() for k in chosen]
        wanted += weight / whole * float(np.mean(fills))
    drawn = [model.decode(model.draw(seed)).values for seed in range(DRAWN)]
    values = np.stack(drawn).astype(np.float32)
    level = float(np.clip(np.quantile(values, 1 - wanted), LOWEST, HIGHEST))
    level = round(level, 2)
    card = read_card(folder)
    told = {"threshold": level, "fill": round(float((values > level).mean()), 4), "fill_learnt": round(wanted, 4)}
    write_card(folder, replace(card, iso_level=level, training={**card.training, "calibration": told}))
    return level
