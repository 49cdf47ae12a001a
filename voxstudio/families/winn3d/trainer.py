"""Trainer of 3DWINN: synthesis and classification in turn, one cascade after the other (paper, algorithm 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.errors import BadCheckpoint
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import StepReport
from voxstudio.engine.place import Place, as_place
from voxstudio.families.winn3d.ascent import fitted, softened
from voxstudio.families.winn3d.losses import directed_penalty, gradient_penalty, label_loss, wasserstein
from voxstudio.families.winn3d.networks import Net, build_cascade, resolutions
from voxstudio.families.winn3d.pool import NegativePool
from voxstudio.families.winn3d.recipe import WinnRecipe
from voxstudio.families.winn3d.synthesis import Synthesis, led

BatchSource = Callable[[int], Iterator[Any]]
ISO_LEVEL = 0.5
WARM_UP = 100
MEAN_BATCHES = 8
SHOWN = 8
LONGEST = 1.0
"""Longer gradients are cut where the penalty is directed."""


def build_trainer(recipe: WinnRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0) -> WinnTrainer:
    """The trainer of a recipe; one seed decides the weights and every draw."""
    return WinnTrainer(recipe, batches, as_place(place, recipe.precision), seed)


class WinnTrainer:
    """A :class:`voxstudio.engine.family.Trainer`: ``batches(step)`` opens the stream of voxel batches at a step."""

    def __init__(self, recipe: WinnRecipe, batches: BatchSource, place: Place, seed: int) -> None:
        self.recipe, self.batches, self.place, self.device = recipe, batches, place, place.device
        self.generator = torch.Generator().manual_seed(seed * 1000 + place.rank)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.nets = [build_cascade(recipe, k).to(self.device) for k in range(len(resolutions(recipe)))]
        self.seed, self.done, self.cascade, self.cascade_done = seed, 0, 0, 0
        self.scores = (0.0, 0.0)
        self.kept: list[dict[str, Tensor]] = []
        self.lent = False
        self._stream: Iterator[Any] | None = None
        self._mean: Tensor | None = None
        self._enter(0, None)

    # -- cascades --------------------------------------------------------------------------------------------------

    def _enter(self, cascade: int, start: NegativePool | None) -> None:
        """Make a cascade the one that learns; it starts from lent weights, or from those of the one before that fit."""
        r, net = self.recipe, self.nets[cascade]
        self.cascade, self.net, self.cascade_done, self.kept = cascade, net, 0, []
        if cascade and start is not None and not self.lent:
            copy_fitting(net, self.nets[cascade - 1].state_dict())
        self.place.share(net)
        self.average = {name: value.detach().clone() for name, value in net.state_dict().items()} if r.ema else {}
        self.optimizer = torch.optim.AdamW(
            net.parameters(), r.learning_rate, (r.beta1, r.beta2), weight_decay=r.weight_decay
        )
        self.synthesis: Synthesis | None = None
        if r.objective != "plain":
            self.synthesis = Synthesis(r, net, start, self.place, self.generator)

    def _length(self, cascade: int) -> int:
        if cascade + 1 >= len(self.nets):
            return max(self.recipe.max_steps - sum(self._length(k) for k in range(cascade)), 1)
        steps = self.recipe.cascade_steps
        return steps[min(cascade, len(steps) - 1)]

    # -- one update ------------------------------------------------------------------------------------------------

    def step(self) -> StepReport:
        """Climb some pseudo-negatives, then update the classifier ``critic_updates`` times."""
        if self._mean is None:
            self._measure_mean()
        if self._stream is None:
            self._stream = self.batches(self.done * self.recipe.critic_updates)
        if self.cascade + 1 < len(self.nets) and self.cascade_done >= self._length(self.cascade):
            assert self.synthesis is not None
            self._enter(self.cascade + 1, self.synthesis.pool)
            self._set_means()
        self._set_rate()
        values: dict[str, float] = {}
        seen = 0
        for _ in range(self.recipe.critic_updates):
            batch = next(self._stream)
            seen += len(batch.voxels)
            values = self._update(self._real(batch), torch.from_numpy(batch.labels).to(self.device))
        self.done, self.cascade_done = self.done + 1, self.cascade_done + 1
        if self.recipe.keep_iterations:
            self.kept = [*self.kept, plain(self._weights())][-self.recipe.keep_iterations :]
        return StepReport(self.place.means({**values, "cascade": float(self.cascade)}), seen * self.place.world)

    def _real(self, batch: Any) -> Tensor:
        x = torch.from_numpy(batch.voxels).to(self.device).float()[:, None]
        x = fitted(2 * x - 1, self.net.resolution)
        return x if self.synthesis is None else softened(x, self.recipe.soften)

    def _noisy(self, x: Tensor) -> Tensor:
        if not self.recipe.instance_noise:
            return x
        return x + self.recipe.instance_noise * torch.randn(x.shape, generator=self.generator).to(x.device)

    def _update(self, real: Tensor, labels: Tensor) -> dict[str, float]:
        r, net = self.recipe, self.net.train()
        values: dict[str, float] = {}
        self.optimizer.zero_grad(set_to_none=True)
        loss = torch.zeros((), device=self.device)
        with torch.random.fork_rng(devices=[]):  # dropout draws from the global generator
            torch.manual_seed(self.seed * 7919 + self.done)
            # The paper's penalty lies between shapes and pseudo-negatives: without them it teaches nothing.
            late = self.cascade_done >= self._length(self.cascade) - r.game_steps
            game = self.synthesis is not None and (late or r.penalty == "length")
            if game:
                seen, critic = self._play(real, labels, values)
            else:
                critic = torch.zeros((), device=self.device)
                seen = self._seen(self._noisy(real)) if self._labelled else real
            if self.synthesis is not None:
                if r.penalty == "directed":
                    penalty = self._directed(real, labels)
                    values["penalty"] = penalty.item()
                    critic = critic + r.penalty_weight * penalty
                loss = loss + (r.alpha if self._labelled and r.objective == "supervised" else 1.0) * critic
            if self._labelled:
                label = label_loss(seen, labels, r.label_smoothing)
                loss = loss + label
                values |= {"cross-entropy": label.item()}
                values["accuracy"] = (seen.argmax(1) == labels).float().mean().item()
            torch.autograd.backward(loss)
        self.place.average_gradients(net.parameters())
        if r.penalty == "directed":
            torch.nn.utils.clip_grad_norm_(net.parameters(), LONGEST)
        self.optimizer.step()
        for name, value in net.state_dict().items():
            if name in self.average:
                decay = min(r.ema, (self.cascade_done + 1) / (self.cascade_done + 10))
                self.average[name].lerp_(value.detach(), 1 - decay)
        return {"loss": loss.item(), **values}

    @property
    def _labelled(self) -> bool:
        """Whether the network that learns tells labels: coarse ones only lead to what the last one sees."""
        return self.recipe.conditional and self.net.resolution == self.recipe.resolution

    def _seen(self, x: Tensor) -> Tensor:
        with self.place.autocast():
            return torch.as_tensor(self.net(x))

    def _play(self, real: Tensor, labels: Tensor, values: dict[str, float]) -> tuple[Tensor, Tensor]:
        """The outputs of ``real``, and the Wasserstein terms with pseudo-negatives and the paper's penalty."""
        assert self.synthesis is not None
        r, net = self.recipe, self.net
        negative, climbed = self.synthesis.negatives(len(real))
        real_in, negative = self._noisy(real), self._noisy(negative)
        outputs = self._seen(torch.cat([real_in, negative]))
        seen, made = outputs[: len(real)], outputs[len(real) :]
        real_score, made_score = net.as_climbed(seen, real_in, labels), net.as_climbed(made, negative, climbed)
        distance = wasserstein(real_score, made_score)
        if net.gaussian:  # whose scores grow with the number of voxels
            distance = distance / real[0].numel()
        critic = distance + r.drift_weight * torch.cat([real_score, made_score]).square().mean()
        values["wasserstein"] = -distance.item()
        if r.penalty == "length":
            count = max(1, round(r.penalty_share * len(real)))
            shares = torch.rand((count, 1, 1, 1, 1), generator=self.generator).to(self.device)
            scores = partial(self._climbed, labels=labels[:count])
            penalty = gradient_penalty(scores, real_in[:count], negative[:count], shares)
            values["penalty"] = penalty.item()
            critic = critic + r.penalty_weight * penalty
        low, high = real_score.detach().min().item(), real_score.detach().max().item()
        old = self.scores if any(self.scores) else (low, high)
        self.scores = (0.99 * old[0] + 0.01 * low, 0.99 * old[1] + 0.01 * high)
        return seen, critic

    def _directed(self, real: Tensor, labels: Tensor) -> Tensor:
        assert self.synthesis is not None
        share = self.recipe.penalty_share if self.cascade + 1 == len(self.nets) else 1.0
        count = max(1, round(share * len(real)))
        shares = torch.rand((count, 1, 1, 1, 1), generator=self.generator).to(self.device)
        before = resolutions(self.recipe)[self.cascade - 1] if self.cascade else None
        start = self.synthesis.starts(real[:count], before)

        def slopes(x: Tensor) -> Tensor:
            x = x.requires_grad_()
            scores = self._climbed(x, labels[:count])
            return torch.autograd.grad(scores.sum(), x, create_graph=True)[0]

        return directed_penalty(slopes, real[:count], start, shares)

    def _climbed(self, x: Tensor, labels: Tensor) -> Tensor:
        # In 32 bits: with bf16 the second derivatives of small convolutions were infinite now and then on a CPU.
        with torch.autocast(self.device.type, enabled=False):
            return self.net.climbed(x, labels)

    def _set_rate(self) -> None:
        r, share = self.recipe, 1.0
        if r.schedule == "cosine":
            whole = self._length(self.cascade)
            share = 0.5 * (1 + math.cos(math.pi * min(self.cascade_done / whole, 1.0)))
            share *= min(1.0, (self.cascade_done + 1) / min(WARM_UP, whole))
        for group in self.optimizer.param_groups:
            group["lr"] = r.learning_rate * share

    def _measure_mean(self) -> None:
        """The mean of the training shapes, of which every network takes its own resolution's."""
        stream = self.batches(0)
        grids = [next(stream).voxels.mean(axis=0, dtype=np.float32) for _ in range(MEAN_BATCHES)]
        self._mean = torch.from_numpy(2 * np.mean(grids, axis=0, dtype=np.float32) - 1)[None, None].to(self.device)
        self._set_means()

    def _set_means(self) -> None:
        for net in self.nets[self.cascade :]:
            assert self._mean is not None
            net.mean.copy_(fitted(self._mean, net.resolution))
        for name in self.average:
            if name == "mean":
                self.average[name].copy_(self.net.mean)

    # -- what is shown and kept ------------------------------------------------------------------------------------

    def samples(self, most: int = SHOWN) -> npt.NDArray[np.float32]:
        """Shapes that the run makes now, at most so many, ``[N, R, R, R]`` in [0, 1].

        Those in which the latest chains ended; before the game has begun, those that gradients lead to; else chains
        that climb still.
        """
        if self.synthesis is None:
            return np.zeros((1, *(self.recipe.resolution,) * 3), np.float32)
        pool = self.synthesis.pool
        count = min(most, pool.filled or pool.size)
        last = torch.tensor([(pool.turn - 1 - k) % pool.size for k in range(count)])
        if pool.filled:
            volumes = pool.ended(last)
        elif self.recipe.penalty == "directed":
            nets = [*(net.eval() for net in self.nets[: self.cascade]), self._exported_net()]
            volumes = led(nets, self.recipe, count, self.seed)
        else:
            volumes = pool.take(torch.arange(count))[0]
        volumes = fitted(volumes, self.recipe.resolution)
        return np.asarray(((volumes[:, 0] + 1) / 2).clamp(0, 1).cpu().numpy(), np.float32)

    def preview(self) -> VoxelGrid:
        """The first of these shapes."""
        return VoxelGrid.unit(self.samples(1)[0], ISO_LEVEL, f"step {self.done}")

    def validate(self, batches: Sequence[Any]) -> float:
        """Accuracy on held-out shapes, or, without labels, the share of them that scores above the mean of chains'
        ends."""
        net = self._exported_net()
        right: list[float] = []
        made = 2 * self.samples() - 1 if self.recipe.objective == "unsupervised" else None
        with torch.inference_mode(), self.place.autocast():
            bar = 0.0
            if made is not None:
                chains = torch.from_numpy(made)[:, None].to(self.device)
                bar = float(net(fitted(chains, net.resolution)).mean())
            for batch in batches:
                outputs = net(self._real(batch))
                labels = torch.from_numpy(batch.labels).to(self.device)
                found = outputs[:, 0] > bar if outputs.shape[1] == 1 else outputs.argmax(1) == labels
                right += found.float().tolist()
        return float(np.mean(right)) if right else 0.0

    def _exported_net(self) -> Net:
        net = build_cascade(self.recipe, self.cascade).to(self.device)
        net.load_state_dict(self._weights())
        return net.eval()

    def _weights(self) -> Mapping[str, Tensor]:
        return self.average or self.net.state_dict()

    def state(self) -> dict[str, Any]:
        """Everything that exact resume needs."""
        return {
            "nets": [{k: v.detach().cpu().clone() for k, v in net.state_dict().items()} for net in self.nets],
            "average": plain(self.average),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "synthesis": self.synthesis.state() if self.synthesis is not None else None,
            "cascade": self.cascade, "cascade_done": self.cascade_done, "done": self.done,
            "scores": list(self.scores), "mean": None if self._mean is None else self._mean.cpu(),
            "kept": self.kept, "lent": self.lent,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state`."""
        start = None
        if state["cascade"] and state["synthesis"] is not None:
            start = NegativePool(max(self.recipe.pool, self.recipe.batch_size), resolutions(self.recipe)[0])
            side = int(state["synthesis"]["start"]["volumes"].shape[-1])
            start = NegativePool(start.size, side, self.recipe.pool_place == "disk")
            start.restore(state["synthesis"]["start"])
        self.lent = bool(state["lent"])
        self._enter(int(state["cascade"]), start)
        for net, kept in zip(self.nets, state["nets"], strict=True):
            net.load_state_dict(kept)
        self.average = {k: v.clone().to(self.device) for k, v in state["average"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        if self.synthesis is not None:
            self.synthesis.restore(state["synthesis"])
        self.generator.set_state(state["generator"])
        self.cascade_done, self.done = int(state["cascade_done"]), int(state["done"])
        self.scores = (float(state["scores"][0]), float(state["scores"][1]))
        self._mean = None if state["mean"] is None else state["mean"].to(self.device)
        self.kept = list(state["kept"])
        self._stream = None

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the networks of a checkpoint, its last one where it has no more; BadCheckpoint if it fits none."""
        last = max((int(name.split(".")[1]) for name in tensors if name.startswith("cascades.")), default=-1)
        taken = []
        for k, net in enumerate(self.nets):
            # The last cascade takes the last network: a plain classifier's only one is at full resolution.
            prefix = f"cascades.{last if k + 1 == len(self.nets) else min(k, last)}."
            mine = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
            taken.append(copy_fitting(net, mine))
        if last < 0 or max(taken) < 0.9:
            raise BadCheckpoint(
                "The weights do not fit the recipe: leave out the options that shape the network (width, stem, "
                "cascades), or choose another checkpoint."
            )
        self.lent = max(taken[1:], default=0.0) >= 0.9
        for name in self.average:
            self.average[name].copy_(self.net.state_dict()[name])

    def export(self) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
        """Inference weights of every cascade that has learnt so far, and the network's sizes."""
        tensors: dict[str, Tensor] = {}
        for k in range(self.cascade + 1):
            weights = self._weights() if k == self.cascade else self.nets[k].state_dict()
            tensors |= {f"cascades.{k}.{name}": value.detach().cpu().clone() for name, value in weights.items()}
        for k, weights in enumerate(self.kept[:-1]):
            tensors |= {f"iterations.{k}.{name}": value for name, value in weights.items()}
        sizes = {"recipe": self.recipe.to_json(), "iso_level": ISO_LEVEL, "cascades": self.cascade + 1}
        return tensors, {
            **sizes,
            "iterations": max(len(self.kept) - 1, 0),
            "scores": [round(s, 4) for s in self.scores],
        }


def plain(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in weights.items()}


def copy_fitting(net: Net, weights: Mapping[str, Tensor]) -> float:
    """Copy what has the same name and shape (never the mean); the share of the network's values that was."""
    known = net.state_dict()
    fits = {n: t for n, t in weights.items() if n in known and known[n].shape == t.shape and n != "mean"}
    net.load_state_dict({**known, **fits})
    whole = sum(value.numel() for name, value in known.items() if name != "mean")
    return float(sum(value.numel() for value in fits.values()) / whole)
