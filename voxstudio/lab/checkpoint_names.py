"""Names of checkpoints in the library: what can be one, and which are free."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from voxstudio.core.errors import BadInput

LONGEST_NAME = 60


def check_name(name: str, taken: Collection[str]) -> str:
    """The name as it will stand; BadInput if it cannot name a folder or is taken."""
    plain = name.strip()
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}", plain) or plain.endswith("."):
        raise BadInput(
            f"{name!r} cannot be a checkpoint's name: use letters, digits, hyphens and underscores, "
            f"at most {LONGEST_NAME}."
        )
    if plain.lower() in {one.lower() for one in taken}:
        raise BadInput(f"There is a checkpoint {plain} already: choose another name; nothing is overwritten.")
    return plain


def free_name(path: Path, taken: Collection[str]) -> str:
    """A name after the file that no checkpoint has yet."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-_")[: LONGEST_NAME - 4] or "imported"
    names = {one.lower() for one in taken}
    return next(
        name for i in range(1, len(names) + 3) if (name := stem if i == 1 else f"{stem}-{i}").lower() not in names
    )


def able(capability: str) -> str:
    """The checkpoints of the library that can do something, such as ``"classify"``, as words; "none" if none can."""
    from voxstudio.engine.checkpoint import catalogue
    from voxstudio.engine.places import checkpoint_folders
    from voxstudio.families import capabilities

    found = [
        entry.name
        for entry in catalogue(checkpoint_folders())
        if entry.card is not None and not entry.problem and capability in capabilities(entry.card)
    ]
    return ", ".join(dict.fromkeys(found)) or "none (train one first)"
