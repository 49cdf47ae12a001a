"""The map as the session keeps it: collections, guests, neighbours, the walk in empty space, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_embedder import random_embedder
from random_gan import random_checkpoint
from session_driver import SessionDriver

from voxstudio.core.embedded import Embedded, Source
from voxstudio.core.paths import shipped
from voxstudio.data.embedded_file import save_embedded
from voxstudio.data.parametric import make
from voxstudio.engine.checkpoint import read_card
from voxstudio.geometry.mesh_io import save_surface

CHAIR = shipped("resources") / "samples" / "chair-1.png"
CLASSES = ("chair", "table")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    random_embedder(folder / "cross-domain")
    random_checkpoint(folder / "blobs", CLASSES)
    return folder


@pytest.fixture
def driver(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionDriver]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = SessionDriver(library)
    yield found
    found.session.close()


def collection(library: Path, path: Path, count: int = 40) -> Path:
    """Two clusters of parametric objects, shapes and views, as the embedder of the library would have made them."""
    card = read_card(library / "cross-domain")
    rng = np.random.default_rng(4)
    kinds = np.arange(count) % 2
    vectors = 3.0 * np.eye(2, 16)[kinds] + 0.3 * rng.normal(size=(count, 16))
    sources = [Source("parametric", CLASSES[k], n // 4, -1 if n % 4 < 2 else 0) for n, k in enumerate(kinds)]
    names = [f"{s.place} {s.index}" for s in sources]
    made = Embedded.of(
        vectors, "shape", names, [s.place for s in sources], sources, checkpoint=card.name, sha256=card.sha256,
        title="Two kinds", image_size=48, resolution=card.resolution,
    )  # fmt: skip
    domains = np.array([source.view >= 0 for source in sources], np.uint8)
    save_embedded(path, replace(made, domains=domains))
    return path


def rest(driver: SessionDriver) -> Any:
    """Until the map is at rest; the message of it, if any."""
    session = driver.session
    assert driver.loop.run_until(lambda: not session.map.busy and session.job is None, 120)
    return session.message.sentence if session.message is not None else ""


def test_a_collection_is_opened_drawn_live_and_looked_at(driver: SessionDriver, library: Path, tmp_path: Path) -> None:
    session = driver.session
    mapping = session.map
    topics: list[str] = []
    session.subscribe(topics.append)
    assert mapping.embedder is not None and mapping.embedder.name == "cross-domain" and mapping.places is None
    assert mapping.open(collection(library, tmp_path / "two.voxmap")) and mapping.busy == "opening"
    assert not mapping.open("parametric")  # one at a time
    rest(driver)
    assert mapping.is_final and mapping.places is not None and mapping.places.shape == (40, 2)
    assert topics.count("map-places") >= 10
    mapping.look_at(0)
    assert [hit.distance for hit in mapping.hits] == sorted(hit.distance for hit in mapping.hits)
    assert all(hit.class_name == "chair" and hit.index != 0 for hit in mapping.hits)
    assert driver.loop.run_until(lambda: session.shown is not None and session.job is None, 60)
    assert session.shown.origin == "chair 0" and not session.shown.surface.is_empty
    mapping.look_among("image")
    assert {hit.domain for hit in mapping.hits} == {"image"}
    assert mapping.find("TABLE 3").tolist() == [13, 15] and len(mapping.find("nothing")) == 0
    assert mapping.looks.picture(2) is None
    assert driver.loop.run_until(lambda: mapping.looks.picture(2) is not None, 60)
    picture = mapping.looks.picture(2)
    assert picture.shape is not None and picture.image is not None  # an image, and the shape it shows
    places = mapping.places
    assert mapping.draw("pca")
    rest(driver)
    assert not np.array_equal(places, mapping.places) and mapping.method == "pca"


def test_a_photo_and_the_shape_on_the_stage_are_placed(driver: SessionDriver, library: Path, tmp_path: Path) -> None:
    session, mapping = driver.session, driver.session.map
    assert not mapping.receive(CHAIR) and "Open a collection first" in session.message.sentence
    mapping.open(collection(library, tmp_path / "two.voxmap"))
    rest(driver)
    assert mapping.receive(CHAIR)
    rest(driver)
    assert mapping.guest is not None and mapping.guest.place.shape == (2,) and mapping.among == "shape"
    assert len(mapping.hits) == 12 and {hit.domain for hit in mapping.hits} == {"shape"}
    assert driver.loop.run_until(lambda: session.shown is not None, 60)
    assert mapping.receive_shown()
    rest(driver)
    assert mapping.guest.query.domain == 0 and mapping.among == "image"
    states = session.states
    save_surface(make("chair", 3).surface(32), tmp_path / "seat.stl")
    assert mapping.receive(tmp_path / "seat.stl")
    rest(driver)
    driver.until(lambda: session.shown.origin == "seat.stl")
    assert len(session.states) == len(states) + 1 and not session.shown.surface.is_empty
    before = mapping.guest
    assert mapping.receive(tmp_path / "none.png")
    assert "does not exist" in rest(driver) and mapping.guest is before


def test_what_cannot_be_mapped_leaves_what_was_open(driver: SessionDriver, library: Path, tmp_path: Path) -> None:
    session, mapping = driver.session, driver.session.map
    good = collection(library, tmp_path / "two.voxmap")
    mapping.open(good)
    rest(driver)
    there, places = mapping.there, mapping.places
    (tmp_path / "cut.voxmap").write_bytes(good.read_bytes()[:-100])
    save_embedded(tmp_path / "few.voxmap", there.subset([0, 1]))
    save_embedded(tmp_path / "equal.voxmap", there.subset([0] * 1000))
    save_embedded(tmp_path / "foreign.voxmap", replace(there, sha256="0" * 64, checkpoint="another"))
    for name, told in (
        ("cut.voxmap", "not a usable file of embeddings"), ("few.voxmap", "there are 2"),
        ("equal.voxmap", "are the same"), ("foreign.voxmap", "made with the checkpoint another"),
        ("none", "There is no collection"),
    ):  # fmt: skip
        assert mapping.open(tmp_path / name)
        assert told in rest(driver), name
        assert mapping.there is there and mapping.places is places and mapping.is_final
    assert not mapping.open("history") and "holds no shapes yet" in session.message.sentence
    mapping.look_at(3, show=False)
    assert session.message is None, "a point that is looked at clears what could not be opened"


def test_cancelling_keeps_what_is_drawn(driver: SessionDriver, library: Path, tmp_path: Path) -> None:
    session, mapping = driver.session, driver.session.map
    stopped = []

    def stop(topic: str) -> None:
        if topic == "map-places" and not stopped:
            stopped.append(topic)
            session.cancel()

    session.subscribe(stop)
    mapping.open(collection(library, tmp_path / "two.voxmap", 400))
    rest(driver)
    assert stopped and mapping.places is not None and len(mapping.places) == 400 and not mapping.is_final
    assert mapping.draw("pca")
    rest(driver)
    assert mapping.is_final


def test_samples_decode_between_their_points(driver: SessionDriver, tmp_path: Path, monkeypatch: Any) -> None:
    from voxstudio.engine.latent_space import flat
    from voxstudio.lab import embedding

    session, mapping = driver.session, driver.session.map
    monkeypatch.setattr(embedding.samples_plan, "__defaults__", (24, *embedding.samples_plan.__defaults__[1:]))
    session.open_checkpoint("blobs")
    session.warm_up()
    assert driver.loop.run_until(lambda: session.model is not None and session.job is None, 60)
    assert mapping.open("samples")
    rest(driver)
    there = mapping.there
    assert there.codes is not None and mapping.can_walk and there.maker == "blobs"
    x, y = mapping.places[5].tolist()
    assert mapping.walk_to(x, y)
    rest(driver)
    assert mapping.walk.indices[0] == 5 and mapping.walk.shares[0] > 0.999
    shown = session.shown
    assert shown is not None and np.allclose(flat(shown.latent, session.model.layout), there.codes[5], atol=1e-3)
    assert mapping.walk_to(0.0, 0.0, draft=True) and mapping.walk_to(0.01, 0.0)
    rest(driver)
    assert sum(mapping.walk.shares) == pytest.approx(1.0)
    chosen = tmp_path / "some.csv"
    mapping.select([1, 2, 3])
    assert mapping.save_selection(chosen) and "Saved some.csv" in rest(driver)
    assert len(chosen.read_text().splitlines()) == 4
    assert mapping.save(tmp_path / "map.png") and "Saved map.png" in rest(driver)
    session.sample(seed=3)
    rest(driver)
    mapping.open("history")
    told = rest(driver)
    assert "at least 5 points" in told and mapping.there is there  # too few shapes were made
