"""Recipes and cards: bounds hold, files come back as they went, and what is wrong is said in a sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxstudio.core.card import Card
from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.core.recipe import Recipe, option

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CARD = {"name": "toy", "family": "f", "title": "Toy", "summary": "A toy.", "resolution": 32, "iso_level": 0.4}


@dataclass(frozen=True)
class Demo(Recipe):
    steps: int = option(10, "Steps to take.", low=1, high=100)
    rate: float = option(0.1, "Learning rate.", low=0.0, high=1.0)
    fusion: str = option("mean", "How views are joined.", choices=("mean", "max"))
    mirror: bool = option(True, "Mirror half of the objects.")
    counts: tuple[int, ...] = option((1, 2), "Views to a batch.", low=1)


@given(st.integers(1, 100), st.floats(0, 1), st.sampled_from(["mean", "max"]), st.booleans())
def test_a_recipe_comes_back_from_its_file(steps: int, rate: float, fusion: str, mirror: bool) -> None:
    recipe = Demo(steps, rate, fusion, mirror, (3,))
    again = Demo.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe and again.digest() == recipe.digest()


def test_words_of_a_command_line_become_values() -> None:
    recipe = Demo().changed(steps="7", rate="1e-3", mirror="no", counts="1,4")
    assert recipe == Demo(7, 1e-3, "mean", False, (1, 4))


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 101}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"rate": float("nan")}, "rate"),
        ({"fusion": "median"}, "fusion"),
        ({"mirror": "perhaps"}, "mirror"),
        ({"counts": "1,0"}, "counts"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_wrong_option_is_named(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        Demo().changed(**wrong)


def test_the_digest_tells_recipes_apart() -> None:
    assert len({Demo().digest(), Demo(steps=11).digest(), Demo(counts=(2, 1)).digest()}) == 3


def test_every_option_is_described() -> None:
    specs = {spec.name: spec for spec in Demo.options()}
    assert list(specs) == ["steps", "rate", "fusion", "mirror", "counts"]
    assert specs["counts"].is_tuple and specs["counts"].kind is int
    assert all(spec.help.endswith(".") for spec in specs.values())


def test_a_card_comes_back_from_its_file() -> None:
    card = Card(**CARD, classes=("chair",), metrics={"mean": {"iou_1": 0.5}}, notes=("one", "two"))
    assert Card.from_json(json.loads(json.dumps(card.to_json())), "card.json") == card


def test_a_card_of_a_later_program_keeps_what_is_known() -> None:
    assert Card.from_json({**CARD, "something_new": 1}, "card.json") == Card(**CARD)


@pytest.mark.parametrize("gone", sorted(CARD))
def test_a_card_without_a_needed_entry_names_it(gone: str) -> None:
    with pytest.raises(BadCheckpoint, match=gone):
        Card.from_json({k: v for k, v in CARD.items() if k != gone}, "card.json")


@given(JSON, st.sampled_from([None, *CARD, "classes", "network", "metrics", "tensors", "notes", "format"]))
def test_any_json_is_a_card_or_one_sentence(value: Any, key: str | None) -> None:
    try:
        card = Card.from_json(value if key is None else {**CARD, key: value}, "somewhere/card.json")
    except BadCheckpoint as error:
        assert "somewhere/card.json" in str(error) and "\n" not in str(error)
    else:
        assert 0.0 < card.iso_level < 1.0
        assert all(isinstance(one, str) for one in (card.name, card.family, card.title, card.summary, card.licence))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), None, [], "many", 3, 5000, True])
def test_an_impossible_resolution_is_told(value: Any) -> None:
    with pytest.raises(BadCheckpoint, match=r"card\.json"):
        Card.from_json({**CARD, "resolution": value}, "card.json")
