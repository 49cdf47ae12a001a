"""Cars: the front looks to -y; ten bodies, cut wheel arches, glass, wheels with rims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voxstudio.data.parametric import palettes
from voxstudio.data.parametric.builder import WORLD, Builder, along, cut_plate
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import Curve, fillet, spline, superellipse
from voxstudio.data.parametric.solids import Extrusion, Solid

STRUCTURE = {
    "body": ("sedan", "hatchback", "wagon", "suv", "coupe", "pickup", "van", "roadster", "bubble", "offroad"),
    "fender": ("flush", "flared", "pontoon"),
    "wheel_style": ("disc", "spokes", "deep"),
    "extra": ("none", "rack", "spoiler", "roof_box", "spare", "bullbar"),
}


@dataclass(frozen=True)
class Body:
    """Side view as fractions of length (from the middle, front negative) and of height."""

    screen: tuple[float, float]  # foot and top of the windscreen
    rear: tuple[float, float]  # rear end of the roof, foot of the rear window
    nose: float  # height of the bonnet's front edge, fraction of the belt
    deck: float  # height of the boot lid, fraction of the belt
    height: tuple[float, float]  # cm
    length: tuple[float, float]  # cm
    clearance: float  # cm
    belt: float  # belt line, fraction of the height


BODIES = {
    "sedan": Body((-0.17, -0.05), (0.17, 0.31), 0.80, 0.97, (138, 150), (430, 500), 17, 0.62),
    "hatchback": Body((-0.22, -0.08), (0.32, 0.455), 0.80, 0.92, (142, 158), (350, 430), 17, 0.60),
    "wagon": Body((-0.18, -0.06), (0.38, 0.465), 0.80, 0.95, (142, 154), (440, 495), 17, 0.62),
    "suv": Body((-0.2, -0.1), (0.37, 0.46), 0.88, 0.95, (165, 186), (420, 490), 24, 0.62),
    "coupe": Body((-0.12, 0.01), (0.13, 0.40), 0.86, 0.96, (122, 136), (420, 480), 14, 0.64),
    "pickup": Body((-0.19, -0.1), (0.07, 0.11), 0.88, 0.94, (165, 188), (480, 550), 27, 0.62),
    "van": Body((-0.44, -0.3), (0.46, 0.485), 0.80, 0.95, (185, 240), (430, 530), 20, 0.52),
    "roadster": Body((-0.12, -0.04), (-0.02, 0.0), 0.86, 0.95, (116, 128), (380, 440), 14, 0.70),
    "bubble": Body((-0.2, -0.06), (0.2, 0.44), 0.72, 0.72, (142, 156), (340, 410), 18, 0.58),
    "offroad": Body((-0.16, -0.12), (0.43, 0.45), 0.95, 0.96, (175, 198), (380, 450), 29, 0.60),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    body = BODIES[d.drawn("body")]
    d.number("length", *body.length)
    d.number("width", 164, 196)
    d.number("height", *body.height)
    big = d.drawn("body") in ("suv", "pickup", "offroad")
    flat = d.drawn("body") in ("coupe", "roadster")  # the wheels must fit under the bonnet
    d.number("wheel_radius", 35 if big else 27 if flat else 29, 43 if big else 30 if flat else 36)
    d.number("wheel_width", 18, 27)
    d.number("wheelbase", 0.56, 0.63)
    d.number("nose_length", -0.02, 0.02)
    d.number("roundness", 8, 30)
    pickup = d.drawn("body") == "pickup"  # its tailgate must reach the corners
    d.number("plan_power", 6.5 if pickup else 4.0, 9.0 if pickup else 8.0)
    d.number("tumblehome", 0.16, 0.34)
    d.number("belt_rise", -0.02, 0.05)
    d.number("rake", -0.03, 0.03)
    d.count("spoke_count", 4, 7)
    d.word("lamp_style", ("round", "slim", "tall"))
    d.word("paint", palettes.names(palettes.PAINTS))
    d.word("roof_paint", ("same", "black", "white"), (5, 1, 1))
    d.word("rim", palettes.names(palettes.METALS)[:4])


@dataclass(frozen=True, eq=False)
class Lines:
    """The car's main lines in cm."""

    lower: Curve
    cabin: Curve
    belt: float
    clearance: float
    front_axle: float
    rear_axle: float


def _lines(f: Factors) -> Lines:
    body, length, height = BODIES[f.word("body")], f["length"], f["height"]
    clear, belt = body.clearance, body.belt * height
    half, rise = length / 2, f["belt_rise"] * height
    nose = clear + (belt - clear) * body.nose
    deck = clear + (belt - clear) * body.deck + rise
    foot = (body.screen[0] + f["nose_length"]) * length
    crest = (body.screen[1] + f["nose_length"] + f["rake"] * 0.5) * length
    end, tail = (body.rear[0] + f["rake"]) * length, min(body.rear[1], 0.485) * length
    points = [(-half + 8, clear), (-half, clear + 0.3 * (belt - clear)), (-half + 2, nose - 10), (-half + 14, nose),
        (foot * 0.5 - half * 0.5, nose * 0.35 + belt * 0.65),
              (foot, belt), (tail, belt + rise), (half - 12, deck), (half - 1, deck - 12), (half,
                  clear + 0.35 * (belt - clear)), (half - 10, clear)]
    if f.word("body") == "bubble":
        lower = spline([(-half * 0.9, clear), (-half, clear + 0.35 * (nose - clear)), (-half * 0.86, nose),
            (foot * 1.35, belt * 0.96), (foot, belt), (half * 0.62, belt), (half * 0.92, belt * 0.72), (half * 0.98,
                clear * 1.5), (half * 0.86, clear)], 3, closed=True)
        cabin = spline([(foot - 4, belt - 8), (foot * 0.75, belt + 0.5 * (height - belt)), (crest, height * 0.975),
            (0.05 * length, height), (end, height * 0.955), (0.34 * length, belt + 0.42 * (height - belt)), (tail,
                belt - 12)], 3, closed=True)
    else:
        lower = fillet(points, f["roundness"], 3, closed=True)
        roof = height
        cabin = fillet([(foot - 3, belt - 8), (crest, roof * 0.985), (crest * 0.5 + end * 0.5, roof),
            (end, roof * 0.975), (tail, belt + rise - 8)], f["roundness"] * 1.3, 3, closed=True)
    base = f["wheelbase"] * length
    shift = (0.012 if f.word("body") != "van" else -0.01) * length
    return Lines(lower, cabin, belt, clear, -base / 2 - shift, base / 2 - shift)


def build(f: Factors, b: Builder) -> None:
    """Build a car from its factors."""
    paint = palettes.PAINTS[f.word("paint")]
    roof = {"same": paint, "black": palettes.PAINTS["black"], "white": palettes.PAINTS["white"]}[f.word("roof_paint")]
    body = b.part("body", paint, "paint")
    cabin = b.part("roof", roof, "paint")
    glass = b.part("glass", palettes.GLASS, "glass")
    tyres = b.part("tyres", palettes.RUBBER, "rubber")
    rims = b.part("rims", palettes.METALS[f.word("rim")], "metal")
    trim = b.part("trim", palettes.PLASTICS["black"], "plastic")
    lamps = b.part("lamps", (246, 242, 226), "glass")
    tails = b.part("tail lamps", (170, 34, 34), "glass")
    seats = b.part("seats", palettes.FABRICS["tan"], "fabric")
    lines = _lines(f)
    _body(f, b, lines, body, trim)
    if f.word("body") == "roadster":
        _cockpit(f, b, lines, glass, seats)
    else:
        _cabin(f, b, lines, cabin, glass)
    _wheels(f, b, lines, tyres, rims)
    _fenders(f, b, lines, body, trim)
    _details(f, b, lines, lamps, tails, trim, body)
    _extra(f, b, lines, trim, tyres, body)


def _plan(f: Factors) -> Solid:
    """Rounded outline seen from above, to which all painted parts are cut."""
    outline = superellipse(f["width"] / 2, f["length"] / 2 + 0.5, f["plan_power"], 40)
    return cut_plate(outline, -50, 400)


def _arches(f: Factors, lines: Lines) -> list[Solid]:
    """Cylinders that are cut out for the wheels, from the outside inwards."""
    r = f["wheel_radius"]
    depth = f["wheel_width"] + 6
    cuts = []
    for y in (lines.front_axle, lines.rear_axle):
        circle = superellipse(r + 5.5, r + 5.5, 2.2, 28) + np.array([y, r])
        for low in (f["width"] / 2 - depth, -f["width"] / 2 - 40):
            cuts.append(cut_plate(circle, low, low + depth + 40, "x"))
    return cuts


def _body(f: Factors, b: Builder, lines: Lines, body: int, trim: int) -> None:
    cuts = _arches(f, lines)
    half = f["width"] / 2
    if f.word("body") == "pickup":
        bed = fillet([(0.135 * f["length"], lines.belt * 0.62), (0.458 * f["length"], lines.belt * 0.62),
            (0.458 * f["length"], 400), (0.135 * f["length"], 400)], 4, closed=True)
        wall = b.thick(9.0)
        cuts.append(cut_plate(bed, -half + wall, half - wall, "x"))
    if f.word("body") == "roadster":
        well = fillet([(-0.06 * f["length"], lines.belt - 28), (0.14 * f["length"], lines.belt - 28),
            (0.2 * f["length"], 400), (-0.1 * f["length"], 400)], 10, closed=True)
        cuts.append(cut_plate(well, -half + 17, half - 17, "x"))
    # Sides lean in above the wheels.
    b.plate(body, lines.lower, -half, half, min(f["roundness"], 22.0), axis="x", keeps=[_plan(f)], cuts=cuts,
            narrow=(1, lines.belt * 0.72, lines.belt * 1.1, 0.1))
    sill = b.thick(9.0)
    b.box(trim, (0, (lines.front_axle + lines.rear_axle) / 2, lines.clearance + sill * 0.3),
        (f["width"] * 0.98, lines.rear_axle - lines.front_axle - 2 * f["wheel_radius"] - 14, sill), 3.0)


def _cabin(f: Factors, b: Builder, lines: Lines, part: int, glass: int) -> None:
    half = f["width"] / 2 * 0.93
    lean = (1, lines.belt, f["height"], f["tumblehome"])
    rounding = 9.0
    b.plate(part, lines.cabin, -half, half, rounding, axis="x", narrow=lean, keeps=[_plan(f)])
    # Panes lie a hair above the paint: the side windows are wider, the screens longer than the cabin.
    pillar = b.thick(7.0)
    top = f["height"] - max(0.09 * f["height"], b.thick(9.0))
    low = lines.belt + 3.0
    y0, y1 = float(lines.cabin[:, 0].min()), float(lines.cabin[:, 0].max())
    middle = y0 + 0.52 * (y1 - y0)
    for start, end in ((y0, middle - pillar * 0.4), (middle + pillar * 0.4, y1)):
        if f.word("body") == "van" and f["roundness"] > 15 and start > y0:
            continue  # a panel van
        window = [(start - 1, low), (end + 1, low), (end + 1, top), (start - 1, top)]
        keep = cut_plate(np.array(window), -400, 400, "x")
        inner = cut_plate(lines.cabin, -400, 400, "x", grow=-pillar)
        b.plate(glass, lines.cabin, -half - 1.2, half + 1.2, rounding, axis="x", narrow=lean, keeps=[keep, inner])
    band = cut_plate(np.array([(y0 - 20, low), (y1 + 20, low), (y1 + 20, top + 3), (y0 - 20, top + 3)]),
        -half * (0.97 - f["tumblehome"] * 0.55), half * (0.97 - f["tumblehome"] * 0.55), "x")
    solid = Extrusion(lines.cabin, half, rounding, lean, grow=1.3)
    b.add(glass, solid, along("x"), keeps=[band, _plan(f)])


def _cockpit(f: Factors, b: Builder, lines: Lines, glass: int, seats: int) -> None:
    half, top = f["width"] / 2, f["height"]
    frame = WORLD.at(0, -0.1 * f["length"], lines.belt - 6).tilt(48)
    outline = superellipse(half * 0.8, (top - lines.belt + 8) * 1.3, 3.0)
    b.plate(glass, outline, -b.thick(3.0) / 2, b.thick(3.0) / 2, 1.0, axis="y", frame=frame,
        keeps=[cut_plate(np.array([(-400, lines.belt - 9), (400, lines.belt - 9), (400, 400), (-400, 400)]), -400,
            400, "x")])
    x = half * 0.4
    b.box(seats, (x, 0.045 * f["length"], lines.belt - 24), (44, 46, 18), 6.0, pair=True)
    b.box(seats, (x, 0.1 * f["length"], lines.belt - 6), (44, 14, 56), 6.0, frame=WORLD, pair=True)
    b.blob(seats, (x, 0.1 * f["length"] + 2, lines.belt + 22), (28, 13, 20), pair=True)


def _wheels(f: Factors, b: Builder, lines: Lines, tyres: int, rims: int) -> None:
    r, w = f["wheel_radius"], b.thick(f["wheel_width"])
    x = f["width"] / 2 - w / 2 - 1.0
    style = f.word("wheel_style")
    for y in (lines.front_axle, lines.rear_axle):
        tyre = fillet([(0, -w / 2), (r - 1, -w / 2), (r, -w / 2 + 4), (r, w / 2 - 4), (r - 1, w / 2), (0, w / 2)], 3, 2)
        b.lathe(tyres, tyre, (x, y, r), axis="x", pair=True)
        rim = r * 0.66
        if style == "disc":
            b.lathe(rims, [(0, w * 0.4), (rim, w * 0.4), (rim, w / 2 + 0.8), (rim * 0.5, w / 2 + 3.0),
                (0, w / 2 + 3.2)], (x, y, r), axis="x", pair=True)
        elif style == "deep":
            b.lathe(rims, [(rim * 0.86, w * 0.3), (rim * 1.06, w * 0.3), (rim * 1.06, w / 2 + 1.6),
                (rim * 0.86, w / 2 + 1.6)], (x, y, r), axis="x", pair=True)
            b.lathe(rims, [(0, w * 0.3), (rim * 0.4, w * 0.3), (rim * 0.34, w / 2 + 2.4), (0, w / 2 + 2.4)],
                (x, y, r), axis="x", pair=True)
        else:
            b.lathe(rims, [(rim * 0.84, w * 0.3), (rim * 1.04, w * 0.3), (rim * 1.04, w / 2 + 1.2),
                (rim * 0.84, w / 2 + 1.2)], (x, y, r), axis="x", pair=True)
            count = f.whole("spoke_count")
            for k in range(count):
                t = 2 * np.pi * k / count
                end = (x + w / 2 - 1.0, y + rim * 0.9 * float(np.sin(t)), r + rim * 0.9 * float(np.cos(t)))
                b.tube(rims, [(x + w / 2 - 0.5, y, r), end], 3.0, pair=True)
        b.tube(tyres, [(-x, y, r), (x, y, r)], 6.0)


def _fenders(f: Factors, b: Builder, lines: Lines, body: int, trim: int) -> None:
    style = f.word("fender")
    if style == "flush":
        return
    r, half = f["wheel_radius"], f["width"] / 2
    cuts = _arches(f, lines)
    for y in (lines.front_axle, lines.rear_axle):
        if style == "flared":
            ring = superellipse(r + 14, r + 13, 2.2, 28) + np.array([y, r])
            above = cut_plate(np.array([(y - 200, r * 0.75), (y + 200, r * 0.75), (y + 200, 400), (y - 200, 400)]),
                -400, 400, "x")
            part = trim if f.word("body") in ("suv", "offroad", "pickup") else body
            b.plate(part, ring, half - 22, half + 2.5, 3.0, axis="x", cuts=cuts, keeps=[above], pair=True)
        else:  # pontoons: separate rounded mudguards of an old car
            above = cut_plate(np.array([(y - 200, r * 0.72), (y + 200, r * 0.72), (y + 200, 400), (y - 200, 400)]),
                -400, 400, "x")
            b.blob(body, (half - 19, y + 3, r * 1.05), (44, 2 * r + 54, 2 * r + 26), 2.6, 2.6, cuts=cuts,
                keeps=[above], pair=True)


def _details(f: Factors, b: Builder, lines: Lines, lamps: int, tails: int, trim: int, body: int) -> None:
    half, length = f["width"] / 2, f["length"]
    level = lines.clearance + (lines.belt - lines.clearance) * 0.62
    inset = 0.66 * half
    power = f["plan_power"]  # the plan's corners round off: lamps lie where they do
    front, rear = (length / 2 * (1 - u**power) ** (1 / power) for u in (0.66, 0.78))
    style = f.word("lamp_style")
    size = {"round": (22.0, 20.0, 22.0), "slim": (38.0, 20.0, 12.0), "tall": (20.0, 22.0, 30.0)}[style]
    b.blob(lamps, (inset, 7 - front, level), size, 2.6, 2.6, pair=True)
    b.blob(tails, (inset * 1.08, rear - 5, level + 4), (24.0, 22.0, 20.0), 3.0, 3.0, pair=True)
    bar = b.thick(12.0)
    plan = superellipse(half * 0.99, length / 2 + 3.0, f["plan_power"], 40)
    for sign in (-1.0, 1.0):
        span = (-length / 2 - 10, -length / 2 + 0.13 * length)
        if sign > 0:
            span = (-span[1], -span[0])
        keep = cut_plate(np.array([(-400, span[0]), (400, span[0]), (400, span[1]), (-400, span[1])]), -50, 400)
        arches = _arches(f, lines)
        b.plate(trim, plan, lines.clearance, lines.clearance + bar + 5, 4.0, keeps=[keep], cuts=arches)
    b.box(trim, (0, -length / 2 + 5.5, level - 7), (half * 0.72, 12, b.thick(15.0)), 4.0)
    if f.word("body") != "roadster":
        foot = float(lines.cabin[:, 0].min()) + 0.09 * length
        b.blob(body, (half * 0.95 + 5, foot, lines.belt + 9), (b.thick(22.0), b.thick(11.0), b.thick(15.0)), 3.0, 3.0,
            pair=True)


def _extra(f: Factors, b: Builder, lines: Lines, trim: int, tyres: int, body: int) -> None:
    kind, length, half, top = f.word("extra"), f["length"], f["width"] / 2, f["height"]
    closed = f.word("body") not in ("roadster",)
    y0, y1 = float(lines.cabin[:, 0].min()), float(lines.cabin[:, 0].max())
    flat = lines.cabin[lines.cabin[:, 1] > 0.95 * top]
    if len(flat) >= 2:
        y0, y1 = float(flat[:, 0].min()), float(flat[:, 0].max())
    x = half * (1 - f["tumblehome"]) * 0.76
    if kind == "rack" and closed:
        r = b.round(3.0)
        b.tube(trim, fillet([(x, y0, top * 0.95), (x, y0 + 10, top + 9), (x, y1 - 10, top + 9), (x, y1, top * 0.95)],
            8, 3), r, pair=True)
        for t in (0.25, 0.75):
            b.tube(trim, [(-x, y0 + t * (y1 - y0), top + 9), (x, y0 + t * (y1 - y0), top + 9)], r)
    elif kind == "roof_box" and closed:
        b.blob(trim, (0, (y0 + y1) / 2, top + 12), (half * 0.9, max(y1 - y0, 110), 34), 4.0, 2.6)
    elif kind == "spoiler":
        rear = 0.46 * length
        level = float(np.interp(rear, *lines.lower[np.argsort(lines.lower[:,
            0])][lines.lower[np.argsort(lines.lower[:, 0])][:, 1] > lines.belt * 0.6].T))
        if f.word("body") == "pickup":
            level = lines.belt * 0.9
        b.box(body, (half * 0.62 if f.word("body") != "pickup" else half * 0.8, rear - 6, level + 2),
            (b.thick(8.0), 22, 44), 2.0, pair=True)
        b.box(body, (0, rear - 4, level + 22), (f["width"] * 0.86, 34, b.thick(7.0)), 3.0, frame=WORLD)
    elif kind == "spare":
        r, w = f["wheel_radius"] * 0.92, b.thick(20.0)
        level = lines.clearance + r + 14
        b.lathe(tyres, fillet([(0, -w / 2), (r, -w / 2), (r, w / 2), (0, w / 2)], 4, 2),
            (0, length / 2 + w * 0.3, level), axis="y")
        b.lathe(trim, [(0, 0), (r * 0.6, 0), (r * 0.5, 2.4), (0, 2.4)], (0, length / 2 + w * 0.8, level), axis="y")
    elif kind == "bullbar":
        r = b.round(4.0)
        front = -length / 2 - 8
        low, high = lines.clearance + 6, lines.clearance + (lines.belt - lines.clearance) * 0.85
        path = fillet([(half * 0.5, front + 18, low), (half * 0.55, front, low + 6), (half * 0.4, front, high),
            (-half * 0.4, front, high), (-half * 0.55, front, low + 6), (-half * 0.5, front + 18, low)], 12, 3)
        b.tube(trim, path, r)
        b.tube(trim, [(-half * 0.48, front, (low + high) / 2), (half * 0.48, front, (low + high) / 2)], r)


SPEC = ClassSpec("car", STRUCTURE, draw, build)
