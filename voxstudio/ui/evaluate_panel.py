"""Measure a checkpoint, or print a table of the papers again, beside everything else."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QProgressBar, QWidget

from voxstudio.ui import drops, widgets
from voxstudio.ui.figure_table import FigureTable
from voxstudio.ui.long_choice import LongChoice
from voxstudio.ui.studio import PanelSpec, Studio

PANEL = PanelSpec(
    "evaluate", "Evaluate", "ruler", "Measure a checkpoint, or print the papers' tables again", 80,
    "voxstudio.ui.evaluate_panel:EvaluatePanel",
)  # fmt: skip
FORMATS = (("json", "JSON, with everything that was measured"), ("csv", "CSV, for a spreadsheet"), ("png", "Picture"))
NOTHING = "Figures stand here once something was measured: the paper's, ours, and those of real data."


def time_in_words(seconds: float) -> str:
    """How long it still takes."""
    if seconds < 90:
        return f"{max(round(seconds / 10) * 10, 10)} s left"
    return f"{round(seconds / 60)} min left" if seconds < 5400 else f"{seconds / 3600:.1f} h left"


class EvaluatePanel(QWidget):
    """Top to bottom: what is measured, on what, how far it is, and the figures."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        from voxstudio.ui.messages import Banner

        self._studio = studio
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.problem = Banner(studio, "evaluate")
        self.what = LongChoice()
        self.what.setToolTip("A checkpoint by the protocol of its family, or a table of the papers")
        self.needs = widgets.words("", "hint", wrap=True)
        self.data = widgets.Elided("")
        self.browse = widgets.button("Choose", "slim", tip="The folder of real shapes, with both files of ModelNet10")
        self.clear = widgets.icon_button("x", "Measure without real shapes")
        self.words = widgets.words("", wrap=True)
        self.left = widgets.words("", "figure")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("How far measuring is")
        self.title = widgets.words("", "heading", wrap=True)
        self.figures = FigureTable()
        self.notes = widgets.words("", "hint", wrap=True)
        self.empty = widgets.words(NOTHING, "hint", wrap=True)
        self.copy = widgets.button("Copy", "", "copy", "Copy the figures as a table for a spreadsheet")
        self.save = widgets.button("Save", "menu", "floppy-disk", "Write the figures as JSON, CSV or a picture")
        self.measure = widgets.button("Measure", "primary", "play", "In the background; everything else goes on")
        self.cancel = widgets.button("Cancel", "", "stop", "Stop; measuring goes on from there later")
        menu = QMenu(self.save)
        for suffix, text in FORMATS:
            action = menu.addAction(f"{text}…")
            action.setData(suffix)
        menu.triggered.connect(self._save)
        self.save.setMenu(menu)
        self._lay_out()
        for piece, slot in (
            (self.browse, self._browse), (self.clear, self._without), (self.copy, self._copy),
            (self.measure, self._measure), (self.cancel, self._cancel),
        ):  # fmt: skip
            piece.clicked.connect(slot)
        self.what.currentIndexChanged.connect(self._follow_choice)
        studio.bridge.changed.connect(self._changed)
        for topic in ("catalogue", "evaluating"):
            self._changed(topic)

    def _lay_out(self) -> None:
        scroll = widgets.ScrollColumn()
        scroll.setProperty("role", "panel")
        choice = widgets.Card("Measure")
        choice.body.addWidget(widgets.labelled("What", self.what))
        choice.body.addWidget(self.needs)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for part, stretch in ((self.data, 1), (self.clear, 0), (self.browse, 0)):
            line.addWidget(part, stretch)
        choice.body.addWidget(widgets.labelled("Real shapes", row))
        self._progress = widgets.Card("Progress")
        self._progress.body.addWidget(self.words)
        self._progress.body.addWidget(self.bar)
        self._progress.body.addWidget(self.left)
        found = widgets.Card()
        for piece in (self.title, self.empty, self.figures, self.notes):
            found.body.addWidget(piece)
        for card in (self.problem, choice, self._progress, found):
            scroll.column.addWidget(card)
        scroll.column.addStretch(1)
        widgets.lay_out_panel(self, scroll, (self.copy, self.save, self.cancel, self.measure))

    # ---- following -----------------------------------------------------------------------------

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "catalogue":
            self._fill()
        elif topic == "evaluating":
            self._follow()

    def _fill(self) -> None:
        chosen = self.what.currentData() or ""
        subjects = self._studio.session.evaluating.subjects
        if [self.what.itemData(k) for k in range(self.what.count()) if self.what.itemData(k)] == [
            one.key for one in subjects
        ]:
            return
        self.what.blockSignals(True)
        self.what.clear()
        tables = False
        for one in subjects:
            if one.table and not tables:
                tables = True
                if self.what.count():
                    self.what.insertSeparator(self.what.count())
            self.what.addItem(one.title, one.key)
            self.what.setItemData(self.what.count() - 1, f"{one.title}\n{one.needs}", Qt.ItemDataRole.ToolTipRole)
        self.what.setCurrentIndex(max(self.what.findData(chosen), 0))
        self.what.blockSignals(False)
        self._follow_choice()

    @Slot()
    def _follow_choice(self) -> None:
        key = self.what.currentData()
        subject = next((one for one in self._studio.session.evaluating.subjects if one.key == key), None)
        self.needs.setText(widgets.cubed(subject.needs) if subject is not None else "")
        self.measure.setEnabled(subject is not None)

    def _follow(self) -> None:
        evaluating = self._studio.session.evaluating
        status, data = evaluating.status, evaluating.data
        self.data.say(str(data) if data is not None else "none chosen")
        self.clear.setVisible(data is not None)
        running = status.is_running
        gone, there = (self.measure, self.cancel) if running else (self.cancel, self.measure)
        gone.hide()  # before the other is shown: both at once would widen the dock
        there.show()
        self.cancel.setEnabled(status.state == "running")
        self.what.setEnabled(not running)
        self._progress.setVisible(running or bool(status.sentence))
        title = status.subject.title if status.subject is not None else ""
        self.words.setText(f"{title}: {status.words}" if running else status.sentence)
        self.bar.setVisible(running)
        self.bar.setValue(round(1000 * status.fraction))
        self.left.setText(time_in_words(status.seconds_left) if status.seconds_left is not None else "")
        self.left.setVisible(running and bool(self.left.text()))
        self._follow_result()

    def _follow_result(self) -> None:
        status = self._studio.session.evaluating.status
        result = status.result
        for part in (self.title, self.figures, self.notes):
            part.setVisible(result is not None)
        self.empty.setVisible(result is None)
        for button in (self.copy, self.save):
            button.setEnabled(result is not None)
        if result is None:
            return
        self.title.setText(widgets.cubed(result.title))
        self.figures.show_rows(result.heads, result.rows, result.tips)
        notes = "\n\n".join((*result.notes, *status.notes))
        self.notes.setText(widgets.cubed(notes))
        self.notes.setVisible(bool(notes))

    # ---- doing ---------------------------------------------------------------------------------

    @Slot()
    def _measure(self) -> None:
        self._studio.session.evaluating.start(self.what.currentData() or "")

    @Slot()
    def _cancel(self) -> None:
        self._studio.session.evaluating.cancel()

    @Slot()
    def _without(self) -> None:
        self._studio.session.evaluating.choose_data(None)

    @Slot()
    def _browse(self) -> None:
        standard = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        known = self._studio.session.evaluating.data
        chosen = QFileDialog.getExistingDirectory(self, "The folder of real shapes", str(known or standard))
        if chosen:
            self._studio.session.evaluating.choose_data(Path(chosen))

    @Slot()
    def _copy(self) -> None:
        result = self._studio.session.evaluating.status.result
        if result is not None:
            lines = ["\t".join(cells) for cells in (result.heads, *result.rows)]
            QGuiApplication.clipboard().setText("\n".join(lines))

    @Slot(object)
    def _save(self, action: object) -> None:
        suffix = str(getattr(action, "data", str)())
        name = f"figures.{suffix}"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the figures", name, f"{suffix.upper()} (*.{suffix})")
        if chosen:
            path = Path(chosen)
            self._studio.session.evaluating.save(path if path.suffix else path.with_suffix(f".{suffix}"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A folder."""
        paths = drops.local_paths(event.mimeData())
        if len(paths) == 1 and paths[0].is_dir():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """The folder of real shapes."""
        event.acceptProposedAction()
        self._studio.session.evaluating.choose_data(drops.local_paths(event.mimeData())[0])
