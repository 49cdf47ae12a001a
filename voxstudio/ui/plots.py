"""Curves over steps: raw and smoothed, in the theme's colours, copied as picture or CSV.

matplotlib takes a second or two to import: a thread does it when the first plot is shown.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu, QStackedLayout, QWidget

from voxstudio.core.errors import CannotWrite
from voxstudio.ui import theme
from voxstudio.ui.curves import Curve, brief, csv_of, outline, smoothed, span, thinned, thousands
from voxstudio.ui.imports import ONE_AT_A_TIME

if TYPE_CHECKING:
    from voxstudio.ui.studio import Studio

REDRAW_MS = 300
"""A plot is drawn three times a second at most: each time costs the sliders a frame."""
_LEFT = 50
"""Pixels from the left edge to the axes, at least."""
PICTURES = {".png": "PNG picture", ".svg": "SVG drawing", ".pdf": "PDF document", ".csv": "CSV table"}


class Plot(QWidget):
    """A canvas of matplotlib that is drawn only while it can be seen.

    ``along`` is what is counted from left to right, ``across`` what several curves measure; ``calm`` draws a smoothed
    curve over the values; ``empty`` is what stands there as long as there are none.
    """

    def __init__(
        self, studio: Studio, height: int = 184, along: str = "Step", calm: bool = True, across: str = "Loss",
        empty: str = "The first values come soon",
    ) -> None:  # fmt: skip
        super().__init__()
        self._studio, self._empty = studio, empty
        self._along, self._across, self._calm = along, across, calm
        self._curves: dict[str, Curve] = {}
        self._titles: dict[str, str] = {}
        self._log = False
        self._canvas: Any = None
        self._loading = False
        self.setFixedHeight(height)
        self._wait = QLabel("Preparing the plot")
        self._wait.setProperty("role", "muted")
        self._wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._wait)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._draw)
        self._dirty = True
        self._lines: list[tuple[Any, Any]] = []
        self._ground: Any = None
        self._drawn_for: tuple[Any, ...] = ()
        self._saving = False
        self._aside = ""
        self.drawn = 0

    @property
    def canvas(self) -> Any:
        """matplotlib's widget; None until it is needed."""
        return self._canvas

    def show_curves(
        self, curves: Mapping[str, Curve], titles: Mapping[str, str], across: str = "", aside: str = ""
    ) -> None:
        """Draw these curves, soon; ``titles`` are their words (several get a legend, and ``across`` at their axis).

        The curve ``aside`` is dashed and grey: what the others are compared with.
        """
        self._curves, self._titles, self._across = dict(curves), dict(titles), across or self._across
        self._aside = aside
        self._later()

    def set_log(self, on: bool) -> None:
        """Logarithmic or linear values."""
        self._log = on
        self._later()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._later()

    def menu(self) -> QMenu:
        """What can be done with the plot."""
        menu = QMenu(self)
        for words, slot in (
            ("Copy picture", self.copy_picture), ("Copy CSV", self.copy_csv), ("Save…", self.save),
        ):  # fmt: skip
            menu.addAction(words).triggered.connect(slot)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    @Slot(QPoint)
    def open_menu(self, where: QPoint) -> None:
        """Open the menu at a place of the plot."""
        self.menu().popup(self.mapToGlobal(where))

    @Slot()
    def copy_picture(self) -> None:
        """Put the plot as it is drawn on the clipboard."""
        if self._canvas is not None:
            QGuiApplication.clipboard().setImage(self._canvas.grab().toImage())

    @Slot()
    def copy_csv(self) -> None:
        """Put the numbers on the clipboard."""
        QGuiApplication.clipboard().setText(csv_of(self._curves))

    @Slot()
    def save(self) -> None:
        """Ask where to, and write a picture, a drawing or a table."""
        filters = [f"{words} (*{suffix})" for suffix, words in PICTURES.items()]
        chosen, kind = QFileDialog.getSaveFileName(self, "Save plot", "curves.png", ";;".join(filters))
        if not chosen:
            return
        target = Path(chosen)
        if target.suffix.lower() not in PICTURES:
            target = target.with_name(target.name + list(PICTURES)[filters.index(kind) if kind in filters else 0])
        try:
            self.write(target)
        except CannotWrite as error:
            self._studio.session.say("error", str(error), "training")
        else:
            self._studio.session.say("info", f"Saved {target.name}.", "training")

    def write(self, target: Path) -> None:
        """Write the plot in the format of the suffix; CannotWrite names the file."""
        from voxstudio.engine.checkpoint import write_atomically

        suffix = target.suffix.lower()
        data = csv_of(self._curves).encode()
        if suffix != ".csv":
            data = self._printed(suffix[1:])
        write_atomically(target, data)

    def _printed(self, kind: str) -> bytes:
        """The figure as a file; lines are drawn with the rest of it."""
        buffer, lines = io.BytesIO(), [line for pair in self._lines for line in pair]
        self._saving = True
        for line in lines:
            line.set_animated(False)
        try:
            with self._style():
                self._canvas.figure.savefig(buffer, format=kind, dpi=200)
        finally:
            for line in lines:
                line.set_animated(True)
            self._saving = False
        return buffer.getvalue()

    # ---- drawing -------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Import matplotlib the first time; draw what changed meanwhile."""
        super().showEvent(event)
        if self._canvas is None and not self._loading:
            self._loading = True
            threading.Thread(target=self._import, name="voxstudio-plots", daemon=True).start()
        if self._dirty:
            self._timer.start(0)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is drawn unseen."""
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The margins stay the same number of pixels."""
        super().resizeEvent(event)
        self._later()

    def _later(self) -> None:
        self._dirty = True
        if self.isVisible() and not self._timer.isActive():
            self._timer.start(REDRAW_MS)

    def _import(self) -> None:
        """Import thread."""
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # the system's face may be unknown to it
        with ONE_AT_A_TIME:
            import matplotlib.backends.backend_qtagg
            import matplotlib.figure  # noqa: F401 - imported ahead

        self._studio.bridge.post(partial(self._build))

    def _build(self) -> None:
        from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
        from matplotlib.figure import Figure

        with self._style():
            self._canvas = FigureCanvasQTAgg(Figure(dpi=100))
        self._canvas.setAccessibleName("Curves of the run")
        self._canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._canvas.customContextMenuRequested.connect(self.open_menu)
        self._canvas.mpl_connect("draw_event", self._ground_drawn)
        self._stack.addWidget(self._canvas)
        self._stack.setCurrentWidget(self._canvas)
        self._later()

    def _style(self) -> Any:
        import matplotlib

        style: Any = theme.plot_style(theme.current(), QApplication.font())
        return matplotlib.rc_context(style)

    @Slot()
    def _draw(self) -> None:
        """Only the lines, over the axes as they stand, unless these have to change: that takes ten times as long."""
        if self._canvas is None or not self.isVisible():
            return
        self._dirty = False
        words = (*self._titles.items(), self._across)
        wanted = (words, tuple(self._curves), self._aside, self._log, theme.current().name, self.width())
        if wanted != self._drawn_for:
            self._drawn_for = wanted
            with self._style():
                self._make_axes()
        for (raw, calm), (steps, values) in zip(self._lines, self._curves.values(), strict=True):
            raw.set_data(*outline(steps, values))
            calm.set_data(*thinned(steps, smoothed(values) if self._calm else values))
        if self._fit() or self._ground is None:
            self._make_room()
            with self._style():
                self._canvas.draw()
        else:
            self._canvas.restore_region(self._ground)
            self._draw_lines()
            self._canvas.update()
        self.drawn += 1

    def _make_room(self) -> None:
        """Numbers and word at the left are seen whole, however long they are."""
        figure, renderer, ratio = self._canvas.figure, self._canvas.get_renderer(), self.devicePixelRatioF()
        (axes,) = figure.axes
        box = axes.yaxis.get_tightbbox(renderer)
        if box is not None:
            left = (axes.bbox.x0 - box.x0) / ratio + 4.0
            figure.subplots_adjust(left=max(left, _LEFT) / max(self.width(), 120))

    def _ground_drawn(self, event: Any) -> None:
        """matplotlib drew axes and words: keep them, and draw the lines over them."""
        if self._canvas is not None and not self._saving:
            self._ground = self._canvas.copy_from_bbox(self._canvas.figure.bbox)
            self._draw_lines()

    def _draw_lines(self) -> None:
        for line in (line for pair in self._lines for line in pair):
            line.axes.draw_artist(line)

    def _make_axes(self) -> None:
        """Raw values faint, smoothed ones strong; words and ticks in the colours of the theme."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        tokens, figure, names = theme.current(), self._canvas.figure, list(self._curves)
        figure.clear()
        figure.set_facecolor(tokens.raised)
        axes = figure.add_subplot()
        wide, high, top = max(self.width(), 120), max(self.height(), 80), 8.0
        seen = [colour for colour in theme.CATEGORIES if theme.contrast(colour, tokens.raised) >= 2.9]
        colours = [tokens.accent] if len(names) == 1 else seen
        self._lines, self._ground = [], None
        for index, name in enumerate(names):
            colour = tokens.muted if name == self._aside else colours[index % len(colours)]
            look: dict[str, Any] = {"color": colour, "linestyle": "--" if name == self._aside else "-"}
            (raw,) = axes.plot([], [], alpha=0.28, linewidth=0.8, animated=True, **look)
            (calm,) = axes.plot([], [], linewidth=1.6, animated=True, label=self._titles.get(name, name), **look)
            self._lines.append((raw, calm))
        axes.set_autoscale_on(False)
        positive = any(bool((values > 0).any()) for _, values in self._curves.values())
        if self._log and positive:
            axes.set_yscale("log", nonpositive="mask")
        else:
            axes.yaxis.set_major_locator(MaxNLocator(5))
            axes.yaxis.set_major_formatter(FuncFormatter(brief))  # a factor above the axis would be cut
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(thousands))
        axes.grid(True, linewidth=0.6)
        axes.tick_params(length=0, pad=4)
        axes.set_xlabel(self._along, labelpad=2)
        axes.set_ylabel(self._titles.get(names[0], names[0]) if len(names) == 1 else self._across, labelpad=2)
        if len(names) > 1:
            top = self._name_curves(axes, len(names))
        elif not names:
            axes.set_axis_off()
            axes.text(0.5, 0.5, self._empty, transform=axes.transAxes, ha="center", color=tokens.muted)
        figure.subplots_adjust(left=_LEFT / wide, right=1 - 10 / wide, top=1 - top / high, bottom=34 / high)

    def _name_curves(self, axes: Any, count: int) -> float:
        """A legend above the axes, in as many rows as it takes to be seen whole; its height in pixels."""
        figure, renderer = self._canvas.figure, self._canvas.get_renderer()
        place = {"loc": "upper right", "bbox_to_anchor": (1.0, 1.0), "bbox_transform": figure.transFigure}
        for columns in range(count, 0, -1):
            legend = axes.legend(
                frameon=False, ncols=columns, fontsize="small", handlelength=1.4, columnspacing=1.2, labelspacing=0.2,
                borderaxespad=0.2, borderpad=0.2, **place,
            )  # fmt: skip
            found = legend.get_window_extent(renderer)
            if found.x0 >= 0.0:
                break
        return max(24.0, found.height / self.devicePixelRatioF() + 4.0)

    def _fit(self) -> bool:
        """Widen the axes where the curves leave them, with room to grow; True if they had to change."""
        if not self._lines:
            return False
        axes = self._canvas.figure.axes[0]
        log = axes.get_yscale() == "log"
        before = (*axes.get_xlim(), *axes.get_ylim())
        last = max((int(steps[-1]) for steps, _ in self._curves.values() if len(steps)), default=1)
        if not last <= before[1] <= 1.6 * last:
            axes.set_xlim(0, max(1.12 * last, 2))
        low, high = span([raw.get_ydata() for raw, _ in self._lines], log)
        shown = np.log10(before[2:]) if log and min(before[2:]) > 0 else np.array(before[2:])
        if low < shown[0] or high > shown[1] or high - low < 0.6 * (shown[1] - shown[0]):
            room = 0.08 * (high - low) or 0.08 * abs(high) or 0.5
            ends = np.array([low - room, high + room])
            axes.set_ylim(*(10**ends if log else ends))
        return before != (*axes.get_xlim(), *axes.get_ylim())
