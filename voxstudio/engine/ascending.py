"""The thread on which shapes climb: it owns a synthesizer, takes one step after the other, and makes way at once.

Orders are frozen values made on the owner's thread; the newest wins. The states it hands over are frozen too, so that
whoever holds them may keep them. It imports torch when the first order comes, not before.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voxstudio.core.ascent import Ascent, AscentState
from voxstudio.core.errors import BadInput, Cancelled, VoxStudioError
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Mailbox

HAND_OVER_S = 0.033
"""States are handed over in bundles, thirty times a second at most."""
FEW_CORES = 8


@dataclass(frozen=True, eq=False)
class Climb:
    """What to do: begin anew (``seeds``), or go on from ``state``, or from where the thread stands (neither).

    Parameters
    ----------
    number: of the order; events carry it.
    start: what chains begin with; None: noise.
    steps: so many, then rest; None: until the next order or, with ``through``, until the shape is done.
    through: the next network takes over after the usual steps; the last one ends the climb.
    """

    number: int
    folder: Path
    device: str
    ascent: Ascent
    seeds: tuple[int, ...] = ()
    start: VoxelGrid | None = None
    state: AscentState | None = None
    steps: int | None = None
    through: bool = False


@dataclass(frozen=True)
class ClimberInfo:
    """What the owner knows of an open synthesizer without touching it."""

    folder: Path
    name: str
    resolution: int
    iso_level: float
    classes: tuple[str, ...]
    targets: tuple[str, ...]
    cascades: int
    usual: Ascent
    usual_steps: int
    device: str
    note: str


@dataclass(frozen=True)
class Known:
    """A synthesizer is open."""

    number: int
    info: ClimberInfo


@dataclass(frozen=True, eq=False)
class Climbed:
    """States in the order in which they came; ``step_ms`` is what one step took."""

    number: int
    states: tuple[AscentState, ...]
    step_ms: float = 0.0


@dataclass(frozen=True)
class Rested:
    """Nothing more follows for this order. ``done``: the last network has finished; ``sentence``: why it stopped."""

    number: int
    done: bool = False
    sentence: str = ""
    opening: bool = False


Event = Known | Climbed | Rested


def can_synthesize(model: Any) -> bool:
    """True for a model that makes shapes step by step, unless its card says that it was not trained for that."""
    from voxstudio.engine.family import Synthesizer

    own = model.card.network.get("capabilities")
    return isinstance(model, Synthesizer) and (not isinstance(own, list) or "synthesize" in own)


class AscentThread:
    """One thread, one synthesizer, one order in hand, one waiting.

    Parameters
    ----------
    deliver: called on this thread with each :data:`Event`.
    open_model: opens the checkpoint in a folder on a device; called on this thread.
    """

    def __init__(self, deliver: Callable[[Event], None], open_model: Callable[[Path, str], Any]) -> None:
        self._deliver, self._open_model = deliver, open_model
        self._mailbox: Mailbox[Climb] = Mailbox()
        self._open: tuple[Path, Any] | None = None
        self._state: AscentState | None = None
        self._thread = threading.Thread(target=self._run, name="voxstudio-ascent", daemon=True)
        self._thread.start()

    def submit(self, order: Climb) -> None:
        """Leave an order; the one in hand ends after its step, a waiting one is never begun. Owner's thread."""
        self._mailbox.put(order)

    def close(self, timeout: float = 20.0) -> bool:
        """Stop after the step in hand, let go of the model, join; True if the thread ended. Owner's thread."""
        self._mailbox.close()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # Everything below runs on the ascent thread.

    def _run(self) -> None:
        while (order := self._mailbox.take()) is not None:
            opening = True
            try:
                with _few_threads():
                    model = self._model(order)
                    opening = False
                    done = self._climb(model, order)
                self._deliver(Rested(order.number, done))
            except Cancelled:
                self._deliver(Rested(order.number))
            except VoxStudioError as error:
                self._deliver(Rested(order.number, sentence=str(error), opening=opening))
            except Exception as error:  # a bug in a model must not end the thread or the program
                sentence = f"The checkpoint {order.folder.name} could not finish ({type(error).__name__}, {error})."
                self._deliver(Rested(order.number, sentence=sentence, opening=opening))
        self._open = self._state = None

    def _model(self, order: Climb) -> Any:
        if self._open is None or self._open[0] != order.folder:
            self._open = self._state = None
            model = self._open_model(order.folder, order.device)
            if not can_synthesize(model):
                raise BadInput(f"The checkpoint {model.card.name} does not climb to shapes: choose one that does.")
            self._open = (order.folder, model)
            self._deliver(Known(order.number, describe_climber(order.folder, model)))
        return self._open[1]

    def _climb(self, model: Any, order: Climb) -> bool:
        """Follow an order; True if the shapes are done."""
        ascent = order.ascent
        if order.seeds:
            self._state = model.begin(order.seeds, order.start, ascent)
            self._deliver(Climbed(order.number, (self._state,)))
        elif order.state is not None:
            self._state = order.state
        state = self._state
        if state is None:
            return False
        bundle: list[AscentState] = []
        taken, began = 0, time.perf_counter()
        handed = began
        done = False
        try:
            while (order.steps is None or taken < order.steps) and not self._mailbox.has_mail:
                cascade = ascent.cascade % model.cascades
                if order.through and state.cascade == cascade and state.cascade_step >= model.usual_steps:
                    if cascade + 1 >= model.cascades:
                        done = True
                        break
                    ascent = replace(ascent, cascade=cascade + 1)
                state = model.advance(state, ascent)
                self._state = state
                bundle.append(state)
                taken += 1
                now = time.perf_counter()
                if now - handed >= HAND_OVER_S:
                    self._deliver(Climbed(order.number, tuple(bundle), (now - began) * 1000.0 / taken))
                    bundle, handed = [], now
        finally:
            if bundle:
                self._deliver(Climbed(order.number, tuple(bundle), (time.perf_counter() - began) * 1000.0 / taken))
        return done


def describe_climber(folder: Path, model: Any) -> ClimberInfo:
    """Read off a synthesizer what the owner's thread needs to know."""
    card = model.card
    return ClimberInfo(
        folder, card.name, card.resolution, card.iso_level, tuple(card.classes), tuple(model.targets), model.cascades,
        model.usual, model.usual_steps, model.device, model.note,
    )  # fmt: skip


@contextlib.contextmanager
def _few_threads() -> Iterator[None]:
    """One thread of torch's where there are few cores: the others belong to the window."""
    import torch

    before = torch.get_num_threads()
    if (os.cpu_count() or 1) <= FEW_CORES:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
