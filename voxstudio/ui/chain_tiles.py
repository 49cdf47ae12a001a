"""The chains side by side, as small pictures; the one that is clicked stands on the stage."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QIcon, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from voxstudio.ui import pictures
from voxstudio.ui.sketches import Pictures, Sketcher
from voxstudio.ui.studio import Studio

SIDE, HIGH = 78, 84
PACE_MS = 450
"""Between two drawings while chains climb: each takes a core for a moment."""


class ChainTiles(QWidget):
    """Bound to ``session.synthesis``; hidden while there is one chain."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._drawn: object = None
        self._sketcher = Sketcher(studio, 2 * SIDE, self)
        self._sketcher.drawn.connect(self._show)
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(PACE_MS)
        self._pace.timeout.connect(self._draw)
        self._tiles: list[QToolButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.setFixedHeight(HIGH)
        for k in range(4):
            tile = QToolButton()
            tile.setProperty("role", "thumb")
            tile.setProperty("chain", k)
            tile.setCheckable(True)
            tile.setFixedSize(SIDE + 4, HIGH)
            tile.setIconSize(QSize(SIDE, SIDE))
            tile.setCursor(Qt.CursorShape.PointingHandCursor)
            tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            tile.clicked.connect(self._choose)
            self._tiles.append(tile)
            row.addWidget(tile)
        row.addStretch(1)
        studio.bridge.changed.connect(self._changed)
        self._changed("synthesis")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic != "synthesis":
            return
        climb = self._studio.session.synthesis
        state = climb.state
        there = len(state.volumes) if state is not None else climb.count
        self.setVisible(max(there, climb.count) > 1)
        for k, tile in enumerate(self._tiles):
            tile.setVisible(k < max(there, climb.count))
            tile.setEnabled(k < there)
            tile.setChecked(k == climb.chain)
            words = f"Chain {k + 1}, seed {climb.seed + k}"
            if state is not None and k < there:
                words += f": energy {state.energies[k]:.4g}".replace("-", "\N{MINUS SIGN}")
            tile.setToolTip(f"{words}. Click to bring it to the stage")
            tile.setAccessibleName(words)
        if there > 1 and state is not None and state is not self._drawn and not self._pace.isActive():
            self._pace.start(PACE_MS if climb.playing else 30)

    @Slot()
    def _draw(self) -> None:
        climb = self._studio.session.synthesis
        state = climb.state
        if state is None or not self.isVisible() or state is self._drawn:
            return
        self._drawn = state
        grids = [climb.grid(k) for k in range(len(state.volumes))]
        self._sketcher.ask([grid for grid in grids if grid is not None])

    @Slot(object)
    def _show(self, made: Pictures) -> None:
        for tile, pixels in zip(self._tiles, made, strict=False):
            tile.setIcon(QIcon(pictures.tile(pixels, SIDE, self.devicePixelRatioF())))
        if self._studio.session.synthesis.state is not self._drawn and not self._pace.isActive():
            self._pace.start()

    @Slot()
    def _choose(self) -> None:
        self._studio.session.synthesis.look_at(int(self.sender().property("chain")))
        self._changed("synthesis")

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed meanwhile."""
        super().showEvent(event)
        self._pace.start(30)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._drawn = None
        self._pace.start(30)
