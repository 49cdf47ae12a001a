"""Latents as vectors, paths, arithmetic, values by hand, and files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from voxstudio.core.errors import BadInput
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.paths import shipped
from voxstudio.engine.checkpoint import read_card
from voxstudio.engine.latent_file import latent_document, load_latent, save_latent
from voxstudio.engine.latent_space import (
    arithmetic,
    brought_inside,
    decided,
    decoded,
    draws,
    flat,
    handle,
    handles,
    latent_space,
    unflat,
    walk,
    walk_in,
)
from voxstudio.lab.opening import open_any

LAYOUT = (CodeSpec("z", 4), CodeSpec("d1", 3, "categorical"), CodeSpec("c1", 1, "uniform"))
FURNITURE = shipped("checkpoints") / "furniture-conditional"


def latent(seed: int) -> Latent:
    rng = np.random.default_rng(seed)
    kind = np.eye(3, dtype=np.float32)[seed % 3]
    return Latent({"z": rng.normal(size=4), "d1": kind, "c1": rng.uniform(-1, 1, 1)}, seed)


def test_a_vector_holds_all_codes_in_order() -> None:
    one = latent(1)
    vector = flat(one, LAYOUT)
    assert vector.shape == (8,) and vector[7] == one.codes["c1"][0]
    assert all(np.array_equal(unflat(vector, LAYOUT).codes[name], one.codes[name]) for name in one.codes)
    assert handles(LAYOUT)[3:] == ("z:3", "d1:0", "c1:0")
    with pytest.raises(BadInput, match="a code z of 9 entries is needed, one of 4 is there"):
        flat(one, (CodeSpec("z", 9),))
    with pytest.raises(BadInput, match="none is there"):
        flat(one, (CodeSpec("w", 2),))


def test_a_path_passes_its_keyframes_and_a_loop_comes_back() -> None:
    keys = [latent(k) for k in range(3)]
    path = walk_in(LAYOUT, keys, 9)
    assert [path[k].seed for k in (0, 4, 8)] == [0, 1, 2]
    assert all(np.array_equal(flat(path[4 * k], LAYOUT), flat(keys[k], LAYOUT)) for k in range(3)), "met exactly"
    lengths = [np.linalg.norm(one.codes["z"]) for one in path]
    between = [np.linalg.norm(one.codes["z"]) for one in walk(keys, 9, "linear")]
    assert min(lengths) >= min(np.linalg.norm(k.codes["z"]) for k in keys) - 1e-5 > min(between)
    assert all(one.codes["d1"].sum() == pytest.approx(1) for one in path), "categories mix linearly"
    loop = walk(keys, 6, "linear", loop=True)
    assert [loop[k] for k in (0, 2, 4)] == keys
    assert np.allclose(loop[5].codes["z"], (keys[2].codes["z"] + keys[0].codes["z"]) / 2)
    for bad, words in (((keys[:1], 5), "two keyframes"), ((keys, 2), "at least 3 frames"), ((keys, 5, "x"), "one of")):
        with pytest.raises(BadInput, match=words):
            walk(*bad)


def test_arithmetic_stays_where_the_generator_is_at_home() -> None:
    a, b, c = (latent(k) for k in range(3))
    result = arithmetic(a, b, c, LAYOUT)
    wanted = a.codes["z"] - b.codes["z"] + c.codes["z"]
    assert np.dot(result.codes["z"], wanted) == pytest.approx(
        np.linalg.norm(result.codes["z"]) * np.linalg.norm(wanted), rel=1e-5
    )
    assert np.linalg.norm(result.codes["z"]) == pytest.approx(
        np.mean([np.linalg.norm(x.codes["z"]) for x in (a, b, c)]), rel=1e-5
    )
    assert abs(result.codes["c1"][0]) <= 1 and result.codes["d1"].tolist() in np.eye(3).tolist()
    assert np.allclose(flat(arithmetic(a, b, b, LAYOUT), LAYOUT)[4:], flat(a, LAYOUT)[4:])
    spread = brought_inside(np.array([0, 0, 0, 9, 2, -1, 2, 5], np.float32), LAYOUT)
    assert spread.tolist() == [0, 0, 0, 9, 0.5, 0, 0.5, 1]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("c1", 1.5, "c1:0 lies from -1 to 1, not at 1.5"),
        ("d1", 0, "d1:0 takes one of the values 1 to 3, not at 0"),
        ("d1", 4, "takes one of the values 1 to 3"),
        ("d1", 1.5, "takes one of the values 1 to 3"),
        ("z", 0, "There is no code 'z'; the codes are z:0 to z:3, d1:0, c1:0"),
        ("z:4", 0, "There is no code 'z:4'"),
        ("z:x", 0, "There is no code"),
        ("z:-1", 0, "There is no code"),
        ("z:" + "9" * 5000, 0, "There is no code"),
        ("w", 0, "There is no code 'w'"),
        ("z:0", float("nan"), "lies from"),
    ],
)
def test_values_by_hand_are_checked(name: str, value: float, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        handle(LAYOUT, name).set(flat(latent(0), LAYOUT), value)


def test_values_by_hand_are_set() -> None:
    two = np.stack([flat(latent(k), LAYOUT) for k in range(2)])
    for name, value in (("c1", 0.25), ("d1:0", 3), ("z:3", -1)):
        two = handle(LAYOUT, name).set(two, value)
    assert (two[:, 3:] == [-1, 0, 0, 1, 0.25]).all() and (two[0, :3] == latent(0).codes["z"][:3]).all()


def test_several_choices_in_one_code() -> None:
    layout = (CodeSpec("noise", 2), CodeSpec("kind", 6, "categorical", groups=2))
    assert handles(layout) == ("noise:0", "noise:1", "kind:0", "kind:1") and layout[1].values == 3
    vector = handle(layout, "kind:1").set(np.array([9, 9, 0, 1, 0, 1, 0, 0], np.float32), 3)
    assert vector.tolist() == [9, 9, 0, 1, 0, 0, 0, 1]
    mixed = np.array([0, 0, 3, 1, -1, 0, 0, 0], np.float32)
    assert brought_inside(mixed, layout)[2:] == pytest.approx([0.75, 0.25, 0, 1 / 3, 1 / 3, 1 / 3])
    assert decided(mixed, layout)[2:].tolist() == [1, 0, 0, 1, 0, 0]
    with pytest.raises(ValueError, match="groups"):
        CodeSpec("noise", 4, "gaussian", groups=2)


def test_a_shipped_generator_decodes_batches_with_a_gradient() -> None:
    model = latent_space(open_any(FURNITURE, "cpu"))
    vectors = draws(model, [1, 2, 3], "chair")
    (fields,) = decoded(model, vectors, "chair")
    for seed, field in zip((1, 2, 3), fields, strict=True):
        assert np.abs(model.decode(model.draw(seed, "chair"), "chair").values - field).max() < 0.05  # bf16, two sizes
    z = torch.from_numpy(vectors[:1]).requires_grad_()
    model.decode_batch(z, "chair").mean().backward()
    assert z.grad is not None and float(z.grad.abs().sum()) > 0
    with pytest.raises(BadInput, match="no latent space"):
        latent_space(object(), "chairs")


def test_a_latent_survives_its_file_to_the_bit(tmp_path: Path) -> None:
    card = read_card(FURNITURE)
    layout = (CodeSpec("z", 4), CodeSpec("c1", 1, "uniform"))
    one = Latent({"z": np.random.default_rng(0).normal(size=4), "c1": [0.1]}, 7)
    save_latent(tmp_path / "one.json", one, card, "chair")
    read, label = load_latent(tmp_path / "one.json", card, layout)
    assert label == "chair" and read.seed == 7
    assert all(np.array_equal(read.codes[name], one.codes[name]) for name in one.codes)
    with pytest.raises(BadInput, match="furniture-conditional, not to other: keyframes and latents must all be of one"):
        load_latent(tmp_path / "one.json", replace(card, name="other", sha256="0"), layout)


def test_damaged_latents_are_refused(tmp_path: Path) -> None:
    card, layout, file = read_card(FURNITURE), (CodeSpec("z", 2),), tmp_path / "bad.json"
    good = latent_document(Latent({"z": [1, 2]}), card)
    changes = (
        {"codes": {"z": [1]}}, {"codes": {"z": [1, None]}}, {"codes": {"z": [1, float("nan")]}}, {"codes": {}},
        {"codes": []}, {"format": 2}, {"label": "toaster"}, {"codes": {"z": [1, 10**400]}}, {"sha256": None},
    )  # fmt: skip
    texts = [json.dumps({**good, **change}) for change in changes]
    for text in (*texts, "", "[1]", "{not json", "[" * 100000, "9" * 5000):
        file.write_text(text)
        with pytest.raises(BadInput, match=r"bad\.json"):
            load_latent(file, card, layout)
    with pytest.raises(BadInput, match="cannot be read"):
        load_latent(tmp_path / "gone.json", card, layout)
