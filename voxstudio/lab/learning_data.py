"""What a run learns from: parametric shapes, prepared shapes, or whatever a folder of the person's own holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe
from voxstudio.data.shape_file import is_shape_file, open_shape_file
from voxstudio.data.shape_store import Shapes, open_store

HELD_OUT_SHARE = 0.2
"""Share of the person's own objects that fine-tuning measures on and never learns."""


def find_stores(
    data: Path | None,
    recipe: Any,
    cache: Path,
    held_out: float = 0.0,
    notice: Callable[[str], None] = lambda _: None,
    first: bool = True,
    up: str | None = None,
) -> list[tuple[Shapes, float]]:
    """Open the prepared stores in ``data`` (or ``data`` itself), or prepare what it holds; None: parametric shapes.

    Meshes are imported into ``cache`` once; what cannot be used is left out, and ``notice`` gets a sentence. With
    ``first`` False another process of the same run has prepared everything already.

    A model that knows no classes learns from all classes that are there, unless one of its own is among them.
    ``up`` is the axis that stands upright in a folder of meshes (None: as its kind has it, else z). ``held_out`` sets
    that share of the objects aside for measuring, at least one. Raises BadInput that says what was looked for.
    """
    if data is None:
        return [(_parametric(tuple(recipe.classes), recipe.resolution), 1.0)]
    if not data.exists():
        raise BadInput(f"The data folder {data} does not exist.")
    if data.is_dir():
        prepared = [data] if (data / "store.json").exists() else sorted(p.parent for p in data.glob("*/store.json"))
        if prepared:
            stores = [open_store(folder) for folder in prepared]
            return [(store, float(len(store.indices("train")))) for store in stores]
    elif is_shape_file(data):
        return [_imported(data, recipe, held_out)]
    from voxstudio.data.mesh_folders import left_out_in_words
    from voxstudio.data.prepare import VALIDATION_SHARE, store_of_grids
    from voxstudio.data.readers import known_files, read_collection
    from voxstudio.data.turntable_folders import is_turntable_tree

    if data.is_dir() and not known_files(data) and not is_turntable_tree(data):
        return [_imported(_mesh_file(data, recipe.resolution, up, cache, notice, first), recipe, held_out)]
    folder, share = cache / f"prepared-{data.stem}", held_out or VALIDATION_SHARE
    if not first:
        return [(open_store(folder), 1.0)]
    split = None if held_out else "train"
    problems: list[tuple[str, str]] = []

    def left_out(name: str, reason: str) -> None:
        problems.append((name, reason))

    classes, size = tuple(recipe.classes), recipe.resolution
    try:
        grids = read_collection(data, split=split, classes=classes, resolution=size, left_out=left_out)
    except BadInput as error:
        if getattr(recipe, "conditional", True) or "class" not in str(error):
            raise
        problems.clear()
        grids = read_collection(data, split=split, resolution=size, left_out=left_out)
    if problems:
        notice(left_out_in_words(problems, f"{len(grids) + len(problems):,} objects of {data}"))
    return [(store_of_grids(folder, grids, None, validation_share=share), 1.0)]


def _mesh_file(
    data: Path, resolution: int, up: str | None, cache: Path, notice: Callable[[str], None], first: bool
) -> Path:
    """The meshes of a folder as one file of shapes in ``cache``; a run that resumes finds it there."""
    from voxstudio.data.importing import import_tree
    from voxstudio.data.mesh_folders import left_out_in_words, none_usable_in_words
    from voxstudio.data.mesh_import import ImportOptions

    file = cache / f"{data.name or 'shapes'}.voxdata"
    if first:
        report = import_tree(data, file, ImportOptions(resolution), up=up)
        if not report.objects:
            raise BadInput(none_usable_in_words(report.problems, data))
        if report.problems:
            total = report.objects + len(report.problems)
            notice(left_out_in_words(report.problems, f"{total:,} meshes of {data}"))
    return file


def _imported(data: Path, recipe: Any, held_out: float) -> tuple[Shapes, float]:
    """A file of imported shapes, of which the classes that the model knows are taken."""
    try:
        shapes = open_shape_file(data, recipe.classes)
    except BadInput as error:
        if getattr(recipe, "conditional", True) or "has no class" not in str(error):
            raise
        shapes = open_shape_file(data)
    if held_out:
        shapes = shapes.holding_out(held_out)
    count = len(shapes.indices("train"))
    if not count:
        words = "at least two objects, one of them to measure by" if held_out else "at least one training object"
        raise BadInput(f"{data.stem} has too few objects of {', '.join(shapes.class_names)}: {words}, are needed.")
    return shapes, float(count)


def _parametric(classes: tuple[str, ...], resolution: int) -> Shapes:
    from voxstudio.data.parametric import CLASSES
    from voxstudio.data.parametric_store import ParametricStore

    unknown = sorted(set(classes) - set(CLASSES))
    if unknown:
        raise BadInput(
            f"There are no parametric shapes of {', '.join(unknown)}; choose from {', '.join(CLASSES)} or name --data."
        )
    return ParametricStore(classes, resolution)


def fine_tuning_recipe(base: Path, **changes: Any) -> tuple[str, Recipe]:
    """The family of a checkpoint and the recipe to go on from it: its own, the preset ``fine-tune``, the changes.

    Raises BadInput if the checkpoint does not say how it was trained, or if its family cannot be fine-tuned.
    """
    import json

    from voxstudio.engine.checkpoint import RECIPE, read_card
    from voxstudio.families import family

    card = read_card(base)
    record = family(card.family)
    if "fine-tune" not in record.presets:
        raise BadInput(f"{record.title} cannot be fine-tuned: choose a checkpoint of another family.")
    try:
        kept = json.loads((base / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = card.network.get("recipe")
    if not isinstance(kept, dict):
        raise BadInput(f"{base / RECIPE} is missing or damaged: copy the whole checkpoint folder again.")
    tuning = dict(record.presets["fine-tune"])
    if kept.get("lead_steps") == 0:  # nothing led, so there is no entry of codes to go on with
        tuning.pop("lead_steps", None)
    return record.key, record.recipe_class().from_json({**kept, **tuning, **changes})
