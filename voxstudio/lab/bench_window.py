"""Bench rows of the window. Each measurement is a process of its own, on a virtual screen where there is none."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voxstudio.core.errors import VoxStudioError
from voxstudio.lab.bench_rows import Row, row

STARTS = 5
"""Times each window is opened."""
PATIENCE_S = 150


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str] | None]:
    """The environment for a window: the person's display, or a virtual one; None if neither is there."""
    environment = dict(os.environ)
    if sys.platform != "linux" or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        yield environment
        return
    if shutil.which("Xvfb") is None:
        yield None
        return
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            display = number.readline().strip()
        environment.pop("QT_QPA_PLATFORM", None)
        yield {**environment, "DISPLAY": f":{display}"} if display else None
    finally:
        server.terminate()
        server.wait(10)


def probe(environment: dict[str, str], name: str) -> dict[str, Any]:
    """Run one probe of :mod:`voxstudio.ui.probes`; its findings.

    Raises VoxStudioError if it fails or takes too long.
    """
    command = [sys.executable, "-m", "voxstudio.ui.probes", name, repr(time.monotonic())]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise VoxStudioError(
            f"The window could not be measured ({name} took over {PATIENCE_S} s): close what else runs, then try again."
        ) from None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        reason = (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
        raise VoxStudioError(f"The window could not be measured ({name}: {reason}): run voxstudio doctor.")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def start_up() -> list[Row]:
    """From the start of the process to the painted window and to the ready view, against bare ones."""
    targets = ("ratio <= 1.5", "ratio <= 1.3", "value <= 0")
    with screen() as environment:
        if environment is None:
            return [
                row("window.painted", None, "ms", None, targets[0]),
                row("window.viewport", None, "ms", None, targets[1]),
                row("window.torch_before_viewport", None, "imports", None, targets[2]),
            ]
        found: dict[str, list[dict[str, Any]]] = {"bare": [], "bare-view": [], "window": []}
        for turn in range(STARTS + 1):
            for name, list_of in found.items():
                outcome = probe(environment, name)
                if turn > 0:  # the first one of each only warms the disk's cache
                    list_of.append(outcome)

    def median(name: str, key: str) -> float:
        return statistics.median(float(one[key]) for one in found[name])

    return [
        row("window.painted", median("window", "painted_ms"), "ms", median("bare", "painted_ms"), targets[0]),
        row("window.viewport", median("window", "ready_ms"), "ms", median("bare-view", "ready_ms"), targets[1]),
        row("window.torch_before_viewport", max(one["torch"] for one in found["window"]), "imports", None, targets[2]),
    ]


def drop() -> list[Row]:
    """From dropping a picture to its mesh on screen, against the parts measured alone; the longest block."""
    with screen() as environment:
        found = probe(environment, "drop") if environment is not None else {}
    alone = sum(found[key] for key in ("read_ms", "network_ms", "draw_ms")) if found else None
    return [
        row("drop.to_mesh", found.get("drop_ms"), "ms", alone, "ratio <= 1.3"),
        row("drop.longest_block", found.get("block_ms"), "ms", None, "value <= 50"),
    ]


def drag_ms() -> float | None:
    """Milliseconds between two shapes on the screen while the threshold of a 64^3 grid is dragged."""
    with screen() as environment:
        found = probe(environment, "slider") if environment is not None else {}
    return 1000.0 / found["updates_per_s"] if found else None


def slider() -> list[Row]:
    """Frames a second while the threshold of a 64^3 grid is dragged."""
    with screen() as environment:
        found = probe(environment, "slider") if environment is not None else {}
    return [row("slider.updates_64", found.get("updates_per_s"), "1/s", None, "value >= 30")]


def codes() -> list[Row]:
    """A code's slider at 64^3, for the paper's width and for the compact one: the whole against its stages alone."""
    from voxstudio.lab.bench_codes import PRESETS, blob_checkpoint

    rows = []
    for width, least in zip(PRESETS, (25, 40), strict=True):
        with screen() as environment, tempfile.TemporaryDirectory() as place:
            found: dict[str, Any] = {}
            if environment is not None:
                blob_checkpoint(Path(place) / f"blobs-{width}", width)
                found = probe({**environment, "VOXSTUDIO_CHECKPOINTS": place}, "codes")
        # One update may be on its way when the hand lets go; the exact one follows it, drawn with all its pixels.
        within = found["alone_ms"] + found["exact_ms"] if found else None
        rows += [
            row(f"codes.updates_64_{width}", found.get("updates_per_s"), "1/s", None, f"value >= {least}"),
            row(f"codes.whole_{width}", found.get("whole_ms"), "ms", found.get("alone_ms"), "ratio <= 1.15"),
            row(f"codes.release_{width}", found.get("release_ms"), "ms", within, "ratio <= 2"),
            row(f"codes.waiting_{width}", found.get("waiting"), "shapes", None, "value <= 2"),
        ]
    return rows
