"""The form that is drawn from a recipe: every option, what is wrong, what was changed, the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit

from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe, option
from voxstudio.families import families
from voxstudio.ui.recipe_draft import Draft, group_of, text_of, title_of
from voxstudio.ui.recipe_form import RecipeForm


@dataclass(frozen=True)
class Small(Recipe):
    max_steps: int = option(100, "Updates in all.", low=1, high=1000)
    learning_rate_g: float = option(1e-3, "Adam step size of G.", low=0.0, high=1.0)
    encoder: str = option("compact", "Which encoder.", choices=("compact", "paper"))
    image_size: int = option(128, "Side of the picture.", low=64, high=256, unit="px")
    mirror: bool = option(True, "Mirror half of the objects.")
    classes: tuple[str, ...] = option(("chair",), "Classes to learn.")
    dropout_g: tuple[float, ...] = option((0.0, 0.0), "Dropout in G: first layer, others.", low=0.0, high=0.9)
    share: float | None = option(None, "A share, or nothing.", low=0.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder == "paper" and self.image_size != 256:
            raise BadInput("The paper's encoder needs image_size 256.")


PRESETS: dict[str, dict[str, Any]] = {
    "Compact": {}, "Paper": {"encoder": "paper", "image_size": 256, "learning_rate_g": 0.0025},
}  # fmt: skip


def test_what_is_typed_becomes_values_and_what_is_wrong_a_sentence_at_its_option() -> None:
    draft = Draft(Small)
    draft.set("max_steps", "250")
    draft.set("dropout_g", "0.2, 0.1")
    draft.set("classes", "chair,table, ")
    draft.set("share", "")
    assert draft.differing() == {"max_steps": 250, "dropout_g": [0.2, 0.1], "classes": ["chair", "table"]}
    draft.set("max_steps", "5000")
    draft.set("dropout_g", "0.2; 0.1")
    assert draft.problems == {
        "max_steps": "Option 'max_steps' must lie between 1 and 1000, not 5000.",
        "dropout_g": "Option 'dropout_g' must be a number, not '0.2; 0.1'.",
    }
    assert draft.value("max_steps") == "5000"
    assert set(draft.changed) == {"max_steps", "dropout_g", "classes"}
    assert draft.differing() == {"classes": ["chair", "table"]}
    draft.reset("max_steps")
    draft.reset("dropout_g")
    assert draft.problems == {} and draft.changed == ("classes",)
    draft.reset()
    assert draft.differing() == {}


def test_options_that_do_not_go_together_are_told_where_the_hand_was_last() -> None:
    draft = Draft(Small)
    draft.set("encoder", "paper")
    assert draft.problems == {"encoder": "The paper's encoder needs image_size 256."}
    assert draft.value("encoder") == "paper"
    draft.set("image_size", "256")
    assert draft.problems == {}
    assert draft.differing() == {"encoder": "paper", "image_size": 256}


def test_a_baseline_is_what_a_reset_returns_to_and_what_differs_is_told_against_the_defaults() -> None:
    draft = Draft(Small, PRESETS["Paper"])
    assert draft.changed == () and draft.differing() == PRESETS["Paper"]
    draft.set("learning_rate_g", "0.001")
    assert draft.changed == ("learning_rate_g",)
    assert draft.differing() == {"encoder": "paper", "image_size": 256}
    with pytest.raises(BadInput, match="image_sise"):
        Draft(Small, {"image_sise": 64})


def test_words() -> None:
    assert title_of("learning_rate_g") == "Learning rate G"
    assert title_of("model_rotation_deg") == "Model rotation"
    assert title_of("kl_weight") == "KL weight"
    assert [text_of(v) for v in (1e-5, 0.25, (0.2, 0.0), ("chair", "bed"), None, 3)] == [
        "1e-05", "0.25", "0.2, 0", "chair, bed", "", "3",
    ]  # fmt: skip
    assert [group_of(name) for name in ("kl_weight", "stretch", "width", "beta1", "view_pool", "thing")] == [
        "Losses", "Augmentation", "Network", "Steps and precision", "Data", "Other",
    ]  # fmt: skip


@pytest.fixture
def form(qtbot: Any) -> RecipeForm:
    made = RecipeForm()
    qtbot.addWidget(made)
    made.open(Small, PRESETS)
    made.resize(344, 800)
    made.show()
    return made


def _type(qtbot: Any, form: RecipeForm, name: str, text: str) -> None:
    editor = form.field(name).editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)


def test_a_person_changes_an_option_and_takes_it_back(qtbot: Any, form: RecipeForm) -> None:
    with qtbot.waitSignal(form.changed):
        _type(qtbot, form, "max_steps", "400")
    field = form.field("max_steps")
    assert form.values() == {"max_steps": 400}
    assert field.label.property("changed") and field.back.isVisible() and form.count.text() == "1 option changed"
    _type(qtbot, form, "max_steps", "40000")
    assert field.problem.isVisible() and "between 1 and 1000" in field.problem.text()
    assert form.problems() == (field.problem.text(),)
    qtbot.mouseClick(field.back, Qt.MouseButton.LeftButton)
    assert form.values() == {} and form.problems() == ()
    assert field.editor.text() == "100" and not field.back.isVisible() and not field.problem.isVisible()


def test_each_kind_of_option_has_its_editor(qtbot: Any, form: RecipeForm) -> None:
    choice = form.field("encoder").editor
    assert isinstance(choice, QComboBox)
    assert [choice.itemData(i) for i in range(choice.count())] == ["compact", "paper"]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    assert "encoder" in form.draft.problems
    _type(qtbot, form, "image_size", "256")
    form.field("mirror").editor.click()
    _type(qtbot, form, "dropout_g", "0.2, 0.1")
    assert form.problems() == ()
    assert form.values() == {"encoder": "paper", "image_size": 256, "mirror": False, "dropout_g": [0.2, 0.1]}
    qtbot.mouseClick(form.reset_all, Qt.MouseButton.LeftButton)
    assert form.values() == {}
    assert form.field("mirror").editor.isChecked() and form.field("dropout_g").editor.text() == "0, 0"


def test_a_preset_is_taken_and_is_where_a_reset_leads(qtbot: Any, form: RecipeForm) -> None:
    form.preset.setCurrentIndex(1)
    form.preset.activated.emit(1)
    assert form.values() == PRESETS["Paper"]
    assert form.field("learning_rate_g").editor.text() == "0.0025"
    _type(qtbot, form, "learning_rate_g", "0.01")
    form.field("learning_rate_g").back.click()
    assert form.values() == PRESETS["Paper"]


def test_what_matters_stands_open_the_rest_is_folded_and_all_of_it_is_found(qtbot: Any, form: RecipeForm) -> None:
    first, *rest = form.groups
    assert list(first.fields) == ["max_steps", "learning_rate_g", "classes"]
    assert all(not group.fields for group in rest)
    form.search.setText("dropout first")
    seen = [name for group in form.groups for name, field in group.fields.items() if field.isVisible()]
    assert seen == ["dropout_g"]
    form.search.setText("zebra")
    assert form.nothing.isVisible()
    form.search.clear()
    assert first.fields["max_steps"].isVisible() and not form.nothing.isVisible()
    assert all(group.header.isVisible() for group in rest)
    assert not any(field.isVisible() for group in rest for field in group.fields.values())


@pytest.mark.parametrize("key", list(families()))
def test_every_family_can_be_drawn(qtbot: Any, key: str) -> None:
    record = families()[key]
    kind = record.recipe_class()
    form = RecipeForm()
    qtbot.addWidget(form)
    form.open(kind, {name: values for name, values in record.presets.items()} or {"Defaults": {}})
    names = {spec.name for spec in kind.options()}
    assert {spec.name for group in form.groups for spec in group.specs} == names
    for name in names:
        field = form.field(name)
        assert field.spec.help and field.editor.accessibleName()
    for index in range(form.preset.count()):
        form.preset.activated.emit(index)
        assert form.problems() == ()
        assert kind().changed(**form.values()) == kind().changed(**record.presets.get(form.preset.itemText(index), {}))
