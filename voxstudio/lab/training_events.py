"""How a training process talks to the window that started it: one JSON object a line, orders by the same road.

``voxstudio train ... --events`` writes events on standard output and reads ``go``, ``pause`` and ``stop`` on
standard input; the end of standard input (the window is gone) counts as ``stop``.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

import numpy as np

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.training import GO, PAUSE, STOP, Listener, TrainingReport

ORDERS = {"go": GO, "pause": PAUSE, "stop": STOP}


def pack_grid(grid: VoxelGrid) -> dict[str, Any]:
    """A grid as plain values; probabilities are kept to 1/255."""
    values = np.rint(np.clip(np.asarray(grid.values), 0, 1) * 255).astype(np.uint8)
    packed = base64.b64encode(zlib.compress(values.tobytes(), 1)).decode("ascii")
    return {"shape": list(values.shape), "values": packed, "iso": grid.iso_level, "name": grid.name}


def unpack_grid(packed: Mapping[str, Any]) -> VoxelGrid:
    """The grid that :func:`pack_grid` packed."""
    values = np.frombuffer(zlib.decompress(base64.b64decode(packed["values"])), np.uint8).reshape(packed["shape"])
    return VoxelGrid.unit(values.astype(np.float32) / 255, iso_level=float(packed["iso"]), name=str(packed["name"]))


class EventWriter:
    """Writes one line for each thing that happens."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.__stdout__
        self._lock = threading.Lock()
        self.reason = ""

    def tell(self, event: str, **values: Any) -> None:
        """Write one event; a reader that is gone is nobody's mistake."""
        with self._lock:
            try:
                print(json.dumps({"event": event, **values}), file=self._stream, flush=True)
            except (OSError, ValueError):
                self._stream = None

    def listener(self) -> Listener:
        """A listener for the loop."""
        return Listener(
            self._report, self._preview, self._notice, self._watched, self._paused,
            self._measured, self._ended, self._compared,
        )  # fmt: skip

    def _report(self, report: TrainingReport) -> None:
        self.tell("report", **{**asdict(report), "values": dict(report.values)})

    def _preview(self, shape: Any) -> None:
        if isinstance(shape, VoxelGrid):
            self.tell("preview", grid=pack_grid(shape))

    def _notice(self, sentence: str) -> None:
        self.tell("notice", sentence=sentence)

    def _watched(self, diversity: float) -> None:
        self.tell("diversity", value=diversity)

    def _paused(self, on: bool) -> None:
        self.tell("paused", on=on)

    def _measured(self, step: int, value: float, best: float) -> None:
        self.tell("measured", step=step, value=value, best=best)

    def _ended(self, reason: str) -> None:
        self.reason = reason

    def _compared(self, pairs: Any) -> None:
        """The object nearest to the mean gain stands for all; the scores are the means."""
        if not pairs:
            return
        before, after = (float(np.mean([getattr(p, name) for p in pairs])) for name in ("before_score", "after_score"))
        typical = min(pairs, key=lambda p: abs((p.after_score - p.before_score) - (after - before)))
        grids = {name: pack_grid(getattr(typical, name)) for name in ("before", "after", "truth")}
        self.tell("comparison", **grids, before_score=before, after_score=after, objects=len(pairs))


class OrderReader:
    """The newest order from standard input; ``stop`` once it ends."""

    def __init__(self, handle: int = 0) -> None:
        self._order = GO
        self._handle = handle
        threading.Thread(target=self._read, name="voxstudio-orders", daemon=True).start()

    def _read(self) -> None:
        # Not through sys.stdin: its lock, held by this waiting thread, would pass into the processes that make
        # batches, where it could never be released.
        rest = b""
        while block := os.read(self._handle, 4096):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self._order = ORDERS.get(line.decode("ascii", "ignore").strip(), self._order)
        self._order = STOP

    def __call__(self) -> int:
        """The order that holds now."""
        return self._order
