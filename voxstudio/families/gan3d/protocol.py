"""How a 3D-GAN is measured: its samples, and what it predicts of held-out shapes (3D-GAN, tables 1 and 3)."""

from __future__ import annotations

from typing import Any

from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.evaluation.generator_protocol import GeneratorData, evaluate_generator


def evaluate(model: LatentSpace, data: GeneratorData, progress: Progress = quiet) -> dict[str, Any]:
    """All figures that the data allow; see :mod:`voxstudio.evaluation.generator_protocol`."""
    return evaluate_generator(model, data, progress)
