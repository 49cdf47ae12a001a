"""A map as it is painted: thousands of points, and what lies over them.

Points are drawn into an image by compiled code (:mod:`voxstudio.geometry.points`); what lies over them is painted.
Looked at closely, points become pictures of what they are.
"""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from voxstudio.core.embedded import DOMAINS, IMAGE
from voxstudio.lab.map_picture import CLASS, palette
from voxstudio.ui import map_marks, pictures, theme
from voxstudio.ui.map_points import PointLayer
from voxstudio.ui.studio import Studio

SPRITES = 110
"""So many points or fewer become pictures, if one has come closer than this zoom:"""
SPRITE_ZOOM = 1.8
SPRITE, LEAST_SPRITE = 56, 26
NAMED = 24
"""Of more classes no names are written on the map."""
JOINED = 5
EMPTY = "Open a collection: its shapes and pictures lie here, alike things side by side."
WAITING = "The map is on its way."


class MapPaper(QWidget):
    """Shows ``session.map``; what a hand does with it is told in :mod:`voxstudio.ui.map_canvas`."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.layer = PointLayer()
        self.colour_by = CLASS
        self.found: np.ndarray | None = None
        self.isolated = -1
        self._there: object = None
        self._hover = -1
        self._press: QPointF | None = None
        self._outline: list[QPointF] = []
        self._legend: list[QRectF] = []
        self._pixmaps: dict[tuple[int, str, int], QPixmap] = {}
        self._compiled = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the collection")
        self.setMinimumSize(280, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        threading.Thread(target=self._compile, name="voxstudio-map", daemon=True).start()

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(520, 520)

    def _compile(self) -> None:
        """Compile the drawing of points, beside the GUI thread."""
        from voxstudio.geometry.points import draw_points

        one = np.zeros(1, np.int64)
        draw_points(
            np.zeros((8, 8), np.uint32), np.full((1, 2), 4, np.float32), one.astype(np.uint32), one.astype(np.uint8),
            one, 2.0, 0,
        )  # fmt: skip
        self._studio.bridge.post(partial(self._ready))

    def _ready(self) -> None:
        self._compiled = True
        self.update()

    # ---- following the session -----------------------------------------------------------------

    def follow(self) -> None:
        """Take collection and places from the session."""
        mapping = self._studio.session.map
        there = mapping.there
        if there is not self._there:
            self._there = there
            self._pixmaps.clear()
            self._hover, self.found, self.isolated = -1, None, -1
            if there is not None:
                self.layer.set_points(self._groups(), there.domains)
            self.layer.fit()
        if there is not None:
            places = mapping.places
            self.layer.places = places if places is not None else np.zeros((0, 2), np.float32)
            self._light()
        self.update()

    def follow_pictures(self) -> None:
        """Small pictures have come."""
        self.update()

    def recolour(self, by: str) -> None:
        """Colour by ``"class"`` or ``"domain"``."""
        self.colour_by, self.isolated = by, -1
        if self._studio.session.map.there is not None:
            self.layer.set_groups(self._groups())
            self._light()
        self.update()

    def show_found(self, indices: np.ndarray | None) -> None:
        """Points that a search found stand out; None ends it."""
        self.found = indices
        self._light()
        self.update()

    def _groups(self) -> np.ndarray:
        there = self._studio.session.map.there
        assert there is not None
        return there.labels if self.colour_by == CLASS else there.domains.astype(np.int64)

    def _words(self) -> tuple[str, ...]:
        there = self._studio.session.map.there
        if there is None:
            return ()
        return there.class_names if self.colour_by == CLASS else tuple(f"{name}s" for name in DOMAINS)

    def _light(self) -> None:
        there, mapping = self._studio.session.map.there, self._studio.session.map
        if there is None:
            return
        chosen: np.ndarray | None = None
        if self.found is not None:
            chosen = np.isin(np.arange(len(there)), self.found)
        elif len(mapping.selection):
            chosen = np.isin(np.arange(len(there)), mapping.selection)
        if self.isolated >= 0:
            mine = self._groups() == self.isolated
            chosen = mine if chosen is None else chosen & mine
        self.layer.light_up(chosen)

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Points, then what lies over them."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        ground = self.ground()
        mapping = self._studio.session.map
        if mapping.there is None or not len(self.layer) or not self._compiled:
            painter.fillRect(self.rect(), QColor(ground))
            painter.setPen(QColor(theme.current().muted))
            words = WAITING if mapping.busy or mapping.there is not None else EMPTY
            inner = self.rect().adjusted(48, 48, -48, -48)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            painter.end()
            return
        painter.drawImage(0, 0, self.layer.image(ground))
        self._paint_sprites(painter)
        map_marks.fade_out(painter, QRectF(0, 0, self.width(), 76), ground)
        self._paint_names(painter, ground)
        self._paint_marks(painter, ground)
        self._paint_legend(painter, ground)
        if self._outline:
            map_marks.lasso(painter, self._outline, theme.current().accent)
        if self._hover >= 0 and self._press is None:
            self._paint_card(painter)
        painter.end()

    @staticmethod
    def ground() -> str:
        """The colour under the points."""
        tokens = theme.current()
        return tokens.raised if tokens.name == "light" else tokens.sunken

    def _at(self, index: int) -> QPointF:
        return self._pixel(self.layer.places[index])

    def _pixel(self, place: np.ndarray) -> QPointF:
        x, y = (self.layer.screen(place)[0] / self.devicePixelRatioF()).tolist()
        return QPointF(x, y)

    def _colour(self, index: int) -> str:
        words = self._words()
        return palette(len(words))[int(self._groups()[index])]

    def _paint_sprites(self, painter: QPainter) -> None:
        """Close by, points are pictures of what they are."""
        few = len(self.layer) <= SPRITES
        if not few and self.layer.zoom < SPRITE_ZOOM:
            return
        visible = self.layer.visible()
        if len(visible) > SPRITES or not self._studio.session.map.is_final:
            return
        self._studio.session.map.looks.want_only([*visible.tolist(), self._hover])
        there = self._studio.session.map.there
        each = self.width() * self.height() / max(len(visible), 1)
        side = float(np.clip(0.55 * each**0.5, LEAST_SPRITE, SPRITE))
        for index in visible.tolist():
            kind = "image" if there.domains[index] == IMAGE else "shape"
            pixmap = self.pixmap(index, kind)
            if pixmap is None:
                continue
            at = self._at(index)
            box = QRectF(at.x() - side / 2, at.y() - side / 2, side, side)
            map_marks.tile(painter, box, pixmap, self._colour(index), 2.0)

    def _paint_names(self, painter: QPainter, ground: str) -> None:
        """Each class's name in the midst of its points, the larger classes first; none over another."""
        words = self._words()
        if len(words) > NAMED or len(words) < 2 or self.colour_by != CLASS or self.layer.zoom > 6.0:
            return
        groups = self._groups()
        painter.setFont(map_marks.small_font(painter.font(), bold=True))
        taken: list[QRectF] = []
        counts = np.bincount(groups, minlength=len(words))
        for k in np.argsort(-counts, kind="stable").tolist():
            if not counts[k] or (self.isolated >= 0 and k != self.isolated):
                continue
            mine = self.layer.places[groups == k]
            away = np.abs(mine - np.median(mine, axis=0)).sum(axis=1)
            where = self._pixel(mine[int(away.argmin())])
            box = QRectF(where.x() - 40, where.y() - 9, 80, 18)
            if any(box.intersects(other) for other in taken):
                continue
            taken.append(map_marks.halo_text(painter, where, words[k], theme.current().text, ground))
        painter.setFont(self.font())

    def _paint_marks(self, painter: QPainter, ground: str) -> None:
        """Focus, guest, neighbours, walk."""
        mapping, accent = self._studio.session.map, theme.current().accent
        radius = self.layer.radius + 4.0
        near = mapping.hits[:JOINED]
        far = max((hit.distance for hit in near), default=1.0) or 1.0
        ends = [self._at(hit.index) for hit in near]
        strengths = [1.0 - 0.8 * hit.distance / far for hit in near]
        if mapping.guest is not None and mapping.guest.place is not None:
            at = self._pixel(mapping.guest.place)
            map_marks.lines(painter, at, ends, strengths, accent)
            for end in ends:
                map_marks.ring(painter, end, radius, accent)
            box = QRectF(at.x() - SPRITE / 2, at.y() - SPRITE / 2, SPRITE, SPRITE)
            map_marks.tile(painter, box, self._guest_pixmap(), accent, 3.0)
        elif mapping.focus is not None:
            at = self._at(mapping.focus)
            map_marks.lines(painter, at, ends, strengths, accent)
            for end in ends:
                map_marks.ring(painter, end, radius, accent, 1.5)
            map_marks.ring(painter, at, radius + 2, ground, 5.0)
            map_marks.ring(painter, at, radius + 2, accent, 3.0)
        if mapping.walk is not None:
            at = self._pixel(np.array(mapping.walk.place, np.float32))
            mixed = [self._at(i) for i in mapping.walk.indices]
            map_marks.lines(painter, at, mixed, mapping.walk.shares, accent)
            map_marks.cross(painter, at, accent, ground)
        if self._hover >= 0:
            map_marks.ring(painter, self._at(self._hover), radius, theme.current().text, 1.5)

    def _paint_legend(self, painter: QPainter, ground: str) -> None:
        words, groups = self._words(), self._groups()
        present = [k for k in range(len(words)) if bool((groups == k).any())]
        colours = palette(len(words))
        entries = [(words[k], colours[k], self.isolated not in (-1, k)) for k in present]
        if len(entries) < 2 or len(entries) * 20 > self.height() - 160:
            self._legend = []
            return
        below = 12 if self.width() > 620 else 64  # clear of the tools
        boxes = map_marks.legend(painter, QPointF(12, self.height() - below), entries, ground)
        self._legend = [QRectF()] * len(words)
        for k, box in zip(present, boxes, strict=True):
            self._legend[k] = box

    def _paint_card(self, painter: QPainter) -> None:
        there = self._studio.session.map.there
        index = self._hover
        known = self._studio.session.map.looks.picture(index)
        shown: list[QPixmap | None] = []
        if known is None:
            shown = [None]
        else:
            shown = [
                self.pixmap(index, kind) for kind in ("image", "shape") if getattr(known, kind) is not None
            ]  # fmt: skip
        below = f"{there.class_of(index)} · {DOMAINS[int(there.domains[index])]}"
        map_marks.card(
            painter, self._at(index), QRectF(self.rect()), there.names[index], below, shown, self._colour(index)
        )

    def pixmap(self, index: int, kind: str, side: int = map_marks.CARD) -> QPixmap | None:
        """The picture of a point's ``"shape"`` or ``"image"``; None until it is drawn, or if there is none."""
        known = self._studio.session.map.looks.picture(index)
        pixels = getattr(known, kind) if known is not None else None
        if pixels is None:
            return None
        key = (index, f"{kind} {theme.current().name}", side)
        if key not in self._pixmaps:
            if len(self._pixmaps) > 2000:
                self._pixmaps.clear()
            self._pixmaps[key] = pictures.tile(pixels, side, self.devicePixelRatioF())
        return self._pixmaps[key]

    def _guest_pixmap(self) -> QPixmap | None:
        from voxstudio.ui.map_guest import guest_pixmap

        guest = self._studio.session.map.guest
        return guest_pixmap(guest.query, SPRITE, self.devicePixelRatioF()) if guest is not None else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many pixels as the screen has."""
        super().resizeEvent(event)
        ratio = self.devicePixelRatioF()
        self.layer.ratio = ratio
        self.layer.size = (max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))
