"""What stands beside a map: the nearest of a point or a guest, ranked, and what was selected."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from voxstudio.core.embedded import DOMAINS, IMAGE
from voxstudio.lab.map_search import Hit
from voxstudio.ui import inputs, pictures, widgets
from voxstudio.ui.map_guest import guest_pixmap
from voxstudio.ui.studio import Studio

SIDE = 44
LARGE = 64
AMONG = (("shape", "Shapes"), ("image", "Images"), ("both", "Both"))
NOTHING = "Click a point, or drop a photo or a mesh on the map: what lies nearest to it is ranked here."


class HitRow(QFrame):
    """One neighbour: rank, picture, name, distance. A click looks at it."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._index = -1
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.rank = widgets.words("", "figure")
        self.rank.setFixedWidth(18)
        self.picture = QLabel()
        self.picture.setProperty("role", "picture")
        self.picture.setFixedSize(SIDE, SIDE)
        self.name = widgets.Elided("", "")
        self.kind = widgets.Elided("", "hint")
        self.far = widgets.words("", "figure")
        self.far.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch(1)
        names.addWidget(self.name)
        names.addWidget(self.kind)
        names.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.rank)
        row.addWidget(self.picture)
        row.addLayout(names, 1)
        row.addWidget(self.far)

    def show_hit(self, hit: Hit, pixmap: QPixmap | None) -> None:
        """Fill the row."""
        self._index = hit.index
        self.rank.setText(str(hit.rank))
        self.name.say(hit.name)
        self.kind.say(f"{hit.class_name} · {hit.domain}")
        self.far.setText(f"{hit.distance:.3f}")
        self.far.setToolTip("Distance in the embedder's own space, not on the map")
        self.setAccessibleName(f"{hit.rank}: {hit.name}, {hit.class_name}, distance {hit.distance:.3f}")
        self.picture.setPixmap(pixmap if pixmap is not None else QPixmap())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look at it."""
        self.chosen.emit(self._index)


class NeighboursCard(widgets.Card):
    """Retrieval both ways: photo to shapes, shape to photos. Bound to ``session.map``."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.heading = widgets.words("Nearest", "heading")
        self.stage = widgets.icon_button("crosshair", "Find what is nearest to the shape on the stage")
        self.stage.clicked.connect(self._find_stage)
        self.put_head(self.heading, self.stage)
        self.picture = QLabel()
        self.picture.setFixedSize(LARGE, LARGE)
        self.picture.setProperty("role", "picture")
        self.name = widgets.Elided("", "heading")
        self.kind = widgets.Elided("", "hint")
        self._who = QWidget()
        who = QHBoxLayout(self._who)
        who.setContentsMargins(0, 0, 0, 0)
        who.setSpacing(12)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addStretch(1)
        names.addWidget(self.name)
        names.addWidget(self.kind)
        names.addStretch(1)
        who.addWidget(self.picture)
        who.addLayout(names, 1)
        self.among = inputs.Segments(AMONG, "Among")
        self._among = widgets.labelled("Among", self.among)
        self.among.chosen.connect(self._look_among)
        self.hint = widgets.words(NOTHING, "hint", wrap=True)
        self.body.addWidget(self._who)
        self.body.addWidget(self._among)
        self.body.addWidget(self.hint)
        self.rows: list[HitRow] = []
        studio.bridge.changed.connect(self._changed)
        self._follow()

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic in ("map", "map-pictures"):
            self._follow()

    def _follow(self) -> None:
        mapping = self._studio.session.map
        there, hits = mapping.there, mapping.hits
        who = there is not None and (mapping.focus is not None or mapping.guest is not None)
        self._who.setVisible(who)
        self._among.setVisible(who)
        self.hint.setVisible(not who)
        self.stage.setEnabled(there is not None and not mapping.busy)
        self.among.choose(mapping.among)
        while len(self.rows) < len(hits):
            row = HitRow()
            row.chosen.connect(self._chosen)
            self.rows.append(row)
            self.body.addWidget(row)
        for k, row in enumerate(self.rows):
            row.setVisible(who and k < len(hits))
            if k < len(hits):
                row.show_hit(hits[k], self._pixmap(hits[k].index, SIDE))
        if not who or there is None:
            return
        if mapping.guest is not None:
            query = mapping.guest.query
            self.name.say(query.name)
            self.kind.say(f"dropped {DOMAINS[query.domain]}")
            self.picture.setPixmap(guest_pixmap(query, LARGE, self.devicePixelRatioF()))
        elif mapping.focus is not None:
            self.name.say(there.names[mapping.focus])
            self.kind.say(f"{there.class_of(mapping.focus)} · {DOMAINS[int(there.domains[mapping.focus])]}")
            self.picture.setPixmap(self._pixmap(mapping.focus, LARGE) or QPixmap())

    def _pixmap(self, index: int, side: int) -> QPixmap | None:
        mapping = self._studio.session.map
        known = mapping.looks.picture(index)
        if known is None or mapping.there is None:
            return None
        pixels = known.image if mapping.there.domains[index] == IMAGE else known.shape
        return pictures.tile(pixels, side, self.devicePixelRatioF()) if pixels is not None else None

    @Slot(int)
    def _chosen(self, index: int) -> None:
        self._studio.session.map.look_at(index)

    @Slot(str)
    def _look_among(self, among: str) -> None:
        self._studio.session.map.look_among(among)

    @Slot()
    def _find_stage(self) -> None:
        self._studio.session.map.receive_shown()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._follow()


class SelectionCard(widgets.Card):
    """What was lassoed: how many of which class; saved as a table or as a collection."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.heading = widgets.words("Selected", "heading")
        self.clear = widgets.icon_button("x", "Select nothing")
        self.clear.clicked.connect(self._clear)
        self.put_head(self.heading, self.clear)
        self.list = widgets.words("", "hint", wrap=True)
        self.save = widgets.button("Save selection…", "", "floppy-disk", "A CSV table, or a collection of its own")
        self.save.clicked.connect(self._save)
        self.body.addWidget(self.list)
        self.body.addWidget(self.save)
        studio.bridge.changed.connect(self._changed)
        self._changed("map")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic != "map":
            return
        there, chosen = self._studio.session.map.there, self._studio.session.map.selection
        self.setVisible(there is not None and len(chosen) > 0)
        if there is None or not len(chosen):
            return
        self.heading.setText(f"{len(chosen):,} selected")
        counts = Counter(there.class_of(int(i)) for i in chosen)
        told = ", ".join(f"{n:,} {name}" for name, n in counts.most_common(8))
        names = ", ".join(there.names[int(i)] for i in chosen[:12])
        self.list.setText(f"{told}: {names}{' …' if len(chosen) > 12 else ''}")

    @Slot()
    def _clear(self) -> None:
        self._studio.session.map.select([])

    @Slot()
    def _save(self) -> None:
        kinds = "CSV table (*.csv);;Collection (*.voxmap)"
        chosen, kind = QFileDialog.getSaveFileName(self, "Save selection", "selection.csv", kinds)
        if chosen:
            target = Path(chosen)
            if target.suffix.lower() not in (".csv", ".voxmap"):
                target = target.with_name(target.name + (".voxmap" if "voxmap" in kind else ".csv"))
            self._studio.session.map.save_selection(target)
