"""Icons of one set (Phosphor, regular weight, through qtawesome), coloured by the theme."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon

from voxstudio.core.paths import shipped
from voxstudio.ui import theme


@cache
def _font() -> Any:
    """The one icon font; qtawesome's own entry point would load all eleven of them."""
    import qtawesome
    from qtawesome.iconic_font import IconicFont

    folder = Path(qtawesome.__file__).parent / "fonts"
    face = next(folder.glob("phosphor-*.ttf")).name
    names = next(folder.glob("phosphor-charmap-*.json")).name
    return IconicFont(("ph", face, names))


def icon(name: str, colour: str = "", chosen: str = "") -> QIcon:
    """Icon ``name`` of the set; ``chosen`` is its colour in a checked button."""
    tokens = theme.current()
    shade = colour or tokens.text
    options: dict[str, Any] = {"color": shade, "color_disabled": tokens.disabled}
    if chosen:
        options |= {"color_on": chosen}
    made: QIcon = _font().icon(f"ph.{name}", **options)
    return made


def app_icon() -> QIcon:
    """The program's own mark."""
    made = QIcon()
    for size in (16, 32, 48, 128, 256):
        made.addFile(str(shipped("resources") / "icons" / "voxstudio.svg"), QSize(size, size))
    return made
