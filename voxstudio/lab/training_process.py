"""The training process that stands beside a window: its command line, its environment, its rights."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456",
}  # fmt: skip
"""Memory that is freed stays with the process: large batches train faster (glibc; others ignore it)."""


def training_threads() -> int:
    """Leave one core to the process that makes batches, and say how many torch now takes.

    With a thread on every core each layer waits for the one that was interrupted: measured beside other work, a
    bf16 step on two threads took four times as long as on one.
    """
    import torch

    count = max(1, (os.cpu_count() or 2) - 1)
    torch.set_num_threads(count)
    return count


def launch(
    family: str,
    out: Path,
    recipe: Path,
    *,
    max_steps: int,
    seed: int = 0,
    device: str = "auto",
    data: Path | None = None,
    base: Path | None = None,
    up: str = "",
    log: IO[str] | int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start ``voxstudio train ... --resume --events``; see :mod:`voxstudio.lab.training_events` for what it says.

    It lowers its own priority and takes all cores but one, so that sliders stay live. Raises OSError.
    """
    words = [sys.executable, "-m", "voxstudio", "train", family, "--out", str(out), "--resume", "--events"]
    words += ["--max-steps", str(max_steps), "--seed", str(seed), "--device", device, "--recipe", str(recipe)]
    words += [] if data is None else ["--data", str(data)]
    words += [] if base is None else ["--base", str(base)]
    words += ["--up", up] if up else []
    threads = str(max(1, (os.cpu_count() or 2) - 1))
    environment = {**MALLOC, **os.environ, "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
        encoding="utf-8", creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )  # fmt: skip
