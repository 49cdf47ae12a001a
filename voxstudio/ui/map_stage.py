"""The map beside the stage: its title, the canvas, and the tools that the hand can hold."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from voxstudio.ui import drops, inputs, widgets
from voxstudio.ui.map_canvas import MapCanvas
from voxstudio.ui.studio import Studio

TOOLS = (("move", "Move"), ("lasso", "Select"), ("walk", "Walk"))
TIPS = {
    "move": "Drag moves the map, the wheel comes closer; click a point to see its shape",
    "lasso": "Draw a loop around points to select them (or hold Shift)",
    "walk": "Drag through empty space: the codes of the nearest samples are mixed and shown live",
}
_MARGIN = 12


class MapStage(QFrame):
    """Follows ``session.map``; lies at the left of the stage while the panel Map is in front."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setAcceptDrops(True)
        self.canvas = MapCanvas(studio)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        self.title = widgets.Elided("", "stage-name")
        self.about = widgets.Elided("", "stage-size")
        self._titles = QWidget(self.canvas)
        rows = QVBoxLayout(self._titles)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addWidget(self.about)
        self.tools = inputs.Segments(TOOLS, "Tool")
        for button, (key, _) in zip(self.tools.findChildren(QToolButton), TOOLS, strict=True):
            button.setToolTip(TIPS[key])
        self.tools.choose("move")
        self.whole = QToolButton()
        self.whole.setProperty("role", "pill-button")
        self.whole.setText("Whole")
        self.whole.setToolTip("See the whole map (0, or double-click empty space)")
        self._pill = QFrame(self.canvas)
        self._pill.setProperty("role", "pill")
        row = QHBoxLayout(self._pill)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        row.addWidget(self.tools)
        row.addWidget(self.whole)
        self.tools.chosen.connect(self.canvas.set_tool)
        self.whole.clicked.connect(self.canvas.fit)
        self.canvas.clicked.connect(self._clicked)
        self.canvas.lassoed.connect(self._lassoed)
        self.canvas.walked.connect(self._walked)
        studio.bridge.changed.connect(self._changed)
        self._could_walk = False
        self._follow()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "map-places":
            self.canvas.follow()
        elif topic in ("map", "checkpoint"):
            self._follow()
        elif topic == "map-walk":
            self.canvas.update()
        elif topic == "map-pictures":
            self.canvas.follow_pictures()

    def _follow(self) -> None:
        mapping = self._studio.session.map
        there = mapping.there
        self.canvas.follow()
        if there is not None:
            from voxstudio.evaluation.flat_map import METHODS

            shapes = len(there.of_domain("shape"))
            images = len(there) - shapes
            told = [f"{n:,} {word}" for n, word in ((shapes, "shapes"), (images, "images")) if n]
            self.title.say(there.title or "Map")
            self.about.say(f"{' and '.join(told)} · {METHODS[mapping.method]}")
        can = mapping.can_walk
        walk = self.tools.findChildren(QToolButton)[2]
        walk.setEnabled(can)
        if can != self._could_walk:
            self._could_walk = can
            self._hold("walk" if can else "move" if self.canvas.tool == "walk" else self.canvas.tool)
        self._place()

    def _hold(self, tool: str) -> None:
        self.tools.choose(tool)
        self.canvas.set_tool(tool)

    @Slot(int)
    def _clicked(self, index: int) -> None:
        mapping = self._studio.session.map
        if index >= 0:
            mapping.look_at(index)
        elif mapping.focus is not None or mapping.guest is not None or mapping.walk is not None:
            mapping.look_at(None)
        elif len(mapping.selection):
            mapping.select([])

    @Slot(object)
    def _lassoed(self, indices: object) -> None:
        self._studio.session.map.select(indices)  # type: ignore[arg-type]  # an array of indices

    @Slot(float, float, bool)
    def _walked(self, x: float, y: float, draft: bool) -> None:
        self._studio.session.map.walk_to(x, y, draft)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Pictures and meshes find their place here."""
        if drops.local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Embed what was dropped, or open a collection."""
        event.acceptProposedAction()
        take_map_files(self._studio, drops.local_paths(event.mimeData()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Title and tools keep to their places."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        wide = self.width()
        self._titles.setGeometry(
            _MARGIN + 4, _MARGIN + 4, max(wide - 2 * _MARGIN, 80), self._titles.sizeHint().height()
        )
        self._pill.adjustSize()
        self._pill.move(max((wide - self._pill.width()) // 2, 0), self.height() - self._pill.height() - 16)
        self._pill.setVisible(self._studio.session.map.there is not None)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.canvas.update()


def take_map_files(studio: Studio, paths: list) -> bool:  # type: ignore[type-arg]  # of paths
    """A collection to open, or something to place into the one that is open; False for anything else."""
    from voxstudio.data.embedded_file import SUFFIX
    from voxstudio.data.glance import MESHES, PHOTOS, VOXELS

    if len(paths) != 1:
        return False
    path, suffix = paths[0], paths[0].suffix.lower()
    mapping = studio.session.map
    if suffix == SUFFIX or path.is_dir() or suffix == ".voxdata" or (suffix in VOXELS and mapping.there is None):
        mapping.open(path)
        return True
    if suffix in (*MESHES, *PHOTOS, *VOXELS):
        mapping.receive(path)
        return True
    return False
