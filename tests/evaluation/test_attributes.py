"""Attributes against shapes that can be measured by hand."""

from __future__ import annotations

import numpy as np
import pytest

from voxstudio.data.parametric import make
from voxstudio.evaluation.attributes import ATTRIBUTES, correlation_ratio, correlations, describe, measure


def empty(count: int = 1, side: int = 20) -> np.ndarray:
    return np.zeros((count, side, side, side), bool)


def stool() -> np.ndarray:
    """Seat of 10 x 8 x 2 on four legs of 2 x 2 x 6, from the floor of a 20^3 cube."""
    grid = empty()[0]
    grid[5:15, 6:14, 6:8] = True
    for x in (5, 13):
        for y in (6, 12):
            grid[x : x + 2, y : y + 2, 0:6] = True
    return grid


def test_a_stool_is_measured_as_by_hand() -> None:
    found = describe(stool())
    volume = 160 + 4 * 24
    expected = {
        "height": 40, "width": 50, "depth": 40, "volume": 100 * volume / 8000, "fill": 100 * volume / (10 * 8 * 8),
        "centre_height": 100 * (160 * 7 + 96 * 3) / volume / 8, "centre_depth": 50,
        "top_heaviness": 100 * (160 + 4 * 4 * 2) / volume, "symmetry": 100, "parts": 1, "largest_part": 100,
        "footprint": 100 * 80 / 400, "front_area": 100 * (20 + 2 * 12) / 400, "side_area": 100 * (16 + 2 * 12) / 400,
        "broadest_height": 32.5, "broadest_area": 100 * 80 / 400, "above": 0 * 5, "feet": 4, "base": 100 * 16 / 80,
    }  # fmt: skip
    expected["above"] = 5  # one layer of the seat lies above the first broadest one
    for key, value in expected.items():
        assert found[key] == pytest.approx(value), key


def test_moving_a_shape_changes_nothing_but_its_mirror_image_may() -> None:
    grid = stool()
    grid[5:7, 6:14, 8:14] = True  # an arm on one side
    moved = np.roll(grid, (3, -4, 5), (0, 1, 2))
    rows = measure(np.stack([grid, moved, grid[::-1]]))
    assert np.allclose(rows[0], rows[1]) and np.allclose(rows[0], rows[2])
    assert describe(grid)["symmetry"] < 70


def test_parts_feet_and_dust_are_told_apart() -> None:
    grid = empty()[0]
    grid[2:6, 2:6, 0:10] = grid[12:16, 12:16, 0:10] = True
    grid[19, 19, 19] = True
    found = describe(grid)
    assert (found["parts"], found["feet"]) == (2, 2)
    assert found["largest_part"] == pytest.approx(100 * 160 / 321)


def test_resolutions_agree() -> None:
    shapes = [make(name, seed) for name in ("chair", "table", "car") for seed in range(3)]
    coarse, fine = (measure(np.stack([shape.occupancy(r) for shape in shapes])) for r in (48, 96))
    keys = [attribute.key for attribute in ATTRIBUTES]
    for key, room in (("height", 3), ("width", 3), ("centre_height", 3), ("footprint", 3), ("top_heaviness", 5)):
        assert np.abs(coarse - fine)[:, keys.index(key)].max() < room, key


def test_an_empty_shape_has_no_attributes() -> None:
    rows = measure(np.stack([empty()[0], stool()]))
    assert np.isnan(rows[0]).all() and np.isfinite(rows[1]).all()
    assert measure(empty(0)).shape == (0, len(ATTRIBUTES))
    with pytest.raises(ValueError, match="N, R, R, R"):
        measure(np.zeros((4, 4, 5), bool))


def test_correlations_are_pearsons(rng: np.random.Generator) -> None:
    code = rng.uniform(-1, 1, (300, 2))
    values = np.stack([2 * code[:, 0] + 1, -code[:, 1], rng.normal(size=300), np.ones(300)], axis=1)
    r = correlations(code, values)
    assert r[0, 0] == pytest.approx(1) and r[1, 1] == pytest.approx(-1)
    assert np.abs(r[:, 2]).max() < 0.2 and r[0, 3] == 0
    assert r[0, 1] == pytest.approx(np.corrcoef(code[:, 0], values[:, 1])[0, 1])
    values[::2] = np.nan
    assert correlations(code, values)[0, 0] == pytest.approx(1), "empty shapes are left out"
    assert not correlations(code[:2], values[:2]).any()


def test_the_correlation_ratio_needs_no_order(rng: np.random.Generator) -> None:
    group = rng.integers(0, 4, 400)
    level = np.array([3.0, 0.0, 7.0, 1.0])[group]
    eta = correlation_ratio(group, np.stack([level, level + rng.normal(0, 100, 400), rng.normal(size=400)], axis=1))
    assert eta[0] == pytest.approx(1) and eta[1] < 0.3 and eta[2] < 0.15
    assert not correlation_ratio(np.zeros(9), np.ones((9, 2))).any()
