"""Measuring codes, directions, nearest training shapes, inversion and films in a session, on real random networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from random_gan import random_checkpoint
from session_driver import SessionDriver

from voxstudio.core.overlap import iou
from voxstudio.engine.checkpoint import read_card
from voxstudio.evaluation.code_labels import CodeLabel, CodeLabels
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.mesh_io import save_surface
from voxstudio.lab.directions import Direction, Directions, directions_path, save_directions
from voxstudio.lab.nearest import open_index
from voxstudio.lab.opening import open_any
from voxstudio.lab.sweeps import labels_path, save_labels


class Owner(SessionDriver):
    """A session with one checkpoint open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.parent)
        self.session.open_checkpoint(folder.name)
        self.session.warm_up()
        self.until(lambda: self.session.model is not None)
        self.rest()

    def sample(self, seed: int) -> None:
        self.session.sample(None, seed)
        self.until(lambda: self.session.shown is not None and self.session.shown.draw is self.session.draw)
        self.rest()


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator of no class that has parametric shapes: few codes, quickly swept."""
    folder = tmp_path_factory.mktemp("things") / "things"
    return random_checkpoint(folder, ("thing",), categorical_codes=1, categories=3, continuous_codes=1)


@pytest.fixture(scope="module")
def chairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator that says it learned from a dozen parametric chairs."""
    folder = tmp_path_factory.mktemp("chairs") / "chairs"
    return random_checkpoint(folder, categorical_codes=1, categories=3, continuous_codes=2)


@pytest.fixture
def open_session() -> Iterator[Callable[[Path], Owner]]:
    opened: list[Owner] = []

    def open_it(folder: Path) -> Owner:
        opened.append(Owner(folder))
        return opened[-1]

    yield open_it
    for owner in opened:
        owner.session.close()


def test_what_the_codes_do_is_measured_once_and_kept(open_session: Callable[[Path], Owner], things: Path) -> None:
    owner = open_session(things)
    session, path = owner.session, labels_path(read_card(things))
    assert not session.latents.measured and session.latents.words("continuous:0") == ""
    assert session.latents.measure() and session.latents.busy == "labels"
    assert not session.latents.find_directions() and "wait for it" in session.message.sentence
    owner.until(lambda: session.job is not None and session.job.fraction > 0.1)
    session.cancel()
    owner.until(lambda: not session.latents.busy)
    assert not path.exists() and not session.latents.measured, "what was cancelled leaves nothing behind"
    assert session.latents.measure()
    owner.until(lambda: session.latents.measured)
    assert "Measured 2 codes" in owner.rest().message.sentence
    words = session.latents.words("continuous:0")
    assert words and path.exists()
    again = open_session(things)
    again.until(lambda: again.session.latents.measured)
    assert again.session.latents.words("continuous:0") == words


def test_labels_and_directions_that_are_there_are_used_at_once(
    open_session: Callable[[Path], Owner], chairs: Path
) -> None:
    card, model = read_card(chairs), open_any(chairs, "cpu")
    label = CodeLabel("continuous:1", "factor:seat_width", "seat width", "%", -0.912, 0.95, 200)
    kind = CodeLabel("categorical:0", "width", "width", "%", 0.5, 0.5, 200, True, ("stool", "chair", "bench"))
    save_labels(CodeLabels(card.name, card.sha256, None, (label, kind)), labels_path(card))
    step = np.zeros(sum(spec.size for spec in model.layout), np.float32)
    step[:40] = 0.1
    found = Directions(card.name, card.sha256, "first", None, (Direction("Direction 1", step, 0.5, model.layout),))
    kept = save_directions(found, directions_path(card))
    owner = open_session(chairs)
    session = owner.session
    owner.until(lambda: bool(session.latents.directions))
    assert session.latents.words("continuous:1") == "seat width · r −0.91"
    assert session.latents.words("categorical:0") == "width · η 0.50"
    assert session.latents.value_names("categorical:0") == ("stool", "chair", "bench")
    owner.sample(3)
    start = session.shown.latent
    session.push(session.latents.directions[0].axis, 2.0)
    moved = owner.rest().shown.latent
    assert moved.codes["noise"] == pytest.approx(start.codes["noise"] + 0.2, abs=1e-5)
    assert session.shown.origin == "object from noise, seed 3, moved along a direction"
    kept.write_bytes(kept.read_bytes()[:200])
    other = open_session(chairs)
    other.until(lambda: other.session.message is not None)
    assert "find them again" in other.session.message.sentence and not other.session.latents.directions
    kept.unlink()


def test_the_code_of_a_mesh_is_found_live_and_can_be_stopped(
    open_session: Callable[[Path], Owner], chairs: Path, tmp_path: Path
) -> None:
    model = open_any(chairs, "cpu")
    mesh = tmp_path / "wanted.stl"
    save_surface(surface_from_grid(model.decode(model.draw(77))), mesh)
    owner = open_session(chairs)
    session = owner.session
    owner.sample(1)
    before = session.shown.grid.values
    (tmp_path / "broken.obj").write_text("this is no mesh")
    assert session.search.find([tmp_path / "broken.obj"])
    owner.until(lambda: session.search.current is None)
    assert "broken.obj" in session.message.sentence and session.message.where == "codes"
    assert owner.rest().shown.grid.values is before

    steps = len(session.states)
    assert session.search.find([mesh])
    assert not session.search.find([mesh]) and "runs already" in session.message.sentence
    owner.until(lambda: len(session.search.current.overlaps) > 2)
    assert session.search.current.target is not None and session.shown.draft, "seen live"
    session.search.stop()
    owner.until(lambda: not session.search.current.running)
    owner.rest()
    now = session.search.current
    assert now.sentence.startswith("Stopped after") and np.all(np.diff(now.overlaps) >= 0)
    assert not session.shown.draft and session.shown.latent.codes["noise"] == pytest.approx(now.latent.codes["noise"])
    reached = iou(session.shown.grid.occupancy, now.target.occupancy)
    assert reached == pytest.approx(now.iou, abs=0.02)
    assert len(session.states) == steps + 1, "the whole search is one step"
    session.undo()
    assert np.array_equal(owner.rest().shown.grid.values, before)
    session.search.show()
    assert owner.rest().shown.origin == "as near to wanted.stl as the codes reach"
    session.search.forget()
    assert session.search.current is None


def test_the_nearest_training_shape_stands_beside_the_sample(
    open_session: Callable[[Path], Owner], chairs: Path, tmp_path: Path
) -> None:
    owner = open_session(chairs)
    session = owner.session
    owner.sample(1)
    session.nearest.watch(True)
    owner.until(lambda: bool(session.nearest.missing))
    assert "once" in session.nearest.missing and session.nearest.found is None
    assert session.nearest.build(tmp_path / "nowhere")
    owner.until(lambda: not session.nearest.building)
    assert "nowhere" in session.message.sentence and session.message.severity == "error"
    assert session.nearest.build()
    owner.until(lambda: session.nearest.found is not None)
    assert session.nearest.missing == "" and "12 training shapes" in session.message.sentence
    index = open_index(read_card(chairs))
    for seed in (2, 3):
        owner.sample(seed)
        owner.until(lambda: not session.nearest.is_stale)
        wanted = index.nearest(open_any(chairs, "cpu"), session.shown.grid.occupancy)
        assert session.nearest.found.name == wanted.name
        assert session.nearest.found.distance == pytest.approx(wanted.distance, rel=1e-3)
        assert np.array_equal(session.nearest.grid.occupancy, wanted.grid)
    session.nearest.watch(False)
    owner.sample(4)
    assert session.nearest.is_stale, "nobody looks, so nobody works"


def test_a_film_is_whole_or_not_there(open_session: Callable[[Path], Owner], chairs: Path, tmp_path: Path) -> None:
    owner = open_session(chairs)
    session = owner.session
    for seed in (1, 2):
        owner.sample(seed)
        session.path.add()
    session.path.set(seconds=0.2, ending="loop")
    target = tmp_path / "walk.obj"
    assert session.path.export(target)
    owner.until(lambda: session.message is not None)
    files = sorted(tmp_path.glob("walk-*.obj"))
    assert len(files) == 10 and "10 frames" in session.message.sentence, "two ways of 0.2 seconds, 24 frames each"
    session.path.set(seconds=5.0)
    assert session.path.export(tmp_path / "long.gif")
    owner.until(lambda: session.job is not None and session.job.fraction > 0.0)
    session.cancel()
    owner.rest()
    owner.until(lambda: not session._errands._running)
    assert not list(tmp_path.glob("*long*")) and len(session.path.keys) == 2
    assert not session.path.set(seconds=99.0) and "0.2 to 30 seconds" in session.message.sentence
    session.path.set(ending="once")
    assert session.path.export(tmp_path / "walk.avi")
    owner.until(lambda: session.message is not None and "walk.avi" in session.message.sentence)


def test_a_code_is_saved_and_opened_again_exactly(
    open_session: Callable[[Path], Owner], chairs: Path, things: Path, tmp_path: Path
) -> None:
    owner = open_session(chairs)
    session, file = owner.session, tmp_path / "code.json"
    assert not session.latents.save(file) and "no code to save" in session.message.sentence
    owner.sample(5)
    session.move("continuous:1", 0.25)
    kept = owner.rest().shown
    assert session.latents.save(file)
    owner.until(lambda: file.exists())
    owner.sample(6)
    assert session.latents.load(file)
    owner.until(lambda: session.shown.origin == "code.json")
    assert np.array_equal(owner.rest().shown.grid.values, kept.grid.values)
    assert not session.latents.save(tmp_path / "no" / "where.json") or owner.rest()
    owner.until(lambda: session.message is not None and session.message.severity == "error")
    other = open_session(things)
    assert other.session.latents.load(file)
    other.until(lambda: other.session.message is not None)
    assert "belongs to the checkpoint chairs" in other.session.message.sentence
