"""A stand-in for a generator with codes: chairs whose every measure has a code of its own."""

from __future__ import annotations

import time

import numpy as np
from demo_model import DemoModel

from voxstudio.core.card import Card
from voxstudio.core.controls import Choice, Control, Slider
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.picture import Picture
from voxstudio.core.voxel_grid import VoxelGrid

SIDE = 48


class CodesModel(DemoModel):
    """Code 1 is the width of the seat, 2 the height of the back, 3 that of the legs; the kind has the arms."""

    kinds = 4

    def __init__(self, card: Card, slow_s: float = 0.0) -> None:
        super().__init__(card, slow_s)
        self.layout = (
            CodeSpec("noise", 4), CodeSpec("categorical", self.kinds, "categorical"),
            CodeSpec("continuous", 3, "uniform"),
        )  # fmt: skip

    def controls(self) -> tuple[Control, ...]:
        values = tuple(str(k + 1) for k in range(self.kinds))
        return (
            *(Slider(f"continuous:{k}", f"Code {k + 1}", -1.0, 1.0, 0.0, "", "A continuous code.") for k in range(3)),
            Choice("categorical:0", "Kind 1", values, "1", "A categorical code."),
        )

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        rng = np.random.default_rng(seed)
        kind = np.eye(self.kinds, dtype=np.float32)[rng.integers(self.kinds)]
        return Latent(
            {"noise": truncation * rng.normal(size=4), "categorical": kind, "continuous": rng.uniform(-1, 1, 3)}, seed
        )

    def fuse(self, means: np.ndarray, fusion: str) -> Latent:
        kind = np.eye(self.kinds, dtype=np.float32)[0]
        return Latent({"noise": means.mean(axis=0)[:4], "categorical": kind, "continuous": np.zeros(3)})

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        time.sleep(self.slow_s)
        wide, back, legs = (0.5 + 0.5 * latent.codes["continuous"]).tolist()
        kind = int(latent.codes["categorical"].argmax())
        lean = 0.12 * float(np.tanh(latent.codes["noise"][0]))
        x, y, z = np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 3, indexing="ij")
        field = np.full(x.shape, -1.0)
        w, seat, high = 0.3 + 0.35 * wide, -0.35 + 0.3 * legs, 0.25 + 0.35 * back

        def box(cx: float, cy: float, cz: float, sx: float, sy: float, sz: float) -> np.ndarray:
            along = cy + lean * np.maximum(z - seat, 0.0)
            return np.minimum.reduce([sx - abs(x - cx), sy - abs(y - along), sz - abs(z - cz)])

        parts = [box(0, 0, seat, w, 0.42, 0.07), box(0, 0.36, seat + high, w, 0.07, high)]
        if kind == 3:
            parts.append(box(0, 0, (seat - 0.9) / 2, 0.1, 0.1, (seat + 0.9) / 2))
            parts.append(box(0, 0, -0.86, 0.36, 0.36, 0.06))
        else:
            for sx, sy in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
                parts.append(box(sx * (w - 0.07), 0.36 * sy, (seat - 0.9) / 2, 0.07, 0.07, (seat + 0.9) / 2))
        if kind in (1, 2):
            for sx in (-1, 1):
                parts.append(box(sx * (w - 0.03), -0.02, seat + 0.3, 0.05, 0.38, 0.05 if kind == 1 else 0.3))
        for part in parts:
            field = np.maximum(field, part)
        return VoxelGrid.unit(1.0 / (1.0 + np.exp(-30.0 * field)), self.card.iso_level, "chair")


class EnhancedModel(CodesModel):
    """The same with a picture beside each shape."""

    def side_image(self, latent: Latent) -> Picture:
        red = round(140 + 90 * float(latent.codes["continuous"][0]))
        y, x = np.mgrid[0:128, 0:128]
        pixels = np.full((128, 128, 4), (236, 238, 240, 255), np.uint8)
        pixels[(abs(x - 64) < 34) & (y > 30) & (y < 96)] = (red, 110, 90, 255)
        return Picture(pixels, False, "imagined")
