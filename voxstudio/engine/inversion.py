"""Inversion: the latent whose shape is nearest to a given one, the same for every generator.

It starts from the encoder, where the model has one, and from the best of some random draws, and then follows the
gradient of overlap and cross-entropy with Adam; four starts at first, then the best one. A budget counts decoded
shapes, so that generators are compared at equal cost. Choices (categorical codes) are mixtures at first and then made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.core.latent import Latent
from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.latent_space import (
    BATCH,
    Layout,
    Vector,
    brought_inside,
    checked_seed,
    columns,
    decided,
    flat,
    unflat,
)

if TYPE_CHECKING:
    from torch import Tensor

Grids = npt.NDArray[np.bool_]

BUDGET = 384
LEAST_BUDGET = 24
STARTS = 4
DRAWN_SHARE, EXPLORED_SHARE = 0.25, 0.35
"""Shares of the budget for random draws and for the steps of all starts; the rest refines the best."""
RATE = 0.08
"""Adam's step, in standard deviations of the prior; it falls to a tenth of this along a cosine."""
PRIOR_WEIGHT = 2e-3
FIRMNESS = 3.0
"""Logit of the value that a choice starts with: it can still be changed."""


@dataclass(frozen=True)
class Step:
    """One step: shapes decoded so far, the best IoU so far and the IoU of this step's best shape."""

    calls: int
    best: float
    iou: float


@dataclass(frozen=True, eq=False)
class Moment:
    """What can be watched while it runs: the step, and the best latent so far with its shape's probabilities."""

    step: Step
    latent: Latent
    label: str | None
    field: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Inversion:
    """``latent`` of class ``label`` makes a shape that overlaps the target by ``iou`` at the card's threshold.

    ``start`` is ``"encoder"`` or ``"draws"``: where the search that won came from, and ``start_iou`` how near it was.
    ``field`` are the probabilities ``[R, R, R]``. ``stopped``: the person did not want to wait for more.
    """

    latent: Latent
    label: str | None
    iou: float
    field: npt.NDArray[np.float32]
    curve: tuple[Step, ...]
    calls: int
    start: str
    start_iou: float
    stopped: bool = False


def encoder_of(model: Any) -> Callable[[npt.NDArray[Any]], Sequence[Latent]] | None:
    """What reads latents off grids ``[N, R, R, R]``, if the model has it; encoders of pictures do not count."""
    if getattr(model, "encodes", False):
        found: Callable[[npt.NDArray[Any]], Sequence[Latent]] = model.encode
        return found
    return None


def known_labels(model: LatentSpace) -> tuple[str | None, ...]:
    """The classes that a conditional generator makes; ``(None,)`` for others."""
    conditional = any(control.name == "label" for control in getattr(model, "controls", tuple)())
    return tuple(model.card.classes) if conditional and model.card.classes else (None,)


def invert(
    model: LatentSpace,
    target: npt.NDArray[Any],
    label: str | None = None,
    budget: int = BUDGET,
    seed: int = 0,
    progress: Progress = quiet,
    watch: Callable[[Moment], None] | None = None,
    stop: Callable[[], bool] = bool,
) -> Inversion:
    """Find the latent of a shape, bool or float ``[R, R, R]`` at the model's resolution.

    Parameters
    ----------
    label: the class; by default a conditional generator tries all.
    budget: shapes that may be decoded.
    watch: called after every step.
    stop: asked before every step; True ends the search with the best that was found. ``progress`` may raise
        Cancelled, which gives it up.

    Raises BadInput for an empty target, another resolution, or a budget below 24.
    """
    return invert_many(model, np.asarray(target)[None], label, budget, seed, progress, watch, stop)[0]


def invert_many(
    model: LatentSpace,
    targets: npt.NDArray[Any],
    label: str | None = None,
    budget: int = BUDGET,
    seed: int = 0,
    progress: Progress = quiet,
    watch: Callable[[Moment], None] | None = None,
    stop: Callable[[], bool] = bool,
) -> tuple[Inversion, ...]:
    """:func:`invert` for several targets ``[N, R, R, R]`` at once; ``watch`` sees the first.

    ``budget`` is that of each. All see the same random draws, whose decoding counts for each of them.
    """
    truths = np.asarray(targets) > 0.5
    side = model.card.resolution
    if truths.ndim != 4 or truths.shape[1:] != (side,) * 3:
        raise BadInput(f"{model.card.name} makes grids of {side}^3, not {truths.shape[1:]}.")
    if not truths.reshape(len(truths), -1).any(axis=1).all():
        raise BadInput("There is nothing to find: the shape is empty.")
    if budget < LEAST_BUDGET:
        raise BadInput(f"An inversion needs a budget of at least {LEAST_BUDGET} decoded shapes, not {budget}.")
    labels = known_labels(model) if label is None else (label,)
    search = _Search(model, truths, labels, budget, checked_seed(seed), progress, watch, stop)
    return search.run()


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a search begins: a vector ``[D]``, its class, IoU and origin."""

    vector: Vector
    label: str | None
    iou: float
    origin: str


class _Search:
    """The state of one run over N targets; rows of the optimised tensor belong to targets."""

    def __init__(
        self, model: LatentSpace, truths: Grids, labels: tuple[str | None, ...], budget: int, seed: int,
        progress: Progress, watch: Callable[[Moment], None] | None, stop: Callable[[], bool],
    ) -> None:  # fmt: skip
        import torch

        self.model, self.labels, self.budget, self.seed = model, labels, budget, seed
        self.progress, self.watch, self.stop = progress, watch, stop
        self.layout: Layout = model.layout
        self.truths = torch.from_numpy(truths).to(model.device)
        self.level = float(np.log(model.card.iso_level / (1 - model.card.iso_level)))
        count = len(truths)
        self.calls, self.stopped = 0, False
        self.curves: list[list[Step]] = [[] for _ in range(count)]
        self.best: list[tuple[float, Vector, str | None, str, float] | None] = [None] * count
        self.fields: list[npt.NDArray[np.float32]] = [np.zeros(0, np.float32)] * count

    def run(self) -> tuple[Inversion, ...]:
        pools = self._draws()
        starts = [self._chosen(pool) for pool in pools]
        explore = max(int(EXPLORED_SHARE * self.budget) // STARTS, 1)
        refine = self.budget - self.calls - (explore + 1) * STARTS - 1  # the last one looks at what was found
        finalists = self._descend(starts, explore, mixing=True)
        self._descend([[one] for one in finalists], max(refine, 1), mixing=False)
        return tuple(self._result(k) for k in range(len(self.truths)))

    def _result(self, k: int) -> Inversion:
        found = self.best[k]
        assert found is not None
        iou, vector, label, origin, start_iou = found
        curve = tuple(self.curves[k])
        latent = unflat(vector, self.layout)
        return Inversion(latent, label, iou, self.fields[k], curve, self.calls, origin, start_iou, self.stopped)

    # ---- starts ----------------------------------------------------------------------------------

    def _draws(self) -> list[list[_Start]]:
        """For each target all starts: the encoder's answer and the random draws, with their IoU."""
        import torch

        count = max(int(DRAWN_SHARE * self.budget) // len(self.labels), 2)
        rng = np.random.default_rng([self.seed, 0x1A7E])
        pools: list[list[_Start]] = [[] for _ in self.truths]
        rows = []
        encode = encoder_of(self.model)
        if encode is not None:
            read = encode(self.truths.cpu().numpy().astype(np.float32))
            for k, latent in enumerate(read):
                vector = decided(brought_inside(flat(latent, self.layout), self.layout), self.layout)
                self._look(pools, vector[None], self.labels[0], "encoder", [k])
            self.calls += 1
        for label in self.labels:
            seeds = rng.integers(0, 2**31, count).tolist()
            vectors = np.stack([flat(self.model.draw(s, label), self.layout) for s in seeds])
            rows.append(vectors)
            for start in range(0, count, BATCH):
                self.progress(0.2 * self.calls / (DRAWN_SHARE * self.budget + 1), "Looking at random shapes")
                part = vectors[start : start + BATCH]
                self._look(pools, part, label, "draws", range(len(self.truths)))
                self.calls += len(part)
        everything = np.concatenate(rows)
        device = self.truths.device
        self.middle = torch.from_numpy(everything.mean(axis=0)).to(device)
        self.spread = torch.from_numpy(np.maximum(everything.std(axis=0), 1e-3)).to(device)
        return pools

    def _look(
        self, pools: list[list[_Start]], vectors: Vector, label: str | None, origin: str, targets: Sequence[int]
    ) -> None:
        import torch

        with torch.no_grad():
            logits = self.model.decode_batch(torch.from_numpy(vectors).to(self.truths.device), label)
            for k in targets:
                overlaps = self._iou(logits, self.truths[k].expand(len(logits), -1, -1, -1)).tolist()
                pools[k] += [_Start(v, label, i, origin) for v, i in zip(vectors, overlaps, strict=True)]
                top = int(np.argmax(overlaps))
                self._offer(k, overlaps[top], vectors[top], label, origin, overlaps[top], logits[top])

    @staticmethod
    def _chosen(pool: list[_Start]) -> list[_Start]:
        """The encoder's answer and the best draws, ``STARTS`` in all."""
        given = [start for start in pool if start.origin == "encoder"]
        rest = sorted((start for start in pool if start.origin != "encoder"), key=lambda start: -start.iou)
        return (given + rest)[:STARTS]

    # ---- descent ---------------------------------------------------------------------------------

    def _descend(self, starts: list[list[_Start]], steps: int, mixing: bool) -> list[_Start]:
        """Follow the gradient from all starts; the best of each target, with every choice made."""
        import torch

        rows = [(k, start) for k, pool in enumerate(starts) for start in pool]
        owner = torch.tensor([k for k, _ in rows], device=self.truths.device)
        labels = [start.label for _, start in rows]
        free = self._entered(np.stack([start.vector for _, start in rows]), mixing).requires_grad_()
        optimizer = torch.optim.Adam([free], lr=RATE)
        each = len(starts[0])
        for step in range(steps):
            if self.stopped or self.stop():
                self.stopped = True
                break
            self.progress(0.2 + 0.8 * self.calls / self.budget, "Following the gradient")
            for group in optimizer.param_groups:
                group["lr"] = RATE * (0.1 + 0.9 * 0.5 * (1 + np.cos(np.pi * step / steps)))
            optimizer.zero_grad(set_to_none=True)
            codes = self._left(free, mixing)
            logits = self._logits(codes, labels)
            truth = self.truths[owner]
            (self._loss(logits, truth) + PRIOR_WEIGHT * self._unlikely(free)).sum().backward()
            optimizer.step()
            self.calls += each
            self._note(codes.detach(), logits.detach(), rows, exact=not mixing or not self._has_choices)
        with torch.no_grad():
            vectors = self._left(free, mixing).cpu().numpy()
            vectors = np.stack([decided(brought_inside(v, self.layout), self.layout) for v in vectors])
            logits = self._logits(torch.from_numpy(vectors).to(self.truths.device), labels)
            self.calls += each
            found = self._note(torch.from_numpy(vectors), logits, rows, exact=True)
        best: list[_Start] = []
        for k in range(len(starts)):
            mine = [i for i, (owner_k, _) in enumerate(rows) if owner_k == k]
            top = max(mine, key=lambda i: found[i])
            origin = rows[top][1]
            best.append(_Start(vectors[top], origin.label, origin.iou, origin.origin))
        return best

    @property
    def _has_choices(self) -> bool:
        return any(spec.kind == "categorical" for spec in self.layout)

    def _entered(self, vectors: Vector, mixing: bool) -> Tensor:
        """Vectors as what is optimised: standardised numbers, logits of choices."""
        import torch

        codes = torch.from_numpy(vectors).to(self.truths.device)
        free = (codes - self.middle) / self.spread
        for spec, where in zip(self.layout, columns(self.layout).values(), strict=True):
            if spec.kind == "categorical":
                free[:, where] = FIRMNESS * codes[:, where] if mixing else codes[:, where]
        return free

    def _left(self, free: Tensor, mixing: bool) -> Tensor:
        """What is optimised as codes: uniform ones inside their bounds, choices adding up to 1."""
        import torch

        parts = []
        plain = self.middle + self.spread * free
        for spec, where in zip(self.layout, columns(self.layout).values(), strict=True):
            if spec.kind == "categorical":
                rows = free[:, where]
                if mixing:
                    parts.append(torch.softmax(rows.view(len(rows), spec.groups, -1), -1).flatten(1))
                else:
                    parts.append(rows.detach())
            else:
                # Beyond its bounds a uniform code keeps its gradient, so that it can come back.
                x = plain[:, where]
                parts.append(x if spec.kind == "gaussian" else x + (x.clamp(-1.0, 1.0) - x).detach())
        return torch.cat(parts, 1)

    def _unlikely(self, free: Tensor) -> Tensor:
        """How far numbers are from the middle of the prior, ``[rows]``."""
        terms = [
            free[:, where].square().mean(1)
            for spec, where in zip(self.layout, columns(self.layout).values(), strict=True)
            if spec.kind != "categorical"
        ]
        return sum(terms[1:], terms[0]) if terms else free.sum(1) * 0.0

    def _logits(self, codes: Tensor, labels: list[str | None]) -> Tensor:
        import torch

        if len(set(labels)) == 1:
            return torch.cat([self.model.decode_batch(part, labels[0]) for part in codes.split(BATCH)])
        rows = [self.model.decode_batch(codes[i : i + 1], label) for i, label in enumerate(labels)]
        return torch.cat(rows)

    @staticmethod
    def _loss(logits: Tensor, truth: Tensor) -> Tensor:
        """One minus Dice plus cross-entropy per filled voxel, ``[rows]``."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        t = truth.float()
        p = logits.sigmoid()
        dims = (1, 2, 3)
        dice = 1 - 2 * (p * t).sum(dims) / (p.sum(dims) + t.sum(dims)).clamp(min=1.0)
        entropy = binary_cross_entropy_with_logits(logits, t, reduction="none").sum(dims) / t.sum(dims)
        return dice + 0.2 * entropy

    # ---- what was found --------------------------------------------------------------------------

    def _iou(self, logits: Tensor, truth: Tensor) -> Tensor:
        inside = logits >= self.level
        union = (inside | truth).flatten(1).sum(1).clamp(min=1)
        return (inside & truth).flatten(1).sum(1) / union

    def _note(self, codes: Tensor, logits: Tensor, rows: list[tuple[int, _Start]], exact: bool) -> list[float]:
        """Remember the best of this step (mixtures of choices do not count) and tell whoever watches; all IoUs."""
        truth = self.truths[[k for k, _ in rows]]
        overlaps: list[float] = self._iou(logits, truth).tolist()
        for k in range(len(self.truths)):
            mine = [i for i, (owner, _) in enumerate(rows) if owner == k]
            top = max(mine, key=lambda i: overlaps[i])
            start = rows[top][1]
            if exact:
                vector = codes[top].cpu().numpy()
                self._offer(k, overlaps[top], vector, start.label, start.origin, start.iou, logits[top])
            found = self.best[k]
            assert found is not None
            self.curves[k].append(Step(self.calls, found[0], overlaps[top]))
        if self.watch is not None:
            first = self.best[0]
            assert first is not None
            self.watch(Moment(self.curves[0][-1], unflat(first[1], self.layout), first[2], self.fields[0]))
        return overlaps

    def _offer(
        self, k: int, iou: float, vector: Vector, label: str | None, origin: str, start_iou: float, logits: Tensor
    ) -> None:
        found = self.best[k]
        if found is None or iou > found[0]:
            self.best[k] = (iou, vector.copy(), label, origin, start_iou)
            self.fields[k] = logits.detach().sigmoid().cpu().numpy()
