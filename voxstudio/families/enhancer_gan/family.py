"""The record of the enhancer GAN."""

from __future__ import annotations

from voxstudio.engine.family import Family

PAPER = {
    "noise_size": 100,
    "width": 512,
    "refine_to": 0,
    "entry_width": 0,
    "d_width": 64,
    "image_width": 1024,
    "image_d_width": 64,
    "viewpoints": 23,
    "batch_size": 64,
    "lead_steps": 0,
    "coarse_steps": 0,
    "d_warmup_steps": 0,
    "learning_rate_g": 2e-4,
    "learning_rate_d": 2e-4,
    "learning_rate_image_d": 2e-4,
    "schedule": "constant",
    "ema": 0.0,
    "gan_loss": "minimax",
    "adversarial_weight": 1.0,
    "image_adversarial_weight": 1.0,
    "image_reconstruction_weight": 0.0,
    "soft_labels": False,
    "d_accuracy_limit": 1.0,
    "instance_noise": 0.0,
    "sharpness": 1.0,
    "keep_reconstruction": 0.0,
    "mirror": False,
    "stretch": 0.0,
}

FAMILY = Family(
    key="enhancer_gan",
    title="Enhancer GAN",
    citation="image-enhancer-driven 3D GAN",
    summary="Shapes from noise by way of a picture generator's features; the imagined picture is shown beside.",
    recipe="voxstudio.families.enhancer_gan.recipe:EnhancerRecipe",
    model="voxstudio.families.enhancer_gan.model:open_model",
    trainer="voxstudio.families.enhancer_gan.trainer:EnhancerTrainer",
    protocol="voxstudio.families.enhancer_gan.protocol:evaluate",
    capabilities=("generate",),
    guesser="voxstudio.families.enhancer_gan.guess:GUESSER",
    presets={
        "compact": {},
        "compact-32": {"resolution": 32, "coarse_steps": 0, "batch_size": 32, "image_size": 64},
        "no-enhancer": {"bridge": "none"},
        "paper": PAPER,
        "paper-layer-2": {**PAPER, "bridge": "2"},
        "paper-layer-3": {**PAPER, "bridge": "3"},
        "paper-no-enhancer": {**PAPER, "bridge": "none"},
    },
    smallest={
        "resolution": 32,
        "noise_size": 8,
        "width": 16,
        "d_width": 4,
        "entry_width": 8,
        "batch_size": 2,
        "lead_steps": 2,
        "coarse_steps": 1,
        "max_steps": 4,
        "image_size": 32,
        "image_width": 8,
        "image_d_width": 4,
        "shape_pool": 4,
    },  # fmt: skip
)
