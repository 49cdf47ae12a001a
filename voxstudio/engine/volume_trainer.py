"""The trainer of a generator of shapes from codes: hands batches to a :class:`voxstudio.engine.volume_game.Game`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.errors import BadCheckpoint
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.codes import CodeSpace
from voxstudio.engine.family import StepReport
from voxstudio.engine.maker import UNUSED, Maker
from voxstudio.engine.place import Place, as_place
from voxstudio.engine.volume_game import Companion, Game
from voxstudio.engine.volume_recipe import VolumeGanRecipe

BatchSource = Callable[[int], Iterator[Any]]
"""Opens the endless batches at a step."""
ISO_LEVEL = 0.5


class FedCompanion(Companion, Protocol):
    """A companion that learns from the batches too and is kept with the run."""

    key: str
    """Where its state stands in the trainer's."""

    def take(self, batch: Any) -> None:
        """Keep what it needs of the batch that is played next."""

    def state(self) -> dict[str, Any]:
        """Everything that exact resume needs."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where :meth:`state` was taken."""


class VolumeTrainer:
    """A :class:`voxstudio.engine.family.Trainer` for the generators of shapes from codes; ``space`` tells them apart.

    ``batches(step)`` opens the stream at a step. ``build`` makes another maker than :class:`Maker`.
    """

    def __init__(
        self, recipe: VolumeGanRecipe, space: CodeSpace, batches: BatchSource, place: Place | str = "cpu",
        seed: int = 0, build: Callable[[], Maker] | None = None,
    ) -> None:  # fmt: skip
        self.place = as_place(place, recipe.precision)
        self.recipe, self.space, self.batches, self.device = recipe, space, batches, self.place.device
        self.game = Game(recipe, space, self.place, seed, build)
        self.maker, self.critic = self.game.maker, self.game.critic
        self._beside: FedCompanion | None = None
        self._stream: Iterator[Any] | None = None

    def join(self, companion: FedCompanion) -> None:
        """Play another game beside this one, from the first step on."""
        self._beside = self.game.companion = companion

    @property
    def done(self) -> int:
        """Steps so far."""
        return self.game.done

    def step(self) -> StepReport:
        """Take the next batch (or ``accumulate`` of them) and update all players."""
        if self._stream is None:
            self._stream = self.batches(self.game.done * self.recipe.accumulate)
        seen: list[int] = []
        values = self.game.step(self._truths(self._stream, seen))
        return StepReport(values, sum(seen) * self.place.world)

    def _truths(self, stream: Iterator[Any], seen: list[int]) -> Iterator[Tensor]:
        for _ in range(self.recipe.accumulate):
            batch = next(stream)
            if self._beside is not None:
                self._beside.take(batch)
            seen.append(len(batch.voxels))
            yield torch.from_numpy(batch.voxels).to(self.device).float()[:, None]

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
        beside = {self._beside.key: self._beside.state()} if self._beside is not None else {}
        return {**self.game.state(), **beside}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state`."""
        self.game.restore(state)
        if self._beside is not None and self._beside.key in state:
            self._beside.restore(state[self._beside.key])
        self._stream = None

    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights of a checkpoint; BadCheckpoint if the recipe builds other shapes."""
        start_from(self.game, tensors)

    def export(self) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
        """Inference weights and the network's sizes."""
        return self.game.export(), {"recipe": self.recipe.to_json(), "iso_level": ISO_LEVEL}


def start_from(game: Game, tensors: Mapping[str, Tensor]) -> None:
    """Load exported tensors into maker, average and critic; a file without a critic leaves that fresh."""
    parts = {"maker": (game.maker, game.average.net), "critic": (game.critic,)}
    for part, nets in parts.items():
        mine = {name.removeprefix(f"{part}."): t for name, t in tensors.items() if name.startswith(f"{part}.")}
        for net in nets if mine else ():
            known = net.state_dict()
            fits = {
                name.replace(".parametrizations.weight.original", ".weight"): name
                for name in known
                if not name.endswith(("._u", "._v"))
            }
            absent = [n for n in fits if n not in mine and not any(word in n for word in UNUSED)]
            wrong = [n for n in mine if n not in fits or known[fits[n]].shape != mine[n].shape]
            if absent or wrong:
                raise BadCheckpoint(
                    f"The weights do not fit the recipe ({len(absent)} tensors missing, {len(wrong)} unknown or of "
                    f"another shape, first {(absent + wrong)[0]}): leave out the options that shape the network."
                )
            net.load_state_dict({fits[n]: t for n, t in mine.items()}, strict=False)
