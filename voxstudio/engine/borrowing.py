"""Start a generator from a checkpoint of another family: what has the same meaning is taken over.

3D-GAN, 3DInfoGAN and the enhancer GAN share the generator's volume stages and the discriminator's trunk, and their
codes begin with noise of which the trunk reads mean and variance. What is a family's own (its other codes, its
pictures, the entry of drawn codes) starts fresh behind stages that know shapes already.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from voxstudio.engine.volume_game import Game

LEAST_SHARE = 0.2
"""Share of the parameters below which nothing is gained."""
FIRST, FIRST_NORM, POSTERIOR, MAP = "net.first.weight", "net.first_norm.", "posterior.", "entry.map.weight"


def borrow(game: Game, tensors: Mapping[str, Tensor]) -> float:
    """Load what fits of exported ``tensors`` into maker, average and critic, in place; the share of parameters taken.

    Weights that are computed from others (spectral norm) start fresh. Nothing is loaded below ``LEAST_SHARE``.
    """
    noise = tensors[f"maker.{MAP}"].shape[0] if f"maker.{MAP}" in tensors else 0
    parts: dict[str, tuple[nn.Module, ...]] = {
        "maker": (game.maker, game.average.net), "critic": (game.critic,),
    }  # fmt: skip
    fits: dict[str, dict[str, Tensor]] = {}
    taken = whole = 0
    for part, nets in parts.items():
        fits[part] = {}
        for name, own in nets[0].state_dict().items():
            lent = tensors.get(f"{part}.{name}")
            found = None if lent is None else _fitting(name, own, lent, noise if noise == game.space.noise else 0)
            whole += own.numel()
            if found is not None:
                fits[part][name] = found
                taken += found.numel()
    share = taken / max(whole, 1)
    if share >= LEAST_SHARE:
        for part, nets in parts.items():
            for net in nets:
                net.load_state_dict(fits[part], strict=False)
    return share


def _fitting(name: str, own: Tensor, lent: Tensor, noise: int) -> Tensor | None:
    """The lent tensor in the shape of one's own, or None. ``noise``: length of both codes' noise, 0 if they differ."""
    if name.startswith("entry."):
        return None  # where drawn codes enter is another family's own
    if name == FIRST:
        return _first(own, lent, noise)
    if name.startswith(FIRST_NORM) and own.ndim and own.shape != lent.shape:
        return _spread(lent, len(own))
    if name.startswith(POSTERIOR):
        if not noise or min(len(own), len(lent)) < 2 * noise:
            return None
        found = own.detach().cpu().clone()
        found[: 2 * noise] = lent[: 2 * noise].to(found.dtype)
        return found
    return lent if own.shape == lent.shape else None


def _first(own: Tensor, lent: Tensor, noise: int) -> Tensor | None:
    """Rows of the noise of the first layer, laid out as ``[inputs, W, 4, 4, 4]`` or ``[64 W, inputs]``."""
    rows = lent.flatten(1) if lent.ndim == 5 else lent.T
    mine = (own.detach().flatten(1) if own.ndim == 5 else own.detach().T).cpu().clone()
    if not noise or rows.shape[1] != mine.shape[1]:
        return None
    mine[:noise] = rows[:noise].to(mine.dtype)
    return mine.reshape(own.shape) if own.ndim == 5 else mine.T.contiguous()


def _spread(values: Tensor, count: int) -> Tensor | None:
    """Values of channels for channels of another size: W channels of 4^3 are 4 W channels of 4 x 4, in order."""
    if count % len(values) == 0:
        return torch.repeat_interleave(values, count // len(values))
    return values.reshape(count, -1).float().mean(1) if len(values) % count == 0 else None
