"""Training options of the reference network: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.recipe import Recipe, option


@dataclass(frozen=True)
class ReferenceRecipe(Recipe):
    """Every option of network, loss and training."""

    resolution: int = option(
        32, "Voxels along each side; of 32 the network sees the inner 30, as in the paper.", choices=(30, 32)
    )
    classes: tuple[str, ...] = option(("chair",), "Classes that are told apart.")
    widths: tuple[int, ...] = option(
        (24, 64, 512), "Channels of the three blocks of convolutions (paper: 48, 160, 512).", low=4, high=1024
    )
    micro_layers: int = option(1, "Convolutions of one voxel in each block (paper: 2).", low=0, high=4)
    hidden: tuple[int, ...] = option(
        (), "Widths of full layers between features and classes (paper: 2048, 2048).", low=8, high=8192
    )
    dropout: float = option(0.5, "Share of the values that is left out before each full layer.", low=0.0, high=0.9)
    part_weight: float = option(
        0.3, "Weight of the loss of telling the class from each eighth of the features alone.", low=0.0, high=10.0
    )
    label_smoothing: float = option(0.1, "Share of the target that all classes get (paper: 0).", low=0.0, high=0.5)
    batch_size: int = option(32, "Objects in a batch (paper: 64).", low=2, high=512)
    max_steps: int = option(9600, "Updates until the end of the learning-rate schedule.", low=1, high=10_000_000)
    learning_rate: float = option(2e-3, "Greatest step size of AdamW.", low=0.0, high=1.0)
    rise: float = option(0.2, "Share of the updates over which the step size rises to that.", low=0.0, high=1.0)
    beta1: float = option(0.9, "First coefficient of AdamW.", low=0.0, high=0.999)
    weight_decay: float = option(0.05, "Decay of the weights.", low=0.0, high=1.0)
    mirror: bool = option(True, "Mirror half of the objects about x.")
    stretch: float = option(0.15, "Shrink single axes by up to this share.", low=0.0, high=0.5)
    model_rotation_deg: float = option(
        0.0, "Turn objects about the up axis by up to this angle.", low=0.0, high=180.0, unit="deg"
    )
    model_shift_voxels: int = option(2, "Shift objects by up to this many voxels.", low=0, high=8, unit="voxels")
    shape_pool: int = option(
        0, "Changed shapes that are made once and used again; 0 makes every one anew.", low=0, high=1_000_000
    )
    precision: str = option(
        "bf16", "Arithmetic of the forward pass where the device has it.", choices=("bf16", "float32")
    )
