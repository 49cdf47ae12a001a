"""Train a family from prepared or parametric shapes: what ``voxstudio train`` and the trainer thread call."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe
from voxstudio.data.shape_store import Shapes
from voxstudio.engine.checkpoint import (
    CARD,
    RECIPE,
    load_tensors,
    read_card,
    save_checkpoint,
    write_atomically,
    write_card,
)
from voxstudio.engine.chronicle import Chronicle
from voxstudio.engine.place import Place
from voxstudio.engine.training import GO, Best, Listener, Loop, LoopOptions, alone_in, best_of, load_state
from voxstudio.evaluation.metrics import diversity
from voxstudio.families import family
from voxstudio.lab.card_words import trained_in_words
from voxstudio.lab.learning_data import HELD_OUT_SHARE, find_stores

HELD_OUT_SEED = 77
"""Seed of the views that held-out objects are measured by."""
OWN_LICENCE = "yours to choose, within the terms of the data it learned from"


def batch_source(
    stores: Sequence[tuple[Shapes, float]], recipe: Any, seed: int, workers: int, part: tuple[int, int] = (0, 1)
) -> Callable[[int], Iterator[Any]]:
    """How a trainer opens its batches at a step; ``part`` ``(r, n)``: the rows of process r of n."""
    from voxstudio.data.picture_batches import PictureBatches
    from voxstudio.data.view_batches import Augmentation, ViewBatches, iterate
    from voxstudio.data.views import ViewStyle
    from voxstudio.data.voxel_batches import VoxelBatches

    names = (spec.name for spec in dataclasses.fields(Augmentation))
    augmentation = Augmentation(**{name: getattr(recipe, name) for name in names if hasattr(recipe, name)})
    if hasattr(recipe, "views_each"):
        from voxstudio.data.pair_batches import pair_batches

        pairs = pair_batches(stores, recipe, seed, augmentation, part=part)
        return lambda start: iterate(pairs, start, workers)
    if not hasattr(recipe, "view_counts"):
        plain: dict[str, Any] = {
            "batch_size": recipe.batch_size, "resolution": recipe.resolution, "seed": seed,
            "augmentation": augmentation, "pool": recipe.shape_pool, "part": part,
        }  # fmt: skip
        if getattr(recipe, "viewpoints", 0):
            plain |= {"image_size": recipe.image_size, "viewpoints": recipe.viewpoints}
            pictures = PictureBatches(stores, recipe.classes, **plain)
            return lambda start: iterate(pictures, start, workers)
        voxels = VoxelBatches(stores, recipe.classes, **plain)
        return lambda start: iterate(voxels, start, workers)
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
        part=part,
    )
    return lambda start: iterate(batches, start, workers)


def held_out_batches(stores: Sequence[tuple[Shapes, float]], recipe: Any, limit: int = 24) -> list[Any]:
    """Three fixed views of each held-out object, as :func:`voxstudio.lab.comparing.compare` sees them; [] if none."""
    from voxstudio.data.grids import resized
    from voxstudio.data.view_batches import ViewBatch, ViewBatches
    from voxstudio.data.voxel_batches import VoxelBatch
    from voxstudio.data.weighted_stores import class_places

    if hasattr(recipe, "views_each"):
        from voxstudio.data.pair_batches import held_out_pairs

        return list(held_out_pairs(stores, recipe, HELD_OUT_SEED, 8 * limit))
    found: list[Any] = []
    for store, _ in stores:
        chosen = store.indices("validation")[: limit - sum(len(batch.labels) for batch in found)]
        if not len(chosen):
            continue
        if not hasattr(recipe, "view_counts"):
            places = class_places(store.class_names, recipe.classes)
            for index in map(int, chosen):
                occupancy = resized(store.occupancy(index), recipe.resolution)
                label = np.array([places[store.label(index)]], np.int64)
                found.append(VoxelBatch(occupancy[None], label))
            continue
        maker = ViewBatches(
            [(store, 1.0)], recipe.classes, batch_size=1, image_size=recipe.image_size, resolution=recipe.resolution,
            seed=HELD_OUT_SEED, split="validation",
        )  # fmt: skip
        for start in range(0, len(chosen), 8):
            part = [int(index) for index in chosen[start : start + 8]]
            views = np.stack([maker.views_of(index, 3) for index in part])
            voxels = np.stack([resized(store.occupancy(index), recipe.resolution) for index in part])
            labels = np.array([maker.label_maps[0][store.label(index)] for index in part], np.int64)
            found.append(ViewBatch(views, voxels, labels, "mean"))
    return found


def make_recipe(key: str, preset: str = "compact", **changes: Any) -> Recipe:
    """The recipe of a family: its defaults, then a preset, then single options. BadInput names what is wrong."""
    record = family(key)
    if preset not in record.presets:
        raise BadInput(f"{record.title} has no preset {preset!r}; choose from {', '.join(record.presets)}.")
    return record.recipe_class()().changed(**{**record.presets[preset], **changes})


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out; none of it changes what is learnt, except ``measure_every`` with ``patience``.

    Times in seconds. workers: processes that make batches, None decides by the cores. measure_every: steps
    between measurements on the held-out part (0: none); the checkpoint then holds the best weights. up: the axis
    that stands upright in a folder of meshes (None: as the tree's kind has it, else z).
    """

    device: str = "auto"
    max_seconds: float = float("inf")
    save_every: float = 120.0
    export_every: float = 900.0
    preview_every: float = float("inf")
    workers: int | None = None
    measure_every: int = 0
    patience: int = 6
    up: str | None = None


def train(
    key: str,
    out: Path,
    recipe: Recipe,
    *,
    data: Path | None = None,
    max_steps: int | None = None,
    seed: int = 0,
    resume: bool = False,
    base: Path | None = None,
    stores: Sequence[tuple[Shapes, float]] | None = None,
    listener: Listener | None = None,
    order: Callable[[], int] = lambda: GO,
    title: str = "",
    summary: str = "",
    run: RunOptions | None = None,
    **options: Any,
) -> Path:
    """Train until ``max_steps`` of this call's recipe; ``out`` then holds weights, card, recipe and resume state.

    With ``resume``, continues from ``out`` if it holds a state and starts afresh if not. ``base`` is a checkpoint
    whose weights a fresh run starts from; it is only read. One of another family lends what
    has the same name and shape. ``options`` are those of :class:`RunOptions`. Raises
    BadInput, BadCheckpoint, CannotWrite or TrainingFailed, each with its sentence.
    """
    settings = replace(run or RunOptions(), **options)
    if base is not None and base.resolve() == out.resolve():
        raise BadInput(f"{out} is the checkpoint to start from and is never written to: train into another folder.")
    if data is not None and data.is_dir() and out.resolve().is_relative_to(data.resolve()):
        raise BadInput(f"{out} lies in the folder of the shapes: train into a folder beside it.")
    if not resume and any((out / name).exists() for name in (CARD, "resume/state.pt")):
        raise BadInput(f"{out} holds a checkpoint already: go on with --resume, or train into another folder.")
    place = Place(settings.device, getattr(recipe, "precision", "float32"))
    with alone_in(out) if place.rank == 0 else contextlib.nullcontext():
        state = load_state(out) if resume else None
        if state is not None and (out / RECIPE).exists():
            kept = json.loads((out / RECIPE).read_text(encoding="utf-8"))
            if type(recipe).from_json(kept).digest() != recipe.digest():
                raise BadInput(
                    f"{out} was trained with another recipe: resume it with the same options, "
                    "or train into another folder."
                )
        steps = int(max_steps if max_steps is not None else getattr(recipe, "max_steps", 1000))
        if place.rank > 0:
            place.wait()  # the first process prepares the shapes for all
        opened = list(stores) if stores is not None else find_stores(
            data, recipe, out / "resume", HELD_OUT_SHARE if base is not None else 0.0,
            listener.notice if listener is not None else lambda _: None, place.rank == 0, settings.up,
        )  # fmt: skip
        if place.rank == 0:
            place.wait()
        work = _Run(family(key), out, recipe, opened, place, seed, settings, title, summary, base)
        work.begin(state, steps)
        loop = work.loop(state, steps, listener or Listener(), order)
        try:
            loop.run()
        finally:
            work.close()
        compared = base is not None and place.rank == 0 and "reconstruct" in work.record.capabilities
        if compared and base is not None and listener is not None:
            from voxstudio.lab.comparing import compare

            pairs = compare(base, out, opened, HELD_OUT_SEED)
            work.tell_comparison(pairs)
            listener.compared(pairs)
        place.wait()
    return out


@dataclass
class _Run:
    """One run's trainer and what it writes."""

    record: Any
    out: Path
    recipe: Any
    stores: Sequence[tuple[Shapes, float]]
    place: Place
    seed: int
    settings: RunOptions
    title: str
    summary: str
    base: Path | None

    chronicle: Chronicle | None = None
    borrowed: float = 1.0
    best: Best = field(default_factory=Best)

    def close(self) -> None:
        """Close what the run writes as it goes."""
        if self.chronicle is not None:
            self.chronicle.close()

    def tell_comparison(self, pairs: Sequence[Any]) -> None:
        """Write the mean IoU before and after into the card."""
        if pairs:
            before, after = (float(np.mean([getattr(p, n) for p in pairs])) for n in ("before_score", "after_score"))
            card = read_card(self.out)
            told = {"objects": len(pairs), "iou_before": round(before, 4), "iou_after": round(after, 4)}
            write_card(self.out, replace(card, metrics={**card.metrics, "fine_tuning": told}))

    def begin(self, state: dict[str, Any] | None, steps: int) -> None:
        """Build the trainer, and restore it or start it from the base."""
        workers = self.settings.workers
        if workers is None:
            workers = 1 if (os.cpu_count() or 1) > 1 and steps > 20 else 0
        part = (self.place.rank, self.place.world)
        source = batch_source(self.stores, self.recipe, self.seed, workers, part)
        self.trainer = self.record.load("trainer")(self.recipe, source, self.place, self.seed)
        if state is not None:
            self.trainer.restore(state["trainer"])
        elif self.base is not None:
            card = read_card(self.base)
            tensors = load_tensors(self.base, card)
            if card.family == self.record.key:
                self.trainer.start_from(tensors)
            else:
                self._borrow(card, tensors)
        if self.place.rank == 0:
            write_atomically(self.out / RECIPE, (json.dumps(self.recipe.to_json(), indent=1) + "\n").encode())

    def _borrow(self, card: Card, tensors: Mapping[str, Any]) -> None:
        """Start from a checkpoint of another family that has parts in common."""
        from voxstudio.engine.borrowing import LEAST_SHARE, borrow

        game = getattr(self.trainer, "game", None)
        self.borrowed = borrow(game, tensors) if game is not None else 0.0
        if self.borrowed < LEAST_SHARE:
            raise BadInput(
                f"{self.base} is a checkpoint of {card.family}, whose weights fit too little of this "
                f"{self.record.key}: choose another one, or its widths and resolution."
            )

    def export(self, step: int) -> None:
        """Write weights, card and recipe."""
        tensors, network = self.trainer.export()
        save_checkpoint(self.out, tensors, self._card(network, step), self.recipe.to_json())

    def _card(self, network: Mapping[str, Any], step: int) -> Card:
        base = read_card(self.base).name if self.base is not None else ""
        card = _card(
            self.record, self.out, self.recipe, network, self.stores, step, self.seed, self.title, self.summary, base
        )
        if self.best.curve:
            value = {held_out_key(self.record.held_out): round(self.best.value, 4)}
            measured = {**value, "held_out_step": self.best.step}
            card = replace(card, training={**card.training, **measured})
        if self.base is None:
            return card
        before = read_card(self.base)
        told = {"name": before.name, "sha256": before.sha256, "steps": before.training.get("steps", 0)}
        same = before.family == self.record.key
        if not same:
            told["family"] = before.family
        return replace(
            card,
            iso_level=before.iso_level if same else card.iso_level,
            licence=f"{card.licence}; {before.name} is {before.licence}",
            training={**card.training, "base": told},
            data={"sources": [*card.data["sources"], *before.data.get("sources", ())]},
        )

    def loop(self, state: dict[str, Any] | None, steps: int, listener: Listener, order: Callable[[], int]) -> Loop:
        """The loop over the trainer, with everything it is told to do."""
        s, place, trainer = self.settings, self.place, self.trainer
        self.best = best_of(state)
        first, writes = int(state["step"]) if state is not None else 0, place.rank == 0
        measure = None
        if s.measure_every:
            held_out = held_out_batches(self.stores, self.recipe)
            measure = partial(trainer.validate, held_out) if held_out else None
        self.chronicle = Chronicle(self.out, first) if writes else None
        told = replace(listener, report=partial(_report, listener, self.chronicle)) if writes else Listener()

        def asked() -> int:
            return place.agree(order() if writes else GO)

        watch = partial(_diversity, trainer) if writes and hasattr(trainer, "samples") else None
        options = LoopOptions(
            steps, s.save_every, s.export_every, 0, s.preview_every, s.max_seconds, s.measure_every, s.patience
        )
        return Loop(
            trainer, self.out, options, export=self.export, listener=told, order=asked,
            measure=measure, watch=watch, first_step=first, best=self.best, writes=writes,
        )  # fmt: skip


def held_out_key(what: str) -> str:
    """``"IoU"`` becomes ``"held_out_iou"``, ``"recall@1"`` ``"held_out_recall1"``."""
    return f"held_out_{what.lower().replace('@', '')}"


def _report(listener: Listener, chronicle: Chronicle | None, report: Any) -> None:
    if chronicle is not None:
        chronicle.add(report.step, report.values, force=report.step == report.max_steps)
    listener.report(report)


def _diversity(trainer: Any) -> float:
    samples = trainer.samples()
    return float(diversity(samples > 0.5)) if len(samples) > 1 else 1.0


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
    base: str = "",
) -> Card:
    sources = [
        {
            "title": s.title,
            "terms": s.terms,
            "objects": len(s.indices("train")),
            "classes": list(s.class_names),
            "resolution": s.resolution,
            "weight": round(w, 4),
        }
        for s, w in stores
    ]
    seen = step * recipe.batch_size * getattr(recipe, "accumulate", 1)
    training = {"steps": step, "seed": seed, "objects_seen": seen}
    return Card(
        name=out.name,
        family=record.key,
        title=title or out.name,
        summary=summary or trained_in_words(sources, step, base),
        resolution=recipe.resolution,
        iso_level=float(network.get("iso_level", 0.4)),
        classes=tuple(recipe.classes),
        network=dict(network),
        data={"sources": sources},
        training=training,
        recipe_digest=recipe.digest(),
        licence=OWN_LICENCE,
        citation=record.citation,
    )
