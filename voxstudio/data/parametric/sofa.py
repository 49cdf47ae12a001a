"""Sofas: two to four seats, corner sofas, chaises, with soft or channelled backs."""

from __future__ import annotations

import numpy as np

from voxstudio.data.parametric import palettes
from voxstudio.data.parametric.builder import WORLD, Builder
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import arched, bow, fillet, spline, stroke

STRUCTURE = {
    "plan": ("straight", "corner", "chaise", "curved"),
    "arm_style": ("block", "rolled", "slope", "slim", "none", "pillow"),
    "back_style": ("cushions", "plain", "camel", "channels", "low", "wing"),
    "feet": ("peg", "taper", "plinth", "sled", "bun"),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    d.count("seat_count", 2, 4)
    d.number("seat_pitch", 52, 70)
    d.number("depth", 76, 102)
    d.number("seat_height", 36, 47)
    d.number("cushion_height", 10, 18)
    d.number("back_height", 30, 52)
    d.number("back_thickness", 15, 24)
    d.number("back_tilt", 3, 13)
    d.number("arm_width", 10, 26)
    d.number("arm_height", 14, 28)
    d.number("foot_height", 5, 17)
    d.number("wing_length", 50, 95)
    d.number("arch", 4, 15)
    d.number("softness", 0.3, 1.0)
    d.count("channel_count", 5, 9)
    d.count("pillow_count", 0, 3)
    d.number("pillow_size", 34, 46)
    d.word("side", ("left", "right"))
    d.word("fabric", palettes.names(palettes.FABRICS))
    d.word("pillow_fabric", palettes.names(palettes.FABRICS))
    d.word("foot_color", (*palettes.names(palettes.WOODS), "black steel", "brass", "chrome"))


def build(f: Factors, b: Builder) -> None:
    """Build a sofa from its factors."""
    metals = {"black steel": "black", "brass": "brass", "chrome": "chrome"}
    name = f.word("foot_color")
    foot_color, foot_material = (palettes.METALS[metals[name]], "metal") if name in metals else (palettes.WOODS[name],
        "wood")
    fabric = palettes.FABRICS[f.word("fabric")]
    body = b.part("body", fabric, "fabric")
    seats = b.part("seat cushions", palettes.lighter(fabric, 0.10), "fabric")
    backs = b.part("back", palettes.lighter(fabric, 0.05), "fabric")
    arms = b.part("arms", palettes.darker(fabric, 0.93), "fabric")
    feet = b.part("feet", foot_color, foot_material)
    pillows = b.part("pillows", palettes.FABRICS[f.word("pillow_fabric")], "fabric")
    width = f.whole("seat_count") * f["seat_pitch"]
    arm = 0.0 if f.word("arm_style") == "none" else (7.0 if f.word("arm_style") == "slim" else f["arm_width"])
    sign = -1.0 if f.word("side") == "left" else 1.0
    _seat(f, b, body, seats, width, sign)
    _back(f, b, backs, width, arm)
    _arms(f, b, arms, width, arm, sign)
    _feet(f, b, feet, width, sign)
    _pillows(f, b, pillows, width)


def _deep(f: Factors) -> tuple[float, float]:
    """The y of the seat's front and of the back's front face."""
    return -f["depth"] / 2, f["depth"] / 2 - f["back_thickness"]


def _extension(f: Factors, width: float, sign: float) -> tuple[float, float, float]:
    """Of a corner or chaise: lowest and highest x of the part that runs forward, and its front y."""
    wide = f["seat_pitch"] * (1.0 if f.word("plan") == "chaise" else 1.05)
    outer = sign * width / 2
    inner = outer - sign * wide
    reach = f["wing_length"] * (0.75 if f.word("plan") == "chaise" else 1.0)
    return min(outer, inner), max(outer, inner), -f["depth"] / 2 - reach


def _seat(f: Factors, b: Builder, body: int, seats: int, width: float, sign: float) -> None:
    front, rear = _deep(f)
    base, top, soft = f["foot_height"], f["seat_height"], f["cushion_height"]
    deck = max(top - soft, base + 6.0)
    count, plan = f.whole("seat_count"), f.word("plan")
    power = 7.0 - 2.5 * f["softness"]
    if plan == "curved":
        sweep = 0.14 * width
        arc = bow(width / 2, sweep, 13) + np.array([0.0, (front + rear + 8) / 2 + sweep * 0.45])
        deep = rear + 8 - front
        b.plate(body, stroke(arc, deep), base, deck + 1, 2.5)
        b.plate(seats, stroke(arc, deep * 0.96), deck, top, min(5.0, soft * 0.42))
        return
    b.box(body, (0, (front + f["depth"] / 2) / 2, (base + deck) / 2), (width, f["depth"], deck - base + 1), 2.0)
    lo, hi, reach = _extension(f, width, sign)
    if plan in ("corner", "chaise"):
        b.box(body, ((lo + hi) / 2, (reach + rear) / 2, (base + deck) / 2), (hi - lo, rear - reach, deck - base + 1),
            2.0)
        b.blob(seats, ((lo + hi) / 2, (reach + rear) / 2, (deck + top) / 2),
            ((hi - lo) * 0.99, rear - reach, top - deck + 3), power + 2, 3.0)
    for k in range(count):
        x = (k + 0.5 - count / 2) * width / count
        if plan in ("corner", "chaise") and lo - 1 < x < hi + 1:
            continue
        b.blob(seats, (x, (front + rear) / 2 - 0.5, (deck + top) / 2),
            (width / count * 0.99, rear - front + 2, top - deck + 3), power, 3.0)


def _back(f: Factors, b: Builder, part: int, width: float, arm: float) -> None:
    style, thick = f.word("back_style"), f["back_thickness"]
    top = f["back_height"] * (0.62 if style == "low" else 1.0)
    rear = f["depth"] / 2
    low = f["foot_height"]
    rise = f["seat_height"] - low
    frame = WORLD.at(0, rear - thick / 2, low)
    lean = f["back_tilt"]
    half = width / 2
    count = f.whole("seat_count")
    if f.word("plan") == "curved":
        sweep = 0.14 * width
        arc = bow(half + arm * 0.3, sweep, 13) + np.array([0.0, rear - thick / 2 + sweep * 0.45])
        b.plate(part, stroke(arc, thick), low, f["seat_height"] + top, 0.3 * thick)
        if style == "channels":
            for k in range(f.whole("channel_count")):
                u = -1 + (2 * k + 1) / f.whole("channel_count")
                b.blob(part, (u * half, rear - thick + sweep * (0.45 - u * u), f["seat_height"] + top / 2),
                    (2 * half / f.whole("channel_count") * 1.1, thick * 0.8, top * 1.02), 2.2, 5.0)
        return
    tilted = frame.tilt(lean)
    if style == "camel":
        wave = np.linspace(-1, 1, 15)
        crest = np.stack([wave * half, rise + top - f["arch"] * (0.5 - 0.5 * np.cos(np.pi * wave * (1 if count == 2
            else 2)))], axis=1)
        outline = np.concatenate([[[half, 0.0], [-half, 0.0]], crest])
        b.plate(part, outline, -thick / 2, thick / 2, thick * 0.3, axis="y", frame=tilted)
    elif style == "wing":
        b.plate(part, fillet(arched(half, rise + top, f["arch"] * 0.4), 6, closed=True), -thick / 2, thick / 2,
            thick * 0.3, axis="y", frame=tilted)
        reach = 0.36 * f["depth"]
        side = spline([(thick * 0.4, 0), (thick * 0.4, rise + top * 0.98), (-reach * 0.5, rise + top * 0.95),
            (-reach, rise + top * 0.7), (-reach * 0.6, rise + top * 0.3), (-reach * 0.7, 0)], 3, closed=True)
        b.plate(part, side, half - 8, half + 1, 3.0, axis="x", frame=tilted, pair=True)
    else:
        b.box(part, (0, thick * 0.08, (rise + top * 0.94) / 2),
            (width, thick * (0.7 if style == "cushions" else 1.0), rise + top * 0.94), thick * 0.3, frame=tilted)
    if style == "channels":
        n = f.whole("channel_count")
        for k in range(n):
            x = (k + 0.5 - n / 2) * width / n
            b.blob(part, (x, -thick * 0.34, rise + top * 0.48), (width / n * 1.08, thick * 0.75, top * 1.06), 2.2,
                6.0, frame=tilted)
    elif style == "cushions":
        for k in range(count):
            x = (k + 0.5 - count / 2) * width / count
            b.blob(part, (x, -thick * 0.38, rise + top * 0.5 - 1), (width / count * 0.98, thick * 0.95, top * 1.06),
                5.5 - f["softness"], 2.4, frame=tilted.tilt(2))


def _arms(f: Factors, b: Builder, part: int, width: float, arm: float, sign: float) -> None:
    style = f.word("arm_style")
    if style == "none":
        return
    front, _ = _deep(f)
    low, top = f["foot_height"], f["seat_height"] + f["arm_height"]
    rear = f["depth"] / 2 - f["back_thickness"] * 0.2
    plan = f.word("plan")
    half = width / 2
    drop = 0.0
    if plan == "curved":  # the ends of the arc come forward
        drop = 0.14 * width * 0.5
        front, rear = front - drop * 0.6, rear - drop
        half -= 2.0
    for side in (-1.0, 1.0):
        # A chaise has no arm where it runs forward beyond the seat's front edge.
        start = front
        x = side * (half + arm / 2 - 1)
        if plan == "corner" and side == sign:
            _, _, reach = _extension(f, width, sign)
            start = reach
        middle, deep = (start + rear) / 2, rear - start
        if style == "rolled":
            r = min(0.5 * arm + 3.0, 13.0)
            b.box(part, (x, middle, (low + top - r) / 2), (arm * 0.8, deep, top - r - low), 2.0)
            b.lathe(part, [(0, -deep / 2), (r, -deep / 2), (r, deep / 2), (0, deep / 2)],
                (x + side * 1.5, middle, top - r), axis="y")
        elif style == "slope":
            outline = fillet([(start, low), (rear, low), (rear, top + 5), (start + deep * 0.45, top - 2),
                (start, top - f["arm_height"] * 0.6)], 8, closed=True)
            b.plate(part, outline, x - arm / 2, x + arm / 2, 2.5, axis="x")
        elif style == "pillow":
            b.box(part, (x, middle, (low + top - 6) / 2), (arm * 0.86, deep, top - 6 - low), 2.0)
            b.blob(part, (x, middle, top - 5), (arm * 1.2, deep * 1.0, 14), 5.0, 2.5)
        else:
            b.box(part, (x, middle, (low + top) / 2), (arm, deep, top - low), min(4.0, arm * 0.35))


def _feet(f: Factors, b: Builder, part: int, width: float, sign: float) -> None:
    style, high = f.word("feet"), f["foot_height"]
    front, rear = -f["depth"] / 2, f["depth"] / 2
    spots = [(-0.44 * width, front + 8.0), (0.44 * width, front + 8.0), (-0.44 * width, rear - 9.0),
        (0.44 * width, rear - 9.0)]
    plan = f.word("plan")
    if plan == "curved":
        spots = []
        deep = f["depth"] - f["back_thickness"] + 8
        for u in (-0.82, 0.82, 0.0):
            y = (8 - f["back_thickness"]) / 2 + 0.14 * width * (0.45 - u * u)
            spots += [(u * width / 2, y - 0.3 * deep), (u * width / 2 * 0.97, y + 0.28 * deep)]
    if plan in ("corner", "chaise"):
        lo, hi, reach = _extension(f, width, sign)
        spots += [(lo + 7, reach + 8), (hi - 7, reach + 8)]
    if style == "plinth":
        if plan == "curved":
            arc = bow(width * 0.46, 0.125 * width, 13) + np.array([0.0, 0.06 * width - 4])
            b.plate(part, stroke(arc, f["depth"] * 0.5), 0, high + 2, 1.0)
            return
        b.box(part, (0, 2, high / 2 + 1), (width * 0.94, f["depth"] * 0.88, high + 2), 1.0)
        if plan in ("corner", "chaise"):
            lo, hi, reach = _extension(f, width, sign)
            b.box(part, ((lo + hi) / 2, (reach + rear) / 2, high / 2 + 1),
                ((hi - lo) * 0.88, (rear - reach) * 0.93, high + 2), 1.0)
        return
    for x, y in spots:
        if style == "sled":
            continue
        if style == "bun":
            b.blob(part, (x, y, high * 0.5), (max(10.0, high * 1.1), max(10.0, high * 1.1), high * 1.3), 2.0, 2.6)
        else:
            out = 3.0 if style == "taper" else 0.0
            side = 1.0 if x > 0 else -1.0 if x < 0 else 0.0
            b.post(part, (x, y, high + 2), (x + out * side, y + out * (-1 if y < 0 else 1) * 0.6, 0), 6.5,
                3.6 if style == "taper" else 6.0, section="round" if style == "taper" else "square")
    if style == "sled":
        r = b.round(1.6)
        for i in range(0, len(spots), 2):
            (xa, ya), (xb, yb) = spots[i], spots[i + 1]
            b.tube(part, fillet([(xa, ya, high + 3), (xa, ya, r), (xb, yb, r), (xb, yb, high + 3)], 4, 3), r)


def _pillows(f: Factors, b: Builder, part: int, width: float) -> None:
    count, size = f.whole("pillow_count"), f["pillow_size"]
    if f.word("plan") == "curved":
        count = min(count, 1)
    for k in range(count):
        x = (-0.36, 0.34, 0.0)[k] * width
        y = f["depth"] / 2 - f["back_thickness"] * (0.9 if f.word("back_style") != "cushions" else 1.1) - 5.0
        if f.word("plan") == "curved":
            y += 0.14 * width * (0.45 - (2 * x / width) ** 2)
        frame = WORLD.at(x, y, f["seat_height"] + size * 0.44).turn((14, -18, 6)[k]).tilt(16 + 90)
        b.blob(part, (0, 0, 0), (size, size, 17.0), 4.0, 2.1, frame=frame)


SPEC = ClassSpec("sofa", STRUCTURE, draw, build)
