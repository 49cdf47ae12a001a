"""The two channels of the cross-domain encoder ("Cross-domain Deep Encoding", section 3.2 and Table 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxstudio.families.triplet.recipe import IMAGE_SIDE, VOXEL_SIDE, TripletRecipe

SLOPE = 0.1
"""Of the leaky ReLU; the paper gives none."""
MOMENTUM = 0.05
"""Share of a batch's mean in the running one."""


def pool_factors(ratio: int, units: int) -> tuple[int, ...]:
    """The sides of the pools of ``units`` units that divide a side by ``ratio`` together: each takes the smallest prime
    factor, the last one what is left (paper: 2 and 4 for the voxels, 3 and 9 for the pictures)."""
    found = []
    for _ in range(units - 1):
        factor = next((p for p in range(2, ratio + 1) if ratio % p == 0), 1)
        found.append(factor)
        ratio //= factor
    return (*found, ratio)


class Entry(nn.Module):
    """Reduces each side by ``block``: a mean pool, or the values of a block side by side as channels."""

    def __init__(self, how: str, block: int, volumetric: bool) -> None:
        super().__init__()
        self.how, self.block, self.volumetric = how, block, volumetric

    def channels(self, inputs: int) -> int:
        """Channels that come out."""
        return inputs * (self.block ** (3 if self.volumetric else 2)) if self.how == "fold" else inputs

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, D, D(, D)]`` to ``[N, C', D / block, ...]``."""
        if self.block == 1:
            return x
        if self.how == "pool":
            return F.avg_pool3d(x, self.block) if self.volumetric else F.avg_pool2d(x, self.block)
        if not self.volumetric:
            return F.pixel_unshuffle(x, self.block)
        n, c, b = x.shape[0], x.shape[1], self.block
        side = x.shape[2] // b
        blocks = x.reshape(n, c, side, b, side, b, side, b).permute(0, 1, 3, 5, 7, 2, 4, 6)
        return blocks.reshape(n, c * b**3, side, side, side)


class Centre(nn.Module):
    """Subtracts the running mean of what passes: whatever a channel says of all things alike says nothing.

    In training too, because a batch of few classes has a mean of its own. The gradient is that of subtracting the
    batch's mean: else the common part runs ahead of the running mean for ever.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.register_buffer("mean", torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        """``[N, size]`` to the same."""
        if not self.training:
            return x - self.mean
        batch = x.mean(0)
        with torch.no_grad():
            self.mean.lerp_(batch, MOMENTUM)
        return x - self.mean.clone() - (batch - batch.detach())


class Channel(nn.Module):
    """Entry, units of two convolutions (3 wide, same) and a pool, fully connected layers; leaky ReLU between."""

    def __init__(
        self, recipe: TripletRecipe, inputs: int, side: int, last: int, block: int, width: int, volumetric: bool
    ) -> None:
        super().__init__()
        convolution, norm = (nn.Conv3d, nn.BatchNorm3d) if volumetric else (nn.Conv2d, nn.BatchNorm2d)
        pool = nn.MaxPool3d if volumetric else nn.MaxPool2d
        plain = recipe.norm == "none"
        self.order = torch.channels_last_3d if volumetric else torch.channels_last
        self.entry = Entry(recipe.entry, block, volumetric)
        layers: list[nn.Module] = []
        channels, wanted = self.entry.channels(inputs), width
        for factor in pool_factors(side // block // last, recipe.units):
            for _ in range(2):
                outputs = min(wanted, recipe.widest)
                layers.append(convolution(channels, outputs, 3, 1, 1, bias=plain))
                layers += [] if plain else [norm(outputs)]
                layers.append(nn.LeakyReLU(SLOPE))
                channels, wanted = outputs, 2 * wanted
            layers += [pool(factor)] if factor > 1 else []
        self.units = nn.Sequential(*layers)
        flat = channels * last ** (3 if volumetric else 2)
        ends: list[nn.Module] = []
        for _ in range(recipe.layers - 1):
            ends += [nn.Dropout(recipe.dropout), nn.Linear(flat, recipe.hidden), nn.LeakyReLU(SLOPE)]
            flat = recipe.hidden
        # Without it the part that all embeddings share grows under Adam until the digits of alike things are lost.
        ends += [] if plain else [nn.LayerNorm(flat, elementwise_affine=False)]
        ends += [nn.Dropout(recipe.dropout), nn.Linear(flat, recipe.dimensions)]
        self.connected = nn.Sequential(*ends)
        self.centre = Centre(recipe.dimensions) if recipe.centred else None
        self.apply(_msra)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, D, D(, D)]`` to raw embeddings float32 ``[N, dimensions]``."""
        x = self.entry(x).contiguous(memory_format=self.order)
        x = self.connected[:-1](self.units(x).flatten(1))
        with torch.autocast(x.device.type, enabled=False):  # alike things differ in digits that bf16 has not
            y = self.connected[-1](x.float())
        return y if self.centre is None else torch.as_tensor(self.centre(y))


def _msra(module: nn.Module) -> None:
    """He et al.'s initialisation, as the paper's "MSRA filler"."""
    if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, SLOPE, nonlinearity="leaky_relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class CrossDomain(nn.Module):
    """Both channels. Their weights are apart; only the space is shared."""

    def __init__(self, recipe: TripletRecipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.voxels = Channel(
            recipe, 2, recipe.resolution, VOXEL_SIDE, recipe.voxel_entry, recipe.width, volumetric=True
        )
        self.images = Channel(
            recipe, 4 if recipe.sees_mask else 3, recipe.image_size, IMAGE_SIDE, recipe.image_entry,
            recipe.image_width, volumetric=False,
        )  # fmt: skip

    def embed_voxels(self, occupancy: Tensor) -> Tensor:
        """Occupancies float ``[N, R, R, R]`` to ``[N, D]``; the channels are occupied and empty (Table 1)."""
        return self._placed(self.voxels(torch.stack([occupancy, 1 - occupancy], 1)))

    def embed_images(self, views: Tensor) -> Tensor:
        """Views uint8 (or float, as large) ``[N, S, S, 4]`` to ``[N, D]``."""
        kept = views if self.recipe.sees_mask else views[..., :3]
        return self._placed(self.images(kept.permute(0, 3, 1, 2).float().div(127.5).sub(1.0)))

    def _placed(self, raw: Tensor) -> Tensor:
        return F.normalize(raw, dim=1) if self.recipe.unit else raw
