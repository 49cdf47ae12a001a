"""Synthesize, classify and attack from the command line, over a real checkpoint that has hardly learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from command_line import Here, in_process
from PIL import Image
from tiny_winn import tiny_winn

from voxstudio import api
from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import make
from voxstudio.families import capabilities


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both ways, shapes alone, labels alone."""
    folder = tmp_path_factory.mktemp("library")
    for name, objective in (("both", "supervised"), ("shapes", "unsupervised"), ("labels", "plain")):
        tiny_winn(folder / name, objective)
    return folder


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str], library: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("VOXSTUDIO_CHECKPOINTS", str(library))
    return in_process(capfd)


@pytest.fixture
def chair(tmp_path: Path) -> Path:
    api.save(make("chair", 3).surface(48), tmp_path / "chair.stl")
    return tmp_path / "chair.stl"


def test_what_a_checkpoint_can_do_follows_from_what_it_learnt(library: Path) -> None:
    able = {name: capabilities(api.open(library / name, "cpu").card) for name in ("both", "shapes", "labels")}
    assert able == {"both": ("synthesize", "classify"), "shapes": ("synthesize",), "labels": ("classify",)}


def test_the_same_seed_gives_the_same_bytes_however_many_are_made(here: Here, tmp_path: Path) -> None:
    low = ("--iso", 0.3, "--device", "cpu")
    status, out, err = here("synthesize", "both", "--seed", 4, "-o", tmp_path / "one.stl", *low, "--json")
    assert status == 0, err
    told = json.loads(out)
    assert (told["target"], told["steps"], told["seed"]) == ("sofa", 8, 4), "the seed chooses the class"
    assert sum(told["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert trimesh.load(tmp_path / "one.stl").is_watertight
    status, _, err = here("synthesize", "both", "--seed", 3, "--count", 2, "-o", tmp_path / "many", *low)
    assert status == 0, err
    written = sorted(path.name for path in (tmp_path / "many").iterdir())
    assert written == ["both-0001.stl", "both-0002.stl"]
    assert (tmp_path / "many" / written[1]).read_bytes() == (tmp_path / "one.stl").read_bytes()
    status, _, err = here("sample", "--checkpoint", "both", "--seed", 4, "-o", tmp_path / "sampled.stl", *low)
    assert status == 0, err
    assert (tmp_path / "sampled.stl").read_bytes() == (tmp_path / "one.stl").read_bytes()
    grid = api.open("both", "cpu").sample(seed=4, iso=0.3)
    assert trimesh.load(tmp_path / "one.stl").volume == pytest.approx(api.surface(grid).volume, rel=0.1)


def test_films_sheets_and_other_ways_up(here: Here, tmp_path: Path, chair: Path) -> None:
    way = ("--steps", 3, "--iso", 0.3, "--device", "cpu")
    status, out, err = here(
        "synthesize", "shapes", "-o", tmp_path / "a.obj", "--film", tmp_path / "a.gif", *way, "--keep-crumbs"
    )
    assert status == 0 and "a.gif" in out and " 3 steps in each of 2 networks, energy" in out, err
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames > 3
    status, out, err = here(
        "synthesize", "both", "-o", tmp_path / "b.stl", "--start", chair, "--method", "langevin", "--step-size", 0.01,
        "--noise", 0, "--target", "chair", *way, "--json",
    )  # fmt: skip
    assert status == 0, err
    assert json.loads(out)["steps"] == 3, "a shape climbs the last network alone"
    lengths = trimesh.load(tmp_path / "b.stl").extents, trimesh.load(chair).extents
    assert np.allclose(lengths[0] / lengths[0].max(), lengths[1] / lengths[1].max(), atol=0.15)
    status, out, err = here("synthesize", "both", "-o", tmp_path / "s.png", "--count", 3, *way)
    assert status == 0 and "3 objects" in out, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("synthesize", "labels", "-o", "x.stl"), "does not climb"),
        (("synthesize", "shapes", "--target", "sofa", "-o", "x.stl"), "one score for all"),
        (("synthesize", "both", "--target", "lamp", "-o", "x.stl"), "chair, sofa, table"),
        (("synthesize", "both", "--network", "5", "-o", "x.stl"), "networks 1 to 2"),
        (("synthesize", "both", "--step-size", "-1", "-o", "x.stl"), "Step size must lie"),
        (("synthesize", "both", "--noise-steps", "-1", "-o", "x.stl"), "Noisy steps must lie"),
        (("attack", "none.obj", "--checkpoint", "both", "--steps", "0"), "at least one step"),
        (("synthesize", "both", "--steps", "0", "-o", "x.stl"), "at least one step"),
        (("synthesize", "both", "--count", "2", "--film", "x.gif", "-o", "x.stl"), "leave --count out"),
        (("synthesize", "both", "--start", "none.obj", "-o", "x.stl"), "none.obj"),
        (("classify", "none.obj", "--checkpoint", "both"), "none.obj"),
        (("classify", "none.obj", "--checkpoint", "shapes"), "does not classify"),
        (("attack", "none.obj", "--checkpoint", "both", "--epsilon", "7"), "Epsilon"),
        (("attack", "none.obj", "--checkpoint", "both", "-o", "x.stl"), "x.stl"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = here(*arguments, "--device", "cpu")
    assert status == 1 and not out and len(err.strip().splitlines()) == 1 and words in err, err
    assert not list(tmp_path.iterdir())


def test_what_climbs_has_no_latent(library: Path) -> None:
    from voxstudio.core.latent import Latent

    model = api.open(library / "shapes", "cpu")
    with pytest.raises(BadInput, match="no latent to decode"):
        model.decode(Latent({}))
    with pytest.raises(BadInput, match="does not classify"):
        model.classify(model.sample(seed=1, iso=0.2))


def test_classify_and_attack(here: Here, tmp_path: Path, chair: Path) -> None:
    status, out, err = here("classify", chair, tmp_path / "none.stl", "--checkpoint", "labels", "--json")
    told = json.loads(out)
    assert status == 1 and "none.stl" in err and "problem" in told[1]
    assert sum(told[0]["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    coloured = tmp_path / "saliency.ply"
    status, out, err = here("classify", chair, "--checkpoint", "labels", "--saliency", coloured, "--look-for", "sofa")
    assert status == 0 and str(coloured) in out, err
    assert len(np.unique(trimesh.load(coloured).visual.vertex_colors, axis=0)) > 10
    attack = ("attack", chair, "--checkpoint", "labels", "--epsilon", 0.02, "--steps", 4, "--json")
    status, out, err = here(*attack, "-o", tmp_path / "attacked.ply")
    told = json.loads(out)
    assert status == 0, err
    assert told["most"] == pytest.approx(0.08, abs=1e-6) and told["flipped"] == 0
    truth = told["away_from"]
    assert told["probabilities_after"][truth] < told["probabilities_before"][truth]
    assert here(*attack)[1] == out.replace(f'"{tmp_path / "attacked.ply"}"', "null")
