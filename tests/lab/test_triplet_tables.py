"""The cross-domain paper's comparisons, made from real runs of tiny networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.lab.cross_domain_data import cross_domain_data
from voxstudio.lab.triplet_tables import ARCHITECTURES, LOSSES, compare_architectures, compare_losses, draw_curves

TINY = {
    "image_size": 24, "image_entry": 2, "width": 4, "image_width": 4, "widest": 8, "hidden": 8, "dimensions": 8,
    "batch_size": 4, "view_pool": 8, "pool_views": 1,
}  # fmt: skip


def test_losses_are_compared_by_encoders_that_differ_in_nothing_else(tmp_path: Path) -> None:
    rows = compare_losses(tmp_path, 2, 8, "cpu", classes=("lamp", "table"), **TINY)
    assert list(rows) == list(LOSSES)
    for row in rows.values():
        assert all(0 <= value <= 1 for key, value in row.items() if key.startswith("recall"))
        assert row["modality_gap"] >= 0 and -1 <= row["silhouette"] <= 1
    recipes = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*/recipe.json"))]
    different = {key for key in recipes[0] if len({str(one[key]) for one in recipes}) > 1}
    assert different == {"loss", "mining", "centred", "unit", "gap_weight"}
    assert rows == compare_losses(tmp_path, 2, 8, "cpu", classes=("lamp", "table"), **TINY), "without training again"


def test_four_architectures_have_curves_of_their_own(tmp_path: Path) -> None:
    curves = compare_architectures(tmp_path / "work", 3, "cpu", classes=("lamp",), **TINY)
    assert list(curves) == list(ARCHITECTURES)
    assert all(told["step"] == [3] and len(told["train"]) == len(told["test"]) == 1 for told in curves.values())
    assert len({tuple(told["train"]) for told in curves.values()}) == 4
    assert curves == compare_architectures(tmp_path / "work", 3, "cpu", classes=("lamp",), **TINY)
    draw_curves(curves, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5000


def test_classes_that_nobody_can_make_need_data(tmp_path: Path) -> None:
    card = Card("c", "triplet", "C", "", 32, 0.5, classes=("boat",))
    with pytest.raises(BadInput, match="no parametric objects of boat"):
        cross_domain_data(card, 24)
    with pytest.raises(BadInput, match="holds no test object of boat"):
        cross_domain_data(card, 24, tmp_path)
