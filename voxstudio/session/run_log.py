"""What a run leaves on the disk for the window: its plan, and curves thinned for drawing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import CannotWrite
from voxstudio.session.training_values import TrainingPlan, Unfinished

MOST_POINTS = 4000
PLAN, WANTED = "plan.json", "wanted.json"

Curve = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


class CurveBook:
    """Rows of named values, kept as one curve for each name; a long curve loses every other point."""

    def __init__(self) -> None:
        self._steps: dict[str, list[int]] = {}
        self._values: dict[str, list[float]] = {}

    @classmethod
    def of(cls, folder: Path) -> CurveBook:
        """The curves that a run has written so far."""
        from voxstudio.engine.chronicle import read_curves

        book = cls()
        for row in read_curves(folder):
            book.add(int(row["step"]), {name: value for name, value in row.items() if name != "step"})
        return book

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """One row."""
        for name, value in values.items():
            steps, kept = self._steps.setdefault(name, []), self._values.setdefault(name, [])
            steps.append(step)
            kept.append(value)
            if len(steps) > MOST_POINTS:
                del steps[1:-1:2], kept[1:-1:2]

    def curves(self) -> dict[str, Curve]:
        """Each curve as arrays."""
        return {
            name: (np.array(steps, np.int64), np.array(self._values[name], np.float64))
            for name, steps in self._steps.items()
        }

    def recent(self, name: str, count: int = 50) -> float:
        """Mean of the newest values of a curve; NaN if there is none."""
        values = self._values.get(name, [])[-count:]
        return float(np.mean(values)) if values else float("nan")


def write_plan(folder: Path, plan: TrainingPlan, step: int = 0, finished: bool = False) -> None:
    """Write the plan, and the options that the process reads; CannotWrite names the folder."""
    told = {**asdict(plan), "recipe": dict(plan.recipe), "data": str(plan.data) if plan.data is not None else None}
    try:
        (folder / "resume").mkdir(parents=True, exist_ok=True)
        wanted = {k: list(v) if isinstance(v, tuple) else v for k, v in plan.recipe.items()}
        (folder / "resume" / WANTED).write_text(json.dumps(wanted), encoding="utf-8")
        text = json.dumps({"plan": told, "step": step, "finished": finished})
        (folder / "resume" / PLAN).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be written ({error.strerror}): free space there.") from error


def read_plan(folder: Path) -> TrainingPlan | None:
    """The plan of a run that is not finished, or None."""
    found = _read(folder)
    return None if found is None or found[2] else found[0]


def _read(folder: Path) -> tuple[TrainingPlan, int, bool] | None:
    try:
        document = json.loads((folder / "resume" / PLAN).read_text(encoding="utf-8"))
        told = dict(document["plan"])
        told["data"] = Path(told["data"]) if told["data"] else None
        return TrainingPlan(**told), int(document["step"]), bool(document["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def unfinished_runs(home: Path) -> list[Unfinished]:
    """Runs below ``home`` that have a saved state and were not finished, newest first."""
    from voxstudio.engine.chronicle import read_curves

    found = []
    for folder in home.iterdir() if home.is_dir() else ():
        told = _read(folder)
        state = folder / "resume" / "state.pt"
        if told is None or told[2] or not state.exists():
            continue
        plan, step, _ = told
        rows = read_curves(folder)
        step = max(step, int(rows[-1]["step"]) if rows else 0)
        with contextlib.suppress(OSError):
            found.append(
                (state.stat().st_mtime, Unfinished(plan.name, folder, plan.family, step, plan.max_steps, plan.base))
            )
    return [run for _, run in sorted(found, key=lambda item: item[0], reverse=True)]
