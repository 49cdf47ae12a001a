"""Networks of the 3D-VAE-GAN: image encoders, view fusion, (conditional) generator and discriminator."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from voxstudio.engine.modules import LastUp, ResidualDown, UpBlock
from voxstudio.families.vae_gan3d.recipe import VaeGanRecipe


class PaperEncoder(nn.Module):
    """Five convolutions, 64 to 512 to 2Z channels, kernels 11, 5, 5, 5, 8, on 256 x 256 (report, 2.4)."""

    def __init__(self, latent: int, channels: int = 4) -> None:
        super().__init__()
        widths = (channels, 64, 128, 256, 512)
        layers: list[nn.Module] = []
        for i, (kernel, stride, pad) in enumerate(((11, 4, 4), (5, 2, 2), (5, 2, 2), (5, 2, 2))):
            layers += [
                nn.Conv2d(widths[i], widths[i + 1], kernel, stride, pad),
                nn.BatchNorm2d(widths[i + 1]),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(512, 2 * latent, 8, 2, 0)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 4, 256, 256]`` to ``[N, 2Z]``."""
        return torch.flatten(self.head(self.body(x)), 1)


class SimplifiedEncoder(nn.Module):
    """Every kernel 5, stride 2, padding 2, then average pool and linear (report, 2.6.3)."""

    def __init__(self, latent: int, channels: int = 4) -> None:
        super().__init__()
        widths = (channels, 64, 128, 256, 512)
        layers: list[nn.Module] = []
        for inputs, outputs in zip(widths[:-1], widths[1:], strict=True):
            layers += [nn.Conv2d(inputs, outputs, 5, 2, 2), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4))
        self.head = nn.Linear(512 * 16, 2 * latent)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 4, S, S]`` to ``[N, 2Z]``."""
        return torch.as_tensor(self.head(torch.flatten(self.body(x), 1)))


class CompactEncoder(nn.Module):
    """A small residual network; the last 4 x 4 map is flattened, so that places are kept."""

    def __init__(self, latent: int, width: int = 32, image_size: int = 128, channels: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        steps = (width, 2 * width, 3 * width, 5 * width, 6 * width)
        self.body = nn.Sequential(*(ResidualDown(a, b) for a, b in zip(steps[:-1], steps[1:], strict=True)))
        self.squeeze = nn.Sequential(
            nn.Conv2d(steps[-1], 3 * width, 1, bias=False), nn.BatchNorm2d(3 * width), nn.ReLU()
        )
        side = image_size // 32
        self.head = nn.Linear(3 * width * side * side, 2 * latent)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 4, S, S]`` to ``[N, 2Z]``."""
        features = self.squeeze(self.body(self.stem(x)))
        return torch.as_tensor(self.head(torch.flatten(features, 1)))


class Fusion(nn.Module):
    """Join per-view latents ``[B, V, Z]`` to ``[B, Z]`` by mean, maximum or an LSTM (report, 2.6.10).

    Mean and maximum do not depend on the order of the views. The LSTM's last state passes through a linear
    layer that starts at zero and is added to the mean, so that it learns what the mean misses.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(latent, latent, batch_first=True)
        self.out = nn.Linear(latent, latent)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, z: Tensor, how: str) -> Tensor:
        """Fuse; ``how`` is ``"mean"``, ``"max"`` or ``"lstm"``."""
        if how == "mean":
            return z.mean(1)
        if how == "max":
            return z.amax(1)
        states, _ = self.lstm(z)
        return torch.as_tensor(z.mean(1) + self.out(states[:, -1]))


class LabelProduct(nn.Module):
    """Class -> embedding -> linear -> pointwise product with the input (report, 2.6.8)."""

    def __init__(self, classes: int, size: int, embedding: int = 32) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, embedding)
        self.linear = nn.Linear(embedding, size)
        nn.init.normal_(self.linear.weight, 0.0, 0.3 / embedding**0.5)
        nn.init.ones_(self.linear.bias)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """``x`` ``[B, ...]`` times one value for each of its entries."""
        return torch.mul(x, self.linear(self.embed(labels)).view_as(x))


class Generator(nn.Module):
    """z ``[B, Z]`` to occupancy logits ``[B, 1, R, R, R]``; 3D-GAN's generator (report, 2.2) or narrower.

    Channels: width at 4^3, then width/2, /4, /8 (paper); the compact form narrows a little slower.
    The sigmoid is applied by the losses and the model, for numerical safety.
    """

    def __init__(self, recipe: VaeGanRecipe) -> None:
        super().__init__()
        width, hidden = recipe.width, recipe.latent_hidden
        self.label = LabelProduct(len(recipe.classes), recipe.latent_size) if recipe.conditional else None
        self.hidden = nn.Sequential(nn.Linear(recipe.latent_size, hidden), nn.ReLU()) if hidden else None
        entry, rank = hidden or recipe.latent_size, recipe.entry_rank
        self.narrow = nn.Linear(entry, rank, bias=False) if rank else None
        self.first = nn.ConvTranspose3d(rank or entry, width, 4, 1, 0, bias=False)
        self.first_norm = nn.BatchNorm3d(width)
        widths = generator_widths(width, recipe.resolution)
        rates = (*recipe.dropout_g, 0.0, 0.0)[:2]
        self.first_dropout = nn.Dropout3d(rates[0]) if rates[0] else None
        self.body = nn.Sequential(
            *(
                UpBlock(a, b, 4 * 2 ** (k + 1) <= recipe.refine_to, rates[1])
                for k, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True))
            )
        )
        self.last = LastUp(widths[-1])
        self.coarse_last = LastUp(widths[-2]) if recipe.coarse_steps else None

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode; ``labels`` ``[B]`` are needed by conditional generators only."""
        if self.label is not None and labels is not None:
            z = self.label(z, labels)
        return self.decode_plain(z)

    def decode_coarse(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits at half the resolution from a head that only the first part of training uses."""
        assert self.coarse_last is not None
        if self.label is not None and labels is not None:
            z = self.label(z, labels)
        return torch.as_tensor(self.coarse_last(self.body[:-1](self._first(z))))

    def _first(self, z: Tensor) -> Tensor:
        if self.hidden is not None:
            z = self.hidden(z)
        if self.narrow is not None:
            z = self.narrow(z)
        x = torch.relu(self.first_norm(self.first(z[:, :, None, None, None])))
        return self.first_dropout(x) if self.first_dropout is not None else x

    def decode_plain(self, z: Tensor) -> Tensor:
        """Decode a z that already carries its class; any dtype the weights have."""
        return torch.as_tensor(self.last(self.body(self._first(z))))


def generator_widths(width: int, resolution: int) -> Sequence[int]:
    """Channels at 4^3, 8^3, ... up to half the resolution."""
    widths = [width]
    side = 4
    while side < resolution // 2:
        widths.append(max(widths[-1] // 2, 16))
        side *= 2
    return widths


class Discriminator(nn.Module):
    """Occupancy ``[B, 1, R, R, R]`` to one logit each: k4 s2, LeakyReLU 0.2, batch norm between (report, 2.2)."""

    def __init__(self, recipe: VaeGanRecipe) -> None:
        super().__init__()
        size, width = recipe.resolution, recipe.d_width
        self.label = LabelProduct(len(recipe.classes), size**3, 8) if recipe.conditional else None
        rates = (*recipe.dropout_d, 0.0, 0.0)[:2]
        layers: list[nn.Module] = []
        channels, side = 1, size
        while side > 4:
            outputs = width if channels == 1 else channels * 2
            layers.append(nn.Conv3d(channels, outputs, 4, 2, 1, bias=channels == 1))
            if channels > 1:
                layers.append(nn.BatchNorm3d(outputs))
            layers.append(nn.LeakyReLU(0.2))
            rate = rates[0] if channels == 1 else rates[1]
            if rate:
                layers.append(nn.Dropout3d(rate))
            channels, side = outputs, side // 2
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv3d(channels, 1, 4, 1, 0)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits ``[B]``."""
        if self.label is not None and labels is not None:
            x = self.label(x, labels)
        return torch.flatten(self.head(self.body(x)))


class VoxelEncoder(nn.Module):
    """Occupancy ``[B, 1, R, R, R]`` to means and log variances ``[B, 2Z]``: the leader of guided training.

    Not in the report; after the TL-embedding network (Girdhar et al., ECCV 2016). Inference does not need it.
    """

    def __init__(self, recipe: VaeGanRecipe) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels, side, width = 1, recipe.resolution, 16 if recipe.resolution > 32 else 32
        while side > 4:
            layers += [nn.Conv3d(channels, width, 4, 2, 1, bias=False), nn.BatchNorm3d(width), nn.ReLU()]
            channels, side, width = width, side // 2, min(2 * width, 128)
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(channels * 64, 2 * recipe.latent_size)

    def forward(self, x: Tensor) -> Tensor:
        """Means and log variances side by side."""
        return torch.as_tensor(self.head(torch.flatten(self.body(x), 1)))


def build_encoder(recipe: VaeGanRecipe) -> nn.Module:
    """The image encoder that the recipe names; maps ``[N, 4, S, S]`` to means and log variances ``[N, 2Z]``."""
    if recipe.encoder == "paper":
        return PaperEncoder(recipe.latent_size)
    if recipe.encoder == "simplified":
        return SimplifiedEncoder(recipe.latent_size)
    return CompactEncoder(recipe.latent_size, recipe.encoder_width, recipe.image_size)


class VaeGan(nn.Module):
    """Encoder, fusion and generator: all that inference needs.

    ``prior_mean`` ``[K, Z]`` and ``prior_factor`` ``[K, Z, Z]`` describe, for each class, the gaussian that
    the encoded training views follow; drawing from it instead of N(0, 1) gives cleaner objects from noise.
    """

    def __init__(self, recipe: VaeGanRecipe) -> None:
        super().__init__()
        self.encoder = build_encoder(recipe)
        self.fusion = Fusion(recipe.latent_size)
        self.generator = Generator(recipe)
        size, classes = recipe.latent_size, len(recipe.classes)
        self.prior_mean: Tensor
        self.prior_factor: Tensor
        self.register_buffer("prior_mean", torch.zeros(classes, size))
        self.register_buffer("prior_factor", torch.eye(size).repeat(classes, 1, 1))

    def encode(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 or float views ``[N, S, S, 4]`` to means and log variances, each ``[N, Z]``."""
        x = views.permute(0, 3, 1, 2).float().div(127.5).sub(1.0).contiguous(memory_format=torch.channels_last)
        mean, log_variance = self.encoder(x).float().chunk(2, 1)
        return mean, log_variance.clamp(-12.0, 4.0)
