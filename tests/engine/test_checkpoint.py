"""Checkpoints: what is wrong with one is said in a sentence, and nothing runs code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from voxstudio.core.card import Card
from voxstudio.core.errors import BadCheckpoint, CannotWrite
from voxstudio.engine import checkpoint
from voxstudio.engine.checkpoint import (
    catalogue,
    load_tensors,
    read_card,
    save_checkpoint,
    write_atomically,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    card = Card("toy", "vae_gan3d", "Toy", "A toy.", 32, 0.4)
    save_checkpoint(tmp_path / "toy", {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(4)}, card, {"x": 1})
    return tmp_path / "toy"


def test_weights_come_back_as_they_were_saved(folder: Path) -> None:
    card = read_card(folder)
    tensors = load_tensors(folder, card)
    assert torch.equal(tensors["a"], torch.arange(6.0).view(2, 3)) and tensors["a"].dtype == torch.float32
    assert card.tensors == {"a": ["float16", [2, 3]], "b": ["float16", [4]]}
    assert len(card.sha256) == 64


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("b"), "1 missing (b)"),
        (lambda t: t.update(c=torch.ones(1)), "1 extra (c)"),
        (lambda t: t.update(a=torch.ones(3, 2)), "1 misshapen (a [3, 2] instead of [2, 3])"),
    ],
)
def test_a_mismatch_is_told_as_a_difference(folder: Path, change: object, words: str) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "weights.safetensors")
    change(tensors)
    save_file(tensors, folder / "weights.safetensors")
    with pytest.raises(BadCheckpoint) as caught:
        load_tensors(folder, read_card(folder))
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("blob", [b"", b"not json", b"[]", b"{}", b"\xff\xfe\x00", b'{"name": 1}'])
def test_a_card_that_is_no_card_is_listed_with_its_sentence(folder: Path, blob: bytes) -> None:
    (folder / "card.json").write_bytes(blob)
    (entry,) = catalogue([folder.parent])
    assert entry.card is None and "card.json" in entry.problem and "\n" not in entry.problem


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 40, -1])
def test_truncated_weights_are_refused(folder: Path, keep: int) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadCheckpoint, match=r"weights\.safetensors"):
        load_tensors(folder, read_card(folder))


def test_a_flipped_bit_is_noticed(folder: Path) -> None:
    path = folder / "weights.safetensors"
    blob = bytearray(path.read_bytes())
    blob[-1] ^= 1
    path.write_bytes(bytes(blob))
    with pytest.raises(BadCheckpoint, match="sha256"):
        load_tensors(folder, read_card(folder))


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"old": True}))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left"):
        write_atomically(path, b"new")
    assert json.loads(path.read_text()) == {"old": True}
    assert [p.name for p in tmp_path.iterdir()] == ["card.json"]
