"""Lamps: table and floor lamps, arcs, desk lamps with joints, tripods, urns."""

from __future__ import annotations

import math

import numpy as np

from voxstudio.data.parametric import palettes
from voxstudio.data.parametric.builder import WORLD, Builder, Frame
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import fillet, spline, stroke

STRUCTURE = {
    "foot": ("disc", "dome", "block", "tripod", "ring", "cross"),
    "stem": ("straight", "arc", "jointed", "gooseneck", "turned", "urn", "spheres", "twin"),
    "shade": ("drum", "empire", "globe", "dome", "bell", "tube", "cone", "lantern"),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    floor = d.word("kind", ("table", "floor"), (3, 2)) == "floor" and d.drawn("stem") not in ("urn", "turned")
    d.number("height", 95 if floor else 36, 165 if floor else 75)
    d.number("foot_radius", 12, 17)
    d.number("foot_height", 1.8, 5.5)
    d.number("stem_radius", 0.8, 2.2)
    d.number("body_radius", 6, 13)
    d.number("waist", 0.25, 0.6)
    d.number("shade_radius", 15 if floor else 11, 28 if floor else 22)
    d.number("shade_ratio", 0.6, 1.3)
    d.number("shade_flare", 0.35, 0.75)
    d.number("reach", 0.25, 0.6)
    d.number("bend", 0.0, 1.0)
    d.count("sphere_count", 2, 5)
    d.word("stem_color", (*palettes.names(palettes.METALS), *palettes.names(palettes.WOODS)[:4]))
    d.word("body_color", palettes.names(palettes.CERAMICS))
    d.word("shade_color", palettes.names(palettes.SHADES))


def build(f: Factors, b: Builder) -> None:
    """Build a lamp from its factors."""
    name = f.word("stem_color")
    metal = name in palettes.METALS
    color = palettes.METALS[name] if metal else palettes.WOODS[name]
    foot = b.part("foot", palettes.darker(color, 0.85), "metal" if metal else "wood")
    stem = b.part("stem", color, "metal" if metal else "wood")
    body = b.part("body", palettes.CERAMICS[f.word("body_color")], "ceramic")
    shade = b.part("shade", palettes.SHADES[f.word("shade_color")], "fabric")
    bulb = b.part("bulb", palettes.BULB, "glass")
    size = f["shade_radius"] * (1.0 if f["height"] > 80 else 0.42 + f["height"] / 130)
    start = _foot(f, b, foot)
    head = _stem(f, b, stem, body, start, size)
    _shade(f, b, shade, bulb, stem, head, size)


def _foot(f: Factors, b: Builder, part: int) -> float:
    """Build the foot; returns the height at which the stem starts."""
    style, r, h = f.word("foot"), f["foot_radius"] * (0.8 + f["height"] / 260), b.thick(f["foot_height"])
    stem = b.round(f["stem_radius"])
    if style == "disc":
        b.turned(part, fillet([(r * 0.97, 0), (r, h * 0.5), (r * 0.95, h)], h * 0.3))
        return h * 0.5
    if style == "dome":
        high = max(h, 0.4 * r)
        b.turned(part, [(r * math.cos(t), high * math.sin(t)) for t in (0.0, 0.3, 0.6, 0.9, 1.2, 1.45)])
        return high * 0.6
    if style == "block":
        b.box(part, (0, 0, max(h, 0.25 * r)), (1.5 * r, 1.5 * r, 2 * max(h, 0.25 * r)), 1.2,
            taper=(0.1 * f["bend"], 0.1 * f["bend"]))
        return h
    if style == "ring":
        b.ring(part, (0, 0, stem), r, stem * 1.1)
        for k in range(3):
            t = math.pi / 2 + 2 * math.pi * k / 3
            b.tube(part, [(0, 0, stem * 1.2), (r * math.cos(t), r * math.sin(t), stem)], stem)
        return stem
    count = 3 if style == "tripod" else 4
    high = f["height"] * (0.3 + 0.25 * f["bend"]) if style == "tripod" else 0.1 * f["height"]
    spread = r * (1.25 if style == "tripod" else 1.1)
    for k in range(count):
        t = math.pi / 2 + 2 * math.pi * (k + (0.5 if style == "cross" else 0.0)) / count
        c, s = math.cos(t), math.sin(t)
        if style == "tripod":
            b.tube(part, [(0, 0, high), (spread * c, spread * s, stem)], stem * 1.1, stem * 0.9)
        else:
            b.tube(part, spline([(0, 0, high), (spread * 0.45 * c, spread * 0.45 * s, high * 0.85),
                (spread * c, spread * s, stem)], 3), stem * 1.15, stem)
    return high - stem * 0.5


def _stem(f: Factors, b: Builder, part: int, body: int, start: float, size: float) -> Frame:
    """Build the stem; returns the frame of the shade (its origin where the shade hangs or sits, z its axis)."""
    style, top, r = f.word("stem"), f["height"], b.round(f["stem_radius"])
    reach = f["reach"] * top
    if style == "straight":
        b.tube(part, [(0, 0, start), (0, 0, top)], r * 1.1, r)
        return WORLD.at(0, 0, top)
    if style == "twin":
        gap = 1.6 * r + 2.0
        b.tube(part, [(gap, 0, start), (gap, 0, top * 0.9)], r, pair=True)
        for z in (max(start, top * 0.12), top * 0.9):
            b.tube(part, [(-gap, 0, z), (gap, 0, z)], r)
        b.tube(part, [(0, 0, start), (0, 0, max(start, top * 0.12))], r)
        b.tube(part, [(0, 0, top * 0.9), (0, 0, top)], r)
        return WORLD.at(0, 0, top)
    if style == "arc":
        path = spline([(0, 0, start), (0, 0.02 * top, top * 0.5), (0, -0.12 * reach, top * 0.86),
            (0, -0.55 * reach, top * 1.02), (0, -reach, top * 0.92)], 3)
        b.tube(part, path, r * 1.1, r)
        return WORLD.at(0, -reach, top * 0.92).tilt(180)
    if style == "gooseneck":
        path = spline([(0, 0, start), (0, 0, top * 0.55), (0, -0.08 * reach, top * 0.8), (0, -0.45 * reach, top),
            (0, -0.9 * reach, top * 0.9), (0, -reach, top * 0.8)], 3)
        b.tube(part, path, r * 1.05, r)
        return WORLD.at(0, -reach, top * 0.8).tilt(180 - 10 - 15 * f["bend"])
    if style == "jointed":
        elbow = (0.0, 0.22 * top + 0.1 * reach, max(top * 0.56, start + 4))
        head = (0.0, -0.75 * reach, top * (0.82 + 0.16 * f["bend"]))
        b.tube(part, [(0, 0, start), elbow], r)
        b.tube(part, [elbow, head], r)
        b.blob(part, elbow, (r * 4.2, r * 4.2, r * 4.2))
        b.blob(part, head, (r * 3.8, r * 3.8, r * 3.8))
        return WORLD.at(*head).tilt(180 - 12 - 22 * f["bend"])
    return _body(f, b, part, body, start, size, style)


def _body(f: Factors, b: Builder, part: int, body: int, start: float, size: float, style: str) -> Frame:
    top, r = f["height"], b.round(f["stem_radius"])
    wide = min(f["body_radius"], 0.24 * top) * (1.15 if style == "urn" else 0.62)
    waist = max(r, wide * f["waist"])
    low, high = start, top * 0.8
    span = high - low
    if style == "spheres":
        count = f.whole("sphere_count")
        radius = span / (2 * count) * 1.06
        for k in range(count):
            flat = min(radius, max(wide * 1.4, 2.2 * r))
            b.blob(body, (0, 0, low + span * (k + 0.5) / count), (2 * flat, 2 * flat, 2 * radius))
    elif style == "turned":
        b.turned(body, spline([(wide * 0.9, low), (waist * 1.2, low + 0.1 * span), (wide, low + 0.24 * span),
            (waist, low + 0.42 * span), (wide * 0.8, low + 0.6 * span),
                               (waist, low + 0.74 * span), (waist * 1.4, low + 0.9 * span), (waist, high)], 3))
    else:
        belly = 0.3 + 0.4 * f["bend"]
        b.turned(body, spline([(wide * 0.6, low), (wide * 0.94, low + belly * 0.6 * span), (wide, low + belly * span),
            (wide * 0.72, low + (belly + 0.25) * span), (waist, low + 0.9 * span), (waist * 1.15, high)], 4))
    b.tube(part, [(0, 0, start), (0, 0, top)], r)
    return WORLD.at(0, 0, top)


def _shade(f: Factors, b: Builder, part: int, bulb: int, stem: int, frame: Frame, size: float) -> None:
    style, wall = f.word("shade"), b.thick(1.4)
    high = size * f["shade_ratio"]
    flare = f["shade_flare"]
    hanging = frame.rotation[2, 2] < 0
    low, top = -0.62 * high, 0.38 * high
    if hanging:  # the shade opens away from the stem
        low, top = -0.12 * high, 0.88 * high
    r = b.round(f["stem_radius"])
    if style == "globe":
        b.blob(part, (0, 0, size * 0.62), (size * 1.6, size * 1.6, size * 1.6), frame=frame)
        b.tube(stem, [(0, 0, -r), (0, 0, size * 0.2)], r * 1.3, frame=frame)
        return
    # Hanging shades are wide at the far end, standing shades at the lower end: seen along z both ways.
    wide_end, narrow_end = (top, low) if hanging else (low, top)
    radius = size * (0.8 if style in ("drum", "lantern") else 0.5 if style == "tube" else 1.0)
    narrow = {"drum": 0.94, "tube": 1.0, "empire": flare, "cone": 0.2, "bell": flare * 0.8, "dome": 0.25,
        "lantern": 0.72}[style] * radius
    if style == "tube":
        wide_end = narrow_end + (wide_end - narrow_end) * (1.1 if hanging else 1.5)
    narrow = max(narrow, wall * 1.6)
    steps = [k / 8 for k in range(9)]
    if style == "dome":
        reach = 0.47 * math.pi
        line = [(max(narrow, radius * math.cos(t * reach)),
            wide_end + (narrow_end - wide_end) * math.sin(t * reach) / math.sin(reach)) for t in steps]
    elif style == "bell":
        line = [(narrow + (radius - narrow) * (1 - t) ** 2.2, wide_end + (narrow_end - wide_end) * t) for t in steps]
    elif style == "lantern":
        line = [(narrow + (radius - narrow) * math.sin(math.pi * (0.12 + 0.76 * t)),
            wide_end + (narrow_end - wide_end) * t) for t in steps]
    else:
        line = [(radius, wide_end), (narrow, narrow_end)]
    b.lathe(part, stroke(line, wall), frame=frame)
    level = narrow_end + (wide_end - narrow_end) * 0.14
    b.tube(stem, [(0, 0, 0), (0, 0, level)], r, frame=frame)
    if hanging or style in ("dome", "bell", "cone"):
        rim = line[-1][0]
        cap = math.copysign(b.thick(wall), wide_end - narrow_end)
        b.lathe(part, [(0, narrow_end), (rim, narrow_end), (rim, narrow_end + cap), (0, narrow_end + cap)],
            frame=frame)
    else:
        # A spider holds the shade: two bars across, that end inside the wall.
        heights, radii = [z for _, z in line[::-1]], [rr for rr, _ in line[::-1]]
        order = np.argsort(heights)
        across = float(np.interp([level - r, level, level + r], np.array(heights)[order],
            np.array(radii)[order]).min()) - 0.5 * r
        b.tube(stem, [(-across, 0, level), (across, 0, level)], r * 0.9, frame=frame)
        b.tube(stem, [(0, -across, level), (0, across, level)], r * 0.9, frame=frame)
    glow = min(0.32 * radius, 4.5)
    b.blob(bulb, (0, 0, level + (wide_end - level) * 0.4), (2 * glow, 2 * glow, abs(wide_end - level) * 0.9),
        frame=frame)


SPEC = ClassSpec("lamp", STRUCTURE, draw, build)
