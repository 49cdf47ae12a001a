"""Trainer of the 3D-VAE-GAN: three updates a batch, for D, E and G (report, 2.4)."""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from voxstudio.core.errors import BadCheckpoint
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine import reconstruction as rec
from voxstudio.engine.family import StepReport
from voxstudio.engine.occupancy_loss import dice, occupancy_loss
from voxstudio.engine.place import Place, as_place
from voxstudio.engine.ssim import ssim3d
from voxstudio.engine.volumetric import channels_last
from voxstudio.families.vae_gan3d import losses
from voxstudio.families.vae_gan3d.networks import Discriminator, VaeGan, VoxelEncoder
from voxstudio.families.vae_gan3d.prior import fit_prior
from voxstudio.families.vae_gan3d.recipe import VaeGanRecipe

BatchSource = Callable[[int], Iterator[Any]]
"""Opens the endless batches at a step."""

UNUSED = ("num_batches", "coarse_last")
"""Parts of names of tensors that inference does not need."""
WATCHED = 8
"""Views whose reconstructions the collapse meter compares."""
KEPT_CODES = 1200
"""Encoded objects kept for each class, from which the prior of the shipped weights is fitted."""


class VaeGanTrainer:
    """E, G and D with their optimisers; one seed decides the weights and every draw.

    ``batches(step)`` opens the stream of :class:`voxstudio.data.view_batches.ViewBatch` at a step; each process
    of ``place`` gets its own rows of it.
    """

    def __init__(self, recipe: VaeGanRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0) -> None:
        self.place = as_place(place, recipe.precision)
        self.recipe, self.batches, self.device, self.seed = recipe, batches, self.place.device, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = VaeGan(recipe).to(self.device)
            self.critic = Discriminator(recipe).to(self.device) if recipe.adversarial_weight else None
            self.leader = VoxelEncoder(recipe).to(self.device) if recipe.guide_steps else None
            # Dropout draws from torch's global state; the trainer lends it its own for each step.
            self.torch_random = torch.get_rng_state()
        channels_last(self.net, self.critic, self.leader)
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False) if recipe.ema else None
        self.generator = torch.Generator().manual_seed(seed + 1)
        options: dict[str, Any] = {"betas": (recipe.beta1, 0.999), "weight_decay": recipe.weight_decay}
        encoder = [*self.net.encoder.parameters(), *self.net.fusion.parameters()]
        self.optimizer_e = torch.optim.AdamW(encoder, lr=recipe.learning_rate_e, **options)
        self.optimizer_g = torch.optim.AdamW(self.net.generator.parameters(), lr=recipe.learning_rate_g, **options)
        self.optimizer_v = None
        if self.leader is not None:
            self.optimizer_v = torch.optim.AdamW(self.leader.parameters(), lr=recipe.learning_rate_e, **options)
        self.optimizer_d = None
        if self.critic is not None:
            self.optimizer_d = torch.optim.Adam(self.critic.parameters(), lr=recipe.learning_rate_d, betas=(0.5, 0.999))
        self.joint_loss = occupancy_loss
        self.done = 0
        self.critic_accuracy = 0.0
        self.codes: list[deque[Tensor]] = [deque(maxlen=KEPT_CODES) for _ in recipe.classes]
        self._stream: Iterator[Any] | None = None
        self._last: tuple[Tensor, str] | None = None
        self._watched: Any = None
        self._freeze()

    def _rate(self) -> float:
        r = self.recipe
        if r.schedule == "constant":
            return 1.0
        rise = min(1.0, (self.done + 1) / max(r.warmup_steps, 1))
        return rise * 0.5 * (1 + math.cos(math.pi * min(1.0, self.done / r.max_steps)))

    def step(self) -> StepReport:
        """Take the next batch (or ``accumulate`` of them) and update D, E and G once each."""
        r = self.recipe
        if self._stream is None:
            self._stream = self.batches(self.done * r.accumulate)
        guided = self.done < r.guide_steps
        self._prepare()
        rows, count = [], 0
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self.torch_random)
            with self.place.autocast():
                for _ in range(r.accumulate):
                    batch = next(self._stream)
                    views = torch.from_numpy(batch.views).to(self.device)
                    truth = torch.from_numpy(batch.voxels).to(self.device).float()[:, None]
                    labels = torch.from_numpy(batch.labels).to(self.device)
                    rows.append((self._guided if guided else self._update)(views, truth, labels, batch.fusion))
                    count += len(labels) * self.place.world
                    if self._watched is None:
                        self._watched = (views[:WATCHED, 0].clone(), labels[:WATCHED].clone())
            self.torch_random = torch.get_rng_state()
        self._apply(guided)
        self.done += 1
        self._average()
        values = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
        return StepReport(self.place.means(values), count)

    def _prepare(self) -> None:
        """Step sizes of this step, no gradients, every part in its mode."""
        r, rate = self.recipe, self._rate()
        rates = (
            (self.optimizer_e, r.learning_rate_e),
            (self.optimizer_g, r.learning_rate_g),
            (self.optimizer_v, r.learning_rate_e),
        )
        for optimizer, base in rates:
            if optimizer is not None:
                optimizer.zero_grad(set_to_none=True)
                for group in optimizer.param_groups:
                    group["lr"] = base * rate
        self.net.train()
        for name in r.freeze:
            getattr(self.net, name).eval()
        if self.leader is not None:
            self.leader.train()

    def _apply(self, guided: bool) -> None:
        """Average the gradients over all processes, clip them, update; a gradient that overflowed is left out."""
        clipped: list[torch.nn.Module] = [self.net]
        optimizers = [self.optimizer_e, self.optimizer_g]
        if guided and self.leader is not None and self.optimizer_v is not None:
            clipped = [self.net.encoder, self.net.generator, self.leader]
            optimizers.append(self.optimizer_v)
        self.place.average_gradients([p for module in (self.net, self.leader) if module for p in module.parameters()])
        norms = [torch.nn.utils.clip_grad_norm_(module.parameters(), 5.0) for module in clipped]
        if all(math.isfinite(float(norm)) for norm in norms):
            for optimizer in optimizers:
                optimizer.step()

    def _freeze(self) -> None:
        for name in self.recipe.freeze:
            getattr(self.net, name).requires_grad_(False)

    def _noise(self, like: Tensor) -> Tensor:
        """Gaussian noise of the whole run's batch, of which this process takes its part."""
        shape = (self.place.world, *like.shape)
        return torch.randn(shape, generator=self.generator)[self.place.rank].to(self.device)

    def _update(self, views: Tensor, truth: Tensor, labels: Tensor, fusion: str) -> dict[str, float]:
        r, net = self.recipe, self.net
        count, each = views.shape[:2]
        mean, log_variance = net.encode(views.flatten(0, 1))
        z = net.fusion((mean + self._noise(mean) * (0.5 * log_variance).exp()).view(count, each, -1), fusion)
        self._keep_codes(net, mean.detach().view(count, each, -1), labels, fusion)
        if self.done < r.coarse_steps:
            truth = F.avg_pool3d(truth, 2)
            logits = net.generator.decode_coarse(z, labels).float()
        else:
            logits = net.generator(z, labels).float()
        kl = losses.divergence(mean, log_variance)
        reconstruction, parts = self._reconstruction(logits, truth)
        loss = r.kl_weight * kl + r.reconstruction_weight * reconstruction
        if r.ssim_weight:
            similarity = 1 - ssim3d(torch.sigmoid(logits), truth)
            loss, parts["ssim"] = loss + r.ssim_weight * similarity, 1 - float(similarity.detach())
        values = {"loss": float(loss.detach()), "kl": float(kl.detach()), **parts}
        adversarial = None
        if self.critic is not None and self.done >= max(r.adversarial_after, r.coarse_steps):
            adversarial, more = self._play(z, truth, labels)
            values.update(more)
        (loss / r.accumulate).backward()
        if adversarial is not None:
            # G alone is taught by D: the gradients stop before E because z was cut off there.
            (r.adversarial_weight / r.accumulate * adversarial).backward()
        values["iou"] = rec.overlap(logits, truth)
        self._last = (torch.sigmoid(logits[0, 0].detach()).cpu(), fusion)
        return values

    def _guided(self, views: Tensor, truth: Tensor, labels: Tensor, fusion: str) -> dict[str, float]:
        """G learns to decode the voxel encoder's codes, E learns to find them from each view and from all.

        Means are drawn to the codes by their squared distance; the log variances learn how far off they are.
        """
        assert self.leader is not None
        r, net = self.recipe, self.net
        count, each = views.shape[:2]
        part = max(1, round(r.guide_share * count))
        code, code_variance = self.leader(truth).float().chunk(2, 1)
        code_variance = code_variance.clamp(-12.0, 4.0)
        z = (code + self._noise(code) * (0.5 * code_variance).exp())[:part]
        if self.done < r.coarse_steps:
            target, logits = F.avg_pool3d(truth[:part], 2), net.generator.decode_coarse(z, labels[:part]).float()
        else:
            target, logits = truth[:part], net.generator(z, labels[:part]).float()
        kl = losses.divergence(code, code_variance)
        reconstruction, parts = self._reconstruction(logits, target)
        mean, log_variance = net.encode(views.flatten(0, 1))
        goal = code.detach().repeat_interleave(each, 0)
        miss = (mean - goal).square()
        spread = 0.5 * (miss.detach() * (-log_variance).exp() + log_variance)
        joint = net.fusion(mean.view(count, each, -1), fusion) - code.detach()
        follow = miss.mean() + joint.square().mean() + 0.1 * spread.mean()
        loss = r.kl_weight * kl + r.reconstruction_weight * reconstruction + r.guide_weight * follow
        (loss / r.accumulate).backward()
        self._keep_codes(net, mean.detach().view(count, each, -1), labels, fusion)
        self._last = (torch.sigmoid(logits[0, 0].detach()).cpu(), fusion)
        explained = 1 - float(miss.detach().mean() / code.detach().var(0).mean().clamp(min=1e-6))
        return {
            "loss": float(loss.detach()),
            "kl": float(kl.detach()),
            **parts,
            "code_explained": explained,
            "iou": rec.overlap(logits, target),
        }

    def _reconstruction(self, logits: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        r = self.recipe
        if r.reconstruction == "sse":
            main = losses.squared_error(logits, truth)
            parts = {"reconstruction": float(main.detach())}
            if r.dice_weight:
                overlap = dice(logits, truth)
                main, parts["dice"] = main + r.dice_weight * overlap, float(overlap.detach())
            return main, parts
        main, entropy, overlap = self.joint_loss(logits, truth, r.positive_weight, r.dice_weight)
        return main, {"reconstruction": float(entropy), **({"dice": float(overlap)} if r.dice_weight else {})}

    def _play(self, z: Tensor, truth: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Update D, and return G's adversarial term: half on G(noise), half on G(E(y)) (report, 2.6.3)."""
        assert self.critic is not None and self.optimizer_d is not None
        r, count = self.recipe, len(z)
        noise = self._noise(z)
        fake = torch.sigmoid(self.net.generator(torch.cat([noise, z.detach()]), torch.cat([labels, labels])))
        self.critic.train()
        real_logits = self.critic(truth, labels).float()
        fake_logits = self.critic(fake[:count].detach(), labels).float()
        real_target = losses.soft_labels(count, True, r.soft_labels, self.generator, self.device)
        fake_target = losses.soft_labels(count, False, r.soft_labels, self.generator, self.device)
        d_loss = losses.cross_entropy_to(real_logits, real_target) + losses.cross_entropy_to(fake_logits, fake_target)
        accuracy = self.place.means({"accuracy": losses.accuracy(real_logits, fake_logits)})["accuracy"]
        if self.critic_accuracy <= r.d_accuracy_limit:
            self.optimizer_d.zero_grad(set_to_none=True)
            d_loss.backward()
            self.place.average_gradients(self.critic.parameters())
            self.optimizer_d.step()
        self.critic_accuracy = accuracy
        self.critic.requires_grad_(False)
        both = self.critic(fake, torch.cat([labels, labels])).float()
        self.critic.requires_grad_(True)
        return losses.maker_loss(r.gan_loss, both), {
            "d_loss": float(d_loss.detach()),
            "d_accuracy": accuracy,
        }

    def _keep_codes(self, net: VaeGan, means: Tensor, labels: Tensor, fusion: str) -> None:
        with torch.no_grad():
            for row, label in zip(means.float().mean(1).cpu(), labels.tolist(), strict=True):
                self.codes[label].append(row)

    def _average(self) -> None:
        if self.average is None:
            return
        decay = min(self.recipe.ema, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            for mine, theirs in zip(self.average.parameters(), self.net.parameters(), strict=True):
                mine.lerp_(theirs, 1 - decay)
            for kept, newest in zip(self.average.buffers(), self.net.buffers(), strict=True):
                kept.copy_(newest)

    @torch.no_grad()
    def samples(self) -> npt.NDArray[np.float32]:
        """Reconstructions ``[N, R, R, R]`` of the first views that this run saw: always the same ones."""
        if self._watched is None:
            return np.zeros((0, 4, 4, 4), np.float32)
        views, labels = self._watched
        values = self._answer(self.net, views[:, None], labels)
        self.net.train()
        return np.asarray(torch.sigmoid(values[:, 0]).cpu().numpy(), np.float32)

    @torch.no_grad()
    def validate(self, batches: Sequence[Any]) -> float:
        """Mean IoU of the weights that would be exported, on held-out batches; changes nothing."""
        net, scores = self.average if self.average is not None else self.net, []
        for batch in batches:
            truth = torch.from_numpy(batch.voxels).to(self.device).float()[:, None]
            labels = torch.from_numpy(batch.labels).to(self.device)
            logits = self._answer(net, torch.from_numpy(batch.views).to(self.device), labels)
            if logits.shape[-1] != truth.shape[-1]:
                truth = F.avg_pool3d(truth, truth.shape[-1] // logits.shape[-1])
            scores.append(rec.overlap(logits, truth))
        return float(np.mean(scores))

    def _answer(self, net: VaeGan, views: Tensor, labels: Tensor) -> Tensor:
        """Logits of the mean code of views ``[B, V, S, S, 4]``."""
        net.eval()
        with self.place.autocast():
            mean, _ = net.encode(views.flatten(0, 1))
            z = net.fusion(mean.view(*views.shape[:2], -1), "mean")
            decode = net.generator.decode_coarse if self.done < self.recipe.coarse_steps else net.generator
            return torch.as_tensor(decode(z, labels).float())

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights of a shipped checkpoint; BadCheckpoint if the recipe builds other shapes."""
        for net in (self.net, self.average):
            if net is None:
                continue
            try:
                told = net.load_state_dict(dict(tensors), strict=False)
            except RuntimeError as error:
                lines = [line for line in str(error).splitlines() if "size mismatch" in line]
                names = [line.split()[3].rstrip(":") for line in lines]
                raise BadCheckpoint(
                    f"The weights do not fit the recipe ({names[0] if names else 'a tensor'} has another shape there): "
                    "leave out the options that shape the network, such as --resolution and --width."
                ) from error
            absent = [name for name in told.missing_keys if not any(word in name for word in UNUSED)]
            if absent or told.unexpected_keys:
                raise BadCheckpoint(
                    f"The weights do not fit the recipe: {len(absent)} missing, {len(told.unexpected_keys)} unknown; "
                    "keep the options that shape the network as they were."
                )

    def preview(self) -> VoxelGrid:
        """The first object of the last batch as it was reconstructed."""
        values = np.zeros((4, 4, 4)) if self._last is None else self._last[0].numpy()
        return VoxelGrid.unit(values, name=f"step {self.done}")

    def state(self) -> dict[str, Any]:
        """Weights, averages, optimisers, random states and the position in the data."""
        state: dict[str, Any] = {
            "done": self.done,
            "net": self.net.state_dict(),
            "optimizer_e": self.optimizer_e.state_dict(),
            "optimizer_g": self.optimizer_g.state_dict(),
            "generator": self.generator.get_state(),
            "torch_random": self.torch_random,
            "critic_accuracy": self.critic_accuracy,
            "codes": [
                torch.stack(list(rows)) if rows else torch.zeros(0, self.recipe.latent_size) for rows in self.codes
            ],
        }
        if self.average is not None:
            state["average"] = self.average.state_dict()
        if self.critic is not None and self.optimizer_d is not None:
            state["critic"] = self.critic.state_dict()
            state["optimizer_d"] = self.optimizer_d.state_dict()
        if self.leader is not None and self.optimizer_v is not None:
            state["leader"], state["optimizer_v"] = self.leader.state_dict(), self.optimizer_v.state_dict()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Continue exactly where :meth:`state` was taken."""
        self.done, self.critic_accuracy = int(state["done"]), float(state["critic_accuracy"])
        self.net.load_state_dict(state["net"])
        self.optimizer_e.load_state_dict(state["optimizer_e"])
        self.optimizer_g.load_state_dict(state["optimizer_g"])
        self.generator.set_state(state["generator"])
        self.torch_random = state["torch_random"]
        self.codes = [deque(rows.unbind(0), maxlen=KEPT_CODES) for rows in state["codes"]]
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        if self.critic is not None and self.optimizer_d is not None and "critic" in state:
            self.critic.load_state_dict(state["critic"])
            self.optimizer_d.load_state_dict(state["optimizer_d"])
        if self.leader is not None and self.optimizer_v is not None and "leader" in state:
            self.leader.load_state_dict(state["leader"])
            self.optimizer_v.load_state_dict(state["optimizer_v"])
        self._stream = None

    def export(self) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
        """Inference weights (averaged where the recipe says so, with the fitted prior) and the network's sizes."""
        source = copy.deepcopy(self.average if self.average is not None else self.net)
        fit_prior(source, self.codes)
        tensors = {
            name: value.detach().cpu()
            for name, value in source.state_dict().items()
            if not any(word in name for word in UNUSED)
        }
        return tensors, {"recipe": self.recipe.to_json()}
