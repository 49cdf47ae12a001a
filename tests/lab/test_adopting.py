"""Somebody else's weights become a checkpoint that works like a shipped one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign import ROOT, other_name, renamed, save, shipped_weights
from tiny import tiny_checkpoint

from voxstudio.core.errors import BadCheckpoint, BadInput, VoxStudioError
from voxstudio.core.latent import Latent
from voxstudio.engine.checkpoint import catalogue, read_card
from voxstudio.engine.inspection import inspect_file
from voxstudio.families import families, family
from voxstudio.lab import renamings
from voxstudio.lab.adopting import Proposal, adopt, fits, propose, set_options
from voxstudio.lab.checkpoint_names import check_name, free_name
from voxstudio.lab.opening import open_any


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without checkpoints or confirmed names."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(renamings, "own_checkpoints", lambda: tmp_path / "data" / "checkpoints")
    return tmp_path / "data" / "checkpoints"


def looked_into(path: Path, only: str | None = None) -> Proposal:
    file = inspect_file(path)
    return propose(file, fits(file, (), only)[0])


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", ["chair-multiview", "furniture-conditional"])
def test_renamed_shipped_weights_are_known_again(name: str, suffix: str, tmp_path: Path, own: Path) -> None:
    weights = shipped_weights(name)
    proposal = looked_into(save(renamed(weights), tmp_path / f"theirs{suffix}"))
    card = read_card(ROOT / "checkpoints" / name)
    assert proposal.fit.family == card.family and proposal.fit.score == 1.0
    recipe = proposal.recipe.to_json()
    for option in ("resolution", "image_size", "latent_size", "encoder", "encoder_width", "width", "latent_hidden",
                   "conditional"):  # fmt: skip
        assert recipe[option] == card.network["recipe"][option], option
    assert {new: pair.found for new, pair in proposal.pairs.items()} == {key: other_name(key) for key in weights}
    assert proposal.difference.is_empty and proposal.guesses and not proposal.problem

    with pytest.raises(BadInput, match="guessed"):
        adopt(proposal, "mine", own)
    assert not own.exists() or not list(own.iterdir())
    proposal = set_options(proposal.confirmed(), {"classes": card.classes})
    folder = adopt(proposal, "mine", own)
    assert {path.name for path in folder.iterdir()} == {"weights.safetensors", "card.json", "recipe.json"}
    (entry,) = catalogue([own])
    assert entry.problem == "" and entry.card is not None and entry.card.classes == card.classes
    assert proposal.file.sha256 in json.dumps(entry.card.data) and "theirs" in json.dumps(entry.card.data)
    assert entry.card.tensors == card.tensors, "half precision loses nothing here, so the file stays small"

    ours, theirs = open_any(ROOT / "checkpoints" / name, "cpu"), open_any(folder, "cpu")
    views = np.random.default_rng(0).integers(0, 255, (2, 96, 96, 4), dtype=np.uint8)
    label = card.classes[-1] if len(card.classes) > 1 else None
    assert np.array_equal(
        ours.reconstruct(views, "lstm", label).values, theirs.reconstruct(views, "lstm", label).values
    )
    assert np.array_equal(
        ours.decode(ours.draw(3, label), label).values, theirs.decode(theirs.draw(3, label), label).values
    )

    again = looked_into(save({k: v + 0 for k, v in renamed(weights).items()}, tmp_path / f"second{suffix}"))
    assert not again.guesses and {pair.why for pair in again.pairs.values()} == {"confirmed before"}
    assert again.recipe.to_json()["classes"] == list(card.classes)
    with pytest.raises(BadInput, match="already"):
        adopt(again, "Mine", own, ["mine"])
    assert {path.name for path in own.parent.iterdir()} == {"checkpoints", "renamings"}, "nothing half-made is left"


def test_a_missing_an_extra_and_a_misshapen_tensor(tmp_path: Path, own: Path) -> None:
    weights = renamed(shipped_weights())
    weights["module.critic.weight"] = torch.ones(3, 3)
    weights["module.E.head.weight"] = torch.ones(256, 900)
    del weights["module.G.layers.1.deconv.weight"]
    proposal = looked_into(save(weights, tmp_path / "theirs.safetensors")).confirmed()
    left = proposal.difference
    assert left.missing == ("generator.body.0.up.weight",)
    assert left.extra == ("module.critic.weight",)
    assert left.misshapen == (("module.E.head.weight", "encoder.head.weight"),)
    assert "generator lacks 1 of its 28 tensors (generator.body.0.up.weight)" in proposal.problem
    with pytest.raises(BadCheckpoint, match=r"theirs\.safetensors cannot be added"):
        adopt(proposal, "mine", own)
    with pytest.raises(BadInput, match="needs"):
        proposal.with_name("generator.body.0.up.weight", "module.critic.weight")
    with pytest.raises(BadInput, match="no tensor"):
        proposal.with_name("generator.body.0.up.weight", "nobody")


def test_a_generator_alone_makes_objects_and_says_what_is_missing(tmp_path: Path, own: Path) -> None:
    weights = shipped_weights()
    alone = {k.removeprefix("generator."): v for k, v in weights.items() if k.startswith("generator.")}
    file = save(alone, tmp_path / "G.pth")
    whole = open_any(ROOT / "checkpoints" / "chair-multiview", "cpu")
    proposal = looked_into(file, "vae_gan3d").confirmed()
    assert proposal.settled.capabilities == ("generate",)
    assert any("no whole encoder" in note for note in proposal.settled.notes)
    model = open_any(adopt(proposal, "alone", own), "cpu")
    assert not hasattr(model, "reconstruct") and model.decode(model.draw(1)).shape == (32, 32, 32)
    same = model.draw(1)
    assert np.array_equal(model.decode(same).values, whole.decode(same).values)

    # Nothing tells it from a 3D-GAN's, which is what is offered first.
    proposal = looked_into(file).confirmed()
    assert proposal.fit.family == "gan3d" and proposal.fit.score > 0.99
    model = open_any(adopt(proposal, "as-3d-gan", own), "cpu")
    drawn = model.draw(1)
    narrow = weights["generator.narrow.weight"].float()  # which a 3D-GAN has no use for: its noise enters behind it
    z = torch.linalg.pinv(narrow) @ torch.tensor(drawn.codes["noise"])
    expected = whole.decode(Latent({"z": z.numpy()})).values
    assert np.abs(model.decode(drawn).values - expected).max() < 0.02


def test_an_incomplete_encoder_is_left_out_only_on_wish(tmp_path: Path, own: Path) -> None:
    weights = shipped_weights()
    del weights["encoder.head.bias"]
    proposal = looked_into(save(weights, tmp_path / "x.pt"))
    assert "encoder lacks 1 of its" in proposal.problem and "encoder.head.bias" in proposal.problem
    from dataclasses import replace

    proposal = replace(proposal, whole_parts=True)
    assert not proposal.problem and proposal.settled.capabilities == ("generate",)
    assert open_any(adopt(proposal, "x", own), "cpu").decode is not None


def test_without_lstm_and_prior(tmp_path: Path, own: Path) -> None:
    weights = {k: v for k, v in shipped_weights().items() if k.startswith(("encoder.", "generator."))}
    model = open_any(adopt(looked_into(save(weights, tmp_path / "x.pt")).confirmed(), "x", own), "cpu")
    assert model.fusions == ("mean", "max")
    views = np.random.default_rng(0).integers(0, 255, (2, 96, 96, 4), dtype=np.uint8)
    ours = open_any(ROOT / "checkpoints" / "chair-multiview", "cpu")
    assert np.array_equal(ours.reconstruct(views, "max").values, model.reconstruct(views, "max").values)


def test_an_encoder_alone_says_what_is_missing(tmp_path: Path) -> None:
    weights = {k: v for k, v in shipped_weights().items() if k.startswith("encoder.")}
    file = inspect_file(save(weights, tmp_path / "E.pt"))
    for fit in fits(file):
        assert "generator lacks" in propose(file, fit).problem


def test_our_own_resume_state_opens_at_its_average(tmp_path: Path, own: Path) -> None:
    out = tiny_checkpoint(tmp_path / "run")
    proposal = looked_into(out / "resume" / "state.pt")
    assert proposal.part.name == "trainer.average" and not proposal.guesses and not proposal.difference.missing
    folder = adopt(proposal, "resumed", own)
    ours, theirs = open_any(out, "cpu"), open_any(folder, "cpu")
    views = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 4), dtype=np.uint8)
    difference = np.abs(ours.reconstruct(views).values - theirs.reconstruct(views).values).max()
    assert difference < 1e-2, "the same weights, in single instead of half precision"
    assert read_card(folder).tensors["generator.first.weight"][0] == "float32"


@pytest.mark.parametrize("key", list(families()))
def test_every_preset_of_a_family_is_known_by_its_shapes(key: str) -> None:
    record = family(key)
    if not record.guesser:
        return
    guesser = record.load("guesser")
    for name, preset in record.presets.items():
        wanted = guesser.wanted(record.recipe_class()().changed(**preset))
        found = guesser.recipes(list(wanted.values()))
        assert guesser.wanted(found[0]) == wanted, name


def test_numbers_that_are_none_are_refused(tmp_path: Path, own: Path) -> None:
    weights = shipped_weights()
    weights["generator.last.bias"] = torch.full((1,), torch.nan)
    with pytest.raises(BadCheckpoint, match="not finite"):
        adopt(looked_into(save(weights, tmp_path / "x.pt")), "x", own)
    assert not own.exists() or not list(own.iterdir())


def test_a_file_of_something_else_fits_nothing(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(7, 7), "b": torch.ones(7)}, tmp_path / "mlp.pt")
    assert all(fit.score < 0.01 for fit in fits(inspect_file(tmp_path / "mlp.pt")))
    with pytest.raises(BadInput, match="no family"):
        fits(inspect_file(tmp_path / "mlp.pt"), (), "nobody")


def test_names_for_the_library() -> None:
    assert check_name(" mine ", []) == "mine"
    for bad in ("", "..", "a/b", "a b", "-a", "a.", "x" * 61, "ä"):
        with pytest.raises(BadInput):
            check_name(bad, [])
    assert free_name(Path("My chairs (1).pt"), ["my-chairs-1"]) == "My-chairs-1-2"
    assert free_name(Path("%%.pt"), []) == "imported"


def test_confirmed_names_that_cannot_be_read_are_asked_anew(tmp_path: Path) -> None:
    names = ["a", "b"]
    renamings.remember("vae_gan3d", names, renamings.Remembered({"x": "a"}, {"classes": ["chair"]}))
    assert renamings.recall("vae_gan3d", reversed(names)) == renamings.Remembered({"x": "a"}, {"classes": ["chair"]})
    assert renamings.recall("vae_gan3d", ["a"]) is None and renamings.recall("other", names) is None
    (path,) = renamings.renamings_folder().iterdir()
    for text in ("", "[]", '{"format": 1}', '{"format": 1, "names": 3}', "\x00"):
        path.write_text(text)
        assert renamings.recall("vae_gan3d", names) is None
    renamings.forget("vae_gan3d", names)
    assert not path.exists()


def test_every_refusal_is_a_sentence(tmp_path: Path) -> None:
    proposal = looked_into(save(renamed(shipped_weights()), tmp_path / "x.pt"))
    for options in ({"classes": ("a", "b")}, {"nobody": 1}, {"image_size": 5000}, {"width": 64}):
        with pytest.raises(VoxStudioError) as caught:
            set_options(proposal, options)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
