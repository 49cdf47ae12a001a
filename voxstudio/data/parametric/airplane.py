"""Airplanes: the nose points to -y; airliners, business jets, propeller planes, gliders, fighters, biplanes."""

from __future__ import annotations

import numpy as np

from voxstudio.data.parametric import palettes
from voxstudio.data.parametric.builder import WORLD, Builder, Frame, cut_plate
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors
from voxstudio.data.parametric.outlines import Curve, fillet, spline

STRUCTURE = {
    "wing": ("straight", "swept", "delta", "elliptic", "tapered"),
    "mount": ("low", "mid", "high", "biplane", "canard"),
    "tail": ("conventional", "t_tail", "v_tail", "twin", "cruciform"),
    "engines": ("under_wing", "rear", "nose", "wing_propellers", "none", "inside"),
}


def draw(d: Draw) -> None:
    """Draw everything that is not structure."""
    engines, wing = d.drawn("engines"), d.drawn("wing")
    shape = {"nose": "propeller", "none": "glider", "inside": "fighter", "wing_propellers": "propeller"}.get(engines,
        "airliner")
    slim = {"airliner": (0.052, 0.072), "propeller": (0.060, 0.085), "glider": (0.034, 0.048),
        "fighter": (0.046, 0.062)}[shape]
    d.word("shape", (shape,))
    d.number("length", 90, 110)
    d.number("radius", *slim)
    span = {"airliner": (0.85, 1.1), "propeller": (1.0, 1.3), "glider": (1.5, 1.9), "fighter": (0.62, 0.85)}[shape]
    share = (0.85, 0.75) if wing == "delta" else (0.75, 0.7) if d.drawn("mount") == "biplane" else (1.0, 1.0)
    d.number("span", span[0] * share[0], span[1] * share[1])
    d.number("chord", 0.13, 0.2)
    d.number("sweep", 0.5, 1.0)
    d.number("taper", 0.3, 0.6)
    d.number("dihedral", 1.0, 8.0)
    d.number("wing_place", -0.05, 0.06)
    d.number("tail_size", 0.75, 1.25)
    d.number("fin_height", 0.13, 0.2)
    d.number("nose", 0.1, 0.2)
    d.number("tail_cone", 0.25, 0.42)
    d.number("canopy", 0.0, 1.0)
    d.number("engine_size", 0.75, 1.2)
    d.count("engine_pairs", 1, 2)
    d.count("blade_count", 2, 4)
    d.word("winglets", ("none", "up", "tanks"), (2, 1, 1))
    d.word("gear", ("none", "tricycle", "floats"), (3, 2, 1))
    d.word("paint", palettes.names(palettes.PAINTS))
    d.word("livery", ("white", "paint", "silver"))
    d.word("tail_paint", palettes.names(palettes.PAINTS))


def build(f: Factors, b: Builder) -> None:
    """Build an airplane from its factors."""
    skin = {"white": palettes.PAINTS["white"], "silver": palettes.PAINTS["silver"],
        "paint": palettes.PAINTS[f.word("paint")]}[f.word("livery")]
    body = b.part("fuselage", skin, "paint")
    wings = b.part("wings", palettes.darker(skin, 0.88), "paint")
    tail = b.part("tail", palettes.PAINTS[f.word("tail_paint")], "paint")
    engines = b.part("engines", palettes.METALS["steel"], "metal")
    props = b.part("propellers", palettes.METALS["black"], "metal")
    glass = b.part("glass", palettes.GLASS, "glass")
    gear = b.part("gear", palettes.RUBBER, "rubber")
    length = f["length"]
    radius = max(f["radius"] * length, 1.6 * b.least)
    _fuselage(f, b, body, glass, length, radius)
    tips = _wings(f, b, wings, length, radius)
    _tail(f, b, tail, length, radius)
    _engines(f, b, engines, props, length, radius, tips)
    _gear(f, b, gear, length, radius)


def _fuselage(f: Factors, b: Builder, part: int, glass: int, length: float, r: float) -> None:
    shape, nose, cone = f.word("shape"), f["nose"], f["tail_cone"]
    tip = {"airliner": 0.3, "propeller": 0.55, "glider": 0.25, "fighter": 0.06}[shape]
    y = [-0.5, -0.5 + 0.12 * nose, -0.5 + 0.45 * nose, -0.5 + nose, 0.5 - cone, 0.5 - 0.45 * cone, 0.5]
    size = [tip * 0.6, tip + 0.12, 0.82, 1.0, 1.0, 0.72, 0.24]
    if shape == "fighter":
        size = [0.1, 0.22, 0.55, 0.9, 1.05, 1.0, 0.72]
    if shape == "glider":
        size = [0.25, 0.6, 1.05, 1.2, 0.8, 0.5, 0.36]
    outline = spline([(r * s, t * length) for t, s in zip(y, size, strict=True)], 3)
    b.turned(part, outline, axis="y")
    if shape == "airliner":
        # The windows are a dark band a hair above the skin, the cockpit a dark patch on the nose.
        band = cut_plate(np.array([(-0.5 * length + 1.2 * nose * length, r * 0.22), ((0.5 - cone) * length, r * 0.22),
            ((0.5 - cone) * length, r * 0.22 + max(0.3 * r, 0.6 * b.least)), (-0.5 * length + 1.2 * nose * length,
                r * 0.22 + max(0.3 * r, 0.6 * b.least))]), -100, 100, "x")
        cockpit = cut_plate(np.array([(-0.5 * length + 0.3 * nose * length, r * 0.2),
            (-0.5 * length + 0.7 * nose * length, r * 0.2), (-0.5 * length + 0.7 * nose * length,
                r * 0.8), (-0.5 * length + 0.3 * nose * length, r * 0.8)]), -100, 100, "x")
        for keep in (band, cockpit):
            closed = np.concatenate([[[0.0, outline[0, 1]]], outline, [[0.0, outline[-1, 1]]]])
            b.lathe(glass, closed, axis="y", rounding=0.12, keeps=[keep])
        return
    place = {"propeller": -0.16, "glider": -0.36, "fighter": -0.26}[shape] + 0.04 * f["canopy"]
    long = {"propeller": 0.22, "glider": 0.2, "fighter": 0.24}[shape] * length
    b.blob(glass, (0, place * length, r * 0.72), (r * 1.35, long, r * (1.15 + 0.5 * f["canopy"])), 2.0, 2.2)
    if shape == "propeller":
        b.blob(part, (0, place * length + long * 0.5, r * 0.6), (r * 1.2, long * 1.2, r * 1.1))


def _planform(f: Factors, span: float, chord: float) -> Curve:
    """Half a wing in (x, y): root at x = 0, leading edge towards -y, the root's quarter chord at y = 0."""
    style = f.word("wing")
    tip = chord * f["taper"]
    shift = {"straight": 0.02, "swept": 0.55, "delta": 0.0, "elliptic": 0.0, "tapered": 0.16}[style] * f["sweep"] * span
    if style == "delta":
        root = chord * 2.4
        return np.array([[0, -0.55 * root], [span, 0.32 * root], [span, 0.45 * root], [0, 0.45 * root]])
    if style == "elliptic":
        t = np.linspace(0.0, 1.0, 9)[:-1]
        half = np.sqrt(1 - t**2)
        front = np.stack([t * span, -0.32 * chord * half * 1.1], axis=1)
        back = np.stack([t * span, 0.78 * chord * half * 1.1], axis=1)
        return np.concatenate([front, [[span, 0.12 * chord]], back[::-1]])
    if style == "straight":
        tip = chord * (0.7 + 0.4 * f["taper"])
    kink = 0.35 * span
    points = [(0, -0.3 * chord), (span, shift - 0.3 * tip), (span * 1.005, shift + 0.1 * tip),
        (span * 0.99, shift + 0.7 * tip)]
    points += [(kink, shift * 0.35 + 0.66 * chord), (0, 0.8 * chord)] if style == "swept" else [(0, 0.7 * chord)]
    return fillet(points, 0.25 * tip, 2, closed=True)


def _wings(f: Factors, b: Builder, part: int, length: float, r: float) -> list[tuple[Frame, float]]:
    """Build the wings; returns the frame of the right wing and the half span, one per plane."""
    mount = f.word("mount")
    half = 0.5 * f["span"] * length
    chord = f["chord"] * length * (0.72 if f.word("shape") == "glider" else 1.0)
    thick = max(0.14 * chord, 1.35 * b.least)
    level = {"low": -0.55, "mid": 0.0, "high": 0.72, "biplane": -0.6, "canard": -0.3}[mount] * r
    place = (f["wing_place"] - (0.05 if f.word("wing") == "swept" else 0.0) + (0.12 if mount == "canard"
        else 0.0) + (0.1 if f.word("wing") == "delta" else 0.0)) * length
    angle = f["dihedral"] * (0.35 if mount == "high" or f.word("shape") == "fighter" else 1.0)
    frame = WORLD.at(0, place, level).roll(-angle)
    planes = [(frame, half)]
    if mount == "biplane":
        planes.append((WORLD.at(0, place - 0.12 * chord, level + 1.15 * chord + r * 0.6).roll(-angle * 0.5),
            half * 1.04))
    for plane, reach in planes:
        outline = _planform(f, reach, chord)
        b.plate(part, outline, -thick / 2, thick / 2, thick * 0.42, frame=plane, pair=True,
            narrow=(0, 0.0, reach, min(0.6, 1 - 1.2 * b.least / thick)))
    if mount == "biplane":
        lower, upper = planes[0][0], planes[1][0]
        for t in (0.62,):
            for off in (-0.14, 0.34):
                shift = _shift(f, half, t)
                b.tube(part, [lower.point((t * half, shift + off * chord, 0)),
                    upper.point((t * half, shift + off * chord, 0))], 0.4, pair=True)
        b.tube(part, [(r * 0.5, place, r * 0.5), upper.point((r * 0.5, 0.1 * chord, 0)).tolist()], 0.5, pair=True)
    if mount == "canard":
        small = np.array([[0, -0.3], [1, 0.15], [1, 0.45], [0, 0.5]]) * np.array([0.34 * half, 0.6 * chord])
        thin = b.thick(0.08 * chord)
        b.plate(part, small, -thin / 2, thin / 2, thin * 0.4, frame=WORLD.at(0, -0.33 * length, 0.2 * r), pair=True)
    _winglets(f, b, part, planes[0][0], half, chord)
    return planes


def _shift(f: Factors, span: float, t: float) -> float:
    """How far the wing's middle lies behind its root's, at the fraction ``t`` of the half span."""
    style = f.word("wing")
    share = {"straight": 0.02, "swept": 0.55, "delta": 0.2, "elliptic": 0.0, "tapered": 0.16}[style]
    return share * f["sweep"] * span * t


def _winglets(f: Factors, b: Builder, part: int, frame: Frame, half: float, chord: float) -> None:
    kind, tip = f.word("winglets"), chord * f["taper"]
    if kind == "none" or f.word("wing") in ("elliptic", "delta"):
        return
    y = _shift(f, half, 1.0)
    thin = b.thick(0.8)
    if kind == "up":
        fin = np.array([[y - 0.3 * tip, -0.3], [y + 0.6 * tip, -0.3], [y + 0.95 * tip, 1.1 * chord * 0.5],
            [y + 0.45 * tip, 1.1 * chord * 0.5]])
        b.plate(part, fin, half - thin, half, 0.3, axis="x", frame=frame, pair=True)
    else:
        r = b.round(0.09 * chord)
        b.blob(part, (half * 0.995, y + 0.1 * tip, 0), (2.2 * r, max(1.2 * tip, 5 * r), 2.2 * r), frame=frame,
            pair=True)


def _tail(f: Factors, b: Builder, part: int, length: float, r: float) -> None:
    style, size = f.word("tail"), f["tail_size"]
    high, thin = f["fin_height"] * length, max(1.2, 1.15 * b.least)
    rear = 0.485 * length
    chord = 0.11 * length * size
    half = 0.19 * length * size
    level = r * 0.12
    fin = np.array([[rear - 1.55 * chord, 0], [rear - 0.62 * chord, high], [rear + 0.1 * chord, high], [rear, 0]])
    stab = np.array([[0, -1.1 * chord], [half, -0.25 * chord], [half, 0.22 * chord], [0, 0.05 * chord]])
    if style == "v_tail":
        stab = np.array([[0, -1.25 * chord], [half * 1.1, -0.3 * chord], [half * 1.1, 0.25 * chord], [0, 0.05 * chord]])
        b.plate(part, fillet(stab, chord * 0.12, 2, closed=True), -thin / 2, thin / 2, thin * 0.3,
            frame=WORLD.at(0, rear, level).roll(-40), pair=True)
        return
    if style == "twin":
        x = 0.8 * half
        tall = fin * np.array([1.0, 0.75]) + np.array([0.0, -0.12 * high])
        b.plate(part, fillet(tall, chord * 0.12, 2, closed=True), x - thin / 2, x + thin / 2, thin * 0.3, axis="x",
            pair=True)
        b.plate(part, fillet(stab + np.array([0, -0.1 * chord]), chord * 0.1, 2, closed=True), level - thin / 2,
            level + thin / 2, thin * 0.3, frame=WORLD.at(0, rear, 0), pair=True)
        return
    b.plate(part, fillet(fin, chord * 0.15, 2, closed=True), -thin / 2, thin / 2, thin * 0.3, axis="x")
    place = {"conventional": (0.0, level), "t_tail": (0.05 * chord, high - thin * 0.3),
        "cruciform": (-0.1 * chord, 0.5 * high)}[style]
    b.plate(part, fillet(stab, chord * 0.12, 2, closed=True), place[1] - thin / 2, place[1] + thin / 2, thin * 0.3,
        frame=WORLD.at(0, rear + place[0], 0), pair=True)


def _jet(b: Builder, part: int, centre: tuple[float, float, float], r: float, long: float) -> None:
    """A nacelle with an open intake."""
    wall = b.thick(0.25 * r)
    outer = spline([(r * 0.9, -long / 2), (r, -long * 0.25), (r * 0.95, long * 0.1), (r * 0.62, long / 2)], 3)
    hollow = max(r * 0.9 - wall, 0.0)
    profile = [*outer.tolist(), [0.0, long / 2]]
    profile += [[0.0, -long * 0.22], [hollow, -long * 0.22],
        [hollow, -long / 2]] if hollow > 0.3 * r else [[0.0, -long / 2]]
    b.lathe(part, profile, centre, axis="y", pair=True)


def _propeller(f: Factors, b: Builder, part: int, centre: tuple[float, float, float], radius: float, hub: float,
    pair: bool) -> None:
    count, thin = f.whole("blade_count"), b.thick(0.5)
    x, y, z = centre
    b.blob(part, (x, y - hub * 0.3, z), (2 * hub, 3.4 * hub, 2 * hub), pair=pair)
    for k in range(count):
        t = 360.0 * k / count
        blade = np.array([[-0.07, 0.0], [0.07, 0.0], [0.1, 0.6], [0.06, 1.0], [-0.06, 1.0], [-0.1, 0.6]]) * radius
        blade[:, 0] *= max(1.0, 0.75 * b.least / (0.1 * radius))
        b.plate(part, blade, -thin / 2, thin / 2, 0.1, axis="y", frame=WORLD.at(x, y - hub * 0.3, z).roll(t), pair=pair)


def _engines(f: Factors, b: Builder, part: int, props: int, length: float, r: float,
    planes: list[tuple[Frame, float]]) -> None:
    kind, size = f.word("engines"), f["engine_size"]
    frame, half = planes[0]
    jet = max(0.03 * length * size, 1.3 * b.least)
    chord = f["chord"] * length
    if kind == "under_wing":
        for t in (0.34, 0.62)[: f.whole("engine_pairs")]:
            shift = _shift(f, half, t)
            spot = frame.point((t * half, shift - 0.16 * chord, -jet * 1.15)).tolist()
            _jet(b, part, (spot[0], spot[1], spot[2]), jet, jet * 3.6)
            hang = frame.point((t * half, shift + 0.1 * chord, 0)).tolist()
            b.box(part, ((spot[0] + hang[0]) / 2, hang[1] - 0.06 * chord, (spot[2] + hang[2]) / 2),
                (b.least, 0.34 * chord, abs(hang[2] - spot[2])), 0.2, pair=True)
    elif kind == "rear":
        y = 0.27 * length
        x = r * 0.85 + jet * 1.05
        _jet(b, part, (x, y, r * 0.45), jet, jet * 3.8)
        b.box(part, (x * 0.55, y, r * 0.4), (x * 0.9, jet * 1.8, b.thick(1.0)), 0.3, pair=True)
    elif kind == "nose":
        _propeller(f, b, props, (0, -0.505 * length, 0), 0.125 * length * size, max(0.34 * r, b.round(0.5)), False)
        if f["canopy"] > 0.5:  # a radial engine's cowling
            b.lathe(part, fillet([(0, -0.49 * length), (r * 0.95, -0.49 * length), (r * 1.12, -0.45 * length),
                (r * 1.08, -0.38 * length), (0, -0.38 * length)], r * 0.2, 2), axis="y")
    elif kind == "wing_propellers":
        for t in (0.3, 0.58)[: f.whole("engine_pairs")]:
            spot = frame.point((t * half, _shift(f, half, t) - 0.1 * chord, 0.1 * jet)).tolist()
            long = max(0.17 * length, chord * 1.2)
            outline = spline([(0.55 * jet, -0.5), (0.85 * jet, -0.36), (0.85 * jet, 0.0), (0.4 * jet, 0.5)],
                3) * np.array([1.0, long])
            b.turned(part, outline, spot, axis="y", pair=True)
            blade = min(0.09 * length, 0.24 * half * 0.58 / 0.6)
            _propeller(f, b, props, (spot[0], spot[1] - 0.5 * long, spot[2]), blade, max(0.35 * jet, b.round(0.4)),
                True)
    elif kind == "inside":
        b.turned(part, [(r * 0.66, 0.44 * length), (r * 0.7, 0.5 * length), (r * 0.5, 0.53 * length)], axis="y")
        b.box(part, (r * 0.95, -0.1 * length, -r * 0.1), (r * 0.8, 0.22 * length, r * 1.1), r * 0.25, pair=True,
            taper=(0.0, 0.0))


def _gear(f: Factors, b: Builder, part: int, length: float, r: float) -> None:
    kind = f.word("gear")
    if kind == "none" or f.word("shape") in ("glider", "fighter"):
        return
    down = -r - 0.055 * length - (0.05 * length if f.word("engines") == "under_wing" else 0.0)
    if kind == "floats" and f.word("shape") == "propeller":
        x = 0.12 * length
        hull = spline([(-0.3 * length, 0.02 * length), (-0.27 * length, -0.012 * length),
            (-0.05 * length, -0.03 * length), (0.2 * length, 0.0), (0.2 * length, 0.022 * length)], 3, closed=True)
        hull[:, 1] += down
        b.plate(part, hull, x - 0.025 * length, x + 0.025 * length, 0.012 * length, axis="x", pair=True)
        for y in (-0.16, 0.06):
            b.tube(part, [(x, y * length, down), (r * 0.5, y * length, -r * 0.4)], 0.5, pair=True)
        return
    wheel = b.round(0.022 * length)
    for x, y, both in ((0.0, -0.3 * length, False), (1.6 * r, 0.06 * length, True)):
        b.tube(part, [(x, y, down + wheel), (x * 0.5, y, -r * 0.3)], 0.6, pair=both)
        wide = b.thick(0.02 * length)
        b.lathe(part, fillet([(0, -wide / 2), (wheel, -wide / 2), (wheel, wide / 2), (0, wide / 2)], wheel * 0.3, 2),
            (x, y, down + wheel), axis="x", pair=both)


SPEC = ClassSpec("airplane", STRUCTURE, draw, build)
