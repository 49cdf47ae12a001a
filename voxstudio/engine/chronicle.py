"""What a run writes down as it goes: curves that the window reads, and TensorBoard event files."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

CURVES = "curves.jsonl"
EVENTS = "resume/events"


class Chronicle:
    """Writes at most two rows a second. A resumed run first drops the rows after the step it resumes from.

    A disk that refuses costs the rows, never the run.

    Parameters
    ----------
    out: the run's folder; curves go to ``resume/curves.jsonl``, event files to ``resume/events/``.
    first_step: the step that the run starts or resumes from.
    """

    def __init__(self, out: Path, first_step: int, every_s: float = 0.5) -> None:
        self._out, self._first, self._every_s, self._told = out, first_step, every_s, 0.0
        self._file: IO[str] | None = None
        self._writer: Any = None
        with contextlib.suppress(OSError):
            path = out / "resume" / CURVES
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = [row for row in read_curves(out) if row["step"] <= first_step]
            path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
            self._file = path.open("a", encoding="utf-8")

    def add(self, step: int, values: Mapping[str, float], force: bool = False) -> None:
        """One row of named values."""
        now = time.monotonic()
        if not force and now - self._told < self._every_s:
            return
        self._told = now
        with contextlib.suppress(OSError, ValueError):
            if self._file is not None:
                self._file.write(json.dumps({"step": step, **values}) + "\n")
                self._file.flush()
            writer = self._events()
            for name, value in values.items():
                writer.add_scalar(name, value, step)

    def _events(self) -> Any:
        if self._writer is None:
            from tensorboardX import SummaryWriter

            logging.getLogger("tensorboardX").setLevel(logging.ERROR)
            self._writer = SummaryWriter(str(self._out / EVENTS), purge_step=self._first + 1, flush_secs=10)
        return self._writer

    def close(self) -> None:
        """Flush and close both files."""
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.close()
            if self._writer is not None:
                self._writer.close()


def read_curves(out: Path) -> list[dict[str, float]]:
    """The rows of a run so far; a damaged last line (a killed run's) is left out."""
    rows = []
    try:
        lines = (out / "resume" / CURVES).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            row = json.loads(line)
            rows.append({"step": int(row["step"]), **{k: float(v) for k, v in row.items() if k != "step"}})
        except (ValueError, KeyError, TypeError):
            continue
    return rows
