"""Plane curves from which parts are extruded, revolved or swept; all are float64 ``[N, 2]`` (or ``[N, 3]``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.float64]
Points = Sequence[Sequence[float] | Curve] | Curve


def superellipse(half_x: float, half_y: float, power: float = 2.0, count: int = 28) -> Curve:
    """Closed outline ``|x/a|^p + |y/b|^p = 1``: 2 is an ellipse, 4 a squircle, 10 nearly a rectangle."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    exponent = 2.0 / power
    return np.stack([half_x * np.sign(c) * np.abs(c) ** exponent, half_y * np.sign(s) * np.abs(s) ** exponent], axis=1)


def trapezoid(front: float, back: float, depth: float) -> Curve:
    """Closed outline centred on the origin, ``front`` wide at -depth/2 and ``back`` wide at +depth/2."""
    return np.array([[-front / 2, -depth / 2], [front / 2, -depth / 2], [back / 2, depth / 2], [-back / 2, depth / 2]])


def fillet(points: Points, radius: float, steps: int = 3, closed: bool = False) -> Curve:
    """Round the corners of a polyline in the plane or in space with quadratic arcs."""
    source = np.asarray(points, dtype=np.float64)
    count = len(source)
    result: list[Curve] = []
    for i in range(count):
        if not closed and i in (0, count - 1):
            result.append(source[i])
            continue
        before, here, after = source[i - 1], source[i], source[(i + 1) % count]
        reach_in = min(radius, 0.48 * float(np.linalg.norm(before - here)))
        reach_out = min(radius, 0.48 * float(np.linalg.norm(after - here)))
        start = here + (before - here) / max(float(np.linalg.norm(before - here)), 1e-9) * reach_in
        end = here + (after - here) / max(float(np.linalg.norm(after - here)), 1e-9) * reach_out
        for t in np.linspace(0.0, 1.0, steps + 1):
            result.append((1 - t) ** 2 * start + 2 * t * (1 - t) * here + t**2 * end)
    return np.array(result)


def spline(points: Points, per_span: int = 4, closed: bool = False) -> Curve:
    """Catmull-Rom curve through the points."""
    p = np.asarray(points, dtype=np.float64)
    ends = (p[-1:], p[:2]) if closed else (2 * p[:1] - p[1:2], 2 * p[-1:] - p[-2:-1])
    q = np.concatenate([ends[0], p, ends[1]])
    t = np.linspace(0.0, 1.0, per_span, endpoint=False)[:, None]
    spans = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(q[:-3], q[1:-2], q[2:-1], q[3:], strict=True)
    ]
    curve = np.concatenate(spans)
    return curve if closed else np.concatenate([curve, p[-1:]])


def bow(half_width: float, depth: float, count: int = 9) -> Curve:
    """Open parabolic arc from ``(-half_width, -depth)`` over ``(0, 0)`` to ``(half_width, -depth)``."""
    x = np.linspace(-1.0, 1.0, count)
    return np.stack([x * half_width, -depth * x**2], axis=1)


def stroke(points: Points, thickness: float | Sequence[float] | Curve) -> Curve:
    """Closed outline of an open plane curve drawn with a pen of the given thickness (one value or one per point)."""
    p = np.asarray(points, dtype=np.float64)
    tangent = np.gradient(p, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    half = np.broadcast_to(np.asarray(thickness, dtype=np.float64) / 2, (len(p),))[:, None]
    return np.concatenate([p + normal * half, (p - normal * half)[::-1]])


def arched(half_width: float, height: float, rise: float, count: int = 11) -> Curve:
    """Closed outline from 0 to ``height``, its top edge an arc of the given rise (negative dips), corners sharp."""
    x = np.linspace(half_width, -half_width, count)
    low = height - max(rise, 0.0)
    top = low + rise * (1 - (x / half_width) ** 2) + (max(-rise, 0.0) * 0)
    return np.concatenate([[[-half_width, 0.0], [half_width, 0.0]], np.stack([x, top], axis=1)])
