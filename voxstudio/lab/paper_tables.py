"""Tables of the papers, printed again: what each needs, and who makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.engine.places import cache_folder


@dataclass(frozen=True)
class Drawn:
    """A table that was made: ``document`` for JSON, ``text`` in Markdown."""

    document: Mapping[str, Any]
    text: str


@dataclass(frozen=True)
class PaperTable:
    """``make`` is ``"module:function"``; it is called with data, work, picture, device, say, and returns Drawn."""

    name: str
    title: str
    needs: str
    make: str
    needs_data: bool = True


TABLES = {
    table.name: table
    for table in (
        PaperTable(
            "enhancer-layers",
            "Features of the enhancer GAN by bridged layer: linear SVM and retrieval on ModelNet10, at 32^3",
            "--data with both 30^3 files of ModelNet10; trains four networks, half an hour on two cores",
            "voxstudio.lab.feature_layers:make_table",
        ),
        PaperTable(
            "infogan-ablation",
            "3DInfoGAN with and without soft labels and shape-limit loss, on parametric chairs at 32^3",
            "no data; trains four networks, about an hour on two cores",
            "voxstudio.lab.label_ablation:make_table",
            needs_data=False,
        ),
    )
}


def make_table(
    name: str,
    data: Path | None,
    work: Path | None = None,
    picture: Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
) -> Drawn:
    """Make a table by name. ``work`` keeps what was trained for it (default: the cache). BadInput lists the names."""
    if name not in TABLES:
        raise BadInput(f"There is no table {name!r}; choose from {', '.join(TABLES)}, or list.")
    table = TABLES[name]
    if data is None and table.needs_data:
        raise BadInput(f"The table {name} needs {table.needs}.")
    module, function = table.make.split(":")
    place = work if work is not None else cache_folder("tables") / name
    drawn: Drawn = getattr(import_module(module), function)(data, place, picture, device, say)
    return drawn


def list_of_tables() -> Drawn:
    """Every table: its name, what it shows and what it needs."""
    document = {table.name: {"title": table.title, "needs": table.needs} for table in TABLES.values()}
    return Drawn(document, "\n".join(f"{t.name}: {t.title}.\n    needs {t.needs}" for t in TABLES.values()))
