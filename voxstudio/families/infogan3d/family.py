"""The record of the 3DInfoGAN."""

from __future__ import annotations

from voxstudio.engine.family import Family
from voxstudio.engine.volume_presets import COMPACT_32, FINE_TUNE, PAPER_GAME, SMALLEST

PAPER = {
    **PAPER_GAME,
    "noise_size": 128,
    "categorical_codes": 3,
    "categories": 20,
    "continuous_codes": 1,
    "batch_size": 64,
    "learning_rate_g": 2e-4,
    "learning_rate_d": 2e-5,
    "information_weight": 1.0,
    "d_accuracy_limit": 1.0,
    "cluster_weight": 0.0,
    "shape_limit_weight": 1.0,
}

FAMILY = Family(
    key="infogan3d",
    title="3DInfoGAN",
    citation="3DInfoGAN: 3D Models' Reconstruction in InfoGANs",
    summary="Shapes from noise and from codes that mean something: a slider or a choice for each.",
    recipe="voxstudio.families.infogan3d.recipe:InfoGanRecipe",
    model="voxstudio.families.infogan3d.model:open_model",
    trainer="voxstudio.families.infogan3d.trainer:build_trainer",
    protocol="voxstudio.evaluation.generator_protocol:evaluate_generator",
    capabilities=("generate",),
    guesser="voxstudio.families.infogan3d.guess:GUESSER",
    presets={
        "compact": {},
        "compact-32": COMPACT_32,
        "fine-tune": FINE_TUNE,
        "paper": PAPER,
        "paper-two-continuous": {**PAPER, "categories": 10, "continuous_codes": 2},
        "paper-continuous-only": {**PAPER, "categorical_codes": 0},
        "paper-discrete-only": {**PAPER, "continuous_codes": 0},
        "paper-no-shape-limit": {**PAPER, "shape_limit_weight": 0.0},
    },
    smallest={
        **SMALLEST,
        "categories": 3,
        "continuous_codes": 2,
        "shape_limit_weight": 0.1,
    },
)
