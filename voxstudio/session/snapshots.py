"""Shapes that were on the stage: kept for comparing, for paths and arithmetic; those with a name for good."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.requests import Given
from voxstudio.session.errands import Say
from voxstudio.session.history import Snapshot
from voxstudio.session.values import Options, Shown

KEPT_BYTES = 192 * 2**20
"""Grids of states of the history beyond this make room, oldest first."""
LONGEST_NAME = 40
OUTSIDE = -(2**31)
"""The id of a grid that is compared and not kept."""
GONE = "This shape is no longer in memory: click it in the history to bring it back first."


@dataclass(frozen=True, eq=False)
class Kept:
    """A shape that was at rest on the stage, and the way back to it.

    ``id`` is the state's name in the history; shapes with a ``name`` of the person have negative ids of their own, so
    that they outlast the history. ``latent`` has no codes where nothing was decoded. ``key`` is the folder of the
    checkpoint, ``checkpoint`` its name.
    """

    id: int
    name: str
    origin: str
    checkpoint: str
    key: str
    grid: VoxelGrid
    latent: Latent
    label: str | None
    snapshot: Snapshot

    @property
    def title(self) -> str:
        """The person's name for it, or where it comes from."""
        return self.name or self.origin


class Snapshots:
    """What :attr:`Session.snapshots` offers; topic ``kept``. Owner's thread.

    Parameters
    ----------
    changed: tells the topic. say: tells the person. against: what every result is compared with from now on.
    """

    def __init__(self, changed: Callable[[], None], say: Say, against: Callable[[VoxelGrid | None], None]) -> None:
        self._changed, self._say, self._against = changed, say, against
        self._states: OrderedDict[int, Kept] = OrderedDict()
        self._named: dict[int, Kept] = {}
        self._ids = itertools.count(-1, -1)
        self._compared: Kept | None = None
        self._filed: Callable[[int, Kept | None], None] = lambda which, kept: None

    def file_with(self, filed: Callable[[int, Kept | None], None]) -> Iterator[int]:
        """Call this with every shape that gets a name from now on, and with None for one that is let go.

        Ids for shapes that were named in an earlier session, for :meth:`welcome`; any thread may take them.
        """
        self._filed = filed
        return self._ids

    def welcome(self, found: Sequence[Kept]) -> None:
        """Take in shapes that were named in an earlier session, before those of this one."""
        if found:
            self._named = {kept.id: kept for kept in found} | self._named
            self._changed()

    @property
    def named(self) -> tuple[Kept, ...]:
        """What the person gave a name, oldest first."""
        return tuple(self._named.values())

    @property
    def compared(self) -> Kept | None:
        """What the shape on the stage is compared with, or None."""
        return self._compared

    def find(self, which: int) -> Kept | None:
        """The shape of a state of the history, or a named one; None if it is too old or was never at rest."""
        return self._states.get(which) or self._named.get(which)

    def record(self, shown: Shown, snapshot: Snapshot) -> None:
        """Keep what a state shows now; called for every shape at rest."""
        state = snapshot.state
        self._states.pop(state, None)
        self._states[state] = Kept(
            state, "", shown.origin, shown.checkpoint, shown.key, shown.grid, shown.latent, shown.label, snapshot
        )
        self._make_room()

    def keep(self, which: int, name: str) -> int | None:
        """Keep a shape under a name for good, or rename one; its id. None and a message if it is gone or unnamed."""
        kept, words = self.find(which), " ".join(name.split())[:LONGEST_NAME]
        if kept is None or not words:
            self._say("error", GONE if kept is None else "A kept shape needs a name: type one.", "compare")
            return None
        new = which if which in self._named else next(self._ids)
        self._named[new] = replace(kept, id=new, name=words)
        self._filed(new, self._named[new])
        if self._compared is not None and self._compared.id == which:
            self._compared = self._named[new]
        self._changed()
        return new

    def drop(self, which: int) -> None:
        """Let go of a named shape; the history is not touched."""
        if self._named.pop(which, None) is not None:
            self._filed(which, None)
            self._changed()

    def compare(self, which: int | None) -> bool:
        """Compare what is shown, from now on and live, with a kept shape; None ends it. False and a message if gone."""
        kept = self.find(which) if which is not None else None
        if which is not None and kept is None:
            self._say("error", GONE, "compare")
            return False
        if kept is not self._compared:
            self._compared = kept
            self._against(kept.grid if kept is not None else None)
            self._changed()
        return True

    def compare_with(self, grid: VoxelGrid, title: str) -> None:
        """Compare what is shown, from now on and live, with a grid that was never on the stage."""
        way = Snapshot((), Options(iso=grid.iso_level), Given(grid, title), OUTSIDE)
        self._compared = Kept(OUTSIDE, title, title, "", "", grid, Latent({}), None, way)
        self._against(grid)
        self._changed()

    def _make_room(self) -> None:
        total = sum(kept.grid.values.nbytes for kept in self._states.values())
        for kept in list(self._states.values())[:-1]:  # the newest stays
            if total <= KEPT_BYTES:
                break
            total -= kept.grid.values.nbytes
            del self._states[kept.id]
