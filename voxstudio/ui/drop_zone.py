"""Where photos are dropped, opened, pasted; large while there are none, one line afterwards."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QVBoxLayout

from voxstudio.ui import drops, icons, theme, widgets
from voxstudio.ui.studio import Studio

INVITATION = "One object, from one side or many.\nFiles, or pictures from a browser."


class DropZone(QFrame):
    """Offers the ways to add photos."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName("Drop photos here")
        self._studio = studio
        commands = studio.commands
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = widgets.words("Drop photos here", "heading")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._more = widgets.words(INVITATION, "hint", wrap=True)
        self._more.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = widgets.button("Open", "", "folder-open", "Choose image files (Ctrl+O)")
        self.paste = widgets.button("Paste", "", "clipboard", "Add the photo in the clipboard (Ctrl+V)")
        self.sample = widgets.button("Try a sample", "", "image", "Reconstruct the photos that come with the program")
        for piece, key in ((self.open, "open"), (self.paste, "paste"), (self.sample, "sample")):
            piece.clicked.connect(commands.action(key).trigger)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        for piece in (self.open, self.paste, self.sample):
            self._buttons.addWidget(piece)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(8)
        self._column.setDirection(QBoxLayout.Direction.TopToBottom)
        for part in (self._icon, self._title, self._more):
            self._column.addWidget(part)
        self._column.addLayout(self._buttons)
        self.dress()
        self.compact(False)

    def compact(self, small: bool) -> None:
        """One line with what is needed to add more, once there are photos."""
        if not small:  # first: all of it in one line would widen the dock, which does not shrink again
            self._column.setDirection(QBoxLayout.Direction.TopToBottom)
        self._icon.setVisible(not small)
        self._more.setVisible(not small)
        self.sample.setVisible(not small)
        if small:
            self._column.setDirection(QBoxLayout.Direction.LeftToRight)
        self._title.setText("Drop more photos here" if small else "Drop photos here")
        self._column.setContentsMargins(*((16, 8, 8, 8) if small else (16, 20, 16, 16)))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self._title.setAlignment(left if small else Qt.AlignmentFlag.AlignCenter)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._icon.setPixmap(icons.pixmap("image-square", theme.current().accent, 36))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up if this may be a picture."""
        if drops.can_take(event.mimeData()):
            event.acceptProposedAction()
            widgets.restyle(self, over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go out again."""
        widgets.restyle(self, over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand it over."""
        widgets.restyle(self, over=False)
        event.acceptProposedAction()
        drops.receive(self._studio.session, event.mimeData())
