"""The shared values keep their promises: frozen, checked, and exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from voxstudio.core.collection import Collection
from voxstudio.core.latent import Latent
from voxstudio.core.paths import data_folder, shipped
from voxstudio.core.picture import Picture
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid

TETRAHEDRON = ([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
FIELDS = arrays.arrays(np.float32, st.tuples(*[st.integers(1, 6)] * 3), elements=st.floats(0, 1, width=32))
VECTORS = arrays.arrays(np.float32, 5, elements=st.floats(-3, 3, width=32))


# ------------------------------------------------------------------------------------------------- VoxelGrid


@given(FIELDS, st.floats(0.01, 0.99))
def test_a_grid_is_full_where_the_iso_level_is_reached(values: np.ndarray, iso: float) -> None:
    grid = VoxelGrid(values, iso_level=iso)
    assert np.array_equal(grid.occupancy, values >= np.float32(iso))
    assert grid.is_empty == (not grid.occupancy.any())
    assert grid.shape == values.shape
    assert np.array_equal(grid.with_iso(0.5).values, values) and grid.iso_level == iso


def test_a_grid_does_not_follow_the_array_that_it_was_made_from() -> None:
    source = np.full((2, 2, 2), 0.25, np.float32)
    grid = VoxelGrid(source)
    source[:] = 1.0
    assert grid.values.max() == 0.25
    with pytest.raises(ValueError):
        grid.values[0, 0, 0] = 1.0


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((2, 2)),
        np.zeros((0, 2, 2)),
        np.full((1, 1, 1), np.nan),
        np.full((1, 1, 1), 1.5),
        np.full((1, 1, 1), -1.0),
    ],
)
def test_a_grid_refuses_what_is_no_probability(values: np.ndarray) -> None:
    with pytest.raises(ValueError):
        VoxelGrid(values.astype(np.float32))


@pytest.mark.parametrize("wrong", [{"iso_level": 0.0}, {"iso_level": 1.0}, {"spacing": (1.0, 0.0, 1.0)}])
def test_a_grid_refuses_an_impossible_lattice(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        VoxelGrid(np.zeros((2, 2, 2), np.float32), **wrong)


def test_the_unit_grid_is_centred_and_spans_its_size() -> None:
    grid = VoxelGrid.unit(np.zeros((4, 8, 2)), size=40.0)
    low = np.asarray(grid.origin) - np.asarray(grid.spacing) / 2
    high = low + np.asarray(grid.spacing) * grid.shape
    assert np.allclose(low, -high)
    assert np.allclose(high - low, (20.0, 40.0, 10.0))


# ------------------------------------------------------------------------------------------------- Surface


def test_a_closed_surface_knows_its_volume_wherever_it_stands() -> None:
    vertices = np.asarray(TETRAHEDRON[0], float)
    for shift in (0.0, 7.5):
        assert Surface(vertices + shift, np.asarray(TETRAHEDRON[1])).volume == pytest.approx(1 / 6, rel=1e-5)
    inside_out = Surface(vertices, np.asarray(TETRAHEDRON[1])[:, ::-1])
    assert inside_out.volume == pytest.approx(-1 / 6)


def test_an_empty_surface_is_a_surface() -> None:
    empty = Surface(np.zeros((0, 3)), np.zeros((0, 3)))
    assert empty.is_empty and empty.volume == 0.0
    assert np.array_equal(empty.bounds[0], empty.bounds[1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"faces": [[0, 1, 4]]},
        {"faces": [[0, 1, -1]]},
        {"normals": np.zeros((3, 3))},
        {"colors": np.zeros((5, 3))},
        {"values": np.zeros(3)},
        {"vertices": np.zeros((4, 2))},
    ],
)
def test_a_surface_refuses_arrays_that_do_not_fit(wrong: dict[str, object]) -> None:
    parts = {"vertices": np.asarray(TETRAHEDRON[0], float), "faces": np.asarray(TETRAHEDRON[1]), **wrong}
    with pytest.raises(ValueError):
        Surface(**parts)


def test_a_surface_is_frozen() -> None:
    surface = Surface(np.asarray(TETRAHEDRON[0], float), np.asarray(TETRAHEDRON[1]), values=np.zeros(4))
    for array in (surface.vertices, surface.faces, surface.values):
        assert array is not None and not array.flags.writeable


# ------------------------------------------------------------------------------------------------- Latent


@given(VECTORS, VECTORS)
def test_both_ways_of_walking_start_and_arrive(a: np.ndarray, b: np.ndarray) -> None:
    one, other = Latent({"z": a}), Latent({"z": b})
    for walk in (one.lerp, one.slerp):
        assert np.allclose(walk(other, 0.0).codes["z"], a, atol=1e-4)
        assert np.allclose(walk(other, 1.0).codes["z"], b, atol=1e-4)


@given(VECTORS, VECTORS, st.floats(0, 1))
def test_the_great_circle_keeps_the_length_between_both(a: np.ndarray, b: np.ndarray, t: float) -> None:
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    cosine = a @ b / (lengths[0] * lengths[1]) if min(lengths) > 0.1 else 1.0
    if abs(cosine) > 0.99:
        return
    walked = np.linalg.norm(Latent({"z": a}).slerp(Latent({"z": b}), t).codes["z"])
    assert walked == pytest.approx((1 - t) * lengths[0] + t * lengths[1], rel=1e-3)


def test_a_nudge_moves_one_entry_of_a_copy() -> None:
    latent = Latent({"z": np.zeros(3), "label": np.ones(2)}, seed=7)
    moved = latent.nudge("z", 1, 0.5)
    assert moved.codes["z"].tolist() == [0.0, 0.5, 0.0] and moved.seed is None
    assert latent.codes["z"].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(KeyError):
        latent.nudge("y", 0, 1.0)
    with pytest.raises(IndexError):
        latent.nudge("z", 3, 1.0)


@pytest.mark.parametrize("other", [{"y": np.zeros(3)}, {"z": np.zeros(4)}])
def test_latents_that_do_not_match_are_not_mixed(other: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError):
        Latent({"z": np.zeros(3)}).lerp(Latent(other), 0.5)


# ------------------------------------------------------------------------------------------------- the others


def test_a_picture_is_checked_and_frozen() -> None:
    picture = Picture(np.zeros((4, 7, 4), np.uint8))
    assert picture.size == (7, 4) and not picture.pixels.flags.writeable
    for shape in ((4, 7, 3), (4, 7), (0, 7, 4)):
        with pytest.raises(ValueError):
            Picture(np.zeros(shape, np.uint8))


@given(arrays.arrays(bool, st.tuples(st.integers(1, 4), st.just(5), st.just(5), st.just(5))), st.randoms())
def test_a_collection_gives_back_what_was_packed(grids: np.ndarray, random: object) -> None:
    count = len(grids)
    labels = np.arange(count) % 2
    collection = Collection.of(grids, tuple(map(str, range(count))), labels, ("even", "odd"))
    assert len(collection) == count
    assert all(np.array_equal(collection.occupancy(i), grids[i]) for i in range(count))
    last = collection.subset([count - 1])
    assert np.array_equal(last.occupancy(0), grids[-1]) and last.names == (str(count - 1),)
    assert last.class_of(0) == ("even", "odd")[(count - 1) % 2]


def test_a_collection_refuses_lists_of_different_lengths() -> None:
    with pytest.raises(ValueError):
        Collection.of(np.zeros((2, 3, 3, 3), bool), ("one",), [0, 0], ("chair",))


def test_shipped_folders_lie_beside_the_checkout() -> None:
    assert shipped("resources").is_dir()


def test_the_data_folder_is_the_one_that_was_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VOXSTUDIO_DATA", raising=False)
    assert data_folder() is None
    monkeypatch.setenv("VOXSTUDIO_DATA", str(tmp_path))
    assert data_folder() == tmp_path
