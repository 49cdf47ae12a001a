"""What was measured, as a table for people: figures in columns, with notes; and as JSON, CSV or PNG."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.engine.checkpoint import write_atomically
from voxstudio.lab.three_columns import MISSING, Row, ThreeColumns, cells_of, draw

HEADS = ("figure", "paper", "ours", "real data")
NAMES: Mapping[str, str] = {
    "accuracy": "accuracy", "accuracy_no_repeats": "accuracy without repeats", "svm_modelnet10": "linear SVM",
    "svm_modelnet10_new": "linear SVM without repeats", "map_modelnet10": "retrieval mAP",
    "inception": "Inception score", "fid": "Fréchet distance", "class_probability": "class probability",
    "matching_distance": "distance to nearest sample", "coverage": "coverage",
    "adversarial_error": "error when attacked", "correction_rate": "corrected of the other's errors",
    "adversarial_error_other": "error of the other when attacked", "correction_rate_other": "corrected by the other",
    "largest_component": "in the largest part", "empty_or_full": "empty or full", "diversity": "diversity",
    "diversity_ratio": "diversity, of training's", "ap": "average precision", "mse": "mean squared error x 1,000",
    "distance": "distance x 1,000", "iou_inverted": "IoU after inversion", "best_code_r": "best code, r",
    "best_code_within": "best code, in a sweep", "nmi_class": "class NMI", "mig": "MIG", "samples": "samples",
    "iou_1": "IoU, one view", "iou_5": "IoU, five views", "ssim3d_1": "SSIM3D, one view",
    "ssim3d_5": "SSIM3D, five views", "recon_1": "squared difference, one view",
    "recon_5": "squared difference, five views",
}  # fmt: skip
HIDDEN = ("measured", "controls", "precision_at_recall", "svm", "value_names", "factors", "epsilon", "inception_parts")
"""Not figures, or too many of them; the document has them."""


@dataclass(frozen=True)
class Measured:
    """``heads`` and ``rows`` of words; ``table`` for what has the three columns; ``document`` is all of it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    document: Mapping[str, Any]
    table: ThreeColumns | None = None
    tips: tuple[str, ...] = ()


def measured(title: str, document: Mapping[str, Any], text: str) -> Measured:
    """What ``voxstudio evaluate --json`` printed (and its text) for people."""
    if "metrics" in document:
        table = ThreeColumns(title, "figure", tuple(rows_of(document["metrics"])), 3, notes_of(document["metrics"]))
        return _of_three(table, document)
    if "columns" in document:
        rows = [Row(r["row"], r["paper"], r["ours"], r["real"], r["checkpoint"]) for r in document["rows"]]
        digits = int(document.get("digits", 3))
        return _of_three(ThreeColumns(document["title"], document["unit"], rows, digits, document["notes"]), document)
    heads, cells = cells_of(text)
    return Measured(title, tuple(heads), tuple(map(tuple, cells)), (), document)


def _of_three(table: ThreeColumns, document: Mapping[str, Any]) -> Measured:
    cells = table.cells()
    return Measured(
        table.title, (table.unit, *HEADS[1:]), tuple(tuple(row[:4]) for row in cells), tuple(table.notes), document,
        table, tuple(f"measured with {row[4]}" if row[4] else "" for row in cells),
    )  # fmt: skip


def rows_of(metrics: Mapping[str, Any], prefix: str = "") -> list[Row]:
    """Every number of a card's metrics; one that ends in ``_real`` stands beside the one without."""
    rows = []
    for key, value in metrics.items():
        name = f"{prefix}{NAMES.get(key, key.replace('_', ' '))}"
        if key in HIDDEN or (key.endswith("_real") and key.removesuffix("_real") in metrics):
            continue
        beside = metrics.get(f"{key}_real")
        if isinstance(value, Mapping):
            inner = dict(value)
            if isinstance(beside, Mapping):
                inner |= {f"{part}_real": number for part, number in beside.items()}
            rows += rows_of(inner, f"{name}, ")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            real = float(beside) if isinstance(beside, int | float) else None
            rows.append(Row(name, None, float(value), real))
    return rows


def notes_of(metrics: Mapping[str, Any]) -> tuple[str, ...]:
    """On what the figures were measured, in sentences."""
    told = metrics.get("measured", {})
    if not isinstance(told, Mapping):
        return ()
    notes = []
    if "modelnet10_test" in told:
        notes.append(
            f"ModelNet10: {told['modelnet10_train']:,} training and {told['modelnet10_test']:,} test objects, "
            f"{told.get('repeated', 0)} of them repeats."
        )
    if told.get("reference_sha256"):
        notes.append(f"Scores through the reference network {told['reference_sha256'][:16]}.")
    if "fid" in told:
        notes.append(f"{str(told['fid'])[0].upper()}{str(told['fid'])[1:]}.")
    if told.get("missing"):
        notes.append(str(told["missing"]))
    return tuple(notes)


def as_csv(result: Measured) -> str:
    """Comma-separated values; figures in full where they are numbers."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if result.table is None:
        writer.writerow(result.heads)
        writer.writerows(result.rows)
        return buffer.getvalue()
    writer.writerow((*result.heads, "measured with"))
    for row in result.table.rows:
        figures = ("" if v is None or math.isnan(v) else v for v in (row.paper, row.ours, row.real))
        writer.writerow((row.name, *figures, row.ours_is))
    return buffer.getvalue()


def _json(result: Measured, path: Path) -> None:
    write_atomically(path, (json.dumps(dict(result.document), indent=2, ensure_ascii=False) + "\n").encode())


def _csv(result: Measured, path: Path) -> None:
    write_atomically(path, as_csv(result).encode())


def _png(result: Measured, path: Path) -> None:
    table = result.table
    if table is None:
        rows = [Row(cells[0], None, _number(cells[1:]), None) for cells in result.rows]
        table = ThreeColumns(result.title, result.heads[1] if len(result.heads) > 1 else "", rows)
    draw(table, path)


def _number(cells: tuple[str, ...]) -> float | None:
    """The first figure of a line."""
    for cell in cells:
        try:
            return float(cell)
        except ValueError:
            if cell == MISSING:
                return None
    return None


SAVERS: Mapping[str, Callable[[Measured, Path], None]] = {".json": _json, ".csv": _csv, ".png": _png}


def save(result: Measured, path: Path) -> Path:
    """Write it; the suffix decides. BadInput for another suffix, CannotWrite if the disk refuses."""
    if path.suffix.lower() not in SAVERS:
        raise BadInput(f"{path.name}: choose a name that ends in {', '.join(SAVERS)}.")
    SAVERS[path.suffix.lower()](result, path)
    return path
