"""What is known of an ascent: the checkpoint, how it climbs, its trail. Read by everybody, changed by Synthesis."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.ascending import AscentThread, ClimberInfo
from voxstudio.engine.requests import Given
from voxstudio.session.errands import Errands, Say
from voxstudio.session.trail import Trail
from voxstudio.session.values import Options, Shown

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry


SOURCES = ("noise", "stage", "file")


class Present(Protocol):
    """What :meth:`Session.show_live` is."""

    def __call__(self, given: Given, draft: bool = False, anew: bool = False) -> None:
        """Put a grid on the stage."""


@dataclass(frozen=True, eq=False)
class Origin:
    """What chains begin with: one of :data:`SOURCES`; ``grid`` is None for noise, ``words`` name it."""

    source: str = "noise"
    grid: VoxelGrid | None = None
    words: str = "noise"


class AscentView:
    """The state of :attr:`Session.synthesis`. It has a checkpoint of its own, so that what stands open stays open.

    Parameters
    ----------
    hand: queues a call for the owner's thread. tell: tells the topic. say: tells the person. errands: reads files.
    entries: the catalogue. device: where the model runs. open_model: opens a folder. present: puts a grid on the stage.
    shown, wanted: what stands there, and what grid was asked for. options: how shapes are shown. against: compares
    what is shown with a grid from now on.
    """

    def __init__(
        self, hand: Callable[[Callable[[], None]], None], tell: Callable[[], None], say: Say, errands: Errands,
        entries: Callable[[], tuple[Entry, ...]], device: str, open_model: Callable[[Path, str], Any],
        present: Present, shown: Callable[[], Shown | None], wanted: Callable[[], Given | None],
        options: Callable[[], Options], against: Callable[[VoxelGrid, str], None],
    ) -> None:  # fmt: skip
        self._hand, self._tell, self._say, self._errands = hand, tell, say, errands
        self._entries, self._device, self._open_model = entries, device, open_model
        self._present, self._shown, self._wanted, self._options = present, shown, wanted, options
        self._against = against
        self._thread: AscentThread | None = None
        self._numbers = itertools.count(1)
        self._newest = 0
        self._valid_from = 0  # events of orders before this are of a trail that was left
        self._folder: Path | None = None
        self._info: ClimberInfo | None = None
        self._ascent = Ascent(cascade=0)
        self._origin = Origin()
        self._seed, self._count, self._chain, self._at = 1, 1, 0, 0
        self._through = True
        self._playing = self._opening = self._done = False
        self._trail = Trail()
        self._given: Given | None = None
        self._step_ms = 0.0
        self._branched = 0
        self._awaited: tuple[int | None, ...] = ()  # steps of a beginning that waits for the model

    # ---- what there is -------------------------------------------------------------------------

    @property
    def entry(self) -> Entry | None:
        """The checkpoint that climbs, or None if there is none."""
        usable = [entry for entry in self._entries() if climbs(entry)]
        return next((entry for entry in usable if entry.folder == self._folder), usable[0] if usable else None)

    @property
    def info(self) -> ClimberInfo | None:
        """What is known of its model; None until it is open."""
        entry = self.entry
        return (
            self._info if self._info is not None and entry is not None and self._info.folder == entry.folder else None
        )

    @property
    def ascent(self) -> Ascent:
        """How the next step climbs; ``cascade`` counts from 0."""
        return self._ascent

    @property
    def origin(self) -> Origin:
        """What chains begin with."""
        return self._origin

    @property
    def seed(self) -> int:
        """Of the first chain; the others follow."""
        return self._seed

    @property
    def count(self) -> int:
        """How many chains climb side by side."""
        return self._count

    @property
    def through(self) -> bool:
        """Whether the next network takes over by itself."""
        return self._through

    @property
    def playing(self) -> bool:
        """Whether chains climb now."""
        return self._playing

    @property
    def opening(self) -> bool:
        """Whether the model is being opened."""
        return self._opening

    @property
    def done(self) -> bool:
        """Whether the last network has finished."""
        return self._done

    @property
    def trail(self) -> Trail:
        """The kept states and the curves."""
        return self._trail

    @property
    def at(self) -> int:
        """Which of the kept states is looked at."""
        return min(self._at, max(len(self._trail) - 1, 0))

    @property
    def state(self) -> AscentState | None:
        """The state that is looked at, or None before the first."""
        return self._trail[self.at] if len(self._trail) else None

    @property
    def chain(self) -> int:
        """The chain on the stage."""
        return self._chain

    @property
    def step_ms(self) -> float:
        """What one step takes."""
        return self._step_ms

    @property
    def follows(self) -> bool:
        """True while what stands on the stage is a state of this ascent."""
        return self._given is not None and self._wanted() is self._given

    def grid(self, chain: int) -> VoxelGrid | None:
        """A chain of the state that is looked at."""
        state, info = self.state, self._info
        if state is None or info is None or chain >= len(state.volumes):
            return None
        return state.grid(chain, info.iso_level, info.name)


def climbs(entry: Entry) -> bool:
    """True for a checkpoint that makes shapes step by step, by what its card says."""
    return offers(entry, "synthesize")


def offers(entry: Entry, capability: str) -> bool:
    """True if a checkpoint can be opened and does what a capability names."""
    from voxstudio.families import capabilities

    return entry.card is not None and not entry.problem and capability in capabilities(entry.card)
