"""Options that the presets of the generators of shapes from codes share; plain data, cheap to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAPER_GAME: Mapping[str, Any] = {
    "width": 512,
    "refine_to": 0,
    "entry_width": 0,
    "d_width": 64,
    "lead_steps": 0,
    "coarse_steps": 0,
    "d_warmup_steps": 0,
    "schedule": "constant",
    "ema": 0.0,
    "adversarial_weight": 1.0,
    "instance_noise": 0.0,
    "sharpness": 1.0,
    "keep_reconstruction": 0.0,
    "mirror": False,
    "stretch": 0.0,
}
"""What 3D-GAN, 3DInfoGAN and the enhancer GAN have in common as published: full width and nothing but the game."""

COMPACT_32: Mapping[str, Any] = {"resolution": 32, "coarse_steps": 0, "batch_size": 32}
"""The compact recipe at half the resolution."""

SMALLEST: Mapping[str, Any] = {
    "resolution": 32,
    "noise_size": 8,
    "width": 16,
    "d_width": 4,
    "entry_width": 8,
    "batch_size": 2,
    "lead_steps": 2,
    "coarse_steps": 1,
    "max_steps": 4,
}
"""A network and a run of seconds that still pass through every phase."""

FINE_TUNE: Mapping[str, Any] = {
    "batch_size": 16,
    "coarse_steps": 0,
    "lead_steps": 400,
    "max_steps": 450,
    "warmup_steps": 20,
    "d_warmup_steps": 50,
    "learning_rate_lead": 4e-4,
    "ema": 0.98,
    "accumulate": 1,
    "freeze": (),
}
"""What changes when a shipped checkpoint learns a person's own shapes: a short lead, then a little of the game."""
