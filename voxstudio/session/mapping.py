"""The map of a collection: which one, how it is drawn, where it is written. Topic ``map``.

The topic ``map-places`` follows the map while it is drawn, ``map-walk`` a drag in empty space, and ``map-pictures``
says that small pictures have come. In layers, as the session: ``map_state``, ``map_visits``, this.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxstudio.core.embedded import Embedded, Source
from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.session.map_state import NO_EMBEDDER, WHERE
from voxstudio.session.map_visits import MapVisits

if TYPE_CHECKING:
    from voxstudio.evaluation.flat_map import FlatMap
    from voxstudio.lab.embedding import Plan

PARAMETRIC, HISTORY, SAMPLES = "parametric", "history", "samples"


class Mapping(MapVisits):
    """What :attr:`Session.map` offers. Parameters as those of :class:`MapState`."""

    # ---- collections ---------------------------------------------------------------------------

    def use_embedder(self, folder: Path) -> None:
        """Choose another checkpoint; the open collection is embedded anew with it."""
        if self.embedder is None or self.embedder.folder != folder:
            self._chosen = folder
            self._tell("map")
            if self._word:
                self.open(self._word)

    def open(self, word: str | Path, views: int = 0) -> bool:
        """Open a collection and draw its map: ``"parametric"``, ``"history"``, ``"samples"`` (of the open generator),
        a ``.voxmap`` file, a file of shapes, or a folder of meshes or pictures.

        False and a message (``where="map"``) if it cannot begin. What was open stays until the new one is ready.
        """
        entry, word = self.embedder, str(word)
        try:
            if entry is None or entry.card is None:
                raise BadInput(NO_EMBEDDER)
            if self._busy:
                raise BadInput("A map is being made already: wait for it, or cancel it.")
            plan, grids = self._history_plan() if word == HISTORY else (None, {})
            generator = self._generator() if word == SAMPLES else None
        except VoxStudioError as error:
            self._say("error", str(error), WHERE)
            return False
        card, folder = entry.card, entry.folder
        left: list[str] = []

        def left_out(name: str, reason: str) -> None:
            left.append(f"{name}: {reason}")

        def work(job: Job) -> Embedded:
            from voxstudio.evaluation.flat_map import check_mappable
            from voxstudio.lab.embedding import Wanted, embedded, open_collection

            if plan is not None:
                with self._bench.at_work(folder) as model:
                    found = embedded(model, plan, job.progress, left_out)
            else:
                opened = partial(self._bench.model, folder)
                wanted = Wanted(word, views, generator)
                found = open_collection(wanted, folder, opened, card, job.progress, left_out, self._device)
            check_mappable(found.vectors)  # before what is open makes way for it
            return found

        def done(found: Any) -> None:
            self._busy = ""
            self._take(found, word, grids)
            if left:
                count = f"{len(left)} of {len(found) + len(left):,} could not be used"
                self._say("warning", f"{count}, first {left[0]}", WHERE)

        return self._begin("opening", f"Opening {_title(word)}", work, done)

    def draw(self, method: str | None = None, seed: int | None = None) -> bool:
        """Draw the map of the open collection, live; another method or seed draws it anew."""
        there = self._there
        if there is None or self._busy:
            return False
        self._method, self._seed = method or self._method, self._seed if seed is None else seed
        method, seed = self._method, self._seed

        def work(job: Job) -> FlatMap:
            from voxstudio.lab.map_cache import kept_map

            return kept_map(there.vectors, method, seed, job.progress, job.partial)

        def done(found: Any) -> None:
            self._busy = ""
            if there is self._there:
                self._flat, self._places = found, found.places
                self._guest_placed()
            self._tell("map")

        from voxstudio.evaluation.flat_map import METHODS, check_mappable

        try:
            check_mappable(there.vectors, method)
        except BadInput as error:
            self._say("error", str(error), WHERE)
            return False
        self._flat = None
        return self._begin("drawing", f"Drawing the map ({METHODS[method]})", work, done, self._live)

    # ---- files ---------------------------------------------------------------------------------

    def save(self, path: Path, colour_by: str = "class", style: dict[str, Any] | None = None) -> bool:
        """Write the map as SVG, PNG, PDF or CSV, or its embeddings as ``.voxmap``; a message says how it went."""
        there, places, method = self._there, self._places, self._method
        if there is None or (places is None and path.suffix.lower() != ".voxmap"):
            self._say("error", "There is no map to save yet: open a collection first.", WHERE)
            return False

        def work(_: Job) -> None:
            from voxstudio.data.embedded_file import SUFFIX, save_embedded
            from voxstudio.lab.map_picture import write_map

            if path.suffix.lower() == SUFFIX:
                save_embedded(path, there)
            elif places is not None:
                write_map(path, there, places, method, colour_by, style)

        return self._errands.start(f"Writing {path.name}", work, self._saved(path), WHERE)

    def save_selection(self, path: Path) -> bool:
        """Write the selected points as CSV, or as a collection of their own (``.voxmap``)."""
        there, places, chosen = self._there, self._places, self._selection
        if there is None or not len(chosen):
            self._say("error", "Nothing is selected: draw around points with the lasso first.", WHERE)
            return False

        def work(_: Job) -> None:
            from voxstudio.data.embedded_file import SUFFIX, save_embedded
            from voxstudio.engine.checkpoint import write_atomically
            from voxstudio.lab.map_picture import table

            if path.suffix.lower() == SUFFIX:
                save_embedded(path, there.subset(chosen))
            elif path.suffix.lower() == ".csv":
                write_atomically(path, table(there, places, chosen.tolist()).encode())
            else:
                raise BadInput(f"{path.name} ends in no format for a selection: use .csv or {SUFFIX}.")

        return self._errands.start(f"Writing {path.name}", work, self._saved(path), WHERE)

    def _saved(self, path: Path) -> Callable[[Any], None]:
        def done(_: Any) -> None:
            self._say("info", f"Saved {path.name}.", WHERE)

        return done

    # ---- inside --------------------------------------------------------------------------------

    def _take(self, found: Embedded, word: str, grids: dict[Source, VoxelGrid]) -> None:
        from voxstudio.evaluation.neighbours import Neighbours

        self._there, self._word = found, word
        self._index = Neighbours(found.vectors)
        self._flat = self._places = self._guest = self._focus = self._walk = None
        self._hits, self._selection = (), np.zeros(0, np.int64)
        self.looks.forget(found, grids)
        self.draw()
        self._tell("map")

    def _live(self, places: Any) -> None:
        self._places = places
        self._tell("map-places")

    def _generator(self) -> Path:
        model = self._model()
        if model is None or not model.can_sample or not model.layout:
            raise BadInput("The open checkpoint makes nothing from noise: choose a generator, then map its samples.")
        return Path(model.key)

    def _history_plan(self) -> tuple[Plan, dict[Source, VoxelGrid]]:
        from voxstudio.engine.latent_space import flat, width
        from voxstudio.lab.embedding import Plan

        kept = [one for one in self._kept() if not one.grid.is_empty]
        if not kept:
            raise BadInput("The history holds no shapes yet: make some, then map them.")
        sources = [Source("snapshot", one.checkpoint or "no checkpoint", one.id) for one in kept]
        model, entry, codes = self._model(), self._entry(), None
        if model is not None and model.layout and any(one.key == model.key and one.latent.codes for one in kept):
            codes = np.full((len(kept), width(model.layout)), np.nan, np.float32)
            for row, one in zip(codes, kept, strict=True):
                if one.key == model.key and one.latent.codes:
                    row[:] = flat(one.latent, model.layout)
        card = entry.card if entry is not None and codes is not None else None
        plan = Plan(
            "The history", tuple(one.title for one in kept),
            tuple(one.label or one.checkpoint or "shape" for one in kept), tuple(sources), "",
            [one.grid.occupancy for one in kept].__getitem__, codes,
            card.name if card else "", card.sha256 if card else "",
        )  # fmt: skip
        return plan, {source: one.grid for source, one in zip(sources, kept, strict=True)}


def _title(word: str) -> str:
    known = {PARAMETRIC: "the parametric shapes", HISTORY: "the history", SAMPLES: "the samples"}
    return known.get(word, Path(word).name)
