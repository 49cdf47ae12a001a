"""The network of 3DWINN: classifier, critic and, by its gradient, generator (paper, figure 2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxstudio.families.winn3d.autoencoder import AutoencoderNet
from voxstudio.families.winn3d.recipe import WinnRecipe

SLOPE = 0.2
GAIN = 30.0
"""Factor on scores beside the Gaussian reference, whose gradients are as long as shapes are far."""
GAIN_PACE = 10.0
"""How much faster than a weight the logarithm of a learnt factor moves."""
LAST_SIDE = 2
LAST_CONVOLVED = 4


class WinnNet(nn.Module):
    """Volumes ``[N, 1, R, R, R]`` in [-1, 1] to scores ``[N, outputs]``.

    Convolutions 3^3 with 1, 2, 4, 8, 16 times ``width`` channels, LayerNorm over channels and space (its affine per
    channel) and LeakyReLU after each, average pools of 2 down to 2^3, one linear layer. With the strided stem one
    convolution k4 s2 takes the place of the first two and their pool.

    ``mean`` ``[1, 1, R, R, R]`` is taken from every volume; :attr:`centre_batch` takes the batch's own in training.
    With :attr:`gaussian` what is climbed is a factor on N(0, 1), as introspective networks have it (paper, eq. 1).
    With ``learns_gain`` the factor between scores and what is climbed is learnt: labels want small differences between
    scores, shapes gradients that lead all the way, and one fixed factor serves only one of the two.
    """

    def __init__(
        self, resolution: int, width: int, outputs: int, stem: str = "strided", dropout: float = 0.0,
        activation: str = "leaky", learns_gain: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.resolution = resolution
        self.gaussian = False
        steps: list[nn.Module] = []
        side = resolution
        if stem == "paper":
            steps += [*_step(1, width, 3, 1, activation), *_step(width, 2 * width, 3, 1, activation), nn.AvgPool3d(2)]
        else:
            steps += _step(1, 2 * width, 4, 2, activation)
        side //= 2
        channels = 2 * width
        while channels < 16 * width or side > LAST_SIDE:
            wider = min(2 * channels, 16 * width)
            steps += _step(channels, wider, 3, 1, activation)
            channels = wider
            # Small volumes keep their side until the channels are there: a convolution at 2^3 sees little but its
            # padding, and its gradient in bf16 is infinite now and then on a CPU.
            if side > LAST_CONVOLVED or channels == 16 * width:
                steps.append(nn.AvgPool3d(2))
                side //= 2
        self.body = nn.Sequential(*steps)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels * side**3, outputs)
        self.log_gain = nn.Parameter(torch.zeros(())) if learns_gain else None
        self.centre_batch = False
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(1, 1, resolution, resolution, resolution))

    def forward(self, x: Tensor) -> Tensor:
        """Scores, float32."""
        return torch.as_tensor(self.head(self.dropout(self.features(x)))).float()

    def features(self, x: Tensor) -> Tensor:
        """What the linear layer sees, ``[N, F]``: 8 x 16 widths of values."""
        mean = x.mean(dim=0, keepdim=True) if self.centre_batch and self.training else self.mean
        return torch.as_tensor(self.body(x - mean).flatten(1))

    def climbed(self, x: Tensor, targets: Tensor | None) -> Tensor:
        """What an ascent climbs, float32 ``[N]``; nothing is dropped out, which would hide where it leads."""
        return self.as_climbed(torch.as_tensor(self.head(self.features(x))).float(), x, targets)

    def seen(self, x: Tensor, targets: Tensor | None) -> tuple[Tensor, Tensor]:
        """What is climbed, ``[N]``, and the scores ``[N, outputs]`` without gradient."""
        outputs = self(x)
        return self.as_climbed(outputs, x, targets), outputs.detach()

    def as_climbed(self, outputs: Tensor, x: Tensor, targets: Tensor | None) -> Tensor:
        """The same from scores ``[N, outputs]`` of ``x`` that are known."""
        found = score(outputs, targets)
        return self.gain * found - x.float().square().flatten(1).sum(1) / 2 if self.gaussian else found

    @property
    def gain(self) -> Tensor | float:
        """Factor on scores beside the Gaussian reference."""
        return GAIN if self.log_gain is None else GAIN * torch.exp(GAIN_PACE * self.log_gain)


Net = WinnNet | AutoencoderNet
"""Of a cascade."""


def _step(inputs: int, outputs: int, kernel: int, stride: int, activation: str) -> list[nn.Module]:
    bend = nn.SiLU() if activation == "silu" else nn.LeakyReLU(SLOPE)
    # One group over all channels and voxels is LayerNorm over both, with an affine for each channel.
    return [nn.Conv3d(inputs, outputs, kernel, stride, 1), nn.GroupNorm(1, outputs), bend]


def build_cascade(recipe: WinnRecipe, cascade: int) -> Net:
    """The network of one cascade."""
    outputs = 1 if recipe.objective == "unsupervised" else len(recipe.classes)
    side, last = resolutions(recipe)[cascade], cascade + 1 == len(resolutions(recipe))
    width = recipe.width if last else recipe.coarse_width or recipe.width
    if recipe.critic == "autoencoder" and (recipe.objective == "unsupervised" or not last):
        led = AutoencoderNet(side, width, outputs)
        led.centre_batch = recipe.centre == "batch"
        return led
    gaussian = recipe.objective != "plain" and recipe.penalty == "directed"
    learns_gain = gaussian and recipe.objective == "supervised"
    net = WinnNet(side, width, outputs, recipe.stem, recipe.dropout, recipe.activation, learns_gain)
    net.gaussian = gaussian
    net.centre_batch = recipe.centre == "batch"
    return net


def resolutions(recipe: WinnRecipe) -> tuple[int, ...]:
    """Resolution of each cascade; a plain classifier has one network."""
    return (recipe.resolution,) if recipe.objective == "plain" else recipe.cascades


def score(outputs: Tensor, targets: Tensor | None) -> Tensor:
    """What is climbed, ``[N]``: the only output, the outputs of ``targets`` ``[N]``, or the log of their summed
    exponentials."""
    if outputs.shape[1] == 1:
        return outputs[:, 0]
    if targets is None:
        return torch.logsumexp(outputs, dim=1)
    return outputs.gather(1, targets[:, None])[:, 0]
