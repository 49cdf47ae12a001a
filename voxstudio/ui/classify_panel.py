"""What a classifier says of a shape, what it looked at, and how little misleads it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox

from voxstudio.ui import inputs, widgets
from voxstudio.ui.mesh_drop import MeshDrop
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "classify", "Classify", "tag", "See what a shape is taken for, why, and how to mislead it", 43,
    "voxstudio.ui.classify_panel:ClassifyPanel", "classify",
)  # fmt: skip
SOURCES = (("stage", "The stage"), ("file", "A mesh"))
MODES = (("look", "What it looked at"), ("attack", "Attack"))
COLOURS = (("where", "Where"), ("sign", "For, against"), ("none", "Clay"))
NONE = (
    "No checkpoint classifies yet. Train one, in the panel Train (3DWINN) or with "
    "“voxstudio train winn3d --preset supervised --out FOLDER”, or open one in the library."
)


class ClassifyPanel(MeshDrop):
    """Top to bottom: the shape, the answer, what it looked at or an attack, curves and the paper's table."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.attack_card import AttackCard, CurvesCard, TableCard
        from voxstudio.ui.class_bars import ClassBars
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.shape_controls import ShapeControls

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "classify", "export", "result")
        self.empty = widgets.words(NONE, "hint", wrap=True)
        self.checkpoint = QComboBox()
        self.checkpoint.setToolTip("The network that classifies; what else is open stays open")
        self.checkpoint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        inputs.calm_wheel(self.checkpoint)
        self.source = inputs.Segments(SOURCES, "Shape")
        self.source.setToolTip("The stage: whatever stands there, live. A mesh: drop one on this panel")
        self.name = widgets.Elided("", "hint")
        self.bars = ClassBars()
        self.mode = inputs.Segments(MODES, "What to do")
        self.colour = inputs.Segments(COLOURS, "Colour")
        self.colour.setToolTip("From the gradient of the class's score to every voxel, smoothed over neighbours")
        self.looked_for = QComboBox()
        self.looked_for.setToolTip("The class whose score is looked into")
        inputs.calm_wheel(self.looked_for)
        self.attack, self.curves, self.table = AttackCard(studio), CurvesCard(studio), TableCard(studio)
        self.controls = ShapeControls(studio)
        self.save = widgets.button("Save mesh", "", "floppy-disk", "Write OBJ, STL, PLY or GLB (Ctrl+S)")
        self.save.clicked.connect(studio.commands.action("save").trigger)
        self.take_stage = widgets.button("Classify the stage", "primary", "tag", "Classify what stands there now")
        self._lay_out()
        self._connect()
        for topic in ("catalogue", "classify", "shown"):
            self._changed(topic)

    def _lay_out(self) -> None:
        scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        shape = widgets.Card()
        self._rows = (widgets.labelled("Checkpoint", self.checkpoint), widgets.labelled("Shape", self.source))
        for part in (self.empty, *self._rows):
            shape.body.addWidget(part)
        self._answer = widgets.Card()
        self._answer.body.addWidget(self.name)
        self._answer.body.addWidget(self.bars)
        self._look = widgets.Card()
        self._look.body.addWidget(widgets.labelled("Colour", self.colour))
        self._look.body.addWidget(widgets.labelled("Class", self.looked_for))
        self._form = widgets.Card("Shape")
        self._form.body.addWidget(self.controls)
        self._parts = (self.mode, self._look, self.attack, self.curves, self.table, self._form)
        for card in (self.problem, shape, self._answer, *self._parts):
            scroll.column.addWidget(card)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.save, self.take_stage))

    def _connect(self) -> None:
        action = self._studio.commands.action
        self.checkpoint.activated.connect(self._choose)
        self.source.chosen.connect(self._from)
        self.mode.chosen.connect(self._set_mode)
        self.colour.chosen.connect(self._set_colour)
        self.looked_for.activated.connect(self._look_for)
        self.take_stage.clicked.connect(action("classify-stage").trigger)
        self._studio.bridge.changed.connect(self._changed)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "catalogue":
            self._fill()
            self.table.follow()
        if topic in ("catalogue", "classify"):
            self._follow()
        elif topic == "shown" and (session.shown is None or not session.shown.draft):
            self._follow_stage()
            self.save.setEnabled(session.shown is not None and not session.shown.surface.is_empty)

    def _fill(self) -> None:
        self.checkpoint.clear()
        for entry in self._studio.session.classifying.entries:
            self.checkpoint.addItem(entry.card.title or entry.name, str(entry.folder))
            tip = f"{entry.name}: {entry.card.summary}" if entry.card.summary else entry.name
            self.checkpoint.setItemData(self.checkpoint.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _follow(self) -> None:
        from voxstudio.ui.attack_card import fill_classes

        probe = self._studio.session.classifying
        verdict, asked, there = probe.verdict, probe.asked, probe.entry is not None
        self.empty.setVisible(not there)
        for row in self._rows:
            row.setVisible(there)
        if there:
            self.checkpoint.setCurrentIndex(self.checkpoint.findData(str(probe.entry.folder)))
        self.source.choose(probe.source)
        words = probe.name or "Make a shape with another panel, or drop a mesh here"
        self.name.say(words[:1].upper() + words[1:])
        self._answer.setVisible(there)
        self.bars.setVisible(verdict is not None)
        attacks = asked.mode == "attack"
        for part in (self.mode, self.curves):
            part.setVisible(there)
        self._look.setVisible(there and not attacks)
        self.attack.setVisible(there and attacks)
        self.curves.setVisible(there and attacks)
        self.table.setVisible(there and attacks)
        self.mode.choose(asked.mode)
        self._follow_stage()
        if verdict is not None:
            attacked = verdict.attack is not None
            before = verdict.probabilities.tolist() if attacked else ()
            values = verdict.after if attacked else verdict.probabilities
            self.bars.show_values(verdict.classes, values.tolist(), before)
            fill_classes(self.looked_for, verdict.classes, "The answer", asked.looked_for)
        self.attack.follow()
        self.curves.follow()

    def _follow_stage(self) -> None:
        """The colour that is seen, and whether what stands there can be taken: not what was taken already."""
        probe = self._studio.session.classifying
        self.colour.choose(probe.colour)
        self.take_stage.setEnabled(probe.entry is not None and not probe.on_stage)

    # ---- what is chosen --------------------------------------------------------------------------

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._studio.session.classifying.choose(self.checkpoint.itemData(index))

    @Slot(str)
    def _from(self, key: str) -> None:
        if key == "stage":
            self._studio.session.classifying.from_stage()
        else:
            self._studio.commands.action("classify-mesh").trigger()
        self.source.choose(self._studio.session.classifying.source)

    @Slot(str)
    def _set_mode(self, key: str) -> None:
        self._studio.session.classifying.set(mode=key)

    @Slot(str)
    def _set_colour(self, key: str) -> None:
        self._studio.session.classifying.set(colour=key)

    @Slot(int)
    def _look_for(self, index: int) -> None:
        self._studio.session.classifying.set(looked_for=self.looked_for.itemData(index) or None)

    # ---- what is dropped -------------------------------------------------------------------------

    def take_mesh(self, path: Path) -> bool:
        """Classify a mesh."""
        return self._studio.session.classifying.from_file(path)

    # ---- shown and hidden ------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """What stands on the stage is classified while this can be seen."""
        super().showEvent(event)
        self._studio.session.classifying.activate(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen is not computed."""
        self._studio.session.classifying.activate(False)
        super().hideEvent(event)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.curves.plot.dress()
        self.bars.update()
