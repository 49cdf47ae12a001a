"""The inspector: what stands in a weights file of somebody else, which network it is, and its way into the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QSignalBlocker, QStandardPaths, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from voxstudio.engine.inspection import SUFFIXES
from voxstudio.ui import inputs, widgets
from voxstudio.ui.inspector_tables import (
    NOTHING,
    Choices,
    Row,
    Table,
    difference_rows,
    name_rows,
    size_in_words,
    tensor_rows,
    urgent_first,
)
from voxstudio.ui.messages import Banner
from voxstudio.ui.studio import Studio

if TYPE_CHECKING:
    from voxstudio.lab.adopting import Fit, Proposal
    from voxstudio.session.adopting import Inspection
    from voxstudio.ui.window import Window

FILTER = f"Weights ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
SIZE = (960, 680)
FITS_NOTHING = "No family here has such tensors, so it cannot be added. Its tensors are listed below."


def fit_in_words(fit: Fit) -> str:
    """A family with its part, its sizes and its score."""
    from voxstudio.families import families

    record = families().get(fit.family)
    words = record.title if record is not None else fit.family
    recipe = fit.recipe
    sizes = [f"{getattr(recipe, 'resolution', 0)}³"] if getattr(recipe, "resolution", 0) else []
    if getattr(recipe, "conditional", False):
        sizes.append(f"{len(getattr(recipe, 'classes', ()))} classes")
    part = f" from {fit.part}" if fit.part else ""
    return f"{fit.score:.0%}  {words}{', ' if sizes else ''}{', '.join(sizes)}{part}"


def verdict(proposal: Proposal) -> str:
    """What it can do, what is left to do, or why it cannot be added."""
    settled = proposal.settled
    if settled.problem:
        return f"It cannot be added yet. {settled.problem}"
    able = {"reconstruct": "reads pictures", "generate": "makes objects from noise"}
    words = [f"It {' and '.join(able.get(one, one) for one in settled.capabilities)}."]
    if proposal.guesses:
        count = len(proposal.guesses)
        words.append(f"{count} {'name is' if count == 1 else 'names are'} guessed: look at them and confirm them.")
    return " ".join([*words, *settled.notes])


class Inspector(QDialog):
    """One open file. Everything it does goes through :attr:`Session.adopting`."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._adopting = studio, studio.session.adopting
        self._ordered: Fit | None = None
        self._order: dict[str, int] = {}
        self.setWindowTitle("Checkpoint file")
        self.resize(*SIZE)
        self.title = widgets.Elided("", "title")
        self.about = widgets.Elided("", "hint")
        self.family = QComboBox()
        self.family.setMinimumContentsLength(20)
        self.family.setToolTip("The families that share numbers with the file, the best first")
        self.verdict = widgets.words("", wrap=True)
        self.problem = Banner(studio, "inspection")
        self.views = inputs.Segments(
            (("names", "Names"), ("differences", "Differences"), ("tensors", "Tensors")), "Show"
        )
        self.names = Table("Names", ("", "Our name", "Name in the file"), 1)
        heads = ("", "Name", "Shape in the file", "Shape needed")
        self.differences = Table("Differences", heads, 1, "Nothing is missing, left over or of another shape.")
        self.tensors = Table("Tensors", ("Name", "Shape", "Type", "Size"), 0)
        self.choices = Choices(self.names)
        self.names.setItemDelegateForColumn(2, self.choices)
        self.whole = inputs.Switch("Leave incomplete parts out")
        self.confirm = widgets.button("Confirm all guesses", "", "checks", "Every guessed name is right")
        self.name = QLineEdit()
        self.name.setMaxLength(60)
        self.classes = QLineEdit()
        self.classes.setToolTip("What the network knows, in the order of its training, with commas between")
        self.leave = widgets.button("Close", "", "x", "Put the file away")
        self.add = widgets.button("Add to library", "primary", "books", "Make a checkpoint of it")
        self._lay_out()
        self._connect()
        self._changed("inspection")

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        for table in (self.names, self.differences, self.tensors):
            self._stack.addWidget(table)
        tools = QHBoxLayout()
        tools.setSpacing(8)
        self.views.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # never lower than its words
        tools.addWidget(self.views)
        tools.addStretch(1)
        tools.addWidget(self.whole)
        tools.addWidget(self.confirm)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(widgets.labelled("Name", self.name), 1)
        self._class_row = widgets.labelled("Classes", self.classes)
        foot.addWidget(self._class_row, 1)
        foot.addWidget(self.leave)
        foot.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        self._family_row = widgets.labelled("Fits best", self.family)
        for part in (self.title, self.about, self._family_row, self.verdict, self.problem):
            column.addWidget(part)
        column.addLayout(tools)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.family.activated.connect(self._adopting.choose)
        self.views.chosen.connect(self._view)
        self.names.lines.ticked.connect(self._ticked)
        self.names.lines.paired.connect(self._paired)
        self.whole.toggled.connect(self._adopting.leave_out)
        self.confirm.clicked.connect(self._confirm)
        self.name.textChanged.connect(self._named)
        self.classes.editingFinished.connect(self._classes)
        self.leave.clicked.connect(self.close)
        self.add.clicked.connect(self._add)
        self._studio.bridge.changed.connect(self._changed)

    @Slot(str)
    def _changed(self, topic: str) -> None:
        now = self._adopting.current
        if topic == "inspection" and now is not None:
            self._show(now)
        if topic in ("inspection", "job"):
            self._named()

    def _show(self, now: Inspection) -> None:
        file, proposal = now.file, now.proposal
        part = proposal.part if proposal is not None else file.parts[0]
        fresh = self.title.full_text() != file.path.name
        self.title.say(file.path.name)
        kinds = ", ".join(sorted({spec.dtype for spec in part.tensors.values()}))
        self.about.say(
            f"{size_in_words(file.size_bytes)}, {len(part.tensors):,} tensors, {part.numbers:,} numbers, {kinds}, "
            f"sha256 {file.sha256}"
        )
        self._show_families(now)
        told = verdict(proposal) if proposal is not None else FITS_NOTHING
        self.verdict.setText(" ".join(filter(None, [now.known, told])))
        self.tensors.lines.show_rows(tensor_rows(part))
        self.choices.proposal = proposal
        self.names.lines.show_rows(self._sorted(name_rows(proposal), proposal.fit) if proposal is not None else [])
        self.differences.lines.show_rows(difference_rows(proposal) if proposal is not None else [])
        for piece in (self._family_row, self.views, self.confirm, self.name.parentWidget()):
            piece.setVisible(proposal is not None)
        self.confirm.setEnabled(proposal is not None and bool(proposal.guesses))
        self._show_switch(proposal)
        self._show_classes(proposal)
        if fresh:
            self.name.setText(now.name)
            self._view("names" if proposal is not None else "tensors")

    def _sorted(self, rows: list[Row], fit: Fit) -> list[Row]:
        """In the order of the first look at this fit."""
        if self._ordered is not fit:
            self._ordered, self._order = fit, {key: place for place, key in enumerate(urgent_first(rows))}
        return sorted(rows, key=lambda row: self._order[row.key])

    def _show_families(self, now: Inspection) -> None:
        with QSignalBlocker(self.family):
            words = [fit_in_words(fit) for fit in now.fits]
            if [self.family.itemText(i) for i in range(self.family.count())] != words:
                self.family.clear()
                self.family.addItems(words)
            if now.proposal is not None:
                self.family.setCurrentIndex(next(i for i, fit in enumerate(now.fits) if fit is now.proposal.fit))

    def _show_switch(self, proposal: Proposal | None) -> None:
        """Only where it would change something."""
        on = proposal is not None and proposal.whole_parts
        self.whole.setVisible(on or (proposal is not None and proposal.is_mended_by_whole_parts))
        with QSignalBlocker(self.whole):
            self.whole.setChecked(on)

    def _show_classes(self, proposal: Proposal | None) -> None:
        classes = getattr(proposal.recipe, "classes", None) if proposal is not None else None
        self._class_row.setVisible(classes is not None)
        if classes is not None and not self.classes.hasFocus():
            self.classes.setText(", ".join(classes))

    @Slot(str)
    def _view(self, key: str) -> None:
        self.views.choose(key)
        self._stack.setCurrentIndex(("names", "differences", "tensors").index(key))

    @Slot()
    def _named(self) -> None:
        """The button works when nothing stands against it."""
        now = self._adopting.current
        proposal = now.proposal if now is not None else None
        ready = proposal is not None and not proposal.problem and not proposal.guesses
        self.add.setEnabled(ready and bool(self.name.text().strip()) and self._studio.session.job is None)

    @Slot(str, bool)
    def _ticked(self, wanted: str, right: bool) -> None:
        self._adopting.confirm(wanted, right)

    @Slot(str, str)
    def _paired(self, wanted: str, found: str) -> None:
        self._adopting.pair(wanted, None if found == NOTHING else found)

    @Slot()
    def _confirm(self) -> None:
        self._adopting.confirm()

    @Slot()
    def _classes(self) -> None:
        names = tuple(name.strip() for name in self.classes.text().split(",") if name.strip())
        now = self._adopting.current
        proposal = now.proposal if now is not None else None
        if names and proposal is not None and names != getattr(proposal.recipe, "classes", ()):
            self._adopting.set_options({"classes": names})

    @Slot()
    def _add(self) -> None:
        self._adopting.add(self.name.text())

    def reject(self) -> None:
        """Escape puts the file away, as the button does."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Put the file away."""
        self._studio.bridge.changed.disconnect(self._changed)
        super().closeEvent(event)
        self._adopting.close()


class Inspecting(QObject):
    """Opens the inspector when there is a file to look into, and closes it when there is none."""

    def __init__(self, window: Window, studio: Studio, settings: QSettings) -> None:
        super().__init__(window)
        self._window, self._studio, self._settings = window, studio, settings
        self.dialog: Inspector | None = None
        studio.commands.on("open-weights", self.choose_file)
        studio.bridge.changed.connect(self._changed)

    @Slot()
    def choose_file(self) -> None:
        """Ask for a file and look into it."""
        remembered = str(self._settings.value("folders/weights", ""))
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
        start = remembered if remembered and Path(remembered).is_dir() else home
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a checkpoint file", start, FILTER)
        if name:
            self._settings.setValue("folders/weights", str(Path(name).parent))
            self._window.go("library")
            self._studio.session.adopting.open(Path(name))

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic != "inspection":
            return
        now = self._studio.session.adopting.current
        if now is not None and self.dialog is None:
            self.dialog = Inspector(self._studio, self._window)
            self.dialog.open()
        elif now is None and self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.close()
            dialog.deleteLater()
