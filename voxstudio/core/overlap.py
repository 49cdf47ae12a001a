"""How far two shapes cover each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def iou(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> float:
    """Intersection over union of two occupancies of any equal shape; 1 if both are empty."""
    union = int(np.count_nonzero(a | b))
    return int(np.count_nonzero(a & b)) / union if union else 1.0
