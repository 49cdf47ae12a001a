"""The steps of the history: a change is remembered, asked for, then told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import View
from voxstudio.engine.requests import Draw, Given
from voxstudio.session.asking import Asking
from voxstudio.session.history import Snapshot
from voxstudio.session.values import Options


class Steps(Asking):
    """Every change of views, options or draw goes through here."""

    def show_grid(self, grid: VoxelGrid, origin: str) -> None:
        """Put a grid that no model made on the stage, as one step of the history; ``origin`` says what it is.

        Threshold (from now on the grid's own), style, colour, export and undo work as with every shape.
        """
        self._change(draw=Given(grid, origin), options=replace(self._options, iso=grid.iso_level))

    def undo(self) -> None:
        """Bring back the views and options of the step before."""
        states = self.states
        self.restore(states[max(states.index(self.state) - 1, 0)])

    def redo(self) -> None:
        """Take back the last :meth:`undo`."""
        states = self.states
        self.restore(states[min(states.index(self.state) + 1, len(states) - 1)])

    def restore(self, state: int) -> None:
        """Go to one of :attr:`states`, as repeated undo or redo would; a name that is not kept does nothing."""
        if state == self.state or state not in self.states:
            return
        found = self._history.travel(self._snapshot(), state)
        self._apply(found.views, self._fitted(found.options), found.draw)
        self._tell("history")

    # ---- inside --------------------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        return Snapshot(self._views, self._options, self._draw, self.state)

    def _remember(self) -> None:
        self._history.remember(self._snapshot())
        self._tell("history")

    def _change(self, **parts: Any) -> None:
        """One step of the history: replace views, options or draw, then ask for a result."""
        options, draw = parts.get("options", self._options), parts.get("draw", self._draw)
        card = self._checkpoint.card if self._checkpoint else None
        if isinstance(self._draw, Given) and not isinstance(draw, Given) and card is not None:
            options = replace(options, iso=card.iso_level)  # a model's shape again: its own threshold
        self._history.remember(self._snapshot())
        self._apply(parts.get("views", self._views), options, draw)
        self._tell("history")

    def _apply(self, views: tuple[View, ...], options: Options, draw: Draw | Given | None) -> None:
        before, changed = self._options, []
        if views is not self._views or (options.fusion, options.label) != (before.fusion, before.label):
            self._contributions = ()
            changed.append("contributions")
        if views is not self._views:
            self._preview = None
            changed.append("views")
        if options != before:
            changed.append("options")
        self._views, self._options, self._draw = views, options, draw
        if views or draw is not None:
            self._submit()  # before anybody is told: the network starts while the window paints
        elif self._shown is not None:
            self._floor = next(self._numbers)
            self._shown = None
            changed.append("shown")
        for topic in changed:
            self._tell(topic)
