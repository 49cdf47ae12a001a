"""The session itself; see :mod:`voxstudio.session` for its threads and topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.engine import inference
from voxstudio.engine.inputs import rehearse
from voxstudio.engine.jobs import Job
from voxstudio.engine.places import checkpoint_folders as default_folders
from voxstudio.engine.places import find_checkpoint, own_checkpoints
from voxstudio.engine.requests import Draw, Given, ModelInfo
from voxstudio.lab.opening import open_any
from voxstudio.session.adopting import Adopting
from voxstudio.session.ascent_view import climbs
from voxstudio.session.bench import Bench
from voxstudio.session.classifying import Classifying
from voxstudio.session.evaluating import Evaluating
from voxstudio.session.filming import Filming
from voxstudio.session.interpolation import Interpolation
from voxstudio.session.kept_files import keep_in
from voxstudio.session.latents import Latents, Subject
from voxstudio.session.mapping import Mapping
from voxstudio.session.nearest import NearestShape
from voxstudio.session.searching import Searching
from voxstudio.session.snapshots import Kept, Snapshots
from voxstudio.session.synthesis import Synthesis
from voxstudio.session.training import Training
from voxstudio.session.turntable import Turntable
from voxstudio.session.values import Options, Shown

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry

DEFAULT_CHECKPOINT = "chair-multiview"


class Session(Filming):
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
        folders = tuple(checkpoint_folders) if checkpoint_folders is not None else default_folders()
        super().__init__(post, folders, device, open_any)
        home = folders[0] if checkpoint_folders is not None and folders else own_checkpoints()
        self._training = Training(
            self._hand, partial(self._tell, "training"), self._say, self.refresh_catalogue, home
        )
        self._adopting = Adopting(
            self._errands, partial(self._tell, "inspection"), self._say, self._entries, self.refresh_catalogue, home
        )
        self._turntable = Turntable(self._errands, partial(self._tell, "turntable"), self._say, self.show_grid)
        self._snapshots = Snapshots(partial(self._tell, "kept"), self._say, self._compare_with)
        self._bench = Bench(self._device)
        self._latents = Latents(
            self._errands, partial(self._tell, "latents"), self._say, self._bench, self._subject,
            self._known_shown, self.place,
        )
        self._nearest = NearestShape(
            self._errands, partial(self._tell, "nearest"), self._say, self._bench, self._subject, self._known_shown
        )
        self._search = Searching(
            self._errands, partial(self._tell, "inversion"), self._say, self._bench, self._subject, self.place,
            self._known_draw,
        )
        self._path = Interpolation(
            self._errands, partial(self._tell, "path"), self._say, self._bench, self.place, self._known_model,
            self._present, self._known_options,
        )
        self._synthesis = Synthesis(
            self._hand, partial(self._tell, "synthesis"), self._say, self._errands, self._entries, device, open_any,
            self.show_live, self._known_shown, self._known_given, self._known_options, self._snapshots.compare_with,
        )
        self._map = Mapping(
            self._errands, self._tell, self._say, self._bench, self._device, self._entries, self._known_model,
            self._known_entry, self._known_kept, self._known_shown, self.show_grid, self.place,
        )
        self._evaluating = Evaluating(
            self._hand, partial(self._tell, "evaluating"), self._say, self._errands, self._entries, device
        )
        self._classifying = Classifying(
            self._hand, partial(self._tell, "classify"), self._say, self._errands, self._bench, self._entries, device,
            self.show_live, self._known_shown, self._known_given,
        )
        self.subscribe(self._note)
        self.refresh_catalogue()
        self._choose_default()

    @property
    def turntable(self) -> Turntable:
        """Photos of a turned object and what is carved of them; topic ``turntable``."""
        return self._turntable

    @property
    def snapshots(self) -> Snapshots:
        """Shapes that were on the stage, those with a name, and what is compared; topic ``kept``."""
        return self._snapshots

    @property
    def path(self) -> Interpolation:
        """Keyframes, the way between them, shape arithmetic; topic ``path``."""
        return self._path

    @property
    def latents(self) -> Latents:
        """What the codes of the open generator do, and directions; topic ``latents``."""
        return self._latents

    @property
    def nearest(self) -> NearestShape:
        """The training shape nearest to the one on the stage; topic ``nearest``."""
        return self._nearest

    @property
    def search(self) -> Searching:
        """The search for the code of a given shape; topic ``inversion``."""
        return self._search

    @property
    def synthesis(self) -> Synthesis:
        """Shapes that climb a network's score; topic ``synthesis``."""
        return self._synthesis

    @property
    def map(self) -> Mapping:
        """The map of a collection; topics ``map``, ``map-places``, ``map-walk``, ``map-pictures``."""
        return self._map

    @property
    def classifying(self) -> Classifying:
        """One shape before a classifier, and attacks on it; topic ``classify``."""
        return self._classifying

    @property
    def adopting(self) -> Adopting:
        """The file of somebody else that is looked into; topic ``inspection``."""
        return self._adopting

    @property
    def evaluating(self) -> Evaluating:
        """What is measured in the background; topic ``evaluating``."""
        return self._evaluating

    @property
    def training(self) -> Training:
        """The run in the background; topic ``training``."""
        return self._training

    def keep_named(self, folder: Path) -> None:
        """Bring back the shapes that were named in earlier sessions, and keep those of this one in the same folder."""
        keep_in(folder, self._errands, self._snapshots, self._entries)

    def close(self) -> None:
        """Stop the run (it is saved first), stop and join all threads. Nothing is called back afterwards."""
        self._training.close()
        self._evaluating.close()
        super().close()
        self._synthesis.close()
        self._classifying.close()

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
        self.settle("checkpoint")
        self._worker.retry(str(entry.folder))
        self._leave_latent(entry)
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
            from voxstudio.geometry.pieces import count_pieces, crumbs_in_words

            surface = inference.mesh(shown.grid, options.style, options.smoothing)
            job.progress(0.5, f"Writing {target.name}")
            save_surface(surface, target)
            low, high = surface.bounds
            size = " x ".join(f"{side:.0f}" for side in high - low)
            pieces = count_pieces(surface)
            loose = f" It is in {pieces} separate pieces: a lower threshold may join them." if pieces > 1 else ""
            left = f", without {crumbs_in_words(shown.crumbs)}" if shown.crumbs else ""
            return f"Saved {target.name}: {len(surface.faces):,} triangles, {size} mm{left}.{loose}"

        def done(sentence: Any) -> None:
            self._say("info", sentence, "export")

        return self._errands.start(f"Writing {target.name}", work, done, "export")

    # ---- inside --------------------------------------------------------------------------------

    def _note(self, topic: str) -> None:
        """Every shape at rest is kept; those of a running training are not a person's doing."""
        shown = self._shown
        if topic == "shown":
            self._classifying.follow()
        if topic == "checkpoint" and self._checkpoint is not None and climbs(self._checkpoint):
            self._synthesis.prefer(self._checkpoint.folder)
        if topic == "checkpoint" or (topic == "shown" and shown is not None and not shown.draft):
            self._latents.follow()
            self._nearest.follow()
        if topic == "shown" and shown is not None and not shown.draft and shown.checkpoint and self._preview is None:
            self._snapshots.record(shown, self._snapshot())

    def _subject(self) -> Subject | None:
        """The open generator and the class that is made, for whoever finds out about it."""
        card = self._checkpoint.card if self._checkpoint else None
        if self._model is None or card is None or not self._model.can_sample or not self._model.layout:
            return None
        conditional = any(control.name == "label" for control in self._model.controls)
        label = self.draw.label if self.draw is not None else self._options.label
        return Subject(self._model, card, label if conditional else None)

    def _known_shown(self) -> Shown | None:
        return self._shown

    def _known_draw(self) -> Draw | None:
        return self.draw

    def _known_given(self) -> Given | None:
        return self.given

    def _known_options(self) -> Options:
        return self._options

    def _known_model(self) -> ModelInfo | None:
        return self._model

    def _known_entry(self) -> Entry | None:
        return self._checkpoint

    def _known_kept(self) -> tuple[Kept, ...]:
        """Every shape of the history that is in memory, and those with a name."""
        found = (self._snapshots.find(state) for state in self.states)
        return (*(kept for kept in found if kept is not None), *self._snapshots.named)

    def _present(self) -> Kept | None:
        """The shape at rest on the stage."""
        return self._snapshots.find(self.state)

    def _entries(self) -> tuple[Entry, ...]:
        return self._catalogue

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
