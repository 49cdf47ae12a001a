"""Collections embedded, mapped and searched by the command line, with a real network that nobody trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from random_embedder import random_embedder

from voxstudio.cli import main
from voxstudio.core.paths import shipped
from voxstudio.core.surface import Surface
from voxstudio.data.embedded_file import load_embedded, save_embedded
from voxstudio.geometry.mesh_io import save_surface

CHAIR = shipped("resources") / "samples" / "chair-1.png"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    random_embedder(folder / "cross-domain")
    random_embedder(folder / "other", seed=8)
    return folder


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of meshes and pictures in two classes."""
    from voxstudio.data.parametric import make

    folder = tmp_path_factory.mktemp("things")
    for name in ("chair", "table"):
        (folder / name).mkdir()
        for seed in range(4):
            surface = make(name, seed).surface(24)
            save_surface(Surface(surface.vertices, surface.faces), folder / name / f"{name}-{seed}.stl")
    (folder / "photos").mkdir()
    (folder / "photos" / "chair.png").write_bytes(CHAIR.read_bytes())
    Image.new("RGB", (64, 64), (200, 200, 200)).save(folder / "photos" / "nothing.png")
    return folder


@pytest.fixture(autouse=True)
def at_home(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", str(library))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(capsys: Any, *words: object) -> tuple[int, Any, str]:
    status = main([str(word) for word in (*words, "--json")])
    told = capsys.readouterr()
    return status, json.loads(told.out) if told.out else None, told.err


def test_a_folder_is_mapped_searched_and_kept(things: Path, tmp_path: Path, capsys: Any) -> None:
    kept, drawing, table = tmp_path / "a.voxmap", tmp_path / "a.svg", tmp_path / "a.csv"
    status, document, error = run(
        capsys, "map", things, "-o", drawing, "--save", kept, "--method", "pca", "--embedder", "cross-domain"
    )
    assert status == 0 and (document["shapes"], document["images"]) == (8, 1)
    assert "nothing was left out" in error and "no object" in error
    svg = drawing.read_text()
    assert svg.startswith("<?xml") and "chair" in document["classes"] and "PCA" in svg
    status, _, _ = run(capsys, "map", kept, "-o", table, "--embedder", "cross-domain")
    rows = table.read_text().splitlines()
    assert status == 0 and len(rows) == 10 and rows[0].startswith("index,x,y,name,class,domain")
    again = tmp_path / "b.svg"
    assert run(capsys, "map", kept, "-o", again, "--method", "pca", "--embedder", "cross-domain")[0] == 0
    assert again.read_bytes() == drawing.read_bytes()  # the cache and the file hold the same, and so does the drawing

    mesh = things / "table" / "table-2.stl"
    status, found, _ = run(capsys, "search", mesh, "--in", kept, "--among", "shape", "--top", 3)
    assert status == 0 and found["hits"][0]["name"] == "table-2" and found["hits"][0]["distance"] < 1e-3
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    assert found["hits"] == sorted(found["hits"], key=lambda hit: hit["distance"])
    status, found, _ = run(capsys, "search", mesh, "--in", kept)  # a shape looks among images
    assert status == 0 and found["among"] == "image" and [hit["name"] for hit in found["hits"]] == ["chair"]
    status, found, _ = run(capsys, "search", CHAIR, "--in", kept)
    assert status == 0 and found["among"] == "shape" and len(found["hits"]) == 8


def test_bad_input_is_a_sentence(things: Path, tmp_path: Path, capsys: Any) -> None:
    kept = tmp_path / "a.voxmap"
    assert run(capsys, "map", things, "--save", kept, "--embedder", "cross-domain")[0] == 0
    cut = tmp_path / "cut.voxmap"
    cut.write_bytes(kept.read_bytes()[:-300])
    wrong = tmp_path / "nan.voxmap"
    whole = load_embedded(kept)
    vectors = np.array(whole.vectors)
    vectors[2] = np.nan
    object.__setattr__(whole, "vectors", vectors)
    save_embedded(wrong, whole)
    two = tmp_path / "two.voxmap"
    save_embedded(two, load_embedded(kept).subset([0, 1]))
    equal = tmp_path / "equal.voxmap"
    save_embedded(equal, replace(load_embedded(kept).subset([0] * 1000)))
    blank = things / "photos" / "nothing.png"
    for words, told in (
        (("search", CHAIR, "--in", cut), "cut.voxmap is not a usable file of embeddings"),
        (("search", CHAIR, "--in", wrong), "1 of 9 embeddings in"),
        (("search", CHAIR, "--in", kept, "--embedder", "other"), "with the checkpoint cross-domain, not with other"),
        (("search", blank, "--in", kept), "shows no object"),
        (("search", tmp_path / "none.png", "--in", kept), "does not exist"),
        (("search", things, "--in", kept), "is a folder"),
        (("search", CHAIR, "--in", kept, "--top", 0), "--top lies between 1 and"),
        (("search", CHAIR, "--in", "nowhere"), "There is no collection 'nowhere'"),
        (("map", two, "-o", tmp_path / "x.svg"), "at least 5 points, and there are 2"),
        (("map", equal, "-o", tmp_path / "x.svg"), "All 1,000 embeddings are the same"),
        (("map", kept, "-o", tmp_path / "x.gif"), "does not end in a format"),
        (("map", kept), "Say where to"),
        (("map", tmp_path, "--save", kept, "--views", 99), "--views lies between"),
    ):  # fmt: skip
        status, document, error = run(capsys, *words)
        assert status == 1 and document is None and told in error and error.count("\n") == 1, (words, error)
    assert not (tmp_path / "x.svg").exists()


def test_without_an_embedder_the_cure_is_said(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voxstudio.engine import places

    monkeypatch.setattr(places, "checkpoint_folders", lambda: (tmp_path,))
    status, _, error = run(capsys, "search", CHAIR)
    assert status == 1 and "train one of family triplet" in error
