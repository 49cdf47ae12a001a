"""Baking: real runs of a tiny recipe, within a budget, resuming, into a folder; and what is out of date."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from voxstudio.core.errors import BadInput
from voxstudio.engine.checkpoint import read_card, write_card
from voxstudio.lab import bake

TINY = {
    "image_size": 64, "encoder_width": 8, "width": 16, "latent_size": 16, "batch_size": 2, "view_counts": [1],
    "max_steps": 6, "classes": ["chair"],
}  # fmt: skip


@pytest.fixture()
def recipes(tmp_path: Path) -> Path:
    """A folder with one recipe."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    document = {
        "family": "vae_gan3d", "title": "Tiny", "summary": "A tiny one.", "options": TINY,
        "notes": ["Learned nothing."],
        "sources": [{"parametric": ["chair"], "count": 6, "weight": 1.0}], "floors": {"mean.iou_1": 0.0},
    }  # fmt: skip
    (folder / "tiny.json").write_text(json.dumps(document))
    return folder


def test_a_budget_ends_a_bake_and_the_same_call_goes_on(recipes: Path, tmp_path: Path) -> None:
    work, into = tmp_path / "work", tmp_path / "checkpoints"
    rows = bake.bake([], work, into, minutes=1e-9, device="cpu", folder=recipes, objects=1)
    assert not rows[0]["done"] and not (into / "tiny").exists()
    assert bake.check(into, recipes) == ["tiny is missing: bake it."]
    rows = bake.bake(["tiny"], work, into, device="cpu", folder=recipes, objects=1)
    assert rows[0] == {"name": "tiny", "steps": 6, "of": 6, "done": True, "metrics": rows[0]["metrics"]}
    card = read_card(into / "tiny")
    assert card.title == "Tiny" and card.notes == ("Learned nothing.",) and card.iso_level == 0.5
    assert card.metrics["mean"]["iou_1"] == rows[0]["metrics"]["mean"]["iou_1"]
    assert bake.check(into, recipes) == []
    files = sorted(path.name for path in (into / "tiny").iterdir())
    assert files == ["card.json", "recipe.json", "weights.safetensors"]


def test_a_machine_without_qt_and_vtk_bakes(recipes: Path, tmp_path: Path) -> None:
    code = f"""
import sys
for name in ("PySide6", "shiboken6", "qtpy", "pyvista", "pyvistaqt", "vtk", "vtkmodules"):
    sys.modules[name] = None  # an import of it fails
from pathlib import Path
from voxstudio.lab import bake
rows = bake.bake([], Path({str(tmp_path / "work")!r}), Path({str(tmp_path / "into")!r}), device="cpu",
                 folder=Path({str(recipes)!r}), objects=1)
assert rows[0]["done"]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_is_out_of_date_is_told(recipes: Path, tmp_path: Path) -> None:
    work, into = tmp_path / "work", tmp_path / "checkpoints"
    bake.bake([], work, into, device="cpu", folder=recipes, objects=1)
    document = json.loads((recipes / "tiny.json").read_text())
    document["options"]["kl_weight"] = 0.5
    document["floors"] = {"mean.iou_1": 0.99, "mean.nothing": 0.1}
    (recipes / "tiny.json").write_text(json.dumps(document))
    told = bake.check(into, recipes)
    assert told[0] == "tiny was baked from another recipe: bake it again."
    assert "misses mean.iou_1" in told[1] and "misses mean.nothing: nothing" in told[2]


def test_recipes_name_what_is_wrong_with_them(recipes: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no recipe 'boat'; choose from tiny"):
        bake.bake(["boat"], tmp_path, tmp_path, folder=recipes)
    (recipes / "broken.json").write_text("{")
    with pytest.raises(BadInput, match=r"broken\.json is not a recipe"):
        bake.all_bakes(recipes)


def test_the_shipped_checkpoints_are_up_to_date() -> None:
    from voxstudio.core.paths import shipped

    assert bake.check(shipped("checkpoints")) == []
    names = {path.name for path in shipped("checkpoints").iterdir() if path.is_dir()}
    ships = {name for name, one in bake.all_bakes().items() if one.ships}
    assert names == ships, "what ships has a recipe, and what has a recipe ships unless it says otherwise"
    assert [one.name for one in bake.chosen_bakes(["furniture-no-enhancer"])] == ["furniture-no-enhancer"]
    assert "furniture-no-enhancer" not in {one.name for one in bake.chosen_bakes([])}


def test_a_real_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    one = replace(bake.all_bakes()["chair-multiview"], options={**TINY})
    with pytest.raises(BadInput, match="modelnet10_chair_vox32.npz: name the folder that holds it with --data"):
        bake.open_sources(one, None, tmp_path)
    with pytest.raises(BadInput, match="--data"):
        bake.open_sources(one, tmp_path, tmp_path)


def test_too_large_files_are_told(recipes: Path, tmp_path: Path) -> None:
    into = tmp_path / "checkpoints"
    bake.bake([], tmp_path / "work", into, device="cpu", folder=recipes, objects=1)
    write_card(into / "tiny", replace(read_card(into / "tiny"), title="x" * (9 << 20)))
    assert "at most 8 are allowed" in bake.check(into, recipes)[0]


def generator_recipes(folder: Path, **more: object) -> None:
    """A 3DInfoGAN, and a 3D-GAN that starts from it and comes before it in the alphabet."""
    from voxstudio.families import family

    for name, key in (("a-plain", "gan3d"), ("with-codes", "infogan3d")):
        document = {
            "family": key, "title": name, "summary": "Tiny.",
            "options": {**family(key).smallest, "classes": ["bed", "lamp"]},
            "sources": [{"parametric": ["bed", "lamp"], "count": 6, "weight": 1.0}],
            **({"base": "with-codes", **more} if key == "gan3d" else {}),
        }  # fmt: skip
        if key == "gan3d":
            document["options"]["coarse_steps"] = 0
        (folder / f"{name}.json").write_text(json.dumps(document))


def test_a_generator_starts_from_one_of_another_family_that_is_baked_before_it(tmp_path: Path) -> None:
    generator_recipes(tmp_path)
    assert list(bake.all_bakes(tmp_path)) == ["with-codes", "a-plain"]
    work, into = tmp_path / "work", tmp_path / "checkpoints"
    with pytest.raises(BadInput, match="a-plain starts from with-codes, which is neither in"):
        bake.bake(["a-plain"], work, into, device="cpu", folder=tmp_path)
    rows = bake.bake([], work, into, device="cpu", folder=tmp_path)
    assert [(row["name"], row["done"]) for row in rows] == [("with-codes", True), ("a-plain", True)]
    card = read_card(into / "a-plain")
    assert card.training["base"]["name"] == "with-codes" and card.training["base"]["family"] == "infogan3d"
    told = card.training["calibration"]
    assert told["threshold"] == card.iso_level and 0.2 <= card.iso_level <= 0.6
    generator_recipes(tmp_path, base="nobody")
    with pytest.raises(BadInput, match="a-plain starts from nobody, of which there is no recipe"):
        bake.all_bakes(tmp_path)


def test_an_encoder_ships_with_a_collection_that_opens_at_once(tmp_path: Path) -> None:
    from voxstudio.families import family
    from voxstudio.lab.embedding import READY, Wanted, open_collection

    recipe = {
        "family": "triplet", "title": "Tiny", "summary": "Tiny.", "floors": {"recall5_image_to_shape": 0.0},
        "options": {**family("triplet").smallest, "classes": ["bed", "lamp"]},
        "sources": [{"parametric": ["bed", "lamp"], "count": 6, "weight": 1.0}],
    }
    (tmp_path / "tiny-encoder.json").write_text(json.dumps(recipe))
    into = tmp_path / "checkpoints"
    rows = bake.bake([], tmp_path / "work", into, device="cpu", folder=tmp_path, objects=4)
    assert rows[0]["done"] and rows[0]["metrics"]["modality_gap"] >= 0 and bake.check(into, tmp_path) == []
    assert (into / "tiny-encoder" / READY).is_file()

    def never() -> None:
        raise AssertionError("nothing is embedded again")

    card = read_card(into / "tiny-encoder")
    # Nothing may be opened: what would do it refuses to be called at all.
    found = open_collection(Wanted("parametric"), into / "tiny-encoder", never, card)  # type: ignore[arg-type]
    assert len(found) == 4 * 7 * 2 and found.sha256 == card.sha256
