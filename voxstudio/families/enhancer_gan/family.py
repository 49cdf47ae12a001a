"""The record of the enhancer GAN."""

from __future__ import annotations

from voxstudio.engine.family import Family
from voxstudio.engine.volume_presets import COMPACT_32, FINE_TUNE, PAPER_GAME, SMALLEST

PAPER = {
    **PAPER_GAME,
    "noise_size": 100,
    "image_width": 1024,
    "image_d_width": 64,
    "viewpoints": 23,
    "batch_size": 64,
    "learning_rate_g": 2e-4,
    "learning_rate_d": 2e-4,
    "learning_rate_image_d": 2e-4,
    "gan_loss": "minimax",
    "image_adversarial_weight": 1.0,
    "image_reconstruction_weight": 0.0,
    "soft_labels": False,
    "d_accuracy_limit": 1.0,
}

FAMILY = Family(
    key="enhancer_gan",
    title="Enhancer GAN",
    citation="image-enhancer-driven 3D GAN",
    summary="Shapes from noise by way of a picture generator's features; the imagined picture is shown beside.",
    recipe="voxstudio.families.enhancer_gan.recipe:EnhancerRecipe",
    model="voxstudio.families.enhancer_gan.model:open_model",
    trainer="voxstudio.families.enhancer_gan.trainer:build_trainer",
    protocol="voxstudio.evaluation.generator_protocol:evaluate_generator",
    capabilities=("generate",),
    guesser="voxstudio.families.enhancer_gan.guess:GUESSER",
    presets={
        "compact": {},
        "compact-32": {**COMPACT_32, "image_size": 64},
        "no-enhancer": {"bridge": "none"},
        "fine-tune": FINE_TUNE,
        "paper": PAPER,
        "paper-layer-2": {**PAPER, "bridge": "2"},
        "paper-layer-3": {**PAPER, "bridge": "3"},
        "paper-no-enhancer": {**PAPER, "bridge": "none"},
    },
    smallest={
        **SMALLEST,
        "image_size": 32,
        "image_width": 8,
        "image_d_width": 4,
        "shape_pool": 4,
    },
)
