"""The session itself; see :mod:`voxstudio.session` for its threads and topics."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.picture import Picture
from voxstudio.engine import inference
from voxstudio.engine.inference import Contribution, Draw, InferenceThread, ModelInfo, Request
from voxstudio.engine.inputs import View, make_view, read_view, reframed, rehearse
from voxstudio.engine.jobs import Job
from voxstudio.engine.places import checkpoint_folders as default_folders
from voxstudio.engine.places import find_checkpoint
from voxstudio.lab.opening import open_any
from voxstudio.session.errands import Errands
from voxstudio.session.history import History, Snapshot
from voxstudio.session.values import JobState, Message, Options, Shown

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry

DEFAULT_CHECKPOINT = "chair-multiview"
DEFAULT_IMAGE_SIZE = 128


class Session:
    """The program's state and everything that can be done with it.

    Parameters
    ----------
    post: called from worker threads with a callable that takes nothing; must queue it for the owner's
        thread and return at once (the Qt bridge: a queued signal; tests: :class:`OwnerLoop`).
    checkpoint_folders: folders whose sub-folders are checkpoints; by default the shipped ones, the
        user's, and those named by the environment variable VOXSTUDIO_CHECKPOINTS.
    device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.

    The catalogue is read and the default checkpoint chosen at once; no model is opened and torch is not
    imported before :meth:`warm_up` or the first picture.
    """

    def __init__(
        self, post: Callable[[Callable[[], None]], Any],
        checkpoint_folders: Sequence[Path] | None = None, device: str = "auto",
    ) -> None:
        self._post = post
        self._folders = tuple(checkpoint_folders) if checkpoint_folders is not None else default_folders()
        self._device = device
        self._subscribers: list[Callable[[str], None]] = []
        self._catalogue: tuple[Entry, ...] = ()
        self._checkpoint: Entry | None = None
        self._model: ModelInfo | None = None
        self._views: tuple[View, ...] = ()
        self._options = Options()
        self._draw: Draw | None = None
        self._preview: int | None = None
        self._shown: Shown | None = None
        self._contributions: tuple[Contribution, ...] = ()
        self._message: Message | None = None
        self._history = History()
        self._numbers = itertools.count(1)
        self._floor = 0  # results up to this number are no longer wanted
        self._asked: dict[int, tuple[Request, str]] = {}
        self._compared = 0  # number of the request whose contributions are wanted
        self._dragging = False
        self._untold = False  # options changed that nobody was told of yet
        self._awake = False
        self._closed = False
        self._errands = Errands(self._hand, partial(self._tell, "job"), self._say)
        self._worker = InferenceThread(lambda event: self._hand(partial(self._take, event)), open_any)
        self.refresh_catalogue()
        self._choose_default()

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
        return self._draw

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
        """The last thing the person should be told, until it is dismissed or replaced."""
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

    # ---- checkpoints ---------------------------------------------------------------------------

    def refresh_catalogue(self) -> None:
        """Look again which checkpoints there are. Reads the cards only (about 1 ms each)."""
        from voxstudio.engine.checkpoint import catalogue

        self._catalogue = tuple(catalogue(self._folders))
        self._tell("catalogue")

    def open_checkpoint(self, name: str | Path) -> bool:
        """Choose a checkpoint by its name in the catalogue or by its folder; False (and a message) if it cannot be.

        The model is opened on the inference thread; :attr:`model` follows. Threshold, fusion and class
        take the checkpoint's defaults where the current ones do not fit.
        """
        try:
            entry = find_checkpoint(str(name), self._folders)
        except VoxStudioError as error:
            self._say("error", str(error), "checkpoint")
            return False
        self._worker.retry(str(entry.folder))
        self._choose(entry)
        if self._awake or self._views:
            self._submit()
        return True

    def warm_up(self) -> None:
        """Import torch and open the chosen model in the background. Call it once the view is painted."""
        if not self._awake:
            self._awake = True
            size = self._image_size()
            self._errands.start("Getting ready", lambda _: rehearse(size), lambda _: None, "images", seen=False)
        if self._checkpoint is not None and self._model is None and not self._asked:
            self._submit()

    # ---- pictures ------------------------------------------------------------------------------

    def add_images(self, paths: Sequence[Path | str]) -> None:
        """Read image files on the I/O thread, remove their backgrounds, add them as views.

        Files that cannot be used become one message (``where="images"``); the others are added
        together, as one step of the history. Cancelling adds none.
        """
        files = [Path(path) for path in paths]
        self._read([(path.name, partial(read_view, path)) for path in files])

    def add_picture(self, picture: Picture) -> None:
        """Add a picture that is in memory already (paste)."""
        name = picture.name or "pasted picture"
        self._read([(name, lambda size, remove: make_view(picture, size, remove, name=name))])

    def add_image_bytes(self, data: bytes, name: str) -> None:
        """Add a picture from the bytes of an image file (dropped from a browser)."""

        def read(size: int, remove: bool) -> View:
            from voxstudio.geometry.image_io import read_image_bytes

            return make_view(read_image_bytes(data, name), size, remove, name=name)

        self._read([(name, read)])

    def remove_view(self, view_id: int) -> None:
        """Remove one view. The encoder's results for the others are kept."""
        self._change(views=tuple(view for view in self._views if view.id != view_id))

    def move_view(self, view_id: int, position: int) -> None:
        """Move one view to another position."""
        moved = [view for view in self._views if view.id == view_id]
        rest = [view for view in self._views if view.id != view_id]
        self._change(views=tuple(rest[:position] + moved + rest[position:]))

    def clear_views(self) -> None:
        """Remove all views and what is shown."""
        self._change(views=(), draw=None)

    def set_remove_background(self, which: int | str, on: bool) -> None:
        """Remove the background of one view (its id) or of ``"all"``, or bring it back.

        For ``"all"`` it also becomes the wish for pictures to come. Runs on the I/O thread.
        """
        if which == "all":
            self._set(replace(self._options, remove_background=on))
        chosen = {view.id for view in self._views if which in ("all", view.id) and view.remove_background != on}
        if chosen:
            self._reframe(chosen, on)

    # ---- options -------------------------------------------------------------------------------

    def set_options(self, **changes: Any) -> None:
        """Change fields of :class:`Options`; a wrong value becomes a message (``where="result"``)."""
        try:
            options = replace(self._options, **changes)
            if options.label is not None and options.label not in self.labels:
                raise BadInput(f"The class must be one of {', '.join(self.labels)}, not {options.label!r}.")
            if self.fusions and options.fusion not in self.fusions:
                raise BadInput(f"The fusion must be one of {', '.join(self.fusions)}, not {options.fusion!r}.")
        except (BadInput, TypeError) as error:
            self._say("error", str(error), "result")
            return
        if options != self._options:
            self._change(options=options)

    def set_iso(self, iso: float, draft: bool = False) -> None:
        """Move the threshold. No network runs: the grid is meshed again.

        Pass ``draft=True`` while the slider moves and once ``False`` on release; a whole drag is one
        step of the history.
        """
        iso = min(max(float(iso), 0.001), 0.999)
        if not self._dragging and iso != self._options.iso:
            self._remember()
        self._dragging = draft
        if draft:  # told with the shape that it leads to: a repaint of its own would cost the drag a frame
            self._options, self._untold = replace(self._options, iso=iso), True
        else:
            self._untold = False
            self._options = replace(self._options, iso=iso)
            self._tell("options")
        self._submit(draft=draft)

    # ---- results -------------------------------------------------------------------------------

    def sample(self, label: str | None = None, seed: int = 0, truncation: float = 1.0) -> None:
        """Make an object of a class from noise; the views stay, :meth:`reconstruct` returns to them."""
        if label is not None and label not in self.labels:
            self._say("error", f"The class must be one of {', '.join(self.labels)}, not {label!r}.", "result")
            return
        self._change(draw=Draw(label, int(seed), float(truncation)))

    def reconstruct(self) -> None:
        """Return from a sample to the reconstruction of the views."""
        if self._draw is not None:
            self._change(draw=None)

    def preview_without(self, view_id: int) -> None:
        """Show the result without one view until :meth:`preview_all`. Not a step of the history."""
        if len(self._views) > 1 and any(view.id == view_id for view in self._views):
            self._preview = view_id
            self._tell("views")
            self._submit()

    def preview_all(self) -> None:
        """Show the result of all views again."""
        if self._preview is not None:
            self._preview = None
            self._tell("views")
            self._submit()

    def note_drawn(self, number: int, draw_ms: float) -> None:
        """The viewport drew result ``number`` in ``draw_ms`` milliseconds. ``times`` follows, but not in a drag."""
        if self._shown is not None and self._shown.number == number:
            self._shown = replace(self._shown, times={**self._shown.times, "draw": draw_ms})
            if not self._shown.draft:
                self._tell("times")

    def export(self, path: Path | str) -> bool:
        """Write what is shown, in full quality, on the I/O thread; False if there is nothing to write.

        The suffix chooses the format (:attr:`export_suffixes`). A message (``where="export"``) says how
        it went; a file that could not be finished is not left behind.
        """
        shown, options, target = self._shown, self._options, Path(path)
        if shown is None or shown.surface.is_empty:
            self._say("error", "There is nothing to export yet: add a picture, or lower the threshold.", "export")
            return False

        def work(job: Job) -> str:
            from voxstudio.geometry.mesh_io import save_surface
            from voxstudio.geometry.pieces import count_pieces

            surface = inference.mesh(shown.grid, options.style, options.smoothing)
            job.progress(0.5, f"Writing {target.name}")
            save_surface(surface, target)
            low, high = surface.bounds
            size = " x ".join(f"{side:.0f}" for side in high - low)
            pieces = count_pieces(surface)
            loose = f" It is in {pieces} separate pieces: a lower threshold may join them." if pieces > 1 else ""
            return f"Saved {target.name}: {len(surface.faces):,} triangles, {size} mm.{loose}"

        def done(sentence: Any) -> None:
            self._say("info", sentence, "export")

        return self._errands.start(f"Writing {target.name}", work, done, "export")

    # ---- the rest ------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Stop everything that runs. What is shown stays; the outcome of stopped work is dropped."""
        self._floor = next(self._numbers)
        self._worker.withdraw()
        if self._errands.stop_all():
            self._say("info", "Cancelled.", "result")

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

    def say(self, severity: str, sentence: str, where: str, details: tuple[str, ...] = ()) -> None:
        """Tell the person something that the window found out (see :class:`Message`)."""
        self._say(severity, sentence, where, details)

    def dismiss_message(self) -> None:
        """The person has read the message."""
        if self._message is not None:
            self._message = None
            self._tell("message")

    def close(self) -> None:
        """Stop and join both threads. Nothing is called back afterwards. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._subscribers.clear()
        self._worker.close()
        self._errands.close()

    # ---- inside --------------------------------------------------------------------------------

    def _tell(self, topic: str) -> None:
        for callback in tuple(self._subscribers):
            callback(topic)

    def _say(self, severity: str, sentence: str, where: str, details: tuple[str, ...] = ()) -> None:
        self._message = Message(severity, sentence, where, details)
        self._tell("message")

    def _hand(self, call: Callable[[], None]) -> None:
        """From a worker to the owner's thread; nothing arrives after closing."""
        if self._closed:
            return

        def guarded() -> None:
            if not self._closed:
                call()

        self._post(guarded)

    def _choose_default(self) -> None:
        usable = [entry for entry in self._catalogue if not entry.problem]
        if usable:
            self._choose(next((entry for entry in usable if entry.name == DEFAULT_CHECKPOINT), usable[0]))

    def _choose(self, entry: Entry) -> None:
        assert entry.card is not None
        same = self._checkpoint is not None and self._checkpoint.folder == entry.folder
        self._checkpoint = entry
        if not same:
            self._model = None
            self._floor = next(self._numbers)
        fitted = self._fitted(replace(self._options, iso=entry.card.iso_level))
        if self._draw is not None and self._draw.label not in (None, *self.labels):
            self._draw = replace(self._draw, label=None)
        self._tell("checkpoint")
        self._set(fitted)
        size = self._image_size()
        self._reframe({view.id for view in self._views if view.network.shape[0] != size})

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

    def _snapshot(self) -> Snapshot:
        return Snapshot(self._views, self._options, self._draw, self.state)

    def _remember(self) -> None:
        self._history.remember(self._snapshot())
        self._tell("history")

    def _change(self, **parts: Any) -> None:
        """One step of the history: replace views, options or draw, then ask for a result."""
        self._history.remember(self._snapshot())
        self._apply(
            parts.get("views", self._views), parts.get("options", self._options), parts.get("draw", self._draw)
        )
        self._tell("history")

    def _apply(self, views: tuple[View, ...], options: Options, draw: Draw | None) -> None:
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

    def _read(self, sources: list[tuple[str, Callable[[int, bool], View]]]) -> None:
        """Make views on the I/O thread; the good ones are added together."""
        size, remove = self._image_size(), self._options.remove_background
        words = f"Reading {sources[0][0]}" if len(sources) == 1 else f"Reading {len(sources)} pictures"

        def work(job: Job) -> tuple[list[View], list[str]]:
            views, problems = [], []
            for index, (name, read) in enumerate(sources):
                job.progress(index / len(sources), f"Reading {name}")
                try:
                    views.append(read(size, remove))
                except VoxStudioError as error:
                    problems.append(str(error))
            job.check()
            return views, problems

        def done(outcome: Any) -> None:
            views, problems = outcome
            if views:
                self._change(views=self._views + tuple(views), draw=None)
            if len(problems) == 1:
                self._say("error", problems[0], "images")
            elif problems:
                lead = f"{len(problems)} of {len(sources)} files could not be used: {problems[0]}"
                self._say("error", lead, "images", tuple(problems))

        if sources:
            self._errands.start(words, work, done, "images")

    def _reframe(self, chosen: set[int], remove: bool | None = None) -> None:
        """Make the network's image of some views anew; a wish about the background is a step of the history."""
        if not chosen:
            return
        before, size = self._views, self._image_size()

        def work(job: Job) -> dict[int, View]:
            made: dict[int, View] = {}
            for view in before:
                if view.id in chosen:
                    job.progress(len(made) / len(chosen))
                    made[view.id] = reframed(view, size, remove)
            return made

        def done(made: Any) -> None:
            views = tuple(made.get(view.id, view) for view in self._views)
            if remove is not None:
                self._change(views=views)
            else:
                self._apply(views, self._options, self._draw)

        self._errands.start("Preparing the pictures", work, done, "images")

    def _submit(self, draft: bool = False) -> None:
        """Ask the inference thread for what is wanted now; replaces what waits there."""
        if self._checkpoint is None:
            if self._views or self._draw is not None:
                self._say("error", "There is no checkpoint to work with: put one into the library.", "checkpoint")
            return
        options, draw = self._options, self._draw
        views = () if draw is not None else tuple(v for v in self._views if v.id != self._preview)
        for older, _ in self._asked.values():
            self._errands.forget(older.job)
        words = f"Opening {self._checkpoint.name}" if self._model is None else "Making the shape"
        job = self._errands.job(words)
        whole = draw is None and self._preview is None and not draft
        request = Request(
            next(self._numbers), str(self._checkpoint.folder), self._checkpoint.folder, self._device, job, views,
            draw, options.fusion, options.label, options.iso, options.style, options.smoothing,
            options.colour_by == "confidence", draft, whole,
        )
        if whole:
            self._compared = request.number
        self._asked = {n: asked for n, asked in self._asked.items() if n > self._floor}
        self._asked[request.number] = (request, self._origin(views))
        if not (draft and self._model is not None):  # a drag is no work that a person waits for
            self._errands.began(job)
        self._worker.submit(request)

    def _origin(self, views: tuple[View, ...]) -> str:
        if self._draw is not None:
            return f"{self._draw.label or 'object'} from noise, seed {self._draw.seed}"
        words = "1 photo" if len(views) == 1 else f"{len(views)} photos, {self._options.fusion}"
        left_out = [view.name for view in self._views if view.id == self._preview]
        return f"{words}, without {left_out[0]}" if left_out else words

    def _take(self, event: inference.Event) -> None:
        """One event from the inference thread, on the owner's thread."""
        asked = self._asked.get(event.number)
        if asked is None:
            return
        request, origin = asked
        if isinstance(event, inference.Done):
            for number in [n for n in self._asked if n <= event.number]:
                self._errands.ended(self._asked.pop(number)[0].job)
        elif isinstance(event, inference.Opened):
            if self._checkpoint is not None and str(self._checkpoint.folder) == event.info.key:
                self._take_model(event.info)
        elif event.number <= self._floor:
            return
        elif isinstance(event, inference.Result):
            self._take_result(event, request, origin)
        elif isinstance(event, inference.Contributed):
            if event.number == self._compared:
                self._contributions = event.items
                self._tell("contributions")
                share = len(event.items) / len(request.views)
                self._errands.progressed(request.job, share, "Comparing without each view")
        else:
            self._say("error", event.sentence, "checkpoint" if event.opening else "result")

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self._set(self._fitted(self._options))
        self._tell("checkpoint")
        if info.note:
            self._say("warning", info.note, "checkpoint")
        if info.image_size:
            self._reframe({view.id for view in self._views if view.network.shape[0] != info.image_size})

    def _take_result(self, result: inference.Result, request: Request, origin: str) -> None:
        """Shown if newer than what is shown (not: equal to the newest, or nothing would move in a drag)."""
        current = str(self._checkpoint.folder) if self._checkpoint else ""
        if result.key != current or (self._shown is not None and result.number <= self._shown.number):
            return
        times = {"read": sum(view.read_ms for view in request.views), **result.times}
        name = self._checkpoint.name if self._checkpoint else ""
        self._shown = Shown(
            result.number, name, result.grid, result.surface, result.latent, times, result.device,
            origin, result.note, result.draft,
        )
        self._tell("shown")
        if self._untold:
            self._untold = False
            self._tell("options")
        if result.surface.is_empty and not result.draft:
            self._say("warning", "Nothing reaches this threshold: lower it to see a shape.", "result")
