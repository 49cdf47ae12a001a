"""Backs of chairs, built in a frame that stands on the seat's rear edge and leans backwards."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from voxstudio.data.parametric.builder import WORLD, Builder, Frame, cut_plate
from voxstudio.data.parametric.factors import Factors
from voxstudio.data.parametric.outlines import Curve, arched, bow, fillet, spline, stroke, superellipse


@dataclass(frozen=True)
class ChairBack:
    """Where the back stands: its foot and its lean, so that arms can reach it."""

    rear: float
    tilt_deg: float

    def face(self, height: float) -> float:
        """The y of the back's middle at a height above the seat."""
        return self.rear + height * math.tan(math.radians(self.tilt_deg))


def build(f: Factors, b: Builder, part: int, frame_part: int) -> ChairBack:
    """Build the back that ``f`` names."""
    style = f.word("back_style")
    thickness = b.thick(f["back_thickness"] * (0.62 if style in ("ladder", "spindles", "hoop", "cross_back", "mesh")
        else 1.0))
    rear = f["seat_depth"] / 2 - thickness * 0.55 - 0.5
    tilt = f["back_tilt"]
    frame = WORLD.at(0, rear, f["seat_height"] - 0.6 * b.thick(f["seat_thickness"])).tilt(tilt)
    half = f["seat_width"] / 2 * f["back_width"] * min(1.0, f["seat_taper"] + 0.12)
    if style in ("ladder", "spindles", "hoop", "cross_back"):  # their posts stand on the seat's rear corners
        half = min(half, f["seat_width"] / 2 * f["seat_taper"] - 2.5)
    if f.word("seat_style") == "round":
        half *= 0.74
    height = f["back_height"] + 0.6 * f["seat_thickness"]
    makers = {
        "panel": _panel, "curved": _curved, "ladder": _ladder, "spindles": _spindles, "hoop": _hoop, "ring": _ring,
        "shell": _shell, "wing": _wing, "barrel": _barrel, "cross_back": _cross_back, "mesh": _mesh,
    }
    makers[style](f, b, part, frame, half, height, thickness)
    _ = frame_part
    return ChairBack(rear, tilt)


def _rise(f: Factors, height: float) -> float:
    return max(-3.0, min(f["back_arch"], height * 0.3))


def _panel(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    outline = fillet(arched(half, height, _rise(f, height)), 5, 2, closed=True)
    b.plate(part, outline, -thickness / 2, thickness / 2, min(2.0, thickness * 0.4), axis="y", frame=frame)
    if f["back_thickness"] > 5.5:  # an upholstered pad in front of the panel
        b.blob(part, (0, -thickness * 0.5, height * 0.56), (half * 1.75, thickness * 0.9, height * 0.8), 4.0, 3.0,
            frame=frame)


def _bent(b: Builder, part: int, frame: Frame, outline: Curve, half: float, depth: float, thickness: float,
    low: float, high: float) -> None:
    """A sheet bent in plan (its sides come forward), cut to an outline seen from the front."""
    plan = stroke(bow(half * 1.02, depth), thickness)
    keep = cut_plate(outline, -half * 2, half * 2, "y", frame)
    b.plate(part, plan, low, high, 0.8, frame=frame, keeps=[keep])


def _curved(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    gap = 0.0 if f["back_arch"] > 2 else height * 0.34
    depth = 2.0 + f["back_bow"]
    outline = fillet(arched(half, height - gap, _rise(f, height)), 6, 2, closed=True) + np.array([0.0, gap])
    _bent(b, part, frame, outline, half, depth, thickness, gap, height)
    if gap:
        x = half * 0.62
        b.box(part, (x, -depth * 0.38, (gap + 8) / 2), (3.4, thickness * 0.8, gap + 8), 0.8, frame=frame, pair=True)


def _posts(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> float:
    """Two rear posts; returns their x."""
    size = b.thick(max(3.0, f["leg_thickness"] * 0.85))
    x = half - size / 2
    y = -0.25 * f["back_bow"]
    b.post(part, (x, y, height), (x, 0, -1), size * 0.85, size, frame=frame, pair=True)
    _ = thickness
    return x


def _rail(b: Builder, part: int, frame: Frame, x: float, bow_depth: float, low: float, high: float,
    thickness: float) -> None:
    """A horizontal rail between the posts, bent backwards in the middle."""
    arc = bow(x, bow_depth)
    b.plate(part, stroke(arc, thickness), low, high, 0.5, frame=frame)


def _ladder(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    x = _posts(f, b, part, frame, half, height, thickness)
    count = f.whole("slat_count")
    first = height * 0.28
    pitch = (height - first) / count
    slat = max(b.thick(3.2), min(pitch * 0.58, 9.0))
    for k in range(count):
        top = height - k * pitch
        _rail(b, part, frame, x, 0.35 * f["back_bow"], top - slat, top, b.thick(2.2))


def _spindles(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    x = _posts(f, b, part, frame, half, height, thickness)
    rail = b.thick(max(5.0, f["back_arch"] + 3.0))
    depth = 0.3 * f["back_bow"]
    _rail(b, part, frame, x * 1.05, depth, height - rail, height, b.thick(2.6))
    r = b.round(1.0)
    count = max(2, min(f.whole("spindle_count"), int(2 * x / (4.2 * r))))
    for k in range(count):
        u = -1 + 2 * (k + 1) / (count + 1)
        b.tube(part, [(u * x * 0.96, 0, 0), (u * x, -depth * u * u, height - rail * 0.5)], r, frame=frame)


def _hoop(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    r = b.round(1.5)
    x = half - r
    arch = [(-x, 0, 0), (-x * 1.04, 0, height * 0.4), (-x * 0.86, 0, height * 0.8), (-x * 0.4, 0, height - r),
        (0, 0, height)]
    arch += [(-px, py, pz) for px, py, pz in arch[-2::-1]]
    b.tube(part, spline(arch, 2), r * 1.1, frame=frame)
    count = max(2, min(f.whole("spindle_count"), int(2 * x / (4.2 * r))))
    for k in range(count):
        u = -1 + 2 * (k + 1) / (count + 1)
        # The arch is close to a superellipse; a spindle ends on it.
        top = height * (1 - abs(u * 0.98) ** 2.6) ** (1 / 2.6)
        b.tube(part, [(u * x * 0.8, 0, 0), (u * x * 0.98, 0, top - 0.3 * r)], r * 0.8, frame=frame)
    _ = thickness


def _ring(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    rise = height * 0.58
    middle = height - rise / 2
    outer = superellipse(half * 0.96, rise / 2, 2.0 + f["back_bow"] / 9)
    rim = b.thick(3.4)
    flat = b.thick(min(thickness, 4.0))
    hole = cut_plate(superellipse(half * 0.96 - rim, rise / 2 - rim,
        2.0 + f["back_bow"] / 9) + np.array([0.0, middle]), -40, 40, "y", frame)
    b.plate(part, outer + np.array([0.0, middle]), -flat / 2, flat / 2, flat * 0.4, axis="y", frame=frame, cuts=[hole])
    x = half * 0.52
    b.tube(part, spline([(x * 1.2, 0, -1), (x * 0.95, 0, (height - rise) * 0.5), (x, 0, height - rise * 0.9)], 3),
        1.7, frame=frame, pair=True)
    if f["back_arch"] > 3:  # an upholstered medallion, else an open ring with a splat
        b.blob(part, (0, 0, middle), (2 * half * 0.94 - rim, flat * 0.9, rise - rim), 2.2, 4.0, frame=frame)
    else:
        b.box(part, (0, 0, middle), (b.thick(5.0), flat * 0.7, rise - rim), 0.4, frame=frame)


def _shell(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    # One bent sheet from the seat's front edge to the top of the back: drawn from the side, cut from the front.
    depth = f["seat_depth"]
    wall = b.thick(min(thickness, 4.0))
    lean = math.tan(math.radians(f["back_tilt"] + 4))
    z0 = f["seat_height"] - 0.6 * b.thick(f["seat_thickness"])
    rear = depth / 2 - wall / 2
    side = spline([(-depth * 0.5, z0 - 1), (-depth * 0.2, z0 + 1), (depth * 0.18, z0), (rear - 2, z0 + 5),
        (rear + 0.12 * height * lean, z0 + 0.2 * height),
                   (rear + 0.55 * height * lean, z0 + 0.6 * height), (rear + height * lean, z0 + height)], 4)
    front = fillet(arched(half * 1.03, height + 40, _rise(f, height) + 3), 9, 3, closed=True) + np.array([0.0, z0 - 40])
    keep = cut_plate(front, -200, 200, "y")
    b.plate(part, stroke(side, wall), -half * 1.05, half * 1.05, wall * 0.35, axis="x", keeps=[keep])
    b.blob(part, (0, 0, z0 + wall * 0.3), (2 * half * 0.9, depth * 0.9, 3.0 + wall), 4.0, 2.2)
    _ = frame


def _wing(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    height = max(height, 46.0)
    _panel(f, b, part, frame, half, height, b.thick(max(thickness, 6.0)))
    reach = 13.0 + f["back_bow"]
    wing = spline([(1, 0), (1, height * 0.97), (-reach * 0.6, height * 0.93), (-reach, height * 0.74),
        (-reach * 0.62, height * 0.42), (-reach * 0.9, 6), (-reach * 0.9, 0)], 3, closed=True)
    wall = b.thick(4.0)
    b.plate(part, wing, half - wall, half + wall * 0.1, 1.4, axis="x", frame=frame, pair=True)


def _barrel(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    # A wall that runs around the seat, low in front and high behind.
    width, depth, top = f["seat_width"], f["seat_depth"], f["seat_height"]
    wall = b.thick(max(thickness, 4.5))
    high = top + max(20.0, min(height, 46.0))
    low = top - b.thick(f["seat_thickness"]) - (3.0 if f["back_arch"] > 3 else 0.0)
    a, c = width / 2 + wall * 0.2, depth / 2 + wall * 0.1
    plan = spline([(-a, -c * 0.82), (-a * 1.02, 0), (-a * 0.84, c * 0.66), (-a * 0.42, c * 0.97), (0, c * 1.03),
        (a * 0.42, c * 0.97), (a * 0.84, c * 0.66), (a * 1.02, 0), (a, -c * 0.82)], 3)
    arm = top + 0.46 * (high - top)
    bend = f["back_bow"] / 9
    side = fillet([(-c * 2, low), (c * 2, low), (c * 2, high), (c * 0.5, high), (-c * bend * 0.4, arm + 2),
        (-c * 2, arm)], 8, 3, closed=True)
    b.plate(part, stroke(plan, wall), low, high, 1.0, keeps=[cut_plate(side, -200, 200, "x")])
    _ = frame, half


def _cross_back(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    r = b.round(1.5)
    x = half - r
    arch = fillet([(-x, 0, -1), (-x * 1.03, 0, height), (x * 1.03, 0, height), (x, 0, -1)], min(14.0, height * 0.4), 5)
    b.tube(part, arch, r * 1.1, frame=frame)
    low = height * 0.2
    sag = f["back_bow"] * 0.4
    for sign in (-1.0, 1.0):
        b.tube(part, spline([(-sign * x, 0, low), (-sign * x * 0.3, sag, low + (height - low) * 0.42),
            (0, sag, low + (height - low) * 0.5), (sign * x * 0.3, sag, low + (height - low) * 0.58), (sign * x * 0.9,
                0, height - r * 2)], 2), r * 0.85, frame=frame)
    b.tube(part, [(-x, 0, low), (x, 0, low)], r * 0.9, frame=frame)
    _ = thickness


def _mesh(f: Factors, b: Builder, part: int, frame: Frame, half: float, height: float, thickness: float) -> None:
    # Office chair: a bent panel on a spine that bulges at the lumbar height, with a head rest on tall backs.
    depth = 3.0 + f["back_bow"]
    low = height * 0.16
    outline = superellipse(half * 0.98, (height - low) / 2, 4.0, 32) + np.array([0.0, (height + low) / 2])
    outline[:, 0] *= 1.0 - 0.16 * (outline[:, 1] - low) / (height - low)
    _bent(b, part, frame, outline, half, depth, b.thick(max(3.0, thickness)), low, height)
    b.tube(part, spline([(0, -8, 0), (0, 3, 1), (0, 4, height * 0.3), (0, 0.5, height * 0.55)], 3), 2.4, frame=frame)
    if f["back_height"] > 55:
        b.blob(part, (0, 0, height + 7), (half * 1.1, 7, 12), 3.5, 2.5, frame=frame)
        b.tube(part, [(0, 1, height - 6), (0, 1, height + 8)], 2.0, frame=frame)
