"""Builder: places forms in frames and collects the parts of one object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from voxstudio.data.parametric.outlines import Curve, Points
from voxstudio.data.parametric.shape import Part
from voxstudio.data.parametric.solids import (
    IDENTITY,
    Box,
    Extrusion,
    Form,
    Revolution,
    RoundCone,
    Solid,
    Superquadric,
    Torus,
    Vector,
)

Triple = Sequence[float] | Vector


@dataclass(frozen=True, eq=False)
class Frame:
    """A local coordinate system; every method returns a new one."""

    rotation: Vector = field(default_factory=lambda: IDENTITY)
    origin: Vector = field(default_factory=lambda: np.zeros(3))

    def at(self, x: float, y: float, z: float) -> Frame:
        """Move the origin, in local coordinates."""
        return Frame(self.rotation, self.origin + self.rotation @ np.array([x, y, z]))

    def tilt(self, degrees: float) -> Frame:
        """Turn about the local x axis so that +z leans towards +y (backwards)."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return Frame(self.rotation @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]]), self.origin)

    def roll(self, degrees: float) -> Frame:
        """Turn about the local y axis so that +z leans towards +x."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return Frame(self.rotation @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]), self.origin)

    def turn(self, degrees: float) -> Frame:
        """Turn about the local z axis, counter-clockwise seen from above."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return Frame(self.rotation @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]), self.origin)

    def point(self, local: Triple) -> Vector:
        """Object coordinates of a local point."""
        return self.origin + self.rotation @ np.asarray(local, dtype=np.float64)


WORLD = Frame()
# Columns are the object's axes that the local x, y, z of an extrusion or revolution point along.
_AXES = {
    "x": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),  # local (x, y) = (y, z)
    "y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),  # local (x, y) = (x, z)
    "z": np.eye(3),
}


def along(axis: str, frame: Frame = WORLD) -> Frame:
    """The frame in which extrusions and revolutions about an axis are written."""
    return Frame(frame.rotation @ _AXES[axis], frame.origin)


class Builder:
    """Collects solids. ``least`` is the smallest thickness that survives on a 32^3 grid, in object units."""

    def __init__(self, least: float = 0.0) -> None:
        self.least = least
        self.parts: list[Part] = []
        self.solids: list[Solid] = []

    def part(self, name: str, color: tuple[int, int, int], material: str = "paint") -> int:
        """Declare a part and return its index."""
        self.parts.append(Part(name, color, material))
        return len(self.parts) - 1

    def thick(self, value: float) -> float:
        """A thickness that is at least one voxel of 32."""
        return max(value, self.least)

    def round(self, radius: float) -> float:
        """A radius of a rod that no lattice of 32 can miss (its diameter exceeds a cell's diagonal)."""
        return max(radius, 0.72 * self.least)

    def add(
        self, part: int, form: Form, frame: Frame = WORLD, *, pair: bool = False,
        cuts: Sequence[Solid] = (), keeps: Sequence[Solid] = (), blend: float = 0.0,
    ) -> Solid:
        """Place a form; ``pair`` also places its mirror image in x."""
        solid = Solid(part, form, frame.rotation, frame.origin, tuple(cuts), tuple(keeps), blend)
        self.solids.append(solid)
        if pair:
            self.solids.append(solid.mirrored())
        return solid

    def box(
        self, part: int, centre: Triple, size: Triple, radius: float = 0.0, *, frame: Frame = WORLD, pair: bool = False,
        taper: tuple[float, float] = (0.0, 0.0), cuts: Sequence[Solid] = (), keeps: Sequence[Solid] = (),
        blend: float = 0.0,
    ) -> Solid:
        """Rounded box of the given full size; no side is thinner than ``least``."""
        half = tuple(self.thick(float(s)) / 2 for s in size)
        radius = min(radius, 0.98 * min(half[0] * (1 - abs(taper[0])), half[1] * (1 - abs(taper[1])), half[2]))
        x, y, z = (float(c) for c in centre)
        return self.add(part, Box((half[0], half[1], half[2]), radius, taper), frame.at(x, y, z), pair=pair,
            cuts=cuts, keeps=keeps, blend=blend)

    def blob(
        self, part: int, centre: Triple, size: Triple, p: float = 2.0, q: float = 2.0, *, frame: Frame = WORLD,
        pair: bool = False, cuts: Sequence[Solid] = (), keeps: Sequence[Solid] = (), blend: float = 0.0,
    ) -> Solid:
        """Superquadric of the given full size: ellipsoid, cushion, pillow."""
        radii = tuple(self.thick(float(s)) / 2 for s in size)
        x, y, z = (float(c) for c in centre)
        form = Superquadric((radii[0], radii[1], radii[2]), p, q)
        return self.add(part, form, frame.at(x, y, z), pair=pair, cuts=cuts, keeps=keeps, blend=blend)

    def tube(
        self, part: int, points: Points, radius: float, end_radius: float | None = None, *, frame: Frame = WORLD,
        pair: bool = False, closed: bool = False, blend: float = 0.0,
    ) -> None:
        """Round rod swept along a polyline in space, its radius going evenly from one end to the other."""
        path = [frame.point(p) for p in points]
        if closed:
            path.append(path[0])
        last = radius if end_radius is None else end_radius
        radii = [self.round(r) for r in np.linspace(radius, last, len(path)).tolist()]
        for i in range(len(path) - 1):
            a, b = path[i].tolist(), path[i + 1].tolist()
            self.add(part, RoundCone((a[0], a[1], a[2]), (b[0], b[1], b[2]), radii[i], radii[i + 1]), pair=pair,
                blend=blend)

    def post(
        self, part: int, top: Triple, foot: Triple, top_size: float, foot_size: float, *, section: str = "square",
        frame: Frame = WORLD, pair: bool = False,
    ) -> None:
        """Straight leg between two points; ``section`` is square or round, sizes are widths."""
        upper, lower = frame.point(top), frame.point(foot)
        axis = upper - lower
        length = float(np.linalg.norm(axis))
        axis = axis / length
        side = np.cross([0.0, 1.0, 0.0], axis)
        side /= max(float(np.linalg.norm(side)), 1e-9)
        rotation = np.stack([side, np.cross(axis, side), axis], axis=1)
        if section == "round":
            ends = [[self.round(foot_size / 2), -length / 2], [self.round(top_size / 2), length / 2]]
            self.turned(part, ends, frame=Frame(rotation, (upper + lower) / 2), pair=pair)
            return
        wide, narrow = self.thick(top_size), self.thick(foot_size)
        mean = (wide + narrow) / 2
        taper = -(wide - narrow) / 2 / mean
        form = Box((mean / 2, mean / 2, length / 2), 0.12 * narrow, (taper, taper))
        self.add(part, form, Frame(rotation, (upper + lower) / 2), pair=pair)

    def plate(
        self, part: int, outline: Curve, low: float, high: float, radius: float = 0.0, *, axis: str = "z",
        frame: Frame = WORLD, pair: bool = False, cuts: Sequence[Solid] = (), keeps: Sequence[Solid] = (),
        blend: float = 0.0,
        narrow: tuple[int, float, float, float] | None = None,
    ) -> Solid:
        """Extrude an outline from ``low`` to ``high`` along an axis.

        The outline lies in (x, y) for axis z, in (x, z) for axis y, in (y, z) for axis x.
        """
        half = self.thick(high - low) / 2
        middle = (low + high) / 2
        placed = Frame(frame.rotation @ _AXES[axis], frame.point(_AXES[axis] @ np.array([0.0, 0.0, middle])))
        return self.add(part, Extrusion(outline, half, min(radius, 0.95 * half), narrow), placed, pair=pair,
            cuts=cuts, keeps=keeps, blend=blend)

    def lathe(
        self, part: int, profile: Points, base: Triple = (0.0, 0.0, 0.0), *, axis: str = "z", frame: Frame = WORLD,
        pair: bool = False, cuts: Sequence[Solid] = (), keeps: Sequence[Solid] = (), blend: float = 0.0,
        rounding: float = 0.0,
    ) -> Solid:
        """Turn a closed profile of (radius, height) about an axis through ``base``."""
        form = Revolution(np.asarray(profile, dtype=np.float64), rounding)
        placed = Frame(frame.rotation @ _AXES[axis], frame.point(base))
        return self.add(part, form, placed, pair=pair, cuts=cuts, keeps=keeps, blend=blend)

    def turned(
        self, part: int, radii: Points, base: Triple = (0.0, 0.0, 0.0), *, axis: str = "z", frame: Frame = WORLD,
        pair: bool = False, blend: float = 0.0,
    ) -> Solid:
        """Solid of revolution from an open silhouette of (radius, height), lowest first, closed along the axis."""
        silhouette = np.asarray(radii, dtype=np.float64)
        silhouette[:, 0] = np.maximum(silhouette[:, 0], 0.72 * self.least)
        closed = np.concatenate([[[0.0, silhouette[0, 1]]], silhouette, [[0.0, silhouette[-1, 1]]]])
        return self.lathe(part, closed, base, axis=axis, frame=frame, pair=pair, blend=blend)

    def ring(
        self, part: int, centre: Triple, ring: float, tube: float, *, axis: str = "z", frame: Frame = WORLD,
        pair: bool = False,
    ) -> Solid:
        """Torus about an axis."""
        placed = Frame(frame.rotation @ _AXES[axis], frame.point(centre))
        return self.add(part, Torus(ring, self.round(tube)), placed, pair=pair)


def cutter(form: Form, frame: Frame = WORLD) -> Solid:
    """A solid that only serves to cut or to keep."""
    return Solid(0, form, frame.rotation, frame.origin)


def cut_plate(outline: Curve, low: float, high: float, axis: str = "z", frame: Frame = WORLD,
    grow: float = 0.0) -> Solid:
    """An extrusion that only serves to cut or to keep."""
    placed = Frame(frame.rotation @ _AXES[axis], frame.point(_AXES[axis] @ np.array([0.0, 0.0, (low + high) / 2])))
    return cutter(Extrusion(outline, (high - low) / 2, grow=grow), placed)
