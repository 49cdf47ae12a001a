"""Chairs: dining chairs, armchairs, swivel chairs, cantilevers, tulips, club chairs."""

from __future__ import annotations

from voxstudio.data.parametric import chair_backs, chair_bases, palettes
from voxstudio.data.parametric.builder import Builder, cut_plate
from voxstudio.data.parametric.chair_backs import ChairBack
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import fillet, spline, stroke, superellipse, trapezoid

STRUCTURE = {
    "base": ("straight", "splayed", "turned", "sabre", "sled", "cantilever", "star", "pedestal", "block", "cross"),
    "back_style": ("panel", "curved", "ladder", "spindles", "hoop", "ring", "shell", "wing", "barrel", "cross_back",
        "mesh"),
    "arm_style": ("none", "post", "loop", "block", "swept"),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    soft = d.drawn("base") == "block" or d.drawn("back_style") in ("barrel", "wing")
    low = d.drawn("base") == "block"
    d.number("seat_width", 50 if soft else 40, 70 if soft else 60)
    d.number("seat_depth", 46 if soft else 40, 60 if soft else 56)
    d.number("seat_height", 32 if low else 37, 42 if low else 52)
    d.number("seat_thickness", 6 if soft else 3, 14 if soft else 10)
    bare = d.drawn("arm_style") == "none" and d.drawn("back_style") in ("curved", "shell", "ring", "hoop", "mesh",
        "panel")
    if soft:
        d.word("seat_style", ("cushion",))
    else:
        d.word("seat_style", ("flat", "cushion", "dished", "round") if bare else ("flat", "cushion", "dished"))
    d.number("seat_taper", 0.78, 1.0)
    d.number("back_height", 30, 78)
    d.number("back_tilt", 2, 17)
    d.number("back_bow", 0.0, 9.0)
    d.number("back_width", 0.78, 1.05)
    d.number("back_arch", -3.0, 9.0)
    d.number("back_thickness", 3.0, 9.0)
    d.count("slat_count", 2, 5)
    d.count("spindle_count", 4, 8)
    d.number("arm_height", 17, 27)
    d.number("arm_thickness", 3.2, 6.0)
    d.number("leg_thickness", 3.0, 6.0)
    d.number("leg_taper", 0.55, 1.0)
    d.number("leg_splay", 0.0, 7.0)
    d.count("spoke_count", 4, 6)
    d.word("stretcher", ("none", "h", "box"), (3, 1, 1))
    d.word("caster", ("yes", "no"), (3, 1))
    d.word("frame_color", (*palettes.names(palettes.WOODS), "chrome", "black steel", "brass"))
    d.word("fabric", palettes.names(palettes.FABRICS))
    d.word("trim", ("same", "contrast"))


def _frame_color(name: str) -> tuple[tuple[int, int, int], str]:
    metals = {"chrome": "chrome", "black steel": "black", "brass": "brass"}
    return (palettes.METALS[metals[name]], "metal") if name in metals else (palettes.WOODS[name], "wood")


def build(f: Factors, b: Builder) -> None:
    """Build a chair from its factors."""
    color, material = _frame_color(f.word("frame_color"))
    fabric = palettes.FABRICS[f.word("fabric")]
    wooden_back = f.word("back_style") in ("ladder", "spindles", "hoop", "ring", "cross_back")
    frame = b.part("frame", color, material)
    seat = b.part("seat", fabric, "fabric")
    back = b.part("back", color if wooden_back
        else (palettes.darker(fabric, 0.85) if f.word("trim") == "contrast" else fabric),
                  material if wooden_back else "fabric")
    arms = b.part("arms", fabric if f.word("arm_style") == "block" else palettes.darker(color, 0.9),
        "fabric" if f.word("arm_style") == "block" else material)
    _seat(f, b, seat)
    chair_bases.build(f, b, frame, seat)
    placed = chair_backs.build(f, b, back, frame)
    _arms(f, b, arms, placed)


def _seat(f: Factors, b: Builder, part: int) -> None:
    width, depth, top = f["seat_width"], f["seat_depth"], f["seat_height"]
    thickness = b.thick(f["seat_thickness"])
    style = f.word("seat_style")
    outline = fillet(trapezoid(width, width * f["seat_taper"], depth), 7, closed=True)
    if style == "flat":
        b.plate(part, outline, top - thickness, top, 1.6)
    elif style == "cushion":
        b.plate(part, outline, top - thickness, top - 0.4 * thickness, 1.0)
        b.blob(part, (0, 0, top - 0.45 * thickness), (width * 0.97, depth * 0.97, thickness * 1.1 + 2.0), 5.0, 2.6)
    elif style == "dished":
        side = spline([(-depth / 2, -2.5), (-depth * 0.36, 0.2), (0, -0.4), (depth * 0.3, -1.2), (depth / 2, 0.6)], 4)
        side[:, 1] += top - thickness / 2
        b.plate(part, stroke(side, thickness), -width / 2, width / 2, 1.4, axis="x",
                keeps=[cut_plate(outline, top - 40, top + 40)])
    else:
        round_outline = superellipse(width / 2, depth / 2, 2.3)
        b.plate(part, round_outline, top - thickness, top, min(thickness * 0.45, 2.5))
        b.box(part, (0, depth * 0.36, top - thickness / 2), (width * 0.62, depth * 0.26, thickness), 1.0)


def _arms(f: Factors, b: Builder, part: int, back: ChairBack) -> None:
    style = f.word("arm_style")
    if style == "none" or f.word("back_style") == "barrel":
        return
    width, depth, top = f["seat_width"], f["seat_depth"], f["seat_height"]
    height, size = f["arm_height"], b.thick(f["arm_thickness"])
    x = width / 2 - size * 0.3
    seat_low = top - b.thick(f["seat_thickness"]) * 0.6
    rear = depth / 2 - size * 0.5
    reach = back.face(height)
    if style == "block":
        low = top - b.thick(f["seat_thickness"]) - 4
        wide = max(6.0, 1.6 * size)
        profile = fillet([(-depth * 0.48, low), (rear + 2, low), (reach + 1, top + height * 0.86),
            (-depth * 0.46, top + height * 0.8)], 4, closed=True)
        b.plate(part, profile, width / 2 - 3, width / 2 - 3 + wide, 2.4, axis="x", pair=True)
        return
    front = -depth * 0.34
    if style == "post":
        b.post(part, (x, front, top + height), (x, front, seat_low), size * 0.8, size, section="square", pair=True)
        b.post(part, (x, rear - 1, top + height), (x, rear - 1, seat_low), size * 0.8, size, section="square",
            pair=True)
        outline = spline([(x - size * 0.9, front - 6), (x + size * 0.9, front - 6), (x + size * 0.9, 0),
            (x + size * 0.6, reach), (x - size * 0.5, reach), (x - size * 0.6, 0)], 3, closed=True)
        b.plate(part, outline, top + height - size * 0.25, top + height + size * 0.75, 0.9, pair=True)
    elif style == "loop":
        path = fillet([(x, front, seat_low), (x + 1, front - 2, top + height), (x + 1, rear, top + height),
            (x, rear - 1, seat_low)], 11, 4)
        b.tube(part, path, size * 0.42, pair=True)
    else:
        path = spline([(x, front, seat_low), (x + 2.5, front - 1.5, top + height * 0.62),
            (x + 2.0, front + 6, top + height * 0.95),
                       (x + 1, 2, top + height), (x - 0.5, rear, top + height * 0.96), (x - 1.5, rear, seat_low)], 3)
        b.tube(part, path, size * 0.5, size * 0.4, pair=True)


SPEC = ClassSpec("chair", STRUCTURE, draw, build)
