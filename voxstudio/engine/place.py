"""Where a run computes: one device, or several processes side by side (DDP), through Lightning Fabric.

Under torchrun each process finds its rank in the environment; without it there is one process. Every process
makes its own rows of the same global batch, so the run is the one that a single process would have made.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput
from voxstudio.engine.device import has_bf16, pick_device

if TYPE_CHECKING:
    import torch


class Place:
    """Device, precision and the company of other processes.

    Parameters
    ----------
    device: ``"auto"``, ``"cpu"``, ``"cuda"`` (or ``"cuda:1"``) or ``"mps"``; under torchrun each process takes
        the device of its local rank.
    precision: ``"bf16"`` where the device has it, otherwise (and for ``"float32"``) 32 bits.
    """

    def __init__(self, device: str = "auto", precision: str = "bf16") -> None:
        from lightning_fabric import Fabric

        logging.getLogger("lightning_fabric").setLevel(logging.ERROR)  # it tells of every default that it takes
        chosen = pick_device(device)
        kind, _, index = chosen.partition(":")
        world, local = (int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
        if world > 1 and index:
            raise BadInput(f"Under torchrun each process takes its own device: choose --device {kind}.")
        devices: Any = local if world > 1 or not index or kind != "cuda" else [int(index)]
        low = precision == "bf16" and has_bf16(chosen)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its hints are about options that a person cannot set here
            self.fabric = Fabric(
                accelerator="gpu" if kind == "cuda" else kind,
                devices=devices,
                num_nodes=world // local,
                strategy="ddp" if world > 1 else "auto",
                precision="bf16-mixed" if low else "32-true",
            )
            self.fabric.launch()

    @property
    def device(self) -> Any:
        """The ``torch.device`` of this process."""
        return self.fabric.device

    @property
    def rank(self) -> int:
        """Number of this process; 0 writes files and talks."""
        return int(self.fabric.global_rank)

    @property
    def world(self) -> int:
        """How many processes train together."""
        return int(self.fabric.world_size)

    def autocast(self) -> AbstractContextManager[Any]:
        """The forward pass runs inside."""
        context: AbstractContextManager[Any] = self.fabric.autocast()
        return context

    def average_gradients(self, parameters: Iterable[Any]) -> None:
        """Replace each gradient by its mean over all processes; nothing to do for one process.

        A parameter that this process did not use counts as zero, so that all processes average the same list.
        """
        if self.world == 1:
            return
        import torch

        wanted = [p for p in parameters if p.requires_grad]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in wanted])
        used = torch.tensor([p.grad is not None for p in wanted], dtype=torch.float32, device=self.device)
        flat, used = (torch.as_tensor(self.fabric.all_reduce(x, reduce_op="mean")) for x in (flat, used))
        offset = 0
        for parameter, share in zip(wanted, used.tolist(), strict=True):
            part = flat[offset : offset + parameter.numel()].view_as(parameter)
            offset += parameter.numel()
            parameter.grad = part.clone() if share else None

    def means(self, values: Mapping[str, float]) -> dict[str, float]:
        """Each number's mean over all processes, which must ask for the same names."""
        if self.world == 1:
            return dict(values)
        import torch

        told = self.fabric.all_reduce(torch.tensor(list(values.values()), device=self.device), reduce_op="mean")
        return dict(zip(values, torch.as_tensor(told).tolist(), strict=True))

    def agree(self, order: int) -> int:
        """The largest ``order`` of all processes: what one was told, all do."""
        if self.world == 1:
            return order
        import torch

        told = self.fabric.all_reduce(torch.tensor([float(order)], device=self.device), reduce_op="max")
        return round(float(torch.as_tensor(told)))

    def share(self, module: torch.nn.Module) -> None:
        """Give a module of every process the weights that it has in the first one."""
        if self.world > 1:
            for name, value in module.state_dict().items():
                module.state_dict()[name].copy_(self.fabric.broadcast(value, src=0))

    def wait(self) -> None:
        """Until all processes have come here."""
        if self.world > 1:
            self.fabric.barrier()


def as_place(place: Place | str, precision: str = "bf16") -> Place:
    """A device's name becomes a place of one process."""
    return place if isinstance(place, Place) else Place(place, precision)
