"""The docks of the window: one for each panel, each with a quiet title of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QWidget

from voxstudio.ui import theme, widgets
from voxstudio.ui.studio import PanelSpec, Studio


class _Title(QFrame):
    """Name of the panel and a button that tears it off."""

    def __init__(self, dock: QDockWidget, text: str) -> None:
        super().__init__()
        self.setProperty("role", "dockbar")
        self.setFixedHeight(48)
        self._dock = dock
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 4)
        row.addWidget(widgets.words(text, "title"), 1)
        self.tear = widgets.icon_button("arrow-square-out", "Tear this panel off, or dock it again")
        self.tear.clicked.connect(self._toggle)
        row.addWidget(self.tear)

    @Slot()
    def _toggle(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())


class PanelDock(QDockWidget):
    """A place for one panel; the panel is made when it is wanted for the first time."""

    def __init__(self, spec: PanelSpec) -> None:
        super().__init__(spec.word)
        self.spec = spec
        self.setObjectName(f"panel-{spec.key}")
        self.setTitleBarWidget(_Title(self, spec.word))
        self.setMinimumWidth(theme.PANEL_WIDTH)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self._ground = QWidget()
        self._ground.setProperty("role", "panel")
        self.setWidget(self._ground)
        self.hide()
        self.panel: QWidget | None = None

    def fill(self, studio: Studio) -> None:
        """Make the panel, once."""
        if self.panel is None:
            self.panel = self.spec.build(studio)
            self.setWidget(self.panel)
            self._ground.deleteLater()


def fixed_dock(name: str, content: QWidget) -> QDockWidget:
    """A dock without a title that stays where it is."""
    dock = QDockWidget()
    dock.setObjectName(name)
    dock.setTitleBarWidget(QWidget())
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    dock.setWidget(content)
    return dock
