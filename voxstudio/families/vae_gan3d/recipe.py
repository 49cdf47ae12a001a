"""Training options of the 3D-VAE-GAN: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.recipe import Recipe, option


@dataclass(frozen=True)
class VaeGanRecipe(Recipe):
    """Every option of networks, losses and training ("GAN architectures for 3D Models", 2.4 to 2.6)."""

    resolution: int = option(32, "Voxels along each side of the grid.", choices=(32, 64))
    image_size: int = option(128, "Side of the square picture the encoder sees.", low=64, high=256, unit="px")
    latent_size: int = option(128, "Length of the latent vector z (paper: 200).", low=8, high=512)
    encoder: str = option(
        "compact",
        "Image encoder: the paper's five convolutions, the simplified form of 2.6.3, or the compact residual one.",
        choices=("compact", "paper", "simplified"),
    )
    encoder_width: int = option(32, "Channels after the compact encoder's first convolution.", low=8, high=128)
    width: int = option(
        128,
        "Channels of the generator at 4^3; each doubling of the side halves or narrows them (paper: 512).",
        low=16,
        high=512,
    )
    latent_hidden: int = option(
        0,
        "Width of a bottleneck between z and the first volume; 0 connects them directly as the paper does.",
        low=0,
        high=512,
    )
    entry_rank: int = option(
        0, "Rank of the weights between z and the first volume; 0 leaves it free (paper).", low=0, high=512
    )
    refine_to: int = option(
        16,
        "Add a residual 3^3 convolution to up-convolutions that end at this side or below (paper: 0).",
        low=0,
        high=64,
    )
    conditional: bool = option(False, "Give generator and discriminator the class by a pointwise product (2.6.8).")
    classes: tuple[str, ...] = option(("chair",), "Classes to learn; several need conditional.")
    fusions: tuple[str, ...] = option(
        ("mean", "max", "lstm"),
        "Ways of joining views; one is drawn for each batch (2.6.10).",
        choices=("mean", "max", "lstm"),
    )
    view_counts: tuple[int, ...] = option(
        (1, 1, 2, 3, 5), "Numbers of views; one is drawn for each batch (report: 5).", low=1, high=24, unit="views"
    )
    batch_size: int = option(32, "Objects in a batch (report: 20, 10 at 64^3).", low=1, high=512)
    accumulate: int = option(1, "Batches whose gradients are summed for one update.", low=1, high=64)
    freeze: tuple[str, ...] = option(
        (), "Parts that keep their weights, for fine-tuning.", choices=("encoder", "fusion", "generator")
    )
    max_steps: int = option(20000, "Updates until the end of the learning-rate schedule.", low=1, high=10_000_000)
    coarse_steps: int = option(
        0,
        "Updates at half the resolution before the last stage joins: shapes are learnt faster there.",
        low=0,
        high=10_000_000,
    )
    guide_steps: int = option(
        0,
        "Updates in which a voxel encoder leads: G learns from its codes, E learns to find them.",
        low=0,
        high=10_000_000,
    )
    guide_share: float = option(
        0.25, "Share of a guided batch that is decoded; all of it teaches the image encoder.", low=0.01, high=1.0
    )
    guide_weight: float = option(20.0, "Weight of the distance to the voxel encoder's codes.", low=0.0, high=1e4)
    learning_rate_g: float = option(1e-3, "Adam step size of the generator (report: 0.0025).", low=0.0, high=1.0)
    learning_rate_e: float = option(1e-3, "Adam step size of the encoder (report: 1e-4).", low=0.0, high=1.0)
    learning_rate_d: float = option(1e-5, "Adam step size of the discriminator (report: 1e-5).", low=0.0, high=1.0)
    beta1: float = option(0.9, "First Adam coefficient of E and G (report: 0.5); D keeps 0.5.", low=0.0, high=0.999)
    weight_decay: float = option(0.02, "Decoupled weight decay of E and G (report: 0).", low=0.0, high=1.0)
    schedule: str = option(
        "cosine", "Learning rate over time: constant, or warm-up and cosine to zero.", choices=("cosine", "constant")
    )
    warmup_steps: int = option(200, "Updates over which the cosine schedule rises.", low=0, high=100_000)
    ema: float = option(
        0.998, "Decay of the averaged weights that are exported; 0 exports the last weights.", low=0.0, high=0.9999
    )
    reconstruction: str = option(
        "bce",
        "Reconstruction term: sum of squared differences per object (paper) or mean cross-entropy.",
        choices=("bce", "sse"),
    )
    reconstruction_weight: float = option(
        1.0, "Weight of the reconstruction term (paper: 1e-4; report: 1).", low=0.0, high=1e4
    )
    positive_weight: float = option(1.0, "Weight of occupied voxels in the cross-entropy.", low=0.1, high=20.0)
    dice_weight: float = option(
        0.5, "Weight of the soft Dice term, close to IoU (not in the paper).", low=0.0, high=100.0
    )
    ssim_weight: float = option(0.0, "Weight of 1 - SSIM3D in the losses of E and G (2.6.5).", low=0.0, high=100.0)
    kl_weight: float = option(
        2e-4, "Weight of the KL term, averaged over views (paper: 5; report: 3).", low=0.0, high=100.0
    )
    adversarial_weight: float = option(
        0.0, "Weight of the adversarial term; 0 trains without a discriminator.", low=0.0, high=100.0
    )
    adversarial_after: int = option(0, "Updates before the adversarial term sets in.", low=0, high=10_000_000)
    gan_loss: str = option(
        "non-saturating",
        "Generator's adversarial term: the paper's log(1 - D) or the non-saturating -log D.",
        choices=("non-saturating", "minimax"),
    )
    soft_labels: bool = option(True, "Real targets from U[0.7, 1.2], fake ones from U[0, 0.3].")
    d_accuracy_limit: float = option(
        0.8, "The discriminator rests while its last accuracy is above this.", low=0.0, high=1.0
    )
    dropout_g: tuple[float, ...] = option(
        (0.0, 0.0), "Dropout3d in G: first layer, others (report: 0.2, 0.1; 0 at 64^3).", low=0.0, high=0.9
    )
    dropout_d: tuple[float, ...] = option(
        (0.0, 0.0), "Dropout3d in D: first layer, others (report: 0.6, 0.4; 0 at 64^3).", low=0.0, high=0.9
    )
    d_width: int = option(32, "Channels after the discriminator's first convolution (paper: 64).", low=8, high=128)
    mirror: bool = option(True, "Mirror half of the objects about x.")
    stretch: float = option(0.15, "Shrink single axes by up to this share.", low=0.0, high=0.5)
    model_rotation_deg: float = option(
        0.0, "Turn objects about the up axis by up to this angle (report: 8).", low=0.0, high=180.0, unit="deg"
    )
    model_shift_voxels: int = option(
        0, "Shift objects by up to this many voxels (report: 2).", low=0, high=8, unit="voxels"
    )
    image_rotation_deg: float = option(
        0.0, "Turn pictures by up to this angle (report: 8).", low=0.0, high=45.0, unit="deg"
    )
    image_shift: float = option(
        0.0, "Shift pictures by up to this share of their side (report: 0.05).", low=0.0, high=0.5
    )
    keep_background: float = option(0.12, "Share of training views that keep their background.", low=0.0, high=1.0)
    view_pool: int = option(
        0, "Changed shapes whose views are drawn once and used again; 0 draws every view anew.", low=0, high=1_000_000
    )
    precision: str = option(
        "bf16", "Arithmetic of the forward pass where the device has it.", choices=("bf16", "float32")
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder == "paper" and self.image_size != 256:
            from voxstudio.core.errors import BadInput

            raise BadInput(
                f"The paper's encoder needs image_size 256 (its kernels leave no other), not {self.image_size}."
            )
