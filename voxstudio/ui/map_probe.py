"""How fast the map is moved and looked at closely: the probe ``map`` of ``voxstudio bench``."""

from __future__ import annotations

import gc
import time
from typing import Any

POINTS = 20_000
CLASSES = 10
SIZE = (860, 800)
SECONDS = 4.0


def pan_and_zoom(started: float) -> dict[str, Any]:
    """Frames a second while a map of 20,000 points is panned and zoomed, each frame painted and on the screen."""
    import numpy as np
    from PySide6.QtWidgets import QMainWindow

    from voxstudio.core.embedded import Embedded, Source
    from voxstudio.session import Session
    from voxstudio.ui import theme
    from voxstudio.ui.bridge import Bridge
    from voxstudio.ui.commands import Commands
    from voxstudio.ui.map_canvas import MapCanvas
    from voxstudio.ui.run import application
    from voxstudio.ui.studio import Studio

    app = application()
    theme.apply(app, "light")
    window = QMainWindow()
    window.resize(*SIZE)
    bridge = Bridge()
    session = Session(bridge.post)
    bridge.attach(session)
    canvas = MapCanvas(Studio(session, bridge, Commands(window)))
    window.setCentralWidget(canvas)
    rng = np.random.default_rng(0)
    kinds = np.arange(POINTS) % CLASSES
    places = (0.5 * rng.normal(size=(CLASSES, 2))[kinds] + 0.12 * rng.normal(size=(POINTS, 2))).astype(np.float32)
    sources = [Source("parametric", "chair", k) for k in range(POINTS)]
    names = [str(k) for k in range(POINTS)]
    there = Embedded.of(places, "shape", names, [f"class {k}" for k in kinds], sources, title="20,000 points")
    session.map._there, session.map._places = there, places / np.abs(places).max()
    canvas.follow()
    window.show()
    end = time.monotonic() + 60.0
    while not canvas._compiled and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)
    canvas.repaint()
    gc.collect()
    frames, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        turn = frames % 120
        canvas.layer.pan(4.0 if turn < 60 else -4.0, 2.0 if turn < 60 else -2.0)
        canvas.layer.zoom_by(1.02 if turn < 60 else 1 / 1.02, 300.0, 300.0)
        canvas.repaint()
        app.processEvents()
        frames += 1
    spent = time.perf_counter() - begun
    bridge.close()
    session.close()
    window.close()
    return {"frames_per_s": frames / spent}
