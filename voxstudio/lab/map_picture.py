"""A map as a picture with a legend (SVG, PNG, PDF) or as a table of its coordinates (CSV)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import DOMAINS, SHAPE, Embedded
from voxstudio.core.errors import BadInput
from voxstudio.evaluation.flat_map import METHODS

SUFFIXES = (".svg", ".png", ".pdf", ".csv")
CLASS, DOMAIN = "class", "domain"
COLOURINGS = (CLASS, DOMAIN)
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
MORE = ("#7a5195", "#8c8c8c", "#a05a2c", "#2f9e9e", "#b8b000")
"""Beyond seven classes colours alone do not tell them apart; the names on the map do."""


def palette(count: int) -> list[str]:
    """``count`` colours, told apart with every common colour blindness as far as there are such."""
    known = (*OKABE_ITO, *MORE)
    return [known[k % len(known)] for k in range(count)]


def write_map(
    path: Path, there: Embedded, places: npt.NDArray[np.float32], method: str, colour_by: str = CLASS,
    style: Mapping[str, Any] | None = None,
) -> Path:  # fmt: skip
    """Write a map in the format of the suffix; BadInput for another one, CannotWrite if the disk refuses.

    ``style`` are settings of matplotlib, for example a theme's.
    """
    from voxstudio.engine.checkpoint import write_atomically

    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(f"{path.name} does not end in a format for maps: use one of {', '.join(SUFFIXES)}.")
    if suffix == ".csv":
        write_atomically(path, table(there, places).encode())
    else:
        write_atomically(path, drawn(there, places, method, suffix[1:], colour_by, style))
    return path


def table(there: Embedded, places: npt.NDArray[np.float32] | None, chosen: Sequence[int] | None = None) -> str:
    """Coordinates as CSV: x, y, name, class, domain, and the source of each point."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["index", "x", "y", "name", "class", "domain", "kind", "place", "number", "view"])
    for i in chosen if chosen is not None else range(len(there)):
        source = there.sources[i]
        x, y = (f"{v:.6f}" for v in places[i].tolist()) if places is not None else ("", "")
        domain = DOMAINS[int(there.domains[i])]
        view = source.view if source.view >= 0 else ""
        writer.writerow(
            [i, x, y, there.names[i], there.class_of(i), domain, source.kind, source.place, source.index, view]
        )
    return buffer.getvalue()


def drawn(
    there: Embedded, places: npt.NDArray[np.float32], method: str, kind: str = "svg", colour_by: str = CLASS,
    style: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """The picture as bytes: shapes are discs, images diamonds; the same map gives the same bytes."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: Any = {**(style or {}), "svg.hashsalt": "voxstudio"}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(9.0, 7.2), dpi=160, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _scatter(axes, there, places, colour_by)
        axes.set(xticks=[], yticks=[], aspect="equal")
        shapes = int((there.domains == SHAPE).sum())
        told = [f"{n:,} {w}" for n, w in ((shapes, "shapes"), (len(there) - shapes, "images")) if n]
        axes.set_title(f"{there.title or 'Map'}: {' and '.join(told)}, {METHODS.get(method, method)}", loc="left")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, markerscale=1.8)
        for side in ("top", "right", "bottom", "left"):
            axes.spines[side].set_visible(False)
        buffer = io.BytesIO()
        metadata = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
        figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def _scatter(axes: Any, there: Embedded, places: npt.NDArray[np.float32], colour_by: str) -> None:
    size = float(np.clip(9000 / max(len(there), 1), 3.0, 26.0))
    both = len(np.unique(there.domains)) > 1
    groups = there.domains if colour_by == DOMAIN else there.labels
    words = DOMAINS if colour_by == DOMAIN else there.class_names
    colours = palette(len(words))
    for k, word in enumerate(words):
        named = False
        for domain, marker in enumerate(("o", "D")):
            chosen = (groups == k) & (there.domains == domain)
            if not chosen.any():
                continue
            label = word if not named else None
            named = True
            axes.scatter(
                *places[chosen].T, s=size if marker == "o" else 0.55 * size, marker=marker, c=colours[k], label=label,
                linewidths=0.25, edgecolors=axes.get_facecolor(), alpha=0.9,
            )  # fmt: skip
    if both and colour_by != DOMAIN:
        for domain, marker in enumerate(("o", "D")):
            axes.scatter([], [], marker=marker, c="#8c8c8c", label=f"{DOMAINS[domain]}s")
