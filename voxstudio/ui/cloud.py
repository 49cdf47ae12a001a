"""A density cloud: every voxel a dot, as solid as the model believes in it. GUI thread only.

Dots of one size, sorted from back to front, cost a CPU that draws a tenth of what ray casting does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid

LEAST, MOST_DOTS = 0.3, 7000
HALO = 0.4
"""Opacity of what is added to empty voxels beside the shape."""
_LIGHT = np.array([-0.45, -0.55, 0.7]) / np.linalg.norm([0.45, 0.55, 0.7])
_RESORT = 0.985
"""Cosine of the angle that the camera may turn before the dots are sorted again."""


class Cloud:
    """One actor; hidden until :meth:`show`."""

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer
        self._data = vtkPolyData()
        self._mapper = vtkPolyDataMapper()
        self._mapper.SetInputData(self._data)
        self._mapper.SetScalarModeToUsePointData()
        self._mapper.SetColorModeToDirectScalars()
        self.actor = vtkActor()
        self.actor.SetMapper(self._mapper)
        self.actor.GetProperty().LightingOff()
        self.actor.GetProperty().RenderPointsAsSpheresOn()
        self.actor.ForceTranslucentOn()
        self.actor.PickableOff()
        self.actor.VisibilityOff()
        renderer.AddActor(self.actor)
        self._points = np.zeros((0, 3), np.float32)
        self._colours = np.zeros((0, 4), np.uint8)
        self._along = np.zeros(3)
        self._spacing = 1.0

    def show(
        self, grid: VoxelGrid, colour: tuple[float, float, float], tint: np.ndarray | None = None,
        strength: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Show a grid; ``tint`` float32 ``[X, Y, Z, 3]`` in [0, 1] colours single voxels instead of ``colour``.

        Where ``strength`` ``[X, Y, Z]`` is above 0, empty voxels near the shape are seen too.
        """
        self._points, self._colours = dots(grid, colour, tint, strength)
        self._spacing = float(max(grid.spacing))
        self._along = np.zeros(3)
        self.actor.VisibilityOn()
        self.follow(1.0)

    def hide(self) -> None:
        """Show nothing."""
        self.actor.VisibilityOff()

    def follow(self, high: float) -> None:
        """Sort and size the dots for the camera; ``high`` is the picture's height in pixels. Before every frame."""
        if not self.actor.GetVisibility():
            return
        camera = self._renderer.GetActiveCamera()
        along = np.array(camera.GetDirectionOfProjection())
        if float(along @ self._along) < _RESORT:
            self._along = along
            order = np.argsort(-(self._points @ along), kind="stable")
            self._put(self._points[order], self._colours[order])
        reach = 2.0 * camera.GetDistance() * np.tan(np.radians(camera.GetViewAngle() / 2))
        self.actor.GetProperty().SetPointSize(float(np.clip(1.25 * self._spacing * high / reach, 1.0, 40.0)))

    def _put(self, points: np.ndarray, colours: np.ndarray) -> None:
        count = len(points)
        places, cells = vtkPoints(), vtkCellArray()
        places.SetData(numpy_to_vtk(points, deep=True))
        cells.SetData(
            numpy_to_vtkIdTypeArray(np.arange(count + 1, dtype=np.int64), deep=True),
            numpy_to_vtkIdTypeArray(np.arange(count, dtype=np.int64), deep=True),
        )
        shades = numpy_to_vtk(colours, deep=True)
        shades.SetName("rgba")
        self._data.SetPoints(places)
        self._data.SetVerts(cells)
        self._data.GetPointData().SetScalars(shades)
        self._data.Modified()


def dots(
    grid: VoxelGrid, colour: tuple[float, float, float], tint: np.ndarray | None = None,
    strength: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Places float32 ``[N, 3]`` and RGBA uint8 ``[N, 4]`` of the voxels that can be seen, at most :data:`MOST_DOTS`."""
    values = grid.values
    padded = np.pad(values, 1)
    inner = padded[1:-1, 1:-1, 1:-1]
    near = [padded[2:, 1:-1, 1:-1], padded[:-2, 1:-1, 1:-1], padded[1:-1, 2:, 1:-1], padded[1:-1, :-2, 1:-1],
            padded[1:-1, 1:-1, 2:], padded[1:-1, 1:-1, :-2]]  # fmt: skip
    hidden = np.minimum.reduce(near) > 0.85
    level = LEAST
    seen = (inner >= level) & ~hidden
    if int(seen.sum()) > MOST_DOTS:
        level = float(np.partition(inner[seen], -MOST_DOTS)[-MOST_DOTS])
        seen &= inner >= level
    alpha = 0.06 + 0.94 * np.clip((values - LEAST) / (1 - LEAST), 0, 1) ** 1.5
    if strength is not None:
        halo = (inner < level) & (np.maximum.reduce(near) >= 0.5) & (strength > 0.5)
        seen |= halo
        alpha = np.where(halo, HALO * strength, alpha)
    where = np.argwhere(seen)[: 2 * MOST_DOTS]
    index = tuple(where.T)
    slope = np.stack([near[2 * k][index] - near[2 * k + 1][index] for k in range(3)], axis=1)
    steep = np.linalg.norm(slope, axis=1)
    facing = -(slope @ _LIGHT) / np.maximum(steep, 1e-3)
    light = 0.78 + 0.3 * facing * np.minimum(2 * steep, 1.0)
    base = np.asarray(colour) if tint is None else tint[index]
    rgba = np.empty((len(where), 4), np.uint8)
    rgba[:, :3] = np.clip(255 * base * light[:, None], 0, 255)
    rgba[:, 3] = np.clip(255 * alpha[index], 0, 255)
    points = where.astype(np.float32) * np.asarray(grid.spacing, np.float32) + np.asarray(grid.origin, np.float32)
    return points, rgba
