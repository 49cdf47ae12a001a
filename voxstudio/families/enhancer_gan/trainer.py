"""Trainer of the enhancer GAN: two games with one code; the generators are updated twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import StepReport
from voxstudio.engine.place import Place, as_place
from voxstudio.engine.volume_game import Game
from voxstudio.engine.volume_trainer import ISO_LEVEL, BatchSource, start_from
from voxstudio.families.enhancer_gan.losses import PictureGame
from voxstudio.families.enhancer_gan.networks import EnhancerMaker, space_of
from voxstudio.families.enhancer_gan.recipe import EnhancerRecipe


class EnhancerTrainer:
    """GE, DE, GM and DM with their optimisers; one seed decides the weights and every draw.

    ``batches(step)`` opens the stream of :class:`voxstudio.data.picture_batches.PictureBatch` at a step.
    """

    def __init__(self, recipe: EnhancerRecipe, batches: BatchSource, place: Place | str = "cpu", seed: int = 0) -> None:
        self.place = as_place(place, recipe.precision)
        self.recipe, self.batches, self.device = recipe, batches, self.place.device
        space = space_of(recipe)
        self.game = Game(
            recipe, space, self.place, seed, partial(EnhancerMaker, recipe, space, bool(recipe.coarse_steps))
        )
        self.maker, self.critic = self.game.maker, self.game.critic
        self.pictures = None
        if recipe.bridge != "none":
            assert isinstance(self.maker, EnhancerMaker)
            self.pictures = self.game.companion = PictureGame(recipe, self.game, self.maker, seed)
        self._stream: Iterator[Any] | None = None

    @property
    def done(self) -> int:
        """Steps so far."""
        return self.game.done

    def step(self) -> StepReport:
        """Take the next batch and update all players."""
        if self._stream is None:
            self._stream = self.batches(self.game.done)
        batch = next(self._stream)
        truth = torch.from_numpy(batch.voxels).to(self.device).float()[:, None]
        if self.pictures is not None:
            pictures = torch.from_numpy(batch.pictures).to(self.device).permute(0, 3, 1, 2)
            self.pictures.pictures = pictures.float().div(127.5).sub(1.0)
        return StepReport(self.game.step(truth), len(truth) * self.place.world)

    def preview(self) -> VoxelGrid:
        """The shape of a code that stays the same for the whole run."""
        return VoxelGrid.unit(self.game.samples()[0], ISO_LEVEL, f"step {self.game.done}")

    def samples(self) -> npt.NDArray[np.float32]:
        """Shapes ``[N, R, R, R]`` of codes that stay the same for the whole run."""
        return self.game.samples()

    def validate(self, batches: Sequence[Any]) -> float:
        """Mean IoU of held-out shapes with what the exported weights make of their codes."""
        return self.game.validate(batches)

    def state(self) -> dict[str, Any]:
        """Everything that exact resume needs."""
        more = {"pictures": self.pictures.state()} if self.pictures is not None else {}
        return {**self.game.state(), **more}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state`."""
        self.game.restore(state)
        if self.pictures is not None and "pictures" in state:
            self.pictures.restore(state["pictures"])
        self._stream = None

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights of a checkpoint; BadCheckpoint if the recipe builds other shapes."""
        start_from(self.game, tensors)

    def export(self) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
        """Inference weights and the network's sizes."""
        return self.game.export(), {"recipe": self.recipe.to_json(), "iso_level": ISO_LEVEL}
