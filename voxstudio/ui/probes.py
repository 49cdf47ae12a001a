"""What ``voxstudio bench`` measures of the window; each probe runs in a process of its own.

``python -m voxstudio.ui.probes NAME STARTED``: STARTED is ``time.monotonic()`` of the caller when it
started this process (one clock for all processes of a machine). Prints one JSON object.
"""

from __future__ import annotations

import gc
import itertools
import json
import statistics
import sys
import time
from typing import Any

TURNS = 7
BEAT_MS = 4
DRAG_S = 4.0


def bare(started: float) -> dict[str, Any]:
    """A window of PySide6 with nothing in it."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow

    found: dict[str, Any] = {}

    class Window(QMainWindow):
        def paintEvent(self, event: Any) -> None:
            super().paintEvent(event)
            if not found:
                found["painted_ms"] = (time.monotonic() - started) * 1000.0
                QTimer.singleShot(0, application.quit)

    application = QApplication(sys.argv[:1])
    window = Window()
    window.resize(1280, 800)
    window.show()
    application.exec()
    return found


def bare_view(started: float) -> dict[str, Any]:
    """A window of PySide6 with a view of pyvistaqt that was rendered once."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow
    from pyvistaqt import QtInteractor

    found: dict[str, Any] = {}

    class View(QtInteractor):
        def paintGL(self) -> None:
            super().paintGL()
            if not found:
                found["ready_ms"] = (time.monotonic() - started) * 1000.0
                QTimer.singleShot(0, frame.close)

    application = QApplication(sys.argv[:1])
    frame = QMainWindow()
    frame.resize(1280, 800)
    view = View(frame, auto_update=False, multi_samples=0)
    frame.setCentralWidget(view)
    frame.show()
    application.lastWindowClosed.connect(view.close)
    application.exec()
    return found


class Probe:
    """Our window, and a way to wait for something in it."""

    def __init__(self, checkpoint: str | None = None) -> None:
        gc.disable()  # as the program does; the first paint switches it on
        from PySide6.QtCore import QElapsedTimer, QTimer

        from voxstudio.ui import theme
        from voxstudio.ui.run import Studio, application

        self.application = application()
        theme.apply(self.application, "light")
        self.studio = Studio(checkpoint=checkpoint, first_shape=False)
        self.painted_at = 0.0
        self.ready_at = 0.0
        self.torch_at_ready = False
        self.studio.painted.connect(self._painted)
        self.studio.ready.connect(self._ready)
        self.studio.window.show()
        # A heartbeat: where a beat is late, the GUI thread was blocked.
        self.longest_ms = 0.0
        self._beat = QElapsedTimer()
        self._heart = QTimer()
        self._heart.setInterval(BEAT_MS)
        self._heart.timeout.connect(self._beats)

    def _painted(self) -> None:
        self.painted_at = time.monotonic()

    def _ready(self) -> None:
        self.ready_at = time.monotonic()
        self.torch_at_ready = "torch" in sys.modules

    def _beats(self) -> None:
        self.longest_ms = max(self.longest_ms, self._beat.nsecsElapsed() / 1e6 - BEAT_MS)
        self._beat.restart()

    def listen(self, on: bool) -> None:
        """Start or stop the heartbeat."""
        if on:
            self._beat.restart()
            self._heart.start()
        else:
            self._heart.stop()

    def until(self, finished: Any, timeout: float = 60.0) -> None:
        """Run the event loop until ``finished()``; SystemExit in words if it never is."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, end = QEventLoop(), time.monotonic() + timeout

        def look() -> None:
            if finished() or time.monotonic() > end:
                loop.quit()

        # Looking now and then, not in a busy loop: that would take a core from what is measured.
        timer = QTimer()
        timer.setInterval(BEAT_MS)
        timer.timeout.connect(look)
        timer.start()
        loop.exec()
        timer.stop()
        if not finished():
            raise SystemExit("the window did not come to rest")

    def at_rest(self) -> bool:
        """True if no work runs, the model is open and the view stands still."""
        session, canvas = self.studio.session, self.studio.window.viewport.canvas
        return bool(session is not None and session.model is not None and session.job is None and canvas.is_calm)

    def close(self) -> None:
        """Close the window and let Qt delete what it must."""
        self.studio.window.close()
        self.application.processEvents()


def window(started: float) -> dict[str, Any]:
    """Our window: painted, and its view ready."""
    probe = Probe()
    probe.until(lambda: probe.ready_at > 0)
    found = {
        "painted_ms": (probe.painted_at - started) * 1000.0,
        "ready_ms": (probe.ready_at - started) * 1000.0,
        "torch": int(probe.torch_at_ready),
    }
    probe.close()
    return found


def drop(started: float) -> dict[str, Any]:
    """A sample picture dropped into the window, again and again; and the parts of that alone."""
    from voxstudio.core.paths import shipped
    from voxstudio.engine.inputs import read_view
    from voxstudio.lab.opening import open_any

    path = sorted((shipped("resources") / "samples").glob("chair-*.png"))[0]
    probe = Probe()
    probe.until(lambda: probe.ready_at > 0 and probe.at_rest())
    session, canvas = probe.studio.session, probe.studio.window.viewport.canvas
    drops = []
    for turn in range(TURNS + 1):
        begun = time.perf_counter()
        probe.listen(turn > 0)
        session.add_images([path])
        probe.until(lambda: session.shown is not None and "draw" in session.shown.times)
        spent = (time.perf_counter() - begun) * 1000.0
        probe.listen(False)
        probe.until(probe.at_rest)
        if turn > 0:  # the first one imports and compiles
            drops.append(spent)
        surface = session.shown.surface
        session.clear_views()
        probe.until(probe.at_rest)
    found = {"drop_ms": statistics.median(drops), "block_ms": probe.longest_ms}
    model = open_any(session.checkpoint.folder, "auto")
    view = read_view(path, model.image_size)

    def draw() -> None:
        canvas.show_surface(surface, "smooth", False)
        canvas.repaint()

    found["read_ms"] = median_ms(lambda: read_view(path, model.image_size))
    import numpy as np

    found["network_ms"] = median_ms(lambda: model.reconstruct(np.array(view.network)[None]))
    found["draw_ms"] = median_ms(draw)
    probe.close()
    return found


def slider(started: float) -> dict[str, Any]:
    """The threshold of a 64^3 grid dragged to and fro; how many different shapes a second reach the screen."""
    from PySide6.QtCore import QTimer

    from voxstudio.engine.checkpoint import catalogue
    from voxstudio.engine.places import checkpoint_folders

    fine = [e for e in catalogue(checkpoint_folders()) if not e.problem and e.card and e.card.resolution >= 64]
    if not fine:
        return {}
    probe = Probe(fine[0].name)
    probe.until(lambda: probe.ready_at > 0 and probe.at_rest())
    session = probe.studio.session
    session.sample(session.labels[0] if session.labels else None, 4)
    probe.until(lambda: session.shown is not None and probe.at_rest())
    drawn: set[int] = set()
    probe.studio.window.viewport.canvas.painted.connect(lambda spent_ms: drawn.add(session.shown.number))
    steps = itertools.count()
    hand = QTimer()
    hand.setInterval(8)  # a mouse reports about 125 times a second
    hand.timeout.connect(lambda: session.set_iso(0.3 + 0.3 * abs((next(steps) % 100) / 50.0 - 1.0), draft=True))
    begun = time.perf_counter()
    hand.start()
    probe.until(lambda: time.perf_counter() - begun > DRAG_S)
    hand.stop()
    spent = time.perf_counter() - begun
    probe.close()
    return {"updates_per_s": len(drawn) / spent}


def codes(started: float) -> dict[str, Any]:
    """A code of the first checkpoint found, dragged and moved step by step; and the stages of that alone."""
    from voxstudio.ui.code_probe import codes as measure

    return measure(started)


def map_frames(started: float) -> dict[str, Any]:
    """A map of 20,000 points, panned and zoomed."""
    from voxstudio.ui.map_probe import pan_and_zoom

    return pan_and_zoom(started)


def median_ms(call: Any, turns: int = TURNS) -> float:
    """Median milliseconds of a call."""
    times = []
    for _ in range(turns):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000.0)
    return statistics.median(times)


PROBES = {
    "bare": bare, "bare-view": bare_view, "window": window, "drop": drop, "slider": slider, "codes": codes,
    "map": map_frames,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](float(sys.argv[2]))), flush=True)
