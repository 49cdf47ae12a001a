"""A - B + C: three shapes and what they make, each of them seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QIcon
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout

from voxstudio.ui import carrying, widgets
from voxstudio.ui.studio import Studio
from voxstudio.ui.thumbnails import Thumbnails

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid

SIDE = 60
NAMES = ("A", "B", "C")
HINT = "What A has and B lacks, given to C. Click a place to take the shape on the stage."


class Term(QToolButton):
    """A place for one shape: a click takes that on the stage, a drop that from the history."""

    taken = Signal(int)
    dropped = Signal(int, int)

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index
        self.setProperty("role", "add")
        self.setText(NAMES[index])
        self.setFixedSize(SIDE + 4, SIDE + 4)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self._clicked)

    def show_term(self, title: str, icon: QIcon | None) -> None:
        """A shape, or room for one."""
        self.setIcon(icon if icon is not None else QIcon())
        name = NAMES[self.index]
        self.setText("" if icon is not None else name)
        told = f"{name}, {title}" if title else name
        self.setToolTip(f"{told}: click to take the shape on the stage, or drop one from the history")
        self.setAccessibleName(f"{name}: {title or 'empty'}")
        widgets.restyle(self, role="thumb" if icon is not None else "add")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for a shape of the history."""
        if carrying.carried(event.mimeData(), carrying.KEPT) is not None:
            event.acceptProposedAction()
            widgets.restyle(self, over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go out again."""
        widgets.restyle(self, over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        widgets.restyle(self, over=False)
        kept = carrying.carried(event.mimeData(), carrying.KEPT)
        if kept is not None:
            event.acceptProposedAction()
            self.dropped.emit(self.index, kept)

    @Slot()
    def _clicked(self) -> None:
        self.taken.emit(self.index)


class SumCard(widgets.Card):
    """Bound to the session's path."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._result: VoxelGrid | None = None
        self._thumbnails = Thumbnails(studio, SIDE, self)
        self._thumbnails.drawn.connect(self._follow)
        self.terms = [Term(index) for index in range(3)]
        self.result = QToolButton()
        self.result.setProperty("role", "thumb")
        self.result.setFixedSize(SIDE + 4, SIDE + 4)
        self.result.setIconSize(QSize(SIDE, SIDE))
        self.result.setAccessibleName("A − B + C")
        self.result.setToolTip("Show A − B + C")
        self.result.setCursor(Qt.CursorShape.PointingHandCursor)
        self.result.clicked.connect(studio.session.path.add_up)
        self.clear = widgets.icon_button("arrow-counter-clockwise", "Empty A, B and C")
        self.clear.clicked.connect(studio.session.path.clear_terms)
        self.hint = widgets.words(HINT, "hint", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(0)
        for term, sign in zip(self.terms, ("−", "+", "="), strict=True):
            row.addWidget(term)
            operator = widgets.words(sign, "title")
            operator.setAlignment(Qt.AlignmentFlag.AlignCenter)
            row.addWidget(operator, 1)
            term.taken.connect(self._take)
            term.dropped.connect(self._drop)
        row.addWidget(self.result)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(row)
        self.put_head(widgets.words("Shape arithmetic", "heading"), self.clear)
        self.body.addWidget(self.hint)
        self.body.addLayout(column)
        studio.bridge.changed.connect(self._changed)
        self._follow()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "shown":
            shown, wanted = session.shown, session.path.sum
            draw = shown.draw if shown is not None else None
            if wanted is not None and draw is not None and getattr(draw, "start", None) is wanted:
                self._result = shown.grid
                self._follow()
        elif topic == "path":
            self._follow()

    @Slot()
    def _follow(self) -> None:
        path = self._studio.session.path
        for term, key in zip(self.terms, path.terms, strict=True):
            pixmap = self._thumbnails.pixmap(key.grid) if key is not None else None
            term.show_term(key.title if key is not None else "", QIcon(pixmap) if pixmap is not None else None)
        if path.sum is None:
            self._result = None
        pixmap = self._thumbnails.pixmap(self._result) if self._result is not None else None
        self.result.setIcon(QIcon(pixmap) if pixmap is not None else QIcon())
        self.result.setEnabled(all(term is not None for term in path.terms))
        self.clear.setEnabled(any(term is not None for term in path.terms))

    @Slot(int)
    def _take(self, index: int) -> None:
        self._studio.session.path.set_term(index)

    @Slot(int, int)
    def _drop(self, index: int, kept: int) -> None:
        session = self._studio.session
        found = session.snapshots.find(kept)
        if found is not None:
            session.path.set_term(index, found)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._follow()
