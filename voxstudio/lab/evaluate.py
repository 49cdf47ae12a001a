"""Measure a checkpoint by its family's protocol, on parametric objects and on real test objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput
from voxstudio.data.mesh_folders import left_out_in_words
from voxstudio.engine.checkpoint import RECIPE, Entry, open_model, read_card, write_card
from voxstudio.engine.family import Progress, quiet
from voxstudio.families import family
from voxstudio.lab.opening import model_class

TEST_SEED = 20_000_000
VALIDATION_SEED = 10_000_000
USUAL = 84
"""Parametric objects that are measured on; fewer make a rehearsal."""


def parametric_subjects(classes: Sequence[str], resolution: int, count: int, held_out: bool) -> list[Any]:
    """``count`` parametric objects of each class, in no training part; held-out ones differ in structure."""
    from voxstudio.data.parametric import CLASSES, make
    from voxstudio.data.prepare import in_unit_cube
    from voxstudio.families.vae_gan3d.protocol import Subject

    first = TEST_SEED if held_out else VALIDATION_SEED
    shapes = [
        (name, make(name, first + k, held_out=held_out)) for k in range(count) for name in classes if name in CLASSES
    ]
    return [Subject(in_unit_cube(s.surface(56)), s.occupancy(resolution), name) for name, s in shapes]


def real_subjects(
    data: Path, classes: Sequence[str], resolution: int, split: str, limit: int = 0, any_class: bool = False,
    left_out: Callable[[str, str], None] | None = None,
) -> list[Any]:
    """Real objects of one split, meshed by the project from their own grids.

    A class counts where its grids are at least as fine as the model's and stand upright, facing the front: a
    truth made from coarser grids would be a guess. With ``any_class`` the objects of a folder of meshes that has
    none of these classes are taken for the first of them. ``left_out`` is told of meshes that cannot be used; without
    it the first one raises. Raises BadInput if no class of ``data`` qualifies.
    """
    from voxstudio.data.prepare import unit_surface
    from voxstudio.families.vae_gan3d.protocol import Subject

    subjects, told = [], []
    for name in classes:
        try:
            part = _real_part(data, name, resolution, split, left_out)
        except BadInput as error:
            told.append(str(error))
            continue
        chosen = range(len(part)) if not limit else np.linspace(0, len(part) - 1, min(limit, len(part))).astype(int)
        for index in chosen:
            occupancy = part.occupancy(int(index))
            subjects.append(Subject(unit_surface(occupancy), occupancy, part.class_of(int(index))))
    if not subjects and any_class and data.is_dir():
        from voxstudio.data.readers import known_files, read_collection

        if not known_files(data):
            part = read_collection(data, split=split, resolution=resolution, left_out=left_out)
            grids = [part.occupancy(index) for index in range(len(part))]
            subjects = [Subject(unit_surface(grid), grid, classes[0]) for grid in grids]
    if not subjects:
        raise BadInput(
            told[0] if len(told) == 1 else f"{data} holds no {split} object of {', '.join(classes)} at {resolution}^3."
        )
    return subjects


def _real_part(
    data: Path, name: str, resolution: int, split: str, left_out: Callable[[str, str], None] | None = None
) -> Collection:
    from voxstudio.data.readers import known_files, read_collection
    from voxstudio.data.shape_store import open_store

    if (data / "store.json").exists():
        part = open_store(data).collection(split)
        if name not in part.class_names:
            raise BadInput(f"{data} holds no {name}; it has {', '.join(part.class_names)}.")
        return part.subset(np.flatnonzero(part.labels == part.class_names.index(name)))
    shared = data.is_dir() and bool(known_files(data))
    size = None if shared else resolution
    part = read_collection(data, split=split, classes=(name,), resolution=size, left_out=left_out)
    if shared and (not part.title.startswith("modelnet") or part.resolution < resolution):
        raise BadInput(f"{data} holds no upright {name} at {resolution}^3.")
    return part


@dataclass(frozen=True)
class Asked:
    """How a checkpoint is to be measured: see :func:`evaluate`."""

    data: Path | None
    device: str
    progress: Progress
    objects: int
    noise: int
    notice: Callable[[str], None]
    samples: int
    work: Path | None


def evaluate(
    checkpoint: Entry | Path,
    data: Path | None = None,
    device: str = "auto",
    progress: Progress = quiet,
    objects: int = USUAL,
    noise: int = 32,
    notice: Callable[[str], None] = lambda _: None,
    samples: int = 0,
    work: Path | None = None,
) -> dict[str, Any]:
    """``{"checkpoint", "metrics"}``, by what the family can do (:data:`MEASURES`).

    Reconstructors: metrics by fusion, ``noise`` for objects from noise, and on what. ``objects`` parametric objects
    are shared out evenly among the classes. Without ``data`` only held-out parametric objects are measured; with it
    the same keys with ``_real`` join, and ``notice`` gets a sentence if some of its meshes cannot be used. Classifiers
    and networks that climb: what :mod:`voxstudio.evaluation.classifier_protocol` measures with ``samples`` made shapes
    for each class (0: the usual number); ``work`` keeps what is done so far. Generators: what
    :mod:`voxstudio.evaluation.generator_protocol` measures. Encoders of shapes and pictures: what
    :mod:`voxstudio.evaluation.cross_domain` measures, among 300 objects.
    """
    model = open_model(checkpoint, model_class, device)
    record = family(model.card.family)
    asked = Asked(data, device, progress, objects, noise, notice, samples, work)
    how = next(MEASURES[name] for name in MEASURES if name in record.capabilities)
    return {"checkpoint": model.card.name, "metrics": how(model, record.load("protocol"), asked)}


def _generator(model: Any, measure: Any, asked: Asked) -> dict[str, Any]:
    from voxstudio.lab.generator_data import generator_data

    told = asked.progress
    gathered = generator_data(model.card, asked.data, asked.device, lambda f, w: told(0.1 * f, w))
    metrics: dict[str, Any] = measure(model, gathered, lambda f, w: told(0.1 + 0.9 * f, w))
    return metrics


def _classifier(model: Any, measure: Any, asked: Asked) -> dict[str, Any]:
    from voxstudio.lab.classifier_data import classifier_data

    told = asked.progress
    gathered = classifier_data(
        model.card, asked.data, asked.device, lambda f, w: told(0.02 * f, w), asked.samples, asked.work
    )
    if "missing" in gathered.words:
        asked.notice(gathered.words["missing"])
    metrics: dict[str, Any] = measure(model, gathered, lambda f, w: told(0.02 + 0.98 * f, w))
    return metrics


def _reconstructor(model: Any, measure: Any, asked: Asked) -> dict[str, Any]:
    card, data, progress = model.card, asked.data, asked.progress
    each = max(1, asked.objects // max(len(card.classes), 1))
    held_out = parametric_subjects(card.classes, card.resolution, each, held_out=True)
    metrics: dict[str, Any] = measure(model, held_out, "", progress) if held_out else {}
    metrics["measured"] = {"parametric_objects": len(held_out), "iso_level": card.iso_level}
    if data is not None:
        alone = len(card.classes) == 1
        bad: dict[str, str] = {}
        real = real_subjects(data, card.classes, card.resolution, "test", any_class=alone, left_out=bad.__setitem__)
        if bad:
            asked.notice(left_out_in_words(list(bad.items()), f"{len(real) + len(bad):,} test objects of {data}"))
        for fusion, row in measure(model, real, "_real", progress).items():
            metrics.setdefault(fusion, {}).update(row)
        metrics["measured"]["real_objects"] = len(real)
    if asked.noise:
        from voxstudio.families.vae_gan3d.protocol import evaluate_noise

        metrics["noise"] = evaluate_noise(model, asked.noise)
    return metrics


def _embedder(model: Any, measure: Any, asked: Asked) -> dict[str, Any]:
    from voxstudio.lab.cross_domain_data import OBJECTS, cross_domain_data

    many, told = OBJECTS if asked.objects >= USUAL else asked.objects, asked.progress
    pairs = cross_domain_data(model.card, model.image_size, asked.data, many, lambda f, w: told(0.8 * f, w))
    metrics: dict[str, Any] = measure(model, pairs, lambda f, w: told(0.8 + 0.2 * f, w))
    return metrics


MEASURES: dict[str, Callable[[Any, Any, Asked], dict[str, Any]]] = {
    "reconstruct": _reconstructor, "classify": _classifier, "generate": _generator,
    "embed": _embedder,
}  # fmt: skip
"""How a family is measured, by the first of these that it can do."""


def calibrated(
    folder: Path, data: Path | None = None, device: str = "auto", progress: Progress = quiet, limit: int = 62
) -> tuple[float, float]:
    """Calibrate a fresh checkpoint on validation objects and write it back: its threshold is then 0.5.

    ``data`` names prepared shapes with a validation part; without it parametric objects are used. Returns the
    threshold and the scale that went into the last layer; the card's ``training`` tells them.
    """
    from voxstudio.engine.checkpoint import load_tensors, save_checkpoint
    from voxstudio.families.vae_gan3d.protocol import apply_calibration, calibrate

    card = read_card(folder)
    model = open_model(folder, model_class, device)
    if data is not None:
        subjects = real_subjects(data, card.classes, card.resolution, "validation", limit)
    else:
        subjects = parametric_subjects(card.classes, card.resolution, 6, held_out=False)
    level, scale = calibrate(model, subjects, progress)
    tensors = apply_calibration(load_tensors(folder, card), level, scale)
    told = {**card.training, "calibration": {"threshold": level, "logit_scale": scale, "objects": len(subjects)}}
    recipe = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
    save_checkpoint(folder, tensors, replace(card, iso_level=0.5, training=told), recipe)
    return level, scale


def measured(
    folder: Path, data: Path | None = None, device: str = "auto", progress: Progress = quiet, objects: int = USUAL
) -> dict[str, Any]:
    """Evaluate and write the metrics into the card."""
    result = evaluate(folder, data, device, progress, objects)
    write_card(folder, replace(read_card(folder), metrics=result["metrics"]))
    return result
