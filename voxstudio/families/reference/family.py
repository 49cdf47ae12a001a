"""The record of the reference network."""

from __future__ import annotations

from voxstudio.engine.family import Family

FAMILY = Family(
    key="reference",
    title="Reference network",
    citation="Qi et al., Volumetric and Multi-View CNNs for Object Classification on 3D Data, CVPR 2016",
    summary="Tells classes of voxel shapes apart; its features and answers are behind the scores of made shapes.",
    recipe="voxstudio.families.reference.recipe:ReferenceRecipe",
    model="voxstudio.families.reference.model:ReferenceModel",
    trainer="voxstudio.families.reference.trainer:ReferenceTrainer",
    protocol="voxstudio.evaluation.classifier_protocol:evaluate_classifier",
    capabilities=("classify",),
    held_out="accuracy",
    presets={
        "compact": {},
        "paper": {
            "resolution": 30, "widths": (48, 160, 512), "micro_layers": 2, "hidden": (2048, 2048), "part_weight": 1.0,
            "label_smoothing": 0.0, "batch_size": 64,
        },
    },
    smallest={"widths": (4, 4, 8), "batch_size": 2, "max_steps": 4},
)  # fmt: skip
