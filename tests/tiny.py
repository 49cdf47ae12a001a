"""A checkpoint that took two steps of training: real files, made in seconds. It has learned nothing."""

from __future__ import annotations

from pathlib import Path

from voxstudio.families import family
from voxstudio.lab.training import train

SMALL = {
    "image_size": 64, "encoder_width": 8, "width": 16, "latent_size": 16, "latent_hidden": 0, "batch_size": 2,
    "d_width": 8, "view_counts": (1, 2),
}


def tiny_checkpoint(folder: Path, **changes: object) -> Path:
    """Train the smallest useful 3D-VAE-GAN for two steps into ``folder``."""
    recipe = family("vae_gan3d").recipe_class()().changed(**{**SMALL, **changes})
    return train("vae_gan3d", folder, recipe, max_steps=2, device="cpu", workers=0)
