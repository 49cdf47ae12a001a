"""Tables of the papers: made from real runs of tiny networks, going on where they were broken off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from modelnet_files import write_modelnet

from voxstudio.core.errors import BadInput
from voxstudio.families import family
from voxstudio.lab.feature_layers import PAPER, compare_layers, layers_table
from voxstudio.lab.label_ablation import RUNS, compare_labels
from voxstudio.lab.paper_tables import TABLES, list_of_tables, make_table

CLASSES = ("chair", "table", "lamp", "sofa", "bed")


def test_layers_are_compared_by_networks_trained_alike(tmp_path: Path) -> None:
    data, work, picture = write_modelnet(tmp_path / "data", CLASSES, 4, 2), tmp_path / "work", tmp_path / "curves.png"
    small = {**family("enhancer_gan").smallest, "coarse_steps": 0}
    small = {k: v for k, v in small.items() if k not in ("max_steps", "lead_steps", "resolution")}
    said: list[str] = []
    rows = compare_layers(data, work, 3, picture, "cpu", said.append, **small)
    assert list(rows) == list(PAPER) and picture.stat().st_size > 5000
    assert [line for line in said if "steps" in line] == [
        "layer 1: 3 steps", "layer 2: 3 steps", "layer 3: 3 steps", "no enhancer: 3 steps",
    ]  # fmt: skip
    widths = {row["svm"]["width"] for row in rows.values()}
    assert len(widths) == 1, "the features differ in what they learnt, not in their number"
    assert rows == compare_layers(data, work, 3, None, "cpu", **small), "the same figures without training again"
    lines = layers_table(rows).splitlines()
    assert len(lines) == 6 and lines[2].startswith("| layer 1 |") and "0.9163" in lines[2]


def test_the_ablation_trains_four_networks_that_differ_in_two_options(tmp_path: Path) -> None:
    small = {"width": 16, "d_width": 4, "batch_size": 4, "noise_size": 8}
    picture = tmp_path / "curves.png"
    rows = compare_labels(tmp_path / "work", 3, picture, "cpu", **small)
    assert list(rows) == list(RUNS) and picture.stat().st_size > 5000
    assert all(0 <= row["empty_or_full"] <= 1 and row["distance"] > 0 for row in rows.values())
    recipes = [json.loads((tmp_path / "work" / name.replace(" ", "-") / "recipe.json").read_text()) for name in RUNS]
    different = {key for key in recipes[0] if len({str(one[key]) for one in recipes}) > 1}
    assert different == {"soft_labels", "shape_limit_weight"}
    assert recipes[0]["lead_steps"] == 0 and recipes[0]["learning_rate_d"] == 2e-5, "the paper's game"


def test_a_table_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no table 'x'; choose from enhancer-layers, infogan-ablation, .*, or list"):
        make_table("x", tmp_path)
    with pytest.raises(BadInput, match="enhancer-layers needs --data"):
        make_table("enhancer-layers", None)
    with pytest.raises(BadInput, match=r"lacks the file modelnet10_vox30_train\.npz"):
        make_table("enhancer-layers", tmp_path, tmp_path / "work")
    assert all(name in list_of_tables().text for name in TABLES)
