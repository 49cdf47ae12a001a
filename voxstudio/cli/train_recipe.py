"""How what a person says on the command line of ``voxstudio train`` becomes a recipe."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path
from typing import Any

from voxstudio.cli import say
from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe
from voxstudio.engine.family import Family

RESERVED = {
    "family", "out", "data", "max_steps", "seed", "resume", "preset", "device", "json", "base", "events", "recipe",
    "up",
}  # fmt: skip
"""Names that the command itself uses."""


def base_folder(arguments: Namespace) -> Path | None:
    """The folder of the checkpoint to start from."""
    if not arguments.base:
        return None
    from voxstudio.engine.places import checkpoint_folders, find_checkpoint

    return find_checkpoint(arguments.base, checkpoint_folders()).folder


def fine_tuning(record: Family, arguments: Namespace) -> Recipe:
    """The recipe of the base, as fine-tuning changes it, with the options given one by one."""
    from voxstudio.engine.checkpoint import read_card
    from voxstudio.lab.learning_data import fine_tuning_recipe

    base = base_folder(arguments)
    assert base is not None
    if read_card(base).family != record.key:  # another family lends what both have, and the recipe is one's own
        recipe = recipe_of(record, arguments)
        coarse = "coarse_steps" in given(record, arguments)
        # What is lent knows the whole resolution already.
        return recipe.changed(coarse_steps=0) if hasattr(recipe, "coarse_steps") and not coarse else recipe
    return fine_tuning_recipe(base, **given(record, arguments))[1]


def given(record: Family, arguments: Namespace) -> dict[str, Any]:
    """The preset and the options that the person named."""
    values: dict[str, Any] = {}
    if arguments.preset is not None:
        if arguments.preset not in record.presets:
            known = ", ".join(record.presets) or "none"
            raise BadInput(f"{record.title} has no preset {arguments.preset!r}: its presets are {known}.")
        values |= record.presets[arguments.preset]
    if arguments.recipe is not None:
        values |= _recipe_file(Path(arguments.recipe))
    for spec in record.recipe_class().options():
        said = getattr(arguments, flag_of(spec.name), None)
        if said is not None:
            values[spec.name] = said
    return values


def _recipe_file(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is not a readable recipe ({error}): name a JSON file such as recipe.json.") from error
    if not isinstance(values, dict):
        raise BadInput(f"{path} holds no options: a recipe is one JSON object of option names and values.")
    return values


def recipe_of(record: Family, arguments: Namespace) -> Recipe:
    """The recipe: its defaults, then the preset, then the options given one by one."""
    values = given(record, arguments)
    try:
        return record.recipe_class().from_json(values)
    except BadInput as error:
        raise BadInput(_as_flag(str(error), arguments)) from None


def _as_flag(sentence: str, arguments: Namespace) -> str:
    """An option that was given here is named as it was given: ``--batch-size``, not ``'batch_size'``."""
    found = re.match(r"Option '(\w+)'", sentence)
    if found is None or getattr(arguments, flag_of(found.group(1)), None) is None:
        return sentence
    return f"--{flag_of(found.group(1)).replace('_', '-')}{sentence[found.end() :]}"


def as_long_as_told(recipe: Recipe, arguments: Namespace) -> Recipe:
    """The recipe with a schedule that lasts as long as ``--max-steps``; a run that stops before its end leaves it.

    A run that goes on keeps the schedule that it began with: whatever was learnt depends on it.
    """
    length, steps = getattr(recipe, "max_steps", None), arguments.max_steps
    if length is None:
        return recipe
    said = getattr(arguments, flag_of("max_steps"), None)
    kept = _kept_length(Path(arguments.out)) if arguments.resume and said is None else None
    if kept is not None:
        if steps is not None and steps > kept:
            words = f"This run's schedule ends at step {kept:,}: beyond it the learning rate stays what it is then."
            say(f"voxstudio: {words}")
        return recipe.changed(max_steps=kept)
    if steps is None or steps <= length:
        return recipe
    if said is not None:
        raise BadInput(f"--max-steps {steps} lies beyond --schedule-steps {length}: leave one of the two away.")
    return recipe.changed(max_steps=steps)


def _kept_length(out: Path) -> int | None:
    """The length of the schedule of the run that is to go on."""
    if not (out / "resume" / "state.pt").exists():
        return None
    try:
        return int(json.loads((out / "recipe.json").read_text(encoding="utf-8"))["max_steps"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def flag_of(name: str) -> str:
    """A recipe's option whose name the command itself uses has another one here."""
    if name == "max_steps":
        return "schedule_steps"
    return f"recipe_{name}" if name in RESERVED else name
