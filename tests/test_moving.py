"""Moving through latent space, filmstrips, keyframes, kept shapes and comparing, without a window."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from session_driver import SessionDriver

from voxstudio.core.card import Card
from voxstudio.core.controls import Choice, Slider
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.overlap import iou
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.session import Session

CARD = Card("boxes", "vae_gan3d", "Boxes", "Boxes.", 24, 0.5, ("crate", "plank"), {})
OTHER = replace(CARD, name="others", title="Others")


class BoxModel:
    """A box: width follows ``continuous:0``, height ``continuous:1``, depth the choice, the corner the noise."""

    note, device = "", "cpu"

    def __init__(self, card: Card, wide: int = 2) -> None:
        self.card = card
        self.layout = (
            CodeSpec("noise", 2), CodeSpec("categorical", 3, "categorical"), CodeSpec("continuous", wide, "uniform"),
        )  # fmt: skip
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def controls(self) -> tuple[Slider | Choice, ...]:
        return (
            Slider("continuous:0", "Code 1", -1, 1, 0), Slider("continuous:1", "Code 2", -1, 1, 0),
            Choice("categorical:0", "Kind 1", ("1", "2", "3"), "1"), Choice("label", "Class", CARD.classes, "crate"),
        )  # fmt: skip

    def draw(self, seed: int, label: str | None = None, truncation: float = 1.0) -> Latent:
        rng = np.random.default_rng(seed)
        one_hot = np.eye(3, dtype=np.float32)[rng.integers(3)]
        wide = self.layout[2].size
        return Latent(
            {"noise": truncation * rng.normal(size=2), "categorical": one_hot, "continuous": rng.uniform(-1, 1, wide)},
            seed,
        )

    def decode(self, latent: Latent, label: str | None = None) -> VoxelGrid:
        self.entered.set()
        assert self.gate.wait(20)
        x, y, z = np.indices((24,) * 3, dtype=np.float32) - 11.5
        wide, high = 6 + 4 * latent.codes["continuous"][:2]
        deep = 3 + 3 * float(latent.codes["categorical"] @ [0, 1, 2])
        far = np.maximum.reduce([abs(x) - wide, abs(y) - deep, abs(z - float(latent.codes["noise"][0])) - high])
        return VoxelGrid.unit(1 / (1 + np.exp(far)), CARD.iso_level)

    def side_image(self, latent: Latent) -> object:
        from voxstudio.core.picture import Picture

        return Picture(
            np.full((8, 8, 4), round(100 + 50 * float(latent.codes["continuous"][0])), np.uint8), True, "side"
        )


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str, BoxModel]:
    made = {"boxes": BoxModel(CARD), "others": BoxModel(OTHER, 3)}
    monkeypatch.setattr("voxstudio.session.session.open_any", lambda folder, device: made[folder.name])
    return made


@pytest.fixture
def driver(tmp_path: Path, models: dict[str, BoxModel]) -> Iterator[SessionDriver]:
    for card in (CARD, OTHER):
        place = tmp_path / "checkpoints" / card.name
        place.mkdir(parents=True)
        (place / "card.json").write_text(json.dumps(card.to_json()))
        (place / "weights.safetensors").write_bytes(b"")
    made = SessionDriver(tmp_path / "checkpoints")
    made.session.open_checkpoint("boxes")
    made.session.warm_up()
    made.until(lambda: made.session.model is not None)
    made.rest()
    yield made
    for model in models.values():
        model.gate.set()
    made.session.close()


def wide(session: Session) -> int:
    return int(session.shown.grid.occupancy.any(axis=(1, 2)).sum())


def test_a_code_by_hand_holds_while_the_seed_changes_and_a_drag_is_one_step(driver: SessionDriver) -> None:
    session = driver.session
    session.sample("crate", 1)
    driver.rest()
    steps = len(session.states)
    for value in (-0.5, 0.0, 0.5):
        session.move("continuous:0", value, draft=True)
    session.move("continuous:0", 1.0)
    driver.rest()
    assert not session.shown.draft and wide(session) == 20
    assert len(session.states) == steps + 1
    assert session.shown.origin == "crate from noise, seed 1, Code 1 at 1"
    assert session.shown.side is not None and session.shown.side.pixels[0, 0, 0] == 150
    session.vary(seed=7)
    driver.rest()
    assert wide(session) == 20 and session.shown.latent.codes["noise"][0] != 0
    session.move("categorical:0", 3)
    driver.rest()
    assert session.shown.latent.codes["categorical"].tolist() == [0, 0, 1]
    session.let_go("continuous:0")
    driver.rest()
    drawn = BoxModel(CARD).draw(7)
    assert session.shown.latent.codes["continuous"][0] == drawn.codes["continuous"][0]
    session.undo()
    session.undo()
    session.undo()
    driver.rest()
    assert wide(session) == 20 and session.draw.seed == 1


def test_a_wrong_code_is_a_sentence_and_nothing_moves(driver: SessionDriver) -> None:
    session = driver.session
    session.sample("crate", 1)
    shown = driver.rest().shown
    for name, value, said in (
        ("continuous:0", 1.5, "lies from -1 to 1, not at 1.5"), ("continuous:9", 0.0, "no code 'continuous:9'"),
        ("categorical:0", 4, "takes one of the values 1 to 3"), ("continuous:0", float("nan"), "not at nan"),
    ):  # fmt: skip
        assert not session.move(name, value)
        assert said in session.message.sentence and session.message.where == "codes"
    assert driver.rest().shown is shown
    assert session.move("continuous:0", 0.5) and session.message is None


def test_a_direction_is_counted_from_where_it_began(driver: SessionDriver) -> None:
    session = driver.session
    session.sample("crate", 1)
    start = driver.rest().shown.latent
    layout = session.model.layout
    along = Latent({spec.name: np.full(spec.size, 0.1 * (spec.name == "noise"), np.float32) for spec in layout})
    for amount in (1.0, -3.0, 2.0):
        session.push(along, amount, draft=True)
    session.push(along, 2.0)
    moved = driver.rest().shown.latent
    assert moved.codes["noise"] == pytest.approx(start.codes["noise"] + 0.2)
    session.push(along, 0.0)
    assert driver.rest().shown.latent.codes["noise"] == pytest.approx(start.codes["noise"])


def test_a_film_makes_way_and_is_finished_afterwards(driver: SessionDriver, models: dict[str, BoxModel]) -> None:
    session, model = driver.session, models["boxes"]
    session.sample("crate", 1)
    driver.rest()
    model.gate.clear()
    model.entered.clear()
    session.show_film("continuous:0")
    assert model.entered.wait(10)
    session.move("continuous:1", 0.25)
    model.gate.set()
    driver.rest()
    assert session.shown.latent.codes["continuous"][1] == 0.25
    made = sum(frame is not None for frame in session.film.frames)
    assert made < len(session.film.frames), "what a person wants goes first"
    driver.until(lambda: all(frame is not None for frame in session.film.frames))
    widths = [int(frame.occupancy.any(axis=(1, 2)).sum()) for frame in session.film.frames]
    assert widths == sorted(widths) and widths[0] < widths[-1]
    asked = session._film_key
    session.show_film("categorical:0")
    driver.until(lambda: all(frame is not None for frame in session.film.frames))
    assert session.film.values == (1.0, 2.0, 3.0)
    assert session._film_key != asked


def test_keyframes_of_one_checkpoint_make_a_path(driver: SessionDriver) -> None:
    session = driver.session
    assert not session.path.add() and "no shape on the stage" in session.message.sentence
    assert not session.path.scrub(0.5) and "two keyframes" in session.message.sentence
    latents = []
    for seed in (1, 2, 3):
        session.sample("crate" if seed < 3 else "plank", seed)
        latents.append(driver.rest().shown.latent)
        assert session.path.add()
    assert session.path.steps == 2
    session.path.scrub(0.5)
    assert driver.rest().shown.latent.codes["noise"] == pytest.approx(latents[1].codes["noise"])
    steps = len(session.states)
    for at in (0.55, 0.6, 0.7):
        session.path.scrub(at, draft=True)
    session.path.scrub(0.75)
    shown = driver.rest().shown
    assert shown.latent.codes["continuous"] == pytest.approx(
        (latents[1].codes["continuous"] + latents[2].codes["continuous"]) / 2
    )
    assert np.linalg.norm(shown.latent.codes["noise"]) == pytest.approx(
        np.mean([np.linalg.norm(latents[k].codes["noise"]) for k in (1, 2)]), rel=1e-5
    )
    assert shown.origin == "50 % of the way from keyframe 2 to 3" and shown.label == "plank"
    assert len(session.states) == steps + 1
    session.path.set(ending="loop")
    assert session.path.steps == 3
    session.path.move(session.path.keys[2].id, 0)
    assert [key.label for key in session.path.keys] == ["plank", "crate", "crate"]
    session.open_checkpoint("others")
    driver.until(lambda: session.model is not None and session.model.key.endswith("others"))
    driver.rest()
    assert not session.path.scrub(0.2) and "belong to boxes" in session.message.sentence
    session.sample(None, 5)
    driver.rest()
    assert not session.path.add() and "must all be of one checkpoint" in session.message.sentence
    assert len(session.path.keys) == 3, "nothing is lost"
    session.restore(min(session.states[1:]))
    driver.until(lambda: session.model is not None and session.path.is_home)
    assert session.path.scrub(0.0)


def test_keyframes_with_more_codes_than_the_path_needs_are_walked(driver: SessionDriver) -> None:
    session, kept = driver.session, []
    for seed in (1, 2):
        session.sample("crate", seed)
        latent = driver.rest().shown.latent
        session.place(latent if seed == 1 else Latent({**latent.codes, "mirrored": latent.codes["noise"]}), "a place")
        driver.rest()
        kept.append(session.snapshots.find(session.state))
    session.open_checkpoint("others")
    driver.until(lambda: session.model is not None and session.model.key.endswith("others"))
    assert all(session.path.add(one) for one in kept), "what they need is not known while another checkpoint is open"
    session.open_checkpoint("boxes")
    driver.until(lambda: session.path.is_home)
    assert session.path.scrub(0.5) and set(session.path.placed.codes) == {"noise", "categorical", "continuous"}
    driver.rest()


def test_shape_arithmetic_shows_what_the_terms_make(driver: SessionDriver) -> None:
    session = driver.session
    found = []
    for k, seed in enumerate((4, 5, 6)):
        session.sample("crate", seed)
        found.append(driver.rest().shown.latent.codes["continuous"])
        assert session.path.set_term(k)
    shown = driver.rest().shown
    assert shown.origin == "A − B + C"
    assert shown.latent.codes["continuous"] == pytest.approx(np.clip(found[0] - found[1] + found[2], -1, 1))
    assert sorted(shown.latent.codes["categorical"].tolist()) == [0, 0, 1]


def test_what_is_kept_outlasts_the_history_and_is_compared_live(driver: SessionDriver) -> None:
    session = driver.session
    session.sample("crate", 1)
    driver.rest()
    session.move("continuous:0", -1.0)
    first = driver.rest().shown
    kept = session.snapshots.keep(session.state, "  narrow\nbox ")
    assert session.snapshots.find(kept).title == "narrow box"
    session.undo()
    driver.rest()
    session.move("continuous:0", 1.0)  # the future with the narrow box is gone
    driver.rest()
    assert kept not in session.states
    assert session.snapshots.compare(kept)
    found = driver.rest().shown.difference
    now = session.shown.grid.occupancy
    before = first.grid.occupancy
    assert found.iou == pytest.approx(iou(before, now))
    assert (found.added, found.removed) == ((now & ~before).sum(), (before & ~now).sum())
    assert found.added > 0 and found.more.volume == pytest.approx(found.added * (100 / 24) ** 3, rel=1e-3)
    session.move("continuous:0", -1.0)
    assert driver.rest().shown.difference.iou == 1.0
    session.snapshots.compare(None)
    assert driver.rest().shown.difference is None
    session.move("continuous:0", 0.5)
    driver.rest()
    session.bring_back(session.snapshots.find(kept))
    assert np.array_equal(driver.rest().shown.grid.values, first.grid.values)
    assert not session.snapshots.compare(9999) and "no longer in memory" in session.message.sentence
    assert session.snapshots.keep(kept, "   ") is None and "needs a name" in session.message.sentence
    session.snapshots.drop(kept)
    assert session.snapshots.named == ()


def test_another_checkpoint_leaves_a_moved_latent_behind_and_undo_returns_to_both(driver: SessionDriver) -> None:
    session = driver.session
    session.sample("crate", 1)
    session.move("continuous:0", 1.0)
    driver.rest()
    session.open_checkpoint("others")
    driver.until(lambda: session.model is not None and session.model.key.endswith("others"))
    assert driver.rest().message is None and session.draw.codes == ()
    session.undo()
    driver.until(lambda: session.model is not None and session.model.key.endswith("boxes"))
    assert wide(driver.rest()) == 20
    assert session.redo() is None
    driver.until(lambda: session.model is not None and session.model.key.endswith("others"))


def test_named_shapes_come_back_with_the_next_session(driver: SessionDriver, tmp_path: Path) -> None:
    session, folder = driver.session, tmp_path / "kept"
    session.keep_named(folder)
    session.sample("plank", 4, 0.7)
    session.move("continuous:0", 0.5)
    driver.rest()
    wanted = session.shown
    one = session.snapshots.keep(session.state, "wide plank")
    session.push(Latent({"noise": [1, 0], "categorical": [0, 0, 0], "continuous": [0, 0]}), 0.5)
    driver.rest()
    pushed = session.shown
    session.snapshots.keep(session.state, "pushed")
    session.snapshots.drop(session.snapshots.keep(session.state, "third"))
    session.snapshots.keep(one, "wider plank")
    session.show_grid(VoxelGrid.unit(np.tri(8)[None].repeat(8, 0)), "carved from 9 photos")
    driver.rest()
    session.snapshots.keep(session.state, "carved")
    session.close()  # at once: what was named is written all the same
    assert len(list(folder.glob("*.npz"))) == 3
    (folder / "0.npz").write_bytes(b"no archive")
    again = SessionDriver(tmp_path / "checkpoints")
    try:
        session = again.session
        session.open_checkpoint("others")
        session.warm_up()
        session.keep_named(folder)
        again.until(lambda: len(session.snapshots.named) == 3)
        assert [kept.name for kept in session.snapshots.named] == ["wider plank", "pushed", "carved"]
        plank, moved, carved = session.snapshots.named
        assert np.array_equal(plank.grid.values, wanted.grid.values) and plank.origin == wanted.origin
        again.until(lambda: session.model is not None)
        session.bring_back(plank)
        again.rest()
        assert session.checkpoint.name == "boxes" and session.draw == wanted.draw
        assert np.array_equal(session.shown.grid.values, wanted.grid.values)
        session.bring_back(moved)
        again.rest()
        assert np.array_equal(session.shown.grid.values, pushed.grid.values) and session.shown.origin == pushed.origin
        session.bring_back(carved)
        again.rest()
        assert session.given is not None and session.shown.origin == "carved from 9 photos"
    finally:
        session.close()
