"""Meshes become the voxels that they enclose."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.voxelize import fit_points, voxelize


def of(mesh: trimesh.Trimesh) -> Surface:
    return Surface(mesh.vertices, mesh.faces)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(0.1, 0.9))
def test_blocks_come_back_as_they_were(seed: int, density: float) -> None:
    occupied = np.random.default_rng(seed).random((6, 6, 6)) < density
    occupied[0, 0, 0] = occupied[5, 5, 5] = True  # the bounding box is the whole grid
    surface = surface_from_grid(VoxelGrid(occupied), "blocks")
    # Twice as fine: an outline voxel may be touched by the face of its neighbour, the inner ones may not.
    fine = voxelize(surface, 24)
    centres = fine.reshape(6, 4, 6, 4, 6, 4)[:, 1:3, :, 1:3, :, 1:3]
    np.testing.assert_array_equal(centres.all(axis=(1, 3, 5)), occupied)
    np.testing.assert_array_equal(centres.any(axis=(1, 3, 5)), occupied)


def test_a_box_fills_exactly_its_voxels() -> None:
    grid = voxelize(of(trimesh.creation.box((4, 2, 1))), 16)
    assert grid.sum() == 16 * 8 * 4
    assert grid[:, 4:12, 6:10].all()
    half = voxelize(of(trimesh.creation.box((4, 2, 1))), 16, fill=0.5)
    assert half.sum() == 8 * 4 * 2
    assert half[4:12, 6:10, 7:9].all()
    hollow = voxelize(of(trimesh.creation.box((4, 2, 1))), 16, solid=False)
    assert hollow.sum() == 16 * 8 * 4 - 14 * 6 * 2


@pytest.mark.parametrize("flip", [False, True])
def test_a_sphere(flip: bool) -> None:
    mesh = trimesh.creation.icosphere(4)
    faces = mesh.faces[:, ::-1] if flip else mesh.faces  # the orientation does not matter
    grid = voxelize(Surface(mesh.vertices * 3 + [5, -70, 1], faces), 64)
    x, y, z = (np.indices((64,) * 3) - 31.5) / 32
    radius = np.sqrt(x**2 + y**2 + z**2)
    assert grid[radius < 0.99].all()
    assert not grid[radius > 1.03].any()
    for axis in range(3):
        np.testing.assert_array_equal(grid, np.flip(grid, axis))


def test_the_axes_keep_their_order() -> None:
    grid = voxelize(of(trimesh.creation.cone(0.2, 1.0)), 24)
    counts = grid.sum(axis=(0, 1))
    assert counts[2] > counts[12] > counts[22] > 0


def test_open_and_thin_meshes() -> None:
    sphere = trimesh.creation.icosphere(3)
    open_top = Surface(sphere.vertices, sphere.faces[sphere.triangles_center[:, 2] < 0.9])
    grid = voxelize(open_top, 32)
    assert grid.sum() == pytest.approx(voxelize(of(sphere), 32).sum(), rel=0.03)
    sheet = Surface([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    flat = voxelize(sheet, 8)
    assert flat.any(axis=2).all()
    assert flat.sum() == 64


def test_several_overlapping_parts_stay_full() -> None:
    parts = trimesh.util.concatenate([trimesh.creation.box((2, 2, 2)), trimesh.creation.icosphere(2, radius=0.3)])
    outer = voxelize(of(trimesh.creation.box((2, 2, 2))), 16)
    assert (voxelize(of(parts), 16) <= outer).all()


def test_fit_points() -> None:
    points = fit_points([[0, 0, 0], [2, 4, 1]], 10, 0.8)
    np.testing.assert_allclose(points, [[3, 1, 4], [7, 9, 6]])


def test_what_cannot_be_voxelized() -> None:
    with pytest.raises(BadInput, match="no triangles"):
        voxelize(Surface(np.zeros((0, 3)), np.zeros((0, 3))), 8)
    with pytest.raises(BadInput, match="no extent"):
        voxelize(Surface(np.ones((3, 3)), [[0, 1, 2]]), 8)
    with pytest.raises(ValueError, match="fill"):
        voxelize(of(trimesh.creation.box()), 8, fill=1.5)
