"""Loose parts are counted, and the largest can be kept alone, still closed."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.pieces import count_pieces, largest_piece


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
