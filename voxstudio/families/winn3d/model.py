"""A trained 3DWINN, ready to classify and to climb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.card import Card
from voxstudio.core.controls import Control, Slider
from voxstudio.core.errors import BadCheckpoint, BadInput, Diverged
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.device import has_bf16
from voxstudio.engine.family import Progress, quiet
from voxstudio.families.winn3d.ascent import Step, climb, fitted, gradient
from voxstudio.families.winn3d.networks import Net, build_cascade, score
from voxstudio.families.winn3d.recipe import WinnRecipe

AT_ONCE = 16
BOUND = 50.0
"""Volumes beyond this are no shapes any more."""

Grids = npt.NDArray[Any]
Values = npt.NDArray[np.float32]


class WinnModel:
    """The networks of all cascades. Features come from the last one, or from all; grids are those of its resolution.

    ``fast`` computes in bf16 where the device has it and the card says that samples keep their energy
    (``network.bf16_ascent``).
    """

    def __init__(self, card: Card, tensors: Mapping[str, Tensor], device: str, fast: bool, recipe: WinnRecipe) -> None:
        self.card, self.device, self.note, self.recipe = card, device, "", recipe
        count, kept = int(card.network.get("cascades", 1)), int(card.network.get("iterations", 0))
        self.nets = [self._loaded(tensors, f"cascades.{k}.", k) for k in range(count)]
        self.iterations = [self._loaded(tensors, f"iterations.{k}.", count - 1) for k in range(kept)]
        self.net = self.nets[-1]
        self.low = fast and has_bf16(device) and bool(card.network.get("bf16_ascent", False))

    def _loaded(self, tensors: Mapping[str, Tensor], prefix: str, cascade: int) -> Net:
        net = build_cascade(self.recipe, cascade)
        mine = {name.removeprefix(prefix): value.float() for name, value in tensors.items() if name.startswith(prefix)}
        odd = sorted(set(mine) ^ set(net.state_dict()))
        odd += [name for name, value in net.state_dict().items() if name in mine and mine[name].shape != value.shape]
        if odd:
            raise BadCheckpoint(
                f"The weights of {self.card.name} do not fit its recipe: {len(odd)} tensors differ, first {odd[0]!r}."
            )
        net.load_state_dict(mine)
        return net.eval().requires_grad_(False).to(self.device)

    def controls(self) -> tuple[Control, ...]:
        """The threshold."""
        words = "Probability at the surface."
        return (Slider("iso", "Threshold", 0.05, 0.95, self.card.iso_level, "", words),)

    @torch.inference_mode()
    def features(self, grids: Grids) -> Values:
        """Values of the last convolution, float32 ``[N, F]``, of grids ``[N, R, R, R]``; where all networks lead to
        shapes and none tells labels, of each of them."""
        alike = self.recipe.critic == "autoencoder" and self.recipe.objective == "unsupervised"
        nets = self.nets if alike else [self.net]
        seen = [[net.features(fitted(part, net.resolution)) for net in nets] for part in self._batches(grids)]
        return np.concatenate([torch.cat(parts, 1).float().cpu().numpy() for parts in seen])

    def _batches(self, grids: Grids) -> list[Tensor]:
        side = self.net.resolution
        if grids.ndim != 4 or grids.shape[1:] != (side,) * 3:
            raise BadInput(f"{self.card.name} reads grids of {side}^3, not {grids.shape[1:]}.")
        whole = torch.from_numpy(np.ascontiguousarray(grids, np.float32))[:, None]
        return [2 * part.to(self.device) - 1 for part in whole.split(AT_ONCE)]


class Classifying(WinnModel):
    """A :class:`voxstudio.engine.family.Classifier`: one output for each class of the card."""

    @torch.inference_mode()
    def logits(self, grids: Grids) -> Values:
        """Float32 ``[N, K]`` of grids ``[N, R, R, R]``, bool or float32 in [0, 1]."""
        return np.concatenate([self.net(part).cpu().numpy() for part in self._batches(grids)])

    def loss_gradient(self, grids: Grids, labels: npt.NDArray[np.int64]) -> Values:
        """Gradient of the cross-entropy to the grids, float32 ``[N, R, R, R]``."""

        def loss(x: Tensor, given: Tensor) -> Tensor:
            return torch.nn.functional.cross_entropy(self.net(x), given, reduction="none")

        return self._gradient(grids, labels, loss)

    def score_gradient(self, grids: Grids, labels: npt.NDArray[np.int64]) -> Values:
        """Gradient of the labels' outputs to the grids, float32 ``[N, R, R, R]``."""

        def scores(x: Tensor, given: Tensor) -> Tensor:
            return score(self.net(x), given)

        return self._gradient(grids, labels, scores)

    def _gradient(self, grids: Grids, labels: npt.NDArray[np.int64], of: Any) -> Values:
        given = torch.from_numpy(np.asarray(labels, np.int64)).to(self.device).split(AT_ONCE)
        rows: list[Values] = []
        for part, labelled in zip(self._batches(grids), given, strict=True):
            slope = gradient(partial(of, given=labelled), part)[1]
            rows.append(2 * slope[:, 0].cpu().numpy())  # what a volume, from -1 to 1, makes of a grid in [0, 1]
        return np.concatenate(rows)


class Synthesizing(WinnModel):
    """A :class:`voxstudio.engine.family.Synthesizer`: climbs its own score."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Classes that can be aimed at."""
        return self.card.classes if self.recipe.conditional else ()

    @property
    def cascades(self) -> int:
        """Networks, one after the other."""
        return len(self.nets)

    def iterates(self) -> tuple[Synthesizing, ...]:
        """The model as it stood after each of its last iterations, as it stands last: joint-multi samples are drawn
        from all of them (table 2). Itself alone where none were kept."""
        found = []
        for net in (*self.iterations, self.net):
            one = copy(self)
            one.nets, one.net = [*self.nets[:-1], net], net
            found.append(one)
        return tuple(found)

    @property
    def usual(self) -> Ascent:
        """The steps of training."""
        r = self.recipe
        told = self.card.network.get("ascent", {})
        options: dict[str, Any] = {
            "method": r.ascent, "step_size": r.ascent_rate, "annealing": r.annealing, "noise": r.ascent_noise,
            "betas": (r.ascent_beta1, r.ascent_beta2), "clip": r.clip, **told,
        }  # fmt: skip
        return Ascent(**{**options, "betas": tuple(options["betas"])})

    @property
    def usual_steps(self) -> int:
        """Steps in each cascade."""
        return int(self.card.network.get("chain_steps", self.recipe.chain_steps))

    def begin(self, seeds: Sequence[int], start: VoxelGrid | None = None, ascent: Ascent | None = None) -> AscentState:
        """A chain for each seed: from noise, or all from ``start``; at the resolution of the ascent's cascade.

        Noise is N(0, 1) times the ``temperature`` that the card's network names, if it names one.
        """
        how = ascent or self.usual
        net, cascade = self._net(how)
        side = net.resolution
        if start is None:
            spread = float(self.card.network.get("temperature", 1.0))
            volumes = np.float32(spread) * np.stack([_normal(seed, 0, 0, (side,) * 3) for seed in seeds])
        else:
            field = torch.from_numpy(np.array(start.values, np.float32))[None, None]
            volumes = np.repeat(2 * _resized(field, side)[0].numpy() - 1, len(seeds), axis=0)
        if how.clip:
            volumes = volumes.clip(-1, 1)
        energies, probabilities, slope = self._looked(volumes, how)
        zeros = np.zeros_like(volumes)
        return AscentState(
            volumes, energies, probabilities, tuple(int(s) for s in seeds), 0, cascade, 0, zeros, zeros, slope,
            (how.target, cascade),
        )  # fmt: skip

    def advance(self, state: AscentState, ascent: Ascent) -> AscentState:
        """One step; another cascade than the state's takes over its volumes, at its own resolution."""
        net, cascade = self._net(ascent)
        volumes, first, second, done = state.volumes, state.first, state.second, state.cascade_step
        slope = state.gradient
        if cascade != state.cascade:
            if self.net.gaussian and state.aim == (ascent.target, state.cascade):
                volumes = (volumes + slope).clip(-1, 1)  # the gradient leads all the way: nothing of the noise is left
            volumes = fitted(torch.from_numpy(volumes)[:, None], net.resolution)[:, 0].numpy()
            spread = np.float32(self.card.network.get("cascade_noise", self.recipe.cascade_noise))
            if cascade > state.cascade and spread:
                drawn = [_normal(seed, 1 + state.step, 1, volumes.shape[1:]) for seed in state.seeds]
                volumes = volumes + spread * np.stack(drawn)
            first = second = np.zeros_like(volumes)
            done = 0
        if (ascent.target, cascade) != state.aim:
            slope = self._looked(volumes, ascent)[2]
        eps = torch.full((len(volumes), 1, 1, 1, 1), ascent.step_size * ascent.annealing**done)
        noise = None
        if ascent.shakes(done):
            drawn = [_normal(seed, 1 + state.step, 0, volumes.shape[1:]) for seed in state.seeds]
            noise = ascent.noise * torch.from_numpy(np.stack(drawn))[:, None]
        here, slopes, m, v = (torch.from_numpy(part)[:, None] for part in (volumes, slope, first, second))
        how = Step(ascent.method, ascent.betas, ascent.clip)
        x, first_next, second_next = climb(here, slopes, m, v, torch.full_like(eps, float(done)), eps, noise, how)
        made = x[:, 0].numpy()
        if not np.isfinite(made).all() or np.abs(made).max() > BOUND:
            raise Diverged(
                f"The ascent diverged at step {state.step + 1}: choose a smaller step size."
            )
        energies, probabilities, slope = self._looked(made, ascent)
        if not np.isfinite(energies).all() or not np.isfinite(slope).all():
            raise Diverged(f"The energy became infinite at step {state.step + 1}: choose a smaller step size.")
        return AscentState(
            made, energies, probabilities, state.seeds, state.step + 1, cascade, done + 1, first_next[:, 0].numpy(),
            second_next[:, 0].numpy(), slope, (ascent.target, cascade),
        )  # fmt: skip

    def synthesize(
        self, seeds: Sequence[int], target: str | None = None, progress: Progress = quiet, steps: int | None = None
    ) -> AscentState:
        """From noise through every cascade, ``steps`` (or the usual number of) steps in each."""
        count = steps or self.usual_steps
        if target is None and self.targets:
            target = self.targets[int(seeds[0]) % len(self.targets)] if len(seeds) == 1 else None
        how = replace(self.usual, target=target, cascade=0).lasting(count / self.usual_steps)
        state = self.begin(seeds, None, how)
        whole = count * len(self.nets)
        for k in range(whole):
            progress(k / whole, "Climbing")
            state = self.advance(state, replace(how, cascade=k // count))
        progress(1.0, "Climbing")
        return state

    def _net(self, ascent: Ascent) -> tuple[Net, int]:
        count = len(self.nets)
        if not -count <= ascent.cascade < count:
            raise BadInput(f"{self.card.name} has cascades 0 to {count - 1}, not {ascent.cascade}.")
        if ascent.target is not None and ascent.target not in self.targets:
            known = f"choose from {', '.join(self.targets)}" if self.targets else "it has one score for all shapes"
            raise BadInput(f"{self.card.name} cannot aim at {ascent.target!r}: {known}.")
        cascade = ascent.cascade % count
        return self.nets[cascade], cascade

    def _looked(self, volumes: Values, ascent: Ascent) -> tuple[Values, Values, Values]:
        """Energies ``[C]``, probabilities ``[C, K]`` and the gradient of the score ``[C, R, R, R]``."""
        net, _ = self._net(ascent)
        target = self.targets.index(ascent.target) if ascent.target is not None else None
        found: list[tuple[Values, Values, Values]] = []
        for part in torch.from_numpy(volumes)[:, None].split(AT_ONCE):
            outputs: list[Tensor] = []

            def climbed(x: Tensor, kept: list[Tensor] = outputs) -> Tensor:
                given = None if target is None else torch.full((len(x),), target, device=x.device)
                with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.low):
                    found, made = net.seen(x, given)
                kept.append(made)
                return found

            scores, slope = gradient(climbed, part.to(self.device))
            chances = torch.softmax(outputs[0], 1) if outputs[0].shape[1] > 1 else outputs[0][:, :0]
            found.append((-scores.cpu().numpy(), chances.float().cpu().numpy(), slope[:, 0].cpu().numpy()))
        energies, probabilities, slopes = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return energies, probabilities, slopes


class BothWays(Synthesizing, Classifying):
    """Supervised joint: classifies, and climbs to any class."""


def _normal(seed: int, step: int, kind: int, shape: tuple[int, ...]) -> Values:
    """N(0, 1), float32, that depends on a chain's seed, on the step, and on what it is for."""
    return np.random.default_rng([seed, step, kind]).standard_normal(shape, np.float32)


def _resized(field: Tensor, side: int) -> Tensor:
    """A field ``[1, 1, R, R, R]`` at another resolution."""
    if field.shape[-1] == side or field.shape[-1] % side == 0:
        return fitted(field, side)
    return torch.nn.functional.interpolate(field, (side,) * 3, mode="trilinear", align_corners=False)


def open_model(card: Card, tensors: Mapping[str, Tensor], device: str = "cpu", fast: bool = True) -> WinnModel:
    """The model of a card; ``fast=False`` keeps float32 for comparison."""
    recipe = WinnRecipe.from_json(card.network["recipe"])
    kinds = {"plain": Classifying, "supervised": BothWays, "unsupervised": Synthesizing}
    return kinds[recipe.objective](card, tensors, device, fast, recipe)
