"""Colours that go together, by material; sRGB in 0..255."""

from __future__ import annotations

Color = tuple[int, int, int]

WOODS: dict[str, Color] = {
    "oak": (196, 154, 108), "beech": (214, 176, 130), "walnut": (104, 70, 48), "teak": (166, 108, 62),
    "ebony": (54, 42, 38), "white": (232, 230, 224), "pine": (222, 188, 140), "cherry": (148, 78, 52),
}
METALS: dict[str, Color] = {
    "chrome": (196, 200, 206), "black": (44, 46, 50), "brass": (186, 148, 82), "steel": (136, 142, 150),
    "copper": (184, 112, 80), "white": (228, 228, 226), "bronze": (112, 88, 66),
}
FABRICS: dict[str, Color] = {
    "grey": (138, 142, 148), "navy": (48, 66, 104), "mustard": (206, 160, 64), "olive": (112, 118, 78),
    "terracotta": (188, 100, 74), "cream": (228, 216, 194), "teal": (52, 120, 122), "charcoal": (66, 68, 74),
    "rose": (204, 148, 148), "forest": (50, 88, 70), "plum": (104, 66, 100), "tan": (176, 132, 92),
    "sky": (140, 172, 200), "red": (168, 52, 50),
}
PAINTS: dict[str, Color] = {
    "red": (186, 40, 38), "blue": (38, 84, 150), "silver": (188, 192, 198), "white": (236, 236, 234),
    "black": (40, 42, 46), "green": (44, 98, 76), "orange": (216, 112, 40), "yellow": (228, 188, 60),
    "graphite": (92, 96, 104), "sand": (198, 182, 154), "burgundy": (112, 34, 50), "mint": (150, 200, 180),
}
PLASTICS: dict[str, Color] = {
    "white": (238, 238, 236), "black": (48, 48, 52), "red": (198, 58, 50), "sage": (156, 176, 150),
    "yellow": (232, 190, 74), "blue": (70, 120, 176), "grey": (150, 154, 158), "coral": (228, 128, 106),
}
CERAMICS: dict[str, Color] = {
    "bone": (232, 226, 212), "cobalt": (40, 70, 140), "celadon": (160, 190, 168), "terracotta": (190, 110, 80),
    "ink": (50, 54, 66), "sand": (208, 186, 150), "oxblood": (128, 44, 40), "turquoise": (80, 160, 164),
}
GLASS: Color = (58, 72, 86)
RUBBER: Color = (36, 37, 40)
LINEN: Color = (240, 237, 230)
BULB: Color = (255, 244, 214)
SHADES: dict[str, Color] = {
    "linen": (240, 230, 208), "white": (246, 244, 238), "amber": (224, 168, 92), "black": (50, 50, 54),
    "teal": (70, 130, 132), "blush": (226, 178, 164), "green": (66, 104, 84), "red": (176, 58, 50),
}


def names(table: dict[str, Color]) -> tuple[str, ...]:
    """The names of a table, in order."""
    return tuple(table)


def darker(color: Color, factor: float = 0.75) -> Color:
    """The same hue, darker."""
    r, g, b = (round(c * factor) for c in color)
    return r, g, b


def lighter(color: Color, amount: float = 0.35) -> Color:
    """The same hue, mixed with white."""
    r, g, b = (round(c + (255 - c) * amount) for c in color)
    return r, g, b
