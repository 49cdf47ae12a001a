"""3DWINN's Table 7 beside what the cards of the shipped checkpoints say of the same protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry

ATTACKED, OTHER = "winn-modelnet10", "baseline-modelnet10"


@dataclass(frozen=True)
class TableRow:
    """Shares of one attack: of the paper, and ours (None: not measured). ``who`` is ``"3DWINN"`` or ``"baseline"``."""

    attack: str
    what: str
    who: str
    paper: float
    ours: float | None


def table_seven(entries: Sequence[Entry]) -> tuple[TableRow, ...]:
    """Adversarial errors and correction rates of both networks."""
    from voxstudio.lab import paper_figures as paper

    card = next((entry.card for entry in entries if entry.name == ATTACKED and entry.card is not None), None)
    found: dict[str, Mapping[str, Any]] = {}
    if card is not None:
        for name in ("adversarial_error", "adversarial_error_other", "correction_rate", "correction_rate_other"):
            found[name] = _found(card.metrics, name)
    keys = {"3DWINN": "", "baseline": "_other"}
    rows = []
    for what, name, figures in (
        ("error", "adversarial_error", paper.ADVERSARIAL_ERROR),
        ("corrected", "correction_rate", paper.CORRECTION_RATE),
    ):
        for attack in paper.ATTACK_WORDS:
            for who in ("3DWINN", "baseline"):
                ours = found.get(name + keys[who], {}).get(attack)
                rows.append(TableRow(attack, what, who, figures[who][attack], ours if ours is None else float(ours)))
    return tuple(rows)


def _found(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The first mapping of that name, however deep."""
    for key, value in metrics.items():
        if key == name and isinstance(value, Mapping):
            return value
    for value in metrics.values():
        if isinstance(value, Mapping) and (inner := _found(value, name)):
            return inner
    return {}
