"""Training options of the cross-domain encoder: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe, option

VOXEL_SIDE, IMAGE_SIDE = 4, 6
"""Sides of the last volume and of the last plane (paper, Table 1: 4^3 and 6^2)."""


@dataclass(frozen=True)
class TripletRecipe(Recipe):
    """Every option of the two channels, the loss and training ("Cross-domain Deep Encoding", sections 3 and 4)."""

    resolution: int = option(32, "Voxels along each side of the grid (paper: 96).", choices=(32, 64, 96))
    image_size: int = option(
        96,
        "Side of the square picture; six times the image entry divides it (paper: 486).",
        low=12,
        high=486,
        unit="px",
    )
    dimensions: int = option(128, "Length of an embedding (paper: 128).", low=2, high=1024)
    architecture: str = option(
        "3-conv-2-fc",
        "Units of two convolutions and a pool, and fully connected layers, in either channel (section 4.1).",
        choices=("1-conv-1-fc", "2-conv-1-fc", "3-conv-1-fc", "2-conv-2-fc", "3-conv-2-fc"),
    )
    entry: str = option(
        "fold",
        "How the side is reduced at first: mean pools (paper), or blocks folded into channels, which loses nothing.",
        choices=("fold", "pool"),
    )
    voxel_entry: int = option(4, "Voxels along the side of a block of the entry (paper: 3).", low=1, high=8)
    image_entry: int = option(4, "Pixels along the side of a block of the entry (paper: 3).", low=1, high=8)
    width: int = option(
        48, "Channels of the voxels' first convolution; each doubles them up to the widest (paper: 16).", low=4, high=64
    )
    image_width: int = option(48, "Channels of the pictures' first convolution (paper: 16).", low=4, high=64)
    widest: int = option(64, "Most channels of a convolution (paper: 128).", low=4, high=512)
    hidden: int = option(160, "Width of the first of two fully connected layers (paper: 4096).", low=4, high=8192)
    norm: str = option(
        "batch",
        "Batch norm after every convolution and layer norm before the last layer, or none (paper).",
        choices=("batch", "none"),
    )
    centred: bool = option(
        False, "Subtract the mean of each channel's embeddings, so that the two clouds lie on each other (paper: no)."
    )
    unit: bool = option(True, "Put embeddings on the unit sphere (paper: no).")
    sees_mask: bool = option(True, "Give the picture's mask to the network as a fourth channel (paper: no).")
    dropout: float = option(
        0.0,
        "Dropout before each fully connected layer (paper: 0); it hides what tells alike objects apart.",
        low=0.0,
        high=0.9,
    )
    loss: str = option(
        "npairs",
        "Triplet from voxels to pictures (paper, eq. 1), symmetric (triplets both ways), lifted structure (the paper's "
        "outlook), or n pairs: cross-entropy over the batch both ways.",
        choices=("npairs", "triplet", "symmetric", "lifted"),
    )
    margin: float = option(1.0, "Margin of triplets and of the lifted structure (paper: 1).", low=0.0, high=100.0)
    mining: str = option(
        "random",
        "Negatives of a triplet: one at random (paper), all, or those that are farther than the positive by less than "
        "the margin.",
        choices=("random", "all", "semihard"),
    )
    temperature: float = option(0.07, "Divides the cosines of the n pairs.", low=0.005, high=1.0)
    gap_weight: float = option(
        2.0, "Weight of the squared distance of the two clouds' centres in a batch (paper: 0).", low=0.0, high=1000.0
    )
    views_each: int = option(2, "Pictures of each shape in a batch (paper: 1).", low=1, high=8, unit="views")
    classes: tuple[str, ...] = option(("chair",), "Classes of the shapes; the network itself does not know them.")
    batch_size: int = option(64, "Shapes in a batch, each another object (paper: 24).", low=2, high=1024)
    batch_classes: int = option(
        4, "Classes that a batch draws its shapes from, so that it holds alike ones; 0: from all.", low=0, high=100
    )
    max_steps: int = option(3000, "Updates until the end of the learning-rate schedule.", low=1, high=10_000_000)
    learning_rate: float = option(1.5e-3, "Adam step size (paper: the usual 0.001).", low=0.0, high=1.0)
    beta1: float = option(0.9, "First Adam coefficient (paper: the usual 0.9).", low=0.0, high=0.999)
    weight_decay: float = option(0.02, "Decoupled weight decay (paper: 0).", low=0.0, high=1.0)
    schedule: str = option(
        "cosine", "Learning rate over time: constant (paper), or warm-up and cosine.", choices=("cosine", "constant")
    )
    warmup_steps: int = option(100, "Updates over which the cosine schedule rises.", low=0, high=100_000)
    ema: float = option(
        0.995, "Decay of the averaged weights that are exported; 0 exports the last weights.", low=0.0, high=0.9999
    )
    freeze: tuple[str, ...] = option((), "Channels that keep their weights.", choices=("voxels", "images"))
    mirror: bool = option(True, "Mirror half of the objects about x.")
    stretch: float = option(0.1, "Shrink single axes by up to this share.", low=0.0, high=0.5)
    model_rotation_deg: float = option(
        0.0, "Turn objects about the up axis by up to this angle.", low=0.0, high=180.0, unit="deg"
    )
    model_shift_voxels: int = option(0, "Shift objects by up to this many voxels.", low=0, high=8, unit="voxels")
    jitter: float = option(
        0.3, "Swap the colour channels of training views and change their colours by up to this share (paper: 0).",
        low=0.0, high=1.0,
    )  # fmt: skip
    keep_background: float = option(
        0.08, "Share of training views that keep their background (paper: 1).", low=0.0, high=1.0
    )
    view_pool: int = option(
        0, "Shapes whose views are drawn once and used again; 0 draws every view anew.", low=0, high=1_000_000
    )
    pool_views: int = option(6, "Views of each pooled shape.", low=1, high=64, unit="views")
    pool_life: int = option(
        0, "Steps after which a pooled shape makes room for another one; 0 keeps all.", low=0, high=10_000_000
    )
    precision: str = option(
        "bf16", "Arithmetic of the forward pass where the device has it.", choices=("bf16", "float32")
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, entry, last in (("resolution", "voxel_entry", VOXEL_SIDE), ("image_size", "image_entry", IMAGE_SIDE)):
            block = getattr(self, entry) * last
            if getattr(self, name) % block:
                raise BadInput(
                    f"The option {name!r} must be a multiple of {block} ({last} times {entry}), "
                    f"not {getattr(self, name)}."
                )

    @property
    def units(self) -> int:
        """Units of two convolutions and a pool."""
        return int(self.architecture[0])

    @property
    def layers(self) -> int:
        """Fully connected layers, the last one included."""
        return int(self.architecture.split("-")[2])
