"""Families of models: one folder is one paper. Discovery lists every folder that has a ``family.py``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.engine.family import Family


@cache
def families() -> Mapping[str, Family]:
    """Every family by its key, in alphabetical order; imports no torch."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/family.py"))
    records = [importlib.import_module(f"voxstudio.families.{name}.family").FAMILY for name in folders]
    return {record.key: record for record in records}


def capabilities(card: Card) -> tuple[str, ...]:
    """What a checkpoint can do: its family's capabilities, less those that its recipe or its weights leave out.

    Empty for a family that is not installed here.
    """
    known = families().get(card.family)
    if known is None:
        return ()
    offered = known.capabilities
    recipe, own = card.network.get("recipe"), card.network.get("capabilities")
    for option, left in known.narrowed.items():
        value = recipe.get(option) if isinstance(recipe, Mapping) else None
        offered = left.get(value, offered) if isinstance(value, str) else offered
    return tuple(name for name in offered if not isinstance(own, list) or name in own)


def family(key: str) -> Family:
    """One family; BadInput names those that exist."""
    known = families()
    if key not in known:
        raise BadInput(f"There is no family {key!r}; the families are {', '.join(known)}.")
    return known[key]
