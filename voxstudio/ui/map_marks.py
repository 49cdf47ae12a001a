"""What is painted over the points of a map: names, rings, lines, the card at the mouse, the legend. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap

from voxstudio.ui import theme

CARD = 88
GAP = 8


def small_font(font: QFont, bold: bool = False) -> QFont:
    """The smallest of the three sizes."""
    made = QFont(font)
    made.setPixelSize(theme.type_scale(font).small)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def halo_text(painter: QPainter, where: QPointF, text: str, colour: str, ground: str) -> QRectF:
    """Words in the middle of a place, parted from what lies under them; their box."""
    metrics = QFontMetricsF(painter.font())
    wide, high = metrics.horizontalAdvance(text), metrics.height()
    left = QPointF(where.x() - wide / 2, where.y() + metrics.ascent() / 2 - metrics.descent() / 2)
    path = QPainterPath()
    path.addText(left, painter.font(), text)
    around = QColor(ground)
    around.setAlpha(225)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(around, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(path)
    painter.fillPath(path, QColor(colour))
    return QRectF(where.x() - wide / 2 - 4, where.y() - high / 2, wide + 8, high)


def fade_out(painter: QPainter, box: QRectF, ground: str) -> None:
    """What lies under the title fades into the ground."""
    solid, clear = QColor(ground), QColor(ground)
    solid.setAlpha(225)
    clear.setAlpha(0)
    ramp = QLinearGradient(box.topLeft(), box.bottomLeft())
    ramp.setColorAt(0.0, solid)
    ramp.setColorAt(0.6, solid)
    ramp.setColorAt(1.0, clear)
    painter.fillRect(box, ramp)


def ring(painter: QPainter, where: QPointF, radius: float, colour: str, width: float = 2.0) -> None:
    """A circle around a point."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colour), width))
    painter.drawEllipse(where, radius, radius)


def lines(painter: QPainter, start: QPointF, ends: Sequence[QPointF], strengths: Sequence[float], colour: str) -> None:
    """From one place to others, the stronger the more they count (0 to 1)."""
    for end, strength in zip(ends, strengths, strict=True):
        shade = QColor(colour)
        shade.setAlphaF(0.25 + 0.7 * min(max(strength, 0.0), 1.0))
        painter.setPen(QPen(shade, 1.0 + 2.0 * strength, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(start, end)


def cross(painter: QPainter, where: QPointF, colour: str, ground: str) -> None:
    """A place in empty space."""
    for shade, width in ((ground, 5.0), (colour, 2.0)):
        painter.setPen(QPen(QColor(shade), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for dx, dy in ((9, 0), (0, 9)):
            painter.drawLine(QPointF(where.x() - dx, where.y() - dy), QPointF(where.x() + dx, where.y() + dy))


def lasso(painter: QPainter, outline: Sequence[QPointF], colour: str) -> None:
    """The loop that is being drawn."""
    path = QPainterPath(outline[0])
    for point in outline[1:]:
        path.lineTo(point)
    path.closeSubpath()
    inner = QColor(colour)
    inner.setAlpha(30)
    painter.fillPath(path, inner)
    painter.setPen(QPen(QColor(colour), 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def tile(painter: QPainter, box: QRectF, pixmap: QPixmap | None, edge: str, width: float = 1.0) -> None:
    """A small picture on a ground of its own, or the ground alone until it is drawn."""
    tokens = theme.current()
    path = QPainterPath()
    path.addRoundedRect(box, theme.RADIUS_SMALL, theme.RADIUS_SMALL)
    painter.fillPath(path, QColor(tokens.sunken))
    if pixmap is not None:
        painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(edge), width))
    painter.drawPath(path)


def card(
    painter: QPainter, at: QPointF, room: QRectF, name: str, below: str, pictures: Sequence[QPixmap | None], edge: str
) -> None:
    """Name and pictures of the point at the mouse, where there is room for them."""
    tokens = theme.current()
    font = painter.font()
    bold, plain = small_font(font, bold=True), small_font(font)
    high_line = QFontMetricsF(bold).height()
    words = max(QFontMetricsF(bold).horizontalAdvance(name), QFontMetricsF(plain).horizontalAdvance(below) + 16)
    wide = max(max(len(pictures), 1) * (CARD + GAP) + GAP, min(words, 220.0) + 2 * GAP + 2)
    high = GAP + (CARD + GAP if pictures else 0) + 2 * high_line + GAP
    x = at.x() + 16 if at.x() + 16 + wide < room.right() else at.x() - 16 - wide
    y = at.y() + 16 if at.y() + 16 + high < room.bottom() else at.y() - 16 - high
    box = QRectF(min(max(x, room.left() + 4), max(room.right() - wide - 4, 4)), max(y, room.top() + 4), wide, high)
    path = QPainterPath()
    path.addRoundedRect(box, theme.RADIUS, theme.RADIUS)
    painter.fillPath(path, QColor(tokens.raised))
    painter.setPen(QPen(QColor(tokens.line_strong), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    left = box.left() + GAP
    for pixmap in pictures:
        tile(painter, QRectF(left, box.top() + GAP, CARD, CARD), pixmap, tokens.line)
        left += CARD + GAP
    text = QRectF(box.left() + GAP, box.bottom() - GAP - 2 * high_line, wide - 2 * GAP, high_line)
    painter.setPen(QColor(tokens.text))
    painter.setFont(bold)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, _elided(bold, name, text.width()))
    painter.setFont(plain)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(edge))
    second = text.translated(0, high_line)
    painter.drawEllipse(QPointF(second.left() + 5, second.center().y()), 4, 4)
    painter.setPen(QColor(tokens.muted))
    told = _elided(plain, below, text.width() - 14)
    painter.drawText(second.adjusted(14, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, told)
    painter.setFont(font)


def _elided(font: QFont, text: str, wide: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, wide)


def legend(
    painter: QPainter, bottom_left: QPointF, entries: Sequence[tuple[str, str, bool]], ground: str
) -> list[QRectF]:
    """Colours with their words, from the bottom up; an entry that is faded is drawn so. Their boxes."""
    tokens = theme.current()
    font = small_font(painter.font())
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    line = metrics.height() + 3
    wide = max((metrics.horizontalAdvance(word) for word, _, _ in entries), default=0.0) + 30
    top = bottom_left.y() - line * len(entries) - 8
    back = QColor(ground)
    back.setAlpha(215)
    path = QPainterPath()
    path.addRoundedRect(QRectF(bottom_left.x(), top, wide, line * len(entries) + 8), theme.RADIUS, theme.RADIUS)
    painter.fillPath(path, back)
    boxes = []
    for k, (word, colour, faded) in enumerate(entries):
        box = QRectF(bottom_left.x(), top + 4 + k * line, wide, line)
        painter.setOpacity(0.35 if faded else 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(box.left() + 12, box.center().y()), 4.5, 4.5)
        painter.setPen(QColor(tokens.text))
        painter.drawText(box.adjusted(22, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, word)
        boxes.append(box)
    painter.setOpacity(1.0)
    return boxes
