from __future__ import annotations

import re

import pytest

from voxstudio.core.paths import shipped
from voxstudio.ui import theme

GROUNDS = ("ground", "panel", "raised", "sunken", "accent_soft")


@pytest.mark.parametrize("tokens", theme.THEMES.values(), ids=theme.THEMES)
def test_text_can_be_read_on_every_ground(tokens: theme.Tokens) -> None:
    for ground in GROUNDS:
        assert theme.contrast(tokens.text, getattr(tokens, ground)) >= 7.0, ground
    for ground in ("panel", "raised", "sunken"):
        assert theme.contrast(tokens.muted, getattr(tokens, ground)) >= 4.5, ground
    assert theme.contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert theme.contrast(tokens.on_accent, tokens.accent_hover) >= 4.5
    for ground in ("danger_soft", "raised", "panel"):
        assert theme.contrast(tokens.danger, getattr(tokens, ground)) >= 4.5, ground
    assert theme.contrast(tokens.text, tokens.danger_soft) >= 4.5
    for ground in ("stage_top", "stage_bottom"):
        assert theme.contrast(tokens.stage_text, getattr(tokens, ground)) >= 4.5, ground
    assert theme.contrast(tokens.accent, tokens.raised) >= 3.0


def test_contrast_of_black_on_white_is_21() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("tokens", theme.THEMES.values(), ids=theme.THEMES)
def test_the_style_sheet_has_no_hole_and_no_colour_of_its_own(tokens: theme.Tokens) -> None:
    template = (shipped("resources") / "theme" / "studio.qss").read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b", template)
    made = theme.style_sheet(tokens, theme.TypeScale(12, 13, 16))
    assert "$" not in made
    for path in re.findall(r"url\((.+?)\)", made):
        assert (shipped("resources") / "icons" / path.rpartition("/")[2]).is_file()


def test_three_sizes_and_equal_figures(qapp: object) -> None:
    from PySide6.QtGui import QFont, QFontMetrics

    font = theme.interface_font(qapp)
    scale = theme.type_scale(font)
    assert scale.small < scale.body < scale.title
    widths = {QFontMetrics(QFont(font)).horizontalAdvance(figure) for figure in "0123456789"}
    assert len(widths) == 1


def test_every_icon_exists(qapp: object) -> None:
    from voxstudio.ui import icons
    from voxstudio.ui.commands import COMMANDS
    from voxstudio.ui.studio import panels

    for name in [command.icon for command in COMMANDS if command.icon] + [spec.icon for spec in panels()]:
        assert icons.has(name), name
