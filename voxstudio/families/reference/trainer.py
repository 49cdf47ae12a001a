"""Trainer of the reference network: cross-entropy, AdamW, one cycle of the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from voxstudio.core.errors import BadCheckpoint
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import StepReport
from voxstudio.engine.place import Place, as_place
from voxstudio.engine.volume_trainer import BatchSource
from voxstudio.engine.volumetric import channels_last
from voxstudio.families.reference.networks import PARTS, PartsHead, ReferenceNet
from voxstudio.families.reference.recipe import ReferenceRecipe


class ReferenceTrainer:
    """A :class:`voxstudio.engine.family.Trainer`; seed and step decide every draw, so that resuming is exact."""

    def __init__(
        self, recipe: ReferenceRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0
    ) -> None:
        self.place = as_place(place, recipe.precision)
        self.recipe, self.batches, self.seed, self.done = recipe, batches, seed, 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = ReferenceNet(recipe)
            self.parts = PartsHead(self.net.width, len(recipe.classes))
        for module in (self.net, self.parts):
            module.to(self.place.device)
            self.place.share(module)
        channels_last(self.net)
        self.optimiser = torch.optim.AdamW(self._groups(), recipe.learning_rate, (recipe.beta1, 0.999))
        self._stream: Iterator[Any] | None = None
        self._worst = VoxelGrid.unit(np.zeros((recipe.resolution,) * 3, np.float32), 0.5, "step 0")

    def _groups(self) -> list[dict[str, Any]]:
        """Only matrices and kernels decay."""
        every = [p for module in (self.net, self.parts) for p in module.parameters()]
        return [
            {"params": [p for p in every if p.ndim > 1], "weight_decay": self.recipe.weight_decay},
            {"params": [p for p in every if p.ndim <= 1], "weight_decay": 0.0},
        ]

    def step(self) -> StepReport:
        """Take the next batch and update the network once."""
        if self._stream is None:
            self._stream = self.batches(self.done)
        batch = next(self._stream)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * one_cycle(self.done, self.recipe.max_steps, self.recipe.rise)
        x = torch.from_numpy(batch.voxels).to(self.place.device).float()[:, None]
        y = torch.from_numpy(batch.labels).to(self.place.device)
        self.net.train()
        with torch.random.fork_rng():
            torch.manual_seed((self.seed * 1_000_003 + self.done) * 64 + self.place.rank)
            with self.place.autocast():
                features = self.net.features(x)
                logits = self.net.head(features).float()
                loss = F.cross_entropy(logits, y, label_smoothing=self.recipe.label_smoothing)
                if self.recipe.part_weight:
                    each = y.repeat_interleave(PARTS)
                    loss = loss + self.recipe.part_weight * F.cross_entropy(
                        self.parts(features), each, label_smoothing=self.recipe.label_smoothing
                    )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.place.average_gradients(p for group in self.optimiser.param_groups for p in group["params"])
        self.optimiser.step()
        self.done += 1
        self._look(batch, logits.detach(), y)
        right = float((logits.argmax(1) == y).float().mean())
        values = self.place.means({"loss": float(loss.detach()), "accuracy": right})
        return StepReport(values, len(x) * self.place.world)

    def _look(self, batch: Any, logits: Tensor, y: Tensor) -> None:
        """Keep the shape of the batch that the network got most wrong."""
        k = int(F.cross_entropy(logits, y, reduction="none").argmax())
        names = self.recipe.classes
        told = f"{names[int(y[k])]}, taken for {names[int(logits[k].argmax())]}"
        self._worst = VoxelGrid.unit(batch.voxels[k].astype(np.float32), 0.5, told)

    def preview(self) -> VoxelGrid:
        """The shape of the last batch that the network got most wrong; its name says what it was taken for."""
        return self._worst

    def validate(self, batches: Sequence[Any]) -> float:
        """Share of held-out shapes whose class is found."""
        self.net.eval()
        with torch.inference_mode():
            right = [
                float((self.net(torch.from_numpy(b.voxels).to(self.place.device).float()[:, None]).argmax(1).cpu()
                       == torch.from_numpy(b.labels)).float().mean())
                for b in batches
            ]  # fmt: skip
        return float(np.mean(right))

    def state(self) -> dict[str, Any]:
        """Everything that exact resume needs."""
        return {
            "done": self.done, "net": self.net.state_dict(), "parts": self.parts.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state`."""
        self.done = int(state["done"])
        self.net.load_state_dict(state["net"])
        self.parts.load_state_dict(state["parts"])
        self.optimiser.load_state_dict(state["optimiser"])
        self._stream = None

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights of a checkpoint; BadCheckpoint if the recipe builds other shapes."""
        known = self.net.state_dict()
        odd = [name for name, t in tensors.items() if name not in known or known[name].shape != t.shape]
        odd += [name for name in known if name not in tensors and "num_batches" not in name]
        if odd:
            raise BadCheckpoint(
                f"The weights do not fit the recipe ({len(odd)} tensors differ, first {odd[0]}): leave out the options "
                "that shape the network."
            )
        self.net.load_state_dict(dict(tensors), strict=False)

    def export(self) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
        """Weights without the parts' head, and the network's sizes."""
        weights = {name: t for name, t in self.net.state_dict().items() if "num_batches" not in name}
        return weights, {"recipe": self.recipe.to_json(), "iso_level": 0.5}


def one_cycle(step: int, steps: int, rise: float) -> float:
    """Factor on the learning rate: from a 25th up to 1 in the first ``rise`` of the steps, then down to zero."""
    peak = rise * steps
    if step < peak:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * step / peak)) / 2
    return (1 + math.cos(math.pi * (step - peak) / max(steps - peak, 1.0))) / 2
