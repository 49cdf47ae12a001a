"""Photos of a turned object in, a carved solid out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from voxstudio.data.glance import PHOTOS, glance
from voxstudio.ui import inputs, widgets
from voxstudio.ui.studio import PanelSpec, Studio

if TYPE_CHECKING:
    from voxstudio.ui.turntable_tile import TurnTile

PANEL = PanelSpec(
    "turntable", "Turntable", "arrows-clockwise", "Carve a solid from photos of an object that was turned", 25,
    "voxstudio.ui.turntable_panel:TurntablePanel",
)  # fmt: skip
DIRECTIONS = (("counter", "Counter-clockwise"), ("clockwise", "Clockwise"))
FIRST_TILES = 4
FOUND = -81.0
"""The spin box's lowest value: the elevation is found from the silhouettes."""


class TurntablePanel(QWidget):
    """Top to bottom in the order of use: photos, how they were taken, the shape, carving and saving."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.session.turntable import RESOLUTIONS
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.shape_controls import ShapeControls
        from voxstudio.ui.turntable_tile import WIDTH
        from voxstudio.ui.turntable_zone import TurnZone

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.zone = TurnZone(studio)
        self.problem = Banner(studio, "turntable", "result", "export")
        self.count = widgets.words("", "heading")
        self.said = widgets.words("", "hint", wrap=True)
        self.more = widgets.button("Show all", "quiet", tip="Every photo with its silhouette, or only the first ones")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_tiles)
        self.clear = widgets.button("Remove all", "quiet", tip="Remove all turntable photos; the shape stays")
        self.clear.clicked.connect(studio.session.turntable.clear)
        self.flow = widgets.Flow(WIDTH)
        self._tiles: list[TurnTile] = []
        self.direction = inputs.Segments(DIRECTIONS, "Direction")
        self.direction.setToolTip("How the object turned, seen from above")
        self.elevation = QDoubleSpinBox()
        self.elevation.setRange(FOUND, 80.0)
        self.elevation.setDecimals(1)
        self.elevation.setSuffix("°")
        self.elevation.setSpecialValueText("Found from the photos")
        self.elevation.setKeyboardTracking(False)
        self.elevation.lineEdit().setTextMargins(6, 0, 6, 0)
        self.elevation.setToolTip("How far above level the camera stood; the lowest value lets the photos tell")
        self.resolution = inputs.Segments([(str(size), f"{size}³") for size in RESOLUTIONS], "Resolution")
        self.resolution.setToolTip("Voxels of the finished grid")
        self.controls = ShapeControls(studio)
        self.save = widgets.button("Save mesh", "", "floppy-disk", "What was carved, as OBJ, STL, PLY or GLB (Ctrl+S)")
        self.save.clicked.connect(studio.commands.action("save").trigger)
        self.carve = widgets.button("Carve", "primary", "cube", "Carve a solid from the silhouettes of these photos")
        self.carve.clicked.connect(studio.session.turntable.carve)
        self._lay_out()
        self.direction.chosen.connect(self._turn)
        self.elevation.valueChanged.connect(self._raise)
        self.resolution.chosen.connect(self._refine)
        studio.bridge.changed.connect(self._changed)
        for topic in ("turntable", "shown"):
            self._changed(topic)

    def _lay_out(self) -> None:
        scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        self._photos = widgets.Card()
        self._photos.put_head(self.count, self.more, self.clear)
        self._photos.body.addWidget(self.flow)
        taken = widgets.Card("How the photos were taken")
        for title, field in (
            ("Direction", self.direction), ("Elevation", self.elevation), ("Resolution", self.resolution)
        ):  # fmt: skip
            taken.body.addWidget(widgets.labelled(title, field))
        taken.body.addWidget(self.said)
        shape = widgets.Card("Shape")
        shape.body.addWidget(self.controls)
        for part in (self.zone, self.problem, self._photos, taken, shape):
            scroll.column.addWidget(part)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.save, self.carve))

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "turntable":
            self._follow()
        elif topic == "shown":
            session, shown = self._studio.session, self._studio.session.shown
            carved = session.given is not None and session.given.grid is session.turntable.solid
            self.save.setEnabled(carved and shown is not None and not shown.surface.is_empty)

    def _follow(self) -> None:
        from voxstudio.ui.turntable_tile import TurnTile

        turntable = self._studio.session.turntable
        photos, options, carved = turntable.photos, turntable.options, turntable.carved
        self.zone.compact(photos is not None)
        self._photos.setVisible(photos is not None)
        self.carve.setEnabled(photos is not None)
        self.direction.choose("clockwise" if options.clockwise else "counter")
        self.resolution.choose(str(options.resolution))
        self.elevation.blockSignals(True)
        self.elevation.setValue(FOUND if options.elevation_deg is None else options.elevation_deg)
        self.elevation.blockSignals(False)
        self.said.setText(_in_words(carved) if carved is not None else "")
        self.said.setVisible(carved is not None)
        if photos is None:
            self.flow.set_tiles([])
            self._tiles = []
            self.more.setChecked(False)
            return
        self.count.setText(f"{len(photos.photos)} photos")
        tiles = self.flow.findChildren(TurnTile, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if [tile.photo for tile in tiles] != list(photos.photos):
            for tile in tiles:
                tile.hide()
                tile.setParent(None)
                tile.deleteLater()
            tiles = [TurnTile(photo, self.flow) for photo in photos.photos]
        weights = carved.weights if carved is not None else (None,) * len(tiles)
        for tile, weight in zip(tiles, weights, strict=True):
            tile.tell((tile.photo.turn_deg if options.clockwise else -tile.photo.turn_deg) % 360.0, weight)
        self._tiles = tiles
        self._show_tiles()

    @Slot()
    def _show_tiles(self) -> None:
        """All tiles; or the first ones and those that are marked, so that the settings below stay in sight."""
        everything = self.more.isChecked()
        shown = [tile for k, tile in enumerate(self._tiles) if everything or k < FIRST_TILES or tile.is_marked]
        for tile in self._tiles:
            tile.setVisible(tile in shown)
        self.flow.set_tiles(shown)
        self.more.setText("Show fewer" if everything else "Show all")
        self.more.setVisible(everything or len(shown) < len(self._tiles))

    @Slot(str)
    def _turn(self, key: str) -> None:
        self._studio.session.turntable.set(clockwise=key == "clockwise")

    @Slot(float)
    def _raise(self, value: float) -> None:
        self._studio.session.turntable.set(elevation_deg=None if value <= FOUND else value)

    @Slot(str)
    def _refine(self, key: str) -> None:
        self._studio.session.turntable.set(resolution=int(key))

    def take(self, paths: Sequence[Path]) -> bool:
        """Photos, or a folder that holds no shapes, dropped on the window."""
        photos = all(path.suffix.lower() in PHOTOS for path in paths)
        if not photos and not (len(paths) == 1 and paths[0].is_dir() and glance(paths[0]).kind in ("", "photos")):
            return False
        self._studio.session.turntable.read(paths)
        return True

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.zone.dress()
        self._follow()


def _in_words(carved) -> str:
    """What the carving found."""
    from voxstudio.session.turntable import TRUSTED

    doubted = sum(weight < TRUSTED for weight in carved.weights)
    camera = f"Camera {carved.elevation_deg:.0f}° above level; the photos agree to {carved.agreement:.0%}."
    return f"{camera} {doubted} marked: contradicting the others." if doubted else camera
