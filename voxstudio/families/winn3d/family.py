"""The record of 3DWINN."""

from __future__ import annotations

from voxstudio.engine.family import Family

PAPER = {
    "cascades": (32, 32, 32, 32),
    "cascade_steps": (10_000,),
    "max_steps": 40_000,
    "stem": "paper",
    "activation": "leaky",
    "penalty": "length",
    "game_steps": 10_000_000,
    "beta1": 0.0,
    "beta2": 0.9,
    "schedule": "constant",
    "ema": 0.0,
    "ascent": "adam",
    "cascade_noise": 0.0,
    "centre": "batch",
    "batch_size": 64,
    "learning_rate": 1e-4,
    "penalty_share": 1.0,
    "drift_weight": 0.0,
    "critic_updates": 3,
    "soften": 0.0,
    "instance_noise": 0.0,
    "pool": 5000,
    "ascent_rate": 0.005,
    "ascent_beta1": 0.8,
    "ascent_beta2": 0.0,
    "annealing": 1.0,
    "ascent_noise": 0.0,
    "ascent_steps": 20,
    "chain_steps": 400,
    "keep_iterations": 10,
}
PLAIN = {
    "objective": "plain",
    "activation": "leaky",
    "dropout": 0.5,
    "label_smoothing": 0.05,
    "schedule": "cosine",
    "learning_rate": 1e-3,
    "beta1": 0.9,
    "beta2": 0.99,
    "weight_decay": 0.02,
    "ema": 0.998,
    "instance_noise": 0.05,
    "max_steps": 4000,
}

FAMILY = Family(
    key="winn3d",
    title="3DWINN",
    citation="3D Volumetric Modeling with Introspective Neural Networks (AAAI 2019)",
    summary="One network that classifies shapes and, climbing its own score from noise, makes them.",
    recipe="voxstudio.families.winn3d.recipe:WinnRecipe",
    model="voxstudio.families.winn3d.model:open_model",
    trainer="voxstudio.families.winn3d.trainer:build_trainer",
    protocol="voxstudio.evaluation.classifier_protocol:evaluate_classifier",
    capabilities=("synthesize", "classify"),
    narrowed={"objective": {"unsupervised": ("synthesize",), "plain": ("classify",)}},
    held_out="accuracy",
    presets={
        "compact": {},
        "supervised": {
            "objective": "supervised", "learning_rate": 1e-4, "label_smoothing": 0.05, "dropout": 0.5,
            "activation": "leaky",
        },
        "plain": PLAIN,
        "paper": PAPER,
        "paper-supervised": {
            **PAPER, "objective": "supervised", "learning_rate": 2e-5, "batch_size": 32, "ascent_rate": 0.002,
            "ascent_beta1": 0.0, "ascent_beta2": 0.9,
        },
        "paper-baseline": {**PLAIN, "stem": "paper", "centre": "batch", "dropout": 0.0, "label_smoothing": 0.0},
    },
    smallest={
        "resolution": 16, "cascades": (8, 16), "cascade_steps": (2,), "max_steps": 4, "width": 2, "batch_size": 4,
        "pool": 8, "ascent_steps": 2, "chain_steps": 4, "game_steps": 1,
    },
)  # fmt: skip
