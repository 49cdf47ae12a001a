"""Bench rows that need no window: networks, meshing, writing files."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.lab.bench_rows import Row, row, side_by_side

MESHED = (32, 64, 128)


def sample_grid(resolution: int) -> VoxelGrid:
    """A parametric chair as soft probabilities, like those that a network makes."""
    from scipy.ndimage import gaussian_filter

    from voxstudio.data.parametric import make

    occupancy = make("chair", 3).occupancy(resolution)
    return VoxelGrid.unit(np.clip(gaussian_filter(occupancy.astype(np.float32), 0.8), 0, 1), 0.4)


def network() -> list[Row]:
    """Each shipped checkpoint as the program runs it against eager float32: time, and largest difference."""
    from voxstudio.engine.places import checkpoint_folders

    rows: list[Row] = []
    from voxstudio.engine.checkpoint import catalogue

    for entry in catalogue(checkpoint_folders()):
        if not entry.problem:
            rows += _one_network(entry)
    return rows or [row("network.reconstruct", None, "ms", None, "ratio <= 1.0")]


def _one_network(entry: Any) -> list[Row]:
    from voxstudio.engine.checkpoint import load_tensors
    from voxstudio.engine.device import pick_device
    from voxstudio.engine.family import Reconstructor
    from voxstudio.lab.opening import model_class

    make, tensors, device = model_class(entry.card), load_tensors(entry.folder, entry.card), pick_device()
    fast, eager = make(entry.card, dict(tensors), device), make(entry.card, dict(tensors), device, fast=False)
    rng = np.random.default_rng(0)
    rows = []
    latent = fast.draw(0)
    if isinstance(fast, Reconstructor):
        views = rng.integers(0, 256, (1, fast.image_size, fast.image_size, 4), dtype=np.uint8)
        name = f"network.{entry.name}.reconstruct"
        value, baseline = side_by_side(lambda: fast.reconstruct(views), lambda: eager.reconstruct(views))
        rows.append(row(name, value, "ms", baseline, "ratio <= 1.0"))
        gap = np.abs(fast.reconstruct(views).values - eager.reconstruct(views).values).max()
        rows.append(row(f"{name}.difference", float(gap), "probability", None, "value <= 0.05"))
    value, baseline = side_by_side(lambda: fast.decode(latent), lambda: eager.decode(latent))
    rows.append(row(f"network.{entry.name}.decode", value, "ms", baseline, "ratio <= 1.0"))
    gap = np.abs(fast.decode(latent).values - eager.decode(latent).values).max()
    rows.append(row(f"network.{entry.name}.decode.difference", float(gap), "probability", None, "value <= 0.05"))
    return rows


def meshing() -> list[Row]:
    """Our meshing (padded, closed, with normals, as arrays) against VTK's flying edges called alone."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    from voxstudio.geometry.isosurface import surface_from_grid

    rows = []
    for resolution in MESHED:
        grid = sample_grid(resolution)
        field = np.ascontiguousarray(grid.values.ravel(order="F"))

        def alone(grid: VoxelGrid = grid, field: Any = field) -> None:
            image: Any = vtkImageData()
            image.SetDimensions(*grid.shape)
            image.SetSpacing(*grid.spacing)
            image.GetPointData().SetScalars(numpy_to_vtk(field))
            contour: Any = vtkFlyingEdges3D()
            contour.SetInputData(image)
            contour.SetValue(0, grid.iso_level)
            contour.ComputeNormalsOn()
            contour.Update()

        value, baseline = side_by_side(partial(surface_from_grid, grid), alone)
        rows.append(row(f"mesh.{resolution}", value, "ms", baseline, "ratio <= 1.2"))
    return rows


def exporting() -> list[Row]:
    """OBJ and STL of a 64^3 chair against trimesh writing the same triangles to the same disk."""
    import trimesh

    from voxstudio.geometry.isosurface import surface_from_grid
    from voxstudio.geometry.mesh_io import save_surface

    surface = surface_from_grid(sample_grid(64))
    rows = []
    with tempfile.TemporaryDirectory(prefix="voxstudio-bench-") as place:
        for suffix in (".obj", ".stl"):
            ours, theirs = Path(place) / f"ours{suffix}", Path(place) / f"theirs{suffix}"

            def trimesh_writes(path: Path = theirs, surface: Surface = surface) -> None:
                mesh = trimesh.Trimesh(surface.vertices, surface.faces, vertex_normals=surface.normals, process=False)
                mesh.export(path)

            value, baseline = side_by_side(partial(save_surface, surface, ours), trimesh_writes)
            rows.append(row(f"export{suffix}", value, "ms", baseline, "ratio <= 1.0"))
    return rows
