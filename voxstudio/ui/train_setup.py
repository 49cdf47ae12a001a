"""What to train, from what, and how: the first half of the train panel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from voxstudio.core.errors import BadInput
from voxstudio.engine.checkpoint import RECIPE
from voxstudio.families import families
from voxstudio.session.training_values import TrainingPlan, Unfinished
from voxstudio.ui import inputs, widgets
from voxstudio.ui.checkpoint_choice import CheckpointChoice
from voxstudio.ui.data_source import DataSource
from voxstudio.ui.recipe_form import RecipeForm
from voxstudio.ui.studio import Studio
from voxstudio.ui.train_words import name_problem, steps_in_words, suggest_name

if TYPE_CHECKING:
    from voxstudio.core.recipe import Recipe
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.engine.family import Family

CHECK_MS = 250
TUNED_STEPS = 2000
UPRIGHT = (("", "Automatic"), ("z", "Z axis"), ("y", "Y axis"))
MESHES = ("meshes", "modelnet", "shapenet")
DEVICES = {"auto": "Automatic", "cpu": "Processor (CPU)", "cuda": "NVIDIA GPU", "mps": "Apple GPU"}
AS_TRAINED = "As it was trained"


def recipe_of(entry: Entry, kind: type[Recipe]) -> dict[str, Any]:
    """The recipe that a checkpoint was trained with, as far as this version knows its options; else nothing."""
    try:
        said = json.loads((entry.folder / RECIPE).read_text(encoding="utf-8")) or entry.card.network.get("recipe", {})
        known = {spec.name for spec in kind.options()}
        values = {name: value for name, value in said.items() if name in known}
        kind().changed(**values)
    except (OSError, ValueError, AttributeError, TypeError, BadInput):
        return {}
    return values


class UnfinishedRow(QWidget):
    """A run that can go on; emits its name."""

    proceed = Signal(str)

    def __init__(self, run: Unfinished) -> None:
        super().__init__()
        self._name = run.name
        known = families().get(run.family)
        words = f"{known.title if known else run.family} · {steps_in_words(run.step, run.max_steps).lower()}"
        self.go_on = widgets.button("Continue", "slim", tip=f"Go on with {run.name} where it stopped")
        self.go_on.setAccessibleName(f"Continue {run.name}")
        self.go_on.clicked.connect(self._go)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(widgets.Elided(run.name))
        text.addWidget(widgets.Elided(words, "hint"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addLayout(text, 1)
        row.addWidget(self.go_on)

    @Slot()
    def _go(self) -> None:
        self.proceed.emit(self._name)


class TrainSetup(widgets.ScrollColumn):
    """Emits ``changed`` once it is clear what stands against the plan."""

    changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setProperty("role", "panel")
        self.problems: tuple[str, ...] = ()
        self._named = False  # the person chose the name
        self._asked: tuple[Any, ...] = ()
        self._make()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CHECK_MS)
        self._timer.timeout.connect(self.check)
        self.mode.chosen.connect(self._rebuild)
        self.family.activated.connect(self._rebuild)
        self.name.textEdited.connect(self._rename)
        self.data.chosen.connect(self._sourced)
        self.form.changed.connect(self._later)
        self.seed.valueChanged.connect(self._later)
        self.device.activated.connect(self._later)
        studio.bridge.changed.connect(self._changed)
        self.mode.choose("new")
        self._follow_runs()
        self._rebuild()
        self._sourced()

    def _make(self) -> None:
        self.runs = widgets.Card("Unfinished runs")
        self._rows: list[UnfinishedRow] = []
        self.mode = inputs.Segments([("new", "A new model"), ("tune", "Fine-tune")], "What to train")
        self.family = QComboBox()
        self.family.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        trained = [record for record in families().values() if record.trainer]
        for record in trained:
            self.family.addItem(record.title, record.key)
        reading = (k for k, record in enumerate(trained) if "reconstruct" in record.capabilities)
        self.family.setCurrentIndex(next(reading, 0))  # shapes from pictures are what most people come for
        self.base = CheckpointChoice(self._studio)
        self.about = widgets.words("", "hint", wrap=True)
        self.name = QLineEdit()
        self.name.setToolTip("The checkpoint stands in the library under this name")
        self.name_problem = widgets.words("", "problem", wrap=True)
        self.name_problem.hide()
        self.data = DataSource()
        self.up = inputs.Segments(UPRIGHT, "Upright")
        self.up.setToolTip("The axis that stands upright in these meshes; automatic: y in a ShapeNet tree, else z")
        self.form = RecipeForm()
        self.seed = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.lineEdit().setTextMargins(6, 0, 6, 0)
        self.seed.setToolTip("The same seed and recipe train the same weights")
        self.device = QComboBox()
        self.device.setToolTip("Where the networks are trained; Automatic takes a GPU if there is one")
        for key, words in DEVICES.items():
            self.device.addItem(words, key)

    def _lay_out(self) -> None:
        what, recipe = widgets.Card("What to train"), widgets.Card("Recipe")
        self._family_row = widgets.labelled("Family", self.family)
        self._base_row = widgets.labelled("From", self.base)
        for part in (self.mode, self._family_row, self._base_row, self.about, widgets.labelled("Name", self.name)):
            what.body.addWidget(part)
        what.body.addWidget(self.name_problem)
        source = widgets.Card("What it learns from")
        source.body.addWidget(self.data)
        self._up_row = widgets.labelled("Upright", self.up)
        source.body.addWidget(self._up_row)
        recipe.body.addWidget(self.form)
        recipe.body.addWidget(widgets.rule())
        recipe.body.addWidget(widgets.labelled("Seed", self.seed))
        recipe.body.addWidget(widgets.labelled("Device", self.device))
        for card in (self.runs, what, source, recipe):
            self.column.addWidget(card)
        self.column.addStretch(1)

    # ---- the plan ------------------------------------------------------------------------------

    @property
    def tunes(self) -> bool:
        """True if a checkpoint is to be fine-tuned."""
        return self.mode.value() == "tune"

    def record(self) -> Family | None:
        """The family to train; None if there is none."""
        entry = self._studio.session.checkpoint
        if self.tunes:
            return families().get(entry.card.family) if entry is not None and entry.card is not None else None
        return families().get(self.family.currentData())

    def plan(self) -> TrainingPlan | None:
        """What is set; None while there is nothing to train."""
        record, entry = self.record(), self._studio.session.checkpoint
        if record is None:
            return None
        # Fine-tuning starts from the checkpoint's recipe: what was set back to a default must be said too.
        values = self.form.draft.everything() if self.tunes else self.form.values()
        steps = next((self.form.draft.value(name) for name in ("max_steps", "steps") if name in self.form.draft.specs),
                     TUNED_STEPS)  # fmt: skip
        return TrainingPlan(
            record.key, self.name.text().strip(), values, self.data.path,
            str(entry.folder) if self.tunes and entry is not None else "",
            int(steps) if isinstance(steps, int) else TUNED_STEPS, self.seed.value(), self.device.currentData(),
            self.up.value() if self.data.found.kind in MESHES else "",
        )  # fmt: skip

    @Slot()
    def check(self) -> None:
        """Ask what stands against the plan."""
        self._timer.stop()
        taken = name_problem(self.name.text().strip(), self._taken())
        self.name_problem.setText(taken)
        self.name_problem.setVisible(bool(taken))
        widgets.restyle(self.name, bad=bool(taken))
        plan = self.plan()
        own = [taken, *self.form.problems(), "" if self.data.found.is_usable else self.data.found.sentence]
        if plan is None:
            own.append("There is no checkpoint to fine-tune: open one in the library, or train a new model.")
        found = [sentence for sentence in own if sentence]
        if plan is not None and not found:
            found = list(self._studio.session.training.check(plan))
        self.problems = tuple(found)
        self.changed.emit()

    # ---- inside --------------------------------------------------------------------------------

    @Slot(str)
    def _changed(self, topic: str) -> None:
        if topic == "checkpoint" and self.tunes:
            self._rebuild()
        elif topic == "catalogue":
            self._later()

    def refresh(self) -> None:
        """Look again which runs can go on and which names are free."""
        self._follow_runs()
        self._suggest()

    def _follow_runs(self) -> None:
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._unfinished = self._studio.session.training.unfinished
        self._rows = [UnfinishedRow(run) for run in self._unfinished]
        for row in self._rows:
            row.proceed.connect(self._studio.session.training.proceed)
            self.runs.body.addWidget(row)
        self.runs.setVisible(bool(self._rows))

    def _taken(self) -> list[str]:
        names = [entry.name for entry in self._studio.session.catalogue]
        return names + [run.name for run in self._unfinished]

    @Slot()
    def _rebuild(self) -> None:
        """Another family, or another checkpoint: another recipe."""
        record, entry = self.record(), self._studio.session.checkpoint
        self._family_row.setVisible(not self.tunes)
        self._base_row.setVisible(self.tunes)
        self.about.setText(self._about(record))
        self.about.setToolTip(record.citation if record is not None else "")
        subject = (self.mode.value(), record.key if record else "", str(entry.folder) if self.tunes and entry else "")
        if record is not None and subject != self._asked:
            self._asked = subject
            kind = record.recipe_class()
            self.form.open(kind, self._presets(record, kind))
        self.form.setEnabled(record is not None)
        self._suggest()

    def _about(self, record: Family | None) -> str:
        if record is None:
            return "The checkpoint that is open belongs to no family that can be trained here: choose another one."
        if self.tunes:
            return f"{record.title}. Training starts from its weights; the checkpoint itself is never changed."
        return record.summary

    def _presets(self, record: Family, kind: type[Recipe]) -> Mapping[str, Mapping[str, Any]]:
        """Titles and values to start from."""
        named = {key.replace("-", " ").capitalize(): values for key, values in record.presets.items()}
        entry = self._studio.session.checkpoint
        tuning = {title: values for title, values in named.items() if "tune" in title.lower()}
        if not self.tunes or entry is None:
            return {title: values for title, values in named.items() if title not in tuning} or {"Defaults": {}}
        base = recipe_of(entry, kind)
        if "max_steps" in {spec.name for spec in kind.options()}:
            base["max_steps"] = TUNED_STEPS
        return {**{title: {**base, **values} for title, values in tuning.items()}, AS_TRAINED: base}

    @Slot()
    def _sourced(self) -> None:
        """Other shapes: only meshes may lie on their backs, and what was said of the last ones is not said of these."""
        self._up_row.setVisible(self.data.found.kind in MESHES)
        self.up.choose("")
        self._suggest()

    @Slot()
    def _suggest(self) -> None:
        """A name that is free, as long as the person has not chosen one."""
        record, entry = self.record(), self._studio.session.checkpoint
        if not self._named and record is not None:
            stem = entry.name if self.tunes and entry is not None else record.title
            source = self.data.path.stem if self.data.path is not None else ""
            self.name.setText(suggest_name((stem, source or ("tuned" if self.tunes else "")), self._taken()))
        self._later()

    @Slot(str)
    def _rename(self, text: str) -> None:
        self._named = bool(text.strip())
        self._later()

    @Slot()
    def _later(self) -> None:
        self._timer.start()

    def forget_name(self) -> None:
        """Suggest a name anew: the last one was used."""
        self._named = False
        self._suggest()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.data.dress()
