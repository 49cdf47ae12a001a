"""Every family in the registry: builds from its recipe, trains, resumes to the same bits, saves, loads, answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from voxstudio.core.errors import BadCheckpoint, BadInput
from voxstudio.data.parametric import make
from voxstudio.data.parametric_store import ParametricStore
from voxstudio.data.prepare import in_unit_cube
from voxstudio.data.shape_store import ShapeStore, StoreItem, write_store
from voxstudio.engine.checkpoint import load_tensors, open_model, read_card
from voxstudio.engine.family import Classifier, Embedder, LatentSpace
from voxstudio.engine.latent_space import flat
from voxstudio.engine.training import Listener
from voxstudio.families import capabilities, families, family
from voxstudio.lab.learning_data import fine_tuning_recipe
from voxstudio.lab.opening import model_class
from voxstudio.lab.training import make_recipe, train

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "vae_gan3d": (
        {"conditional": True, "adversarial_weight": 0.0, "dropout_g": (0.2, 0.1), "guide_steps": 1},
        {"conditional": True, "adversarial_weight": 0.1, "dropout_g": (0.2, 0.1), "guide_steps": 1},
    ),
    "gan3d": ({"penalty": "r1", "spectral_norm": True, "mask_share": 0.3},
              {"gan_loss": "wasserstein", "penalty": "gradient", "d_norm": "none",
               "lead_steps": 0, "keep_reconstruction": 0.0, "noise": "uniform"}),
    "infogan3d": ({"gan_loss": "hinge", "trunk_layers": 5}, {"categorical_codes": 0, "shape_limit_pair": "mean"},
                  {"accumulate": 2, "freeze": ("generator",)}),
    "reference": ({"resolution": 30, "hidden": (8,), "micro_layers": 2, "part_weight": 0.0},),
    "enhancer_gan": ({"bridge": "2", "accumulate": 2}, {"bridge": "3"}, {"bridge": "none"}),
    "triplet": (
        {"loss": "triplet", "architecture": "2-conv-2-fc", "norm": "none", "centred": False, "unit": False,
         "sees_mask": False, "entry": "pool", "image_entry": 1, "ema": 0.0, "jitter": 0.0},
        {"loss": "symmetric", "mining": "semihard", "batch_classes": 1, "view_pool": 4, "pool_life": 2},
        {"loss": "lifted", "architecture": "1-conv-1-fc", "views_each": 1, "model_shift_voxels": 1}),
}  # fmt: skip
"""Options that change what is trained, beside each family's smallest recipe."""
CASES = [(key, options) for key in families() for options in ({}, *VARIANTS.get(key, ()))]


def smallest(key: str, **changes: Any) -> Any:
    """The family's smallest recipe, for chairs and lamps."""
    named = {"classes": ("chair", "lamp"), **({"conditional": True} if key == "vae_gan3d" else {})}
    return make_recipe(key, **{**named, **family(key).smallest, **changes})


def same(one: Any, other: Any) -> bool:
    """True if two states are equal to the bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return set(one) == set(other) and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


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


@pytest.mark.parametrize(("key", "options"), CASES)
def test_a_resumed_run_ends_with_the_same_bits_and_opens(
    key: str, options: dict[str, Any], store: ShapeStore, tmp_path: Path
) -> None:
    recipe = smallest(key, **options)
    stores = [(store, 1.0)]
    whole = train(key, tmp_path / "whole", recipe, stores=stores, max_steps=4, seed=5, workers=0)
    # The halves meet in the middle of what changes on the way: after one step, and after three.
    halves = train(key, tmp_path / "halves", recipe, stores=stores, max_steps=1, seed=5, workers=0)
    torch.rand(7)  # somebody else's draw in between must not matter
    for steps in (3, 4):
        train(key, halves, recipe, stores=stores, max_steps=steps, seed=5, resume=True, workers=0)
    assert (whole / "weights.safetensors").read_bytes() == (halves / "weights.safetensors").read_bytes()
    states = [torch.load(out / "resume" / "state.pt", weights_only=True)["trainer"] for out in (whole, halves)]
    for name in states[0]:
        assert same(states[0][name], states[1][name]), name
    card = read_card(whole)
    assert card.classes == ("chair", "lamp") and card.recipe_digest == recipe.digest()
    assert all(t.dtype == torch.float32 for t in load_tensors(whole, card).values())
    model = open_model(whole, model_class, "cpu")
    for capability in capabilities(card):
        CHECKS[capability](model)


def reconstructs(model: Any) -> None:
    """A checkpoint that reads pictures."""
    size = model.image_size
    views = np.random.default_rng(0).integers(0, 255, (3, size, size, 4), dtype=np.uint8)
    means = model.encode(views)
    for fusion in ("mean", "max"):
        first, second = (model.decode(model.fuse(means[order], fusion)).values for order in ([0, 1, 2], [2, 0, 1]))
        assert np.abs(first - second).max() < 2e-3, "mean and max must not depend on the order of the views"
    assert model.reconstruct(views, "lstm", "lamp").shape == (32, 32, 32)
    with pytest.raises(BadInput, match="no class 'boat'"):
        model.decode(model.draw(1, "chair"), "boat")


def generates(model: Any) -> None:
    """A checkpoint that makes shapes from noise: the seed decides, the codes are told, batches agree with singles."""
    assert isinstance(model, LatentSpace)
    a, b, c = (flat(model.draw(seed, "chair"), model.layout) for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    nearer = model.draw(1, "chair", 0.5)
    assert np.linalg.norm(flat(nearer, model.layout)) != pytest.approx(np.linalg.norm(a))
    alone = model.decode(model.draw(1, "chair"), "chair")
    assert alone.shape == (32, 32, 32) and alone.iso_level == model.card.iso_level
    codes = torch.from_numpy(np.stack([a, c])).requires_grad_()
    logits = model.decode_batch(codes, "chair")
    assert np.abs(torch.sigmoid(logits[0]).detach().cpu().numpy() - alone.values).max() < 0.03
    logits.float().square().sum().backward()
    assert codes.grad is not None and bool((codes.grad != 0).any())
    grids = np.stack([alone.occupancy, alone.occupancy])
    if hasattr(model, "features"):
        features = model.features(grids)
        assert features.shape == (2, 64 * sum(model.critic.trunk.widths[-3:])) and np.isfinite(features).all()
    if getattr(model, "encodes", False):
        latents = model.encode(grids)
        assert model.decode(latents[0]).shape == (32, 32, 32)
        assert model.recognise(grids).shape == (2, sum(spec.size for spec in model.layout if not spec.is_noise))
    if hasattr(model, "side_image"):
        assert model.side_image(model.draw(1)).size == (32, 32)


def classifies(model: Any) -> None:
    """A checkpoint that tells classes apart: batches agree with singles, gradients with finite differences."""
    assert isinstance(model, Classifier)
    side = model.card.resolution
    grids = np.random.default_rng(0).random((3, side, side, side), np.float32)
    logits, labels = model.logits(grids), np.array([0, 1, 1])
    assert logits.shape == (3, 2) and np.allclose(model.logits(grids[:1]), logits[:1], atol=1e-4)
    features = model.features(grids > 0.5)
    assert len(features) == 3 and features.ndim == 2 and np.isfinite(features).all()
    slopes = {"loss": model.loss_gradient(grids, labels), "score": model.score_gradient(grids, labels)}
    for which, slope in slopes.items():
        assert slope.shape == grids.shape and slope.dtype == np.float32
        # A step along the gradient's own direction changes the value by its length times the step.
        lengths = np.sqrt((slope.astype(np.float64) ** 2).sum(axis=(1, 2, 3)))
        step = 1e-2 * (slope / np.maximum(lengths, 1e-12)[:, None, None, None]).astype(np.float32)
        ends = [model.logits(grids + sign * step).astype(np.float64) for sign in (1, -1)]
        if which == "loss":
            values = [np.log(np.exp(end).sum(axis=1)) - end[np.arange(3), labels] for end in ends]
        else:
            values = [end[np.arange(3), labels] for end in ends]
        assert np.allclose((values[0] - values[1]) / 2e-2, lengths, rtol=0.1, atol=2e-3), which


def embeds(model: Any) -> None:
    """A checkpoint that puts shapes and pictures into one space: an answer does not depend on what stands beside it."""
    assert isinstance(model, Embedder)
    rng = np.random.default_rng(0)
    grids = rng.random((3, 32, 32, 32)) < 0.3
    views = rng.integers(0, 255, (3, model.image_size, model.image_size, 4), dtype=np.uint8)
    for embed, asked in ((model.embed_voxels, grids), (model.embed_images, views)):
        found = embed(asked)
        assert found.shape == (3, model.dimensions) and found.dtype == np.float32 and np.isfinite(found).all()
        assert np.abs(embed(asked[1:2])[0] - found[1]).max() < 1e-4
        assert np.abs(embed(asked[:, ::-1] if embed == model.embed_voxels else asked[:, :, ::-1]) - found).max() < 1e-4
        assert embed(asked[:0]).shape == (0, model.dimensions)
        with pytest.raises(BadInput, match="wants"):
            embed(asked[:, :-1])
    assert np.abs(model.embed_voxels(grids.astype(np.float32)) - model.embed_voxels(grids)).max() < 1e-6


def synthesizes(model: Any) -> None:
    """A checkpoint that climbs from noise: twice the same, and energies that are numbers."""
    state = model.synthesize([1, 2], model.targets[0] if model.targets else None)
    side = model.card.resolution
    assert state.volumes.shape == (2, side, side, side) and np.isfinite(state.energies).all()
    again = model.synthesize([1, 2], model.targets[0] if model.targets else None)
    assert np.array_equal(state.volumes, again.volumes)
    assert state.probabilities.shape == (2, len(model.targets))


CHECKS = {
    "reconstruct": reconstructs, "synthesize": synthesizes, "generate": generates, "classify": classifies,
    "embed": embeds,
}  # fmt: skip
GENERATORS = [key for key in families() if "generate" in family(key).capabilities]


@pytest.mark.parametrize("key", GENERATORS)
def test_training_may_begin_at_half_the_resolution(key: str, store: ShapeStore, tmp_path: Path) -> None:
    more = {"guide_steps": 2} if key == "vae_gan3d" else {}
    recipe = smallest(key, resolution=64, coarse_steps=1, **more)
    out = train(key, tmp_path / "model", recipe, stores=[(store, 1.0)], max_steps=3, workers=0)
    model = open_model(out, model_class, "cpu")
    assert model.decode(model.draw(0, "lamp"), "lamp").shape == (64, 64, 64)


@pytest.mark.parametrize("key", list(families()))
def test_a_run_may_start_from_a_checkpoint_and_measure_itself(key: str, store: ShapeStore, tmp_path: Path) -> None:
    held = ParametricStore(("chair", "lamp"), 32, 4)
    base = train(key, tmp_path / "base", smallest(key), stores=[(store, 1.0)], max_steps=3, workers=0)
    seen: list[float] = []
    listener = Listener(measured=lambda step, value, best: seen.append(value))
    out = train(
        key, tmp_path / "on", smallest(key), stores=[(held, 1.0)], base=base, max_steps=1, workers=0, measure_every=1,
        listener=listener,
    )  # fmt: skip
    assert seen and all(0.0 <= value <= 1.0 for value in seen)
    assert read_card(out).training["base"]["name"] == "base"
    other = smallest(key, **({"widths": (4, 8, 8)} if key == "reference" else {"width": 32}))
    with pytest.raises(BadCheckpoint, match="do not fit the recipe"):
        train(key, tmp_path / "no", other, stores=[(store, 1.0)], base=base, max_steps=1, workers=0)


@pytest.mark.parametrize("key", [key for key in GENERATORS if key != "vae_gan3d"])
def test_what_a_recipe_freezes_stays_as_it_was(key: str, store: ShapeStore, tmp_path: Path) -> None:
    stores = [(store, 1.0)]
    base = train(key, tmp_path / "base", smallest(key), stores=stores, max_steps=3, workers=0)
    recipe = smallest(key, coarse_steps=0, freeze=("generator", "discriminator"))
    out = train(key, tmp_path / "on", recipe, stores=stores, base=base, max_steps=3, workers=0)
    before, after = (load_tensors(folder, read_card(folder)) for folder in (base, out))
    frozen = [name for name in after if ".volume." in name or name.startswith("critic.trunk.")]
    assert frozen and all(torch.allclose(before[name], after[name], atol=1e-6) for name in frozen)
    free = [name for name in after if name.startswith(("maker.net.first", "critic.verdict", "critic.posterior"))]
    assert free and any(not torch.equal(before[name], after[name]) for name in free)
    name, tuned = fine_tuning_recipe(base)
    assert name == key and tuned.coarse_steps == 0 and tuned.width == 16


@pytest.mark.parametrize("key", list(families()))
def test_resuming_with_another_recipe_is_refused(key: str, store: ShapeStore, tmp_path: Path) -> None:
    recipe = make_recipe(key, **family(key).smallest)
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
