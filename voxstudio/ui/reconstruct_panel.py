"""Photos in, a shape out, a mesh saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from voxstudio.ui import inputs, widgets
from voxstudio.ui.studio import PanelSpec, Studio

if TYPE_CHECKING:
    from voxstudio.ui.view_tile import ViewTile

PANEL = PanelSpec(
    "reconstruct", "Reconstruct", "camera", "Turn photos into a mesh", 20,
    "voxstudio.ui.reconstruct_panel:ReconstructPanel", "reconstruct",
)  # fmt: skip
FUSIONS = {"mean": "Mean", "max": "Max", "lstm": "LSTM"}
_TILES_AT_ONCE = 3
_LOW = 560
"""Below this height, in pixels, the photos stand in one line each."""


class ReconstructPanel(QWidget):
    """Top to bottom in the order of use: photos, how they are joined, the shape, saving."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.drop_zone import DropZone
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.shape_controls import ShapeControls
        from voxstudio.ui.view_tile import WIDTH

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._tiles: dict[int, ViewTile] = {}
        self._low = False
        self.zone = DropZone(studio)
        self.problem = Banner(studio, "images", "checkpoint", "result")
        self.count = widgets.words("", "heading")
        self.clear = widgets.button("Remove all", "quiet", tip="Remove all photos")
        self.clear.clicked.connect(studio.commands.action("clear").trigger)
        self.again = widgets.button("Reconstruct", "", "camera", "Return from the object on the stage to these photos")
        self.again.clicked.connect(studio.session.reconstruct)
        self.flow = widgets.Flow(WIDTH)
        self.fusion = inputs.Segments([(key, FUSIONS.get(key, key)) for key in studio.session.fusions], "Fusion")
        self.fusion.setToolTip("How the photos' codes are joined into one")
        self.label = QComboBox()
        self.controls = ShapeControls(studio)
        self.saved = Banner(studio, "export")
        self.save = widgets.button("Save mesh", "primary", "floppy-disk", "Write OBJ, STL, PLY or GLB (Ctrl+S)")
        self.save.clicked.connect(studio.commands.action("save").trigger)
        self._lay_out()
        self.fusion.chosen.connect(self._fuse)
        self.label.activated.connect(self._choose_label)
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.setSingleShot(True)
        self._more.timeout.connect(self._follow_views)
        studio.bridge.changed.connect(self._changed)
        for topic in ("views", "options", "checkpoint", "shown"):
            self._changed(topic)

    def _lay_out(self) -> None:
        """The photos scroll between what adds them and the controls, which stay in sight."""
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.count, 1)
        head.addWidget(self.again)
        head.addWidget(self.clear)
        self._head = QWidget()
        self._head.setLayout(head)
        self._photos = widgets.ScrollColumn()
        self._photos.setMinimumHeight(64)
        self._photos.column.setContentsMargins(16, 0, 16, 8)
        self._photos.column.addWidget(self.flow)
        self._photos.column.addStretch(1)
        self._photos.setAccessibleName("Photos")
        self._shape = shape = widgets.Card()
        self._fusion_row = widgets.labelled("Fusion", self.fusion)
        self._label_row = widgets.labelled("Class", self.label)
        for part in (self._fusion_row, self._label_row, self.controls):
            shape.body.addWidget(part)
        top, bottom = QVBoxLayout(), QVBoxLayout()
        top.setContentsMargins(16, 4, 16, 4)
        bottom.setContentsMargins(16, 4, 16, 16)
        for group, parts in ((top, (self.zone, self.problem, self._head)), (bottom, (shape, self.saved, self.save))):
            group.setSpacing(8)
            for part in parts:
                group.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._photos, 1)
        column.addStretch(0)
        column.addLayout(bottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the photos take less room each."""
        super().resizeEvent(event)
        low = self.height() < _LOW
        if low == self._low:
            return
        self._low = low
        self._shape.body.setContentsMargins(12, *((4, 12, 4) if low else (12, 12, 12)))
        self._shape.body.setSpacing(4 if low else 8)
        self.controls.layout().setSpacing(4 if low else 8)
        for view in self._studio.session.views:
            tile = self._tiles.get(view.id)
            if tile is not None:
                tile.compact(low)
                tile.show_view(view)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "views":
            self._follow_views()
        elif topic == "contributions":
            self._follow_contributions()
        elif topic in ("options", "checkpoint"):
            self._follow_options()
        elif topic == "shown":
            shown = self._studio.session.shown
            self.save.setEnabled(shown is not None and not shown.surface.is_empty)
            session = self._studio.session
            self.again.setVisible(session.draw is not None or session.given is not None)

    def _follow_views(self) -> None:
        """Make a few tiles at a time: dozens at once would hold up the view."""
        from voxstudio.ui.view_tile import ViewTile

        views = self._studio.session.views
        kept = {view.id for view in views}
        for gone in [view_id for view_id in self._tiles if view_id not in kept]:
            tile = self._tiles.pop(gone)
            tile.hide()
            tile.deleteLater()
        made = 0
        for view in views:
            tile = self._tiles.get(view.id)
            if tile is not None:
                tile.show_view(view)
                continue
            if made == _TILES_AT_ONCE:
                self._more.start()
                break
            made += 1
            tile = self._tiles[view.id] = ViewTile(view)
            tile.compact(self._low)
            tile.show_view(view)
            tile.removed.connect(self._studio.session.remove_view)
            tile.background_wished.connect(self._studio.session.set_remove_background)
            tile.look_without.connect(self._look_without)
        self.flow.set_tiles([self._tiles[view.id] for view in views if view.id in self._tiles])
        self.zone.compact(bool(views))
        self._head.setVisible(bool(views))
        self._photos.setVisible(bool(views))
        self.count.setText("1 photo" if len(views) == 1 else f"{len(views)} photos")
        self._fusion_row.setVisible(len(self._studio.session.fusions) > 1)
        self.fusion.setEnabled(len(views) > 1 or not views)
        self._follow_contributions()

    def _follow_contributions(self) -> None:
        session = self._studio.session
        known = {item.view_id: item for item in session.contributions}
        for view in session.views:
            tile = self._tiles.get(view.id)
            if tile is not None:
                tile.show_contribution(known.get(view.id), len(session.views) > 1, view.note)
                tile.show_preview(session.preview == view.id)

    def _follow_options(self) -> None:
        session = self._studio.session
        self.fusion.set_values([(key, FUSIONS.get(key, key)) for key in session.fusions])
        self.fusion.choose(session.options.fusion)
        self._fusion_row.setVisible(len(session.fusions) > 1)
        labels = session.labels
        self._label_row.setVisible(len(labels) > 1)
        if [self.label.itemData(i) for i in range(self.label.count())] != list(labels):
            self.label.clear()
            for label in labels:
                self.label.addItem(label.capitalize(), label)
        self.label.setCurrentIndex(max(0, self.label.findData(session.options.label)))

    @Slot(str)
    def _fuse(self, key: str) -> None:
        self._studio.session.set_options(fusion=key)

    @Slot(int)
    def _choose_label(self, index: int) -> None:
        self._studio.session.set_options(label=self.label.itemData(index))

    @Slot(int, bool)
    def _look_without(self, view_id: int, on: bool) -> None:
        if on:
            self._studio.session.preview_without(view_id)
        else:
            self._studio.session.preview_all()
        self._follow_contributions()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.zone.dress()
        for view in self._studio.session.views:
            tile = self._tiles.get(view.id)
            if tile is not None:
                tile.dress()
                tile.show_view(view)
