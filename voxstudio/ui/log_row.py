"""A slider whose steps are shares of the value: for step sizes, which matter by factors."""

from __future__ import annotations

import math

from PySide6.QtCore import Slot

from voxstudio.ui.inputs import SliderRow

PARTS = 100
"""Steps of the slider for each factor of ten."""


class LogRow(SliderRow):
    """As :class:`SliderRow`, from ``low`` (above 0) to ``high`` by factors; the number can be typed."""

    def __init__(self, title: str, low: float, high: float, default: float, decimals: int = 4, tip: str = "") -> None:
        self._low = low
        super().__init__(title, low, high, default, decimals, tip)
        self._quiet = True
        self.slider.setRange(0, round(PARTS * math.log10(high / low)))
        self.slider.setPageStep(PARTS // 10)
        self._quiet = False
        self.set_value(default)

    def value(self) -> float:
        """What is set."""
        return self.field.value()

    def set_value(self, value: float) -> None:
        """Show a value without telling anyone; a slider in a person's hand is left alone."""
        if self.slider.isSliderDown():
            return
        self._quiet = True
        self.slider.setValue(self._place(value))
        self.field.setValue(value)
        self._quiet = False

    def _place(self, value: float) -> int:
        return round(PARTS * math.log10(max(value, self._low) / self._low))

    @Slot(int)
    def _slid(self, raw: int) -> None:
        if self._quiet:
            return
        self._quiet = True
        self.field.setValue(float(f"{self._low * 10 ** (raw / PARTS):.3g}"))
        self._quiet = False
        (self.moved if self.slider.isSliderDown() else self.settled).emit(self.value())

    @Slot(float)
    def _typed(self, value: float) -> None:
        if self._quiet:
            return
        self._quiet = True
        self.slider.setValue(self._place(value))
        self._quiet = False
        self.settled.emit(value)
