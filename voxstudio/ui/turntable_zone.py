"""Where turntable photos are dropped or chosen; large while there are none, one line afterwards."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout

from voxstudio.core.paths import shipped
from voxstudio.ui import icons, theme, widgets
from voxstudio.ui.studio import Studio

INVITATION = (
    "8 to 72 photos of one object that turns on its axis before a plain wall, in equal steps and in the order of their "
    "names.\nThe camera stands still."
)
FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff *.avif);;All files (*)"


class TurnZone(QFrame):
    """Offers the ways to bring a turntable."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName("Drop a folder of turntable photos here")
        self._studio = studio
        self._icon = QLabel()
        self._title = widgets.words("", "heading")
        self._more = widgets.words(INVITATION, "hint", wrap=True)
        for part in (self._icon, self._title, self._more):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.folder = widgets.button("Folder", "", "folder-open", "Choose a folder of turntable photos")
        self.files = widgets.button("Photos", "", "image", "Choose the photos themselves")
        self.sample = widgets.button(
            "Try a sample", "", "airplane-tilt", "Read the turntable that comes with the program"
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for piece, slot in (
            (self.folder, self._ask_folder),
            (self.files, self._ask_files),
            (self.sample, self._sample),
        ):
            piece.clicked.connect(slot)
            buttons.addWidget(piece)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(8)
        for part in (self._icon, self._title, self._more):
            self._column.addWidget(part)
        self._column.addLayout(buttons)
        self.dress()
        self.compact(False)

    def compact(self, small: bool) -> None:
        """One line once there are photos."""
        self._icon.setVisible(not small)
        self._more.setVisible(not small)
        self.sample.setVisible(not small)
        self._title.setText("Drop others here" if small else "Drop a folder of photos here")
        self._column.setDirection(QBoxLayout.Direction.LeftToRight if small else QBoxLayout.Direction.TopToBottom)
        self._column.setContentsMargins(*((16, 8, 8, 8) if small else (16, 20, 16, 16)))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self._title.setAlignment(left if small else Qt.AlignmentFlag.AlignCenter)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._icon.setPixmap(icons.pixmap("arrows-clockwise", theme.current().accent, 36))

    @Slot()
    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of turntable photos")
        if chosen:
            self._studio.session.turntable.read([Path(chosen)])

    @Slot()
    def _ask_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Choose turntable photos", "", FILTER)
        if chosen:
            self._studio.session.turntable.read([Path(name) for name in chosen])

    @Slot()
    def _sample(self) -> None:
        self._studio.session.turntable.read([shipped("resources") / "samples" / "turntable"])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up over files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            widgets.restyle(self, over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go out again."""
        widgets.restyle(self, over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Read what was dropped."""
        widgets.restyle(self, over=False)
        event.acceptProposedAction()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self._studio.session.turntable.read(paths)
        else:
            sentence = "What was dropped is no file on this computer: save the photos into a folder and drop that."
            self._studio.session.say("error", sentence, "turntable")
