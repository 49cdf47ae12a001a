"""The ascent thread and what the session makes of it, over a score that is understood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import climber
import numpy as np
import pytest
from session_driver import SessionDriver

from voxstudio.core.ascent import Ascent
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.session import ascent_view as module
from voxstudio.session.trail import Trail


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionDriver]:
    """A session whose catalogue holds the climber."""
    folder = tmp_path / "checkpoints" / "climber"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(climber.climber_card().to_json()))
    (folder / "recipe.json").write_text("{}")
    (folder / "weights.safetensors").write_bytes(b"\0" * 64)
    monkeypatch.setattr(module, "offers", lambda entry, capability: entry.card is not None)
    monkeypatch.setattr("voxstudio.session.session.open_any", lambda folder, device: climber.Climber())
    made = SessionDriver(folder.parent)
    yield made
    made.session.close()


def test_it_plays_to_the_end_and_the_stage_follows_as_one_step_of_history(driver: SessionDriver) -> None:
    session = driver.session
    ascent = session.synthesis
    ascent.wake()
    driver.until(lambda: ascent.info is not None)
    assert (ascent.info.cascades, ascent.ascent.cascade, ascent.ascent.step_size) == (2, 0, 0.1)
    before = session.states
    ascent.set(target="box")
    assert ascent.play()
    driver.until(lambda: ascent.done)
    driver.rest()
    assert ascent.state.step == 60 and ascent.trail.cascades == ((0, 0), (31, 1))
    steps, energies = ascent.trail.energy(0)
    assert len(steps) == 61 and energies[-1] < 0.2 * energies[0]
    assert max(ascent.trail.probabilities(0, ascent.info.classes)["box"][1]) > 0.99
    assert len(session.states) == len(before) + 1
    assert session.shown is not None and session.shown.origin == "box, step 60 from noise, seed 1"
    assert session.snapshots.find(session.state) is not None
    truth = climber.shapes()[1] > 0
    assert ((session.shown.grid.values > 0.5) & truth).sum() / truth.sum() > 0.9
    ascent.set_seed(7)
    ascent.play()
    driver.until(lambda: ascent.done)
    driver.rest()
    assert len(session.states) == len(before) + 2, "what has climbed to its end stays when another one climbs"
    assert session.shown.origin == "box, step 60 from noise, seed 7"


def test_a_branch_without_noise_begins_with_some_and_leaves_the_steps_as_they_are(driver: SessionDriver) -> None:
    ascent = driver.session.synthesis
    ascent.wake()
    driver.until(lambda: ascent.info is not None)
    ascent.set(noise=0.0)
    ascent.play()
    driver.until(lambda: ascent.done)
    driver.rest()
    end = ascent.state.volumes.copy()
    ascent.scrub(20)
    early = ascent.state
    ascent.branch()
    driver.until(lambda: ascent.done)
    driver.rest()
    assert ascent.ascent.noise == 0.0 and ascent.state.step == 60
    assert ascent.trail[20].volumes is early.volumes, "the state that it left stays as it was"
    assert not np.array_equal(ascent.state.volumes, end) and ascent.trail.left_behind(0) is not None


def test_scrub_go_on_and_branch(driver: SessionDriver) -> None:
    ascent = driver.session.synthesis
    ascent.set_count(2)
    ascent.begin()
    driver.until(lambda: ascent.state is not None)
    for _ in range(6):
        here = ascent.state.step
        ascent.step()
        driver.until(lambda here=here: ascent.state.step == here + 1)
    last = ascent.state.volumes.copy()
    ascent.scrub(3)
    assert ascent.state.step == 3 and len(ascent.trail) == 7
    ascent.play()
    driver.until(lambda: ascent.state.step >= 8)
    ascent.pause()
    driver.rest()
    six = ascent.trail.steps.index(6)
    assert np.array_equal(ascent.trail[six].volumes, last), "the same noise at the same step"
    ascent.scrub(six - 2)
    ascent.branch()
    driver.until(lambda: ascent.state.step >= 6)
    ascent.pause()
    driver.rest()
    assert not np.array_equal(ascent.trail[ascent.trail.steps.index(6)].volumes, last)
    assert ascent.trail.left_behind(1) is not None
    ascent.look_at(1)
    driver.rest()
    assert driver.session.shown.origin.endswith("seed 2")


def test_a_hand_on_the_ascent_while_it_plays_and_what_diverges_stops(driver: SessionDriver) -> None:
    session = driver.session
    ascent = session.synthesis
    ascent.wake()
    driver.until(lambda: ascent.info is not None)
    ascent.set_through(False)
    ascent.play()
    driver.until(lambda: ascent.state is not None and ascent.state.step > 40)
    assert ascent.set(method="langevin", step_size=0.5) and not ascent.set(step_size=-1.0)
    assert "Step size must lie" in session.message.sentence and ascent.playing
    here = ascent.state.step
    driver.until(lambda: ascent.state.step > here + 3)
    ascent.set(step_size=900.0, clip=False, noise=50.0)
    driver.until(lambda: not ascent.playing)
    driver.rest()
    assert "left all bounds" in session.message.sentence and session.message.where == "synthesis"
    assert np.isfinite(ascent.state.volumes).all() and session.shown is not None and ascent.follows
    energies = [float(ascent.trail[k].energies.mean()) for k in range(len(ascent.trail))]
    assert ascent.at == int(np.argmin(energies)) < len(energies) - 1, "not the ruin that the last steps left"
    assert f"best state before that, step {ascent.state.step}" in session.message.sentence


def test_from_the_stage_from_a_file_and_when_the_stage_is_taken_elsewhere(
    driver: SessionDriver, tmp_path: Path
) -> None:
    from voxstudio.geometry.isosurface import surface_from_grid
    from voxstudio.geometry.mesh_io import save_surface

    session = driver.session
    ascent = session.synthesis
    assert not ascent.from_stage() and "no shape on the stage" in session.message.sentence
    ball = VoxelGrid.unit((climber.shapes(24)[0] + 1) / 2 * 0.4, 0.3)
    session.show_grid(ball, "a ball")
    driver.rest()
    assert ascent.from_stage() and ascent.origin.grid.occupancy.sum() == ball.occupancy.sum()
    driver.until(lambda: ascent.state is not None)
    assert ascent.ascent.cascade == 1 and ascent.state.probabilities[0].argmax() == 0
    ascent.play()
    driver.until(lambda: ascent.state.step > 2)
    session.show_grid(ball, "elsewhere")
    driver.until(lambda: not ascent.playing)
    driver.rest()
    assert session.shown.origin == "elsewhere" and not ascent.follows
    mesh = tmp_path / "box.stl"
    save_surface(surface_from_grid(VoxelGrid.unit((climber.shapes(24)[1] + 1) / 2)), mesh)
    assert ascent.from_file(mesh)
    driver.until(lambda: ascent.origin.source == "file" and ascent.state is not None)
    driver.rest()
    assert session.shown.origin.startswith("step 0 from box.stl")
    (tmp_path / "photo.png").write_bytes(b"x")
    ascent.from_file(tmp_path / "photo.png")
    driver.until(lambda: session.message is not None and "neither a mesh nor" in session.message.sentence)


def test_a_trail_is_bounded_and_keeps_first_and_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voxstudio.session.trail.MOST_STATES", 20)
    model, trail = climber.Climber(), Trail()
    state = model.begin((1,))
    trail.add((state,))
    for _ in range(150):
        state = model.advance(state, Ascent())
        trail.add((state,))
    assert len(trail) <= 20 and trail.steps[0] == 0 and trail.steps[-1] == 150
    assert set(np.diff(trail.steps[:-1])) == {8} or set(np.diff(trail.steps[:-1])) == {16}
    assert len(trail.energy(0)[0]) == 151
    index = trail.steps.index(64)
    assert trail.cut(index, remember=True).step == 64
    assert trail.energy(0)[0][-1] == 64 and trail.left_behind(0)[0][0] == 64


def test_an_empty_surface_is_no_beginning(driver: SessionDriver, tmp_path: Path) -> None:
    (tmp_path / "empty.obj").write_text("v 0 0 0\n")
    driver.session.synthesis.from_file(tmp_path / "empty.obj")
    driver.until(lambda: driver.session.message is not None)
    assert "empty.obj" in driver.session.message.sentence
    assert Surface(np.zeros((0, 3)), np.zeros((0, 3))).is_empty


def test_a_tint_colours_surfaces_by_their_voxels() -> None:
    from voxstudio.engine.requests import Tint
    from voxstudio.geometry.isosurface import surface_from_grid

    field = np.zeros((8, 8, 8), np.float32)
    field[2:4, 2:6, 2:6], field[4:6, 2:6, 2:6] = -1.0, 1.0
    grid = VoxelGrid.unit((field != 0).astype(np.float32))
    tint = Tint(field, "less", "more")
    blocks = tint.paint(grid, surface_from_grid(grid, "blocks"), "blocks")
    assert set(np.unique(blocks.values)) == {0.0, 1.0}, "every face has the colour of its own voxel"
    left = blocks.vertices[:, 0] < -1
    assert (blocks.values[left] == 0).all() and blocks.volume == pytest.approx(surface_from_grid(grid, "blocks").volume)
    smooth = tint.paint(grid, surface_from_grid(grid))
    assert smooth.values.min() < 0.5 < smooth.values.max()
    assert (tint.at(grid, np.array([[-500.0, 0, 0]])) == 0.5).all(), "beyond the grid its border goes on"
