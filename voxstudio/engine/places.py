"""Where checkpoints are looked for and where the program keeps its own files. No torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from voxstudio.core.errors import BadCheckpoint
from voxstudio.core.paths import shipped

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry


def checkpoint_folders() -> tuple[Path, ...]:
    """Folders whose sub-folders are checkpoints: named by VOXSTUDIO_CHECKPOINTS, the user's, the shipped ones."""
    named = [Path(part) for part in os.environ.get("VOXSTUDIO_CHECKPOINTS", "").split(os.pathsep) if part]
    return (*named, own_checkpoints(), shipped("checkpoints"))


def own_checkpoints() -> Path:
    """The folder of the person's own checkpoints; may not exist yet."""
    import platformdirs

    return platformdirs.user_data_path("voxstudio", appauthor=False) / "checkpoints"


def own_folder(name: str) -> Path:
    """Folder for what the person found and may want to keep, such as ``"directions"``; may not exist yet."""
    import platformdirs

    return platformdirs.user_data_path("voxstudio", appauthor=False) / name


def cache_folder(name: str) -> Path:
    """Folder for what can be computed again, such as ``"nearest"``; may not exist yet."""
    import platformdirs

    return platformdirs.user_cache_path("voxstudio", appauthor=False) / name


def state_folder() -> Path:
    """Folder for log files; may not exist yet."""
    import platformdirs

    return platformdirs.user_state_path("voxstudio", appauthor=False)


def find_checkpoint(name: str, folders: Sequence[Path]) -> Entry:
    """The checkpoint of that name in ``folders``, or the one in the folder ``name``.

    Raises
    ------
    BadCheckpoint
        If there is none, naming those there are, or if its card cannot be used.
    """
    from voxstudio.engine.checkpoint import Entry, catalogue, read_card

    entries = catalogue(folders)
    for entry in entries:
        if entry.name == name or str(entry.folder) == name:
            if entry.problem:
                raise BadCheckpoint(entry.problem)
            return entry
    folder = Path(name)
    if folder.is_dir():
        folder = folder.resolve()
        return Entry(folder.name, folder, read_card(folder), "")
    known = ", ".join(entry.name for entry in entries) or "none"
    raise BadCheckpoint(f"There is no checkpoint {name!r}: choose one of these ({known}) or name its folder.")
