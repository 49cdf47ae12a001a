"""Bake: train what the program ships from the recipes in the repository, and say what is out of date.

Each recipe is one JSON file of ``resources/recipes``: family, options, seed, sources of shapes, the words of the card
and the least metrics that the weights must reach. Nothing here imports Qt or VTK, so a bare GPU machine can bake.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.core.paths import shipped
from voxstudio.core.recipe import Recipe
from voxstudio.data.grids import refined
from voxstudio.data.shape_store import Shapes, open_store
from voxstudio.engine.checkpoint import CARD, RECIPE, WEIGHTS, read_card, write_card
from voxstudio.engine.training import GO, STOP, Listener
from voxstudio.families import family
from voxstudio.lab.training import train

LARGEST = 8 << 20
LARGEST_SUM = 48 << 20


@dataclass(frozen=True)
class Bake:
    """One shipped checkpoint's recipe. ``share`` of the time budget relative to the others; ``floors``: metrics.

    ``base`` names the checkpoint that it starts from, baked before it. ``temperature``: of a generator's noise.
    ``ascent``: how a climber makes shapes, see :func:`voxstudio.lab.calibrating.calibrate_climber`. ``entry_rank``: to
    which the first volume's weights of a 3D-VAE-GAN are factored in the end, see
    :func:`voxstudio.lab.calibrating.narrow_entry`. ``baseline``: the checkpoint that its figures stand beside, if that
    is there. One that does not ship is baked only when it is named.
    """

    name: str
    family: str
    title: str
    summary: str
    options: Mapping[str, Any]
    sources: Sequence[Mapping[str, Any]]
    seed: int = 0
    share: float = 1.0
    base: str = ""
    temperature: float = 1.0
    ascent: Mapping[str, float] = field(default_factory=dict)
    calibrate_on: int | None = None
    entry_rank: int = 0
    baseline: str = ""
    ships: bool = True
    notes: Sequence[str] = ()
    licence: str = "Apache-2.0"
    floors: Mapping[str, float] = field(default_factory=dict)

    def recipe(self) -> Recipe:
        """The whole recipe."""
        return family(self.family).recipe_class()().changed(**self.options)


def recipes_folder() -> Path:
    """Where the recipes lie."""
    return shipped("resources") / "recipes"


def all_bakes(folder: Path | None = None) -> dict[str, Bake]:
    """Every recipe by name: the alphabet's order, but each after its base. BadInput names a file that is none."""
    found: dict[str, Bake] = {}
    for path in sorted((folder or recipes_folder()).glob("*.json")):
        try:
            found[path.stem] = Bake(path.stem, **json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadInput(f"{path} is not a recipe of a checkpoint ({error}): mend it.") from error
    lost = [one for one in found.values() if one.base and one.base not in found]
    if lost:
        raise BadInput(f"The recipe {lost[0].name} starts from {lost[0].base}, of which there is no recipe: mend it.")
    return {name: found[name] for name in TopologicalSorter(_before(found)).static_order()}


def _before(bakes: Mapping[str, Bake]) -> dict[str, list[str]]:
    return {name: [one.base] if one.base else [] for name, one in bakes.items()}


def chosen_bakes(names: Sequence[str], folder: Path | None = None) -> list[Bake]:
    """The recipes of these names, or all; BadInput lists what there is."""
    known = all_bakes(folder)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadInput(f"There is no recipe {unknown[0]!r}; choose from {', '.join(known)}.")
    return [bake for name, bake in known.items() if name in names or (bake.ships and not names)]


def open_sources(bake: Bake, data: Path | None, store: Path) -> list[tuple[Shapes, float]]:
    """The shapes that a recipe names; real ones are prepared once, in ``store``. BadInput says what is missing."""
    from voxstudio.data.parametric_store import ParametricStore
    from voxstudio.data.prepare import store_of_grids
    from voxstudio.data.readers import read_collection

    opened: list[tuple[Shapes, float]] = []
    resolution = int(getattr(bake.recipe(), "resolution", 32))
    for number, source in enumerate(bake.sources):
        weight = float(source["weight"])
        if "parametric" in source:
            opened.append((ParametricStore(tuple(source["parametric"]), resolution, int(source["count"])), weight))
            continue
        folder = store / f"{bake.name}-{number}"
        if not (folder / "store.json").exists():
            path = None if data is None else data / source["data"]
            if path is None or not path.exists():
                raise BadInput(f"{bake.name} learns from {source['data']}: name the folder that holds it with --data.")
            fine = bool(source.get("refine"))  # grids of half the resolution, their steps rounded off
            read = partial(read_collection, path, classes=tuple(source["classes"]))
            splits = ("train",) if source.get("train_only") else ("train", "test")
            parts = [read(split, resolution=resolution // 2 if fine else resolution) for split in splits]
            learnt, *kept = (_refined(part) if fine else part for part in parts)
            store_of_grids(folder, learnt, kept[0] if kept else None)
        opened.append((open_store(folder), weight))
    return opened


def _refined(part: Collection) -> Collection:
    grids = np.stack([refined(part.occupancy(index)) for index in range(len(part))])
    return Collection.of(grids, part.names, part.labels, part.class_names, part.title, part.terms)


def bake(
    names: Sequence[str],
    work: Path,
    into: Path,
    *,
    data: Path | None = None,
    minutes: float = float("inf"),
    device: str = "auto",
    listener: Listener | None = None,
    say: Callable[[str], None] = lambda _: None,
    folder: Path | None = None,
    objects: int = 84,
) -> list[dict[str, Any]]:
    """Train the named recipes (all, if none is named) one after the other and put what is done into ``into``.

    ``work`` keeps the unfinished runs: the same call goes on where the last one stopped. Each gets its share of
    the time that is left. Returns one row for each: name, steps, done, metrics.
    """
    end, rows = time.monotonic() + 60 * minutes, []
    todo = chosen_bakes(names, folder)
    for place, one in enumerate(todo):
        left = max(end - time.monotonic(), 0.0)
        mine = left * one.share / sum(later.share for later in todo[place:])
        stop_at = time.monotonic() + mine
        steps = int(getattr(one.recipe(), "max_steps", 1000))
        say(f"Baking {one.name}: {steps} steps" + (f", {mine / 60:.1f} minutes at most." if mine < 1e9 else "."))
        out = work / one.name

        def order(stop_at: float = stop_at) -> int:
            return STOP if time.monotonic() > stop_at else GO

        stores = open_sources(one, data, work / "shapes")
        train(
            one.family, out, one.recipe(), seed=one.seed, resume=True, stores=stores, device=device,
            title=one.title, summary=one.summary, listener=listener, order=order, base=_base(one, work, into),
        )  # fmt: skip
        done = int(read_card(out).training["steps"])
        row: dict[str, Any] = {"name": one.name, "steps": done, "of": steps, "done": done >= steps}
        if row["done"]:
            row["metrics"] = finish(one, out, into, stores, data, device, objects)
            say(f"{one.name} is done: it stands in {into / one.name}.")
        else:
            say(f"{one.name} reached step {done} of {steps}; the same command goes on from there.")
        rows.append(row)
    return rows


def _base(one: Bake, work: Path, into: Path) -> Path | None:
    """What a recipe starts from: the run that is baked beside it, else what ships."""
    if not one.base:
        return None
    for folder in (work, into):
        if (folder / one.base / CARD).exists():
            return folder / one.base
    raise BadInput(f"{one.name} starts from {one.base}, which is neither in {work} nor in {into}: bake that first.")


def finish(
    one: Bake, out: Path, into: Path, stores: Sequence[tuple[Shapes, float]], data: Path | None, device: str,
    objects: int = 84,
) -> dict[str, Any]:  # fmt: skip
    """Calibrate and measure a finished run, and copy it to what ships. Returns its metrics."""
    from voxstudio.lab.calibrating import calibrate_climber, calibrate_generator, narrow_entry
    from voxstudio.lab.embedding import EACH, READY, make_ready, ready_file
    from voxstudio.lab.evaluate import USUAL, calibrated, measured

    into.mkdir(parents=True, exist_ok=True)
    draft = out.parent / f".{one.name}-finished"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for name in (WEIGHTS, CARD, RECIPE):
        shutil.copy2(out / name, draft / name)
    card = replace(read_card(draft), name=one.name, notes=tuple(one.notes), licence=one.licence)
    if one.baseline:
        card = replace(card, training={**card.training, "baseline": one.baseline})
    write_card(draft, card)
    can = family(one.family).capabilities
    if one.entry_rank:
        narrow_entry(draft, one.entry_rank)
    if "reconstruct" in can:
        store = stores[one.calibrate_on][0] if one.calibrate_on is not None else None
        calibrated(draft, getattr(store, "folder", None), device)
    elif "generate" in can:
        calibrate_generator(draft, stores, device, one.temperature)
    elif "synthesize" in can and one.options.get("objective") != "plain":
        calibrate_climber(draft, stores, device, one.ascent)
    metrics = measured(draft, data, device, objects=objects)["metrics"]
    if "embed" in can:
        make_ready(draft, device, objects if objects < USUAL else EACH)
    target = into / one.name
    target.mkdir(exist_ok=True)
    for path in sorted(draft.iterdir(), key=lambda path: path.name == CARD):  # the card tells of all others: it is last
        path.replace(ready_file(target) if path.name == READY else target / path.name)
    shutil.rmtree(draft)
    return dict(metrics)


def check(folder: Path, recipes: Path | None = None) -> list[str]:
    """What is out of date in ``folder``, one sentence each: other recipes, missed metrics, missing or large files."""
    told, total = [], 0
    for name, one in all_bakes(recipes).items():
        if not one.ships:
            continue
        place = folder / name
        try:
            card = read_card(place)
        except BadCheckpoint:
            told.append(f"{name} is missing: bake it.")
            continue
        size = sum(path.stat().st_size for path in place.iterdir() if path.is_file())
        total += size
        if size > LARGEST + (64 << 10):
            told.append(f"{name} takes {size / 2**20:.1f} MiB; at most 8 are allowed.")
        if card.recipe_digest != one.recipe().digest():
            told.append(f"{name} was baked from another recipe: bake it again.")
        told += _missed(card, one.floors)
    if total > LARGEST_SUM:
        told.append(f"The checkpoints take {total / 2**20:.1f} MiB together; at most 48 are allowed.")
    return told


def _missed(card: Card, floors: Mapping[str, float]) -> list[str]:
    told = []
    for path, least in floors.items():
        value: Any = card.metrics
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if not isinstance(value, int | float) or value < least:
            found = "nothing" if value is None else f"{value:.4g}"
            told.append(f"{card.name} misses {path}: {found} where at least {least:g} is wanted.")
    return told
