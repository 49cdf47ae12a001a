"""The picture of what was dropped on a map. GUI thread."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from voxstudio.core.embedded import IMAGE
from voxstudio.ui import pictures, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

    from voxstudio.lab.map_search import Query

_MADE: weakref.WeakKeyDictionary[Any, dict[Any, QPixmap]] = weakref.WeakKeyDictionary()


def guest_pixmap(query: Query, side: int, ratio: float) -> QPixmap:
    """What was seen of a picture, or a portrait of a shape; drawn once."""
    kept = _MADE.setdefault(query, {})
    key = (side, ratio, theme.current().name)
    if key not in kept:
        if query.domain == IMAGE:
            from voxstudio.lab.map_points import opaque

            pixels = opaque(query.seen)
        else:
            from voxstudio.geometry.portrait import portrait
            from voxstudio.lab.map_points import soft_grid

            pixels = portrait(soft_grid(query.seen), 96)
        kept[key] = pictures.tile(pixels, side, ratio)
    return kept[key]
