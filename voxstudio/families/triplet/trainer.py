"""Trainer of the cross-domain encoder: one update of both channels for each batch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from voxstudio.core.errors import BadCheckpoint
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import StepReport
from voxstudio.engine.place import Place, as_place
from voxstudio.engine.volumetric import channels_last
from voxstudio.families.triplet.losses import apart, hits, objective
from voxstudio.families.triplet.networks import CrossDomain
from voxstudio.families.triplet.recipe import TripletRecipe

BatchSource = Callable[[int], Iterator[Any]]
"""Opens the endless batches at a step."""
UNUSED = "num_batches"
"""Part of the names of tensors that inference does not need."""


class TripletTrainer:
    """Both channels and their optimiser; one seed decides the weights and every draw.

    ``batches(step)`` opens the stream of :class:`voxstudio.data.pair_batches.PairBatch` at a step.
    """

    def __init__(self, recipe: TripletRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0) -> None:
        self.place = as_place(place, recipe.precision)
        self.recipe, self.batches, self.device, self.seed = recipe, batches, self.place.device, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = CrossDomain(recipe).to(self.device)
            # Dropout and the choice of triplets draw from torch's global state; the trainer lends it its own.
            self.torch_random = torch.get_rng_state()
        channels_last(self.net)
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False) if recipe.ema else None
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), recipe.learning_rate, (recipe.beta1, 0.999), weight_decay=recipe.weight_decay
        )
        self.loss = objective(recipe)
        self.done = 0
        self._stream: Iterator[Any] | None = None
        self._last: np.ndarray[Any, np.dtype[np.bool_]] | None = None
        for name in recipe.freeze:
            getattr(self.net, name).requires_grad_(False)

    def step(self) -> StepReport:
        """Take the next batch and update both channels."""
        if self._stream is None:
            self._stream = self.batches(self.done)
        batch = next(self._stream)
        self._prepare()
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self.torch_random)
            values = self._learn(batch)
            self.torch_random = torch.get_rng_state()
        self.done += 1
        self._follow()
        return StepReport(self.place.means(values), len(batch.labels) * self.place.world)

    def _prepare(self) -> None:
        r = self.recipe
        rate = 1.0
        if r.schedule == "cosine":
            rise = min(1.0, (self.done + 1) / max(r.warmup_steps, 1))
            rate = rise * 0.5 * (1 + math.cos(math.pi * min(1.0, self.done / r.max_steps)))
        self.optimizer.zero_grad(set_to_none=True)
        for group in self.optimizer.param_groups:
            group["lr"] = r.learning_rate * rate
        self.net.train()
        for name in r.freeze:
            getattr(self.net, name).eval()

    def _embedded(
        self, net: CrossDomain, batch: Any, change: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
        """Voxel embeddings and their objects, picture embeddings and theirs; ``change``: of changed inputs."""
        views = torch.from_numpy(batch.views).to(self.device)
        grids = torch.from_numpy(batch.voxels).to(self.device).float()
        objects = torch.from_numpy(batch.objects).to(self.device)
        if change:
            views, grids = changed(views, grids, self.recipe)
        with self.place.autocast():
            voxels, images = net.embed_voxels(grids), net.embed_images(views.flatten(0, 1))
        return voxels.float(), objects, images.float(), objects.repeat_interleave(views.shape[1])

    def _learn(self, batch: Any) -> dict[str, float]:
        voxels, objects, images, of_images = self._embedded(self.net, batch, change=True)
        loss = self.loss(voxels, objects, images, of_images)
        if self.recipe.gap_weight:
            loss = loss + self.recipe.gap_weight * (images.mean(0) - voxels.mean(0)).square().sum()
        loss.backward()
        self.place.average_gradients(self.net.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        if math.isfinite(float(norm)):  # a gradient that overflowed is left out
            self.optimizer.step()
        with torch.no_grad():
            found = hits(images, of_images, voxels, objects)
            nearest = int(torch.cdist(images[:1], voxels).argmin())
            gap = apart(images, voxels)
        self._last = np.asarray(batch.voxels[nearest])
        return {"loss": float(loss.detach()), "recall1": found, "gap": gap}

    def _follow(self) -> None:
        if self.average is None:
            return
        decay = min(self.recipe.ema, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            for (name, mine), theirs in zip(
                self.average.state_dict().items(), self.net.state_dict().values(), strict=True
            ):
                if UNUSED in name:
                    mine.copy_(theirs)
                else:
                    mine.lerp_(theirs, 1 - decay)

    @torch.no_grad()
    def validate(self, batches: Sequence[Any]) -> float:
        """Share of held-out pictures whose nearest shape, among all held-out ones, is theirs; changes nothing."""
        net = self.average if self.average is not None else self.net
        net.eval()
        parts = zip(*(self._embedded(net, batch) for batch in batches), strict=True)
        voxels, of_voxels, images, of_images = (torch.cat(part) for part in parts)
        return hits(images, of_images, voxels, of_voxels)

    @torch.no_grad()
    def loss_of(self, batch: Any) -> float:
        """The loss of the newest weights on a batch that is not learnt; changes nothing. The triplets are the same at
        every call."""
        self.net.eval()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return float(self.loss(*self._embedded(self.net, batch)))

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights of a checkpoint; BadCheckpoint if the recipe builds other shapes."""
        known = self.net.state_dict()
        absent = [name for name in known if name not in tensors and UNUSED not in name]
        wrong = [name for name, value in tensors.items() if name not in known or known[name].shape != value.shape]
        if absent or wrong:
            raise BadCheckpoint(
                f"The weights do not fit the recipe ({len(absent)} tensors missing, {len(wrong)} unknown or of another "
                f"shape, first {(absent + wrong)[0]}): leave out the options that shape the network."
            )
        for net in (self.net, self.average):
            if net is not None:
                net.load_state_dict(dict(tensors), strict=False)

    def preview(self) -> VoxelGrid:
        """The shape that is nearest to the first picture of the last batch."""
        values = np.zeros((4, 4, 4)) if self._last is None else self._last
        return VoxelGrid.unit(values.astype(np.float32), name=f"step {self.done}: nearest to a picture")

    def state(self) -> dict[str, Any]:
        """Weights, averages, optimiser, random state and the position in the data."""
        average = {} if self.average is None else {"average": self.average.state_dict()}
        return {
            "done": self.done, "net": self.net.state_dict(), "optimizer": self.optimizer.state_dict(),
            "torch_random": self.torch_random, **average,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continue exactly where :meth:`state` was taken."""
        self.done, self.torch_random = int(state["done"]), state["torch_random"]
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self._stream = None

    def export(self) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
        """Inference weights (averaged where the recipe says so) and the network's sizes."""
        source = self.average if self.average is not None else self.net
        tensors = {name: value.detach().cpu() for name, value in source.state_dict().items() if UNUSED not in name}
        return tensors, {"recipe": self.recipe.to_json(), "iso_level": 0.5}


def changed(views: Tensor, grids: Tensor, recipe: TripletRecipe) -> tuple[Tensor, Tensor]:
    """Pictures ``[B, V, S, S, 4]`` in other colours, and some shapes ``[B, R, R, R]`` mirrored together with theirs.

    Pictures are drawn once and seen often: without it a network may know them again by their colours, or by their side.
    Colours change about the mid grey that stands for the background, so that this stays as it is.
    """
    count, each = views.shape[:2]
    if recipe.mirror:
        turned = torch.rand(count) < 0.5
        views = torch.where(turned.view(-1, 1, 1, 1, 1).to(views.device), views.flip(3), views)
        grids = torch.where(turned.view(-1, 1, 1, 1).to(grids.device), grids.flip(1), grids)
    if not recipe.jitter:
        return views, grids
    order = torch.rand(count, each, 1, 1, 3).argsort(-1).to(views.device).expand(*views.shape[:-1], 3)
    gain, shift = (
        recipe.jitter * (2 * torch.rand(count, each, 1, 1, 3) - 1).to(views.device) for _ in range(2)
    )  # fmt: skip
    mask = views[..., 3:].float()
    rgb = (views[..., :3].float() - 128).gather(-1, order)
    rgb = (rgb * (1 + gain) + 0.5 * shift * mask).clamp(-128, 127) + 128
    return torch.cat([rgb, mask], -1), grids
