"""What every panel is given, and the table in which panels are found."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxstudio.session import Session
    from voxstudio.ui.bridge import Bridge
    from voxstudio.ui.commands import Commands


@dataclass(frozen=True)
class Studio:
    """The session, the bridge that says when it changed, and everything that can be done."""

    session: Session
    bridge: Bridge
    commands: Commands


@dataclass(frozen=True)
class PanelSpec:
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
    import voxstudio.ui as package

    found = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.endswith("_panel"):
            found.append(importlib.import_module(f"{package.__name__}.{module.name}").PANEL)
    return tuple(sorted(found, key=lambda spec: spec.order))
