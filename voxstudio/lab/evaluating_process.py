"""The measuring process that stands beside a window: ``voxstudio evaluate ... --events`` and its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from voxstudio.lab.training_process import MALLOC


def launch(
    *,
    checkpoint: str = "",
    table: str = "",
    data: Path | None = None,
    device: str = "auto",
    work: Path | None = None,
    log: IO[str] | int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start measuring a checkpoint (name or folder) or making a table. Raises OSError.

    Without ``data`` it measures without real shapes, whatever VOXSTUDIO_DATA names.

    It says what it does as JSON lines (``progress``, ``notice``, ``done``, ``failed``), ends at ``stop`` on its
    standard input, lowers its own priority and takes all cores but one, so that sliders stay live.
    """
    words = [sys.executable, "-m", "voxstudio", "evaluate", *([checkpoint] if checkpoint else []), "--events"]
    for name, value in (("--table", table), ("--data", data), ("--device", device), ("--work", work)):
        words += [name, str(value)] if value else []
    threads = str(max(1, (os.cpu_count() or 2) - 1))
    environment = {**MALLOC, **os.environ, "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "PASSIVE"}
    environment["VOXSTUDIO_DATA"] = str(data or "")
    return subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
        encoding="utf-8", creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )  # fmt: skip
