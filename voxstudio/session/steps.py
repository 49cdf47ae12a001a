"""The steps of the history: a change is remembered, asked for, then told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import View
from voxstudio.engine.requests import Draw, Given
from voxstudio.session.asking import Asking
from voxstudio.session.history import Snapshot
from voxstudio.session.values import Options

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.session.snapshots import Kept


class Steps(Asking):
    """Every change of views, options or draw goes through here."""

    def show_grid(self, grid: VoxelGrid, origin: str) -> None:
        """Put a grid that no model made on the stage, as one step of the history; ``origin`` says what it is.

        Threshold (from now on the grid's own), style, colour, export and undo work as with every shape.
        """
        self._change(draw=Given(grid, origin), options=replace(self._options, iso=grid.iso_level))

    def show_live(self, given: Given, draft: bool = False, anew: bool = False) -> None:
        """Put a grid on the stage that follows upon the last such one: all of them are one step of the history.

        ``anew`` begins another step; so does the first after anything else stood there. ``draft`` while they follow
        each other quickly.
        """
        if anew or not isinstance(self._draw, Given):
            self._remember()
            self._set(replace(self._options, iso=given.grid.iso_level))
        self._draw, self._dragging = given, False
        self._submit(draft)

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
        found = self._history.find(state)
        if found is None or state == self.state or not self._can_return(found):
            return
        present = self._snapshot()
        self._history.travel(present, state)
        self._return_to(found.folder)
        self._apply(found.views, self._fitted(found.options), found.draw)
        self._tell("history")

    def bring_back(self, kept: Kept) -> None:
        """Return to a kept shape: to its state if the history has it, else as a new step."""
        if kept.id in self.states:
            self.restore(kept.id)
        elif self._can_return(kept.snapshot):
            self._history.remember(self._snapshot())
            self._return_to(kept.snapshot.folder)
            self._apply(kept.snapshot.views, self._fitted(kept.snapshot.options), kept.snapshot.draw)
            self._tell("history")

    # ---- inside --------------------------------------------------------------------------------

    def _compare_with(self, grid: VoxelGrid | None) -> None:
        """Every result is compared with this grid from now on; None ends it."""
        self._against = grid
        if self._views or self._draw is not None:
            self._submit()

    def _can_return(self, snapshot: Snapshot) -> bool:
        """True if the checkpoint that a state was made with is still there; else a message."""
        folder = snapshot.folder
        if folder is None or any(entry.folder == folder and not entry.problem for entry in self._catalogue):
            return True
        sentence = f"This was made with the checkpoint {folder.name}, which is gone: put it back into the library."
        self._say("error", sentence, "result")
        return False

    def _return_to(self, folder: Path | None) -> None:
        """Choose the checkpoint that a state was made with, if another one is in use."""
        now = self._checkpoint.folder if self._checkpoint else None
        if folder is not None and folder != now:
            self._choose(next(entry for entry in self._catalogue if entry.folder == folder))

    def _choose(self, entry: Entry) -> None:
        raise NotImplementedError  # the session knows how

    def _snapshot(self) -> Snapshot:
        folder = self._checkpoint.folder if self._checkpoint else None
        return Snapshot(self._views, self._options, self._draw, self.state, folder)

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
        self._dragging = False  # whoever dragged has let go
        if views or draw is not None:
            self._submit()  # before anybody is told: the network starts while the window paints
        elif self._shown is not None:
            self._floor = next(self._numbers)
            self._shown = None
            changed.append("shown")
        for topic in changed:
            self._tell(topic)
