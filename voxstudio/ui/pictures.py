"""From arrays to pixmaps that fit their place. GUI thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPixmap

from voxstudio.ui import theme

if TYPE_CHECKING:
    import numpy as np


def image_of(pixels: np.ndarray) -> QImage:
    """uint8 ``[H, W, 3 or 4]`` as an image that owns its memory."""
    pixels = pixels.copy(order="C")
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGBA8888 if channels == 4 else QImage.Format.Format_RGB888
    return QImage(pixels.data, width, height, channels * width, kind).copy()


def reduced(pixels: np.ndarray, side: int) -> np.ndarray:
    """Every n-th pixel, so that what remains is cheap to scale: large photos must not stall a frame."""
    step = max(1, min(pixels.shape[:2]) // (3 * side))
    return pixels[::step, ::step]


def tile(pixels: np.ndarray, side: int, ratio: float = 1.0, cover: bool = True) -> QPixmap:
    """A square with rounded corners; ``cover`` fills it, otherwise the whole picture fits into it."""
    image = image_of(reduced(pixels, round(side * ratio)))
    return rounded(image, side, side, ratio, cover)


def rounded(image: QImage, width: int, height: int, ratio: float = 1.0, cover: bool = True) -> QPixmap:
    """An image scaled into a rounded rectangle of ``width`` x ``height`` logical pixels."""
    wide, high = round(width * ratio), round(height * ratio)
    how = Qt.AspectRatioMode.KeepAspectRatioByExpanding if cover else Qt.AspectRatioMode.KeepAspectRatio
    scaled = image.scaled(wide, high, how, Qt.TransformationMode.SmoothTransformation)
    made = QPixmap(wide, high)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(0, 0, wide, high), theme.RADIUS_SMALL * ratio, theme.RADIUS_SMALL * ratio)
    painter.setClipPath(shape)
    painter.fillRect(0, 0, wide, high, QColor(theme.current().sunken))
    painter.drawImage((wide - scaled.width()) // 2, (high - scaled.height()) // 2, scaled)
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
