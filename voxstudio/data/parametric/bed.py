"""Beds: the head lies at +y; platforms, legs, drawers, four-posters, sleighs and bunks."""

from __future__ import annotations

from voxstudio.data.parametric import palettes
from voxstudio.data.parametric.builder import WORLD, Builder
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import arched, bow, fillet, spline, stroke, superellipse

STRUCTURE = {
    "base": ("legs", "platform", "drawers", "canopy", "bunk", "round_legs"),
    "headboard": ("panel", "arched", "slats", "channels", "wing", "spindles", "sleigh"),
    "footboard": ("none", "low", "match", "bench", "posts"),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    narrow = d.drawn("base") == "bunk"
    d.number("width", 85 if narrow else 90, 120 if narrow else 205)
    d.number("length", 188, 215)
    d.number("rail_height", 22, 40)
    d.number("rail_depth", 12, 22)
    d.number("mattress_height", 14, 28)
    d.number("headboard_height", 40, 95)
    d.number("footboard_height", 0.25, 0.75)
    d.number("board_thickness", 5, 13)
    d.number("arch", 8, 26)
    d.number("leg_thickness", 6, 11)
    d.number("post_height", 95, 150)
    d.count("slat_count", 4, 9)
    d.count("pillow_count", 1, 4)
    d.number("pillow_height", 12, 19)
    d.number("blanket", 0.35, 0.75)
    d.word("cover", ("blanket", "duvet", "throw", "bare"))
    d.word("wood", (*palettes.names(palettes.WOODS), "black steel", "brass"))
    d.word("upholstery", palettes.names(palettes.FABRICS))
    d.word("linen", palettes.names(palettes.FABRICS))


def build(f: Factors, b: Builder) -> None:
    """Build a bed from its factors."""
    metals = {"black steel": "black", "brass": "brass"}
    name = f.word("wood")
    color, material = (palettes.METALS[metals[name]], "metal") if name in metals else (palettes.WOODS[name], "wood")
    soft = f.word("headboard") in ("channels", "wing")
    board = palettes.FABRICS[f.word("upholstery")] if soft else color
    frame = b.part("frame", color, material)
    head = b.part("headboard", board, "fabric" if soft else material)
    foot = b.part("footboard", palettes.darker(board, 0.94), "fabric" if soft else material)
    mattress = b.part("mattress", palettes.LINEN, "fabric")
    blanket = b.part("blanket", palettes.FABRICS[f.word("linen")], "fabric")
    pillows = b.part("pillows", palettes.lighter(palettes.FABRICS[f.word("linen")], 0.6), "fabric")
    knobs = b.part("knobs", palettes.METALS["brass"], "metal")
    levels = [f["rail_height"]]
    _frame(f, b, frame, knobs)
    if f.word("base") == "bunk":
        levels.append(f["rail_height"] + max(82.0, f["post_height"] * 0.72))
        _upper(f, b, frame, levels[1])
    for level in levels:
        _bedding(f, b, mattress, blanket, pillows, level)
    _board(f, b, head, f["length"] / 2, f["rail_height"] + f["mattress_height"] + f["headboard_height"] * (0.5
        if len(levels) > 1 else 1.0), 1.0)
    _footboard(f, b, foot)


def _frame(f: Factors, b: Builder, part: int, knobs: int) -> None:
    width, length, top = f["width"], f["length"], f["rail_height"]
    style, size = f.word("base"), b.thick(f["leg_thickness"])
    x, y = width / 2 - size * 0.4, length / 2 - size * 0.4
    if style in ("platform", "drawers"):
        inset = 0.9 if style == "platform" else 1.0
        b.box(part, (0, 0, top * 0.35), (width * inset, length * (0.93 if style == "platform" else 1.0), top * 0.72),
            1.0)
        b.box(part, (0, 0, top - f["rail_depth"] * 0.4), (width + 3, length + 1, f["rail_depth"] * 0.8), 2.0)
        if style == "drawers":
            for k in (-0.28, 0.0, 0.28):
                b.blob(knobs, (width / 2 + 1.0, k * length, top * 0.42), (5.0, b.thick(9.0), b.thick(5.0)), pair=True)
        return
    b.box(part, (0, 0, top - f["rail_depth"] / 2), (width, length, f["rail_depth"]), 2.0)
    under = top - 1.0
    high = {"canopy": top + f["post_height"], "bunk": top + max(82.0, f["post_height"] * 0.72) + 26.0}.get(style, under)
    for sign in (-1.0, 1.0):
        if style == "round_legs":
            b.post(part, (x - 8, sign * (y - 12), under), (x - 4, sign * (y - 6), 0), size * 1.2, size * 0.6,
                section="round", pair=True)
        elif style == "canopy" and f["arch"] > 17:  # turned posts
            r = b.round(size * 0.45)
            steps = [(1.0, 0), (1.25, 0.04), (0.85, 0.09), (1.3, 0.2), (1.3, 0.34), (0.9, 0.4), (1.15, 0.55),
                (0.85, 0.9), (1.3, 0.95), (0.9, 1.0)]
            b.turned(part, spline([(r * u, high * t) for u, t in steps], 2), (x, sign * y, 0), pair=True)
        else:
            b.box(part, (x, sign * y, high / 2), (size, size, high), 1.0, pair=True)
    if style == "canopy":
        rail = b.thick(4.0)
        for sign in (-1.0, 1.0):
            b.box(part, (0, sign * y, high - 4), (2 * x, rail, rail), 0.8)
        b.box(part, (x, 0, high - 4), (rail, 2 * y, rail), 0.8, pair=True)


def _upper(f: Factors, b: Builder, part: int, top: float) -> None:
    """The upper bed of a bunk: its rails, a guard and a ladder."""
    width, length, size = f["width"], f["length"], b.thick(f["leg_thickness"])
    x, y = width / 2 - size * 0.4, length / 2 - size * 0.4
    b.box(part, (0, 0, top - f["rail_depth"] / 2), (width, length, f["rail_depth"]), 2.0)
    rail = b.thick(4.0)
    guard = top + 24.0
    b.box(part, (-x, 0, guard), (rail, 2 * y, rail * 1.4), 0.8)
    b.box(part, (x, y * 0.35, guard), (rail, 1.3 * y, rail * 1.4), 0.8)
    for k in (-0.3, 0.35, 1.0):
        b.box(part, (x, y * k, (top + guard) / 2 - 4), (rail, rail, guard - top + 8), 0.6)
    for sign in (-1.0, 1.0):
        b.box(part, (0, sign * y, guard), (2 * x, rail, rail * 1.4), 0.8)
    low = -y * 0.62
    for side in (-1.0, 1.0):
        b.tube(part, [(x + 16, low + side * 17, 0), (x, low + side * 17, top)], 2.2)
    for k in range(1, 5):
        t = k / 5
        b.tube(part, [(x + 16 * (1 - t), low - 17, top * t), (x + 16 * (1 - t), low + 17, top * t)], 2.0)


def _bedding(f: Factors, b: Builder, mattress: int, blanket: int, pillows: int, level: float) -> None:
    width, length, high = f["width"], f["length"], f["mattress_height"]
    b.box(mattress, (0, 0, level + high / 2 - 2), (width * 0.97, length * 0.97, high + 4), min(6.0, high * 0.35))
    cover, top = f.word("cover"), level + high
    share = f["blanket"]
    if cover == "blanket":
        b.box(blanket, (0, length * (0.485 * share - 0.485), top - high * 0.35 + 0.8),
            (width * 0.97 + 3.5, length * 0.97 * share + 2, high * 0.7 + 2), 4.0)
    elif cover == "duvet":
        b.blob(blanket, (0, length * (0.47 * share - 0.485), top), (width * 1.02, length * 0.99 * share, 15.0), 5.0,
            2.4)
    elif cover == "throw":
        b.box(blanket, (0, -length * 0.26, top - high * 0.45 + 1.2),
            (width * 0.97 + 4.5, length * 0.24, high * 0.9 + 3), 4.0)
    count = f.whole("pillow_count") if width > 125 else 1
    row = 2 if width > 125 and count > 1 else 1
    if count == 3:
        row = 3 if width > 165 else 2
    for k in range(count):
        layer, place = divmod(k, row)
        wide = min(0.92 * width / row, 74.0) * (1.0 - 0.25 * layer)
        x = (place - (row - 1) / 2) * 0.92 * width / row * (1.0 - 0.2 * layer)
        frame = WORLD.at(x, length * 0.37 - layer * 15.0, top + 4.0 + 3 * layer).tilt(-10 - 24 * layer)
        b.blob(pillows, (0, 0, 0), (wide, 42.0 - 8 * layer, f["pillow_height"]), 4.0, 2.0, frame=frame)


def _board(f: Factors, b: Builder, part: int, y: float, top: float, outwards: float) -> None:
    """A head- or footboard that stands on the floor behind ``y``, in the style of the headboard."""
    style, half = f.word("headboard"), f["width"] / 2 + 2.0
    thick = b.thick(f["board_thickness"])
    middle = y + outwards * thick * 0.3
    frame = WORLD.at(0, middle, 0)
    rise = min(f["arch"], 0.35 * top)
    low = 0.0 if f.word("base") not in ("round_legs", "platform") else f["rail_height"] * 0.35
    if style == "panel":
        outline = fillet(arched(half, top - low, rise * 0.3), 8, 2, closed=True)
        outline[:, 1] += low
        b.plate(part, outline, -thick / 2, thick / 2, min(2.5, thick * 0.4), axis="y", frame=frame)
    elif style == "arched":
        outline = fillet(arched(half, top - low, rise * 1.6), 4, 2, closed=True)
        outline[:, 1] += low
        b.plate(part, outline, -thick / 2, thick / 2, thick * 0.4, axis="y", frame=frame)
        size = b.thick(f["leg_thickness"])
        b.box(part, (half - size / 2, 0, (top - rise * 1.4) / 2), (size, max(size, thick * 1.2), top - rise * 1.4),
            1.5, frame=frame, pair=True)
    elif style in ("slats", "spindles"):
        _barred(f, b, part, frame.origin[1], top, half, style, rise)
    elif style == "channels":
        b.box(part, (0, 0, (low + top) / 2), (2 * half, thick, top - low), 2.0, frame=frame)
        n = f.whole("slat_count") + 1
        for k in range(n):
            x = (k + 0.5 - n / 2) * 2 * half / n
            b.blob(part, (x, -outwards * thick * 0.3, (f["rail_height"] + top) / 2),
                (2 * half / n * 1.08, thick * 1.1, top - f["rail_height"] + 2), 2.2, 6.0, frame=frame)
    elif style == "wing":
        b.box(part, (0, 0, (low + top) / 2), (2 * half, thick, top - low), 3.0, frame=frame)
        wall = b.thick(7.0)
        side = fillet([(thick * 0.4, low), (thick * 0.4, top), (-20.0, top - 4), (-26.0, top * 0.6), (-20.0, low)], 8,
            3, closed=True)
        side[:, 0] *= outwards
        b.plate(part, side, half - wall * 0.3, half + wall * 0.7, 2.0, axis="x", frame=frame, pair=True)
    else:  # sleigh: a board that rolls outwards at its top
        curl = 0.32 * (top - f["rail_height"]) + 6
        path = spline([(0, low), (0, top * 0.45), (outwards * 2, top * 0.7), (outwards * curl * 0.45, top * 0.93),
            (outwards * curl, top)], 4)
        b.plate(part, stroke(path, thick), -half, half, 1.5, axis="x", frame=frame)
        r = thick * 0.8
        b.lathe(part, [(0, -half), (r, -half), (r, half), (0, half)], (0, outwards * curl, top - r * 0.3), axis="x",
            frame=frame)


def _barred(f: Factors, b: Builder, part: int, y: float, top: float, half: float, style: str, rise: float) -> None:
    """Posts and rails with vertical slats, or a metal arch with thin bars."""
    size = b.thick(f["leg_thickness"] * 0.85)
    low, count = f["rail_height"] - 6.0, f.whole("slat_count")
    frame = WORLD.at(0, y, 0)
    if style == "slats":
        b.box(part, (half - size / 2, 0, top / 2), (size, size, top), 1.2, frame=frame, pair=True)
        b.box(part, (0, 0, top - size * 0.7), (2 * half - size, size * 0.8, size * 1.4), 1.2, frame=frame)
        b.box(part, (0, 0, low), (2 * half - size, size * 0.8, size), 1.0, frame=frame)
        for k in range(count):
            x = (k + 0.5 - count / 2) * (2 * half - size) / count
            b.box(part, (x, 0, (low + top - size) / 2), ((2 * half) / count * 0.5, b.thick(3.0), top - size - low),
                0.6, frame=frame)
        return
    r = b.round(2.2)
    shoulder = top - rise
    arch = spline([(-half + r, 0, 0), (-half + r, 0, shoulder * 0.6), (-half + r, 0, shoulder),
        (-half * 0.62, 0, top - rise * 0.22), (0, 0, top), (half * 0.62, 0, top - rise * 0.22), (half - r, 0,
            shoulder), (half - r, 0, shoulder * 0.6), (half - r, 0, 0)], 3)
    b.tube(part, arch, r, frame=frame)
    b.tube(part, [(-half + r, 0, low), (half - r, 0, low)], r, frame=frame)
    for k in range(count):
        u = -1 + 2 * (k + 1) / (count + 1)
        b.tube(part, [(u * (half - r), 0, low), (u * (half - r), 0, top - rise * abs(u) ** 2.4 * 0.9 - r * 0.5)],
            r * 0.8, frame=frame)


def _footboard(f: Factors, b: Builder, part: int) -> None:
    style, y = f.word("footboard"), -f["length"] / 2
    if style == "none":
        return
    thick = b.thick(f["board_thickness"] * 0.8)
    base = f["rail_height"] + f["mattress_height"]
    if style == "match":
        _board(f, b, part, y, base + max(10.0, f["headboard_height"] * f["footboard_height"]), -1.0)
    elif style == "low":
        outline = fillet(arched(f["width"] / 2 + 2, base + 4, 5.0), 5, 2, closed=True)
        b.plate(part, outline, -thick / 2, thick / 2, 2.0, axis="y", frame=WORLD.at(0, y - thick * 0.3, 0))
    elif style == "bench":
        deep, high = 36.0 + f["arch"], f["rail_height"] + 5.0
        b.plate(part, superellipse(f["width"] * 0.46, deep / 2, 6.0), high - 12, high, 4.0,
            frame=WORLD.at(0, y - deep * 0.46, 0))
        for sign in (-1.0, 1.0):
            b.post(part, (f["width"] * 0.36, y - deep * 0.46 + sign * deep * 0.3, high - 8),
                (f["width"] * 0.38, y - deep * 0.46 + sign * deep * 0.34, 0), 7.0, 4.5, section="round", pair=True)
    else:
        size = b.thick(f["leg_thickness"])
        high = base + 22.0 * f["footboard_height"] + 6
        x = f["width"] / 2 - size * 0.3
        b.box(part, (x, y, high / 2), (size * 1.1, size * 1.1, high), 1.2, pair=True)
        b.blob(part, (x, y, high + size * 0.4), (size * 1.5, size * 1.5, size * 1.5), pair=True)
        b.plate(part, stroke(bow(x, 3.0) + [[0, 1.5]], thick * 0.7), f["rail_height"] - 4, base - 2, 1.0,
            frame=WORLD.at(0, y, 0))


SPEC = ClassSpec("bed", STRUCTURE, draw, build)
