"""One photo of a turntable: its mask, its azimuth, and whether the carving believes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from voxstudio.ui import icons, pictures, theme, widgets

if TYPE_CHECKING:
    from voxstudio.data.turntable import Photo

SIDE = 72
WIDTH = 76


class TurnTile(QFrame):
    """The picture with what is not the object faded, and below it where the camera stood."""

    def __init__(self, photo: Photo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo = photo
        self.is_marked = bool(photo.note)
        self.picture, self.mark = QLabel(), QLabel()
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setProperty("role", "picture")
        self.picture.setAccessibleName(f"Photo {photo.name}")
        self.angle = widgets.words("", "hint")
        self.mark.setFixedSize(16, 16)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(4)
        foot.addStretch(1)
        foot.addWidget(self.mark)
        foot.addWidget(self.angle)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(foot)

    def sizeHint(self) -> QSize:
        """A picture and its angle."""
        return QSize(WIDTH, super().sizeHint().height())

    def tell(self, azimuth_deg: float, weight: float | None) -> None:
        """Say from where it was taken and how far it was believed; None: nothing was carved yet."""
        from voxstudio.session.turntable import TRUSTED

        doubted = weight is not None and weight < TRUSTED
        self.picture.setPixmap(pictures.tile(self.photo.thumbnail, SIDE, self.devicePixelRatioF()))
        self.angle.setText(f"{azimuth_deg:.0f}°")
        self.is_marked = doubted or bool(self.photo.note)
        self.mark.setVisible(self.is_marked)
        self.mark.setPixmap(icons.pixmap("warning", theme.current().danger, 16))
        said = "contradicts the other photos and is not believed" if doubted else self.photo.note
        self.setToolTip(f"{self.photo.name}: {said}" if said else self.photo.name)
        self.setAccessibleName(f"{self.photo.name}, {azimuth_deg:.0f} degrees{', not believed' if doubted else ''}")
