"""The VTK side of the viewport: clay, light, ground and shadow. GUI thread only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyvista as pv
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - registers the OpenGL classes behind the factories below
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkLookupTable
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkLight, vtkPolyDataMapper

from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.ui import theme
from voxstudio.ui.cloud import Cloud
from voxstudio.ui.shadow import CELLS, contact_shadow

VIEWS = {
    "front": (0.0, 4.0), "side": (90.0, 4.0), "top": (0.0, 89.0), "three-quarter": (-32.0, 20.0),
    "back": (180.0, 4.0), "left": (-90.0, 4.0), "below": (0.0, -89.0),
}  # fmt: skip
"""Standard views: azimuth and elevation in degrees; azimuth 0 looks at the front (-y side)."""

_ANGLE = 26.0
_FIT_WIDE = 0.84


def rgb(colour: str) -> tuple[float, float, float]:
    """``#rrggbb`` as three numbers in [0, 1]."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]  # three of them


def poly_data(surface: Surface) -> vtkPolyData:
    """The surface as VTK data; arrays are shared where VTK can."""
    data = vtkPolyData()
    points = pv.vtk_points(surface.vertices, deep=False)
    data.SetPoints(points)
    count = len(surface.faces)
    cells = vtkCellArray()
    offsets = numpy_to_vtkIdTypeArray(np.arange(0, 3 * count + 1, 3, dtype=np.int64), deep=True)
    cells.SetData(offsets, numpy_to_vtkIdTypeArray(surface.faces.reshape(-1).copy(), deep=True))
    data.SetPolys(cells)
    if surface.normals is not None:
        normals = numpy_to_vtk(surface.normals, deep=True)
        normals.SetName("Normals")
        data.GetPointData().SetNormals(normals)
    if surface.colors is not None:
        colours = numpy_to_vtk(surface.colors, deep=True)
        colours.SetName("colors")
        data.GetPointData().AddArray(colours)
    if surface.values is not None:
        values = numpy_to_vtk(surface.values, deep=True)
        values.SetName("values")
        data.GetPointData().SetScalars(values)
    return data


def lookup_table(low: float = 0.0, high: float = 1.0) -> vtkLookupTable:
    """Unsure to sure, as a table of 256 colours."""
    stops = np.array([rgb(c) for c in theme.UNSURE_TO_SURE])
    places = np.linspace(0, 1, 256) * (len(stops) - 1)
    table = vtkLookupTable()
    table.SetNumberOfTableValues(256)
    table.SetRange(low, high)
    for i, place in enumerate(places):
        at = min(int(place), len(stops) - 2)
        colour = stops[at] + (place - at) * (stops[at + 1] - stops[at])
        table.SetTableValue(i, *colour, 1.0)
    return table


def tint_colours(field: np.ndarray) -> np.ndarray:
    """Colours float32 ``[X, Y, Z, 3]`` of values from -1 to 1."""
    stops = np.array([rgb(c) for c in theme.UNSURE_TO_SURE], np.float32)
    places = (np.clip(field, -1, 1) + 1) / 2 * (len(stops) - 1)
    at = np.minimum(places.astype(int), len(stops) - 2)
    share = (places - at)[..., None].astype(np.float32)
    return np.asarray(stops[at] + share * (stops[at + 1] - stops[at]))


class Stage:
    """Actors, lights and ground in one plotter's renderer."""

    def __init__(self, plotter: Any) -> None:
        self.plotter = plotter
        self.renderer = plotter.renderer
        # Only grid and shadow are translucent, and they lie flat: sorting pixels would cost a quarter of each frame.
        self.renderer.SetUseOIT(False)
        self.floor = 0.0
        self.reach = 100.0
        self._fit_high = 0.76
        self.surface: Surface | None = None
        self.covered = False  # something else stands where the shape is
        self._cloud: Cloud | None = None
        self._clouded: tuple[VoxelGrid, np.ndarray | None] | None = None  # and what it is coloured by, -1 to 1
        self._build_shape()
        self._build_ground()
        self._build_lights()
        self.dress(theme.current())

    def _build_shape(self) -> None:
        self.mapper = vtkPolyDataMapper()
        self.mapper.SetLookupTable(lookup_table())
        self.mapper.SetScalarRange(0.0, 1.0)
        self.mapper.ScalarVisibilityOff()
        self.mapper.InterpolateScalarsBeforeMappingOn()
        self.actor = vtkActor()
        self.actor.SetMapper(self.mapper)
        self.actor.VisibilityOff()
        matt = self.actor.GetProperty()
        matt.SetAmbient(0.24)
        matt.SetDiffuse(0.86)
        matt.SetSpecular(0.05)
        matt.SetSpecularPower(12.0)
        self.renderer.AddActor(self.actor)

    def _build_ground(self) -> None:
        self.grid_actor = vtkActor()
        self.grid_mapper = vtkPolyDataMapper()
        self.grid_actor.SetMapper(self.grid_mapper)
        self.grid_actor.GetProperty().LightingOff()
        self.grid_actor.PickableOff()
        self.grid_actor.UseBoundsOff()
        self.renderer.AddActor(self.grid_actor)
        cells = CELLS
        self._shadow_pixels = np.zeros((cells, cells, 4), np.uint8)
        self._texture = pv.Texture(self._shadow_pixels)
        self._texture.interpolate = True
        self.shadow_actor = vtkActor()
        self.shadow_mapper = vtkPolyDataMapper()
        self.shadow_actor.SetMapper(self.shadow_mapper)
        self.shadow_actor.SetTexture(self._texture)
        self.shadow_actor.GetProperty().LightingOff()
        self.shadow_actor.PickableOff()
        self.shadow_actor.UseBoundsOff()
        self.shadow_actor.ForceTranslucentOn()
        self.renderer.AddActor(self.shadow_actor)

    def _build_lights(self) -> None:
        """Key from the upper left, cool fill from the right, rim from behind: fixed to the camera, so never black."""
        self.renderer.RemoveAllLights()
        self.renderer.SetAutomaticLightCreation(False)
        for place, strength, colour in (
            ((-0.9, 1.1, 1.2), 0.82, (1.0, 0.985, 0.96)),
            ((1.4, 0.15, 0.9), 0.44, (0.92, 0.95, 1.0)),
            ((0.5, 1.2, -1.6), 0.30, (1.0, 1.0, 1.0)),
        ):
            light = vtkLight()
            light.SetLightTypeToCameraLight()
            light.SetPosition(*place)
            light.SetFocalPoint(0.0, 0.0, 0.0)
            light.SetIntensity(strength)
            light.SetColor(*colour)
            self.renderer.AddLight(light)

    def dress(self, tokens: theme.Tokens) -> None:
        """Take the colours of a theme."""
        self.renderer.SetBackground(*rgb(tokens.stage_bottom))
        self.renderer.SetBackground2(*rgb(tokens.stage_top))
        self.renderer.GradientBackgroundOn()
        self.actor.GetProperty().SetColor(*rgb(tokens.clay))
        self._shadow_pixels[..., :3] = [round(255 * c) for c in rgb(tokens.stage_shadow)]
        self._lay_grid(tokens)
        self._lay_shadow()

    def show(
        self, surface: Surface, style: str, coloured: bool, draft: bool = False, grid: VoxelGrid | None = None,
        tint: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Swap the shape; the camera stays. Costs a dataset swap and, at rest, a shadow; no new actor.

        In the style ``"cloud"`` dots of ``grid`` stand there, coloured by ``tint`` ``[X, Y, Z]``, -1 to 1.
        """
        self.surface = surface
        self._clouded = (grid, tint) if style == "cloud" and grid is not None else None
        if self._clouded is None:
            self.mapper.SetInputData(poly_data(surface))
        self.reveal()
        self.paint(style, coloured)
        if surface.is_empty:
            self._lay_shadow()
            return
        low, high = surface.bounds
        floor = float(low[2])
        reach = max(1.0, 1.5 * float(np.abs(np.stack([low, high])[:, :2]).max()), 0.75 * float(high[2] - low[2]))
        if abs(floor - self.floor) > 1e-3 * reach or not 0.7 < reach / self.reach < 1.05:
            self.floor, self.reach = floor, reach
            self._lay_grid(theme.current())
            draft = False
        if not draft:
            self._lay_shadow()

    def reveal(self) -> None:
        """Show the shape, its cloud, or neither where something else covers it."""
        there = self.surface is not None and not self.surface.is_empty and not self.covered
        self.actor.SetVisibility(there and self._clouded is None)
        if self._clouded is not None and not self.covered:
            self._cloud = self._cloud or Cloud(self.renderer)
            grid, field = self._clouded
            colours = tint_colours(field) if field is not None else None
            self._cloud.show(grid, rgb(theme.current().clay), colours, field)
        elif self._cloud is not None:
            self._cloud.hide()

    def before_frame(self, high: int) -> None:
        """The cloud follows the camera; ``high``: pixels of the picture."""
        if self._cloud is not None:
            self._cloud.follow(high)

    def paint(self, style: str, coloured: bool) -> None:
        """Flat shading for blocks, smooth normals for surfaces; clay or confidence."""
        matt = self.actor.GetProperty()
        if style == "blocks":
            matt.SetInterpolationToFlat()
        else:
            matt.SetInterpolationToPhong()
        values = self.surface is not None and self.surface.values is not None
        self.mapper.SetScalarVisibility(coloured and values)
        matt.SetAmbient(0.3 if coloured and values else 0.24)

    def frame(self) -> None:
        """Move along the line of sight so that the whole shape fits, clear of what lies over the corners."""
        corners, centre = self._corners()
        away = self.axes() @ (corners - centre).T
        needed_y = away[2] + np.abs(away[1]) / (self._fit_high * self._slope())
        needed_x = away[2] + np.abs(away[0]) / (_FIT_WIDE * self._slope() * self.renderer.GetTiledAspectRatio())
        distance = max(float(needed_x.max()), float(needed_y.max()), 1.0)
        camera = self.renderer.GetActiveCamera()
        camera.SetFocalPoint(*centre)
        camera.SetPosition(*(centre + distance * self.axes()[2]))
        self.clip()

    def leave_room(self, above: float, below: float) -> None:
        """Fractions of the height that something else covers; the shape stands between them."""
        self._fit_high = max(0.4, 1.0 - above - below) * 0.96
        self.renderer.GetActiveCamera().SetWindowCenter(0.0, above - below)

    def fits(self) -> bool:
        """True if the whole shape can be seen."""
        corners, _ = self._corners()
        camera = self.renderer.GetActiveCamera()
        seen = self.axes() @ (corners - np.array(camera.GetPosition())).T
        depth = -seen[2] * self._slope()
        wide = np.abs(seen[0]) < depth * self.renderer.GetTiledAspectRatio()
        return bool(np.all(depth > 0) and np.all(wide) and np.all(np.abs(seen[1]) < 0.97 * depth))

    def _slope(self) -> float:
        return float(np.tan(np.radians(self.renderer.GetActiveCamera().GetViewAngle() / 2)))

    def _corners(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of the shape's box ``[8, 3]`` and its centre."""
        low, high = (np.asarray(v, float) for v in self.bounds())
        corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        return corners, (low + high) / 2

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of the shape, or of an empty stage of 100 units."""
        if self.surface is None or self.surface.is_empty:
            return np.array([-40.0, -40.0, self.floor]), np.array([40.0, 40.0, self.floor + 80.0])
        return self.surface.bounds

    def look(self, view: str) -> None:
        """Take one of the standard :data:`VIEWS` and frame the shape."""
        azimuth, elevation = np.radians(VIEWS[view])
        low, high = self.bounds()
        centre = (np.asarray(low) + np.asarray(high)) / 2
        back = np.array([np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
        camera = self.renderer.GetActiveCamera()
        camera.SetViewAngle(_ANGLE)
        camera.SetFocalPoint(*centre)
        camera.SetPosition(*(centre + 400.0 * back))
        camera.SetViewUp(0.0, 0.0, 1.0)
        self.frame()

    def turn(self, degrees: float) -> None:
        """Turn about the vertical axis through the shape."""
        camera = self.renderer.GetActiveCamera()
        camera.Azimuth(degrees)
        self.clip()

    def axes(self) -> np.ndarray:
        """Right, up and toward the viewer, as rows ``[3, 3]`` in world coordinates."""
        matrix = self.renderer.GetActiveCamera().GetViewTransformMatrix()
        return np.array([[matrix.GetElement(i, j) for j in range(3)] for i in range(3)])

    def view_degrees(self) -> tuple[float, float]:
        """Azimuth and elevation of the camera; azimuth 0 looks at the front (-y side)."""
        back = self.axes()[2]
        azimuth = np.degrees(np.arctan2(back[0], -back[1]))
        return float(azimuth), float(np.degrees(np.arcsin(np.clip(back[2], -1.0, 1.0))))

    def clip(self) -> None:
        """Keep shape and ground between the near and the far plane."""
        low, high = self.bounds()
        far = 2.4 * self.reach
        self.renderer.ResetCameraClippingRange(-far, far, -far, far, min(low[2], self.floor), high[2])

    def _lay_grid(self, tokens: theme.Tokens) -> None:
        """Lines ten to a side that fade out toward the rim."""
        reach, steps, pieces = 2.2 * self.reach, 11, 24
        marks = np.linspace(-reach, reach, 2 * steps + 1)
        along = np.linspace(-reach, reach, pieces + 1)
        level = self.floor - 0.004 * self.reach
        grid_x, grid_y = np.meshgrid(marks, along, indexing="ij")
        one = np.stack([grid_x, grid_y, np.full_like(grid_x, level)], -1)
        other = one[..., [1, 0, 2]]
        points = np.concatenate([one, other]).reshape(-1, 3).astype(np.float32)
        rows = len(marks) * 2
        starts = np.arange(rows)[:, None] * (pieces + 1) + np.arange(pieces)[None, :]
        lines = np.stack([np.full(starts.size, 2), starts.ravel(), starts.ravel() + 1], 1).ravel()
        mesh = pv.PolyData(points, lines=lines)
        fade = np.clip(1.0 - np.linalg.norm(points[:, :2], axis=1) / reach, 0.0, 1.0) ** 1.6
        colours = np.empty((len(points), 4), np.uint8)
        colours[:, :3] = [round(255 * c) for c in rgb(tokens.stage_grid)]
        colours[:, 3] = (150 * fade).astype(np.uint8)
        mesh.point_data["rgba"] = colours
        mesh.set_active_scalars("rgba")
        self.grid_mapper.SetInputData(mesh)
        self.grid_mapper.SetColorModeToDirectScalars()
        half = self.reach
        above = (0.0, 0.0, level + 0.002 * half)
        square = pv.Plane(center=above, i_size=2 * half, j_size=2 * half, i_resolution=1, j_resolution=1)
        self.shadow_mapper.SetInputData(square)

    def _lay_shadow(self) -> None:
        if self.surface is None:
            return
        dark = contact_shadow(self.surface, self.floor, self.reach)
        self._shadow_pixels[..., 3] = (255 * dark).astype(np.uint8)
        image = self._texture.GetInput()
        flat = numpy_to_vtk(self._shadow_pixels.reshape(-1, 4), deep=True)
        flat.SetName("Image")
        image.GetPointData().SetScalars(flat)
        image.Modified()
        self._texture.Modified()
