"""Training options of the enhancer GAN: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.recipe import option
from voxstudio.engine.volume_recipe import VolumeGanRecipe


@dataclass(frozen=True)
class EnhancerRecipe(VolumeGanRecipe):
    """Every option of the two games, of pictures and of shapes, and of the bridge between them."""

    noise: str = option("uniform", "Distribution of the noise (paper: uniform).", choices=("normal", "uniform"))
    width: int = option(
        96, "Channels of the generator of shapes at 4^3; the bridge carries 64 times as many values (paper: 512).",
        low=16, high=512,
    )  # fmt: skip
    generator_updates: int = option(2, "Updates of the generators for each of the discriminators (paper: 2).", low=1,
                                    high=8)  # fmt: skip
    shape_pool: int = option(
        3000, "Changed shapes whose picture is drawn once and used again; 0 draws every one anew.", low=0,
        high=1_000_000,
    )  # fmt: skip
    bridge: str = option(
        "1", "Layer of the picture generator that the shapes grow from, or none: no enhancer (paper: 1).",
        choices=("1", "2", "3", "none"),
    )  # fmt: skip
    image_size: int = option(128, "Side of the pictures (paper: 128).", choices=(32, 64, 128), unit="px")
    image_width: int = option(
        48, "Channels of the picture generator behind the bridge; each layer halves them (paper: 1024).", low=8,
        high=1024,
    )  # fmt: skip
    image_d_width: int = option(
        16, "Channels after the picture discriminator's first convolution, doubled at each step (paper: 64).", low=4,
        high=128,
    )  # fmt: skip
    viewpoints: int = option(
        1, "Viewpoints on a ring around the object, of which each picture takes one (paper: 23).", low=1, high=36,
        unit="views",
    )  # fmt: skip
    image_adversarial_weight: float = option(
        0.1, "Weight of the pictures' adversarial term (paper: 1).", low=0.0, high=100.0
    )
    image_reconstruction_weight: float = option(
        4.0, "Weight of the squared difference to the pictures of encoded shapes (paper: 0).", low=0.0, high=100.0
    )
    learning_rate_image_d: float = option(
        2e-4, "Adam step size of the picture discriminator (paper: 2e-4).", low=0.0, high=1.0
    )
