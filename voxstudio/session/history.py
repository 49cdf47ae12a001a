"""The steps that undo brings back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from voxstudio.engine.inputs import View
from voxstudio.engine.requests import Draw, Given
from voxstudio.session.values import Options

KEPT = 200


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What undo brings back; ``state`` names it, ``folder`` is that of the checkpoint in use."""

    views: tuple[View, ...]
    options: Options
    draw: Draw | Given | None
    state: int
    folder: Path | None = None


class History:
    """Past and future around the present, which the session holds and this class only names."""

    def __init__(self) -> None:
        self._past: list[Snapshot] = []
        self._future: list[Snapshot] = []
        self._names = itertools.count(1)
        self.state = 0

    @property
    def states(self) -> tuple[int, ...]:
        """Names of all kept states, oldest first; :attr:`state` is one of them."""
        past = [snapshot.state for snapshot in self._past]
        future = [snapshot.state for snapshot in reversed(self._future)]
        return (*past, self.state, *future)

    @property
    def can_undo(self) -> bool:
        """True if there is a past."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """True if there is a future."""
        return bool(self._future)

    def remember(self, present: Snapshot) -> None:
        """Keep the present before it changes; what was undone is forgotten."""
        self._past.append(present)
        del self._past[:-KEPT]
        self._future.clear()
        self.state = next(self._names)

    def find(self, state: int) -> Snapshot | None:
        """A kept state other than the present one, or None."""
        return next((one for one in (*self._past, *self._future) if one.state == state), None)

    def travel(self, present: Snapshot, state: int) -> Snapshot:
        """Go to one of :attr:`states`; the snapshot found there."""
        source, target = self._past, self._future
        if state not in [snapshot.state for snapshot in source]:
            source, target = target, source
        while source and present.state != state:
            target.append(present)
            present = source.pop()
        self.state = present.state
        return present
