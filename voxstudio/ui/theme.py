"""The one theme file: tokens, and what is made of them (palette, style sheet, stage, plots)."""

from __future__ import annotations

import string
from typing import Any, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from voxstudio.core.paths import shipped

GRID = 8
"""Spacing between things, in pixels; inside a control it is half of this."""
RADIUS = 8
RADIUS_SMALL = 6
PANEL_WIDTH = 400
RAIL_WIDTH = 88
SLIDER_WIDTH = 180


class Tokens(NamedTuple):  # not a dataclass: importing those takes as long as painting a panel
    """Colours as ``#rrggbb``. ``text_*`` tokens reach 4.5 : 1 on every ground they are used on."""

    name: str
    ground: str
    panel: str
    raised: str
    sunken: str
    line: str
    line_strong: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    danger: str
    danger_soft: str
    stage_top: str
    stage_bottom: str
    stage_text: str
    stage_grid: str
    stage_shadow: str
    clay: str


LIGHT = Tokens(
    name="light",
    ground="#eceef1", panel="#f7f8f9", raised="#ffffff", sunken="#eef0f3",
    line="#e0e3e8", line_strong="#bcc2cc", text="#1a1d23", muted="#59606c", disabled="#9aa1ad",
    accent="#4352c8", accent_hover="#3644b0", accent_soft="#e8eafb", on_accent="#ffffff",
    danger="#b3261e", danger_soft="#fbeae8",
    stage_top="#fbfbfc", stage_bottom="#d3d8df", stage_text="#333944", stage_grid="#8f98a6",
    stage_shadow="#2a2f3a", clay="#dfccb9",
)  # fmt: skip
DARK = Tokens(
    name="dark",
    ground="#131417", panel="#1b1d21", raised="#24272c", sunken="#15171a",
    line="#2f333a", line_strong="#4b515c", text="#eceef1", muted="#a4abb7", disabled="#666d79",
    accent="#98a2ff", accent_hover="#b0b8ff", accent_soft="#2c3052", on_accent="#14162b",
    danger="#ff9a91", danger_soft="#3b2321",
    stage_top="#3b4048", stage_bottom="#16181c", stage_text="#d5d9e0", stage_grid="#7d8694",
    stage_shadow="#000000", clay="#d6c4b2",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}
CHOICES = ("system", "light", "dark")

UNSURE_TO_SURE = ("#e08a00", "#f2c879", "#dfe3e8", "#7fa8d4", "#1f5fa8")
"""Orange to blue: told apart with every common colour blindness; also differs in lightness."""
CATEGORIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Okabe and Ito, Color Universal Design, 2008."""


class TypeScale(NamedTuple):
    """The three sizes, in pixels."""

    small: int
    body: int
    title: int


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def tokens_for(choice: str) -> Tokens:
    """Tokens of ``"light"``, ``"dark"`` or whatever the system uses now (``"system"``)."""
    if choice in THEMES:
        return THEMES[choice]
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return DARK if dark else LIGHT


def type_scale(font: QFont) -> TypeScale:
    """Three sizes around the system's own."""
    body = min(max(QFontInfo(font).pixelSize(), 13), 18)
    return TypeScale(small=round(body * 0.88), body=body, title=round(body * 1.24))


def interface_font(app: QApplication) -> QFont:
    """The system's own face with figures of equal width."""
    font = QFont(app.font())
    if QFontInfo(font).family() == "DejaVu Sans":
        font.setStretch(QFont.Stretch.SemiCondensed)  # set wide for 1990s screens; its condensed cut fits ours
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setPixelSize(type_scale(font).body)
    return font


def palette(tokens: Tokens) -> QPalette:
    """Colours for everything that the style sheet does not reach."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, tokens.panel), (roles.WindowText, tokens.text), (roles.Base, tokens.raised),
        (roles.AlternateBase, tokens.sunken), (roles.Text, tokens.text), (roles.Button, tokens.raised),
        (roles.ButtonText, tokens.text), (roles.Highlight, tokens.accent), (roles.HighlightedText, tokens.on_accent),
        (roles.ToolTipBase, tokens.raised), (roles.ToolTipText, tokens.text), (roles.PlaceholderText, tokens.muted),
        (roles.Link, tokens.accent), (roles.Mid, tokens.line_strong), (roles.Light, tokens.raised),
        (roles.Dark, tokens.line_strong), (roles.Shadow, tokens.ground),
    ):  # fmt: skip
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.disabled))
    return made


def style_sheet(tokens: Tokens, scale: TypeScale) -> str:
    """The style sheet, from ``resources/theme/studio.qss``."""
    folder = shipped("resources")
    template = string.Template((folder / "theme" / "studio.qss").read_text(encoding="utf-8"))
    values: dict[str, Any] = tokens._asdict()
    values |= {f"{name}_px": size for name, size in scale._asdict().items()}
    values |= {"grid": GRID, "half": GRID // 2, "radius": RADIUS, "radius_small": RADIUS_SMALL}
    values["icons"] = (folder / "icons").as_posix()
    return template.substitute(values)


def plot_style(tokens: Tokens, font: QFont) -> dict[str, Any]:
    """Settings for ``matplotlib.rc_context``."""
    return {
        "figure.facecolor": tokens.panel, "axes.facecolor": tokens.raised, "savefig.facecolor": tokens.panel,
        "axes.edgecolor": tokens.line_strong, "axes.labelcolor": tokens.muted, "text.color": tokens.text,
        "xtick.color": tokens.muted, "ytick.color": tokens.muted, "grid.color": tokens.line,
        "font.family": [QFontInfo(font).family(), "DejaVu Sans"], "font.size": type_scale(font).small * 0.75,
        "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip


def apply(app: QApplication, choice: str) -> Tokens:
    """Dress the whole program; returns the tokens in use."""
    tokens = tokens_for(choice)
    if app.property("voxstudio_font") is None:
        app.setStyle("Fusion")
        font = interface_font(app)
        app.setFont(font)
        app.setProperty("voxstudio_font", font)
    app.setPalette(palette(tokens))
    app.setStyleSheet(style_sheet(tokens, type_scale(app.property("voxstudio_font"))))
    app.setProperty("voxstudio_theme", tokens.name)
    return tokens


def current() -> Tokens:
    """The tokens in use."""
    app = QApplication.instance()
    return THEMES.get(str(app.property("voxstudio_theme")) if app else "", LIGHT)
