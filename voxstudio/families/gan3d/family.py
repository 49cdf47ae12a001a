"""The record of the 3D-GAN."""

from __future__ import annotations

from voxstudio.engine.family import Family
from voxstudio.engine.volume_presets import COMPACT_32, FINE_TUNE, PAPER_GAME, SMALLEST

PAPER = {
    **PAPER_GAME,
    "noise_size": 200,
    "batch_size": 100,
    "learning_rate_g": 0.0025,
    "learning_rate_d": 1e-5,
    "beta1": 0.5,
    "gan_loss": "minimax",
    "soft_labels": False,
    "d_accuracy_limit": 0.8,
}

FAMILY = Family(
    key="gan3d",
    title="3D-GAN",
    citation="GAN architectures for 3D Models (report), section 2; after Wu et al., NeurIPS 2016",
    summary="Shapes from noise: a generator and a discriminator of voxels, led by an autoencoder at first.",
    recipe="voxstudio.families.gan3d.recipe:Gan3dRecipe",
    model="voxstudio.families.gan3d.model:open_model",
    trainer="voxstudio.families.gan3d.trainer:build_trainer",
    protocol="voxstudio.evaluation.generator_protocol:evaluate_generator",
    capabilities=("generate",),
    guesser="voxstudio.families.gan3d.guess:GUESSER",
    presets={
        "compact": {},
        "compact-32": COMPACT_32,
        "fine-tune": FINE_TUNE,
        "paper": PAPER,
        "paper-32": {**PAPER, "resolution": 32},
    },
    smallest=SMALLEST,
)
