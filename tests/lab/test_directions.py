"""Principal directions of an understood generator; files that belong to one network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from boxes import Boxes

from voxstudio.core.errors import BadInput, Cancelled
from voxstudio.core.paths import shipped
from voxstudio.engine.latent_space import columns, flat
from voxstudio.lab import directions
from voxstudio.lab.directions import (
    Directions,
    directions_path,
    find_directions,
    read_directions,
    save_directions,
    stored_directions,
)
from voxstudio.lab.opening import open_any


@pytest.fixture(scope="module")
def found() -> Directions:
    return find_directions(Boxes(), count=3, samples=200)


def test_the_first_layers_widest_axis_is_found_and_named(found: Directions) -> None:
    # The first layer is 5 width, 3 height, little noise: its components are the two continuous codes, in this order.
    model = Boxes()
    where = columns(model.layout)["continuous"]
    first, second = found.items[:2]
    assert found.layer == "first" and first.share > second.share > 0.1
    for one, index in ((first, 0), (second, 1)):
        inside = np.abs(one.vector[where])
        assert inside[index] == pytest.approx(3**-0.5, rel=0.15), "one standard deviation of a uniform code"
        assert np.linalg.norm(one.vector) == pytest.approx(inside[index], rel=0.1), "and little else"
        assert not one.vector[columns(model.layout)["kind"]].any(), "choices are held"
    assert first.label is not None and first.label.key in ("width", "volume", "footprint", "thinness")
    assert abs(first.label.r) > 0.5 and first.words.endswith(f"n = {first.label.count}")


def test_directions_move_a_latent_within_bounds(found: Directions) -> None:
    model, one = Boxes(), found.items[0]
    start = model.draw(4)
    moved = one.applied(start, 1.5)
    assert (np.abs(moved.codes["continuous"]) <= 1).all() and moved.codes["kind"].tolist() == start.codes[
        "kind"
    ].tolist()
    assert np.allclose(flat(one.applied(start, 0), model.layout), flat(start, model.layout))
    with pytest.raises(BadInput, match="reaches from -4 to 4, not to 9"):
        one.applied(start, 9)


def test_every_generator_has_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "reader_for", lambda card, label, progress: None)  # fitting one takes too long here
    monkeypatch.setattr(directions, "CHECK", 60)
    model = open_any(shipped("checkpoints") / "furniture-conditional", "cpu")
    latent = find_directions(model, count=1, label="chair", samples=200)
    assert latent.layer == "latent", "its prior was fitted and has axes"
    assert latent.items[0].label is not None and latent.items[0].label.count > 40
    with pytest.raises(BadInput, match="does not show its first layer"):
        find_directions(model, layer="first", label="chair", samples=40)
    with pytest.raises(BadInput, match="must be one of"):
        find_directions(model, layer="last")
    shape = find_directions(Boxes(), count=1, layer="shape", samples=80)
    assert shape.items[0].share > 0.2


def test_they_are_kept_to_the_bit_and_refused_for_another_network(found: Directions, tmp_path: Path) -> None:
    model = Boxes()
    path = directions_path(model.card)
    assert stored_directions(model.card, model.layout) is None
    save_directions(found, path)
    again = stored_directions(model.card, model.layout)
    assert again is not None and (again.layer, again.label) == (found.layer, None)
    for a, b in zip(again.items, found.items, strict=True):
        assert np.array_equal(a.vector, b.vector) and a.label == b.label and (a.name, a.title) == (b.name, b.title)
    other = replace(model.card, name="others", sha256="ff" * 32)
    with pytest.raises(BadInput, match=r"holds directions of the checkpoint boxes, not of others.*\.$"):
        read_directions(path, other, model.layout)
    with pytest.raises(BadInput, match="find them again"):
        read_directions(path, model.card, model.layout[:1])
    damaged = tmp_path / "d.safetensors"
    nameless = path.read_bytes().replace(b'"sha256":', b'"sha257":', 1)
    for data in (b"", b"nonsense", path.read_bytes()[:-9], nameless):
        damaged.write_bytes(data)
        with pytest.raises(BadInput, match="find them again"):
            read_directions(damaged, model.card, model.layout)
    path.unlink()


def test_the_search_repeats_and_can_be_cancelled(found: Directions) -> None:
    again = find_directions(Boxes(), count=3, samples=200)
    assert all(np.array_equal(a.vector, b.vector) and a.label == b.label
               for a, b in zip(again.items, found.items, strict=True))  # fmt: skip

    def cancel(fraction: float, words: str) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        find_directions(Boxes(), samples=60, progress=cancel)
