"""The line at the top: menu, search, checkpoint."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenuBar, QSizePolicy

from voxstudio.ui import icons, widgets
from voxstudio.ui.commands import Commands
from voxstudio.ui.studio import Studio


class TopBar(QFrame):
    """Stands before there is a session; the checkpoint follows with :meth:`attach`."""

    def __init__(self, commands: Commands) -> None:
        super().__init__()
        self.setProperty("role", "topbar")
        self.setFixedHeight(48)
        self._mark = QLabel()
        self._mark.setFixedSize(24, 24)
        menu = QMenuBar()
        menu.setNativeMenuBar(False)
        menu.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        commands.fill(menu)
        self.search = widgets.button("Search any action   Ctrl+K", "search", "magnifying-glass")
        self.search.setFixedWidth(304)
        self.search.setAccessibleName("Search any action")
        self.search.clicked.connect(commands.action("search").trigger)
        self._place = QFrame()
        self._place.setFixedWidth(248)
        self._inside = QHBoxLayout(self._place)
        self._inside.setContentsMargins(0, 0, 0, 0)
        left = QFrame()
        left.setFixedWidth(248)
        row = QHBoxLayout(left)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._mark)
        row.addWidget(menu)
        row.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(8)
        layout.addWidget(left)
        layout.addStretch(1)
        layout.addWidget(self.search)
        layout.addStretch(1)
        layout.addWidget(self._place)

    def attach(self, studio: Studio) -> None:
        """Offer the checkpoints."""
        from voxstudio.ui.checkpoint_choice import CheckpointChoice

        self._mark.setPixmap(icons.app_icon().pixmap(24, 24))
        self._inside.addWidget(CheckpointChoice(studio))
