"""What every panel is given, and the table in which panels are found."""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    from voxstudio.session import Session
    from voxstudio.ui.bridge import Bridge
    from voxstudio.ui.commands import Commands


class Studio(NamedTuple):
    """The session, the bridge that says when it changed, and everything that can be done."""

    session: Session
    bridge: Bridge
    commands: Commands


class PanelSpec(NamedTuple):
    """A task on the rail.

    ``widget`` is a ``"module:name"`` string of a QWidget built as ``Panel(studio)``; ``capability`` names
    the protocol of ``engine/family.py`` that a checkpoint needs for this task, empty if none.
    """

    key: str
    word: str
    icon: str
    tip: str
    order: int
    widget: str
    capability: str = ""

    def build(self, studio: Studio) -> Any:
        """Import and make the panel."""
        module, _, name = self.widget.partition(":")
        return getattr(importlib.import_module(module), name)(studio)


@cache
def panels() -> tuple[PanelSpec, ...]:
    """Every ``PANEL`` of a module of this package whose name ends in ``_panel``, in the order of the rail."""
    found = [_record(file) for file in Path(__file__).parent.glob("*_panel.py*")]
    return tuple(sorted(found, key=lambda spec: spec.order))


def panel_named(name: str) -> PanelSpec:
    """The panel of that name on the rail; BadInput lists them."""
    for spec in panels():
        if name.strip().casefold() in (spec.word.casefold(), spec.key.casefold()):
            return spec
    raise BadInput(f"There is no panel {name!r}: choose from {', '.join(spec.word for spec in panels())}.")


_RECORD = re.compile(r"^PANEL = PanelSpec(\(.*?^\))", re.DOTALL | re.MULTILINE)


def _record(file: Path) -> PanelSpec:
    """The ``PANEL`` of a module, read without importing it where it is written in plain values.

    A panel imports much that the first paint of the window can do without.
    """
    found = _RECORD.search(file.read_text(encoding="utf-8")) if file.suffix == ".py" else None
    if found is not None:
        with contextlib.suppress(ValueError, SyntaxError, TypeError):
            return PanelSpec(*ast.literal_eval(found.group(1)))
    record: PanelSpec = importlib.import_module(f"{__package__}.{file.name.partition('.')[0]}").PANEL
    return record
