"""Training options of 3DWINN: the defaults are the compact recipe; ``family.py`` has the paper's."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.recipe import Recipe, option


@dataclass(frozen=True)
class WinnRecipe(Recipe):
    """Network, classification steps, synthesis steps and cascades."""

    @property
    def conditional(self) -> bool:
        """Whether labels are learnt."""
        return self.objective != "unsupervised"

    objective: str = option(
        "unsupervised",
        "What is learnt: shapes without labels, labels and shapes (eq. 3), or labels alone (the paper's baseline).",
        choices=("unsupervised", "supervised", "plain"),
    )
    resolution: int = option(32, "Voxels along each side of the grid.", choices=(16, 32, 64))
    classes: tuple[str, ...] = option(("chair",), "Classes of the shapes that are learnt.")
    cascades: tuple[int, ...] = option(
        (16, 32), "Resolution of each cascade; each starts from what the one before it made (paper: 32 in all).",
        choices=(8, 16, 32, 64),
    )  # fmt: skip
    cascade_steps: tuple[int, ...] = option(
        (1500, 1500), "Updates of each cascade; the last number holds for all that follow.", low=1, high=10_000_000
    )
    max_steps: int = option(3000, "Updates in all.", low=1, high=10_000_000)
    width: int = option(16, "Channels of the first convolution; doubled at each step (paper: 16).", low=2, high=64)
    coarse_width: int = option(
        0, "The same of all cascades but the last; 0: as wide as that (paper).", low=0, high=64
    )
    critic: str = option(
        "score", "What is climbed in networks that tell no labels (all, or the coarse ones): a score alone (paper), or "
        "an autoencoder's, which is how well it makes a volume again.",
        choices=("score", "autoencoder"),
    )  # fmt: skip
    stem: str = option(
        "strided", "The two convolutions at full resolution: the paper's, or one of stride 2 in a quarter of the time.",
        choices=("paper", "strided"),
    )  # fmt: skip
    activation: str = option(
        "silu", "Bend after each convolution: smooth, so that the gradient is, or the paper's leaky one.",
        choices=("silu", "leaky"),
    )  # fmt: skip
    dropout: float = option(0.0, "Share of the last features that are left out in training.", low=0.0, high=0.9)
    centre: str = option(
        "training", "Mean that is taken from the volumes: the training set's, or each mini-batch's (paper).",
        choices=("training", "batch"),
    )  # fmt: skip
    batch_size: int = option(32, "Training shapes in a batch, beside as many pseudo-negatives (paper: 64).", low=2,
                             high=512)  # fmt: skip
    learning_rate: float = option(2e-3, "Adam step size (paper: 1e-4, supervised 2e-5).", low=0.0, high=1.0)
    beta1: float = option(0.9, "First Adam coefficient (paper: 0).", low=0.0, high=0.999)
    beta2: float = option(0.99, "Second Adam coefficient (paper: 0.9).", low=0.0, high=0.9999)
    weight_decay: float = option(0.0, "Decay of the weights (paper: 0).", low=0.0, high=1.0)
    schedule: str = option(
        "cosine", "Learning rate over a cascade: constant, or warm-up and cosine to zero.",
        choices=("constant", "cosine"),
    )  # fmt: skip
    ema: float = option(
        0.99, "Decay of the averaged weights that are exported; 0 exports the last.", low=0.0, high=0.9999
    )
    label_smoothing: float = option(0.0, "Share of the target that is spread over all classes.", low=0.0, high=0.5)
    alpha: float = option(
        0.1, "Weight of the Wasserstein terms beside the cross-entropy (eq. 3; not printed).", low=0.0, high=100.0
    )
    penalty: str = option(
        "directed",
        "Penalty on the score's gradient: its length is 1 (paper), or it leads from noise to the training shape.",
        choices=("length", "directed"),
    )
    game_steps: int = option(
        60, "Updates at the end of each cascade that learn from pseudo-negatives; before, only the penalty is learnt "
        "(paper: all).", low=0, high=10_000_000,
    )  # fmt: skip
    penalty_weight: float = option(10.0, "Weight of the gradient penalty (paper: 10).", low=0.0, high=1000.0)
    penalty_share: float = option(
        1.0, "Share of the batch that the last cascade's gradient penalty is taken from (paper: 1).", low=0.01, high=1.0
    )
    drift_weight: float = option(0.0, "Weight of the mean squared score, which keeps it bounded (paper: 0).", low=0.0,
                                 high=1.0)  # fmt: skip
    critic_updates: int = option(1, "Classifier updates after each synthesis.", low=1, high=100)
    history_share: float = option(
        0.5, "Share of the pseudo-negatives that are finished ones of earlier steps.", low=0.0, high=1.0
    )
    soften: float = option(
        0.0, "Weight of each neighbour in a blur of training shapes: binary edges would give them away (paper: 0).",
        low=0.0, high=0.33,
    )  # fmt: skip
    instance_noise: float = option(0.0, "Gaussian noise on what the classifier sees (paper: 0).", low=0.0, high=1.0)
    pool: int = option(128, "Chains that climb, each a little at every update; 0 climbs whole chains anew.", low=0,
                       high=1_000_000)  # fmt: skip
    pool_place: str = option("memory", "Where the chains lie.", choices=("memory", "disk"))
    ascent_steps: int = option(10, "Steps that each chain of a batch climbs at an update.", low=1, high=1000)
    chain_steps: int = option(
        80, "Steps after which a chain has ended: what it takes from noise to a shape, in each cascade.", low=1,
        high=100_000,
    )  # fmt: skip
    ascent: str = option("langevin", "How chains climb: Adam on the voxels (as trained), or Langevin (eq. 2).",
                         choices=("adam", "langevin"))  # fmt: skip
    ascent_rate: float = option(
        0.1, "Step size of the ascent; volumes run from -1 to 1 (paper: 0.005, supervised 0.002).", low=0.0, high=10.0
    )
    ascent_beta1: float = option(0.5, "First Adam coefficient of the ascent (paper: 0.8).", low=0.0, high=0.999)
    ascent_beta2: float = option(0.9, "Second Adam coefficient of the ascent (paper: 0).", low=0.0, high=0.9999)
    annealing: float = option(1.0, "Factor on the step size after each step.", low=0.5, high=1.0)
    ascent_noise: float = option(0.0, "Noise of the ascent: shares of a step, or of N(0, eps).", low=0.0, high=10.0)
    clip: bool = option(False, "Keep volumes within the range of the data.")
    cascade_noise: float = option(
        0.5, "Noise on what a cascade takes over from the one before (paper: 0).", low=0.0, high=10.0
    )
    keep_iterations: int = option(
        0, "Last iterations whose weights are kept for sampling from all of them (paper's joint-multi: 10).", low=0,
        high=100,
    )  # fmt: skip
    shape_pool: int = option(0, "Changed shapes that are made once and used again; 0 makes every one anew.", low=0,
                             high=1_000_000)  # fmt: skip
    mirror: bool = option(True, "Mirror half of the objects about x.")
    stretch: float = option(0.08, "Shrink single axes by up to this share.", low=0.0, high=0.5)
    model_rotation_deg: float = option(
        0.0, "Turn objects about the up axis by up to this angle.", low=0.0, high=180.0, unit="deg"
    )
    model_shift_voxels: int = option(0, "Shift objects by up to this many voxels.", low=0, high=8, unit="voxels")
    precision: str = option("bf16", "Arithmetic where the device has it.", choices=("bf16", "float32"))
