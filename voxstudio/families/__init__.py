"""Families of models: one folder is one paper. Discovery lists every folder that has a ``family.py``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from voxstudio.core.errors import BadInput
from voxstudio.engine.family import Family


@cache
def families() -> Mapping[str, Family]:
    """Every family by its key, in alphabetical order; imports no torch."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/family.py"))
    records = [importlib.import_module(f"voxstudio.families.{name}.family").FAMILY for name in folders]
    return {record.key: record for record in records}


def family(key: str) -> Family:
    """One family; BadInput names those that exist."""
    known = families()
    if key not in known:
        raise BadInput(f"There is no family {key!r}; the families are {', '.join(known)}.")
    return known[key]
