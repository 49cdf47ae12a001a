"""``voxstudio bench``: the program's speed, medians, each row against its baseline in the same run.

Machines differ and are shared, so a baseline is measured beside every value, turn by turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voxstudio.core.errors import BadInput
from voxstudio.engine.family import Progress, quiet
from voxstudio.lab.bench_rows import Row


def suites() -> dict[str, Callable[[], Sequence[Row]]]:
    """What can be measured: the first word of the rows' names, and what measures them."""
    from voxstudio.lab import bench_climb, bench_map, bench_training, bench_window, bench_work

    return {
        "window": bench_window.start_up,
        "drop": bench_window.drop,
        "slider": bench_window.slider,
        "codes": bench_window.codes,
        "network": bench_work.network,
        "mesh": bench_work.meshing,
        "export": bench_work.exporting,
        "map": bench_map.mapping,
        "climb": bench_climb.climbing,
        "training": bench_training.training,
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
