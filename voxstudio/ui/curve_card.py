"""The curves of a run: which one, on which scale, and what can be done with the plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from voxstudio.ui import widgets
from voxstudio.ui.curves import Curve
from voxstudio.ui.plots import Plot
from voxstudio.ui.train_words import curve_title

if TYPE_CHECKING:
    from voxstudio.ui.studio import Studio


class CurveCard(widgets.Card):
    """Curves with a choice of which, a logarithmic scale, and the menu of the plot."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._curves: dict[str, Curve] = {}
        self.which = QComboBox()
        self.which.setAccessibleName("Curve")
        self.which.setToolTip("Which curve is drawn")
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setPlaceholderText("No curve yet")
        self.which.activated.connect(self._choose)
        self.log = widgets.icon_button("chart-line-up", "Logarithmic scale", checkable=True)
        self.log.toggled.connect(self._scale)
        self.more = widgets.icon_button("dots-three", "Copy or save the plot")
        self.more.clicked.connect(self._menu)
        self.plot = Plot(studio)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.which, 1)
        head.addWidget(self.log)
        head.addWidget(self.more)
        self.body.addLayout(head)
        self.body.addWidget(self.plot)

    def show_curves(self, curves: Mapping[str, Curve]) -> None:
        """Follow a run; what is chosen stays chosen."""
        self._curves = dict(curves)
        names = list(curves)
        losses = [name for name in names if "loss" in name]
        keys = ([""] if len(losses) > 1 else []) + names
        if [self.which.itemData(i) for i in range(self.which.count())] != keys:
            chosen = self.which.currentData()
            self.which.clear()
            for key in keys:
                self.which.addItem(curve_title(key) if key else "All losses", key)
            self.which.setCurrentIndex(max(0, self.which.findData(chosen)))
            self.which.setEnabled(bool(keys))
        self._draw()

    def _draw(self) -> None:
        key = self.which.currentData()
        chosen = {name: curve for name, curve in self._curves.items() if name == key or (not key and "loss" in name)}
        self.plot.show_curves(chosen, {name: curve_title(name) for name in chosen})

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._draw()

    @Slot(bool)
    def _scale(self, on: bool) -> None:
        self.plot.set_log(on)

    @Slot()
    def _menu(self) -> None:
        self.plot.open_menu(self.more.mapTo(self.plot, QPoint(0, self.more.height())))

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.plot.dress()
