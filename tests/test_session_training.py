"""The background run as the window drives it: a real process, real files, no Qt."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny import tiny_checkpoint
from voxstudio.data.parametric import make
from voxstudio.engine.checkpoint import read_card
from voxstudio.engine.jobs import OwnerLoop
from voxstudio.session import Session
from voxstudio.session.training_values import TrainingPlan

TINY = {
    "image_size": 64, "encoder_width": 8, "width": 16, "latent_size": 16, "batch_size": 4, "d_width": 8,
    "view_counts": (1, 2), "view_pool": 12, "precision": "float32",
}  # fmt: skip
LONG = 240.0


@pytest.fixture()
def desk(tmp_path: Path) -> Iterator[tuple[Session, OwnerLoop]]:
    """A session whose checkpoints lie in an empty folder."""
    owner = OwnerLoop()
    session = Session(owner.post, [tmp_path / "checkpoints"], "cpu")
    yield session, owner
    session.close()


def test_a_run_starts_pauses_goes_on_stops_and_is_continued(desk: tuple[Session, OwnerLoop]) -> None:
    session, owner = desk
    run, told = session.training, []
    session.subscribe(lambda topic: told.append((topic, run.status.state)))
    plan = TrainingPlan("vae_gan3d", "mine", {**TINY, "adversarial_weight": 0.1}, max_steps=4000, seed=2)
    assert run.start(plan)
    assert not run.start(plan) and session.message is not None and "A run is on already" in session.message.sentence
    assert owner.run_until(lambda: run.status.state == "running" and run.status.preview is not None, LONG)
    assert owner.run_until(lambda: run.status.diversity is not None, LONG)
    run.pause()
    assert owner.run_until(lambda: run.status.state == "paused", LONG)
    step = run.status.step
    assert "saved" in run.status.sentence and (run.status.folder / "resume" / "state.pt").exists()
    owner.run_until(lambda: False, 1.0)
    assert run.status.step == step, "a paused run takes no steps"
    run.resume()
    assert owner.run_until(lambda: run.status.step > step, LONG)
    status = run.status
    steps, values = status.curves["loss"]
    assert len(steps) == len(values) > 2 and status.samples_per_second > 0 and status.balance is not None
    run.stop()
    assert owner.run_until(lambda: run.status.state == "stopped", LONG), run.status
    reached = run.status.step
    assert [entry.name for entry in session.catalogue] == ["mine"]
    assert [(u.name, u.max_steps) for u in run.unfinished] == [("mine", 4000)] and run.unfinished[0].step == reached
    assert ("catalogue", "stopped") in told
    owner.run_until(lambda: False, 0.5)
    assert run.proceed("mine")
    assert len(run.status.curves["loss"][0]) > 2, "the curves of the first part are there at once"
    assert owner.run_until(lambda: run.status.step > reached, LONG)
    session.close()
    assert read_card(session.training.home / "mine").training["steps"] > reached


def test_a_short_run_ends_in_the_library_with_a_card(desk: tuple[Session, OwnerLoop]) -> None:
    session, owner = desk
    assert session.training.start(TrainingPlan("vae_gan3d", "short", TINY, max_steps=3))
    assert owner.run_until(lambda: not session.training.status.is_running, LONG)
    status = session.training.status
    assert status.state == "done" and "stands in the library" in status.sentence
    card = read_card(session.training.home / "short")
    assert card.training["steps"] == 3 and card.data["sources"] and card.citation
    assert session.training.unfinished == ()
    assert session.open_checkpoint("short")


def test_fine_tuning_tells_before_and_after(desk: tuple[Session, OwnerLoop], tmp_path: Path) -> None:
    from voxstudio.geometry.mesh_io import save_surface

    session, owner = desk
    tiny_checkpoint(tmp_path / "checkpoints" / "base", classes=("chair",))
    session.refresh_catalogue()
    meshes = tmp_path / "lamps"
    meshes.mkdir()
    for seed in range(5):
        save_surface(make("lamp", seed).surface(32), meshes / f"{seed}.stl")
    (meshes / "broken.stl").write_bytes(b"")
    plan = TrainingPlan("vae_gan3d", "tuned", {"batch_size": 2, "view_pool": 6}, meshes, "base", max_steps=4, up="y")
    assert session.training.check(plan) == []
    assert session.training.start(plan)
    assert owner.run_until(lambda: not session.training.status.is_running, LONG)
    status = session.training.status
    assert status.state == "done", status
    assert json.loads((status.folder / "resume" / "command.json").read_text())["up"] == "y"
    told = session.message
    assert told is not None and (told.severity, told.where) == ("warning", "training")
    assert "1 of the 6 meshes of " in told.sentence and "was left out: broken.stl is empty" in told.sentence
    assert status.comparison is not None and status.comparison.truth.values.any() and status.best is not None


def test_a_killed_process_is_told_and_can_go_on(desk: tuple[Session, OwnerLoop]) -> None:
    session, owner = desk
    run = session.training
    assert run.start(TrainingPlan("vae_gan3d", "killed", TINY, max_steps=5000))
    assert owner.run_until(lambda: run.status.step > 2, LONG)
    run.pause()
    assert owner.run_until(lambda: run.status.state == "paused", LONG)
    os.kill(run._process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert owner.run_until(lambda: run.status.state == "failed", LONG)
    assert "continue it from its last save" in run.status.sentence
    assert [u.name for u in run.unfinished] == ["killed"]


def test_what_stands_against_a_plan_is_told_before_it_runs(desk: tuple[Session, OwnerLoop], tmp_path: Path) -> None:
    session, _ = desk
    check = session.training.check
    assert check(TrainingPlan("vae_gan3d", "fine", TINY)) == []
    assert "Give the new checkpoint a name" in check(TrainingPlan("vae_gan3d", "a/b"))[0]
    assert "does not exist" in check(TrainingPlan("vae_gan3d", "x", data=tmp_path / "gone"))[0]
    assert "no option 'bath_size'" in check(TrainingPlan("vae_gan3d", "x", {"bath_size": 3}))[0]
    assert "between" in check(TrainingPlan("vae_gan3d", "x", {"batch_size": 0}))[0]
    assert "There is no checkpoint" in check(TrainingPlan("vae_gan3d", "x", base="nobody"))[0]
    assert not session.training.start(TrainingPlan("vae_gan3d", "x", {"batch_size": 0}))
    assert session.message is not None and session.message.where == "training"
