"""Loose parts are counted, and the largest can be kept alone, still closed."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.pieces import count_pieces, largest_piece, without_crumbs


@pytest.mark.parametrize("style", ["smooth", "blocks"])
def test_the_largest_piece_is_kept_whole(style: str) -> None:
    values = np.zeros((20, 20, 20), np.float32)
    values[2:10, 2:10, 2:10] = 1
    alone = surface_from_grid(VoxelGrid.unit(values), style)
    values[14:17, 14:17, 14:17] = 1
    values[18, 2, 2] = 1
    both = surface_from_grid(VoxelGrid.unit(values), style)
    assert count_pieces(both) == 3 and count_pieces(alone) == 1
    kept = largest_piece(both)
    assert kept.volume == pytest.approx(alone.volume) and len(kept.faces) == len(alone.faces)
    assert trimesh.Trimesh(kept.vertices, kept.faces).is_watertight
    assert (kept.normals is None) == (both.normals is None)


def test_an_empty_surface_has_no_pieces() -> None:
    empty = Surface(np.zeros((0, 3)), np.zeros((0, 3)))
    assert count_pieces(empty) == 0 and largest_piece(empty).is_empty


def blocks(*sides: int) -> VoxelGrid:
    """Cubes beside each other with room between them."""
    values = np.full((60, 20, 20), 0.1, np.float32)
    start = 1
    for side in sides:
        values[start : start + side, 2 : 2 + side, 2 : 2 + side] = 0.9
        start += side + 2
    return VoxelGrid.unit(values)


def test_crumbs_go_and_the_rest_keeps_its_surface() -> None:
    found = without_crumbs(blocks(12, 8, 2, 1))
    assert (found.crumbs, found.pieces) == (2, 2)
    kept, expected = surface_from_grid(found.grid), surface_from_grid(blocks(12, 8))
    assert np.array_equal(kept.vertices, expected.vertices) and np.array_equal(kept.faces, expected.faces)
    assert count_pieces(kept) == found.pieces
    counted = without_crumbs(blocks(12, 8, 2, 1), 0.0)
    assert (counted.crumbs, counted.pieces) == (0, 4) and counted.grid.occupancy.sum() == 12**3 + 8**3 + 8 + 1


def test_the_largest_piece_is_no_crumb_and_what_is_whole_is_the_same_grid() -> None:
    alone, dust = blocks(12), blocks(*[1] * 19)
    assert without_crumbs(alone).grid is alone and without_crumbs(alone)[1:] == (0, 1)
    assert without_crumbs(dust, 0.5)[1:] == (18, 1)
    assert without_crumbs(alone.with_iso(0.95))[1:] == (0, 0)


def test_the_wall_of_a_hollow_is_no_piece() -> None:
    values = np.array(blocks(12).values)
    values[5:9, 5:9, 5:9] = 0
    assert count_pieces(surface_from_grid(VoxelGrid.unit(values))) == 1
