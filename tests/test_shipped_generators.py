"""The shipped generators themselves: their samples are shapes, differ, are the same again, and follow their codes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import in_process
from session_driver import SessionDriver

from voxstudio.core.latent import Latent
from voxstudio.core.paths import shipped
from voxstudio.data.parametric import CLASSES, make
from voxstudio.evaluation.metrics import diversity, iou, largest_component_share
from voxstudio.geometry.pieces import count_pieces
from voxstudio.lab.opening import open_any

GENERATORS = ("chair-gan", "chair-infogan", "furniture-infogan", "chair-enhancer", "furniture-enhancer")
SEEDS = range(32)


@pytest.fixture(scope="module", params=GENERATORS)
def model(request: pytest.FixtureRequest) -> Any:
    return opened(request.param)


@cache
def opened(name: str) -> Any:
    return open_any(shipped("checkpoints") / name, "cpu")


def test_samples_are_shapes_without_dust_that_differ(model: Any) -> None:
    made = np.stack([model.decode(model.draw(seed)).occupancy for seed in SEEDS])
    assert made.shape[1:] == (64, 64, 64)
    filled = made.mean(axis=(1, 2, 3))
    assert np.mean((filled < 1e-4) | (filled > 0.9)) <= 0.05, "empty or full"
    assert np.median([largest_component_share(one) for one in made]) >= 0.9
    names = [name for name in model.card.classes if name in CLASSES]
    learnt = np.stack([make(names[k % len(names)], k).occupancy(64) for k in SEEDS])
    assert diversity(made) >= 0.7 * diversity(learnt)
    again = model.decode(model.draw(3))
    assert np.array_equal(again.values, model.decode(model.draw(3)).values)


def test_what_rests_on_the_stage_has_no_crumbs_and_is_what_the_command_writes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    raw = opened("chair-infogan").decode(opened("chair-infogan").draw(2, None, 1.0))
    driver = SessionDriver(shipped("checkpoints"))
    session = driver.session
    try:
        session.open_checkpoint("chair-infogan")
        session.sample(None, 2, 1.0)
        driver.rest()
        tidy = session.shown
        assert (tidy.crumbs, tidy.pieces) == (1, 1) and count_pieces(tidy.surface) == 1
        session.set_iso(tidy.grid.iso_level, draft=True)
        driver.rest()
        assert session.shown.draft and np.array_equal(session.shown.grid.values, raw.values), "not in a drag"
        session.set_iso(tidy.grid.iso_level)
        driver.rest()
        assert np.array_equal(session.shown.grid.values, tidy.grid.values)
        session.export(tmp_path / "seen.stl")
        driver.rest()
        assert "without 1 crumb." in session.message.sentence
        session.set_options(remove_crumbs=False)
        driver.rest()
        assert (session.shown.crumbs, session.shown.pieces) == (0, 2)
        assert np.array_equal(session.shown.grid.values, raw.values)
        session.undo()
        assert driver.rest().shown.crumbs == 1
    finally:
        session.close()
    here = in_process(capfd)
    words = ["sample", "--checkpoint", "chair-infogan", "--seed", "2", "--json", "-o"]
    status, told, _ = here(*words, str(tmp_path / "written.stl"))
    assert status == 0 and json.loads(told)["crumbs"] == 1
    assert (tmp_path / "written.stl").read_bytes() == (tmp_path / "seen.stl").read_bytes()
    status, told, _ = here(*words, str(tmp_path / "raw.stl"), "--keep-crumbs")
    assert status == 0 and (json.loads(told)["crumbs"], json.loads(told)["pieces"]) == (0, 2)


@pytest.mark.parametrize("name", [name for name in GENERATORS if "infogan" in name])
def test_codes_move_shapes_little_by_little(name: str) -> None:
    model = opened(name)
    drawn = model.draw(5)
    moved = []
    for index in range(len(drawn.codes["continuous"])):
        row = []
        for value in np.linspace(-0.8, 0.8, 9):
            continuous = drawn.codes["continuous"].copy()
            continuous[index] = value
            row.append(model.decode(Latent({**drawn.codes, "continuous": continuous})).occupancy)
        steps = [iou(a, b) for a, b in zip(row, row[1:], strict=False)]
        assert min(steps) > 0.5, "no jumps"
        moved.append(iou(row[0], row[-1]))
    assert min(moved) < 0.8 and max(moved) < 0.97, "each code moves something, one of them a lot"


def test_a_shape_that_is_read_is_made_again(model: Any) -> None:
    truth = make("chair", 900_001).occupancy(64)
    (latent,) = model.encode(truth[None].astype(np.float32))
    assert iou(model.decode(latent).occupancy, truth) > 0.45


@pytest.mark.parametrize("name", [name for name in GENERATORS if "enhancer" in name])
def test_an_enhancer_imagines_a_picture_of_its_shape(name: str) -> None:
    model = opened(name)
    pictures = [model.side_image(model.draw(seed)).pixels[..., :3].astype(float) for seed in range(6)]
    assert all(one.std() > 10 for one in pictures), "something stands before a background"
    assert all(np.abs(a - b).mean() > 2 for a, b in zip(pictures, pictures[1:], strict=False)), "each another"
