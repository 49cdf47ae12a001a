"""The README's tables of shipped checkpoints, written from their cards: ``python -m voxstudio.lab.tables``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.paths import shipped
from voxstudio.engine.checkpoint import Entry, catalogue, write_atomically

BEGIN, END = "<!-- checkpoints:begin -->", "<!-- checkpoints:end -->"
GENERATORS_BEGIN, GENERATORS_END = "<!-- generators:begin -->", "<!-- generators:end -->"
ENCODERS_BEGIN, ENCODERS_END = "<!-- encoders:begin -->", "<!-- encoders:end -->"
CLASSIFIERS_BEGIN, CLASSIFIERS_END = "<!-- classifiers:begin -->", "<!-- classifiers:end -->"
COLUMNS = (("IoU, 1 view", "iou_1"), ("IoU, 5 views", "iou_5"), ("SSIM3D, 5 views", "ssim3d_5"))


GENERATOR_COLUMNS = (
    ("in largest part", "largest_component", 3), ("empty", "empty_or_full", 3),
    ("diversity / training's", "diversity_ratio", 2), ("inverted: IoU", "iou_inverted", 3), ("AP", "ap", 3),
    ("MSE", "mse", 1), ("distance", "distance", 1), ("best code, r", "best_code_r", 2),
    ("in a sweep", "best_code_within", 2), ("class NMI", "nmi_class", 2),
    ("SVM", "svm_modelnet10", 4), ("mAP", "map_modelnet10", 4),
)  # fmt: skip
"""Heads, keys of the card's metrics, decimals."""


ENCODER_COLUMNS = (
    ("photo finds its shape, first", "recall1_image_to_shape"), ("among five", "recall5_image_to_shape"),
    ("shape its photo, first", "recall1_shape_to_image"), ("among five", "recall5_shape_to_image"),
    ("gap", "modality_gap"), ("silhouette", "silhouette"),
)  # fmt: skip


CLASSIFIER_COLUMNS = (
    ("accuracy", "accuracy", 4), ("without repeats", "accuracy_no_repeats", 4), ("SVM", "svm_modelnet10", 4),
    ("mAP", "map_modelnet10", 4), ("attacked: FGSM", "adversarial_error.fgsm", 4),
    ("5 steps", "adversarial_error.iterative-5", 4), ("10 steps", "adversarial_error.iterative-10", 4),
    ("FID, chairs", "fid.chair", 1), ("P(chair)", "class_probability.chair", 3), ("Inception", "inception", 2),
)  # fmt: skip
"""Heads, paths of the card's metrics, decimals."""


def checkpoint_table(entries: tuple[Entry, ...]) -> str:
    """A Markdown table: one row for each checkpoint, way of joining views and kind of test objects."""
    heads = ["checkpoint", "grid", "views joined by", "measured on", *(name for name, _ in COLUMNS), "order spread"]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for entry in entries:
        if entry.card is not None:
            lines += [f"| {' | '.join(row)} |" for row in _rows(entry.card)]
    return "\n".join(lines)


def _rows(card: Card) -> list[list[str]]:
    measured = card.metrics.get("measured", {})
    kinds = (
        ("", f"{measured.get('parametric_objects', 0)} parametric objects of unseen structure"),
        ("_real", f"{measured.get('real_objects', 0)} real test objects"),
    )
    rows = []
    for suffix, words in kinds:
        for fusion in ("mean", "max", "lstm"):
            values: dict[str, Any] = card.metrics.get(fusion, {})
            if f"iou_1{suffix}" in values:
                figures = [f"{values[key + suffix]:.3f}" for _, key in COLUMNS]
                spread = values.get(f"order_spread{suffix}")
                last = "0" if spread is None else f"{spread:.3f}"
                rows.append([f"`{card.name}`", f"{card.resolution}^3", fusion, words, *figures, last])
    return rows


def generator_table(entries: tuple[Entry, ...]) -> str:
    """A Markdown table: one row for each generator that has no encoder of pictures."""
    heads = ["checkpoint", "family", *(head for head, _, _ in GENERATOR_COLUMNS)]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for entry in entries:
        card = entry.card
        if card is None or "diversity" not in card.metrics:
            continue
        found = [(card.metrics.get(key), digits) for _, key, digits in GENERATOR_COLUMNS]
        cells = [f"{value:.{digits}f}" if isinstance(value, int | float) else "-" for value, digits in found]
        lines.append(f"| `{card.name}` | {card.family} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def encoder_table(entries: tuple[Entry, ...]) -> str:
    """A Markdown table: each encoder of shapes and pictures on parametric objects and on real ones."""
    heads = ["checkpoint", "measured on", *(head for head, _ in ENCODER_COLUMNS)]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for entry in entries:
        metrics: dict[str, Any] = dict(entry.card.metrics) if entry.card is not None else {}
        for suffix in ("", "_real"):
            if entry.card is not None and f"modality_gap{suffix}" in metrics:
                cells = [f"{metrics.get(key + suffix, float('nan')):.3f}" for _, key in ENCODER_COLUMNS]
                what = metrics.get("measured", {}).get(f"objects{suffix}", "")
                lines.append(f"| `{entry.card.name}` | {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def classifier_table(entries: tuple[Entry, ...]) -> str:
    """A Markdown table: each network that classifies ModelNet10, or climbs to its shapes."""
    heads = ["checkpoint", *(head for head, _, _ in CLASSIFIER_COLUMNS)]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for entry in entries:
        if entry.card is None or not {"accuracy", "fid"} & set(entry.card.metrics):
            continue
        cells = []
        for _, path, digits in CLASSIFIER_COLUMNS:
            value: Any = entry.card.metrics
            for part in path.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            cells.append(f"{value:.{digits}f}" if isinstance(value, int | float) else "-")
        lines.append(f"| `{entry.card.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_table(readme: Path) -> bool:
    """Put the tables between the marks of ``readme``; True if the file changed. BadInput if a mark is missing."""
    text, entries = readme.read_text(encoding="utf-8"), catalogue([shipped("checkpoints")])
    new = _between(readme, text, BEGIN, END, checkpoint_table(entries))
    new = _between(readme, new, GENERATORS_BEGIN, GENERATORS_END, generator_table(entries))
    new = _between(readme, new, CLASSIFIERS_BEGIN, CLASSIFIERS_END, classifier_table(entries))
    new = _between(readme, new, ENCODERS_BEGIN, ENCODERS_END, encoder_table(entries))
    if new != text:
        write_atomically(readme, new.encode())
    return new != text


def _between(readme: Path, text: str, begin: str, end: str, table: str) -> str:
    if begin not in text or end not in text:
        raise BadInput(f"{readme} lacks the marks {begin} and {end}: put them where the table belongs.")
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    return f"{before}{begin}\n{table}\n{end}{after}"


if __name__ == "__main__":
    changed = write_table(Path(sys.argv[1]) if len(sys.argv) > 1 else shipped("resources").parent / "README.md")
    print("The tables were written anew." if changed else "The tables were up to date.")
