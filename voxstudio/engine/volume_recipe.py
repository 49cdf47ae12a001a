"""Options that the generators of shapes from codes share; each family's recipe adds its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voxstudio.core.recipe import Recipe, option


@dataclass(frozen=True)
class VolumeGanRecipe(Recipe):
    """Networks, game and training of a volumetric GAN (3D-GAN, section 2, and what came after it)."""

    conditional: ClassVar[bool] = False

    resolution: int = option(64, "Voxels along each side of the grid.", choices=(32, 64))
    classes: tuple[str, ...] = option(("chair",), "Classes of the shapes that are learnt; the label is not used.")
    noise_size: int = option(64, "Length of the noise vector (3D-GAN: 200, 3DInfoGAN: 128).", low=2, high=512)
    noise: str = option("normal", "Distribution of the noise.", choices=("normal", "uniform"))
    width: int = option(
        128, "Channels of the generator at 4^3; each doubling of the side halves them (paper: 512).", low=16, high=512
    )
    refine_to: int = option(
        16, "Add a residual 3^3 convolution to up-convolutions that end at this side or below (paper: 0).",
        low=0, high=64,
    )  # fmt: skip
    entry_width: int = option(
        128, "Hidden width of the flow that carries noise to the places of encoded shapes; 0 keeps it linear.",
        low=0, high=1024,
    )  # fmt: skip
    d_width: int = option(
        12, "Channels after the discriminator's first convolution, doubled at each step (paper: 64).", low=4, high=128
    )
    trunk_layers: int = option(4, "Convolutions of the discriminator's trunk.", choices=(4, 5))
    d_norm: str = option("batch", "Normalisation in the discriminator.", choices=("batch", "none"))
    spectral_norm: bool = option(False, "Divide the discriminator's weights by their largest singular value.")
    batch_size: int = option(16, "Objects in a batch (3D-GAN: 100, enhancer GAN: 64).", low=2, high=512)
    accumulate: int = option(1, "Batches whose gradients are summed for one update.", low=1, high=64)
    freeze: tuple[str, ...] = option(
        (), "Parts that keep their weights, for fine-tuning: the generator behind its first layer, the trunk.",
        choices=("generator", "discriminator"),
    )  # fmt: skip
    max_steps: int = option(9000, "Updates until the end of the learning-rate schedule.", low=1, high=10_000_000)
    lead_steps: int = option(
        5000,
        "Updates in which the discriminator's trunk first learns to encode shapes and G to decode them (papers: 0).",
        low=0, high=10_000_000,
    )  # fmt: skip
    coarse_steps: int = option(
        4000, "Updates at half the resolution before the last stage joins: shapes are learnt faster there.",
        low=0, high=10_000_000,
    )  # fmt: skip
    d_warmup_steps: int = option(
        300, "Updates after the lead over which G's adversarial term grows to its weight.", low=0, high=10_000_000
    )
    learning_rate_lead: float = option(1.5e-3, "Adam step size of G and trunk while encoding leads.", low=0.0, high=1.0)
    learning_rate_g: float = option(4e-4, "Adam step size of the generator (3D-GAN: 0.0025).", low=0.0, high=1.0)
    learning_rate_d: float = option(2e-4, "Adam step size of the discriminator (3D-GAN: 1e-5).", low=0.0, high=1.0)
    beta1: float = option(0.5, "First Adam coefficient of the game (papers: 0.5).", low=0.0, high=0.999)
    schedule: str = option(
        "cosine", "Learning rate over time: constant, or warm-up and cosine to zero.", choices=("cosine", "constant")
    )
    warmup_steps: int = option(100, "Updates over which the cosine schedule rises.", low=0, high=100_000)
    generator_updates: int = option(1, "Updates of the generator for each of the discriminator.", low=1, high=8)
    ema: float = option(
        0.998, "Decay of the averaged generator that is exported; 0 exports the last weights.", low=0.0, high=0.9999
    )
    gan_loss: str = option(
        "non-saturating", "Adversarial loss: the papers' minimax, non-saturating, hinge, or Wasserstein.",
        choices=("minimax", "non-saturating", "hinge", "wasserstein"),
    )  # fmt: skip
    adversarial_weight: float = option(
        0.1, "Weight of the adversarial term in G's loss (papers: 1).", low=0.0, high=100.0
    )
    soft_labels: bool = option(True, "Real targets from U[0.7, 1.2], fake ones from U[0, 0.3].")
    d_accuracy_limit: float = option(
        0.9, "The discriminator rests while its last accuracy is not below this (3D-GAN: 0.8).", low=0.0, high=1.0
    )
    penalty: str = option(
        "none", "Penalty on the discriminator's gradient: none, R1 at real samples, or WGAN-GP.",
        choices=("none", "r1", "gradient"),
    )  # fmt: skip
    penalty_weight: float = option(10.0, "Weight of that penalty.", low=0.0, high=1000.0)
    penalty_every: int = option(4, "Updates between two penalties, whose weight grows alike.", low=1, high=64)
    instance_noise: float = option(
        0.1, "Gaussian noise on what the discriminator sees, falling to zero at the end (papers: 0).", low=0.0, high=1.0
    )
    sharpness: float = option(
        2.0, "Factor on G's logits before the discriminator sees them, so that softness does not tell (papers: 1).",
        low=0.1, high=10.0,
    )  # fmt: skip
    keep_reconstruction: float = option(
        1.0, "Weight of the reconstruction of encoded shapes while the game is played (papers: 0).", low=0.0, high=100.0
    )
    dice_weight: float = option(5.0, "Weight of the soft Dice term in the reconstruction.", low=0.0, high=100.0)
    kl_weight: float = option(0.004, "Weight of the KL term of encoded noise.", low=0.0, high=100.0)
    mask_share: float = option(
        0.0, "Share of its blocks that every second led shape hides from the encoder, for features that say more.",
        low=0.0, high=0.9,
    )  # fmt: skip
    mirror: bool = option(True, "Mirror half of the objects about x.")
    stretch: float = option(0.12, "Shrink single axes by up to this share.", low=0.0, high=0.5)
    model_rotation_deg: float = option(
        0.0, "Turn objects about the up axis by up to this angle.", low=0.0, high=180.0, unit="deg"
    )
    model_shift_voxels: int = option(0, "Shift objects by up to this many voxels.", low=0, high=8, unit="voxels")
    shape_pool: int = option(
        0, "Changed shapes that are made once and used again; 0 makes every one anew.", low=0, high=1_000_000
    )
    keep_discriminator: bool = option(
        True, "Export the discriminator too: shape features, nearest neighbours and the start of an inversion."
    )
    precision: str = option(
        "bf16", "Arithmetic of the forward pass where the device has it.", choices=("bf16", "float32")
    )
