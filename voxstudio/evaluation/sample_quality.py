"""Are samples shapes, and do they differ? Dust, empty or full samples, diversity against the training set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voxstudio.evaluation.metrics import diversity, largest_component_share

Grids = npt.NDArray[np.bool_]
EMPTY, FULL = 1e-4, 0.9
"""A sample that fills less or more of its cube is no shape."""


@dataclass(frozen=True)
class SampleQuality:
    """``largest_component``: median over samples of the share of volume in the largest 26-connected component (empty
    samples count as 0); ``empty_or_full``: share of samples that are; ``diversity``: mean pairwise IoU distance;
    ``diversity_ratio``: over that of the training shapes (0 if there were none to compare with)."""

    largest_component: float
    empty_or_full: float
    diversity: float
    diversity_ratio: float
    samples: int
    training_shapes: int


def sample_quality(samples: Grids, training: Grids | None = None) -> SampleQuality:
    """Judge samples bool ``[N, R, R, R]``; ``training`` shapes have the same resolution, about as many are enough."""
    filled = samples.reshape(len(samples), -1).mean(axis=1)
    shares = [largest_component_share(sample) for sample in samples]
    mine = diversity(samples) if len(samples) > 1 else 0.0
    theirs = diversity(training) if training is not None and len(training) > 1 else 0.0
    return SampleQuality(
        float(np.median(shares)),
        float(np.mean((filled < EMPTY) | (filled > FULL))),
        mine,
        mine / theirs if theirs else 0.0,
        len(samples),
        0 if training is None else len(training),
    )
