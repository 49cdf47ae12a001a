"""Latents as files: JSON that names the checkpoint they belong to, exact to the bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.latent import CodeSpec, Latent

FORMAT = 1
LARGEST_FILE = 2**24
LARGEST_VALUE = 1e6


def latent_document(latent: Latent, card: Card, label: str | None = None) -> dict[str, Any]:
    """What :func:`save_latent` writes."""
    return {
        "format": FORMAT,
        "checkpoint": card.name,
        "sha256": card.sha256,
        "label": label,
        "seed": latent.seed,
        "codes": {name: code.tolist() for name, code in latent.codes.items()},
    }


def save_latent(path: Path, latent: Latent, card: Card, label: str | None = None) -> None:
    """Write a latent as JSON, complete or not at all; CannotWrite if the disk refuses."""
    from voxstudio.engine.checkpoint import write_atomically

    write_atomically(path, (json.dumps(latent_document(latent, card, label), indent=1) + "\n").encode())


def load_latent(path: Path, card: Card, layout: tuple[CodeSpec, ...]) -> tuple[Latent, str | None]:
    """Read a latent and its class.

    Raises BadInput if the file is damaged, belongs to another checkpoint, or does not fit the generator's codes.
    """
    document = _read(path)
    if document.get("sha256") != card.sha256:
        raise BadInput(
            f"{path.name} belongs to the checkpoint {document.get('checkpoint', 'of another name')}, not to "
            f"{card.name}: keyframes and latents must all be of one checkpoint."
        )
    codes = document["codes"]
    sizes = {spec.name: spec.size for spec in layout}
    for name, size in sizes.items():
        values = codes.get(name)
        if not isinstance(values, list) or len(values) != size or not all(_is_number(value) for value in values):
            raise BadInput(f"{path.name} is damaged: its code {name} should hold {size} numbers; save it again.")
    label, seed = document.get("label"), document.get("seed")
    if label is not None and label not in card.classes:
        raise BadInput(f"{path.name} is damaged: its class {label!r} is none of {card.name}'s; save it again.")
    kept = {
        name: np.asarray(values, np.float32)
        for name, values in codes.items()
        if isinstance(values, list) and all(_is_number(value) for value in values)
    }
    return Latent(kept, seed if isinstance(seed, int) else None), label


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path.name} is too large for a latent: choose a file that VoxStudio saved.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): check that it is still there.") from None
    except (ValueError, RecursionError):  # no JSON, no text, or a number of thousands of digits
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("codes"), dict):
        raise BadInput(f"{path.name} is not a latent that VoxStudio saved: choose another file.")
    if document.get("format") != FORMAT:
        raise BadInput(f"{path.name} has a format that this VoxStudio does not read: update it, or save it again.")
    return document


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_VALUE
