"""What every classifier of voxel grids does with its network: logits in batches, gradients to the grids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from voxstudio.core.errors import BadInput

Forward = Callable[[Tensor], Tensor]
"""Grids ``[N, 1, R, R, R]`` to values ``[N, K]``."""
Values = npt.NDArray[np.float32]
AT_ONCE = 32


def answers(forward: Forward, grids: npt.NDArray[Any], side: int, device: str, name: str = "") -> Values:
    """Values float32 ``[N, K]`` of grids ``[N, R, R, R]``, bool or float32. BadInput for another side than ``side``."""
    with torch.inference_mode():
        return np.concatenate([forward(part).float().cpu().numpy() for part in _parts(grids, side, device, name)])


def gradients(
    forward: Forward, grids: npt.NDArray[Any], labels: npt.NDArray[np.int64], side: int, device: str, name: str = "",
    of_loss: bool = True,
) -> Values:  # fmt: skip
    """Gradient of each cross-entropy (else of the logit of each label) to the voxels, float32 ``[N, R, R, R]``."""
    wanted, found, start = torch.as_tensor(np.asarray(labels, np.int64)), [], 0
    if len(wanted) != len(grids):
        raise BadInput(f"{len(grids)} grids need as many labels, not {len(wanted)}.")
    for part in _parts(grids, side, device, name):
        y = wanted[start : start + len(part)].to(device)
        start += len(part)
        with torch.enable_grad():
            x = part.requires_grad_()
            logits = forward(x).float()
            score = F.cross_entropy(logits, y, reduction="sum") if of_loss else logits.gather(1, y[:, None]).sum()
            (slope,) = torch.autograd.grad(score, x)
        found.append(slope[:, 0].float().cpu().numpy())
    return np.concatenate(found)


def _parts(grids: npt.NDArray[Any], side: int, device: str, name: str) -> list[Tensor]:
    if grids.ndim != 4 or grids.shape[1:] != (side,) * 3:
        raise BadInput(f"{name} reads grids of {side}^3, not {grids.shape[1:]}.")
    whole = torch.from_numpy(np.array(grids, np.float32))[:, None]
    return [part.to(device) for part in whole.split(AT_ONCE)]
