"""Taubin smoothing takes the steps away and keeps what matters."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import surface_from_grid
from voxstudio.geometry.smoothing import taubin, vertex_normals


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 12))
def test_closed_stays_closed_and_volume_stays(seed: int, steps: int) -> None:
    noise = gaussian_filter(np.random.default_rng(seed).random((20, 20, 20)), 2.5)
    surface = surface_from_grid(VoxelGrid(noise > np.median(noise)))
    smooth = taubin(surface, steps)
    corners = smooth.vertices[smooth.faces].reshape(-1, 3)
    mesh = trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3))  # joined by position, as STL readers do
    assert mesh.is_watertight
    assert len(mesh.faces) == len(surface.faces)
    assert smooth.volume == pytest.approx(surface.volume, rel=0.03)
    np.testing.assert_array_equal(smooth.faces, surface.faces)


def test_a_voxel_ball_becomes_rounder() -> None:
    x, y, z = np.indices((32, 32, 32)) - 15.5
    surface = surface_from_grid(VoxelGrid(x**2 + y**2 + z**2 < 12**2))
    smooth = taubin(surface, 10)
    spread = [np.linalg.norm(s.vertices - 15.5, axis=1).std() for s in (surface, smooth)]
    assert spread[1] < 0.65 * spread[0]
    assert smooth.volume == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.03)
    radial = smooth.vertices - 15.5
    assert smooth.normals is not None
    assert (np.einsum("ij,ij->i", radial, smooth.normals) / np.linalg.norm(radial, axis=1)).min() > 0.9


@pytest.mark.parametrize("thickness", [1, 2])
def test_thin_bars_keep_their_volume(thickness: int) -> None:
    bars = np.zeros((14, 14, 14))
    bars[2 : 2 + thickness, 2 : 2 + thickness, 2:12] = bars[2:12, 2 : 2 + thickness, 2 : 2 + thickness] = 1
    surface = surface_from_grid(VoxelGrid(bars))
    assert taubin(surface, 10).volume == pytest.approx(surface.volume, rel=0.03)


def test_it_agrees_with_trimesh() -> None:
    x, y, z = np.indices((16, 16, 16)) - 7.5
    surface = surface_from_grid(VoxelGrid(x**2 + 2 * y**2 + z**2 < 30))
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    # trimesh counts the two half steps apart and takes the second factor without its sign.
    trimesh.smoothing.filter_taubin(mesh, lamb=0.5, nu=0.53, iterations=6)
    np.testing.assert_allclose(taubin(surface, 3, keep_volume=False).vertices, mesh.vertices, atol=1e-3)


def test_colours_values_and_loose_vertices_stay() -> None:
    vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [9, 9, 9]]
    faces = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
    colors = np.arange(15).reshape(5, 3)
    surface = Surface(vertices, faces, colors=colors, values=np.arange(5), name="t")
    smooth = taubin(surface, 2, normals=False)
    assert smooth.normals is None
    assert smooth.name == "t"
    np.testing.assert_array_equal(smooth.colors, colors)
    np.testing.assert_array_equal(smooth.values, np.arange(5))
    np.testing.assert_array_equal(smooth.vertices[4], [9, 9, 9])
    np.testing.assert_allclose(taubin(surface, 0).vertices, surface.vertices)
    assert taubin(Surface(np.zeros((0, 3)), np.zeros((0, 3))), 3).is_empty


def test_vertex_normals_of_a_cube_point_outward() -> None:
    box = trimesh.creation.box()
    normals = vertex_normals(box.vertices.astype(np.float32), box.faces.astype(np.int64))
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    assert (np.einsum("ij,ij->i", normals, box.vertices) > 0.5).all()
