"""A map of shapes and pictures whose points are live: which collection, how it is drawn, what lies nearest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QProgressBar, QWidget

from voxstudio.ui import inputs, theme, widgets
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "map", "Map", "map-trifold", "Walk in a map of shapes and pictures, find what is alike", 45,
    "voxstudio.ui.map_panel:MapPanel",
)  # fmt: skip
METHODS = (("tsne", "t-SNE"), ("clusters", "UMAP-like"), ("pca", "PCA"))
COLOURINGS = (("class", "Class"), ("domain", "Domain"))
FILE, FOLDER = "file", "folder"
COLLECTIONS = (
    ("parametric", "Parametric shapes and pictures"), ("samples", "Samples of the open generator"),
    ("history", "The history"), (FOLDER, "A folder…"), (FILE, "A file…"),
)  # fmt: skip
WALKING = (
    "Drag through empty space with Walk: the codes of the five nearest samples are mixed and decoded, live. "
    "t-SNE has no inverse, so this is a mixture of neighbours and not what the map foresees there."
)
AWAY = "These samples were made by {}: open it, and empty space decodes."
NO_CODES = "Points of this collection have no codes of a generator: map the samples of one to walk between them."


class MapPanel(QWidget):
    """Top to bottom in the order of use; the map itself (:attr:`beside`) lies at the left of the stage."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.map_cards import NeighboursCard, SelectionCard
        from voxstudio.ui.map_stage import MapStage
        from voxstudio.ui.messages import Banner

        self._studio = studio
        self._word = ""
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.problem = Banner(studio, "map", "export", "checkpoint")
        self.beside = MapStage(studio)
        self.collection = QComboBox()
        for key, words in COLLECTIONS:
            self.collection.addItem(words, key)
        self.embedder = QComboBox()
        self.method = inputs.Segments(METHODS, "Map")
        self.method.setToolTip(
            "t-SNE keeps neighbours together; UMAP-like draws clusters closer (t-SNE with exaggeration 4); "
            "PCA is the flattest view, at once"
        )
        self.colour = inputs.Segments(COLOURINGS, "Colour")
        self.colour.choose("class")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find by name or class")
        self.search.setClearButtonEnabled(True)
        self.found = widgets.words("", "hint")
        self.walk = widgets.words("", "hint", wrap=True)
        self.home = widgets.button("", "", "arrow-u-up-left", "Open the generator that made these samples")
        self.neighbours = NeighboursCard(studio)
        self.selection = SelectionCard(studio)
        self.open = widgets.button("Open the map", "primary", "map-trifold", "Open this collection and draw its map")
        self.save = widgets.button("Save map…", "", "floppy-disk", "SVG, PNG or PDF with a legend, CSV, or embeddings")
        self.words = widgets.Elided("", "hint")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far the map is")
        self.cancel = widgets.button("Cancel", "slim", tip="Stop it; what is drawn so far stays (Esc)")
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(160)
        self._lay_out()
        self._connect()
        for topic in ("catalogue", "map", "job"):
            self._changed(topic)

    def _lay_out(self) -> None:
        self._scroll = scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        source = widgets.Card("Collection")
        source.body.addWidget(widgets.labelled("Of", self.collection))
        self._embedder = widgets.labelled("Embedder", self.embedder)
        source.body.addWidget(self._embedder)
        source.body.addWidget(widgets.labelled("Map", self.method))
        source.body.addWidget(widgets.labelled("Colour", self.colour))
        self._progress = QWidget()
        row = QHBoxLayout(self._progress)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.bar)
        self.bar.setFixedWidth(88)
        row.addWidget(self.cancel)
        source.body.addWidget(self._progress)
        find = widgets.Card("Find")
        find.body.addWidget(self.search)
        find.body.addWidget(self.found)
        self._walking = widgets.Card("Empty space")
        self._walking.body.addWidget(self.walk)
        self._walking.body.addWidget(self.home)
        for part in (self.problem, source, self.selection, self.neighbours, find, self._walking):
            scroll.column.addWidget(part)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.save, self.open))

    def _connect(self) -> None:
        self.open.clicked.connect(self._open)
        self.collection.activated.connect(self._chosen)
        self.embedder.activated.connect(self._use)
        self.method.chosen.connect(self._draw)
        self.colour.chosen.connect(self._colour)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._first)
        self._typing.timeout.connect(self._find)
        self.home.clicked.connect(self._go_home)
        self.save.clicked.connect(self._save)
        self.beside.canvas.lassoed.connect(self._bring_selection)
        self.cancel.clicked.connect(self._studio.commands.action("cancel").trigger)
        self._studio.bridge.changed.connect(self._changed)

    def take(self, paths: Sequence[Path]) -> bool:
        """What was dropped on the window while this panel is in front: a collection, a picture or a mesh."""
        from voxstudio.ui.map_stage import take_map_files

        return take_map_files(self._studio, list(paths))

    # ---- following the session -----------------------------------------------------------------

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "catalogue":
            self._follow_embedders()
        elif topic in ("map", "checkpoint"):
            self._follow()
        elif topic == "job":
            self._follow_job()

    def _follow_embedders(self) -> None:
        mapping = self._studio.session.map
        found = mapping.embedders
        self.embedder.clear()
        for entry in found:
            self.embedder.addItem(entry.card.title or entry.name, str(entry.folder))
        if mapping.embedder is not None:
            self.embedder.setCurrentIndex(self.embedder.findData(str(mapping.embedder.folder)))
        self._embedder.setVisible(len(found) != 1)
        self.embedder.setPlaceholderText("None here yet")
        self.embedder.setEnabled(bool(found))
        self.open.setEnabled(bool(found) and not mapping.busy)

    def _follow(self) -> None:
        mapping = self._studio.session.map
        there = mapping.there
        if there is not None and mapping.word != self._word:
            self._word = mapping.word
            self.collection.setCurrentIndex(max(self.collection.findData(mapping.word), -1))
            self.collection.setPlaceholderText(there.title)
        self.method.choose(mapping.method)
        self.method.setEnabled(not mapping.busy)
        self.open.setEnabled(bool(mapping.embedders) and not mapping.busy)
        self.save.setEnabled(there is not None and mapping.places is not None)
        self.search.setEnabled(there is not None)
        self._progress.setVisible(bool(mapping.busy))
        self._walking.setVisible(there is not None)
        away = there is not None and there.codes is not None and not mapping.can_walk
        self.walk.setText(
            WALKING if mapping.can_walk else AWAY.format(there.maker) if away and there is not None else NO_CODES
        )
        self.home.setVisible(away)
        self.home.setText(f"Open {there.maker}" if there is not None else "")
        if there is None:
            self.found.setText("Names and classes of the open collection.")
        elif not self.search.text():
            count = len(there.class_names)
            self.found.setText(f"{len(there):,} points in {count} {'class' if count == 1 else 'classes'}.")
        self._follow_job()

    def _follow_job(self) -> None:
        job = self._studio.session.job
        if self._studio.session.map.busy and job is not None:
            self.words.say(f"{job.words} · {100 * job.fraction:.0f} %")
            self.bar.setValue(round(100 * job.fraction))

    # ---- collections ---------------------------------------------------------------------------

    @Slot(int)
    def _chosen(self, index: int) -> None:
        key = self.collection.itemData(index)
        if key in (FILE, FOLDER):
            self._open()

    @Slot()
    def _open(self) -> None:
        mapping = self._studio.session.map
        key = str(self.collection.currentData() or mapping.word)  # a file that was dropped has no entry
        if key == FOLDER:
            chosen = QFileDialog.getExistingDirectory(self, "Folder of meshes, pictures or shapes")
        elif key == FILE:
            kinds = "Collections (*.voxmap *.voxdata *.npz);;All files (*)"
            chosen, _ = QFileDialog.getOpenFileName(self, "Open a collection", "", kinds)
        else:
            mapping.open(key)
            return
        if chosen:
            mapping.open(chosen)

    @Slot(int)
    def _use(self, index: int) -> None:
        self._studio.session.map.use_embedder(Path(str(self.embedder.itemData(index))))

    @Slot(str)
    def _draw(self, method: str) -> None:
        if not self._studio.session.map.draw(method):
            self.method.choose(self._studio.session.map.method)

    @Slot(str)
    def _colour(self, by: str) -> None:
        self.beside.canvas.recolour(by)

    @Slot()
    def _bring_selection(self) -> None:
        """However far down the panel was scrolled: what was selected is in sight."""
        if not self.selection.isHidden():
            self._scroll.ensureWidgetVisible(self.selection)

    @Slot()
    def _go_home(self) -> None:
        there = self._studio.session.map.there
        if there is not None:
            self._studio.session.open_checkpoint(there.maker)

    @Slot()
    def _save(self) -> None:
        kinds = {
            ".svg": "SVG drawing", ".png": "PNG picture", ".pdf": "PDF document", ".csv": "CSV table",
            ".voxmap": "Embeddings",
        }  # fmt: skip
        filters = [f"{words} (*{suffix})" for suffix, words in kinds.items()]
        chosen, kind = QFileDialog.getSaveFileName(self, "Save map", "map.svg", ";;".join(filters))
        if not chosen:
            return
        target = Path(chosen)
        if target.suffix.lower() not in kinds:
            target = target.with_name(target.name + list(kinds)[filters.index(kind) if kind in filters else 0])
        style = theme.plot_style(theme.current(), QApplication.font())
        self._studio.session.map.save(target, self.beside.canvas.colour_by, style)

    # ---- finding -------------------------------------------------------------------------------

    @Slot(str)
    def _typed(self, text: str) -> None:
        self._typing.start()

    @Slot()
    def _find(self) -> None:
        words = self.search.text().strip()
        if not words:
            self.beside.canvas.show_found(None)
            self._follow()
            return
        found = self._studio.session.map.find(words)
        self.beside.canvas.show_found(found)
        told = "Nothing is called so." if not len(found) else f"{len(found):,} found; Enter looks at the first."
        self.found.setText(told)

    @Slot()
    def _first(self) -> None:
        self._typing.stop()
        self._find()
        found = self._studio.session.map.find(self.search.text())
        if len(found):
            self._studio.session.map.look_at(int(found[0]))

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.beside.dress()
        self.neighbours.dress()
