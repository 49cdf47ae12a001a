"""``voxstudio show CHECKPOINT``: all that a checkpoint's card says, for a person."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voxstudio.cli import Outcome
from voxstudio.core.card import Card


def show_command(arguments: Namespace) -> Outcome:
    """``voxstudio show NAME | FOLDER``."""
    from voxstudio.engine.places import checkpoint_folders, find_checkpoint

    entry = find_checkpoint(arguments.checkpoint, checkpoint_folders())
    assert entry.card is not None  # one without a card is refused
    document = {"folder": str(entry.folder), **entry.card.to_json()}
    return Outcome(document, "\n".join([f"{entry.card.title or entry.name}: {entry.card.summary}", *_rows(entry)]))


def _rows(entry: Any) -> Iterator[str]:
    """Pairs of a word and what there is to say; what there is nothing to say of is left away."""
    from voxstudio.lab.card_words import metrics_in_words, sources_in_words

    card, folder = entry.card, entry.folder
    for word, said in (
        ("name", [entry.name]),
        ("family", [_family(card)]),
        ("grid", [f"{card.resolution}^3, shape above {card.iso_level:.3g}"]),
        ("classes", [", ".join(card.classes)]),
        ("learned from", sources_in_words(card.data)),
        ("measured", metrics_in_words(card.metrics)),
        ("training", [_training(card)]),
        ("licence", [card.licence]),
        ("notes", list(card.notes)),
        ("cite", [card.citation]),
        ("weights", [_size(folder), f"sha256 {card.sha256}" if card.sha256 else ""]),
        ("folder", [str(folder)]),
    ):
        for number, line in enumerate(filter(None, said)):
            yield f"  {'' if number else word:<13} {line}"


def _family(card: Card) -> str:
    from voxstudio.families import families

    known = families().get(card.family)
    return f"{known.title} ({card.family})" if known is not None else card.family


def _training(card: Card) -> str:
    plain = {name: value for name, value in card.training.items() if isinstance(value, int | float | str)}
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" if isinstance(value, int) else
                     f"{name.replace('_', ' ')} {value}" for name, value in plain.items())  # fmt: skip


def _size(folder: Path) -> str:
    from voxstudio.engine.checkpoint import WEIGHTS

    try:
        return f"{(folder / WEIGHTS).stat().st_size / 2**20:.1f} MiB"
    except OSError:
        return ""
