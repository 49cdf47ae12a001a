"""The record of the 3D-VAE-GAN."""

from __future__ import annotations

from voxstudio.engine.family import Family

PAPER = {
    "encoder": "paper",
    "image_size": 256,
    "latent_size": 200,
    "width": 512,
    "latent_hidden": 0,
    "batch_size": 20,
    "resolution": 32,
    "learning_rate_g": 0.0025,
    "learning_rate_d": 1e-5,
    "learning_rate_e": 1e-4,
    "beta1": 0.5,
    "weight_decay": 0.0,
    "schedule": "constant",
    "gan_loss": "minimax",
    "adversarial_weight": 1.0,
    "kl_weight": 3.0,
    "reconstruction": "sse",
    "reconstruction_weight": 1.0,
    "dice_weight": 0.0,
    "ssim_weight": 0.0,
    "soft_labels": True,
    "dropout_g": (0.2, 0.1),
    "dropout_d": (0.6, 0.4),
    "image_rotation_deg": 8.0,
    "image_shift": 0.05,
    "model_rotation_deg": 8.0,
    "model_shift_voxels": 2,
    "stretch": 0.0,
    "mirror": False,
    "view_counts": (5,),
    "ema": 0.0,
    "refine_to": 0,
}

GUIDED = {
    "image_size": 96,
    "batch_size": 32,
    "view_counts": (1, 2, 3),
    "view_pool": 10000,
    "keep_background": 0.08,
    "dice_weight": 5.0,
    "kl_weight": 0.001,
    "ssim_weight": 1.0,
    "guide_steps": 4000,
    "learning_rate_g": 0.0015,
    "learning_rate_e": 0.0015,
}
"""What the shipped checkpoints arrived at in stages, as one run; start here for weights of your own."""

FINE_TUNE = {
    "batch_size": 16,
    "view_counts": (1, 2, 3),
    "view_pool": 800,
    "max_steps": 600,
    "warmup_steps": 20,
    "guide_steps": 0,
    "coarse_steps": 0,
    "accumulate": 1,
    "learning_rate_g": 3e-4,
    "learning_rate_e": 1e-4,
    "ema": 0.98,
    "freeze": ("fusion",),
}
"""What changes when a shipped checkpoint learns a person's own shapes."""

FAMILY = Family(
    key="vae_gan3d",
    title="3D-VAE-GAN",
    citation="GAN architectures for 3D Models (report), sections 2.4 to 2.6; after Wu et al., NeurIPS 2016",
    summary="One or many pictures of an object become voxels; conditional models also make objects from noise.",
    recipe="voxstudio.families.vae_gan3d.recipe:VaeGanRecipe",
    model="voxstudio.families.vae_gan3d.model:open_model",
    trainer="voxstudio.families.vae_gan3d.trainer:VaeGanTrainer",
    protocol="voxstudio.families.vae_gan3d.protocol:evaluate",
    capabilities=("reconstruct", "generate"),
    guesser="voxstudio.families.vae_gan3d.guess:GUESSER",
    presets={
        "compact": {},
        "guided": GUIDED,
        "guided-64": {**GUIDED, "resolution": 64, "coarse_steps": 2400, "kl_weight": 0.0015, "view_pool": 12000},
        "fine-tune": FINE_TUNE,
        "paper": PAPER,
        "paper-64": {
            **PAPER,
            "resolution": 64,
            "batch_size": 10,
            "dropout_g": (0.0, 0.0),
            "dropout_d": (0.0, 0.0),
        },
        "paper-original-weights": {
            **PAPER,
            "kl_weight": 5.0,
            "reconstruction_weight": 1e-4,
        },
    },
    smallest={
        "width": 16,
        "encoder_width": 8,
        "latent_size": 16,
        "image_size": 64,
        "batch_size": 2,
        "view_counts": (2,),
    },
)
