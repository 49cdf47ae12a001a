"""The record of the 3D-GAN."""

from __future__ import annotations

from voxstudio.engine.family import Family

PAPER = {
    "noise_size": 200,
    "width": 512,
    "refine_to": 0,
    "entry_width": 0,
    "d_width": 64,
    "batch_size": 100,
    "lead_steps": 0,
    "coarse_steps": 0,
    "d_warmup_steps": 0,
    "learning_rate_g": 0.0025,
    "learning_rate_d": 1e-5,
    "beta1": 0.5,
    "schedule": "constant",
    "ema": 0.0,
    "gan_loss": "minimax",
    "adversarial_weight": 1.0,
    "soft_labels": False,
    "d_accuracy_limit": 0.8,
    "instance_noise": 0.0,
    "sharpness": 1.0,
    "keep_reconstruction": 0.0,
    "mirror": False,
    "stretch": 0.0,
}

FAMILY = Family(
    key="gan3d",
    title="3D-GAN",
    citation="GAN architectures for 3D Models (report), section 2; after Wu et al., NeurIPS 2016",
    summary="Shapes from noise: a generator and a discriminator of voxels, led by an autoencoder at first.",
    recipe="voxstudio.families.gan3d.recipe:Gan3dRecipe",
    model="voxstudio.families.gan3d.model:open_model",
    trainer="voxstudio.families.gan3d.trainer:build_trainer",
    protocol="voxstudio.families.gan3d.protocol:evaluate",
    capabilities=("generate",),
    guesser="voxstudio.families.gan3d.guess:GUESSER",
    presets={
        "compact": {},
        "compact-32": {"resolution": 32, "coarse_steps": 0, "batch_size": 32},
        "paper": PAPER,
        "paper-32": {**PAPER, "resolution": 32},
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
    },
)
