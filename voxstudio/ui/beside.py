"""The middle of the window: the stage, and beside it what the panel in front wants to show large."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

STAGE_LEAST = 332
"""The stage makes so much room while something stands beside it."""
SHARE = 0.6
"""Of the width, for what stands beside the stage."""


class Beside(QSplitter):
    """The stage alone, or something at its left; the seam between them can be dragged."""

    def __init__(self, stage: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._stage = stage
        self._alone = stage.minimumWidth()
        self._beside: QWidget | None = None
        self._shares: dict[QWidget, list[int]] = {}
        self.setChildrenCollapsible(False)
        self.setHandleWidth(4)
        self.addWidget(stage)

    def show_beside(self, widget: QWidget | None) -> None:
        """Put a widget beside the stage; None leaves the stage alone. It is kept where it was the next time."""
        if widget is self._beside:
            return
        if self._beside is not None:
            self._shares[self._beside] = self.sizes()
            self._beside.hide()
        self._beside = widget
        self._stage.setMinimumWidth(self._alone if widget is None else min(self._alone, STAGE_LEAST))
        if widget is None:
            return
        if self.indexOf(widget) < 0:
            self.insertWidget(0, widget)
        widget.show()
        wide = self.width()
        sizes = [0] * self.count()
        large = max(wide - max(round((1 - SHARE) * wide), STAGE_LEAST), 0)
        sizes[self.indexOf(widget)], sizes[self.indexOf(self._stage)] = large, wide - large
        self.setSizes(self._shares.get(widget, sizes))
