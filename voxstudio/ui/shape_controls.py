"""Threshold, style, colour and crumbs: how the result is shown, in every panel that makes one."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from voxstudio.ui import inputs, theme, widgets
from voxstudio.ui.studio import Studio

STYLES = (("smooth", "Smooth"), ("blocks", "Blocks"), ("cloud", "Cloud"))
COLOURS = (("clay", "Clay"), ("confidence", "Confidence"))


class ShapeControls(QWidget):
    """Three rows, bound to the session's options; with ``crumbs`` a fourth, for what generators make."""

    def __init__(self, studio: Studio, crumbs: bool = False) -> None:
        super().__init__()
        self._studio = studio
        self.threshold = inputs.SliderRow(
            "Threshold", 0.01, 0.99, 0.5, tip="Lower adds to the shape, higher removes"
        )
        self.style_choice = inputs.Segments(STYLES, "Style")
        self.style_choice.setToolTip("Cloud: a dot for each voxel the model believes in")
        self.colour = inputs.Segments(COLOURS, "Colour")
        self.colour.setToolTip("Confidence: how sure the model is of each place")
        self.crumbs = inputs.Switch("Remove crumbs")
        self.crumbs.setToolTip("Leave out loose pieces below 1 % of the shape")
        self.crumbs.setVisible(crumbs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.threshold)
        column.addWidget(widgets.labelled("Style", self.style_choice))
        column.addWidget(widgets.labelled("Colour by", self.colour))
        column.addWidget(self.crumbs)
        self.threshold.moved.connect(self._moved)
        self.threshold.settled.connect(self._settled)
        self.style_choice.chosen.connect(self._style)
        self.colour.chosen.connect(self._colour)
        self.crumbs.clicked.connect(self._crumbs)
        studio.bridge.changed.connect(self._changed)
        self._changed("checkpoint")
        self._changed("options")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "checkpoint" and session.checkpoint is not None and session.checkpoint.card is not None:
            self.threshold.set_default(session.checkpoint.card.iso_level)
        if topic in ("options", "checkpoint"):
            self.threshold.set_value(session.options.iso)
            self.style_choice.choose(session.options.style)
            self.colour.choose(session.options.colour_by)
            self.crumbs.setChecked(session.options.remove_crumbs)

    @Slot(float)
    def _moved(self, value: float) -> None:
        self._studio.session.set_iso(value, draft=True)

    @Slot(float)
    def _settled(self, value: float) -> None:
        self._studio.session.set_iso(value)

    @Slot(str)
    def _style(self, key: str) -> None:
        self._studio.session.set_options(style=key)

    @Slot(str)
    def _colour(self, key: str) -> None:
        self._studio.session.set_options(colour_by=key)

    @Slot(bool)
    def _crumbs(self, on: bool) -> None:
        self._studio.session.set_options(remove_crumbs=on)
