"""How a 3D-VAE-GAN is measured (report, 2.5 to 2.6.11; SYSTEMS: IoU, SSIM3D, sums of squared differences)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.data.views import ViewStyle, draw_view
from voxstudio.engine.family import Progress, quiet
from voxstudio.evaluation.metrics import (
    best_threshold,
    diversity,
    iou,
    largest_component_share,
    squared_difference,
    ssim3d,
)

VIEWS = 5
SEED = 77_001
CLEAN = ViewStyle(keep_background=0.0, imperfect_mask=0.0)
"""Varied materials, lights and cameras, with the background removed exactly (a render with alpha)."""
ROUGH = ViewStyle(keep_background=0.3, imperfect_mask=1.0)
"""The same with kept backgrounds or faulty masks."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One object to be reconstructed: its mesh in the unit cube, its true voxels ``[R, R, R]``, its class."""

    surface: Surface
    truth: npt.NDArray[np.bool_]
    label: str


def views_of(subject: Subject, index: int, size: int, style: ViewStyle, count: int = VIEWS) -> npt.NDArray[np.uint8]:
    """The fixed test views of the ``index``-th subject, uint8 ``[count, size, size, 4]``."""
    rng = np.random.default_rng([SEED, index])
    return np.stack([draw_view(subject.surface, size, rng, style) for _ in range(count)])


SCALES = (0.7, 1.0, 1.5, 2.0, 3.0, 4.0)


def calibrate(model: Any, subjects: Sequence[Subject], progress: Progress = quiet) -> tuple[float, float]:
    """Threshold and logit scale, chosen on validation subjects with the first fusion, from one and five views.

    The threshold has the best mean IoU; then, with the logits shifted so that it becomes 0.5, the scale has the best
    mean SSIM3D. IoU does not depend on the scale.
    """
    fields: list[npt.NDArray[np.float32]] = []
    truths = []
    for i, subject in enumerate(subjects):
        progress(i / len(subjects), "choosing the threshold on validation objects")
        means = model.encode(views_of(subject, i, model.image_size, CLEAN))
        for part in (means[:1], means):
            fields.append(model.decode(model.fuse(part, model.fusions[0]), subject.label).values)
            truths.append(subject.truth)
    level = best_threshold(np.stack(fields), np.stack(truths))[0]
    scores = [
        np.mean(
            [
                ssim3d(shifted(f, level, scale), t.astype(np.float32))
                for f, t in zip(fields[1:48:2], truths[1:48:2], strict=True)
            ]
        )
        for scale in SCALES
    ]
    return level, SCALES[int(np.argmax(scores))]


def shifted(probability: npt.NDArray[np.float32], level: float, scale: float) -> npt.NDArray[np.float32]:
    """Probabilities whose logits are moved so that ``level`` becomes 0.5, and multiplied by ``scale``."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    logits = scale * (np.log(p / (1 - p)) - np.log(level / (1 - level)))
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def apply_calibration(tensors: dict[str, Any], level: float, scale: float) -> dict[str, Any]:
    """The same weights with the shift and the scale of :func:`calibrate` in the last layer."""
    bias = tensors["generator.last.bias"]
    return {
        **tensors,
        "generator.last.weight": tensors["generator.last.weight"] * scale,
        "generator.last.bias": scale * (bias - float(np.log(level / (1 - level)))),
    }


def evaluate(
    model: Any, subjects: Sequence[Subject], suffix: str = "", progress: Progress = quiet
) -> dict[str, dict[str, float]]:
    """Metrics by fusion; keys end in ``suffix`` (``"_real"`` for real test objects).

    ``_1`` averages over each of the five views alone, ``_5`` uses all five. ``iou`` is at the card's
    threshold, ``iou05`` at 0.5; ``recon`` is the sum of squared differences per object; ``iou_1_rough`` and
    ``iou_5_rough`` repeat the first with faulty masks and kept backgrounds. For the LSTM, ``order_spread`` is the
    mean over objects of the standard deviation of IoU over four orders of the views.
    """
    iso = model.card.iso_level
    rows: dict[str, dict[str, list[float]]] = {fusion: {} for fusion in model.fusions}
    for i, subject in enumerate(subjects):
        progress(i / len(subjects), f"measuring object {i + 1} of {len(subjects)}")
        for style, tail in ((CLEAN, ""), (ROUGH, "_rough")):
            means = model.encode(views_of(subject, i, model.image_size, style))
            singles = [
                model.decode(model.fuse(means[k : k + 1], model.fusions[0]), subject.label).values for k in range(VIEWS)
            ]
            for fusion in model.fusions:
                # One view alone is the same for mean and maximum; the LSTM has a word of its own.
                alone = (
                    singles
                    if fusion != "lstm"
                    else [
                        model.decode(model.fuse(means[k : k + 1], fusion), subject.label).values for k in range(VIEWS)
                    ]
                )
                joint = model.decode(model.fuse(means, fusion), subject.label).values
                for count, fields in ((1, alone), (VIEWS, [joint])):
                    _measure(rows[fusion], fields, subject.truth, count, iso, tail)
                if fusion == "lstm" and not tail:
                    orders = [np.random.default_rng([SEED, i, k]).permutation(VIEWS) for k in range(4)]
                    scores = [
                        iou(model.decode(model.fuse(means[o], fusion), subject.label).values >= iso, subject.truth)
                        for o in orders
                    ]
                    rows[fusion].setdefault("order_spread", []).append(float(np.std(scores)))
    return {f: {f"{k}{suffix}": round(float(np.mean(v)), 4) for k, v in row.items()} for f, row in rows.items()}


def _measure(
    row: dict[str, list[float]],
    fields: Sequence[npt.NDArray[np.float32]],
    truth: npt.NDArray[np.bool_],
    count: int,
    iso: float,
    tail: str,
) -> None:
    row.setdefault(f"iou_{count}{tail}", []).append(float(np.mean([iou(f >= iso, truth) for f in fields])))
    if tail:
        return
    row.setdefault(f"iou05_{count}", []).append(float(np.mean([iou(f >= 0.5, truth) for f in fields])))
    row.setdefault(f"recon_{count}", []).append(float(np.mean([squared_difference(f, truth) for f in fields])))
    row.setdefault(f"ssim3d_{count}", []).append(
        float(np.mean([ssim3d(f, truth.astype(np.float32)) for f in fields[:2]]))
    )


def evaluate_noise(model: Any, count: int = 32) -> dict[str, Any]:
    """Objects from noise, by class: diversity, share of the largest component, share of empty or full samples."""
    result: dict[str, Any] = {}
    for label in model.classes:
        fields = [model.decode(model.draw(seed, label), label) for seed in range(count)]
        grids = np.stack([field.occupancy for field in fields])
        share = grids.reshape(count, -1).mean(1)
        result[label] = {
            "diversity": round(diversity(grids), 4),
            "largest_component": round(float(np.median([largest_component_share(g) for g in grids])), 4),
            "empty_or_full": round(float(np.mean((share < 1e-4) | (share > 0.9))), 4),
            "samples": count,
        }
    return result
