"""Shapes out of noise, step by step: where chains begin, how they climb, what becomes of energy and class."""

from __future__ import annotations

import random
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from voxstudio.ui import inputs, widgets
from voxstudio.ui.mesh_drop import MeshDrop
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "synthesis", "Synthesize", "trend-up", "Let noise climb a network's score until it is a shape", 40,
    "voxstudio.ui.synthesis_panel:SynthesisPanel", "synthesize",
)  # fmt: skip
SOURCES = (("noise", "Noise"), ("stage", "The stage"), ("file", "A mesh"))
CURVES = (("energy", "Energy"), ("classes", "Classes"))
LARGEST_SEED = 999_999
NONE = (
    "No checkpoint climbs to shapes yet. Train one, in the panel Train (3DWINN) or with "
    "“voxstudio train winn3d --out FOLDER”, or open one in the library."
)


class SynthesisPanel(MeshDrop):
    """Top to bottom in the order of use; the way up is walked in the strip at the foot."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.ascent_card import AscentCard
        from voxstudio.ui.chain_tiles import ChainTiles
        from voxstudio.ui.climb_strip import ClimbStrip
        from voxstudio.ui.messages import Banner
        from voxstudio.ui.plots import Plot
        from voxstudio.ui.shape_controls import ShapeControls

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "synthesis", "checkpoint", "export", "result")
        self.empty = widgets.words(NONE, "hint", wrap=True)
        self.checkpoint = QComboBox()
        self.checkpoint.setToolTip("The trained network whose score is climbed; what else is open stays open")
        self.checkpoint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        inputs.calm_wheel(self.checkpoint)
        self.source = inputs.Segments(SOURCES, "Begin with")
        self.source.setToolTip("Noise, the shape on the stage whatever made it, or a mesh: drop one on this panel")
        self.from_words = widgets.Elided("", "hint")
        self.seed = QSpinBox()
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setKeyboardTracking(False)
        self.seed.setAccessibleName("Seed")
        self.seed.lineEdit().setTextMargins(6, 0, 6, 0)
        self.seed.setToolTip("The same seed climbs to the same shape")
        inputs.calm_wheel(self.seed)
        self.dice = widgets.icon_button("dice-five", "Begin with another seed")
        self.chains = inputs.Segments([(str(k), str(k)) for k in range(1, 5)], "Chains")
        self.chains.setToolTip("How many climb side by side, of seeds that follow")
        self.tiles = ChainTiles(studio)
        self.ascent = AscentCard(studio)
        self.which = inputs.Segments(CURVES, "Curve")
        self.plot = Plot(studio, 128, calm=False, empty="Play draws the energy here")
        self.controls = ShapeControls(studio)
        self.strip = ClimbStrip(studio)
        self.save = widgets.button("Save mesh", "", "floppy-disk", "Write OBJ, STL, PLY or GLB (Ctrl+S)")
        self.save.clicked.connect(studio.commands.action("save").trigger)
        self.play = widgets.button("Play", "primary", "play", "Climb, or rest")
        self._lay_out()
        self._connect()
        for topic in ("catalogue", "synthesis", "shown"):
            self._changed(topic)

    def _lay_out(self) -> None:
        scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        begin = widgets.Card()
        self._checkpoint_row = widgets.labelled("Checkpoint", self.checkpoint)
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        seed, chains = widgets.labelled("Seed", pair), widgets.labelled("Chains", self.chains)
        self._rows = (self._checkpoint_row, widgets.labelled("Start", self.source), seed, chains)
        for part in (self.empty, *self._rows[:2], self.from_words, seed, chains, self.tiles):
            begin.body.addWidget(part)
        curve = widgets.Card()
        curve.body.addWidget(self.which)
        curve.body.addWidget(self.plot)
        self._curve = curve
        shape = widgets.Card("Shape")
        shape.body.addWidget(self.controls)
        for part in (self.problem, begin, curve, self.ascent, shape):
            scroll.column.addWidget(part)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.save, self.play), self.strip)
        self.which.choose("energy")

    def _connect(self) -> None:
        climb = self._studio.session.synthesis
        self.checkpoint.activated.connect(self._choose)
        self.source.chosen.connect(self._begin_with)
        self.seed.valueChanged.connect(climb.set_seed)
        self.dice.clicked.connect(self._roll)
        self.chains.chosen.connect(self._set_chains)
        self.which.chosen.connect(self._draw)
        self.play.clicked.connect(self._studio.commands.action("climb-play").trigger)
        self._studio.bridge.changed.connect(self._changed)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        session = self._studio.session
        if topic == "catalogue":
            self._fill()
        if topic in ("catalogue", "synthesis"):
            self._follow()
        elif topic == "shown" and (session.shown is None or not session.shown.draft):
            self.save.setEnabled(session.shown is not None and not session.shown.surface.is_empty)

    def _fill(self) -> None:
        from voxstudio.session.ascent_view import climbs

        self.checkpoint.clear()
        for entry in self._studio.session.catalogue:
            if climbs(entry):
                self.checkpoint.addItem(entry.card.title or entry.name, str(entry.folder))
                tip = f"{entry.name}: {entry.card.summary}" if entry.card.summary else entry.name
                self.checkpoint.setItemData(self.checkpoint.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _follow(self) -> None:
        climb = self._studio.session.synthesis
        there = climb.entry is not None
        self.empty.setVisible(not there)
        for part in self._rows:
            part.setVisible(there)
        self.ascent.setVisible(there)
        self._curve.setVisible(there)
        if there:
            self.checkpoint.setCurrentIndex(self.checkpoint.findData(str(climb.entry.folder)))
        self.source.choose(climb.origin.source)
        self.from_words.say(f"From {climb.origin.words}")
        self.from_words.setVisible(there and climb.origin.source != "noise")
        self.seed.blockSignals(True)
        self.seed.setValue(climb.seed)
        self.seed.blockSignals(False)
        self.chains.choose(str(climb.count))
        self.ascent.follow()
        words = "Pause" if climb.playing else "Play again" if climb.done else "Play"
        if self.play.text() != words:
            self.play.setText(words)
            self.play.setProperty("icon_name", "pause" if climb.playing else "play")
            widgets.dress(self.play)
        self.play.setEnabled(there)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        """Energy of every chain, or the classes of the chain on the stage."""
        climb = self._studio.session.synthesis
        info, state = climb.info, climb.state
        classes = info.classes if info is not None else ()
        has_classes = state is not None and state.probabilities.shape[-1] > 0
        self.which.setVisible(has_classes)
        if state is None:
            self.plot.show_curves({}, {})
        elif self.which.value() == "classes" and has_classes:
            found = climb.trail.probabilities(climb.chain, classes)
            self.plot.show_curves(found, {name: name.replace("_", " ") for name in found}, "Probability")
        else:
            chains = range(len(state.volumes))
            curves = {f"Chain {k + 1}": climb.trail.energy(k) for k in chains}
            titles = {name: name if len(curves) > 1 else "Energy" for name in curves}
            left = climb.trail.left_behind(climb.chain)
            if left is not None:
                titles = {name: name if len(chains) > 1 else "Now" for name in curves}
                curves["left"], titles["left"] = left, "Left behind"
            self.plot.show_curves(curves, titles, "Energy", "left")

    # ---- where it begins -------------------------------------------------------------------------

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._studio.session.synthesis.choose(self.checkpoint.itemData(index))

    @Slot(str)
    def _begin_with(self, key: str) -> None:
        session = self._studio.session
        climb = session.synthesis
        if key == "noise":
            climb.from_noise()
        elif key == "file":
            self._studio.commands.action("climb-mesh").trigger()
        if key == "noise" or (key == "stage" and climb.from_stage()):
            session.settle("synthesis")
        self.source.choose(climb.origin.source)

    @Slot()
    def _roll(self) -> None:
        self._studio.session.synthesis.set_seed(random.SystemRandom().randrange(LARGEST_SEED + 1))

    @Slot(str)
    def _set_chains(self, key: str) -> None:
        self._studio.session.synthesis.set_count(int(key))

    def take_mesh(self, path: Path) -> bool:
        """Chains begin with a mesh."""
        return self._studio.session.synthesis.from_file(path)

    # ---- shown and hidden ------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Its classes and networks are known once the model is open."""
        super().showEvent(event)
        self._studio.session.synthesis.wake()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not climb."""
        self._studio.session.synthesis.pause()
        super().hideEvent(event)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.plot.dress()
        self.tiles.dress()
