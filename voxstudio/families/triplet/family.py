"""The record of the cross-domain triplet encoder."""

from __future__ import annotations

from voxstudio.engine.family import Family

PAPER = {
    "resolution": 96,
    "image_size": 486,
    "architecture": "2-conv-2-fc",
    "entry": "pool",
    "voxel_entry": 3,
    "image_entry": 3,
    "width": 16,
    "image_width": 16,
    "widest": 128,
    "hidden": 4096,
    "norm": "none",
    "centred": False,
    "unit": False,
    "sees_mask": False,
    "dropout": 0.0,
    "loss": "triplet",
    "gap_weight": 0.0,
    "views_each": 1,
    "batch_size": 24,
    "batch_classes": 0,
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "schedule": "constant",
    "ema": 0.0,
    "mirror": False,
    "stretch": 0.0,
    "jitter": 0.0,
    "keep_background": 1.0,
    "max_steps": 20000,
}
"""Table 1 and section 4: 96^3 voxels and 486 x 486 pictures over random backgrounds, plain triplets."""

FAMILY = Family(
    key="triplet",
    title="Cross-domain triplet encoder",
    citation="Ji and Wang, Cross-domain Deep Encoding for 3D Voxels and 2D Images (Stanford University, report)",
    summary="Shapes and pictures of shapes become points of one space, in which near means alike.",
    recipe="voxstudio.families.triplet.recipe:TripletRecipe",
    model="voxstudio.families.triplet.model:TripletModel",
    trainer="voxstudio.families.triplet.trainer:TripletTrainer",
    protocol="voxstudio.evaluation.cross_domain:evaluate_embedder",
    capabilities=("embed",),
    held_out="recall@1",
    presets={
        "compact": {},
        "cars": {"classes": ("car",), "batch_classes": 0, "view_pool": 1500},
        "paper": PAPER,
        "paper-lifted": {**PAPER, "loss": "lifted"},
        "paper-symmetric": {**PAPER, "loss": "symmetric", "mining": "semihard"},
    },
    smallest={
        "image_size": 24,
        "image_entry": 2,
        "width": 4,
        "image_width": 4,
        "widest": 8,
        "hidden": 8,
        "dimensions": 8,
        "batch_size": 2,
        "batch_classes": 0,
        "max_steps": 4,
    },
)
