"""What a long measurement has done so far, on disk: broken off, it goes on from there."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.engine.checkpoint import make_folder, write_atomically

Arrays = Mapping[str, npt.NDArray[Any]]


class Kept:
    """Arrays by name in a folder; a :data:`voxstudio.evaluation.classifier_protocol.Keep`.

    ``about`` is everything that the arrays depend on beside their name (hashes of weights and data, options): what
    was kept about something else is not found.
    """

    def __init__(self, folder: Path, *about: object) -> None:
        self.folder = folder / digest(*about)[:16]

    def __call__(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of that name, made and written if they are not there or cannot be read."""
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {key: stored[key] for key in stored.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            made = make()
        buffer = io.BytesIO()
        arrays: dict[str, Any] = dict(made)
        np.savez(buffer, **arrays)
        make_folder(self.folder)
        write_atomically(path, buffer.getvalue())
        return made


def digest(*about: object) -> str:
    """sha256 of values: arrays by their bytes, others by how they are written."""
    found = hashlib.sha256()
    for one in about:
        found.update(one.tobytes() if isinstance(one, np.ndarray) else repr(one).encode())
        found.update(b"\0")
    return found.hexdigest()
