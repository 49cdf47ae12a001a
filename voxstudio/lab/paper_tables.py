"""Tables of the papers, printed again: what each needs, and who makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.core.paths import data_folder
from voxstudio.engine.family import Progress, quiet
from voxstudio.engine.places import cache_folder


@dataclass(frozen=True)
class Drawn:
    """A table that was made: ``document`` for JSON, ``text`` in Markdown."""

    document: Mapping[str, Any]
    text: str


@dataclass(frozen=True)
class PaperTable:
    """``make`` is ``"module:function"``; it is called with :class:`Wanted` and returns Drawn.

    ``long`` tells that it takes more than a moment; ``keeps`` names the cache of what was done so far.
    """

    name: str
    title: str
    needs: str
    make: str
    needs_data: bool = True
    long: bool = True
    keeps: str = ""


@dataclass(frozen=True)
class Wanted:
    """How a table is to be made.

    data: the folder of real shapes, if there is one. work: keeps what was done so far. picture: draw it there too.
    say: called with sentences; progress: with a fraction and words, and raises Cancelled to stop.
    """

    data: Path | None
    work: Path
    picture: Path | None = None
    device: str = "auto"
    say: Callable[[str], None] = print
    progress: Progress = quiet


def _winn(name: str, title: str, time: str) -> PaperTable:
    needs = f"--data with both 30^3 files of ModelNet10, and the checkpoints that 3DWINN ships with; {time}"
    module = "voxstudio.lab.winn_tables"
    return PaperTable(f"winn-{name}", f"3DWINN: {title}", needs, f"{module}:{name}", keeps="evaluations")


def _of_cards(name: str, title: str) -> PaperTable:
    module = "voxstudio.lab.card_tables"
    words = "nothing but the shipped cards"
    return PaperTable(f"{name.replace('_', '-')}-cards", title, words, f"{module}:{name}", False, False)


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
            "no data; trains four networks, twenty minutes on two cores",
            "voxstudio.lab.label_ablation:make_table",
            needs_data=False,
        ),
        PaperTable(
            "triplet-losses",
            "Losses of the cross-domain encoder side by side, the paper's plain triplets first: recall and gap",
            "no data; trains five small encoders, some ten minutes on two cores",
            "voxstudio.lab.triplet_tables:losses_table",
            needs_data=False,
        ),
        PaperTable(
            "triplet-architectures",
            "Learning curves of the cross-domain paper's four architectures on parametric cars (Figure 4)",
            "no data; trains four small encoders, some ten minutes on two cores",
            "voxstudio.lab.triplet_tables:architectures_table",
            needs_data=False,
        ),
        PaperTable(
            "triplet-silhouette",
            "300 pictures of 10 unseen objects as the shipped encoder maps them (Figure 5 of the cross-domain paper)",
            "no data (with --data also ten real chairs); a minute",
            "voxstudio.lab.triplet_tables:silhouette_table",
            needs_data=False,
        ),
        _winn("inception", "Inception scores (table 2)", "makes 1,400 shapes, an hour or two on two cores"),
        _winn("fid", "Fréchet distances by class (table 3)", "makes 500 shapes, half an hour on two cores"),
        _winn("probability", "Class probabilities (table 4)", "of the same shapes as winn-fid"),
        _winn("classification", "Accuracy and linear SVM (tables 5 and 6)", "some minutes"),
        _winn("adversarial", "Adversarial errors and correction rates (table 7)", "ten minutes on two cores"),
        _of_cards("infogan", "3DInfoGAN: predicting held-out chairs (tables 1 and 2)"),
        _of_cards("enhancer", "Enhancer GAN: SVM and retrieval of the shipped network (tables 1 and 2)"),
        _of_cards("vae_gan", "3D-VAE-GAN: chairs from one picture (2.6.5)"),
    )
}


def make_table(
    name: str,
    data: Path | None,
    work: Path | None = None,
    picture: Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
    progress: Progress = quiet,
) -> Drawn:
    """Make a table by name. ``work`` keeps what was done for it (default: the cache). BadInput lists the names."""
    if name not in TABLES:
        raise BadInput(f"There is no table {name!r}; choose from {', '.join(TABLES)}, or list.")
    table = TABLES[name]
    if data is None and table.needs_data and data_folder() is None:
        raise BadInput(f"The table {name} needs {table.needs}.")
    module, function = table.make.split(":")
    place = work or (cache_folder(table.keeps) if table.keeps else cache_folder("tables") / name)
    wanted = Wanted(data or data_folder(), place, picture, device, say, progress)
    drawn: Drawn = getattr(import_module(module), function)(wanted)
    return drawn


def list_of_tables() -> Drawn:
    """Every table: its name, what it shows and what it needs."""
    document = {table.name: {"title": table.title, "needs": table.needs} for table in TABLES.values()}
    return Drawn(document, "\n".join(f"{t.name}: {t.title}.\n    needs {t.needs}" for t in TABLES.values()))
