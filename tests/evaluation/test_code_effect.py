"""One code changes the shape in the large, another its detail alone: the figures tell them apart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.evaluation.code_effect import code_effect


class Detailed:
    """A box whose height follows the number; its choice moves every second voxel by one place."""

    layout = (
        CodeSpec("continuous", 1, "uniform"),
        CodeSpec("kind", 2, "categorical"),
        CodeSpec("noise", 1, "gaussian"),
    )
    card = SimpleNamespace(iso_level=0.5)

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        kind = np.eye(2, dtype=np.float32)[seed % 2]
        return Latent({"continuous": np.zeros(1, np.float32), "kind": kind, "noise": np.ones(1, np.float32)}, seed)

    def decode_batch(self, codes: Any, label: str | None = None) -> Any:
        import torch

        grids = torch.full((len(codes), 32, 32, 32), -5.0)
        for grid, code in zip(grids, codes, strict=True):
            top = int(16 + 12 * float(code[0]))
            grid[:, :, :top][(torch.arange(32) % 2 == int(code[2] > 0.5))] = 5.0
        return grids


def test_detail_and_shape_are_told_apart() -> None:
    found = code_effect(Detailed(), 3)
    assert found["continuous"]["large"] > 0.5 and found["continuous"]["whole"] > 0.5
    assert found["categorical"]["whole"] == 1.0, "no voxel is the same"
    assert found["categorical"]["large"] < 0.01, "and no block another"
