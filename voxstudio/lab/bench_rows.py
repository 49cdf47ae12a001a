"""One row of ``voxstudio bench``, and how two pieces of work are timed side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One measurement.

    ``ratio`` is value / baseline. ``target`` says in words what should hold, such as ``"ratio <= 1.2"``;
    ``holds`` is None where the device it needs is absent or where there is no target.
    """

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    holds: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return vars(self).copy()


def row(name: str, value: float | None, unit: str, baseline: float | None = None, target: str = "") -> Row:
    """A row whose ratio and verdict are worked out; ``target`` is ``"ratio|value <=|>= number"`` or empty."""
    ratio = None if value is None or not baseline else value / baseline
    holds = None
    if target:
        what, sign, limit = target.split()
        measured = ratio if what == "ratio" else value
        if measured is not None:
            holds = measured <= float(limit) if sign == "<=" else measured >= float(limit)
    return Row(name, _short(value), unit, _short(baseline), _short(ratio), target, holds)


def _short(value: float | None) -> float | None:
    """Four significant digits: more would be noise."""
    return None if value is None else float(f"{value:.4g}")


def side_by_side(
    work: Callable[[], Any], baseline: Callable[[], Any], seconds: float = 2.0, least: int = 7
) -> tuple[float, float]:
    """Median milliseconds of both, measured turn by turn for about ``seconds``, after one warm-up each."""
    work(), baseline()
    spent: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(spent[0]) < least:
        for times, call in zip(spent, (work, baseline), strict=True):
            started = time.perf_counter()
            call()
            times.append((time.perf_counter() - started) * 1000.0)
    return statistics.median(spent[0]), statistics.median(spent[1])
