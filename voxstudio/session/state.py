"""What a session holds and tells: read by everybody, replaced by the modules beside this one."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.engine.inputs import View
from voxstudio.engine.requests import Contribution, Draw, Given, ModelInfo, Request
from voxstudio.session.errands import Errands
from voxstudio.session.history import History
from voxstudio.session.values import JobState, Message, Options, Shown

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid
    from voxstudio.engine.checkpoint import Entry

DEFAULT_IMAGE_SIZE = 128


class State:
    """What is loaded, wanted and shown, and who is told. Parameters as those of :class:`Session`."""

    def __init__(self, post: Callable[[Callable[[], None]], Any], folders: tuple[Path, ...], device: str) -> None:
        self._post = post
        self._folders = folders
        self._device = device
        self._subscribers: list[Callable[[str], None]] = []
        self._catalogue: tuple[Entry, ...] = ()
        self._checkpoint: Entry | None = None
        self._model: ModelInfo | None = None
        self._views: tuple[View, ...] = ()
        self._options = Options()
        self._draw: Draw | Given | None = None
        self._preview: int | None = None
        self._shown: Shown | None = None
        self._contributions: tuple[Contribution, ...] = ()
        self._message: Message | None = None
        self._said_at = 0.0
        self._history = History()
        self._numbers = itertools.count(1)
        self._floor = 0  # results up to this number are no longer wanted
        self._asked: dict[int, tuple[Request, str, float]] = {}
        self._against: VoxelGrid | None = None  # what every result is compared with
        self._compared = 0  # number of the request whose contributions are wanted
        self._dragging = False
        self._untold = False  # options changed that nobody was told of yet
        self._awake = False
        self._closed = False
        self._errands = Errands(self._hand, partial(self._tell, "job"), self._say, self.settle)

    # ---- what there is -------------------------------------------------------------------------

    @property
    def catalogue(self) -> tuple[Entry, ...]:
        """Every checkpoint found; an entry with a ``problem`` cannot be opened and says why."""
        return self._catalogue

    @property
    def checkpoint(self) -> Entry | None:
        """The chosen checkpoint, whether or not its model is open yet."""
        return self._checkpoint

    @property
    def model(self) -> ModelInfo | None:
        """What is known of the open model (device, fusions, labels, controls); None until it is open."""
        return self._model

    @property
    def fusions(self) -> tuple[str, ...]:
        """The ways to join views that the chosen checkpoint knows; empty if it reads no pictures."""
        if self._model is not None:
            return self._model.fusions
        return tuple(self._said("fusions", ("mean",)))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the chosen checkpoint."""
        return self._checkpoint.card.classes if self._checkpoint and self._checkpoint.card else ()

    @property
    def views(self) -> tuple[View, ...]:
        """The pictures, in the person's order."""
        return self._views

    @property
    def options(self) -> Options:
        """What the person set."""
        return self._options

    @property
    def draw(self) -> Draw | None:
        """What is drawn from noise, or None while pictures are reconstructed."""
        return self._draw if isinstance(self._draw, Draw) else None

    @property
    def given(self) -> Given | None:
        """The grid that no model made and that is wanted on the stage, or None."""
        return self._draw if isinstance(self._draw, Given) else None

    @property
    def preview(self) -> int | None:
        """The id of the view that is left out for a look, or None."""
        return self._preview

    @property
    def shown(self) -> Shown | None:
        """What the viewport shows, or None while there is nothing."""
        return self._shown

    @property
    def contributions(self) -> tuple[Contribution, ...]:
        """What each view contributes, as far as it is known; empty with fewer than two views."""
        return self._contributions

    @property
    def job(self) -> JobState | None:
        """What runs, or None. Show it once it has run for 0.3 s."""
        return self._errands.current

    @property
    def message(self) -> Message | None:
        """The last thing the person should be told, until it is dismissed, replaced or settled."""
        return self._message

    @property
    def can_undo(self) -> bool:
        """True if :meth:`undo` would change something."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """True if :meth:`redo` would change something."""
        return self._history.can_redo

    @property
    def states(self) -> tuple[int, ...]:
        """Names of all kept states, oldest first; :attr:`state` is one of them."""
        return self._history.states

    @property
    def state(self) -> int:
        """The name of the present state."""
        return self._history.state

    @property
    def export_suffixes(self) -> tuple[str, ...]:
        """The file endings :meth:`export` accepts, such as ``".stl"``."""
        from voxstudio.geometry.mesh_io import EXPORTERS

        return tuple(EXPORTERS)

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call ``callback(topic)`` after each change; returns what ends the subscription."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def say(self, severity: str, sentence: str, where: str, details: tuple[str, ...] = ()) -> None:
        """Tell the person something that the window found out (see :class:`Message`)."""
        self._say(severity, sentence, where, details)

    def dismiss_message(self) -> None:
        """The person has read the message."""
        if self._message is not None:
            self._message = None
            self._tell("message")

    def settle(self, where: str, begun: float = math.inf) -> None:
        """Something went well in a panel: an error or a warning that it gave before is dismissed.

        ``begun``: when that was begun, by ``time.perf_counter()``; what was said since then stays.
        """
        message = self._message
        if message is not None and message.where == where and message.severity != "info" and self._said_at < begun:
            self.dismiss_message()

    # ---- inside --------------------------------------------------------------------------------

    def _tell(self, topic: str) -> None:
        for callback in tuple(self._subscribers):
            callback(topic)

    def _say(self, severity: str, sentence: str, where: str, details: tuple[str, ...] = ()) -> None:
        self._message, self._said_at = Message(severity, sentence, where, details), time.perf_counter()
        self._tell("message")

    def _hand(self, call: Callable[[], None]) -> None:
        """From a worker to the owner's thread; nothing arrives after closing."""
        if self._closed:
            return

        def guarded() -> None:
            if not self._closed:
                call()

        self._post(guarded)

    def _fitted(self, options: Options) -> Options:
        """Options that the chosen checkpoint can serve."""
        fusion = options.fusion if not self.fusions or options.fusion in self.fusions else self.fusions[0]
        first = self.labels[0] if len(self.labels) > 1 else None
        label = options.label if options.label in self.labels else first
        return replace(options, fusion=fusion, label=label)

    def _image_size(self) -> int:
        if self._model is not None and self._model.image_size:
            return self._model.image_size
        return int(self._said("image_size", DEFAULT_IMAGE_SIZE))

    def _said(self, name: str, otherwise: Any) -> Any:
        """What the chosen checkpoint's card says of its network, before the model is open."""
        card = self._checkpoint.card if self._checkpoint else None
        network = card.network if card else {}
        return network.get(name, network.get("recipe", {}).get(name, otherwise))

    def _set(self, options: Options) -> None:
        if options != self._options:
            self._options = options
            self._tell("options")
