"""Drop a mesh or a photo: the codes go where it is, seen live, with the curve of how near they come."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from voxstudio.ui import drops, widgets
from voxstudio.ui.plots import Plot
from voxstudio.ui.studio import Studio
from voxstudio.ui.thumbnails import Thumbnails

SIDE = 56
HINT = "Drop a mesh, or photos of one object: the codes go as near to it as they reach."


class DropPlace(QFrame):
    """Room for a file; one line with a button."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self.setAccessibleName("Drop a mesh or photos to find their code")
        self.open = widgets.button("Open…", "", "folder-open", "Choose a mesh or pictures")
        self.open.clicked.connect(studio.commands.action("find-shape").trigger)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(widgets.words(HINT, "hint", wrap=True), 1)
        row.addWidget(self.open)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            widgets.restyle(self, over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go out again."""
        widgets.restyle(self, over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Look for it."""
        widgets.restyle(self, over=False)
        event.acceptProposedAction()
        find_dropped(self._studio, event)


def find_dropped(studio: Studio, event: QDropEvent) -> None:
    """Begin a search for the files that were dropped, or say why not."""
    found = drops.read(event.mimeData())
    if found.paths:
        studio.session.search.find(found.paths)
    else:
        sentence = found.refused[0] if found.refused else "Save the picture to a file and drop that."
        studio.session.say("error", sentence, "codes")


class SearchCard(widgets.Card):
    """Bound to ``session.search``."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Find a shape")
        self._studio = studio
        self._thumbnails = Thumbnails(studio, SIDE, self)
        self._thumbnails.drawn.connect(self._follow)
        self.place = DropPlace(studio)
        self.picture = QLabel()
        self.picture.setProperty("role", "picture")
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAccessibleName("What is looked for")
        self.name = widgets.Elided("", "heading")
        self.far = widgets.words("", "figure")
        self.told = widgets.words("", "hint", wrap=True)
        self.stop = widgets.button("Stop", "", "stop", "Keep the best code so far")
        self.show_it = widgets.icon_button("eye", "Stand at the code that was found")
        self.compare = widgets.icon_button("columns", "Compare with what was looked for", checkable=True)
        self.forget = widgets.icon_button("x", "Put this search away")
        self.curve = Plot(studio, 120, "Decoded shapes", calm=False)
        self.stop.clicked.connect(studio.session.search.stop)
        self.show_it.clicked.connect(studio.session.search.show)
        self.compare.clicked.connect(self._compare)
        self.forget.clicked.connect(studio.session.search.forget)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.name)
        words.addWidget(self.far)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.picture)
        row.addSpacing(8)
        row.addLayout(words, 1)
        for part in (self.compare, self.show_it, self.forget, self.stop):
            row.addWidget(part)
        self.body.addWidget(self.place)
        self.body.addLayout(row)
        self.body.addWidget(self.curve)
        self.body.addWidget(self.told)
        studio.bridge.changed.connect(self._changed)
        self._follow()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("inversion", "kept"):
            self._follow()

    @Slot()
    def _follow(self) -> None:
        session = self._studio.session
        now = session.search.current
        ended = now is not None and not now.running
        for part in (self.picture, self.name, self.far, self.curve):
            part.setVisible(now is not None)
        self.stop.setVisible(now is not None and now.running)
        self.show_it.setVisible(ended)
        self.forget.setVisible(ended)
        self.compare.setVisible(now is not None and now.target is not None)
        words = " ".join(part for part in (now.sentence, now.note) if part) if now is not None else ""
        self.told.setText(words)
        self.told.setVisible(bool(words))
        if now is None:
            return
        self.name.say(now.name)
        self.far.setText(f"IoU {now.iou:.2f}{'' if ended else ' so far'}" if len(now.overlaps) else "Reading")
        pixmap = self._thumbnails.pixmap(now.target) if now.target is not None else None
        if pixmap is not None:
            self.picture.setPixmap(pixmap)
        compared = session.snapshots.compared
        self.compare.setChecked(compared is not None and compared.grid is now.target)
        curves = {"iou": (now.calls, now.overlaps)} if len(now.calls) else {}
        self.curve.show_curves(curves, {"iou": "IoU"})

    @Slot(bool)
    def _compare(self, on: bool) -> None:
        session = self._studio.session
        now = session.search.current
        if on and now is not None and now.target is not None:
            session.snapshots.compare_with(now.target, now.name)
        else:
            session.snapshots.compare(None)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.curve.dress()
        self._follow()
