"""What carries a chair: legs, runners, stars, pedestals."""

from __future__ import annotations

import math

from voxstudio.data.parametric.builder import WORLD, Builder
from voxstudio.data.parametric.factors import Factors
from voxstudio.data.parametric.outlines import fillet, spline, superellipse


def build(f: Factors, b: Builder, part: int, seat: int) -> None:
    """Build the base that ``f`` names, from the floor up to inside the seat; ``seat`` is the upholstered part."""
    style = f.word("base")
    if style in ("straight", "splayed", "turned", "sabre"):
        _legs(f, b, part, style)
    elif style == "sled":
        _sled(f, b, part)
    elif style == "cantilever":
        _cantilever(f, b, part)
    elif style == "star":
        _star(f, b, part)
    elif style == "pedestal":
        _pedestal(f, b, part)
    elif style == "block":
        _block(f, b, part, seat)
    else:
        _cross(f, b, part)


def _under(f: Factors, b: Builder, radius: float = 0.0) -> float:
    """Height inside the seat at which the base ends (its rods have this radius): it touches, but does not show."""
    thickness = b.thick(f["seat_thickness"])
    return f["seat_height"] - max(0.55 * thickness,
        radius + 0.25 * thickness + (2.0 if f.word("seat_style") == "dished" else 0.0))


def _legs(f: Factors, b: Builder, part: int, style: str) -> None:
    size = b.thick(f["leg_thickness"])
    top = _under(f, b, size * 0.65 if style == "sabre" else 0.0)
    inset = size * 0.75 + (5.0 if f.word("seat_style") == "round" else 1.0)
    if f.word("seat_style") == "round":
        inset += f["seat_width"] * 0.08
    splay = f["leg_splay"] + (5.0 if style == "splayed" else 0.0)
    if style in ("straight", "turned"):
        splay *= 0.25
    xf = f["seat_width"] / 2 - inset
    xb = f["seat_width"] / 2 * f["seat_taper"] - inset
    yf, yb = -f["seat_depth"] / 2 + inset, f["seat_depth"] / 2 - inset
    for x, y, sign in ((xf, yf, -1.0), (xb, yb, 1.0)):
        foot = (x + splay, y + sign * splay, 0.0)
        if style == "turned":
            r = b.round(size * 0.5)
            silhouette = spline([(r * 0.8, 0), (r * 1.1, top * 0.06), (r * 0.75, top * 0.14), (r * 0.9, top * 0.4),
                (r * 1.35, top * 0.62),
                                 (r * 0.85, top * 0.72), (r * 1.25, top * 0.8), (r * 1.2, top)], 3)
            b.turned(part, silhouette, (x, y, 0), pair=True)
        elif style == "sabre":
            path = spline([(x, y, top), (x + splay * 0.1, y + sign * 1.0, top * 0.6),
                (foot[0] * 0.5 + x * 0.5, y + sign * (2 + splay * 0.5), top * 0.28),
                           (foot[0], foot[1] + sign * 5, 0)], 3)
            b.tube(part, path, size * 0.62, size * 0.62 * f["leg_taper"], pair=True)
        else:
            section = "round" if style == "splayed" else "square"
            b.post(part, (x, y, top), foot, size * 1.1, size * 1.1 * f["leg_taper"], section=section, pair=True)
    _stretchers(f, b, part, (xf, yf), (xb, yb), splay)
    rail = b.thick(3.2)
    if style != "splayed":
        z = f["seat_height"] - b.thick(f["seat_thickness"]) - 1.0
        b.box(part, ((xf + xb) / 2, 0, z), (rail, yb - yf, 4.0), 0.6, pair=True)
        b.box(part, (0, yf, z), (2 * xf, rail, 4.0), 0.6)
        b.box(part, (0, yb, z), (2 * xb, rail, 4.0), 0.6)


def _stretchers(f: Factors, b: Builder, part: int, front: tuple[float, float], rear: tuple[float, float],
    splay: float) -> None:
    kind = f.word("stretcher")
    if kind == "none" or f.word("base") == "sabre":
        return
    level = 0.32 * f["seat_height"]
    out = splay * (1 - level / _under(f, b))
    (xf, yf), (xb, yb) = front, rear
    xf, xb, yf, yb = xf + out, xb + out, yf - out, yb + out
    radius = 0.36 * f["leg_thickness"]
    b.tube(part, [(xf, yf, level), (xb, yb, level)], radius, pair=True)
    if kind == "h":
        b.tube(part, [(-(xf + xb) / 2, 0, level), ((xf + xb) / 2, 0, level)], radius)
    else:
        b.tube(part, [(-xf, yf, level * 1.25), (xf, yf, level * 1.25)], radius)
        b.tube(part, [(-xb, yb, level * 1.25), (xb, yb, level * 1.25)], radius)


def _sled(f: Factors, b: Builder, part: int) -> None:
    r = b.round(0.36 * f["leg_thickness"])
    top = _under(f, b, r)
    x = f["seat_width"] / 2 - 2 * r - (f["seat_width"] * 0.1 if f.word("seat_style") == "round" else 0.0)
    x *= min(1.0, f["seat_taper"] + 0.1)
    front, rear = -f["seat_depth"] * 0.36, f["seat_depth"] * 0.34
    lean = f["leg_splay"]
    path = fillet([(x, front, top), (x + lean * 0.3, front - 2 - lean * 0.5, r), (x + lean * 0.3, rear + 5 + lean, r),
        (x, rear, top)], 7, 4)
    b.tube(part, path, r, pair=True)
    b.tube(part, [(-x, front, top), (x, front, top)], r)
    b.tube(part, [(-x, rear, top), (x, rear, top)], r)


def _cantilever(f: Factors, b: Builder, part: int) -> None:
    r = b.round(0.4 * f["leg_thickness"])
    top = _under(f, b, r)
    x = (f["seat_width"] / 2 - 1.4 * r) * min(1.0, f["seat_taper"] + 0.06)
    if f.word("seat_style") == "round":
        x *= 0.78
    front, rear = -f["seat_depth"] / 2 + r, f["seat_depth"] / 2
    path = fillet([(x, rear * 0.7, top), (x, front, top), (x, front - 1, r), (x, rear + 4, r)], 8, 4)
    b.tube(part, path, r, pair=True)
    b.tube(part, [(-x, rear + 4, r), (x, rear + 4, r)], r)


def _star(f: Factors, b: Builder, part: int) -> None:
    top, count = _under(f, b), f.whole("spoke_count")
    reach = 0.5 * max(f["seat_width"], f["seat_depth"]) + 3.0
    r = b.round(2.0)
    wheels = f.word("caster") == "yes"
    floor = 3.0 if wheels else 0.0
    hub = floor + 6.5
    b.turned(part, [(r * 1.7, floor + 2.5), (r * 1.9, hub + 2), (r * 1.3, hub + 5), (r * 1.25, top * 0.6),
        (r * 0.95, top * 0.6 + 1), (r * 0.95, top - 3), (r * 2.6, top - 1.5), (r * 2.6, top)])
    for k in range(count):
        # One spoke points straight to the front or the back, so that the base mirrors in x.
        angle = math.pi / 2 + 2 * math.pi * k / count
        c, s = math.cos(angle), math.sin(angle)
        b.tube(part, [(0, 0, hub), (0.55 * reach * c, 0.55 * reach * s, hub - 1.0),
            (reach * c, reach * s, floor + r * 0.9)], r * 1.15, r * 0.9)
        if wheels:
            frame = WORLD.at(reach * c, reach * s, 2.9).turn(math.degrees(angle))
            b.lathe(part, [(0, -1.9), (2.9, -1.9), (2.9, 1.9), (0, 1.9)], axis="y", frame=frame)


def _pedestal(f: Factors, b: Builder, part: int) -> None:
    top = _under(f, b)
    reach = 0.46 * max(f["seat_width"], f["seat_depth"])
    stem = b.round(2.2)
    least = b.thick(2.2)
    b.turned(part, spline([(reach, 0), (reach, least * 0.9), (reach * 0.62, least * 1.3 + 1),
        (stem * 1.5, 0.22 * top), (stem, 0.5 * top), (stem * 1.3, 0.84 * top), (reach * 0.42, top)], 3))


def _block(f: Factors, b: Builder, part: int, seat: int) -> None:
    top = _under(f, b)
    width, depth, foot = f["seat_width"], f["seat_depth"], 7.0 + f["leg_splay"]
    b.plate(seat, superellipse(width * 0.49, depth * 0.49, 7.0), foot - 1.0, top, 1.5)
    size = b.thick(f["leg_thickness"])
    for y in (-depth * 0.38, depth * 0.38):
        b.post(part, (width * 0.38, y, foot + 1), (width * 0.38, y, 0), size * 1.3, size * 1.3 * f["leg_taper"],
            section="round", pair=True)


def _cross(f: Factors, b: Builder, part: int) -> None:
    size = b.thick(f["leg_thickness"] * 0.9)
    top = _under(f, b, size * 0.6)
    x = (f["seat_width"] / 2 - size) * min(1.0, f["seat_taper"] + 0.05)
    if f.word("seat_style") == "round":
        x *= 0.72
    y = f["seat_depth"] * 0.4
    bend = f["leg_splay"] * 0.7
    for sign in (-1.0, 1.0):
        path = spline([(x, -sign * y * 0.72, top), (x, -sign * (y * 0.3 + bend), top * 0.72), (x, 0, top * 0.5),
            (x, sign * (y * 0.5 + bend), top * 0.24), (x, sign * y, 0)], 2)
        b.tube(part, path, size * 0.55, size * 0.5, pair=True)
    b.tube(part, [(-x, 0, top * 0.5), (x, 0, top * 0.5)], size * 0.45)
    b.tube(part, [(-x, y, size * 0.5), (x, y, size * 0.5)], size * 0.4)
    b.tube(part, [(-x, -y * 0.72, top), (x, -y * 0.72, top)], size * 0.4)
    b.tube(part, [(-x, y * 0.72, top), (x, y * 0.72, top)], size * 0.4)
