"""What a person confirmed of the names in a foreign file, kept for the next file with the same names."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxstudio.core.errors import CannotWrite
from voxstudio.engine.checkpoint import write_atomically
from voxstudio.engine.places import own_checkpoints

FORMAT = 1


@dataclass(frozen=True)
class Remembered:
    """``names`` maps each wanted tensor to the file's; ``options`` are the recipe's options that were set by hand."""

    names: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)


def renamings_folder() -> Path:
    """Where confirmed names are kept; may not exist yet."""
    return own_checkpoints().parent / "renamings"


def recall(family: str, found: Iterable[str]) -> Remembered | None:
    """What was confirmed for a file of these names, or None. A file that cannot be read is as none."""
    try:
        values = json.loads(_path(family, found).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            return None
        names = {str(new): str(old) for new, old in values["names"].items()}
        return Remembered(names, dict(values.get("options", {})))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def remember(family: str, found: Iterable[str], what: Remembered) -> None:
    """Keep it; CannotWrite if the disk refuses."""
    path = _path(family, found := sorted(found))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"The folder {path.parent} cannot be made ({error.strerror}): free space.") from error
    values = {
        "format": FORMAT, "family": family, "tensors": len(found), "options": dict(what.options),
        "names": dict(what.names),
    }  # fmt: skip
    write_atomically(path, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())


def forget(family: str, found: Iterable[str]) -> None:
    """Begin anew the next time."""
    with contextlib.suppress(OSError):
        _path(family, found).unlink()


def _path(family: str, found: Iterable[str]) -> Path:
    """One file for each family and set of names."""
    key = json.dumps([family, sorted(found)], ensure_ascii=True)
    return renamings_folder() / f"{family}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
