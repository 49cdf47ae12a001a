"""A synthesizer and classifier whose score is understood: how like a volume is to one of three shapes.

It makes a box, a ball or a column out of noise, in two cascades (the first sees blurred volumes), with exact gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.card import Card
from voxstudio.core.errors import Diverged
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import Progress, quiet

SIDE = 16
CLASSES = ("ball", "box", "column")
SHARP = 0.02


def shapes(side: int = SIDE) -> np.ndarray:
    """The three shapes, float32 ``[3, R, R, R]`` of -1 and 1."""
    x, y, z = np.meshgrid(*[(np.arange(side) + 0.5) / side * 2 - 1] * 3, indexing="ij")
    inside = [x**2 + y**2 + z**2 < 0.5, np.maximum.reduce([abs(x), abs(y), abs(z) * 1.6]) < 0.7, x**2 + y**2 < 0.12]
    return np.where(np.stack(inside), 1.0, -1.0).astype(np.float32)


class Climber:
    """Fits the protocols Model, Classifier and Synthesizer."""

    def __init__(self, card: Card | None = None, device: str = "cpu") -> None:
        self.card = card or climber_card()
        self.device, self.note = "cpu", ""
        self.targets = CLASSES
        self.cascades, self.usual_steps = 2, 30
        self.usual = Ascent("adam", 0.1, 0.99, 0.1, betas=(0.5, 0.9))
        self.shapes = shapes(self.card.resolution)

    def controls(self) -> tuple[()]:
        return ()

    # ---- classifier ------------------------------------------------------------------------------

    def logits(self, grids: Any) -> np.ndarray:
        return self._scores(2 * np.asarray(grids, np.float32) - 1, 1)[0]

    def features(self, grids: Any) -> np.ndarray:
        return self.logits(grids)

    def loss_gradient(self, grids: Any, labels: Any) -> np.ndarray:
        logits, slopes = self._scores(2 * np.asarray(grids, np.float32) - 1, 1)
        shares = _softmax(logits)
        shares[np.arange(len(shares)), labels] -= 1
        return 2 * np.einsum("nk,nkxyz->nxyz", shares, slopes).astype(np.float32)

    def score_gradient(self, grids: Any, labels: Any) -> np.ndarray:
        slopes = self._scores(2 * np.asarray(grids, np.float32) - 1, 1)[1]
        return 2 * slopes[np.arange(len(slopes)), labels]

    def _scores(self, volumes: np.ndarray, cascade: int) -> tuple[np.ndarray, np.ndarray]:
        """Scores ``[N, 3]`` and their slopes ``[N, 3, R, R, R]``."""
        sharp = SHARP * (0.5 if cascade == 0 else 1.0)
        apart = self.shapes[None] - volumes[:, None]
        return -0.5 * sharp * (apart**2).sum(axis=(2, 3, 4)), sharp * apart

    # ---- synthesizer -----------------------------------------------------------------------------

    def begin(self, seeds: Sequence[int], start: VoxelGrid | None = None, ascent: Ascent | None = None) -> AscentState:
        side = self.card.resolution
        if start is None:
            volumes = np.stack([np.random.default_rng(s).standard_normal((side,) * 3) for s in seeds])
        else:
            step = np.minimum((np.arange(side) * len(start.values) / side).astype(int), len(start.values) - 1)
            volumes = np.repeat(2 * start.values[np.ix_(step, step, step)][None] - 1, len(seeds), axis=0)
        volumes = volumes.clip(-1, 1).astype(np.float32)
        ascent = ascent or self.usual
        cascade = ascent.cascade % self.cascades
        nothing = np.zeros_like(volumes)
        return self._told(AscentState(volumes, np.zeros(0, np.float32), np.zeros(0, np.float32), tuple(seeds), 0,
                                      cascade, 0, nothing, nothing, nothing, (None, -1)), ascent)  # fmt: skip

    def advance(self, state: AscentState, ascent: Ascent) -> AscentState:
        cascade = ascent.cascade % self.cascades
        done = state.cascade_step if cascade == state.cascade else 0
        scores, slopes = self._scores(state.volumes, cascade)
        weights = self._weights(scores, ascent)
        slope = np.einsum("nk,nkxyz->nxyz", weights, slopes)
        eps = ascent.step_size * ascent.annealing**done
        noise = np.stack([np.random.default_rng([seed, state.step]).standard_normal(slope.shape[1:])
                          for seed in state.seeds])  # fmt: skip
        first = ascent.betas[0] * state.first + (1 - ascent.betas[0]) * slope
        second = ascent.betas[1] * state.second + (1 - ascent.betas[1]) * slope**2
        if ascent.method == "adam":
            m, v = first / (1 - ascent.betas[0] ** (done + 1)), second / (1 - ascent.betas[1] ** (done + 1))
            volumes = state.volumes + eps * (m / (np.sqrt(v) + 1e-8) + ascent.noise * noise)
        else:
            volumes = state.volumes + eps / 2 * slope + ascent.noise * np.sqrt(eps) * noise
        if ascent.clip:
            volumes = volumes.clip(-1, 1)
        if not ascent.clip and np.abs(volumes).max() > 1e3:
            raise Diverged(f"The ascent left all bounds at step {state.step + 1}: take a smaller step size.")
        return self._told(replace(state, volumes=volumes.astype(np.float32), step=state.step + 1, cascade=cascade,
                                  cascade_step=done + 1, first=first.astype(np.float32),
                                  second=second.astype(np.float32)), ascent)  # fmt: skip

    def synthesize(
        self, seeds: Sequence[int], target: str | None = None, progress: Progress = quiet, steps: int | None = None
    ) -> AscentState:
        ascent = replace(self.usual, target=target, cascade=0)
        state = self.begin(seeds, None, ascent)
        each = steps if steps is not None else self.usual_steps
        for cascade in range(self.cascades):
            for k in range(each):
                progress((cascade * each + k) / (self.cascades * each), "Climbing")
                state = self.advance(state, replace(ascent, cascade=cascade))
        return state

    def _weights(self, scores: np.ndarray, ascent: Ascent) -> np.ndarray:
        if ascent.target is None:
            return _softmax(scores)
        return np.tile(np.eye(len(CLASSES), dtype=np.float32)[CLASSES.index(ascent.target)], (len(scores), 1))

    def _told(self, state: AscentState, ascent: Ascent) -> AscentState:
        scores = self._scores(state.volumes, state.cascade)[0]
        climbed = np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1)) + scores.max(1)
        if ascent.target is not None:
            climbed = scores[:, CLASSES.index(ascent.target)]
        return replace(state, energies=-climbed.astype(np.float32), probabilities=_softmax(scores))


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def climber_card(name: str = "climber", side: int = SIDE) -> Card:
    return Card(name, "winn3d", "Balls, boxes, columns", "Shapes for tests.", side, 0.5, CLASSES,
                {"capabilities": ["synthesize", "classify"]}, sha256="c1" * 32)  # fmt: skip
