"""Objects from noise: class, seed, truncation, one button."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from voxstudio.ui import inputs, widgets
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "create", "Create", "sparkle", "Make objects from noise", 30,
    "voxstudio.ui.create_panel:CreatePanel", "generate",
)  # fmt: skip
LARGEST_SEED = 999_999


class CreatePanel(QWidget):
    """For checkpoints that are generators."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.checkpoint_choice import CheckpointChoice
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.shape_controls import ShapeControls

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "result", "checkpoint", "export")
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
            "Variety", 0.0, 1.5, 0.8, tip="Truncation: 0 makes the average object, 1 what was learned, more is wilder."
        )
        self.controls = ShapeControls(studio)
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
        self.seed.valueChanged.connect(self._remake)
        self.truncation.settled.connect(self._remake)
        self.label.activated.connect(self._remake)
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
        for part in (self.problem, source, shape):
            scroll.column.addWidget(part)
        scroll.column.addStretch(1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        foot.addWidget(self.save)
        foot.addWidget(self.make)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addWidget(widgets.rule())
        column.addLayout(foot)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "checkpoint":
            self._follow_checkpoint()
        elif topic == "shown":
            self.save.setEnabled(session.shown is not None and not session.shown.surface.is_empty)
            self._follow_draw()

    def _follow_draw(self) -> None:
        """Undo and the history change the seed too."""
        draw = self._studio.session.draw
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
        for part in (self.make, self.seed, self.dice, self.truncation, self.label):
            part.setEnabled(able)
        self.empty.setVisible(not able)
        labels = session.labels
        self._label_row.setVisible(len(labels) > 1)
        if [self.label.itemData(i) for i in range(self.label.count())] != list(labels):
            self.label.clear()
            for label in labels:
                self.label.addItem(label.capitalize(), label)

    @Slot()
    def _make(self) -> None:
        label = self.label.currentData() if self.label.count() > 1 else None
        self._studio.session.sample(label, self.seed.value(), self.truncation.value())

    @Slot()
    def _roll(self) -> None:
        self.seed.blockSignals(True)
        self.seed.setValue(random.SystemRandom().randrange(LARGEST_SEED + 1))
        self.seed.blockSignals(False)
        self._make()

    @Slot()
    def _remake(self) -> None:
        """A change is shown at once while an object from noise stands on the stage."""
        if self._studio.session.draw is not None:
            self._make()
