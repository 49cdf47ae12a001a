"""A stand-in for a trained network: fast, without torch, and its shape depends on what it is given."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid

RESOLUTION = 32


def demo_card(name: str = "demo-chair", title: str = "Demonstration chairs") -> Card:
    return Card(
        name=name,
        family="vae_gan3d",
        title=title,
        summary="Chairs from one photo or several.",
        resolution=RESOLUTION,
        iso_level=0.4,
        classes=("chair",),
        network={"image_size": 64, "fusions": ["mean", "max", "lstm"]},
        data={"title": "Parametric chairs", "terms": "Made by the project, free to use"},
        metrics={"mean": {"iou_1_real": 0.47, "iou_5_real": 0.54, "ssim3d_5_real": 0.82}},
    )


def write_demo(folder: Path, card: Card | None = None) -> Path:
    """A folder that the library lists; the weights are a stub."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(json.dumps((card or demo_card(folder.name)).to_json()))
    (folder / "recipe.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(b"\0" * 1_300_000)
    return folder


class DemoModel:
    """Encodes the mean colour of each view; decodes a chair whose proportions follow the code."""

    def __init__(self, card: Card, slow_s: float = 0.0) -> None:
        self.card, self.device, self.note = card, "cpu", ""
        self.image_size = 64
        self.fusions = ("mean", "max", "lstm")
        self.slow_s = slow_s

    def controls(self) -> tuple[()]:
        return ()

    def encode(self, views: np.ndarray) -> np.ndarray:
        time.sleep(self.slow_s)
        return views.reshape(len(views), -1, 4).mean(axis=1).astype(np.float32) / 255.0

    def fuse(self, means: np.ndarray, fusion: str) -> Latent:
        joined = means.max(axis=0) if fusion == "max" else means.mean(axis=0)
        return Latent({"z": joined})

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        code = 0.5 + 0.3 * truncation * np.random.default_rng(seed).standard_normal(4)
        return Latent({"z": np.clip(code, 0, 1).astype(np.float32)}, seed)

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        time.sleep(self.slow_s)
        a, b, c, d = (float(v) for v in latent.codes["z"][:4])
        n = RESOLUTION
        x, y, z = np.meshgrid(*[np.linspace(-1, 1, n)] * 3, indexing="ij")
        field = np.full((n, n, n), -1.0)

        def box(cx: float, cy: float, cz: float, sx: float, sy: float, sz: float) -> np.ndarray:
            return np.minimum.reduce([sx - abs(x - cx), sy - abs(y - cy), sz - abs(z - cz)])

        wide = 0.42 + 0.25 * a
        parts = [box(0, 0, 0, wide, 0.5, 0.09), box(0, 0.46, 0.35 + 0.2 * b, wide, 0.08, 0.35 + 0.2 * b)]
        for sx in (-1, 1):
            parts.append(box(sx * (wide - 0.08), -0.42, -0.4, 0.08, 0.08, 0.42))
            parts.append(box(sx * (wide - 0.08), 0.44, -0.4, 0.08, 0.08, 0.42))
            if c > 0.4:
                parts.append(box(sx * (wide - 0.05), -0.05, 0.3 + 0.1 * d, 0.06, 0.4, 0.05))
        for part in parts:
            field = np.maximum(field, part)
        return VoxelGrid.unit(1.0 / (1.0 + np.exp(-22.0 * field)), self.card.iso_level, "chair")

    def reconstruct(self, views: np.ndarray, fusion: str = "mean", label: str | None = None) -> VoxelGrid:
        return self.decode(self.fuse(self.encode(views), fusion), label)


def install(slow_s: float = 0.0, kind: type = DemoModel) -> None:
    """Make the inference thread open the stand-in instead of reading weights."""
    from voxstudio.engine import inference, requests
    from voxstudio.engine.checkpoint import read_card

    def load(self: inference.InferenceThread, request: requests.Request, note: str) -> None:
        model = kind(read_card(request.folder), slow_s)
        info = inference.describe_model(request.key, model, 1.0)
        self._open = inference._Open(request.key, model, info)
        self._deliver(requests.Opened(request.number, info))

    inference.InferenceThread._load = load
