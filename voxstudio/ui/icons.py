"""Icons of one set (Phosphor, regular weight, from qtawesome), coloured by the theme.

The font file is used directly: importing qtawesome takes longer than painting the whole window.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPixmap

from voxstudio.core.paths import shipped
from voxstudio.ui import theme

SIZE = 18
"""Side of an icon in a button, in pixels."""


@cache
def _face() -> tuple[str, dict[str, str]]:
    """Family of the icon font, and the code point of each name (hexadecimal)."""
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or spec.origin is None:
        return "", {}
    folder = Path(spec.origin).parent / "fonts"
    number = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor-*.ttf"))))
    families = QFontDatabase.applicationFontFamilies(number)
    names = json.loads(next(folder.glob("phosphor-charmap-*.json")).read_text(encoding="utf-8"))
    return (families[0] if families else ""), names


def has(name: str) -> bool:
    """True if the set holds an icon of that name."""
    return name in _face()[1]


def pixmap(name: str, colour: str, size: int = SIZE) -> QPixmap:
    """One icon as a square picture of ``size`` logical pixels; empty if there is none of that name."""
    family, names = _face()
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    if family and name in names:
        font = QFont(family)
        font.setPixelSize(round(size * ratio))
        painter = QPainter(made)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        glyph = chr(int(names[name], 16))
        painter.drawText(QRectF(0, 0, made.width(), made.height()), Qt.AlignmentFlag.AlignCenter, glyph)
        painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def icon(name: str, colour: str = "", chosen: str = "", size: int = SIZE, fades: bool = False) -> QIcon:
    """Icon ``name`` of the set; ``chosen`` is its colour in a checked button; ``fades``: it may be disabled."""
    tokens = theme.current()
    made = QIcon()
    made.addPixmap(pixmap(name, colour or tokens.text, size))
    if fades:
        made.addPixmap(pixmap(name, tokens.disabled, size), QIcon.Mode.Disabled)
    if chosen:
        made.addPixmap(pixmap(name, chosen, size), QIcon.Mode.Normal, QIcon.State.On)
    return made


def app_icon() -> QIcon:
    """The program's own mark."""
    made = QIcon()
    for size in (16, 32, 48, 128, 256):
        made.addFile(str(shipped("resources") / "icons" / "voxstudio.svg"), QSize(size, size))
    return made
