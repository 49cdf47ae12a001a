"""Tables of three columns: what the paper prints, what ours reaches, and what real data scores by the same measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxstudio.lab.paper_tables import Drawn

COLUMNS = ("paper", "ours", "real data")
MISSING = "-"


@dataclass(frozen=True)
class Row:
    """One line; None where there is no figure. ``ours_is`` names the checkpoint."""

    name: str
    paper: float | None = None
    ours: float | None = None
    real: float | None = None
    ours_is: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"row": self.name, "paper": self.paper, "ours": self.ours, "real": self.real, "checkpoint": self.ours_is}


@dataclass(frozen=True)
class ThreeColumns:
    """A table with its title, what is measured (``unit``), sentences that belong to it, and on what it was measured.

    ``digits`` behind the point; of figures from 10 on two less.
    """

    title: str
    unit: str
    rows: Sequence[Row]
    digits: int = 3
    notes: Sequence[str] = ()
    measured: dict[str, Any] = field(default_factory=dict)

    def cells(self) -> list[list[str]]:
        """Every row as words."""
        return [[row.name, *(self._word(v) for v in (row.paper, row.ours, row.real)), row.ours_is] for row in self.rows]

    def _word(self, value: float | None) -> str:
        if value is None or math.isnan(value):
            return MISSING
        return f"{value:.{self.digits if abs(value) < 10 else max(self.digits - 2, 1)}f}"

    def text(self) -> str:
        """Markdown, with the notes below."""
        heads = [self.unit, *COLUMNS, "measured with"]
        lines = [self.title, "", "| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
        lines += ["| " + " | ".join(cells) + " |" for cells in self.cells()]
        return "\n".join([*lines, "", *self.notes])

    def drawn(self, picture: Path | None = None) -> Drawn:
        """As :mod:`voxstudio.lab.paper_tables` wants it; draws ``picture`` if there is to be one."""
        if picture is not None:
            draw(self, picture)
        document = {
            "title": self.title, "unit": self.unit, "columns": list(COLUMNS),
            "rows": [row.to_json() for row in self.rows], "notes": list(self.notes), "measured": self.measured,
            "digits": self.digits,
        }  # fmt: skip
        return Drawn(document, self.text())


def draw(table: ThreeColumns, path: Path) -> Path:
    """Bars of all rows as PNG; CannotWrite if the disk refuses. The same bytes twice."""
    import io

    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from voxstudio.engine.checkpoint import write_atomically

    count = len(table.rows)
    figure = Figure(figsize=(7.2, 1.4 + 0.42 * count), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = np.arange(count)
    for k, (name, colour) in enumerate(zip(COLUMNS, ("#9aa0a6", "#3d6fd9", "#d98b3d"), strict=True)):
        values = [(row.paper, row.ours, row.real)[k] for row in table.rows]
        widths = [0.0 if value is None or math.isnan(value) else value for value in values]
        axes.barh(places + 0.27 * (k - 1), widths, 0.25, label=name, color=colour)
    axes.set_yticks(places, [row.name for row in table.rows])
    axes.invert_yaxis()
    axes.set(xlabel=table.unit)
    figure.suptitle(table.title, fontsize=10)
    axes.grid(axis="x", alpha=0.25)
    axes.legend(frameon=False, loc="best")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomically(path, buffer.getvalue())
    return path


def cells_of(text: str) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the first Markdown table in a text; two empty lists if it has none."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            break
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return (rows[0], rows[2:]) if len(rows) > 1 else ([], [])
