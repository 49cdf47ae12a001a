"""Tables: dining, coffee and side tables, desks with drawers, trestles, tulips."""

from __future__ import annotations

import math

import numpy as np

from voxstudio.data.parametric import palettes
from voxstudio.data.parametric.builder import Builder, cut_plate
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import Curve, fillet, spline, superellipse, trapezoid

STRUCTURE = {
    "base": ("straight", "splayed", "turned", "sabre", "trestle", "slab", "pedestal", "cross", "sled", "star"),
    "top_style": ("rectangle", "round", "squircle", "boat", "kidney", "hexagon"),
    "extra": ("none", "apron", "shelf", "drawers", "tray"),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    d.number("length", 60, 190)
    d.number("width_ratio", 0.45, 1.0)
    d.number("height", 38, 80)
    d.number("top_thickness", 2.5, 7.0)
    d.number("top_rounding", 0.1, 0.9)
    d.number("corner", 2, 18)
    d.number("leg_thickness", 4, 10)
    d.number("leg_taper", 0.45, 1.0)
    d.number("leg_splay", 2, 14)
    d.number("inset", 0.02, 0.14)
    d.number("shelf_level", 0.15, 0.4)
    d.number("apron_depth", 5, 12)
    d.count("drawer_count", 1, 3)
    d.count("star_count", 3, 5)
    d.number("profile", 0.0, 1.0)
    d.word("top_color", (*palettes.names(palettes.WOODS), "marble", "black glass", "slate"))
    d.word("base_color", (*palettes.names(palettes.WOODS), "black steel", "chrome", "brass"))


def _plan_size(f: Factors) -> tuple[float, float]:
    """Length and width of the top; what stands on one foot is not narrow."""
    squarish = f.word("base") in ("pedestal", "star") or f.word("top_style") == "hexagon"
    return f["length"], f["length"] * (max(f["width_ratio"], 0.72) if squarish else f["width_ratio"])


def _top_outline(f: Factors, length: float, width: float) -> Curve:
    style = f.word("top_style")
    if style == "rectangle":
        return fillet(trapezoid(length, length, width), f["corner"], 3, closed=True)
    if style == "round":
        return superellipse(length / 2, width / 2, 2.0, 36)
    if style == "squircle":
        return superellipse(length / 2, width / 2, 3.0 + 2.0 * f["profile"], 36)
    if style == "boat":
        a, c = length / 2, width / 2
        end = 0.62 + 0.2 * f["profile"]
        u = np.linspace(-1.0, 1.0, 11)
        side = np.stack([u * a, -c * (1 - (1 - end) * u**2)], axis=1)
        return fillet(np.concatenate([side, -side]), f["corner"] * 0.4, 2, closed=True)
    if style == "kidney":
        a, c = length / 2, width / 2
        dip = 0.35 + 0.3 * f["profile"]
        return spline([(-a, 0.1 * c), (-a * 0.72, -c * 0.85), (-a * 0.25, -c * (1 - 0.5 * dip)),
            (a * 0.1, -c * (1 - dip)), (a * 0.5, -c * 0.9), (a * 0.92, -c * 0.6), (a, 0.15 * c), (a * 0.6,
                c * 0.85), (0, c), (-a * 0.65, c * 0.85)], 3, closed=True)
    angles = [math.pi * k / 3 for k in range(6)]
    return fillet([(length / 2 * math.cos(t), width / 2 * math.sin(t) * 1.155) for t in angles], f["corner"] * 0.6, 2,
        closed=True)


def build(f: Factors, b: Builder) -> None:
    """Build a table from its factors."""
    extra_tops = {"marble": ((226, 226, 224), "ceramic"), "black glass": ((40, 46, 52), "glass"),
        "slate": ((86, 90, 96), "ceramic")}
    metals = {"black steel": "black", "chrome": "chrome", "brass": "brass"}
    name = f.word("top_color")
    top_color, top_material = extra_tops[name] if name in extra_tops else (palettes.WOODS[name], "wood")
    name = f.word("base_color")
    base_color, base_material = (palettes.METALS[metals[name]], "metal") if name in metals else (palettes.WOODS[name],
        "wood")
    top = b.part("top", top_color, top_material)
    base = b.part("base", base_color, base_material)
    extra = b.part("extra", palettes.darker(base_color, 0.88), base_material)
    knobs = b.part("knobs", palettes.METALS["brass"], "metal")
    height = f["height"]
    length, width = _plan_size(f)
    thickness = b.thick(f["top_thickness"])
    b.plate(top, _top_outline(f, length, width), height - thickness, height, f["top_rounding"] * thickness * 0.5)
    # Legs stand inside the outline, however round its corners are.
    share = {"rectangle": 0.94, "squircle": 0.82, "boat": 0.8}.get(f.word("top_style"), 0.72)
    inner = (0.5 - f["inset"]) * share
    x, y = length * inner, width * inner
    under = height - thickness * 0.6
    leg = f["leg_thickness"]
    ends_round = {"sled": b.round(0.42 * leg), "sabre": b.round(0.66 * leg), "trestle": 0.2 * leg}
    if f.word("base") in ends_round:  # what ends round must not show through the top
        under = min(under, height - 0.2 * thickness - ends_round[f.word("base")])
    _base(f, b, base, x, y, under)
    _extra(f, b, extra, knobs, x, y, height - thickness)


def _base(f: Factors, b: Builder, part: int, x: float, y: float, top: float) -> None:
    style = f.word("base")
    if style in ("straight", "splayed", "turned", "sabre"):
        _legs(f, b, part, x, y, top, style)
    elif style == "trestle":
        size = b.thick(f["leg_thickness"] * 0.9)
        for sign in (-1.0, 1.0):
            b.post(part, (x * 0.86, sign * y * 0.3, top), (x * 0.86, sign * y * 0.92, 0), size, size * 0.9, pair=True)
        b.box(part, (x * 0.86, 0, top - size * 0.4), (size, y * 1.5, size), 0.6, pair=True)
        b.box(part, (x * 0.86, 0, top * 0.3), (size * 0.8, y * 1.5, size * 0.8), 0.6, pair=True)
        b.box(part, (0, 0, top * 0.3), (x * 1.72, size * 0.8, size), 0.6)
    elif style == "slab":
        wall = b.thick(f["leg_thickness"] * 0.75)
        taper = 0.25 * (1 - f["leg_taper"])
        outline = fillet([(-y * (0.9 - taper), 0), (y * (0.9 - taper), 0), (y * 0.95, top), (-y * 0.95, top)], 6,
            closed=True)
        b.plate(part, outline, x * 0.9 - wall, x * 0.9, 1.0, axis="x", pair=True)
        if f["profile"] > 0.4:
            b.box(part, (0, y * 0.15, top * 0.62), (x * 1.75, wall * 0.9, top * 0.4), 0.8)
    elif style == "pedestal":
        foot, stem = 0.62 * min(x, y), b.round(f["leg_thickness"] * 0.75)
        rim = b.thick(2.0)
        if f["profile"] < 0.5:  # tulip
            silhouette = spline([(foot, 0), (foot, rim), (foot * 0.55, rim + 0.04 * top), (stem * 1.4, 0.22 * top),
                (stem, 0.5 * top), (stem * 1.3, 0.82 * top), (foot * 0.5, top)], 3)
        else:  # turned column on a stepped disc
            silhouette = spline([(foot, 0), (foot, rim), (foot * 0.7, rim * 1.8), (stem * 1.1, 0.16 * top),
                (stem * 1.9, 0.34 * top), (stem * 0.95, 0.5 * top), (stem * 1.6, 0.74 * top), (stem * 1.1,
                    0.9 * top), (foot * 0.55, top)], 3)
        b.turned(part, silhouette)
    elif style == "cross":
        size = b.thick(f["leg_thickness"] * 0.9)
        for sign in (-1.0, 1.0):
            b.post(part, (x * 0.85, -sign * y * 0.9, top), (x * 0.85, sign * y * 0.9, 0), size, size, pair=True)
        b.box(part, (0, 0, top * 0.5), (x * 1.7, size * 0.8, size * 0.8), 0.8)
        b.box(part, (x * 0.85, 0, top - size * 0.3), (size, y * 1.9, size * 0.7), 0.5, pair=True)
    elif style == "sled":
        r = b.round(f["leg_thickness"] * 0.42)
        path = fillet([(x * 0.92, -y * 0.9, top), (x * 0.92 + f["leg_splay"] * 0.3, -y * 0.95, r),
            (x * 0.92 + f["leg_splay"] * 0.3, y * 0.95, r), (x * 0.92, y * 0.9, top)], 4 + 6 * f["profile"], 4)
        b.tube(part, path, r, pair=True)
        b.tube(part, [(x * 0.92, -y * 0.9, top), (x * 0.92, y * 0.9, top)], r, pair=True)
    else:
        _star(f, b, part, x, y, top)


def _legs(f: Factors, b: Builder, part: int, x: float, y: float, top: float, style: str) -> None:
    size = b.thick(f["leg_thickness"])
    splay = f["leg_splay"] * (1.0 if style == "splayed" else 0.15)
    x, y = x - size * 0.4, y - size * 0.4
    for sign in (-1.0, 1.0):
        if style == "turned":
            r = b.round(size * 0.42)
            silhouette = spline([(r * 0.8, 0), (r * 1.25, top * 0.05), (r * 0.75, top * 0.14),
                (r * (0.8 + 0.5 * f["profile"]), top * 0.45), (r * 1.3, top * 0.68), (r * 0.8, top * 0.76), (r * 1.4,
                    top * 0.84), (r * 1.4, top)], 3)
            b.turned(part, silhouette, (x, sign * y, 0), pair=True)
        elif style == "sabre":
            out = f["leg_splay"] * 0.5
            path = spline([(x, sign * y, top), (x + out * 0.9, sign * (y + out * 0.9), top * 0.76),
                (x - out * 0.2, sign * (y - out * 0.2), top * 0.3), (x + out * 0.8, sign * (y + out * 0.8), 0)], 3)
            b.tube(part, path, size * 0.66, size * 0.6 * f["leg_taper"], pair=True)
        else:
            section = "round" if style == "splayed" or f["profile"] > 0.7 else "square"
            b.post(part, (x, sign * y, top), (x + splay, sign * (y + splay), 0), size, size * f["leg_taper"],
                section=section, pair=True)


def _star(f: Factors, b: Builder, part: int, x: float, y: float, top: float) -> None:
    r, count = b.round(f["leg_thickness"] * 0.5), f.whole("star_count")
    reach = 0.8 * min(x, y)
    b.turned(part, [(r * 1.4, top * 0.12), (r * 1.4, top * 0.3), (r, top * 0.34), (r, top * 0.94),
        (r * 3, top * 0.95), (r * 3, top)])
    for k in range(count):
        t = math.pi / 2 + 2 * math.pi * k / count
        c, s = math.cos(t), math.sin(t)
        b.tube(part, spline([(0, 0, top * 0.26), (0.4 * reach * c, 0.4 * reach * s,
            top * (0.16 + 0.1 * f["profile"])), (reach * c, reach * s, r * 0.8)], 3), r, r * 0.8)


def _extra(f: Factors, b: Builder, part: int, knobs: int, x: float, y: float, under: float) -> None:
    kind = f.word("extra")
    legs = f.word("base") in ("straight", "splayed", "turned", "sabre")
    wide, deep = (x * 1.9, y * 1.9) if legs else (x * 1.5, y * 1.5)
    if f.word("base") in ("pedestal", "star"):
        wide, deep = x * 1.3, y * 1.3
    if kind == "apron":
        depth, wall = b.thick(f["apron_depth"]), b.thick(2.5)
        for sign in (-1.0, 1.0):
            b.box(part, (0, sign * deep / 2, under - depth / 2), (wide, wall, depth + 1), 0.6)
        b.box(part, (wide / 2, 0, under - depth / 2), (wall, deep, depth + 1), 0.6, pair=True)
    elif kind == "drawers":
        depth, count = b.thick(f["apron_depth"] * 1.3), f.whole("drawer_count")
        b.box(part, (0, 0, under - depth / 2), (wide, deep, depth + 1), 0.8)
        for k in range(count):
            u = (k + 0.5) / count - 0.5
            b.blob(knobs, (u * wide, -deep / 2 - 0.6, under - depth / 2), (b.thick(4.0), b.thick(4.0), b.thick(3.0)))
            b.box(knobs, (u * wide, -deep / 2, under - depth / 2), (wide / count * 0.3, 1.0, 1.0), 0.3)
    elif kind == "shelf":
        level = f["shelf_level"] * under
        if f.word("base") in ("pedestal", "star"):
            b.plate(part, superellipse(wide * 0.32, wide * 0.32 if deep > wide * 0.6 else deep * 0.5, 2.0), level + 8,
                level + 8 + b.thick(2.2), 0.8)
            return
        if f.word("base") in ("trestle", "cross", "sled"):
            level = under * (0.3 if f.word("base") != "cross" else 0.5) + 1.0
            if f.word("base") == "sled":
                level = b.round(f["leg_thickness"] * 0.42) * 1.4
        reach_x, reach_y = (x * 0.97, y * 0.97) if legs else (x * 0.92, y * 0.85)
        if f.word("base") == "sled":
            reach_x = x * 0.92 + 0.3 * f["leg_splay"]
        if f.word("base") == "splayed":
            spread = f["leg_splay"] * (1 - level / under)
            reach_x, reach_y = reach_x + spread, reach_y + spread
        shelf = fillet(trapezoid(2 * reach_x, 2 * reach_x, 2 * reach_y), 2.5, closed=True)
        b.plate(part, shelf, level, level + b.thick(2.5), 0.8)
    elif kind == "tray":
        rim = b.thick(2.6)
        ring = _top_outline(f, *_plan_size(f))
        top = f["height"]
        b.plate(part, ring, top - 1.0, top + max(3.0, rim), rim * 0.3,
            cuts=[cut_plate(ring, top - 20, top + 20, grow=-rim)])


SPEC = ClassSpec("table", STRUCTURE, draw, build)
