"""Inversion finds latents again: of an understood generator, and of a shipped one."""

from __future__ import annotations

import numpy as np
import pytest
from boxes import Boxes

from voxstudio.core.errors import BadInput, Cancelled
from voxstudio.core.latent import Latent
from voxstudio.core.overlap import iou
from voxstudio.core.paths import shipped
from voxstudio.engine.inversion import Inversion, Moment, invert, invert_many
from voxstudio.engine.latent_space import draws, occupancies
from voxstudio.lab.opening import open_any


def same(a: Inversion, b: Inversion) -> bool:
    return a.curve == b.curve and all(np.array_equal(a.latent.codes[k], b.latent.codes[k]) for k in a.latent.codes)


def test_the_codes_of_a_made_shape_are_found_again() -> None:
    model = Boxes()
    true = Latent({"noise": [0.4, -0.5, 0, 0], "kind": [0, 1, 0], "continuous": [0.55, -0.6]})
    target = model.decode(true).occupancy
    model.decoded = 0
    found = invert(model, target, budget=160, seed=3)
    assert found.iou > 0.97 and found.calls == model.decoded <= 160
    assert found.latent.codes["kind"].tolist() == [0, 1, 0]
    assert found.latent.codes["continuous"] == pytest.approx([0.55, -0.6], abs=0.3), "to a voxel"
    assert found.iou == pytest.approx(iou(model.decode(found.latent).occupancy, target), abs=1e-6)
    assert np.array_equal(found.field >= 0.5, model.decode(found.latent).occupancy)
    best = [step.best for step in found.curve]
    assert best == sorted(best) and best[-1] == found.iou >= found.start_iou and found.start == "draws"
    assert [step.calls for step in found.curve] == sorted(step.calls for step in found.curve)


def test_the_same_seed_finds_the_same_and_several_at_once_are_found(rng: np.random.Generator) -> None:
    model = Boxes()
    targets = occupancies(model, draws(model, [11, 12, 13]))
    first, second = (invert_many(model, targets, budget=96, seed=1) for _ in range(2))
    assert all(map(same, first, second))
    assert min(found.iou for found in first) > 0.85
    single = invert(model, targets[1].astype(np.float32), budget=96, seed=1)
    assert single.iou == pytest.approx(first[1].iou, abs=0.05)


def test_an_encoder_is_where_it_starts() -> None:
    class Reads(Boxes):
        encodes = True

        def encode(self, grids: np.ndarray) -> list[Latent]:
            assert grids.dtype == np.float32 and grids.ndim == 4
            return [self.draw(21) for _ in grids]

    model = Reads()
    found = invert(model, model.decode(model.draw(21)).occupancy, budget=24)
    assert (found.start, found.start_iou, found.iou) == ("encoder", 1.0, 1.0)


def test_it_can_be_watched_stopped_and_given_up() -> None:
    model, seen = Boxes(), list[Moment]()
    target = model.decode(model.draw(5)).occupancy
    found = invert(model, target, budget=200, watch=seen.append, stop=lambda: len(seen) >= 4)
    assert found.stopped and found.calls < 120 and found.iou == found.curve[-1].best
    assert seen[0].field.shape == target.shape and seen[-1].step in found.curve
    assert seen[-1].step.best == pytest.approx(iou(model.decode(seen[-1].latent).occupancy, target), abs=1e-6)

    def give_up(fraction: float, words: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        invert(model, target, progress=give_up)


def test_what_cannot_be_sought_is_told() -> None:
    model = Boxes()
    for target, options, words in (
        (np.zeros((24, 24, 24)), {}, "is empty"),
        (np.ones((16, 16, 16)), {}, "makes grids of 24"),
        (np.ones((24, 24, 24)), {"budget": 4}, "at least 24 decoded shapes"),
        (np.ones((24, 24, 24)), {"seed": -1}, "A seed is"),
    ):
        with pytest.raises(BadInput, match=words):
            invert(model, target, **options)


def test_a_shape_of_a_shipped_generator_is_found_and_its_class() -> None:
    model = open_any(shipped("checkpoints") / "furniture-conditional", "cpu")
    target = model.decode(model.draw(3, "sofa"), "sofa").occupancy
    found = invert(model, target, "sofa", budget=64)
    assert found.iou > 0.9 and found.label == "sofa"
    with_all = invert(model, target, budget=28)
    assert with_all.label in ("sofa", "bed") and with_all.iou > 0.5
