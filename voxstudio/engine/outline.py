"""Names and shapes of a network's weights without its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class _Undrawn(TorchFunctionMode):
    """Leaves first values out: the meta device has none, and torch imports its compiler (seconds) to draw them."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else given["tensor"]
        if func is torch.eye:
            return torch.empty(args[0], args[1] if len(args) > 1 else args[0])
        if func is torch.Tensor.repeat:
            old = (1,) * (len(args) - 1 - args[0].ndim) + tuple(args[0].shape)
            return torch.empty([side * times for side, times in zip(old, args[1:], strict=True)])
        return func(*args, **given)


def outline(build: Callable[[], torch.nn.Module]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that inference needs, in the network's order. Allocates nothing."""
    with torch.device("meta"), _Undrawn():
        state = build().state_dict()
    return {name: tuple(tensor.shape) for name, tensor in state.items() if "num_batches" not in name}
