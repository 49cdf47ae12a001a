"""Train a family from prepared or parametric shapes: what ``voxstudio train`` and the trainer thread call."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe
from voxstudio.data.shape_store import Shapes, open_store
from voxstudio.engine.checkpoint import save_checkpoint
from voxstudio.engine.training import LoopOptions, TrainingReport, load_state, run
from voxstudio.families import family


def find_stores(data: Path | None, recipe: Any, cache: Path) -> list[tuple[Shapes, float]]:
    """Open the prepared stores in ``data`` (or ``data`` itself), or prepare what it holds; None: parametric shapes.

    Raises BadInput that says what was looked for.
    """
    from voxstudio.data.parametric_store import ParametricStore
    from voxstudio.data.prepare import store_of_grids

    classes = tuple(recipe.classes)
    if data is None:
        from voxstudio.data.parametric import CLASSES

        unknown = sorted(set(classes) - set(CLASSES))
        if unknown:
            raise BadInput(
                f"There are no parametric shapes of {', '.join(unknown)}; "
                f"choose from {', '.join(CLASSES)} or name --data."
            )
        return [(ParametricStore(classes, recipe.resolution), 1.0)]
    if not data.exists():
        raise BadInput(f"The data folder {data} does not exist.")
    prepared = [data] if (data / "store.json").exists() else sorted(p.parent for p in data.glob("*/store.json"))
    if prepared:
        stores = [open_store(folder) for folder in prepared]
        return [(store, float(len(store.indices("train")))) for store in stores]
    from voxstudio.data.readers import read_collection

    train = read_collection(data, split="train", classes=classes, resolution=recipe.resolution)
    return [(store_of_grids(cache / f"prepared-{data.name}", train, None), 1.0)]


def batch_source(
    stores: Sequence[tuple[Shapes, float]], recipe: Any, seed: int, workers: int
) -> Callable[[int], Iterator[Any]]:
    """How a trainer opens its batches at a step."""
    from voxstudio.data.view_batches import Augmentation, ViewBatches, iterate
    from voxstudio.data.views import ViewStyle

    augmentation = Augmentation(
        recipe.mirror,
        recipe.stretch,
        recipe.model_rotation_deg,
        recipe.model_shift_voxels,
        recipe.image_rotation_deg,
        recipe.image_shift,
    )
    batches = ViewBatches(
        stores,
        recipe.classes,
        batch_size=recipe.batch_size,
        image_size=recipe.image_size,
        resolution=recipe.resolution,
        seed=seed,
        view_counts=recipe.view_counts,
        fusions=recipe.fusions,
        augmentation=augmentation,
        style=ViewStyle(recipe.keep_background),
        pool=recipe.view_pool,
    )
    return lambda start: iterate(batches, start, workers)


def make_recipe(key: str, preset: str = "compact", **changes: Any) -> Recipe:
    """The recipe of a family: its defaults, then a preset, then single options. BadInput names what is wrong."""
    record = family(key)
    if preset not in record.presets:
        raise BadInput(f"{record.title} has no preset {preset!r}; choose from {', '.join(record.presets)}.")
    return record.recipe_class()().changed(**{**record.presets[preset], **changes})


def train(
    key: str,
    out: Path,
    recipe: Recipe,
    *,
    data: Path | None = None,
    max_steps: int | None = None,
    seed: int = 0,
    resume: bool = False,
    device: str = "auto",
    stores: Sequence[tuple[Shapes, float]] | None = None,
    max_seconds: float = float("inf"),
    save_every: float = 120.0,
    export_every: float = 900.0,
    workers: int | None = None,
    report: Callable[[TrainingReport], None] = lambda _: None,
    preview: Callable[[Any], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    preview_every_steps: int = 0,
    title: str = "",
    summary: str = "",
) -> Path:
    """Train until ``max_steps`` of this call's recipe; ``out`` then holds weights, card, recipe and resume state.

    With ``resume``, continues from ``out`` if it holds a state and starts afresh if not. Raises BadInput,
    BadCheckpoint, CannotWrite or TrainingFailed, each with its sentence.
    """
    import os

    from voxstudio.engine.device import pick_device

    record = family(key)
    state = load_state(out) if resume else None
    if state is not None and (out / "recipe.json").exists():
        kept = json.loads((out / "recipe.json").read_text(encoding="utf-8"))
        if type(recipe).from_json(kept).digest() != recipe.digest():
            raise BadInput(
                f"{out} was trained with another recipe: resume it with the same options, or train into another folder."
            )
    steps = int(max_steps if max_steps is not None else getattr(recipe, "max_steps", 1000))
    with tempfile.TemporaryDirectory(prefix="voxstudio-shapes-") as cache:
        opened = list(stores) if stores is not None else find_stores(data, recipe, Path(cache))
        used = workers if workers is not None else (1 if (os.cpu_count() or 1) > 1 and steps > 20 else 0)
        trainer = record.load("trainer")(recipe, batch_source(opened, recipe, seed, used), pick_device(device), seed)
        first = 0
        if state is not None:
            trainer.restore(state["trainer"])
            first = int(state["step"])

        def export(step: int) -> None:
            tensors, network = trainer.export()
            save_checkpoint(
                out, tensors, _card(record, out, recipe, network, opened, step, seed, title, summary), recipe.to_json()
            )

        options = LoopOptions(steps, save_every, export_every, preview_every_steps, max_seconds)
        run(
            trainer,
            out,
            options,
            export=export,
            report=report,
            preview=preview,
            should_stop=should_stop,
            first_step=first,
        )
    return out


def _card(
    record: Any,
    out: Path,
    recipe: Any,
    network: Mapping[str, Any],
    stores: Sequence[tuple[Shapes, float]],
    step: int,
    seed: int,
    title: str,
    summary: str,
) -> Card:
    sources = [
        {
            "title": s.title,
            "terms": s.terms,
            "objects": len(s.indices("train")),
            "resolution": s.resolution,
            "weight": round(w, 4),
        }
        for s, w in stores
    ]
    training = {"steps": step, "seed": seed, "objects_seen": step * recipe.batch_size}
    return Card(
        name=out.name,
        family=record.key,
        title=title or out.name,
        summary=summary or record.summary,
        resolution=recipe.resolution,
        iso_level=0.4,
        classes=tuple(recipe.classes),
        network=dict(network),
        data={"sources": sources},
        training=training,
        recipe_digest=recipe.digest(),
        citation=record.citation,
    )
