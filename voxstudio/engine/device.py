"""Which device computes, and in which arithmetic. torch is imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(wanted: str = "auto") -> str:
    """The device to compute on: ``"auto"`` takes CUDA, then Apple's MPS, then the CPU.

    Raises BadInput if a device is named that this machine does not have.
    """
    import torch

    kind = wanted.split(":")[0]
    if kind not in DEVICES:
        raise BadInput(f"There is no device {wanted!r}; choose one of {', '.join(DEVICES)}.")
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[kind]:
        raise BadInput(f"This machine has no {kind} device that torch can use; choose --device auto or cpu.")
    return wanted


def has_bf16(device: str) -> bool:
    """True if bfloat16 arithmetic is fast there (AVX-512 bf16 or AMX on CPUs, compute capability 8 on CUDA)."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        capable = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
        return bool(capable is not None and capable())
    return False


def autocast_type(device: str, precision: str) -> tuple[torch.dtype, bool]:
    """``(dtype, enabled)`` for ``torch.autocast``: bf16 if it is wanted and the device has it."""
    import torch

    return torch.bfloat16, precision == "bf16" and has_bf16(device)


def describe(device: str) -> dict[str, Any]:
    """Name, memory and arithmetic of a device, for the status line, ``doctor`` and bench."""
    import torch

    facts: dict[str, Any] = {"device": device, "torch": torch.__version__, "bf16": has_bf16(device)}
    if device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(device)
        facts |= {"name": properties.name, "memory_gib": round(properties.total_memory / 2**30, 1)}
    else:
        facts |= {"name": "Apple GPU" if device == "mps" else "CPU", "threads": torch.get_num_threads()}
    return facts
