"""One picture of the object: as it is, as the network sees it, and what it contributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout

from voxstudio.ui import inputs, pictures, widgets

if TYPE_CHECKING:
    from voxstudio.engine.inputs import View
    from voxstudio.engine.requests import Contribution

SIDE = 72
SMALL_SIDE = 44
WIDTH = 340


class ViewTile(widgets.Card):
    """Emits the id of its view with every wish."""

    removed = Signal(int)
    background_wished = Signal(int, bool)
    look_without = Signal(int, bool)

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view_id = view.id
        self.token = 0
        self._side = SIDE
        self._captions: list[QLabel] = []
        self.photo, self.seen = QLabel(), QLabel()
        for label in (self.photo, self.seen):
            label.setFixedSize(SIDE, SIDE)
            label.setProperty("role", "picture")
        self.name = widgets.Elided(view.name, "heading")
        self.adds = widgets.Elided("", "hint")
        self.background = inputs.Switch("Cut out")
        self.background.setAccessibleName("Remove background")
        self.without = widgets.icon_button("eye-slash", "See the shape without this photo", checkable=True)
        self.remove = widgets.icon_button("trash", f"Remove {view.name}")
        self._lay_out()
        self.background.clicked.connect(self._wish_background)
        self.without.clicked.connect(self._wish_without)
        self.remove.clicked.connect(self._wish_removal)
        self.setAccessibleName(f"Photo {view.name}")
        self.show_view(view)

    def _lay_out(self) -> None:
        self.body.setSpacing(4)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.adds)
        words.addStretch(1)
        self._facts = facts = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        facts.setSpacing(2)
        facts.addLayout(words, 1)
        tools = QHBoxLayout()
        tools.setSpacing(4)
        tools.addWidget(self.background)
        tools.addStretch(1)
        tools.addWidget(self.without)
        tools.addWidget(self.remove)
        facts.addLayout(tools)
        row = QHBoxLayout()
        row.setSpacing(8)
        for label, caption in ((self.photo, "photo"), (self.seen, "network sees")):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label)
            below = widgets.words(caption, "hint")
            below.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._captions.append(below)
            column.addWidget(below)
            row.addLayout(column)
        row.addLayout(facts, 1)
        self.body.addLayout(row)
        self.compact(False)

    def compact(self, small: bool) -> None:
        """One low line, where the window is low."""
        side = SMALL_SIDE if small else SIDE
        directions = QBoxLayout.Direction
        self._facts.setDirection(directions.LeftToRight if small else directions.TopToBottom)
        self.background.setText("" if small else "Cut out")
        self.background.updateGeometry()
        for caption in self._captions:
            caption.setVisible(not small)
        edge = 4 if small else 8
        self.body.setContentsMargins(edge, edge, edge, edge)
        if side != self._side:
            self._side, self.token = side, 0
        for label in (self.photo, self.seen):
            label.setFixedSize(side, side)

    def sizeHint(self) -> QSize:
        """Two pictures and their facts."""
        return QSize(WIDTH, super().sizeHint().height())

    def show_view(self, view: View) -> None:
        """Take over what has changed about the view."""
        if view.token == self.token:
            return
        self.token = view.token
        ratio = self.devicePixelRatioF()
        self.photo.setPixmap(pictures.tile(view.picture.pixels, self._side, ratio))
        self.seen.setPixmap(pictures.tile(view.network[..., :3], self._side, ratio))
        wide, high = view.picture.size
        self.photo.setToolTip(f"{view.name}, {wide} × {high} pixels")
        self.seen.setToolTip(f"Exactly what the network sees, {view.network.shape[0]} × {view.network.shape[0]} pixels")
        self.photo.setAccessibleName("The photo")
        self.seen.setAccessibleName("What the network sees")
        self.background.setChecked(view.remove_background and not view.picture.has_alpha or view.mask is not None)
        self.background.setEnabled(not view.picture.has_alpha)
        tip = "The photo's own transparency is its mask" if view.picture.has_alpha else view.note
        self.background.setToolTip(tip or "Remove the background before the network sees the photo")

    def show_contribution(self, found: Contribution | None, several: bool, note: str) -> None:
        """Say what the shape would be without this view."""
        self.without.setVisible(several)
        if found is not None and several:
            lost = 1.0 - found.iou
            share = f"{100 * lost:.0f} %"
            self.adds.say(note or (f"Changes {share} of the shape" if lost >= 0.005 else "Changes nothing"))
            self.adds.setToolTip(
                f"Without this photo {share if lost >= 0.005 else 'less than 1 %'} of the shape would be different: "
                f"the shapes with and without it overlap by {found.iou:.3f} (IoU)"
            )
        else:
            self.adds.say(note or ("Comparing" if several else "The only photo"))
            self.adds.setToolTip("")

    def show_preview(self, on: bool) -> None:
        """This view is left out for a look."""
        self.without.setChecked(on)
        widgets.restyle(self, chosen=on)

    def dress(self) -> None:
        """Draw the pictures anew after the theme has changed."""
        self.token = 0

    @Slot(bool)
    def _wish_background(self, on: bool) -> None:
        self.background_wished.emit(self.view_id, on)

    @Slot(bool)
    def _wish_without(self, on: bool) -> None:
        self.look_without.emit(self.view_id, on)

    @Slot()
    def _wish_removal(self) -> None:
        self.removed.emit(self.view_id)
