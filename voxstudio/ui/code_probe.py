"""How fast a code's slider moves the shape on screen; run by :mod:`voxstudio.ui.probes` in a process of its own."""

from __future__ import annotations

import itertools
import statistics
import time
from typing import Any

import numpy as np

from voxstudio.engine.requests import Result
from voxstudio.ui.probes import DRAG_S, Probe

MOVES = 25
HAND_MS = 8
"""A mouse reports about 125 times a second."""
HANDLE = "noise:0"


class Hand:
    """A person's hand on a code of the first checkpoint found, the panel Codes in front."""

    def __init__(self) -> None:
        from voxstudio.engine.checkpoint import catalogue
        from voxstudio.engine.places import checkpoint_folders

        entry = next(entry for entry in catalogue(checkpoint_folders()) if not entry.problem)
        self.probe = Probe(entry.name)
        self.probe.until(lambda: self.probe.ready_at > 0 and self.probe.at_rest())
        self.session = self.probe.studio.session
        self.canvas = self.probe.studio.window.viewport.canvas
        self.probe.studio.window.go("create")
        self.session.sample(None, 1)
        self.probe.until(lambda: self.session.shown is not None and self.probe.at_rest())
        self.drawn: dict[int, float] = {}
        self.made = self.taken = self.waiting = self.frames = 0
        self.painted_at = 0.0
        self._deliver, self._take = self.session._worker._deliver, self.session._take
        setattr(self.session._worker, "_deliver", self._made)  # noqa: B010 - it counts what passes
        setattr(self.session, "_take", self._taken)  # noqa: B010 - it counts what passes
        self.canvas.painted.connect(self._painted)

    def _made(self, event: Any) -> None:
        """Inference thread."""
        self.made += isinstance(event, Result)
        self.waiting = max(self.waiting, self.made - self.taken)
        self._deliver(event)

    def _taken(self, event: Any) -> None:
        self.taken += isinstance(event, Result)
        self._take(event)

    def _painted(self, spent_ms: float) -> None:
        self.painted_at = time.perf_counter()
        self.frames += 1
        self.drawn.setdefault(self.session.shown.number, self.painted_at)

    def turn_by_turn(self) -> tuple[float, dict[str, float]]:
        """Median milliseconds from a move to its pixels, and of each stage by itself, measured in turn.

        The next one begins only when nothing is left to do; where other programs run, both suffer alike.
        """
        from voxstudio.engine.inference import mesh
        from voxstudio.engine.placing import placed
        from voxstudio.engine.requests import Draw
        from voxstudio.lab.opening import open_any

        model = open_any(self.session.checkpoint.folder, "auto")
        spent: dict[str, list[float]] = {name: [] for name in ("whole", "network", "mesh", "draw")}
        for value in [0.0, *np.linspace(-1.5, 1.5, MOVES).tolist()]:
            self._idle()
            before, begun = len(self.drawn), time.perf_counter()
            self.session.move(HANDLE, value, draft=True)
            self.probe.until(lambda before=before: len(self.drawn) > before)
            spent["whole"].append((max(self.drawn.values()) - begun) * 1000.0)
            self._idle()
            begun = time.perf_counter()
            grid = model.decode(placed(model, Draw(None, 1, codes=((HANDLE, value),))))
            spent["network"].append((time.perf_counter() - begun) * 1000.0)
            begun = time.perf_counter()
            surface = mesh(grid, "smooth", 0, True)
            spent["mesh"].append((time.perf_counter() - begun) * 1000.0)
            frames, begun = self.frames, time.perf_counter()
            self.canvas.show_surface(surface, "smooth", False, True)
            self.probe.until(lambda frames=frames: self.frames > frames)
            spent["draw"].append((self.painted_at - begun) * 1000.0)
        self.session.move(HANDLE, 0.0)
        self.probe.until(self.probe.at_rest)
        alone = {name: statistics.median(times[1:]) for name, times in spent.items()}
        return alone.pop("whole"), alone

    def _idle(self) -> None:
        """The frame that was painted is on the screen, and nothing waits."""
        for _ in range(3):
            self.probe.application.processEvents()

    def drag(self) -> tuple[float, float]:
        """Shapes a second while the hand moves; milliseconds from letting go to the exact shape."""
        from PySide6.QtCore import QTimer

        steps = itertools.count()
        timer = QTimer()
        timer.setInterval(HAND_MS)
        timer.timeout.connect(lambda: self._pull(next(steps)))
        before, begun = len(self.drawn), time.perf_counter()
        timer.start()
        self.probe.until(lambda: time.perf_counter() - begun > DRAG_S)
        timer.stop()
        rate = (len(self.drawn) - before) / (time.perf_counter() - begun)
        begun = time.perf_counter()
        self.session.move(HANDLE, 0.5)
        self.probe.until(lambda: not self.session.shown.draft and self.session.shown.number in self.drawn)
        return rate, (self.drawn[self.session.shown.number] - begun) * 1000.0

    def exact_draw(self) -> float:
        """Median milliseconds to draw the shape as it stands at rest, with all pixels and its shadow."""
        surface, spent = self.session.shown.surface, []
        for _ in range(7):
            self.probe.until(self.probe.at_rest)
            frames, begun = self.frames, time.perf_counter()
            self.canvas.show_surface(surface, "smooth", False)
            self.probe.until(lambda frames=frames: self.frames > frames)
            spent.append((self.painted_at - begun) * 1000.0)
        return statistics.median(spent)

    def _pull(self, step: int) -> None:
        self.session.move(HANDLE, 1.5 * (abs((step % 100) / 50.0 - 1.0) - 0.5), draft=True)


def codes(started: float) -> dict[str, Any]:
    """From a moved code to its pixels, against its stages alone; shapes a second in a drag; what waited."""
    hand = Hand()
    whole, alone = hand.turn_by_turn()
    rate, release = hand.drag()
    exact = hand.exact_draw()
    hand.probe.close()
    return {
        "whole_ms": whole, "alone_ms": sum(alone.values()), "updates_per_s": rate, "release_ms": release,
        "exact_ms": alone["network"] + alone["mesh"] + exact, "waiting": hand.waiting,
        **{f"{stage}_ms": spent for stage, spent in alone.items()},
    }  # fmt: skip
