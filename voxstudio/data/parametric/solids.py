"""Signed-distance solids, evaluated with numpy on open grids.

Coordinates come as three arrays that broadcast against each other (for a grid ``[X,1,1]``, ``[1,Y,1]``,
``[1,1,Z]``), so that whatever depends on one or two axes only is computed in one or two dimensions.
Distances are negative inside. They are exact where that is cheap, and everywhere right in sign.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voxstudio.data.parametric.outlines import Curve
from voxstudio.geometry.jit import compiled

Field = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]


class Form(Protocol):
    """A solid in its own frame."""

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Signed distance at the broadcast points."""

    def support(self, direction: Vector) -> float:
        """Furthest extent along a unit direction: exact, so that bounding boxes are tight."""


@dataclass(frozen=True)
class Box:
    """Rounded box; ``taper`` in (-1, 1) shrinks x and y linearly towards +z (and widens them towards -z)."""

    half: tuple[float, float, float]
    radius: float = 0.0
    taper: tuple[float, float] = (0.0, 0.0)

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Signed distance."""
        r = self.radius
        sides = []
        for axis, values in enumerate((x, y)):
            # Without taper a side depends on one axis only.
            shrink = 1.0 - self.taper[axis] * z / self.half[2] if self.taper[axis] else np.float32(1.0)
            sides.append(np.abs(values) + (r - self.half[axis] * shrink))
        qx, qy = sides
        qz = np.abs(z) - (self.half[2] - r)
        inner = np.minimum(np.maximum(np.maximum(qx, qy), qz), 0)
        if r <= 0:
            return np.asarray(np.where(inner < 0, inner, np.maximum(np.maximum(qx, qy), qz)), np.float32)
        outer = np.sqrt(np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2 + np.maximum(qz, 0) ** 2)
        return np.asarray(inner + outer - r, np.float32)

    def support(self, direction: Vector) -> float:
        """Extent along a direction."""
        best = 0.0
        for sign in (-1.0, 1.0):
            sizes = np.array([self.half[0] * (1 - self.taper[0] * sign), self.half[1] * (1 - self.taper[1] * sign),
                self.half[2]]) - self.radius
            reach = abs(direction[0]) * sizes[0] + abs(direction[1]) * sizes[1] + sign * direction[2] * sizes[2]
            best = max(best, float(reach) + self.radius)
        return best


@dataclass(frozen=True)
class Superquadric:
    """``((|x/a|^p + |y/b|^p)^(q/p) + |z/c|^q)^(1/q) = 1``: ellipsoids, cushions, pillows."""

    radii: tuple[float, float, float]
    p: float = 2.0
    q: float = 2.0

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Distance along the ray from the centre (right in sign, smooth near the surface)."""
        a, b, c = self.radii
        plane = np.abs(x / a) ** self.p + np.abs(y / b) ** self.p
        if self.p != self.q:
            plane = plane ** (self.q / self.p)
        f = np.maximum(plane + np.abs(z / c) ** self.q, 1e-9) ** (1.0 / self.q)
        # The true distance at a flat face is shorter than along the ray; the smallest radius bounds it well.
        return np.asarray((f - 1.0) * min(self.radii), np.float32)

    def support(self, direction: Vector) -> float:
        """Extent along a direction, by the dual norm."""
        a, b, c = self.radii
        p, q = self.p / (self.p - 1.0), self.q / (self.q - 1.0)
        plane = (abs(direction[0] * a) ** p + abs(direction[1] * b) ** p) ** (1.0 / p)
        return float((plane**q + abs(direction[2] * c) ** q) ** (1.0 / q))


@dataclass(frozen=True)
class RoundCone:
    """Segment from ``start`` to ``end`` with a radius at each end."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float
    end_radius: float

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Distance to the segment minus the interpolated radius."""
        (ax, ay, az), (bx, by, bz) = self.start, self.end
        ex, ey, ez = bx - ax, by - ay, bz - az
        wx, wy, wz = x - ax, y - ay, z - az
        length2 = max(ex * ex + ey * ey + ez * ez, 1e-12)
        t = np.clip(wx * (ex / length2) + wy * (ey / length2) + wz * (ez / length2), 0.0, 1.0)
        d = np.sqrt((wx - t * ex) ** 2 + (wy - t * ey) ** 2 + (wz - t * ez) ** 2)
        return np.asarray(d - (self.radius + (self.end_radius - self.radius) * t), np.float32)

    def support(self, direction: Vector) -> float:
        """Extent along a direction."""
        return max(
            float(np.dot(direction, self.start)) + self.radius,
            float(np.dot(direction, self.end)) + self.end_radius,
        )


@dataclass(frozen=True)
class Torus:
    """Ring around the local z axis."""

    ring: float
    tube: float

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Exact distance."""
        return np.asarray(np.hypot(np.hypot(x, y) - self.ring, z) - self.tube, np.float32)

    def support(self, direction: Vector) -> float:
        """Extent along a direction."""
        return float(np.hypot(direction[0], direction[1])) * self.ring + self.tube


@compiled
def _polygon_distance(polygon: Curve, x: Field, y: Field, out: Field) -> None:
    count = polygon.shape[0]
    for i in range(x.shape[0]):
        px, py = x[i], y[i]
        nearest = np.inf
        inside = False
        ax, ay = polygon[count - 1, 0], polygon[count - 1, 1]
        for k in range(count):
            bx, by = polygon[k, 0], polygon[k, 1]
            ex, ey = bx - ax, by - ay
            wx, wy = px - ax, py - ay
            length2 = ex * ex + ey * ey
            t = 0.0
            if length2 > 0.0:
                t = min(max((wx * ex + wy * ey) / length2, 0.0), 1.0)
            dx, dy = wx - t * ex, wy - t * ey
            nearest = min(nearest, dx * dx + dy * dy)
            if (ay <= py) != (by <= py) and px < ax + wy * (ex / ey):
                inside = not inside
            ax, ay = bx, by
        distance = np.sqrt(nearest)
        out[i] = -distance if inside else distance


def polygon_distance(polygon: Curve, x: Field, y: Field) -> Field:
    """Signed distance to a closed polygon in the plane, at broadcast points."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    out = np.empty(int(np.prod(shape)), np.float32)
    flat_x, flat_y = (np.ascontiguousarray(np.broadcast_to(c, shape), np.float32).reshape(-1) for c in (x, y))
    _polygon_distance(np.ascontiguousarray(polygon, np.float64), flat_x, flat_y, out)
    return out.reshape(shape)


@dataclass(frozen=True, eq=False)
class Extrusion:
    """Polygon in the local (x, y) plane, extruded to ``|z| <= half`` with rounded edges.

    ``narrow = (axis, start, end, amount)`` makes the half thickness shrink by the fraction ``amount``
    from ``start`` to ``end`` along local x (0) or y (1): tumblehome of cars, thin wing tips.
    ``grow`` moves the outline outwards (negative: inwards).
    """

    polygon: Curve
    half: float
    radius: float = 0.0
    narrow: tuple[int, float, float, float] | None = None
    grow: float = 0.0

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Signed distance."""
        r = min(self.radius, 0.95 * self.half)
        half: float | Field = self.half
        if self.narrow is not None:
            axis, start, end, amount = self.narrow
            t = np.clip(((x, y)[axis] - start) / (end - start), 0.0, 1.0)
            half = np.asarray(self.half * (1.0 - amount * t), np.float32)
        plane = polygon_distance(self.polygon, x, y) + (r - self.grow)
        depth = np.abs(z) - half + r
        if r <= 0:
            return np.asarray(np.maximum(plane, depth), np.float32)
        outer = np.sqrt(np.maximum(plane, 0) ** 2 + np.maximum(depth, 0) ** 2)
        return np.asarray(np.minimum(np.maximum(plane, depth), 0) + outer - r, np.float32)

    def support(self, direction: Vector) -> float:
        """Extent along a direction (of the extrusion before its edges are rounded)."""
        if self.narrow is None:
            return float((self.polygon @ direction[:2]).max()) + self.half * abs(float(direction[2]))
        axis, start, end, amount = self.narrow
        t = np.clip((self.polygon[:, axis] - start) / (end - start), 0.0, 1.0)
        return float((self.polygon @ direction[:2] + self.half * (1.0 - amount * t) * abs(float(direction[2]))).max())


@dataclass(frozen=True, eq=False)
class Revolution:
    """Closed profile ``[N, 2]`` of (radius, height), turned about the local z axis.

    Profile points on the axis have radius 0. ``rounding`` inflates the profile.
    """

    profile: Curve
    rounding: float = 0.0

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Signed distance; on a grid aligned with the axis it is read from a table over (radius, height)."""
        # Points on the axis are moved beyond it: the axis is no surface.
        polygon = self.profile.copy()
        polygon[polygon[:, 0] <= 0.0, 0] = -float(polygon[:, 0].max())
        rho = np.asarray(np.hypot(x, y), np.float32)
        axis = int(np.argmax(z.shape))
        if rho.ndim == 3 and 1 < z.size == z.shape[axis] and rho.shape[axis] == 1:
            return self._from_table(polygon, rho, z, axis) - np.float32(self.rounding)
        return polygon_distance(polygon, rho, z) - np.float32(self.rounding)

    @staticmethod
    def _from_table(polygon: Curve, rho: Field, z: Field, axis: int) -> Field:
        count = 2 * max(rho.shape) + 2
        low, high = float(rho.min()), float(rho.max())
        knots = np.linspace(low, high, count, dtype=np.float32)
        table = polygon_distance(polygon, knots[:, None], z.reshape(1, -1))
        place = np.clip((np.squeeze(rho, axis) - low) * ((count - 1) / max(high - low, 1e-9)), 0, count - 1.001)
        index = place.astype(np.int32)
        fraction = (place - index)[..., None].astype(np.float32)
        read = table[index] + fraction * (table[index + 1] - table[index])
        return np.asarray(np.moveaxis(read, -1, axis), np.float32)

    def support(self, direction: Vector) -> float:
        """Extent along a direction."""
        flat = float(np.hypot(direction[0], direction[1]))
        return float((self.profile[:, 0] * flat + self.profile[:, 1] * direction[2]).max()) + self.rounding


IDENTITY: Vector = np.eye(3)


@dataclass(frozen=True, eq=False)
class Solid:
    """A form placed in the object: ``world = rotation @ local + origin``.

    ``cuts`` are removed from it, ``keeps`` bound it. ``blend`` is the width of the smooth union with
    what was placed before, in object units. ``part`` is an index into the object's parts.
    """

    part: int
    form: Form
    rotation: Vector = field(default_factory=lambda: IDENTITY)
    origin: Vector = field(default_factory=lambda: np.zeros(3))
    cuts: tuple[Solid, ...] = ()
    keeps: tuple[Solid, ...] = ()
    blend: float = 0.0

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """Signed distance in object coordinates."""
        moved = [np.asarray(c - np.float32(o), np.float32) for c, o in zip((x, y, z), self.origin, strict=True)]
        local = []
        for axis in range(3):
            terms = [np.float32(self.rotation[j, axis]) * moved[j] for j in range(3)
                if abs(self.rotation[j, axis]) > 1e-7]
            total = terms[0]
            for term in terms[1:]:
                total = total + term
            local.append(total)
        result = self.form.distance(local[0], local[1], local[2])
        for cut in self.cuts:
            result = np.maximum(result, -cut.distance(x, y, z))
        for keep in self.keeps:
            result = np.maximum(result, keep.distance(x, y, z))
        return result

    def bounds(self) -> tuple[Vector, Vector]:
        """Lowest and highest corner of the tight bounding box."""
        low, high = np.empty(3), np.empty(3)
        for axis in range(3):
            direction = self.rotation[axis]
            high[axis] = self.origin[axis] + self.form.support(direction)
            low[axis] = self.origin[axis] - self.form.support(-direction)
        for keep in self.keeps:
            keep_low, keep_high = keep.bounds()
            low, high = np.maximum(low, keep_low), np.minimum(high, keep_high)
        return low, high

    def mirrored(self) -> Solid:
        """The same solid reflected in the plane x = 0."""
        flip = np.diag([-1.0, 1.0, 1.0])
        return Solid(
            self.part, self.form, flip @ self.rotation, flip @ self.origin,
            tuple(s.mirrored() for s in self.cuts), tuple(s.mirrored() for s in self.keeps), self.blend,
        )
