"""Icons of one set (Phosphor, regular weight, from qtawesome), coloured by the theme.

The font file is used directly: importing qtawesome takes longer than painting the whole window.
"""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPixmap

from voxstudio.core.paths import shipped
from voxstudio.ui import theme

SIZE = 18
"""Side of an icon in a button, in pixels."""


@cache
def _face() -> tuple[str, str]:
    """Family of the icon font, and the text of the table of its code points (``"name": "0xe000"``)."""
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or spec.origin is None:
        return "", ""
    folder = Path(spec.origin).parent / "fonts"
    number = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor-*.ttf"))))
    families = QFontDatabase.applicationFontFamilies(number)
    table = next(folder.glob("phosphor-charmap-*.json")).read_text(encoding="utf-8")
    return (families[0] if families else ""), table


@cache
def _glyph(name: str) -> str:
    """The character of an icon, empty if there is none. A search: reading the whole table takes far longer."""
    found = re.search(rf'"{re.escape(name)}"\s*:\s*"(?:0x)?([0-9a-fA-F]+)"', _face()[1])
    return chr(int(found.group(1), 16)) if found else ""


def has(name: str) -> bool:
    """True if the set holds an icon of that name."""
    return bool(_glyph(name))


def pixmap(name: str, colour: str, size: int = SIZE) -> QPixmap:
    """One icon as a square picture of ``size`` logical pixels; empty if there is none of that name."""
    family, glyph = _face()[0], _glyph(name)
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    if family and glyph:
        font = QFont(family)
        font.setPixelSize(round(size * ratio))
        painter = QPainter(made)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(QColor(colour))
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
