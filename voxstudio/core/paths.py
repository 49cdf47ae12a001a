"""Where the shipped files lie, in a checkout and in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(folder: str) -> Path:
    """Folder of shipped files: ``"resources"`` or ``"checkpoints"``.

    An installed wheel carries them inside the package (``_shipped``), a checkout beside it.
    """
    inside = _PACKAGE / "_shipped" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def data_folder() -> Path | None:
    """Folder of real shapes named by the environment variable VOXSTUDIO_DATA, if any."""
    named = os.environ.get("VOXSTUDIO_DATA", "")
    return Path(named) if named else None
