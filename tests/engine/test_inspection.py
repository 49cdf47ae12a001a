"""Somebody else's file: read without running anything in it, whatever stands in it."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from voxstudio.core.errors import BadCheckpoint
from voxstudio.engine.inspection import inspect_file, is_averaged, read_tensors


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("never",)


def _sentence(error: pytest.ExceptionInfo[BadCheckpoint], name: str) -> str:
    words = str(error.value)
    assert name in words and "\n" not in words and words.endswith(".")
    return words


def test_a_pt_that_wants_to_run_code_is_refused_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weights": _Bomb(), "w": torch.ones(2)}, tmp_path / "bomb.pt")
    torch.save({"w": _Bomb()}, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    (tmp_path / "raw.bin").write_bytes(pickle.dumps(_Bomb()))
    for name in ("bomb.pt", "old.ckpt", "raw.bin"):
        with pytest.raises(BadCheckpoint) as caught:
            inspect_file(tmp_path / name)
        words = _sentence(caught, name)
        assert name == "raw.bin" or "wants to run" in words and "mkdir" in words
    assert not (tmp_path / "never").exists()


def test_a_whole_model_is_refused_and_the_state_dict_asked_for(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(BadCheckpoint, match="wants to run torch.nn.modules.linear.Linear") as caught:
        inspect_file(tmp_path / "model.pt")
    assert "state_dict" in _sentence(caught, "model.pt")
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:  # as torch.jit.save lays it out
        for name in ("data.pkl", "constants.pkl", "version"):
            archive.writestr(f"script/{name}", b"3")
    with pytest.raises(BadCheckpoint) as caught:
        inspect_file(tmp_path / "script.pt")
    assert "state_dict" in _sentence(caught, "script.pt")


def test_names_shapes_types_sizes_and_hash(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.ones(2, 3), "b": torch.ones(4, dtype=torch.bfloat16), "n": torch.tensor(7)}
    torch.save(tensors, tmp_path / "plain.pth")
    save_file(tensors, tmp_path / "plain.safetensors", {"made by": "somebody"})
    (tmp_path / "plain.bin").write_bytes(save(tensors))
    for name in ("plain.pth", "plain.safetensors", "plain.bin"):
        file = inspect_file(tmp_path / name)
        (part,) = file.parts
        told = {key: (spec.shape, spec.dtype, spec.size_bytes) for key, spec in part.tensors.items()}
        assert told == {"a.weight": ((2, 3), "float32", 24), "b": ((4,), "bfloat16", 8), "n": ((), "int64", 8)}
        digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        assert file.sha256 == digest and file.size_bytes == (tmp_path / name).stat().st_size
        read = read_tensors(file, part.name, ["a.weight", "n"])
        assert torch.equal(read["a.weight"], torch.ones(2, 3)) and int(read["n"]) == 7
    assert inspect_file(tmp_path / "plain.safetensors").metadata == {"made by": "somebody"}


def test_a_safetensors_file_is_looked_into_without_torch(tmp_path: Path) -> None:
    save_file({"w": torch.ones(2)}, tmp_path / "w.safetensors")
    code = (
        "import sys; from pathlib import Path; from voxstudio.engine.inspection import inspect_file;"
        f"assert inspect_file(Path({str(tmp_path / 'w.safetensors')!r})).parts; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_wrappers_averages_and_what_training_needs(tmp_path: Path) -> None:
    def weights(value: float) -> dict[str, torch.Tensor]:
        return {"l.weight": torch.full((3, 3), value), "l.bias": torch.zeros(3)}

    def parts(holds: object) -> dict[str, set[str]]:
        torch.save(holds, tmp_path / "x.pt")
        return {part.name: set(part.tensors) for part in inspect_file(tmp_path / "x.pt").parts}

    names = {"l.weight", "l.bias"}
    assert parts({"state_dict": weights(1), "epoch": 3}) == {"state_dict": names}
    assert parts({"net": {"params": weights(1)}}) == {"net.params": names}
    found = parts({"model": weights(1), "ema": weights(2), "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}})
    assert next(iter(found)) == "ema" and found["ema"] == found["model"] == names
    assert not any("exp_avg" in name for part in found.values() for name in part)
    found = parts({"G": weights(1), "E": weights(2)})
    assert found[""] == {f"{part}.{name}" for part in "GE" for name in names}
    found = parts({"state_dict": {**{f"net.{k}": v for k, v in weights(1).items()},
                                  **{f"ema.{k}": v for k, v in weights(2).items()}}})  # fmt: skip
    assert found["state_dict.ema"] == names
    file = inspect_file(tmp_path / "x.pt")
    assert float(read_tensors(file, "state_dict.ema", ["l.weight"])["l.weight"][0, 0]) == 2
    assert is_averaged("model_ema") and is_averaged("average") and not is_averaged("schema")


def test_what_is_no_file_of_weights_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "empty.pt").write_bytes(b"")
    (tmp_path / "text.ckpt").write_text("hello")
    (tmp_path / "folder.pt").mkdir()
    torch.save({"epoch": 3}, tmp_path / "none.pt")
    torch.save(torch.ones(3), tmp_path / "alone.pt")
    with zipfile.ZipFile(tmp_path / "zip.pt", "w") as archive:
        archive.writestr("readme.txt", "hello")
    for name in ("a.png", "empty.pt", "text.ckpt", "folder.pt", "none.pt", "alone.pt", "zip.pt", "gone.pt"):
        with pytest.raises(BadCheckpoint) as caught:
            inspect_file(tmp_path / name)
        _sentence(caught, name)


def test_sparse_and_loops_are_left_out(tmp_path: Path) -> None:
    knot: dict[str, object] = {"w": torch.ones(2), "v": torch.ones(2)}
    knot["self"] = knot
    knot["sparse"] = torch.eye(3).to_sparse()
    torch.save(knot, tmp_path / "knot.pt")
    file = inspect_file(tmp_path / "knot.pt")
    assert set(file.parts[0].tensors) == {"w", "v"} and "sparse" in file.notes[0]


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    save_file({"w": torch.ones(2)}, tmp_path / "w.safetensors")
    file = inspect_file(tmp_path / "w.safetensors")
    save_file({"w": torch.zeros(2)}, tmp_path / "w.safetensors")
    with pytest.raises(BadCheckpoint, match="has changed"):
        read_tensors(file, "", ["w"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    tensors = {"state_dict": {"a.weight": torch.arange(12.0).view(3, 4), "a.bias": torch.zeros(3)}, "epoch": 3}
    torch.save(tensors, folder / "new.pt")
    torch.save(tensors, folder / "old.pt", _use_new_zipfile_serialization=False)
    save_file(tensors["state_dict"], folder / "one.safetensors")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["new.pt", "old.pt", "one.safetensors"])
def test_a_truncated_file_is_refused(whole: dict[str, bytes], name: str, tmp_path: Path) -> None:
    blob = whole[name]
    for keep in (1, 7, 9, 60, len(blob) // 2, len(blob) - 1):
        (tmp_path / name).write_bytes(blob[:keep])
        with pytest.raises(BadCheckpoint) as caught:
            inspect_file(tmp_path / name)
        _sentence(caught, name)


@given(data=st.data())
@pytest.mark.parametrize("name", ["new.pt", "old.pt", "one.safetensors"])
def test_changed_bytes_are_read_or_refused(
    whole: dict[str, bytes], name: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    blob = bytearray(whole[name])
    for _ in range(data.draw(st.integers(1, 6))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"fuzz-{name}"
    path.unlink(missing_ok=True)  # a new file: the old one may still be mapped
    path.write_bytes(bytes(blob))
    try:
        file = inspect_file(path)
        for part in file.parts:
            read_tensors(file, part.name, part.tensors)
    except BadCheckpoint as error:
        assert "\n" not in str(error) and path.name in str(error)


@given(st.recursive(
    st.none() | st.integers() | st.text(max_size=4) | st.just("tensor"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_any_nesting_of_plain_values_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, holds: object
) -> None:
    def real(node: object) -> object:
        if node == "tensor":
            return torch.ones(2, 2)
        if isinstance(node, list):
            return [real(one) for one in node]
        return {key: real(one) for key, one in node.items()} if isinstance(node, dict) else node

    path = tmp_path_factory.getbasetemp() / "nested.pt"
    path.unlink(missing_ok=True)
    torch.save(real(holds), path)
    try:
        for part in inspect_file(path).parts:
            assert all(spec.shape == (2, 2) for spec in part.tensors.values())
    except BadCheckpoint as error:
        assert "\n" not in str(error)


def test_a_header_that_promises_the_moon_is_refused(tmp_path: Path) -> None:
    for entry in (
        {"w": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}},
        {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 2**60]}},
        {"w": {"dtype": "X", "shape": [2], "data_offsets": [0, 8]}},
    ):
        head = json.dumps(entry).encode()
        (tmp_path / "moon.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + bytes(8))
        with pytest.raises(BadCheckpoint) as caught:
            inspect_file(tmp_path / "moon.safetensors")
        _sentence(caught, "moon.safetensors")
