"""The game of a generator of shapes and its critic, after an autoencoder has led the way: 3D-GAN and its kin.

A trainer owns a :class:`Game` and hands it the batches; the game knows no files, no views and no family.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxstudio.engine import adversarial as adv
from voxstudio.engine import reconstruction as rec
from voxstudio.engine.codes import CodeSpace, Posterior
from voxstudio.engine.encoding import changed, masked, regular
from voxstudio.engine.growing import grow_generator, grow_trunk
from voxstudio.engine.maker import UNUSED, Maker, build_critic
from voxstudio.engine.occupancy_loss import occupancy_loss
from voxstudio.engine.place import Place
from voxstudio.engine.volume_recipe import VolumeGanRecipe
from voxstudio.engine.volumetric import channels_last, plain_weights

KEPT_CODES = 8192
"""Encoded shapes from which the entry of drawn codes is fitted."""
FIT_EVERY = 100
FLOW_STEPS = 1500
"""Steps in which the entry's flow is fitted where the lead ends: some ten seconds."""
WATCHED = 16
"""Drawn codes whose shapes the collapse meter compares."""


class Companion(Protocol):
    """A game that is played beside this one with the same maker, such as the enhancer's game of pictures."""

    def prepare(self) -> None:
        """Before the losses of an update."""

    def loss(self, drawn: Tensor | None, encoded: Tensor | None, critic: bool) -> tuple[Tensor, dict[str, float]]:
        """What joins the loss; entered codes, drawn and encoded. ``critic`` False: the maker alone learns."""

    def apply(self, critic: bool) -> None:
        """After the gradients are there."""


class Game:
    """Maker, critic, their optimisers, averaged weights and random state; one seed decides all of it.

    Parameters
    ----------
    build: makes another maker than :class:`Maker`.
    companion: joins each update; set after construction.
    """

    companion: Companion | None = None

    def __init__(
        self, recipe: VolumeGanRecipe, space: CodeSpace, place: Place, seed: int,
        build: Callable[[], Any] | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.space, self.place, self.device = recipe, space, place, place.device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = build() if build is not None else Maker(recipe, space, bool(recipe.coarse_steps))
            self.maker: Maker = made.to(self.device)
            self.critic = build_critic(recipe, space).to(self.device)
        channels_last(self.maker, self.critic)
        self.average = adv.Average(self.maker, recipe.ema)
        self.random = torch.Generator().manual_seed(seed + 1)
        parts: dict[str, nn.Module] = {"generator": self.maker.net.volume, "discriminator": self.critic.trunk}
        self.frozen = [parts[name].requires_grad_(False) for name in recipe.freeze]
        betas = (0.9, 0.999)
        self.optimizer_g = torch.optim.Adam(self.maker.parameters(), lr=1e-3, betas=betas)
        self.optimizer_d = torch.optim.Adam(self.critic.parameters(), lr=1e-3, betas=betas)
        self.resting = adv.RestingCritic(recipe.d_accuracy_limit)
        self.codes: deque[Tensor] = deque(maxlen=KEPT_CODES)
        self.done = 0
        self.joint_loss = occupancy_loss
        """The bench puts another one here."""
        self._watched = space.prior(WATCHED, torch.Generator().manual_seed(seed + 2))

    @property
    def leading(self) -> bool:
        """True while encoding leads."""
        return self.done < self.recipe.lead_steps

    @property
    def coarse(self) -> bool:
        """True while shapes have half the resolution."""
        return self.done < self.recipe.coarse_steps

    def rate(self) -> float:
        """Factor on the step sizes: each of the two parts rises and, with the cosine schedule, falls."""
        r = self.recipe
        if r.schedule == "constant":
            return 1.0
        start, end = (0, r.lead_steps) if self.leading else (r.lead_steps, r.max_steps)
        rise = min(1.0, (self.done - start + 1) / max(r.warmup_steps, 1))
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, (self.done - start) / max(end - start, 1))))
        return rise * (0.2 + 0.8 * fall if self.leading else fall)

    def step(self, truths: Iterable[Tensor]) -> dict[str, float]:
        """Update by ``accumulate`` batches of shapes ``[N, 1, R, R, R]`` in [0, 1]; named values."""
        rows: list[dict[str, float]] = []
        self.prepare()
        for truth in truths:
            if not rows and self.done and self.done == self.recipe.coarse_steps:
                self._grow(truth)
            with self.place.autocast():
                loss, one = self.losses(truth)
            (loss / self.recipe.accumulate).backward()
            rows.append(one)
        told = [(name, [row[name] for row in rows if name in row]) for name in rows[-1]]
        values = {name: sum(found) / len(found) for name, found in told}
        self.apply()
        for _ in range(self.recipe.generator_updates - 1 if not self.leading else 0):
            self.prepare()
            with self.place.autocast():
                drawn = self.draw(len(truth))
                entered = self.maker.enter(drawn)
                logits = self.maker.decode(entered, self.coarse).float()
                more, _ = self.teach(logits, F.avg_pool3d(truth, 2) if self.coarse else truth, drawn)
                more = more + self._beside(entered, None, False)[0]
            more.backward()
            self.apply(critic=False)
        self.finish()
        return self.place.means(values)

    def _beside(self, drawn: Tensor | None, encoded: Tensor | None, critic: bool) -> tuple[Any, dict[str, float]]:
        return self.companion.loss(drawn, encoded, critic) if self.companion is not None else (0.0, {})

    def losses(self, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The loss of one batch, by phase."""
        if self.coarse:
            truth = F.avg_pool3d(truth, 2)
        return self._lead(truth) if self.leading else self._play(truth)

    @torch.no_grad()
    def _grow(self, truth: Tensor) -> None:
        """The last stages begin as what the coarse ones computed."""
        codes = self.draw(len(truth))
        with torch.autocast(truth.device.type, enabled=False):
            grow_trunk(self.critic.trunk, truth)
            for maker in (self.maker, cast(Maker, self.average.net)):
                net: Any = maker.net
                grow_generator(net.volume, net.first_volume(maker.enter(codes)))
        for module in (self.maker, self.average.net, self.critic):
            self.place.share(module)

    def prepare(self) -> None:
        """Step sizes and moments of this step, no gradients, everything in training."""
        r, rate = self.recipe, self.rate()
        for optimizer, base in ((self.optimizer_g, r.learning_rate_g), (self.optimizer_d, r.learning_rate_d)):
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate * (r.learning_rate_lead if self.leading else base)
                group["betas"] = (0.9 if self.leading else r.beta1, 0.999)
        self.maker.train()
        self.critic.train()
        for part in self.frozen:
            part.eval()  # nor do its statistics move
        if self.companion is not None:
            self.companion.prepare()

    def apply(self, critic: bool = True) -> None:
        """Average gradients over processes, clip, update; a gradient that overflowed costs its batch."""
        parts = [(self.maker, self.optimizer_g), *([(self.critic, self.optimizer_d)] if critic else [])]
        modules: Sequence[nn.Module] = [module for module, _ in parts]
        self.place.average_gradients([p for module in modules for p in module.parameters()])
        norms = [torch.nn.utils.clip_grad_norm_(module.parameters(), 5.0) for module in modules]
        if all(math.isfinite(float(norm)) for norm in norms):
            for _, optimizer in parts:
                optimizer.step()
        if self.companion is not None:
            self.companion.apply(critic)

    def finish(self) -> None:
        """Count the step, fit the entry while encoding leads, move the average."""
        self.done += 1
        r = self.recipe
        if self.maker.entry is not None and self.done <= r.lead_steps and len(self.codes) > 1:
            last = self.done == r.lead_steps
            if last or self.done % FIT_EVERY == 0:
                self.maker.entry.fit(torch.stack(list(self.codes)), FLOW_STEPS if last else 0)
                self.place.share(self.maker.entry)
                averaged: Any = self.average.net
                averaged.entry.load_state_dict(self.maker.entry.state_dict())
        self.average.follow(self.done)

    def draw(self, count: int) -> Tensor:
        """Drawn codes of this process's rows."""
        whole = self.space.prior(count * self.place.world, self.random)
        return whole[self.place.rank :: self.place.world].to(self.device)

    def noise(self, like: Tensor) -> Tensor:
        """Gaussian noise of the whole run's batch, of which this process takes its part."""
        shape = (self.place.world, *like.shape)
        return torch.randn(shape, generator=self.random)[self.place.rank].to(self.device)

    # The two phases.

    def _lead(self, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        """An autoencoder: the trunk reads codes, G decodes them (Larsen et al., ICML 2016; TL-embedding)."""
        r = self.recipe
        seen, whole = masked(truth, r.mask_share, self.random) if r.mask_share else (truth, slice(None))
        _, read = self.critic(seen)
        found = self.space.posterior(read)
        entered = self.space.sample(found, self.noise, self.random)
        self._keep(entered[whole])
        share = getattr(r, "focus_share", 0.0)
        if share:
            # Some shapes are decoded without their noise: what the other codes can tell, they must tell.
            blind = torch.rand(len(entered), 1, generator=self.random).to(self.device) < share
            noise, *others = self.space.split(entered)
            entered = torch.cat([torch.where(blind, torch.zeros_like(noise), noise), *others], 1)
        logits = self.maker.decode(entered, self.coarse).float()
        loss, values = self._reconstructed(logits, truth)
        more, told = self._regular(found, truth)
        beside, beside_told = self._beside(None, entered, True)
        loss = loss + more + beside
        return loss, {"loss": float(loss.detach()), **values, **told, **beside_told}

    def _regular(self, found: Posterior, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        again, weight = None, getattr(self.recipe, "cluster_weight", 0.0)
        if weight and self.leading and self.space.categorical:
            # Later Q, which answers for made shapes, keeps the answers steady.
            with adv.statistics_kept(self.critic):
                again = self.space.posterior(self.critic(changed(truth, self.random))[1])
        return regular(self.recipe, self.space, found, again)

    def _play(self, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        """One move of both players, from one batch of shapes and as many drawn codes."""
        r, count = self.recipe, len(truth)
        last = self.critic.trunk(self._blurred(truth))[-1]
        real, read = self.critic.judge(last), self.critic.read(last)
        drawn = self.draw(count)
        entered, encoded = self.maker.enter(drawn), None
        values: dict[str, float] = {}
        loss = truth.new_zeros(())
        encodes = bool(r.keep_reconstruction) and read is not None
        if encodes:
            assert read is not None
            found = self.space.posterior(read)
            encoded = self.space.sample(found, self.noise, self.random)
            self._keep(encoded)
            logits = self.maker.decode(torch.cat([entered, encoded]), self.coarse).float()
            more, values = self._reconstructed(logits[count:], truth)
            kept_regular, told = self._regular(found, truth)
            loss, values = loss + r.keep_reconstruction * more + kept_regular, {**values, **told}
            logits = logits[:count]
        else:
            logits = self.maker.decode(entered, self.coarse).float()
        fake = self.shown(logits)
        judged, told = self.judged(truth, real, fake.detach(), drawn)
        taught, more_told = self.teach(logits, truth, drawn)
        beside, beside_told = self._beside(entered, encoded, True)
        loss = loss + judged + taught + beside
        return loss, {"loss": float(loss.detach()), **values, **told, **more_told, **beside_told}

    def shown(self, logits: Tensor) -> Tensor:
        """What the critic sees of made shapes."""
        return torch.sigmoid(self.recipe.sharpness * logits)

    def judged(self, truth: Tensor, real: Tensor, fake: Tensor, drawn: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The critic's loss: its verdicts, its penalty, and what it reads of drawn codes (Q)."""
        r = self.recipe
        with adv.statistics_kept(self.critic):
            made, read = self.critic(self._blurred(fake))
        targets = [adv.soft_labels(len(real), k, r.soft_labels, self.random, self.device) for k in (True, False)]
        loss = adv.critic_loss(r.gan_loss, real, made, *targets)
        values = {"d_loss": float(loss.detach()), "d_accuracy": adv.accuracy(real.detach(), made.detach())}
        learns = self.resting.may_learn
        self.resting.accuracy = self.place.means({"accuracy": values["d_accuracy"]})["accuracy"]
        if not learns:
            loss = 0.0 * loss
        elif r.penalty != "none" and self.done % r.penalty_every == 0:
            penalty = adv.penalty(r.penalty, self.critic, truth, fake, self.random)
            loss = loss + r.penalty_weight * r.penalty_every * penalty
            values["penalty"] = float(penalty.detach())
        weight = getattr(r, "information_weight", 0.0)
        if weight and read is not None:
            crossed, unlikely = self.space.information(self.space.posterior(read), drawn)
            loss = loss + weight * (crossed + unlikely)
        return loss, values

    def teach(self, logits: Tensor, truth: Tensor, drawn: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The generator's loss on drawn codes: verdict, information, shape limit."""
        r = self.recipe
        fake = self.shown(logits.float())
        with adv.untaught(self.critic):
            made, read = self.critic(self._blurred(fake))
        grown = min(1.0, (self.done - r.lead_steps + 1) / r.d_warmup_steps) if r.d_warmup_steps else 1.0
        verdict = adv.maker_loss(r.gan_loss, made)
        loss, values = r.adversarial_weight * grown * verdict, {"g_loss": float(verdict.detach())}
        weight = getattr(r, "information_weight", 0.0)
        if weight and read is not None:
            crossed, unlikely = self.space.information(self.space.posterior(read), drawn)
            loss = loss + weight * (crossed + unlikely)
            values |= {"information": -float((crossed + unlikely).detach())}
        limit = getattr(r, "shape_limit_weight", 0.0)
        if limit:
            limited = rec.paired_shape_limit(r, torch.sigmoid(logits.float()), truth)
            loss, values["shape_limit"] = loss + limit * limited, float(limited.detach())
        return loss, values

    def _blurred(self, x: Tensor) -> Tensor:
        """Instance noise, falling to zero at the end of training."""
        left = self.recipe.instance_noise * max(0.0, 1 - self.done / self.recipe.max_steps)
        return x + left * self.noise(x) if left and not self.leading else x

    def _reconstructed(self, logits: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        loss, crossed, _ = self.joint_loss(logits, truth, 1.0, self.recipe.dice_weight)
        return loss, {"reconstruction": float(crossed), "iou": rec.overlap(logits.detach(), truth)}

    def _keep(self, entered: Tensor) -> None:
        self.codes.extend(entered.detach().float().cpu().unbind(0))

    # What others ask for.

    @torch.no_grad()
    def made(self, codes: Tensor, net: nn.Module | None = None) -> Tensor:
        """Probabilities ``[N, R, R, R]`` of drawn codes, by the averaged maker; changes nothing."""
        maker: Any = net or self.average.net
        with self.place.autocast():
            return torch.sigmoid(maker(codes.to(self.device), self.coarse).float())[:, 0]

    def samples(self) -> npt.NDArray[np.float32]:
        """Shapes of the same drawn codes each time, ``[N, R, R, R]``."""
        return np.asarray(self.made(self._watched).cpu().numpy(), np.float32)

    @torch.no_grad()
    def validate(self, batches: Sequence[Any]) -> float:
        """Mean IoU of held-out shapes with what the averaged maker decodes of their codes.

        Without an encoder: with the nearest of 64 drawn shapes.
        """
        scores: list[float] = []
        drawn, maker = None, cast(Any, self.average.net)
        self.critic.eval()
        for batch in batches:
            truth = torch.from_numpy(batch.voxels).to(self.device).float()[:, None]
            truth = F.avg_pool3d(truth, 2) if self.coarse else truth
            with self.place.autocast():
                read = self.critic(truth)[1]
                if read is not None:
                    code = self.space.middle(self.space.posterior(read))
                    logits = maker.decode(code, self.coarse).float()
                else:
                    if drawn is None:
                        codes = self.space.prior(64, torch.Generator().manual_seed(0)).to(self.device)
                        drawn = maker(codes, self.coarse).float()
                    logits = torch.logit(rec.nearest(truth, torch.sigmoid(drawn)), 1e-6)
            scores.append(rec.overlap(logits, truth))
        self.critic.train()
        return float(np.mean(scores)) if scores else 0.0

    def state(self) -> dict[str, Any]:
        """Weights, averages, optimisers, random state."""
        rows = list(self.codes)
        return {
            "done": self.done, "maker": self.maker.state_dict(), "critic": self.critic.state_dict(),
            "average": self.average.net.state_dict(), "optimizer_g": self.optimizer_g.state_dict(),
            "optimizer_d": self.optimizer_d.state_dict(), "random": self.random.get_state(),
            "critic_accuracy": self.resting.accuracy,
            "codes": torch.stack(rows) if rows else torch.zeros(0, self.space.inputs),
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where :meth:`state` was taken."""
        self.done, self.resting.accuracy = int(state["done"]), float(state["critic_accuracy"])
        self.maker.load_state_dict(state["maker"])
        self.critic.load_state_dict(state["critic"])
        self.average.net.load_state_dict(state["average"])
        self.optimizer_g.load_state_dict(state["optimizer_g"])
        self.optimizer_d.load_state_dict(state["optimizer_d"])
        self.random.set_state(state["random"])
        self.codes = deque(state["codes"].unbind(0), maxlen=KEPT_CODES)

    def export(self) -> dict[str, Tensor]:
        """Inference weights: the averaged maker, and the critic where the recipe keeps it."""
        parts = {"maker": dict(self.average.net.state_dict())}
        if self.recipe.keep_discriminator:
            parts["critic"] = plain_weights(self.critic)
        return {
            f"{part}.{name}": value.detach().cpu().clone()
            for part, tensors in parts.items()
            for name, value in tensors.items()
            if not any(word in name for word in UNUSED)
        }
