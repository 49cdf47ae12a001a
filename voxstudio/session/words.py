"""Where a shape comes from, in words."""

from __future__ import annotations

from collections.abc import Sequence

from voxstudio.core.controls import Control
from voxstudio.engine.requests import Draw


def told_draw(draw: Draw, controls: Sequence[Control] = (), chooses: bool | None = None) -> str:
    """``chair from noise, seed 4, Code 1 at 0.30``; codes are called as the family's controls are.

    ``chooses``: whether the class is the person's choice; None reads it off the controls.
    """
    if chooses is None:
        chooses = not controls or any(control.name == "label" for control in controls)
    what = draw.label if draw.label and chooses else "object"  # others name classes that they do not choose from
    first = draw.origin if draw.start is not None else f"{what} from noise, seed {draw.seed}"
    parts = [first or "a kept latent"]
    if len(draw.codes) == 1:
        name, value = draw.codes[0]
        title = next((control.title for control in controls if control.name == name), name)
        parts.append(f"{title} at {value:.3g}")
    elif draw.codes:
        parts.append(f"{len(draw.codes)} codes by hand")
    moved = sum(1 for _, amount in draw.pushes if amount)
    if moved:
        parts.append("moved along a direction" if moved == 1 else f"moved along {moved} directions")
    return ", ".join(parts)
