"""Checkpoint folders: ``weights.safetensors``, ``card.json``, ``recipe.json``. torch is imported on first use."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadCheckpoint, CannotWrite

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS, CARD, RECIPE = "weights.safetensors", "card.json", "recipe.json"


@dataclass(frozen=True)
class Entry:
    """One folder in the library: its card, or the sentence that says why it cannot be opened."""

    name: str
    folder: Path
    card: Card | None
    problem: str = ""

    @property
    def size_bytes(self) -> int:
        """Size of the weights file; 0 if it is missing."""
        path = self.folder / WEIGHTS
        return path.stat().st_size if path.is_file() else 0


def read_card(folder: Path) -> Card:
    """Read ``card.json``; BadCheckpoint names the file and the cure."""
    path = folder / CARD
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadCheckpoint(f"{folder} is not a checkpoint: it has no {CARD}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadCheckpoint(f"{path} cannot be read ({error}).") from error
    except json.JSONDecodeError as error:
        raise BadCheckpoint(
            f"{path} is not JSON (line {error.lineno}): restore the card that came with the weights."
        ) from error
    return Card.from_json(values, str(path))


def catalogue(folders: Iterable[Path]) -> tuple[Entry, ...]:
    """Every checkpoint folder inside ``folders``, broken ones with their sentence; the first of a name wins."""
    found: dict[str, Entry] = {}
    for parent in folders:
        for folder in sorted(path for path in parent.glob("*") if path.is_dir()) if parent.is_dir() else ():
            if not (folder / CARD).exists() and not (folder / WEIGHTS).exists():
                continue
            try:
                entry = Entry(folder.name, folder, read_card(folder))
                if not (folder / WEIGHTS).is_file():
                    entry = replace(
                        entry, problem=f"{folder / WEIGHTS} is missing: copy the whole checkpoint folder again."
                    )
            except BadCheckpoint as error:
                entry = Entry(folder.name, folder, None, str(error))
            found.setdefault(entry.name, entry)
    return tuple(found.values())


def load_tensors(folder: Path, card: Card) -> dict[str, Tensor]:
    """Read the weights as float32 and check names, shapes and hash against the card.

    Raises BadCheckpoint with the difference (missing, extra, misshapen) in words.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = folder / WEIGHTS
    try:
        blob = path.read_bytes()
        tensors = load(blob)
    except FileNotFoundError:
        raise BadCheckpoint(f"{path} is missing: copy the whole checkpoint folder again.") from None
    except (OSError, SafetensorError, ValueError) as error:
        raise BadCheckpoint(f"{path} is not a readable safetensors file ({error}): copy it again.") from error
    check_tensors({name: tuple(t.shape) for name, t in tensors.items()}, card, path)
    if card.sha256 and hashlib.sha256(blob).hexdigest() != card.sha256:
        raise BadCheckpoint(f"{path} has another sha256 than its card says: copy weights and card together again.")
    return {name: tensor.float() for name, tensor in tensors.items()}


def check_tensors(shapes: Mapping[str, tuple[int, ...]], card: Card, path: Path) -> None:
    """Compare names and shapes with the card; BadCheckpoint tells the difference."""
    wanted = {name: tuple(spec[1]) for name, spec in card.tensors.items()}
    if not wanted:
        return
    groups = {
        "missing": sorted(set(wanted) - set(shapes)),
        "extra": sorted(set(shapes) - set(wanted)),
        "misshapen": [
            f"{name} {list(shapes[name])} instead of {list(wanted[name])}"
            for name in sorted(set(wanted) & set(shapes))
            if shapes[name] != wanted[name]
        ],
    }
    told = [
        f"{len(names)} {kind} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        for kind, names in groups.items()
        if names
    ]
    if told:
        raise BadCheckpoint(
            f"{path} does not fit its card: {'; '.join(told)}. Restore the weights that belong to the card."
        )


def save_checkpoint(
    folder: Path, tensors: Mapping[str, Tensor], card: Card, recipe: Mapping[str, Any], exact: bool = False
) -> Card:
    """Write weights, card and recipe, each atomically; return the card with tensors and sha256 filled in.

    Weights become float16; ``exact`` keeps them as they are, for those that somebody else trained in more.

    Raises CannotWrite if the disk refuses; files that stood there before are then still whole.
    """
    import torch
    from safetensors.torch import save

    halves = {
        name: (t.to(torch.float16) if t.is_floating_point() and not exact else t).contiguous()
        for name, t in sorted(tensors.items())
    }
    blob = save(halves)
    specs = {name: [str(t.dtype).removeprefix("torch."), list(t.shape)] for name, t in halves.items()}
    card = replace(card, tensors=specs, sha256=hashlib.sha256(blob).hexdigest())
    make_folder(folder)
    write_atomically(folder / WEIGHTS, blob)
    write_atomically(folder / RECIPE, (json.dumps(dict(recipe), indent=1) + "\n").encode())
    write_card(folder, card)
    return card


def write_card(folder: Path, card: Card) -> None:
    """Write ``card.json`` atomically."""
    write_atomically(folder / CARD, (json.dumps(card.to_json(), indent=1) + "\n").encode())


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; CannotWrite if the disk refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"The folder {folder} cannot be made ({error.strerror}): choose another one.") from error


def write_atomically(path: Path, blob: bytes) -> None:
    """Write to a temporary file beside ``path``, then rename; CannotWrite leaves the old file whole."""
    draft: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise CannotWrite(
            f"{path} cannot be written ({error.strerror}): free space or choose another folder."
        ) from error


def open_model(entry: Entry | Path, build: Callable[[Card], Callable[..., Any]], device: str = "auto") -> Any:
    """Open a checkpoint and build its model on the device.

    ``build(card)`` returns the model class of the card's family (the registry lives a floor above). If the
    GPU has no room, the CPU takes over and ``model.note`` says so.
    """
    import torch

    from voxstudio.engine.device import pick_device

    folder = entry.folder if isinstance(entry, Entry) else entry
    card = read_card(folder)
    tensors = load_tensors(folder, card)
    chosen = pick_device(device)
    make = build(card)
    try:
        return make(card, tensors, chosen)
    except torch.cuda.OutOfMemoryError:
        model = make(card, tensors, "cpu")
        model.note = "The GPU has no memory left for this model, so the CPU computes it."
        return model
    except (RuntimeError, KeyError) as error:
        words = str(error).splitlines()[0]
        raise BadCheckpoint(f"{folder} does not fit the family {card.family!r}: {words}") from error
