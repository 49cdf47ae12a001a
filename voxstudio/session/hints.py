"""What a person should know about a shape before trusting it: one quiet sentence, or none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import HARDLY_ANY, NO_OBJECT, View

UNSURE = "Very unsure of this shape: try more photos, clearer ones, or another model."
DOUBT = 0.45
"""From this doubt on the hint is given. Samples of the classes that a shipped model knows measure 0.05 to 0.3, cars and
sofas given to the chair model 0.47 to 0.68. A network may also be sure and wrong, of a landscape for example."""


def doubt(grid: VoxelGrid) -> float:
    """How unsure a grid is, 0 to 1: the sum of min(p, 1 - p) as a share of the sum of p. 1 without any p."""
    total = float(grid.values.sum())
    return float(np.minimum(grid.values, 1.0 - grid.values).sum()) / total if total > 0.0 else 1.0


def hint(grid: VoxelGrid, views: Sequence[View]) -> str:
    """The sentence for a shape that was reconstructed from ``views``, empty if all is well."""
    empty = [view for view in views if view.note in (NO_OBJECT, HARDLY_ANY)]
    if empty:
        return empty[0].note if len(views) == 1 else f"{empty[0].name}: {empty[0].note}"
    return UNSURE if views and doubt(grid) > DOUBT else ""
