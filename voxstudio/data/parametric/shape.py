"""ParametricShape: a finished object with known factors and coloured parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.data.parametric.solids import Field, Solid, Vector

SPAN = 1.0
"""Fraction of the unit cube that the longest side of an object's bounding box spans, as in the ModelNet grids."""
CUBE_MM = 100.0
"""Edge of the unit cube in the model units of a surface, as in ``VoxelGrid.unit``."""


@dataclass(frozen=True)
class Part:
    """A named part; ``color`` is sRGB in 0..255.

    ``material`` is one of wood, metal, fabric, paint, glass, plastic, ceramic, rubber.
    """

    name: str
    color: tuple[int, int, int]
    material: str = "paint"


@dataclass(frozen=True, eq=False)
class PartSurface(Surface):
    """A surface whose vertices know the part they belong to: ``part_ids`` uint8 ``[V]``."""

    part_ids: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class ParametricShape:
    """One object: front -y, up z, mirror axis x, longest side that of the unit cube, centred.

    ``factors`` are the numbers (object units, about centimetres, or counts and ratios) and words that
    it was built from. ``parts`` are indexed by ``part_ids``.
    """

    class_name: str
    seed: int
    held_out: bool
    factors: Mapping[str, float | str]
    parts: tuple[Part, ...]
    solids: tuple[Solid, ...]

    @property
    def name(self) -> str:
        """A short name, unique for class, seed and split."""
        return f"{self.class_name}-{'h' if self.held_out else ''}{self.seed}"

    @cached_property
    def bounds(self) -> tuple[Vector, Vector]:
        """Bounding box in object units."""
        boxes = [solid.bounds() for solid in self.solids]
        return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)

    @property
    def _scale(self) -> float:
        """Cube units per object unit."""
        low, high = self.bounds
        return SPAN / float((high - low).max())

    def field(self, resolution: int, margin_voxels: float = 2.5, pad: int = 0) -> Field:
        """Signed distance at the voxel centres, float32 ``[R + 2 pad] * 3`` in units of the cube.

        Values are right near the surface and cut off at ``margin_voxels`` outside; ``pad`` voxels are
        added around the cube.
        """
        low, high = self.bounds
        centre, scale = (low + high) / 2, self._scale
        axis = (np.arange(-pad, resolution + pad) + 0.5) / resolution - 0.5
        coordinates = [np.asarray(axis / scale + centre[k], np.float32) for k in range(3)]
        margin = margin_voxels / resolution / scale
        result = np.full((resolution + 2 * pad,) * 3, margin, np.float32)
        for solid in self.solids:
            solid_low, solid_high = solid.bounds()
            reach = max(margin, 2 * solid.blend)
            cut = tuple(
                slice(*np.searchsorted(coordinates[k], [solid_low[k] - reach, solid_high[k] + reach]).tolist())
                for k in range(3)
            )
            view = result[cut]
            if view.size == 0:
                continue
            x, y, z = coordinates[0][cut[0], None, None], coordinates[1][None, cut[1], None], coordinates[2][None,
                None, cut[2]]
            distance = solid.distance(x, y, z)
            if solid.blend > 0:
                width = np.float32(solid.blend)
                mix = np.maximum(width - np.abs(view - distance), 0) / width
                view[...] = np.minimum(view, distance) - mix * mix * (width / 4)
            else:
                np.minimum(view, distance, out=view)
        return result * np.float32(scale)

    def occupancy(self, resolution: int) -> npt.NDArray[np.bool_]:
        """Voxels whose centre lies inside, bool ``[R, R, R]`` indexed ``[x, y, z]``."""
        return np.asarray(self.field(resolution, margin_voxels=0.6) <= 0.0)

    def surface(self, resolution: int = 96) -> PartSurface:
        """Closed triangle mesh by marching cubes, in the frame of ``VoxelGrid.unit`` (cube of 100 mm about the origin).

        Vertices carry the colour and the index of the part that is nearest.
        """
        from skimage.measure import marching_cubes

        pad = 2  # the object reaches the cube's border: without room around it the mesh would be open there
        field = self.field(resolution, pad=pad)
        vertices, faces, normals, _ = marching_cubes(field, 0.0)
        unit = (vertices + 0.5 - pad) / resolution - 0.5
        part_ids = self.part_of(unit)
        colors = np.array([part.color for part in self.parts], np.uint8)[part_ids]
        return PartSurface(
            np.asarray(unit * CUBE_MM, np.float32), np.asarray(faces, np.int64), np.asarray(-normals, np.float32),
            colors, name=self.name, part_ids=part_ids,
        )

    def part_of(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        """Index of the nearest part, uint8 ``[N]``, for points ``[N, 3]`` in the cube ``[-0.5, 0.5]^3``."""
        low, high = self.bounds
        world = np.asarray(points / self._scale + (low + high) / 2, np.float32)
        best = np.full(len(points), np.inf, np.float32)
        owner = np.zeros(len(points), np.uint8)
        reach = 0.02 / self._scale
        for solid in self.solids:
            solid_low, solid_high = solid.bounds()
            near = np.flatnonzero(((world >= solid_low - reach) & (world <= solid_high + reach)).all(axis=1))
            if len(near) == 0:
                continue
            distance = solid.distance(world[near, 0], world[near, 1], world[near, 2])
            # A later part wins within a hair: paint and glass lie on the body that was placed before.
            closer = distance < best[near] - 1e-6 / self._scale
            best[near[closer]] = distance[closer]
            owner[near[closer]] = solid.part
        return owner
