"""A generator whose latent is understood: boxes on legs or on a block. Not trained, but with real gradients.

``continuous:0`` is the width, ``continuous:1`` the height, ``kind`` chooses legs (1), a block (2) or nothing (3) below
the box; ``noise`` shifts the shape sideways and bends its depth a little.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.core.controls import Control, Slider
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.latent_space import flat

SIDE = 24
SHARP = 14.0


class Boxes:
    """Fits the protocols Model, Generator and LatentSpace; draws are uniform and normal as the layout says."""

    def __init__(self, sha256: str = "b0" * 32, side: int = SIDE) -> None:
        self.card = Card("boxes", "boxes", "Boxes", "Boxes for tests.", side, 0.5, sha256=sha256)
        self.device, self.note = "cpu", ""
        self.layout = (
            CodeSpec("noise", 4),
            CodeSpec("kind", 3, "categorical", "Kind"),
            CodeSpec("continuous", 2, "uniform", "Code"),
        )
        self.decoded = 0

    def controls(self) -> tuple[Control, ...]:
        return (Slider("continuous:0", "Code 1", -1, 1, 0), Slider("continuous:1", "Code 2", -1, 1, 0))

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        rng = np.random.default_rng(seed)
        kind = np.eye(3)[rng.integers(3)]
        return Latent(
            {"noise": truncation * rng.normal(size=4), "kind": kind, "continuous": rng.uniform(-1, 1, 2)}, seed
        )

    def first_volume(self, codes: Tensor) -> np.ndarray:
        noise, kind, continuous = codes.split([4, 3, 2], 1)
        return torch.cat([5 * continuous[:, :1], 3 * continuous[:, 1:], 0.1 * noise, kind], 1).numpy()

    def decode_batch(self, codes: Tensor, label: str | None = None) -> Tensor:
        self.decoded += len(codes)
        noise, kind, continuous = codes.float().split([4, 3, 2], 1)
        side = self.card.resolution
        axis = (torch.arange(side) + 0.5) / side
        x, y, z = torch.meshgrid(axis, axis, axis, indexing="ij")

        def number(values: Tensor) -> Tensor:
            return values.view(-1, 1, 1, 1)

        shift, bend = 0.02 * number(noise[:, 0]), 0.02 * number(noise[:, 1])
        width = 0.28 + 0.14 * number(continuous[:, 0])
        top = 0.62 + 0.28 * number(continuous[:, 1])
        across, along = width - (x - 0.5 - shift).abs(), 0.3 + bend - (y - 0.5).abs()
        slab = torch.minimum(torch.minimum(across, along), torch.minimum(top - z, z - 0.42))
        post = torch.minimum(0.08 - (across - 0.08).abs(), 0.08 - (along - 0.08).abs())
        below = torch.minimum(z - 0.05, 0.45 - z)
        legs = torch.minimum(post, below)
        block = torch.minimum(torch.minimum(0.12 - (x - 0.5 - shift).abs(), 0.12 - (y - 0.5).abs()), below)
        choice = kind.split(1, 1)
        parts = [slab + 0 * shift, legs + (number(choice[0]) - 1) * 0.5, block + (number(choice[1]) - 1) * 0.5]
        return SHARP * torch.stack(parts).amax(0) * 2

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        vector = torch.from_numpy(flat(latent, self.layout))[None]
        with torch.inference_mode():
            field = torch.sigmoid(self.decode_batch(vector))[0].numpy()
        return VoxelGrid.unit(field, self.card.iso_level, self.card.name)

    def features(self, grids: np.ndarray) -> np.ndarray:
        """Half-resolution occupancy: what a first layer might see."""
        half = self.card.resolution // 2
        x = np.asarray(grids, np.float32).reshape(len(grids), half, 2, half, 2, half, 2)
        return x.mean(axis=(2, 4, 6)).reshape(len(grids), -1)
