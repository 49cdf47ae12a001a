"""Every family in the registry: builds from its recipe, trains, resumes to the same bits, saves, loads, answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import make
from voxstudio.data.prepare import in_unit_cube
from voxstudio.data.shape_store import ShapeStore, StoreItem, write_store
from voxstudio.engine.checkpoint import load_tensors, open_model, read_card
from voxstudio.families import families, family
from voxstudio.lab.opening import model_class
from voxstudio.lab.training import make_recipe, train

TINY = {"width": 16, "encoder_width": 8, "latent_size": 16, "image_size": 64, "batch_size": 2, "view_counts": (2,)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ShapeStore:
    """Four parametric chairs and lamps at 32^3."""

    def items() -> list[StoreItem]:
        shapes = [(make(name, seed), label) for seed in range(2) for label, name in enumerate(("chair", "lamp"))]
        return [StoreItem(s.name, k, "train", in_unit_cube(s.surface(32)), s.occupancy(32)) for s, k in shapes]

    folder = tmp_path_factory.mktemp("stores") / "small"
    return write_store(folder, items(), ("chair", "lamp"), "small", "Apache-2.0")


def test_listing_families_imports_no_torch() -> None:
    code = "import sys; from voxstudio.families import families; assert families(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("key", list(families()))
def test_presets_build_recipes_and_digests_tell_them_apart(key: str) -> None:
    recipes = {name: make_recipe(key, name) for name in family(key).presets}
    assert len({recipe.digest() for recipe in recipes.values()}) == len(recipes)
    for recipe in recipes.values():
        assert type(recipe).from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
        assert all(spec.help.endswith(".") for spec in recipe.options())


@pytest.mark.parametrize("key", list(families()))
@pytest.mark.parametrize("adversarial", [0.0, 0.1])
def test_a_resumed_run_ends_with_the_same_bits(key: str, adversarial: float, store: ShapeStore, tmp_path: Path) -> None:
    recipe = make_recipe(
        key,
        classes=("chair", "lamp"),
        conditional=True,
        adversarial_weight=adversarial,
        dropout_g=(0.2, 0.1),
        guide_steps=1,
        **TINY,
    )
    stores = [(store, 1.0)]
    whole = train(key, tmp_path / "whole", recipe, stores=stores, max_steps=4, seed=5, workers=0)
    halves = train(key, tmp_path / "halves", recipe, stores=stores, max_steps=2, seed=5, workers=0)
    torch.rand(7)  # somebody else's draw in between must not matter
    train(key, halves, recipe, stores=stores, max_steps=4, seed=5, resume=True, workers=0)
    assert (whole / "weights.safetensors").read_bytes() == (halves / "weights.safetensors").read_bytes()
    states = [torch.load(out / "resume" / "state.pt", weights_only=True)["trainer"] for out in (whole, halves)]
    for name, tensor in states[0]["net"].items():
        assert torch.equal(tensor, states[1]["net"][name]), name


@pytest.mark.parametrize("key", list(families()))
def test_a_trained_checkpoint_opens_and_answers(key: str, store: ShapeStore, tmp_path: Path) -> None:
    recipe = make_recipe(key, classes=("chair", "lamp"), conditional=True, **TINY)
    out = train(key, tmp_path / "model", recipe, stores=[(store, 1.0)], max_steps=2, workers=0)
    card = read_card(out)
    assert card.classes == ("chair", "lamp") and card.recipe_digest == recipe.digest()
    assert all(t.dtype == torch.float32 for t in load_tensors(out, card).values())
    model = open_model(out, model_class, "cpu")
    size = model.image_size
    views = np.random.default_rng(0).integers(0, 255, (3, size, size, 4), dtype=np.uint8)
    means = model.encode(views)
    for fusion in ("mean", "max"):
        first, second = (model.decode(model.fuse(means[order], fusion)).values for order in ([0, 1, 2], [2, 0, 1]))
        assert np.abs(first - second).max() < 2e-3, "mean and max must not depend on the order of the views"
    assert model.reconstruct(views, "lstm", "lamp").shape == (32, 32, 32)
    a, b, c = (model.draw(seed, "chair").codes["z"] for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    with pytest.raises(BadInput, match="no class 'boat'"):
        model.decode(model.draw(1, "chair"), "boat")


@pytest.mark.parametrize("key", list(families()))
def test_training_may_begin_at_half_the_resolution(key: str, store: ShapeStore, tmp_path: Path) -> None:
    recipe = make_recipe(
        key, resolution=64, guide_steps=2, coarse_steps=1, classes=("chair", "lamp"), conditional=True, **TINY
    )
    out = train(key, tmp_path / "model", recipe, stores=[(store, 1.0)], max_steps=3, workers=0)
    model = open_model(out, model_class, "cpu")
    assert model.decode(model.draw(0, "lamp"), "lamp").shape == (64, 64, 64)


@pytest.mark.parametrize("key", list(families()))
def test_resuming_with_another_recipe_is_refused(key: str, store: ShapeStore, tmp_path: Path) -> None:
    recipe = make_recipe(key, **TINY)
    out = train(key, tmp_path / "run", recipe, stores=[(_chairs(store), 1.0)], max_steps=1, workers=0)
    with pytest.raises(BadInput, match="another recipe"):
        train(key, out, recipe.changed(beta1=0.4), stores=[(_chairs(store), 1.0)], max_steps=2, resume=True, workers=0)


def _chairs(store: ShapeStore) -> ShapeStore:
    items = [
        StoreItem(store.names[i], 0, "train", store.surface(i), store.occupancy(i))
        for i in range(len(store))
        if store.label(i) == 0
    ]
    return write_store(store.folder.parent / "chairs", items, ("chair",), "chairs", "Apache-2.0")
