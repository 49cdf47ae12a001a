"""The codes of a generator under the hand: class, seed, variety, codes, directions, with the sweep of each."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from voxstudio.geometry.mesh_io import READABLE
from voxstudio.ui import drops, inputs, widgets
from voxstudio.ui.code_rows import ICON, ChoiceCode, Row
from voxstudio.ui.search_card import SearchCard, find_dropped
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "create", "Codes", "sliders-horizontal", "Make objects from noise and move through their codes", 30,
    "voxstudio.ui.create_panel:CreatePanel", "generate",
)  # fmt: skip
LARGEST_SEED = 999_999


class CreatePanel(QWidget):
    """For checkpoints that are generators. Every control is live: what it makes stands on the stage at once."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.checkpoint_choice import CheckpointChoice
        from voxstudio.ui.codes_card import CodesCard
        from voxstudio.ui.directions_card import DirectionsCard
        from voxstudio.ui.film_strip import FilmStrip
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.nearest_card import NearestCard
        from voxstudio.ui.shape_controls import ShapeControls

        self._studio = studio
        self._row: Row | None = None
        self.setProperty("role", "panel")
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "result", "checkpoint", "export", "codes")
        self.checkpoint = CheckpointChoice(studio, "generate")
        self.label = QComboBox()
        self.seed = QSpinBox()
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setValue(1)
        self.seed.setKeyboardTracking(False)
        self.seed.lineEdit().setTextMargins(6, 0, 6, 0)
        self.seed.setToolTip("The same seed makes the same object")
        self.dice = widgets.icon_button("dice-five", "Take another seed and make one")
        self.truncation = inputs.SliderRow(
            "Variety", 0.0, 1.5, 0.8, tip="0: the average object, 1: as learned, more: wilder"
        )
        self.codes = CodesCard(studio)
        self.directions = DirectionsCard(studio)
        self.search = SearchCard(studio)
        self.nearest = NearestCard(studio)
        self.strip = FilmStrip(studio)
        self.controls = ShapeControls(studio, crumbs=True)
        self.make = widgets.button("Make one", "primary", "sparkle", "Make an object from this seed")
        self.save = widgets.button("Save mesh", "", "floppy-disk", "Write OBJ, STL, PLY or GLB (Ctrl+S)")
        self.save.clicked.connect(studio.commands.action("save").trigger)
        self.empty = widgets.words(
            "This checkpoint makes nothing from noise. Choose one that does, above or in the library.",
            "hint",
            wrap=True,
        )
        self._lay_out()
        self.make.clicked.connect(self._make)
        self.dice.clicked.connect(self._roll)
        self.seed.valueChanged.connect(self._reseed)
        self.truncation.moved.connect(self._vary)
        self.truncation.settled.connect(self._varied)
        self.label.activated.connect(self._relabel)
        self.codes.pointed.connect(self._point)
        self.directions.pointed.connect(self._point)
        self.strip.chosen.connect(self._chosen)
        self.strip.frames.drawn.connect(self._picture)
        studio.bridge.changed.connect(self._changed)
        for topic in ("checkpoint", "shown"):
            self._changed(topic)

    def _lay_out(self) -> None:
        scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        source = widgets.Card("Object")
        source.body.addWidget(widgets.labelled("Checkpoint", self.checkpoint))
        source.body.addWidget(self.empty)
        self._label_row = widgets.labelled("Class", self.label)
        source.body.addWidget(self._label_row)
        row = QWidget()
        pair = QHBoxLayout(row)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(8)
        pair.addWidget(self.seed, 1)
        pair.addWidget(self.dice)
        self.seed.setAccessibleName("Seed")
        source.body.addWidget(widgets.labelled("Seed", row))
        source.body.addWidget(self.truncation)
        shape = widgets.Card("Shape")
        shape.body.addWidget(self.controls)
        for part in (self.problem, source, self.codes, self.directions, self.search, self.nearest, shape):
            scroll.column.addWidget(part)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.save, self.make), self.strip)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "checkpoint":
            self._follow_checkpoint()
        elif topic == "shown":
            if session.shown is None or not session.shown.draft:  # a drag moves none of these
                self.save.setEnabled(session.shown is not None and not session.shown.surface.is_empty)
                self._follow_draw()
            self._follow_strip()
        elif topic == "latents":
            self._follow_rows()

    def _follow_draw(self) -> None:
        """Undo and the history change the seed too."""
        draw = self._studio.session.draw
        self.make.setText("Make one" if draw is None else "Make another")
        if draw is None:
            return
        self.seed.blockSignals(True)
        self.seed.setValue(draw.seed)
        self.seed.blockSignals(False)
        self.truncation.set_value(draw.truncation)
        self.label.setCurrentIndex(max(0, self.label.findData(draw.label)))

    def _follow_checkpoint(self) -> None:
        from voxstudio.ui.checkpoint_choice import offers

        session = self._studio.session
        card = session.checkpoint.card if session.checkpoint is not None else None
        able = card is not None and offers(card, "generate")
        if session.model is not None:
            able = session.model.can_sample
        for part in (self.make, self.seed, self.dice, self.truncation, self.label, self.codes, self.directions):
            part.setEnabled(able)
        self.empty.setVisible(not able)
        labels = session.labels
        conditional = session.model is None or any(c.name == "label" for c in session.model.controls)
        self._label_row.setVisible(len(labels) > 1 and conditional)
        if [self.label.itemData(i) for i in range(self.label.count())] != list(labels):
            self.label.clear()
            for label in labels:
                self.label.addItem(label.capitalize(), label)
        lives = able and (session.model is None or bool(session.model.layout))
        self.search.setVisible(lives)
        self.nearest.setVisible(lives)
        self._follow_rows()

    # ---- the sweep of what is pointed at ---------------------------------------------------------

    def _follow_rows(self) -> None:
        """The rows may be new: sweep the first of them, unless the one that was swept is still there."""
        rows = [*self.codes.rows.values(), *self.directions.rows.values()]
        if self._row not in rows:
            self._row = rows[0] if rows else None
        self.strip.setVisible(bool(rows))
        most = max((row.choices for row in rows), default=0)
        self.strip.frames.set_rows(2 if most > 10 else 1)
        self._follow_strip()

    @Slot(object)
    def _point(self, row: Row) -> None:
        if row is not self._row:
            self._row = row
            self._follow_strip()

    def _follow_strip(self) -> None:
        """Ask for the sweep anew when the shape is another one; in a drag it stays as it is."""
        if self._row is None or not self.isVisible():
            return
        self.strip.point_at(self._row.told(), self._row.value())
        shown = self._studio.session.shown
        if shown is not None and not shown.draft:
            self._studio.session.show_film(self._row.axis)

    @Slot()
    def _picture(self) -> None:
        """A list of values shows what each of them makes, once it was swept."""
        if isinstance(self._row, ChoiceCode) and self._row.combo is not None:
            for value, pixmap in self.strip.frames.pictures(self._row.axis, ICON):
                self._row.picture(value, pixmap)

    @Slot(float)
    def _chosen(self, value: float) -> None:
        if self._row is not None:
            self._row.settled.emit(self._row.axis, value)

    # ---- what is dropped is looked for -----------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Meshes, photos and saved codes; weights and folders are for the window."""
        paths = drops.local_paths(event.mimeData())
        files = bool(paths) and not any(drops.is_weights(path) or path.is_dir() for path in paths)
        if files and self.search.isVisibleTo(self):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look for their code; a saved code is one already."""
        event.acceptProposedAction()
        paths = drops.local_paths(event.mimeData())
        if len(paths) == 1 and paths[0].suffix.lower() == ".json":
            self._studio.session.latents.load(paths[0])
        else:
            find_dropped(self._studio, event)

    def take(self, paths: Sequence[Path]) -> bool:
        """Files that were dropped elsewhere on the window: meshes, and photos where nothing else would read them."""
        model = self._studio.session.model
        if model is None or not self.search.isVisibleTo(self) or not all(path.is_file() for path in paths):
            return False
        if len(paths) == 1 and paths[0].suffix.lower() == ".json":
            return self._studio.session.latents.load(paths[0])
        meshes = all(path.suffix.lower() in (*READABLE, ".npz") for path in paths)
        return (meshes or not model.can_reconstruct) and self._studio.session.search.find(paths)

    # ---- class, seed, variety --------------------------------------------------------------------

    def _label(self) -> str | None:
        return self.label.currentData() if not self._label_row.isHidden() else None

    @Slot()
    def _make(self) -> None:
        """The object of this seed; where it stands on the stage already, that of another."""
        draw = self._studio.session.draw
        if draw is not None and draw.start is None and draw.seed == self.seed.value():
            self._roll()
        else:
            self._studio.session.vary(self.seed.value(), self.truncation.value(), self._label())

    @Slot()
    def _roll(self) -> None:
        seed = random.SystemRandom().randrange(LARGEST_SEED + 1)
        self._studio.session.vary(seed, self.truncation.value(), self._label())

    @Slot(int)
    def _reseed(self, seed: int) -> None:
        """A change is shown at once while an object from noise stands on the stage."""
        if self._studio.session.draw is not None:
            self._studio.session.vary(seed=seed)

    @Slot(float)
    def _vary(self, value: float) -> None:
        if self._studio.session.draw is not None:
            self._studio.session.vary(truncation=value, draft=True)

    @Slot(float)
    def _varied(self, value: float) -> None:
        if self._studio.session.draw is not None:
            self._studio.session.vary(truncation=value)

    @Slot(int)
    def _relabel(self, index: int) -> None:
        if self._studio.session.draw is not None:
            self._studio.session.vary(label=self.label.itemData(index))

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.search.dress()
        self.nearest.dress()
