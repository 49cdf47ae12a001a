"""How generators are measured: samples, inversion to held-out shapes, codes, classes, and the critic's features.

Each function returns the figures that ``voxstudio evaluate --json`` prints under the same keys;
:func:`evaluate_generator`, the protocol of every family of generators, puts together those that model and data allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.collection import Collection
from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.inversion import invert_many
from voxstudio.engine.latent_space import draws, has_features, occupancies
from voxstudio.evaluation.code_effect import code_effect
from voxstudio.evaluation.code_labels import CHECK_SHAPES, FIND_SHAPES, label_codes
from voxstudio.evaluation.code_scores import SeenCodes, class_agreement, factor_agreement, seen_codes
from voxstudio.evaluation.factors import FactorReader
from voxstudio.evaluation.linear_svm import linear_svm
from voxstudio.evaluation.retrieval import Retrieval, draw_curves, draw_figures, in_figures, retrieval
from voxstudio.evaluation.sample_quality import sample_quality
from voxstudio.evaluation.voxel_prediction import voxel_prediction

Grids = npt.NDArray[np.bool_]
Figures = dict[str, Any]

SAMPLES = 64
SAMPLE_SEED = 1_000_000
COMPARED = 200
"""Training shapes whose diversity samples are compared with."""
INVERTED = 24
BUDGET = 96
"""Held-out shapes, and decoded shapes for each of them: the same for every generator."""
AT_ONCE = 32
FEATURE_KEYS = ("svm_modelnet10", "svm_modelnet10_new", "map_modelnet10", "precision_at_recall")


@dataclass(frozen=True, eq=False)
class GeneratorData:
    """What there is to measure with; whatever is None is not measured.

    ``training``: shapes that were learned from. ``held_out``: others, for inversion. ``train`` and ``test``: the two
    parts of ModelNet10, at the model's resolution, for features; ``repeated`` marks test objects that are bit-identical
    to a training one. ``reader``: of true factors. ``baseline``: the same network without the enhancer.
    ``labelled``: test shapes of several classes, which categorical codes are compared with.
    """

    training: Collection | None = None
    held_out: Collection | None = None
    train: Collection | None = None
    test: Collection | None = None
    repeated: npt.NDArray[np.bool_] | None = None
    reader: FactorReader | None = None
    baseline: Any = None
    words: dict[str, Any] = field(default_factory=dict)
    labelled: Collection | None = None


def evaluate_generator(model: LatentSpace, data: GeneratorData, progress: Progress = quiet) -> Figures:
    """Everything that can be measured with ``data``, and on what (``measured``)."""
    found: Figures = {}

    def part(first: float, last: float) -> Progress:
        return lambda fraction, words: progress(first + (last - first) * fraction, words)

    found |= measure_samples(model, data.training, progress=part(0.0, 0.1))
    if data.held_out is not None:
        found |= measure_inversion(model, data.held_out, progress=part(0.1, 0.4))
    if any(not spec.is_noise for spec in model.layout):
        found |= measure_codes(model, data.reader, progress=part(0.4, 0.6))
    if data.labelled is not None:
        found |= measure_classes(model, data.labelled, progress=part(0.6, 0.65))
    if data.train is not None and data.test is not None and _is_about(model, data.train):
        compared = data.baseline is not None and has_features(data.baseline)
        half = 0.82 if compared else 1.0
        found |= measure_features(model, data.train, data.test, data.repeated, progress=part(0.65, half))[0]
        if compared:
            other = measure_features(data.baseline, data.train, data.test, data.repeated, progress=part(half, 1.0))[0]
            found |= {f"{key}_no_enhancer": other[key] for key in FEATURE_KEYS}
    found["measured"] = {**found.get("measured", {}), **data.words, "iso_level": model.card.iso_level}
    return found


def _is_about(model: Any, shapes: Collection) -> bool:
    """True for a model that learned from all these classes and has features for them."""
    return has_features(model) and len(shapes.class_names) >= 10


def grids_of(shapes: Collection, count: int | None = None) -> Grids:
    """Occupancies bool ``[N, R, R, R]``, ``count`` of them spread evenly."""
    chosen = np.arange(len(shapes)) if count is None else np.unique(np.linspace(0, len(shapes) - 1, count).astype(int))
    return np.stack([shapes.occupancy(int(k)) for k in chosen])


def measure_samples(
    model: LatentSpace, training: Collection | None = None, count: int = SAMPLES, progress: Progress = quiet
) -> Figures:
    """``largest_component``, ``empty_or_full``, ``diversity`` and ``diversity_ratio`` of drawn shapes."""
    seeds = range(SAMPLE_SEED, SAMPLE_SEED + count)
    made = occupancies(model, draws(model, seeds), None, progress, "Making samples")
    compared = grids_of(training, min(COMPARED, len(training))) if training is not None and len(training) > 1 else None
    found = sample_quality(made, compared)
    figures: Figures = {
        "largest_component": round(found.largest_component, 4), "empty_or_full": round(found.empty_or_full, 4),
        "diversity": round(found.diversity, 4),
    }  # fmt: skip
    if compared is not None:
        figures["diversity_ratio"] = round(found.diversity_ratio, 4)
    return {**figures, "samples": found.samples}


def measure_inversion(
    model: LatentSpace, held_out: Collection, count: int = INVERTED, budget: int = BUDGET, progress: Progress = quiet
) -> Figures:
    """``ap``, ``mse``, ``distance`` (times 1,000) and ``iou_inverted`` of the nearest shapes to held-out ones.

    3DInfoGAN's protocol, after inversion with the same budget for every generator: see
    :mod:`voxstudio.engine.inversion`.
    """
    truths = grids_of(held_out, min(count, len(held_out)))
    found = invert_many(model, truths, None, budget, 0, progress)
    fields = np.stack([one.field for one in found])
    scores = voxel_prediction(fields, truths, model.card.iso_level)
    return {
        "ap": round(scores.ap, 4), "mse": round(scores.mse, 3), "distance": round(scores.distance, 3),
        "iou_inverted": round(scores.iou, 4), "inversion_budget": budget, "inverted": scores.objects,
    }  # fmt: skip


def measure_codes(
    model: LatentSpace,
    reader: FactorReader | None = None,
    find: int = FIND_SHAPES,
    check: int = CHECK_SHAPES,
    progress: Progress = quiet,
) -> Figures:
    """``best_code_r``, ``best_code_within`` (each shape's own mean taken away) and ``controls`` from sweeps;
    ``mig`` and ``dci`` against true factors, where they are known."""
    labels = label_codes(model, None, reader, find, check, lambda f, w: progress(0.7 * f, w))
    # Of noise nothing is said: it has many entries, and none is meant to mean anything.
    noise = {name for spec in model.layout if spec.is_noise for name in spec.handles}
    document = labels.to_json()
    document["labels"] = [row for row in document["labels"] if row["handle"] not in noise]
    best = max((abs(one.r) for one in labels.labels if one.title and not one.is_choice and one.handle not in noise),
               default=0.0)  # fmt: skip
    faithful = max((abs(one.within) for one in labels.labels if one.title and not one.is_choice
                    and one.handle not in noise), default=0.0)  # fmt: skip
    figures: Figures = {
        "best_code_r": round(best, 4), "best_code_within": round(faithful, 4), "controls": {"": document},
    }  # fmt: skip
    figures["code_effect"] = dict(code_effect(model))
    agreement = factor_agreement(model, reader, progress=lambda f, w: progress(0.7 + 0.3 * f, w)) if reader else None
    if agreement is not None:
        figures["mig"] = round(agreement.gap.mig, 4)
        figures["dci"] = {
            "disentanglement": round(agreement.dci.disentanglement, 4),
            "completeness": round(agreement.dci.completeness, 4),
            "informativeness": round(agreement.dci.informativeness, 4),
        }
        figures["factors"] = {
            name: {"code": code, "gap": round(value, 4)}
            for name, code, value in zip(agreement.factors, agreement.best, agreement.gap.gaps, strict=True)
        }
    return figures


def measure_classes(model: LatentSpace, shapes: Collection, progress: Progress = quiet) -> Figures:
    """``nmi_class`` of the choice that agrees best with the classes of real shapes, and ``value_names`` of its values.

    Empty for models without choices, or that cannot read shapes.
    """
    if not any(spec.values for spec in model.layout) or len(set(shapes.labels.tolist())) < 2:
        return {}
    rows = []
    for start in range(0, len(shapes), AT_ONCE):
        progress(start / len(shapes), "Reading the classes of known shapes")
        seen = seen_codes(
            model, np.stack([shapes.occupancy(k) for k in range(start, min(start + AT_ONCE, len(shapes)))])
        )
        if seen is None:
            return {}
        rows.append(seen)
    whole = SeenCodes(
        np.concatenate([one.codes for one in rows]), rows[0].handles, rows[0].is_choice, rows[0].sizes
    )  # fmt: skip
    found = class_agreement(whole, shapes.labels, shapes.class_names)
    if found is None:
        return {}
    return {"nmi_class": round(found.nmi, 4), "value_names": {found.handle: list(found.values)}}


def measure_features(
    model: Any,
    train: Collection,
    test: Collection,
    repeated: npt.NDArray[np.bool_] | None = None,
    progress: Progress = quiet,
) -> tuple[Figures, Retrieval]:
    """``svm_modelnet10`` (``svm_modelnet10_new``: without repeats) and ``map_modelnet10`` of the critic's features."""
    taught = all_features(model, train, lambda f, w: progress(0.45 * f, w))
    asked = all_features(model, test, lambda f, w: progress(0.45 + 0.1 * f, w))
    svm = linear_svm(
        taught, train.labels, asked, test.labels, repeated, progress=lambda f, w: progress(0.55 + 0.4 * f, w)
    )
    progress(0.97, "Retrieving")
    found = retrieval(asked, test.labels)
    figures = {
        "svm_modelnet10": round(svm.accuracy, 4), "svm_modelnet10_new": round(svm.accuracy_new, 4),
        "map_modelnet10": round(found.map, 4), "precision_at_recall": in_figures(found),
        "svm": {"c": svm.c, "features": svm.scaling, "validation": round(svm.validation_accuracy, 4),
                "width": svm.width, "train": svm.train_objects, "test": svm.test_objects},
    }  # fmt: skip
    return figures, found


def all_features(model: Any, shapes: Collection, progress: Progress = quiet) -> npt.NDArray[np.float32]:
    """The critic's features of all shapes, float32 ``[N, F]``: 0.9 GB at 3,991 x 57,344."""
    result: npt.NDArray[np.float32] | None = None
    for start in range(0, len(shapes), AT_ONCE):
        progress(start / len(shapes), f"Features of {len(shapes):,} shapes")
        stop = min(start + AT_ONCE, len(shapes))
        part = model.features(np.stack([shapes.occupancy(k) for k in range(start, stop)]).astype(np.float32))
        if result is None:
            result = np.empty((len(shapes), part.shape[1]), np.float32)
        result[start:stop] = part
    assert result is not None
    return result


def feature_curves(
    models: dict[str, Any], train: Collection, test: Collection, repeated: npt.NDArray[np.bool_] | None,
    picture: Path | None = None, progress: Progress = quiet,
) -> dict[str, Figures]:  # fmt: skip
    """The paper's table: figures of several networks (layers 1, 2, 3 and none), and their curves as a picture."""
    rows, curves = {}, {}
    for k, (name, model) in enumerate(models.items()):

        def told(fraction: float, words: str, k: int = k, name: str = name) -> None:
            progress((k + fraction) / len(models), f"{name}: {words}")

        rows[name], curves[name] = measure_features(model, train, test, repeated, told)
    if picture is not None:
        draw_curves(curves, picture)
    return rows


def draw_retrieval(figures: Mapping[str, Any], path: Path) -> Path | None:
    """Draw the precision-recall curves that a card or ``evaluate`` holds; None if it holds none."""
    curves = {
        name: (float(figures[f"map_modelnet10{tail}"]), figures[f"precision_at_recall{tail}"])
        for name, tail in (("its features", ""), ("without the enhancer", "_no_enhancer"))
        if f"precision_at_recall{tail}" in figures
    }
    return draw_figures(curves, path) if curves else None
