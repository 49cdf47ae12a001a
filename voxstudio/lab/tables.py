"""The README's table of shipped checkpoints, written from their cards: ``python -m voxstudio.lab.tables``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.paths import shipped
from voxstudio.engine.checkpoint import Entry, catalogue, write_atomically

BEGIN, END = "<!-- checkpoints:begin -->", "<!-- checkpoints:end -->"
COLUMNS = (("IoU, 1 view", "iou_1"), ("IoU, 5 views", "iou_5"), ("SSIM3D, 5 views", "ssim3d_5"))


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


def write_table(readme: Path) -> bool:
    """Put the table between the marks of ``readme``; True if the file changed. BadInput if the marks are missing."""
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise BadInput(f"{readme} lacks the marks {BEGIN} and {END}: put them where the table belongs.")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    new = f"{before}{BEGIN}\n{checkpoint_table(catalogue([shipped('checkpoints')]))}\n{END}{after}"
    if new != text:
        write_atomically(readme, new.encode())
    return new != text


if __name__ == "__main__":
    changed = write_table(Path(sys.argv[1]) if len(sys.argv) > 1 else shipped("resources").parent / "README.md")
    print("The table was written anew." if changed else "The table was up to date.")
