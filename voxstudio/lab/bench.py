"""``voxstudio bench``: the program's speed, medians, each row against its baseline in the same run.

Machines differ and are shared, so a baseline is measured beside every value, turn by turn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.engine.family import Progress, quiet


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


def suites() -> dict[str, Callable[[], Sequence[Row]]]:
    """What can be measured: the first word of the rows' names, and what measures them."""
    from voxstudio.lab import bench_window, bench_work

    return {
        "window": bench_window.start_up,
        "drop": bench_window.drop,
        "slider": bench_window.slider,
        "network": bench_work.network,
        "mesh": bench_work.meshing,
        "export": bench_work.exporting,
    }


def run(names: Sequence[str] = (), progress: Progress = quiet) -> list[Row]:
    """Measure the rows whose names begin with one of ``names``; all by default.

    Raises BadInput for a name that no row begins with.
    """
    known = suites()
    for name in names:
        if name.split(".")[0] not in known:
            raise BadInput(f"There is no measurement {name!r}: the names begin with {', '.join(known)}.")
    chosen = [key for key in known if not names or any(name.split(".")[0] == key for name in names)]
    rows: list[Row] = []
    for index, key in enumerate(chosen):
        progress(index / len(chosen), f"Measuring {key}")
        rows += known[key]()
    progress(1.0, "Measured")
    return [one for one in rows if not names or any(one.name.startswith(name) for name in names)]


def report(rows: Sequence[Row]) -> str:
    """The rows as a table for a person."""
    verdicts = {True: "holds", False: "MISSED", None: "-"}
    lines = [f"{'':<34} {'value':>10} {'baseline':>10} {'ratio':>7}  {'target':<15} verdict"]
    for one in rows:
        numbers = [f"{number:.4g}" if number is not None else "-" for number in (one.value, one.baseline, one.ratio)]
        value = f"{numbers[0]} {one.unit}".strip()
        lines.append(
            f"{one.name:<34} {value:>10} {numbers[1]:>10} {numbers[2]:>7}  {one.target:<15} {verdicts[one.holds]}"
        )
    return "\n".join(lines)
