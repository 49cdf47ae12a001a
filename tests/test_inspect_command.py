"""``voxstudio inspect`` as a person runs it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from command_line import Here, in_process
from foreign import ROOT, other_name, renamed, save, shipped_weights

SAMPLES = ROOT / "resources" / "samples"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    """Run a command in this process for a person without checkpoints of their own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return in_process(capfd)


def test_a_card_of_the_same_weights_names_the_classes(here: Here, tmp_path: Path) -> None:
    shipped = ROOT / "checkpoints" / "furniture-conditional"
    card = json.loads((shipped / "card.json").read_text())
    (tmp_path / "copy").mkdir()
    shutil.copy(shipped / "weights.safetensors", tmp_path / "copy")
    status, out, _ = here("inspect", tmp_path / "copy" / "weights.safetensors", "--json")
    assert status == 0 and json.loads(out)["proposal"]["recipe"]["classes"] == card["classes"], "its twin's, by sha256"

    (tmp_path / "theirs").mkdir()
    theirs = save(shipped_weights("furniture-conditional"), tmp_path / "theirs" / "epoch-9.pt")
    (theirs.parent / "card.json").write_text(json.dumps({**card, "classes": ["chair"]}))  # of another network
    told = here("inspect", theirs)[1]
    assert "Nothing tells its 7 classes: they are called class-1 to class-7; name them in their order" in told
    shutil.copy(shipped / "card.json", theirs.parent)
    status, out, err = here("inspect", theirs, "--adopt", "mine")
    assert status == 0 and "Nothing tells" not in out, err
    (mine,) = (one for one in json.loads(here("list", "--json")[1]) if one["name"] == "mine")
    assert mine["classes"] == card["classes"]


def test_a_renamed_file_is_adopted_and_makes_the_same_mesh(here: Here, tmp_path: Path) -> None:
    theirs = save(renamed(shipped_weights()), tmp_path / "theirs.ckpt")
    status, out, _ = here("inspect", theirs)
    assert status == 0 and "in the library" not in out
    assert "3D-VAE-GAN (vae_gan3d), 100%" in out and "? module.E.layers.1.bn1.weight" in out
    assert "Nothing tells its class: it is called object; name it with --set classes=NAME." in out
    assert "0 missing, 0 extra, 0 misshapen" in out and "module.fusion.out.bias" in out.split("Tensors")[1]
    status, out, _ = here("inspect", theirs, "--json")
    document = json.loads(out)
    assert document["proposal"]["same"] == 0 and len(document["proposal"]["renamed"]) == len(document["tensors"]) == 92

    status, _, err = here("inspect", theirs, "--adopt", "mine")
    assert status == 1 and "guessed" in err and len(err.strip().splitlines()) == 1
    status, out, _ = here("inspect", theirs, "--accept", "--set", "classes=chair", "--adopt", "mine", "--json")
    assert status == 0 and json.loads(out)["adopted"]["name"] == "mine"
    status, out, _ = here("list", "--json")
    assert next(one for one in json.loads(out) if one["name"] == "mine")["classes"] == ["chair"]

    document = json.loads(here("inspect", theirs, "--json")[1])
    assert document["in_library"] == ["mine"], "by the sha256 of what it was made of"
    assert "It is in the library already, as mine." in here("inspect", theirs)[1]
    shipped = ROOT / "checkpoints" / "chair-multiview" / "weights.safetensors"
    told = here("inspect", shipped)[1]
    assert "in the library already, as " in told and "chair-multiview (“Chairs from photos”)" in told

    made = []
    for name in ("chair-multiview", "mine"):
        target = tmp_path / f"{name}.stl"
        photos = (SAMPLES / "chair-1.png", SAMPLES / "chair-2.png")
        assert here("reconstruct", *photos, "-o", target, "--checkpoint", name, "--fusion", "lstm")[0] == 0
        made.append(target.read_bytes())
    assert made[0] == made[1]

    second = save({name: tensor + 0 for name, tensor in renamed(shipped_weights()).items()}, tmp_path / "second.pt")
    status, out, _ = here("inspect", second, "--adopt", "second")
    assert status == 0 and "Added second" in out, "the names were confirmed once"


def test_a_wrong_guess_is_corrected_by_hand(here: Here, tmp_path: Path) -> None:
    theirs = save(renamed(shipped_weights()), tmp_path / "theirs.safetensors")
    one, other = ("encoder.body.0.first_norm.bias", "encoder.body.0.second_norm.bias")
    swap = ("--map", f"{other_name(one)}={other}", "--map", f"{other_name(other)}={one}")
    document = json.loads(here("inspect", theirs, *swap, "--json")[1])
    told = {pair["wanted"]: pair for pair in document["proposal"]["renamed"]}
    assert told[one]["found"] == other_name(other) and told[one]["sure"] and told[other]["found"] == other_name(one)
    document = json.loads(here("inspect", theirs, "--map", f"{other_name(one)}=", "--json")[1])
    assert document["proposal"]["missing"] == [one] and document["proposal"]["extra"] == [other_name(one)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gone.pt"], "cannot be read"),
        (["{file}", "--family", "nobody"], "no family 'nobody'"),
        (["{file}", "--part", "nobody"], "no part 'nobody'"),
        (["{file}", "--map", "nonsense"], "equals sign"),
        (["{file}", "--map", "nobody=generator.last.bias"], "no tensor 'nobody'"),
        (["{file}", "--map", "generator.last.weight=generator.last.bias"], "has the shape"),
        (["{file}", "--set", "latent_size=64"], "other tensors than the file"),
        (["{file}", "--adopt", "chair-multiview"], "already"),
        (["{file}", "--adopt", "a/b"], "cannot be a checkpoint's name"),
        (["{text}", "--adopt", "x"], "shares no tensor"),
    ],
)
def test_what_cannot_be_is_one_sentence(here: Here, tmp_path: Path, arguments: list[str], words: str) -> None:
    torch.save({"w": torch.ones(7, 3, 2)}, tmp_path / "other.pt")
    torch.save(shipped_weights(), tmp_path / "plain.pt")
    named = [one.format(file=tmp_path / "plain.pt", text=tmp_path / "other.pt") for one in arguments]
    status, out, err = here("inspect", *named, "--json")
    assert (status, out) == (1, "")
    assert words in err and len(err.strip().splitlines()) == 1 and err.startswith("voxstudio: ")


def test_a_file_that_wants_to_run_code_is_refused(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, ("never",)

    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {"w": torch.ones(2)}, "callbacks": Bomb()}, tmp_path / "bomb.ckpt")
    status, _, err = here("inspect", tmp_path / "bomb.ckpt", "--adopt", "x", "--accept")
    assert status == 1 and "wants to run" in err and "mkdir" in err and not (tmp_path / "never").exists()


def test_a_file_without_any_family_is_still_told(here: Here, tmp_path: Path) -> None:
    torch.save({"w": torch.ones(7, 3, 2)}, tmp_path / "other.pt")
    status, out, _ = here("inspect", tmp_path / "other.pt")
    assert status == 0 and "No family here has such tensors." in out and "7 x 3 x 2" in out
