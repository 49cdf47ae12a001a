"""Every checkpoint as a card that says what it is, how good it is and what it may be used for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from voxstudio.lab.card_words import metrics_in_words, sources_in_words
from voxstudio.ui import widgets
from voxstudio.ui.studio import PanelSpec, Studio

if TYPE_CHECKING:
    from voxstudio.core.card import Card
    from voxstudio.engine.checkpoint import Entry

PANEL = PanelSpec(
    "library", "Library", "books", "See and open trained checkpoints", 10, "voxstudio.ui.library_panel:LibraryPanel"
)


def breakable(text: str, most: int = 28) -> str:
    """The same words, but one that is longer than a line (a checksum, a file name) may go on in the next."""
    parts = [
        "\u200b".join(word[i : i + most] for i in range(0, len(word), most)) if len(word) > most else word
        for word in text.split(" ")
    ]
    return " ".join(parts)


def size_in_words(folder: Path) -> str:
    """Size of the weights on disk."""
    try:
        size = (folder / "weights.safetensors").stat().st_size
    except OSError:
        return ""
    return f"{size / 2**20:.1f} MiB"


def pretty(text: str) -> str:
    """Words of a card as the window writes them: ``64³`` for ``64^3``, and long words breakable."""
    return breakable(widgets.cubed(text))


def details_of(card: Card) -> list[str]:
    """What stands on a card beside its summary and its first figure."""
    lines = metrics_in_words(card.metrics)[1:]
    if card.classes:
        lines.append(f"Classes: {', '.join(card.classes)}")
    lines += [f"Learned from: {words}" for words in sources_in_words(card.data)]
    return [*lines, f"Licence of the weights: {card.licence}", *card.notes]


class Details(QWidget):
    """Folded at first: the lines are made when they are first seen."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card
        self._lines: list[QWidget] = []
        tip = "What it learned from, its licence and its other figures"
        self.header = widgets.button("Details", "fold", "caret-right", tip)
        self.header.setAccessibleName(f"Details of {card.title or card.name}")
        self.header.setCheckable(True)
        self.header.toggled.connect(self._fold)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.header, 0, Qt.AlignmentFlag.AlignLeft)

    @Slot(bool)
    def _fold(self, on: bool) -> None:
        if on and not self._lines:
            self._lines = [widgets.words(pretty(line), "hint", wrap=True) for line in details_of(self._card)]
            for line in self._lines:
                self._column.addWidget(line)
        for line in self._lines:
            line.setVisible(on)
        self.header.setProperty("icon_name", "caret-down" if on else "caret-right")
        widgets.dress(self.header)


class CheckpointCard(widgets.Card):
    """One checkpoint; emits its folder when it is to be opened."""

    opened = Signal(str)

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.folder = str(entry.folder)
        self.open = widgets.button("Open", tip="Use this checkpoint")
        self.open.clicked.connect(self._open)
        if entry.card is None:
            self._tell_problem(entry)
        else:
            self._tell(entry.card, entry.folder)

    def _tell_problem(self, entry: Entry) -> None:
        self.setProperty("broken", True)
        self.body.addWidget(widgets.Elided(entry.name, "heading"))
        sentence = widgets.words(entry.problem, wrap=True)
        sentence.setProperty("role", "danger")
        self.body.addWidget(sentence)
        self.setAccessibleName(f"{entry.name}, cannot be opened: {entry.problem}")

    def _tell(self, card: Card, folder: Path) -> None:
        self.setAccessibleName(card.title)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(widgets.Elided(card.title or card.name, "heading"), 1)
        head.addWidget(self.open)
        self.body.addLayout(head)
        badges = QHBoxLayout()
        badges.setSpacing(4)
        for text in (_family_title(card.family), f"{card.resolution}³ voxels", size_in_words(folder)):
            if text:
                badges.addWidget(widgets.words(text, "badge"))
        badges.addStretch(1)
        self.body.addLayout(badges)
        if card.summary:
            self.body.addWidget(widgets.words(pretty(card.summary), wrap=True))
        for line in metrics_in_words(card.metrics)[:1]:
            self.body.addWidget(widgets.words(line, "hint", wrap=True))
        self.details = Details(card)
        self.body.addWidget(self.details)

    def show_chosen(self, chosen: bool, busy: bool) -> None:
        """Mark the one that is in use."""
        widgets.restyle(self, chosen=chosen)
        self.open.setText("Opening" if chosen and busy else "In use" if chosen else "Open")
        self.open.setEnabled(not chosen)

    @Slot()
    def _open(self) -> None:
        self.opened.emit(self.folder)


def _family_title(key: str) -> str:
    from voxstudio.families import families

    known = families().get(key)
    return known.title if known is not None else key


class LibraryPanel(QWidget):
    """Cards in a column; broken ones say what is wrong with them."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.messages import Banner

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._cards: list[CheckpointCard] = []
        self._scroll = widgets.ScrollColumn()
        self._scroll.setProperty("role", "panel")
        self._scroll.column.addWidget(Banner(studio, "checkpoint"))
        self._empty = widgets.words(
            "There is no checkpoint yet. Train one with “voxstudio train”, or put its folder beside the shipped ones "
            "and look again.", "muted", wrap=True,
        )  # fmt: skip
        self._scroll.column.addWidget(self._empty)
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        self._scroll.column.addLayout(self._list)
        self._scroll.column.addStretch(1)
        self.refresh = widgets.button("Look again", "", "arrows-clockwise", "Read the folders of checkpoints anew")
        self.refresh.clicked.connect(studio.session.refresh_catalogue)
        self.open_file = widgets.button(
            "Open a checkpoint file", "", "file-arrow-down", "Look into weights of somebody else, and add them"
        )
        self.open_file.clicked.connect(studio.commands.action("open-weights").trigger)
        widgets.lay_out_panel(self, self._scroll, (self.refresh, self.open_file))
        studio.bridge.changed.connect(self._changed)
        self._changed("catalogue")

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "catalogue":
            self._fill()
        if topic in ("catalogue", "checkpoint"):
            session = self._studio.session
            folder = str(session.checkpoint.folder) if session.checkpoint else ""
            for card in self._cards:
                card.show_chosen(card.folder == folder, session.model is None)

    def _fill(self) -> None:
        for card in self._cards:
            card.hide()
            card.deleteLater()
        entries = sorted(self._studio.session.catalogue, key=lambda entry: entry.card is None)
        self._cards = [CheckpointCard(entry) for entry in entries]
        for card in self._cards:
            card.opened.connect(self._studio.session.open_checkpoint)
            self._list.addWidget(card)
        self._empty.setVisible(not self._cards)
