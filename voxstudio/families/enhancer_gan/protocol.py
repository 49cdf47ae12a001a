"""How an enhancer GAN is measured: its samples, and the features of DM by SVM and retrieval (enhancer GAN, tables)."""

from __future__ import annotations

from typing import Any

from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.evaluation.generator_protocol import GeneratorData, evaluate_generator


def evaluate(model: LatentSpace, data: GeneratorData, progress: Progress = quiet) -> dict[str, Any]:
    """All figures that the data allow; see :mod:`voxstudio.evaluation.generator_protocol`."""
    return evaluate_generator(model, data, progress)
