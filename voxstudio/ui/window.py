"""The window: it places docks and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from voxstudio.ui import icons
from voxstudio.ui.beside import Beside
from voxstudio.ui.commands import Command, Commands
from voxstudio.ui.docks import PanelDock, fixed_dock
from voxstudio.ui.history_strip import HistoryStrip
from voxstudio.ui.rail import Rail
from voxstudio.ui.status import StatusBar
from voxstudio.ui.studio import Studio, panels
from voxstudio.ui.topbar import TopBar
from voxstudio.ui.viewport import Viewport

LAYOUT = 1
"""Raised when an old layout would no longer fit."""
FIRST_PANEL = "reconstruct"
INVITING = ("library", FIRST_PANEL)
"""Panels beside which the stage asks for photos."""


class Window(QMainWindow):
    """Painted before there is a session; :meth:`attach` brings it to life.

    ``closing`` comes before anything is torn down, ``dropped`` with whatever was dropped on the window.
    """

    closing = Signal()
    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("VoxStudio")
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self.commands = Commands(self)
        self._studio: Studio | None = None
        self._key = FIRST_PANEL
        self.viewport, self.status, self.strip = Viewport(), StatusBar(), HistoryStrip()
        self.rail = Rail(panels())
        self.rail.chosen.connect(self.go)
        self.docks: dict[str, PanelDock] = {}
        for index, spec in enumerate(panels()):
            command = Command(f"go-{spec.key}", f"Go to {spec.word}", "Go", f"Ctrl+{index + 1}", spec.icon)
            self.commands.add(command).triggered.connect(self._go_by_action)
        self.topbar = TopBar(self.commands)
        self._place()

    def _place(self) -> None:
        self.setMenuWidget(self.topbar)
        self.middle = Beside(self.viewport)
        self.setCentralWidget(self.middle)
        bottom = QWidget()
        column = QVBoxLayout(bottom)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.status)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, fixed_dock("rail", self.rail))
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, fixed_dock("bottom", bottom))
        self._add_dock(FIRST_PANEL)
        self.go(FIRST_PANEL)

    def _add_dock(self, key: str) -> None:
        if key not in self.docks:
            self.docks[key] = PanelDock(next(spec for spec in panels() if spec.key == key))
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.docks[key])

    def complete(self, settings: QSettings | None) -> None:
        """Add what the first paint can do without: the other docks, the icon, the layout of the last time."""
        self.setWindowIcon(icons.app_icon())
        for spec in panels():
            self._add_dock(spec.key)
        self.go(self._key)
        self._fresh_layout = self.saveState(LAYOUT)
        state = settings.value("window/state") if settings is not None else None
        if isinstance(state, QByteArray) and self.restoreState(state, LAYOUT):
            self.go(str(settings.value("window/panel", FIRST_PANEL)))

    def attach(self, studio: Studio) -> None:
        """Fill the docks that can be seen; the others are filled when they are wanted."""
        self._studio = studio
        self.topbar.attach(studio)
        self.status.attach(studio)
        self.rail.attach(studio)
        self.strip.attach(studio)
        self.viewport.rested.connect(self.strip.take)
        for dock in self.docks.values():
            if not dock.isHidden():
                dock.fill(studio)
        self.middle.show_beside(getattr(self.in_front, "beside", None))

    @Slot(str)
    def go(self, key: str) -> None:
        """Show one panel; those that were torn off stay where they are."""
        if key not in self.docks:
            return
        self._key = key
        for name, dock in self.docks.items():
            if name != key and not dock.isFloating():
                dock.hide()  # before the other is shown: two at once would make the window grow
        dock = self.docks[key]
        if self._studio is not None:
            dock.fill(self._studio)
        self.middle.show_beside(getattr(dock.panel, "beside", None))
        dock.show()
        dock.raise_()
        self.rail.choose(key)
        self.viewport.invite(key in INVITING, sample=key != FIRST_PANEL)

    @property
    def in_front(self) -> QWidget | None:
        """The panel that is shown; None before there is a session."""
        return self.docks[self._key].panel

    def is_front(self, key: str) -> bool:
        """True if this panel is the one that is shown."""
        return self._key == key

    @Slot()
    def _go_by_action(self) -> None:
        self.go(str(self.sender().property("key")).removeprefix("go-"))

    def restore_size(self, settings: QSettings) -> None:
        """Bring back size and place of the last time, before the window is shown."""
        geometry = settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    def remember_layout(self, settings: QSettings) -> None:
        """Keep size, place and docks for the next time."""
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/state", self.saveState(LAYOUT))
        settings.setValue("window/panel", self._key)

    @Slot()
    def reset_layout(self) -> None:
        """Every dock back to its first place."""
        self.restoreState(self._fresh_layout, LAYOUT)
        self.go(FIRST_PANEL)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Photos may be dropped anywhere."""
        from voxstudio.ui import drops

        if drops.can_take(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand over what was dropped."""
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the view go before the window does."""
        self.closing.emit()
        self.viewport.close_view()
        super().closeEvent(event)
