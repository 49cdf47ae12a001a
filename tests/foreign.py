"""The shipped weights as somebody else would have called them."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
WORDS = (
    ("encoder.", "E."), ("generator.", "G."), ("first_norm", "bn1"), ("second_norm", "bn2"), (".up.", ".deconv."),
    ("refine_norm", "bn_r"), (".norm.", ".bn."),
)  # fmt: skip


def shipped_weights(name: str = "chair-multiview") -> dict[str, torch.Tensor]:
    """The tensors of a shipped checkpoint."""
    found: dict[str, torch.Tensor] = load_file(ROOT / "checkpoints" / name / "weights.safetensors")
    return found


def other_name(name: str) -> str:
    """One of our names in somebody else's words: other beginnings, layers counted from one, other norms."""
    for ours, theirs in WORDS:
        name = name.replace(ours, theirs)
    return "module." + re.sub(r"body\.(\d)", lambda found: f"layers.{int(found[1]) + 1}", name)


def renamed(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """All of them."""
    return {other_name(name): tensor for name, tensor in tensors.items()}


def save(tensors: dict[str, torch.Tensor], path: Path) -> Path:
    """As safetensors or, wrapped as Lightning does, as a torch file; by the suffix."""
    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    else:
        torch.save({"state_dict": tensors, "epoch": 3, "optimizer_states": [{"state": {}}]}, path)
    return path
