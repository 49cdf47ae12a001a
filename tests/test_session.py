from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from session_driver import SessionDriver

from voxstudio.core.card import Card
from voxstudio.core.latent import Latent
from voxstudio.core.overlap import iou
from voxstudio.core.picture import Picture
from voxstudio.core.voxel_grid import VoxelGrid

NETWORK = {"image_size": 64, "fusions": ["mean", "max"]}
CARD = Card("ball", "vae_gan3d", "Balls", "Balls.", 24, 0.4, ("ball", "egg"), NETWORK)


class BallModel:
    """A model whose answers are known: a ball as large as the pictures are bright. Its gate holds it up."""

    image_size = 64
    fusions = ("mean", "max")

    def __init__(self, device: str = "cpu") -> None:
        self.card = CARD
        self.device = device
        self.note = ""
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.encoded = 0
        self.decoded = 0

    def controls(self) -> tuple[()]:
        return ()

    def encode(self, views: np.ndarray) -> np.ndarray:
        self.encoded += len(views)
        self.entered.set()
        assert self.gate.wait(20)
        return (views[..., :3].reshape(len(views), -1).mean(1, keepdims=True) / 255).astype(np.float32)

    def fuse(self, means: np.ndarray, fusion: str) -> Latent:
        return Latent({"z": means.mean(0) if fusion == "mean" else means.max(0)})

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        self.decoded += 1
        centred = np.indices((24,) * 3, dtype=np.float32) - 11.5
        stretch = np.array([1, 1, 0.7 if label == "egg" else 1], np.float32).reshape(3, 1, 1, 1)
        distance = np.sqrt(((centred * stretch) ** 2).sum(0))
        radius = 3 + 6 * float(latent.codes["z"][0])
        return VoxelGrid.unit(1 / (1 + np.exp(distance - radius)), CARD.iso_level)

    def reconstruct(self, views: np.ndarray, fusion: str = "mean", label: str | None = None) -> VoxelGrid:
        return self.decode(self.fuse(self.encode(views), fusion), label)

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        return Latent({"z": np.random.default_rng(seed).random(1) * truncation}, seed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "checkpoints" / "ball"
    place.mkdir(parents=True)
    (place / "card.json").write_text(json.dumps(CARD.to_json()))
    (place / "weights.safetensors").write_bytes(b"")
    return place.parent


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> BallModel:
    made = BallModel()
    monkeypatch.setattr("voxstudio.session.session.open_any", lambda folder, device: made)
    return made


@pytest.fixture
def studio(folder: Path, model: BallModel) -> Iterator[SessionDriver]:
    before = set(threading.enumerate())
    made = SessionDriver(folder)
    yield made
    model.gate.set()
    made.session.close()
    assert set(threading.enumerate()) <= before, "a thread was left behind"


def picture(value: int, name: str = "") -> Picture:
    """Uniform grey; the alpha leaves nothing to guess about its background."""
    pixels = np.full((40, 40, 4), value, np.uint8)
    pixels[..., 3] = 0
    pixels[4:36, 4:36, 3] = 255
    return Picture(pixels, True, name or f"grey {value}")


def add(studio: SessionDriver, *values: int) -> None:
    for value in values:
        studio.session.add_picture(picture(value))
    studio.until(lambda: len(studio.session.views) >= len(values) and studio.session.job is None)


def test_pictures_become_a_shape(studio: SessionDriver) -> None:
    add(studio, 60, 200)
    shown = studio.session.shown
    assert shown.origin == "2 photos, mean"
    assert shown.grid.iso_level == pytest.approx(CARD.iso_level)
    assert shown.surface.volume > 0
    assert set(shown.times) == {"read", "network", "mesh"}
    assert min(shown.times.values()) > 0
    assert [view.name for view in studio.session.views] == ["grey 60", "grey 200"]
    assert studio.session.views[0].network.shape == (64, 64, 4)


def test_what_each_view_contributes_is_the_change_without_it(studio: SessionDriver) -> None:
    add(studio, 60, 60, 240)
    same, _, other = studio.session.contributions
    whole = studio.session.shown.grid.occupancy
    for item in studio.session.contributions:
        assert item.iou == pytest.approx(iou(whole, item.grid.occupancy))
    assert other.iou < same.iou <= 1.0


def test_removing_a_view_encodes_nothing_again(studio: SessionDriver, model: BallModel) -> None:
    add(studio, 60, 120, 200)
    assert model.encoded == 3
    studio.session.remove_view(studio.session.views[0].id)
    studio.rest()
    assert model.encoded == 3
    assert studio.session.shown.origin == "2 photos, mean"
    studio.session.set_options(fusion="max")
    studio.rest()
    assert model.encoded == 3
    assert studio.session.shown.origin == "2 photos, max"


def test_the_threshold_runs_no_network(studio: SessionDriver, model: BallModel) -> None:
    add(studio, 60, 200)
    before, volume = model.decoded, studio.session.shown.surface.volume
    for step in range(20):
        studio.session.set_iso(0.4 + 0.02 * step, draft=True)
    studio.session.set_iso(0.8)
    studio.until(lambda: not studio.session.shown.draft and studio.session.shown.grid.iso_level == pytest.approx(0.8))
    studio.rest()
    assert model.decoded == before
    assert studio.session.shown.surface.volume < volume
    studio.session.undo()
    assert studio.session.options.iso == pytest.approx(0.4), "a whole drag is one step"


def test_a_drag_stays_alive_and_ends_at_its_last_value(studio: SessionDriver, model: BallModel) -> None:
    add(studio, 200)
    seen = []
    studio.session.subscribe(lambda topic: topic == "shown" and seen.append(studio.session.shown.grid.iso_level))
    for step in range(30):
        studio.session.set_iso(0.3 + 0.01 * step, draft=True)
        studio.loop.run_until(lambda: False, 0.01)
    studio.session.set_iso(0.7)
    studio.rest()
    assert len(seen) > 5
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(0.7)


def test_looking_without_a_view_and_back(studio: SessionDriver, model: BallModel) -> None:
    add(studio, 60, 200)
    whole = studio.session.shown.surface.volume
    studio.session.preview_without(studio.session.views[1].id)
    studio.rest()
    assert studio.session.shown.origin == "1 photo, without grey 200"
    assert studio.session.shown.surface.volume < whole
    assert len(studio.session.contributions) == 2
    studio.session.preview_all()
    studio.rest()
    assert studio.session.shown.surface.volume == pytest.approx(whole)
    assert model.encoded == 2


def test_undo_and_redo_bring_views_and_options_back(studio: SessionDriver) -> None:
    assert not studio.session.can_undo
    add(studio, 60)
    add(studio, 200)
    studio.session.set_options(style="blocks")
    studio.session.clear_views()
    assert studio.session.shown is None
    studio.session.undo()
    studio.rest()
    assert [view.name for view in studio.session.views] == ["grey 60", "grey 200"]
    assert studio.session.options.style == "blocks"
    studio.session.undo()
    assert studio.session.options.style == "smooth"
    studio.session.undo()
    assert [view.name for view in studio.session.views] == ["grey 60"]
    while studio.session.can_redo:
        studio.session.redo()
    assert studio.session.views == ()


def test_the_newest_wish_wins_over_what_waits(studio: SessionDriver, model: BallModel) -> None:
    add(studio, 60)
    model.gate.clear()
    model.entered.clear()
    studio.session.add_picture(picture(100))
    studio.until(model.entered.is_set)
    for value in range(10):
        studio.session.set_iso(0.30 + 0.01 * value)
    model.gate.set()
    numbers = []
    studio.session.subscribe(lambda topic: topic == "shown" and numbers.append(studio.session.shown.number))
    studio.rest()
    assert studio.session.shown.grid.iso_level == pytest.approx(0.39)
    assert len(numbers) == 2, "the one in hand and the newest, nothing between"
    assert numbers == sorted(numbers)


def test_cancel_answers_at_once_and_the_late_result_is_dropped(studio: SessionDriver, model: BallModel) -> None:
    add(studio, 60)
    shown = studio.session.shown
    model.gate.clear()
    model.entered.clear()
    studio.session.add_picture(picture(250))
    studio.until(model.entered.is_set)
    started = time.perf_counter()
    studio.session.cancel()
    assert time.perf_counter() - started < 0.1
    assert studio.session.job is None
    model.gate.set()
    studio.loop.run_until(lambda: False, 0.3)
    assert studio.session.shown is shown
    assert studio.session.message.sentence == "Cancelled."
    studio.session.set_options(fusion="max")
    studio.rest()
    assert studio.session.shown.number > shown.number, "the program goes on"


def test_cancelled_reading_adds_nothing(studio: SessionDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(path: Path, size: int, remove: bool) -> None:
        started.set()
        assert go_on.wait(20)

    monkeypatch.setattr("voxstudio.session.pictures.read_view", slow)
    studio.session.add_images([tmp_path / "a.png", tmp_path / "b.png"])
    assert started.wait(20)
    assert studio.session.job.words.startswith("Reading")
    studio.session.cancel()
    go_on.set()
    studio.loop.run_until(lambda: False, 0.2)
    assert studio.session.views == ()
    assert studio.session.job is None
    assert not studio.session.can_undo


def test_a_newer_wish_pre_empts_the_contributions(studio: SessionDriver, model: BallModel) -> None:
    add(studio, *range(20, 240, 20))
    model.decoded = 0
    studio.session.set_options(label="egg")
    studio.session.set_options(label="ball")
    studio.rest()
    assert studio.session.shown.grid is not None
    assert len(studio.session.contributions) == len(studio.session.views)
    assert model.decoded <= 2 * (1 + len(studio.session.views))
    assert {item.view_id for item in studio.session.contributions} == {view.id for view in studio.session.views}


def test_a_sample_from_noise_and_back(studio: SessionDriver) -> None:
    add(studio, 60)
    photo = studio.session.shown.surface.volume
    studio.session.sample("egg", seed=4)
    studio.rest()
    assert studio.session.shown.origin == "egg from noise, seed 4"
    assert studio.session.shown.latent.seed == 4
    studio.session.reconstruct()
    studio.rest()
    assert studio.session.shown.surface.volume == pytest.approx(photo)


def test_export_writes_a_closed_mesh_in_full_quality(studio: SessionDriver, tmp_path: Path) -> None:
    add(studio, 200)
    for suffix in studio.session.export_suffixes:
        assert studio.session.export(tmp_path / f"ball{suffix}")
        studio.rest()
        assert studio.session.message.severity == "info", studio.session.message
    mesh = trimesh.load_mesh(tmp_path / "ball.stl")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(studio.session.shown.surface.volume, rel=1e-3)
    assert "triangles" in studio.session.message.sentence


def test_export_that_fails_is_one_sentence_and_leaves_nothing(studio: SessionDriver, tmp_path: Path) -> None:
    assert not studio.session.export(tmp_path / "early.stl")
    assert studio.session.message.where == "export"
    add(studio, 200)
    for target in (tmp_path / "absent" / "ball.stl", tmp_path / "ball.doc", tmp_path):
        studio.session.export(target)
        studio.rest()
        message = studio.session.message
        assert (message.severity, message.where) == ("error", "export")
        assert "Traceback" not in message.sentence
        assert message.sentence.endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]


def test_bad_files_are_told_and_the_good_ones_stay(studio: SessionDriver, tmp_path: Path) -> None:
    Image.fromarray(np.array(picture(200).pixels)).save(tmp_path / "good.png")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "folder.png").mkdir()
    names = ["empty.png", "good.png", "text.png", "folder.png", "vanished.png"]
    studio.session.add_images([tmp_path / name for name in names])
    studio.until(lambda: studio.session.shown is not None and studio.session.job is None)
    assert [view.name for view in studio.session.views] == ["good.png"]
    message = studio.session.message
    assert (message.severity, message.where, len(message.details)) == ("error", "images", 4)
    for name, sentence in zip(["empty", "text", "folder", "vanished"], message.details, strict=True):
        assert name in sentence
        assert "Traceback" not in sentence
        assert "\n" not in sentence


def test_wrong_options_are_refused_in_words(studio: SessionDriver) -> None:
    before = studio.session.options
    for wrong in ({"fusion": "sum"}, {"label": "cow"}, {"style": "soft"}, {"smoothing": 99}, {"iso": 2.0}, {"nope": 1}):
        studio.session.set_options(**wrong)
        assert studio.session.message.severity == "error"
        assert studio.session.options == before
        studio.session.dismiss_message()


def test_a_full_gpu_hands_over_to_the_cpu_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OutOfMemoryError(RuntimeError):
        pass

    class Full(BallModel):
        def encode(self, views: np.ndarray) -> np.ndarray:
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    opened = []

    def open_any(folder: Path, device: str) -> BallModel:
        opened.append(device)
        return BallModel("cpu") if device == "cpu" else Full("cuda")

    monkeypatch.setattr("voxstudio.session.session.open_any", open_any)
    studio = SessionDriver(folder)
    try:
        add(studio, 100)
        assert opened == ["auto", "cpu"]
        assert studio.session.shown.device == "cpu"
        assert "CPU" in studio.session.shown.note
        assert studio.session.message.sentence == studio.session.shown.note
    finally:
        studio.session.close()


def test_a_failed_opening_is_told_once_and_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voxstudio.core.errors import BadCheckpoint

    tries = []

    def open_any(folder: Path, device: str) -> BallModel:
        tries.append(folder)
        raise BadCheckpoint("The weights lack decoder.0: copy the checkpoint again.")

    monkeypatch.setattr("voxstudio.session.session.open_any", open_any)
    studio = SessionDriver(folder)
    try:
        studio.session.warm_up()
        studio.until(lambda: studio.session.message is not None)
        add(studio, 100)
        assert studio.session.message.where == "checkpoint"
        assert len(tries) == 1
        assert studio.session.open_checkpoint("ball")
        studio.rest()
        assert len(tries) == 2, "choosing it again tries again"
    finally:
        studio.session.close()


def test_a_bug_in_a_model_does_not_end_the_program(studio: SessionDriver, model: BallModel) -> None:
    model.fuse = lambda means, fusion: 1 / 0
    add(studio, 100)
    assert studio.session.message.severity == "error"
    assert "ZeroDivisionError" in studio.session.message.sentence
    del model.fuse
    studio.session.set_options(fusion="max")
    studio.rest()
    assert studio.session.shown is not None and studio.session.message is None, "what works clears what did not"


def test_an_unknown_checkpoint_is_refused_and_the_old_one_stays(studio: SessionDriver) -> None:
    assert not studio.session.open_checkpoint("nonesuch")
    assert "nonesuch" in studio.session.message.sentence
    assert "ball" in studio.session.message.sentence
    assert studio.session.checkpoint.name == "ball"
    add(studio, 60)
    assert studio.session.message is not None, "a shape says nothing of the checkpoint that is not there"
    assert studio.session.open_checkpoint("ball") and studio.session.message is None


def test_what_works_clears_older_errors_of_its_panel(studio: SessionDriver, tmp_path: Path) -> None:
    session = studio.session
    add(studio, 60)
    session.export(tmp_path / "ball.stl")
    session.say("error", "It went wrong while the file was written.", "export")
    studio.rest()
    assert session.message.severity == "info" and "ball.stl" in session.message.sentence
    session.add_picture(picture(70))
    session.say("error", "It went wrong while the picture was read.", "images")
    studio.rest()
    assert session.message is not None and "while the picture" in session.message.sentence
    session.export(tmp_path / "absent" / "ball.stl")
    studio.rest()
    assert session.message.severity == "error"
    session.set_iso(0.4)
    studio.rest()
    assert session.message is None, "a shape that was wanted later"
    for where, left in (("images", False), ("training", True)):
        session.say("error", "It went wrong.", where)
        session.add_picture(picture(80))
        studio.rest()
        assert (session.message is not None) == left, where


def test_an_empty_catalogue_is_no_error_until_something_is_wanted(tmp_path: Path) -> None:
    studio = SessionDriver(tmp_path)
    try:
        assert studio.session.catalogue == ()
        assert studio.session.checkpoint is None
        studio.session.add_picture(picture(50))
        studio.until(lambda: studio.session.message is not None)
        assert studio.session.message.where == "checkpoint"
        assert len(studio.session.views) == 1
    finally:
        studio.session.close()


def test_closing_is_quick_silent_and_may_happen_twice(folder: Path, model: BallModel) -> None:
    studio = SessionDriver(folder)
    model.gate.clear()
    studio.session.add_picture(picture(50))
    studio.until(model.entered.is_set)
    threading.Timer(0.2, model.gate.set).start()
    studio.session.close()
    studio.session.close()
    told = len(studio.topics)
    studio.loop.run_until(lambda: False, 0.1)
    assert len(studio.topics) == told
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("voxstudio")]


def test_importing_the_session_brings_neither_torch_nor_qt() -> None:
    code = (
        "import sys, voxstudio.session, voxstudio.cli; "
        "print([name for name in ('torch', 'PySide6', 'vtk', 'cv2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
