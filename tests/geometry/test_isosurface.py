"""Surfaces of random grids are closed, face outward, and enclose what they should."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import marching_cubes

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.geometry.isosurface import sample_grid, surface_from_grid

STYLES = ("smooth", "blocks")


def as_trimesh(surface: Surface) -> trimesh.Trimesh:
    """What a reader of a format without shared indices would see: equal positions joined."""
    corners = surface.vertices[surface.faces].reshape(-1, 3)
    return trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=True)


def assert_closed(surface: Surface) -> None:
    mesh = as_trimesh(surface)
    assert len(mesh.faces) == len(surface.faces)
    assert len(mesh.vertices) == len(np.unique(surface.faces))
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0
    assert mesh.volume == pytest.approx(surface.volume, rel=1e-4)


@st.composite
def fields(draw: st.DrawFn) -> VoxelGrid:
    """Noise of several kinds: smooth values, 0 or 1, plateaus, many values exactly at the iso level."""
    shape = draw(st.tuples(*[st.integers(1, 9)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    iso = draw(st.sampled_from([0.5, 0.4, 0.25, 0.003, 0.999]))
    kind = draw(st.sampled_from(["noise", "binary", "plateau", "at iso", "soft"]))
    values = rng.random(shape)
    if kind == "binary":
        values = (values < draw(st.floats(0.05, 0.95))).astype(float)
    elif kind == "plateau":
        values = np.round(values * 4) / 4
    elif kind == "at iso":
        values = np.where(rng.random(shape) < 0.5, np.float32(iso), values)
    elif kind == "soft":
        values = iso + (values - 0.5) * 1e-5
    spacing = draw(st.sampled_from([(1.0, 1.0, 1.0), (0.5, 1.5, 3.0)]))
    origin = draw(st.sampled_from([(0.0, 0.0, 0.0), (-50.0, 20.0, 7.0)]))
    return VoxelGrid(np.clip(values, 0, 1), spacing, origin, iso)


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=60, deadline=None)
@given(grid=fields())
def test_any_field_gives_a_closed_surface(style: str, grid: VoxelGrid) -> None:
    surface = surface_from_grid(grid, style)
    assert surface.is_empty == grid.is_empty
    if not surface.is_empty:
        assert_closed(surface)


@settings(max_examples=60, deadline=None)
@given(grid=fields())
def test_blocks_enclose_the_occupied_voxels(grid: VoxelGrid) -> None:
    surface = surface_from_grid(grid, "blocks")
    expected = grid.occupancy.sum() * np.prod(grid.spacing)
    assert surface.volume == pytest.approx(expected, rel=0.01, abs=1e-9)
    if not surface.is_empty:
        occupied = np.argwhere(grid.occupancy)
        low, high = surface.bounds
        spacing = np.array(grid.spacing)
        np.testing.assert_allclose(low, grid.origin + (occupied.min(0) - 0.5) * spacing, atol=1e-4)
        np.testing.assert_allclose(high, grid.origin + (occupied.max(0) + 0.5) * spacing, atol=1e-4)


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("style", STYLES)
def test_every_pair_of_neighbouring_cells_is_manifold(style: str, axis: int) -> None:
    """All 4096 in/out patterns of two adjacent cells, each apart from the others, in one grid."""
    bits = ((np.arange(4096)[:, None] >> np.arange(12)) & 1).reshape(-1, 3, 2, 2)
    bits = np.pad(np.moveaxis(bits, 1, 1 + axis), ((0, 0), (1, 1), (1, 1), (1, 1)))
    x, y, z = bits.shape[1:]
    field = bits.reshape(16, 16, 16, x, y, z).transpose(0, 3, 1, 4, 2, 5).reshape(16 * x, 16 * y, 16 * z)
    surface = surface_from_grid(VoxelGrid(field), style)
    assert_closed(surface)
    ends = np.sort(surface.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(ends, axis=0, return_counts=True)[1] == 2).all()


@pytest.mark.parametrize("style", STYLES)
def test_all_touching_voxels(style: str) -> None:
    x, y, z = np.indices((6, 6, 6))
    assert_closed(surface_from_grid(VoxelGrid((x + y + z) % 2), style))
    assert_closed(surface_from_grid(VoxelGrid(np.ones((3, 4, 5))), style))


@pytest.mark.parametrize("iso", [0.3, 0.5, 0.7])
def test_smooth_agrees_with_marching_cubes(iso: float) -> None:
    rng = np.random.default_rng(3)
    coarse = rng.random((5, 5, 5))
    from scipy.ndimage import zoom

    grid = VoxelGrid.unit(np.clip(zoom(coarse, 5, order=3), 0, 1), iso)
    surface = surface_from_grid(grid)
    vertices, faces, _, _ = marching_cubes(np.pad(grid.values, 1), iso, spacing=grid.spacing)
    reference = abs(trimesh.Trimesh(vertices, faces).volume)
    assert surface.volume == pytest.approx(reference, rel=0.01)


def test_smooth_lies_where_it_should() -> None:
    axis = np.linspace(-1.3, 1.3, 48)
    x, y, z = np.meshgrid(axis, 1.3 * axis, axis, indexing="ij")
    values = np.clip(0.5 + (1 - np.sqrt(x**2 + y**2 + z**2)), 0, 1)
    step = axis[1] - axis[0]
    grid = VoxelGrid(values, spacing=(step, 1.3 * step, step), origin=(-1.3 + 5, -1.69, -1.3))
    surface = surface_from_grid(grid)
    assert surface.normals is not None
    radial = surface.vertices - [5, 0, 0]
    radius = np.linalg.norm(radial, axis=1)
    np.testing.assert_allclose(radius, 1, atol=0.01)
    assert ((radial / radius[:, None] * surface.normals).sum(1) > 0.98).all()
    np.testing.assert_allclose(np.linalg.norm(surface.normals, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(sample_grid(grid, surface.vertices), 0.5, atol=2e-3)


def test_the_axes_keep_their_order() -> None:
    values = np.zeros((4, 6, 9))
    values[0, 0, 0:8] = values[0, 0:4, 0] = values[0:2, 0, 0] = 1
    for style in STYLES:
        low, high = surface_from_grid(VoxelGrid(values), style).bounds
        np.testing.assert_allclose(high - low, [2, 4, 8], atol=0.01)


def test_smoothing_is_forwarded() -> None:
    grid = VoxelGrid(np.pad(np.ones((6, 6, 6)), 2))
    smooth = surface_from_grid(grid, smoothing=5)
    assert_closed(smooth)
    assert smooth.normals is not None
    assert surface_from_grid(grid, smoothing=5, normals=False).normals is None
    assert not np.allclose(smooth.vertices, surface_from_grid(grid).vertices)


def test_sampling_is_trilinear_and_zero_outside() -> None:
    grid = VoxelGrid([[[0.0, 1.0]], [[0.5, 0.25]]], spacing=(2, 1, 1), origin=(1, 0, 0))
    points = [[1, 0, 0.25], [2, 0, 1], [1, 0, 1.5], [1, 0, 9], [-4, 0, 0]]
    np.testing.assert_allclose(sample_grid(grid, points), [0.25, 0.625, 0.5, 0, 0], atol=1e-6)
    corners = np.array(list(product((1, 3), (0,), (0, 1))))
    np.testing.assert_allclose(sample_grid(grid, corners), [0, 1, 0.5, 0.25], atol=1e-6)


def test_wrong_options_are_refused() -> None:
    grid = VoxelGrid(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="style"):
        surface_from_grid(grid, "round")
    with pytest.raises(ValueError, match="negative"):
        surface_from_grid(grid, smoothing=-1)
