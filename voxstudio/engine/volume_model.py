"""A trained generator of shapes from codes on its device: draws, decodes, reads shapes, gives their features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voxstudio.core.card import Card
from voxstudio.core.controls import Choice, Control, Slider
from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.code_places import CodePlaces
from voxstudio.engine.codes import ROOT2, CodeSpace
from voxstudio.engine.device import has_bf16
from voxstudio.engine.inference_form import inference_form
from voxstudio.engine.latent_space import checked_seed, flat, unflat
from voxstudio.engine.maker import Maker, build_critic
from voxstudio.engine.modules import lay_out
from voxstudio.engine.volume_recipe import VolumeGanRecipe

Grids = npt.NDArray[np.bool_] | npt.NDArray[np.float32]
AT_ONCE = 16


class VolumeModel:
    """Maker and, where the card's recipe kept it, critic; batch norm folded, bf16 where the device has it.

    A latent has the codes ``"noise"`` ``[Z]``, ``"categorical"`` ``[K * D]`` (one-hot, one code after the other) and
    ``"continuous"`` ``[C]`` in [-1, 1]; the last two only where the family has such codes.
    """

    def __init__(
        self, card: Card, tensors: Mapping[str, Tensor], device: str, fast: bool, recipe: VolumeGanRecipe,
        space: CodeSpace, maker: Maker | None = None,
    ) -> None:  # fmt: skip
        self.card, self.device, self.note = card, device, ""
        self.recipe, self.space = recipe, space
        self.temperature = float(card.network.get("temperature", 1.0))
        self.places = CodePlaces.from_json(card.network, space)
        self.classes = recipe.classes
        self.dtype = torch.bfloat16 if fast and has_bf16(device) else torch.float32
        self.maker = maker if maker is not None else Maker(recipe, space)
        self.critic = build_critic(recipe, space, plain=True) if recipe.keep_discriminator else None
        wanted = {f"maker.{name}" for name in self.maker.state_dict()}
        wanted |= {f"critic.{name}" for name in self.critic.state_dict()} if self.critic is not None else set()
        wanted = {name for name in wanted if "num_batches" not in name}
        if odd := sorted(set(tensors) ^ wanted):
            raise BadCheckpoint(
                f"The weights of {card.name} do not fit its recipe: {len(odd)} tensors differ, first {odd[0]!r}."
            )
        for part, net in (("maker.", self.maker), ("critic.", self.critic)):
            if net is not None:
                mine = {name.removeprefix(part): t for name, t in tensors.items() if name.startswith(part)}
                net.load_state_dict(mine, strict=False)
                net.eval().requires_grad_(False).to(device)
        if fast:
            inference_form(self.maker.net, self.dtype)
            # Taken as a matrix: in any other layout it would be copied for every shape.
            lay_out(self.maker.net.first, torch.contiguous_format)
            if self.critic is not None:
                inference_form(self.critic.trunk, self.dtype)

    @property
    def layout(self) -> tuple[CodeSpec, ...]:
        """The codes of a latent, in the order in which :meth:`decode_batch` takes them."""
        space = self.space
        found = [CodeSpec("noise", space.noise, "uniform" if space.uniform else "gaussian", "Noise")]
        if space.categorical:
            size = space.categorical * space.categories
            found.append(CodeSpec("categorical", size, "categorical", "Kind", groups=space.categorical))
        if space.continuous:
            found.append(CodeSpec("continuous", space.continuous, "uniform", "Code"))
        return tuple(found)

    def controls(self) -> tuple[Control, ...]:
        """Continuous and categorical codes, truncation and threshold."""
        found: list[Control] = []
        for index in range(self.space.continuous):
            words = "A sweep tells what it moves"
            found.append(Slider(f"continuous:{index}", f"Code {index + 1}", -1.0, 1.0, 0.0, "", words))
        for index in range(self.space.categorical):
            values = tuple(str(value + 1) for value in range(self.space.categories))
            words = "A sweep tells what it chooses"
            title = f"Kind {index + 1}" if self.space.categorical > 1 else "Kind"
            found.append(Choice(f"categorical:{index}", title, values, values[0], words))
        found.append(Slider("truncation", "Truncation", 0.0, 1.5, 1.0, "", "How far from the average shape."))
        found.append(Slider("iso", "Threshold", 0.05, 0.95, self.card.iso_level, "", "Probability at the surface."))
        return tuple(found)

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        """Draw a code; below 1, ``truncation`` brings its noise nearer to the middle. ``label`` changes nothing.

        1 is the spread that the card's network names as ``temperature`` (as flows are drawn from: Kingma and Dhariwal,
        NeurIPS 2018), or that of training if it names none. Continuous codes lie where those of shapes lie, as far as
        the card tells (:class:`voxstudio.engine.code_places.CodePlaces`).
        """
        code = self.space.prior(1, torch.Generator().manual_seed(checked_seed(int(seed))))
        if self.places is not None:
            code = self.places.placed(self.space, code)
        latent = self.unpack(code)[0]
        return Latent({**latent.codes, "noise": truncation * self.temperature * latent.codes["noise"]}, int(seed))

    def pack(self, latents: list[Latent] | tuple[Latent, ...]) -> Tensor:
        """Latents to drawn codes ``[N, inputs]``; BadInput if one has other codes than this model."""
        vectors = np.stack([flat(latent, self.layout) for latent in latents])
        if not np.isfinite(vectors).all():
            raise BadInput(f"A latent for {self.card.name} holds a value that is not a number: draw another.")
        return torch.from_numpy(vectors)

    def unpack(self, codes: Tensor) -> list[Latent]:
        """Drawn codes ``[N, inputs]`` to latents without a seed."""
        layout = self.layout
        return [unflat(row, layout) for row in codes.detach().float().cpu().numpy()]

    def logits(self, codes: Tensor) -> Tensor:
        """Logits ``[N, 1, R, R, R]`` of drawn codes ``[N, inputs]``; gradients reach the codes (for inversion)."""
        entered = self.maker.enter(codes.to(self.device, torch.float32))
        return self.maker.decode(entered.to(self.dtype)).float()

    def decode_batch(self, codes: Tensor, label: str | None = None) -> Tensor:
        """Logits ``[N, R, R, R]`` of drawn codes ``[N, inputs]``, with gradients; choices may be mixtures."""
        return self.logits(codes)[:, 0]

    @torch.inference_mode()
    def probabilities(self, codes: Tensor) -> npt.NDArray[np.float32]:
        """Probabilities ``[N, R, R, R]`` of drawn codes ``[N, inputs]``."""
        rows = [torch.sigmoid(self.logits(part))[:, 0].cpu() for part in codes.split(AT_ONCE)]
        return torch.cat(rows).numpy()

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        """Decode one latent; the card's iso level is set on the grid."""
        field = self.probabilities(self.pack([latent]))[0]
        return VoxelGrid.unit(field, self.card.iso_level, self.card.name)

    @torch.inference_mode()
    def first_volume(self, codes: Tensor) -> npt.NDArray[np.float32]:
        """The generator's first feature layer, flat ``[N, F]``, of drawn codes (GANSpace's place for directions)."""
        entered = self.maker.enter(codes.to(self.device, torch.float32))
        return self.maker.net.first_volume(entered.to(self.dtype)).flatten(1).float().cpu().numpy()

    @property
    def encodes(self) -> bool:
        """True if :meth:`encode` can read shapes."""
        return self.critic is not None and self.critic.posterior is not None

    @torch.inference_mode()
    def features(self, grids: Grids) -> npt.NDArray[np.float32]:
        """Discriminator features ``[N, F]`` of occupancies ``[N, R, R, R]`` (enhancer GAN, shape features)."""
        if self.critic is None:
            raise BadInput(f"{self.card.name} was exported without its discriminator: train with keep_discriminator.")
        trunk = self.critic.trunk
        rows = [trunk.features(part).float().cpu() for part in self._batches(grids)]
        return torch.cat(rows).numpy()

    @torch.inference_mode()
    def encode(self, grids: Grids) -> list[Latent]:
        """A latent for each occupancy ``[N, R, R, R]``: where an inversion starts. BadInput without an encoder."""
        if not self.encodes:
            raise BadInput(f"{self.card.name} cannot read shapes: it was trained without an encoder.")
        found: list[Latent] = []
        for values in self._read(grids):
            entered = self.space.middle(self.space.posterior(values))
            found += self.unpack(self.maker.entry.leave(entered) if self.maker.entry is not None else entered)
        return found

    @torch.inference_mode()
    def recognise(self, grids: Grids) -> npt.NDArray[np.float32]:
        """What Q sees in occupancies, float32 ``[N, C]``: softmax of each categorical code, then continuous codes."""
        if not self.encodes:
            raise BadInput(f"{self.card.name} cannot read shapes: it was exported without its discriminator.")
        rows = []
        for values in self._read(grids):
            found = self.space.posterior(values)
            continuous = torch.erf(found.score_mean / ROOT2)
            rows.append(torch.cat([torch.softmax(found.logits, -1).flatten(1), continuous], 1).cpu())
        return torch.cat(rows).numpy()

    def _read(self, grids: Grids) -> Iterator[Tensor]:
        assert self.critic is not None
        for part in self._batches(grids):
            values = self.critic.read(self.critic.trunk(part)[-1].float())
            assert values is not None
            yield values

    def _batches(self, grids: Grids) -> list[Tensor]:
        side = self.recipe.resolution
        if grids.ndim != 4 or grids.shape[1:] != (side,) * 3:
            raise BadInput(f"{self.card.name} reads grids of {side}^3, not {grids.shape[1:]}.")
        whole = torch.from_numpy(np.ascontiguousarray(grids, np.float32))[:, None]
        return [part.to(self.device, self.dtype) for part in whole.split(AT_ONCE)]
