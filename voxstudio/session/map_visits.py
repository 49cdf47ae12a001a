"""What a person does in a map: look at a point, list its neighbours, drop something, walk in empty space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import IMAGE
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.session.map_state import NO_EMBEDDER, WHERE, Guest, MapState, Walk

if TYPE_CHECKING:
    from voxstudio.lab.map_search import Query


class MapVisits(MapState):
    """Points, guests, empty space. Owner's thread."""

    # ---- one point -----------------------------------------------------------------------------

    def look_at(self, index: int | None, show: bool = True) -> None:
        """List the neighbours of a point and put its shape on the stage; None lets go."""
        self._guest, self._walk = None, None
        self._focus = index if self._there is not None and index is not None and index < len(self._there) else None
        self._list_neighbours()
        if self._focus is not None and show:
            self.show(self._focus)
        self._errands.settle(WHERE)
        self._tell("map")

    def show(self, index: int) -> None:
        """Put a point's shape on the stage; a message if nobody knows it."""
        there = self._there
        if there is None or not 0 <= index < len(there):
            return
        source, name = there.sources[index], there.names[index]
        latent = self._latent_of(there.codes[index]) if there.codes is not None and self.can_walk else None
        if latent is not None:
            self._stand(latent, name, self._label_of(index))
            return
        kept = self.looks.kept

        def work(_: Job) -> VoxelGrid | None:
            from voxstudio.lab.map_points import shape_grid

            return shape_grid(source, name, kept)

        def done(grid: Any) -> None:
            if grid is None:
                self._say("info", f"{name} is a photo: its nearest shapes are listed.", WHERE)
            else:
                self._show(grid, name)

        self._errands.start(f"Making {name}", work, done, WHERE, seen=False)

    def look_among(self, among: str) -> None:
        """List neighbours among ``"shape"``, ``"image"`` or ``"both"``."""
        self._among = among
        self._list_neighbours()
        self._tell("map")

    def find(self, words: str) -> npt.NDArray[np.int64]:
        """Indices of the points whose name or class holds all of the words, upper and lower case the same."""
        wanted = words.casefold().split()
        if self._there is None or not wanted:
            return np.zeros(0, np.int64)
        there = self._there
        names = (f"{name} {there.class_of(i)}".casefold() for i, name in enumerate(there.names))
        return np.array([i for i, name in enumerate(names) if all(w in name for w in wanted)], np.int64)

    def select(self, indices: npt.ArrayLike) -> None:
        """Choose these points; none of them ends it."""
        self._selection = np.asarray(indices, np.int64)
        self._errands.settle(WHERE)
        self._tell("map")

    # ---- guests --------------------------------------------------------------------------------

    def receive(self, path: Path) -> bool:
        """Embed a picture or a mesh, place it into the map and list its nearest; False and a message if it cannot.

        A mesh is put on the stage, for a picture the shape that is nearest to it.
        """
        from voxstudio.lab.map_search import read_query

        def read(model: Any) -> Query:
            return read_query(model, path)

        return self._invite(f"Placing {path.name}", read, show=True)

    def receive_shown(self) -> bool:
        """Place the shape on the stage into the map."""
        shown = self._shown()
        if shown is None or shown.grid.is_empty:
            self._say("error", "There is no shape on the stage to look for: make one first.", WHERE)
            return False
        grid, name = shown.grid.occupancy, shown.origin

        def read(model: Any) -> Query:
            from voxstudio.lab.map_search import shape_query

            return shape_query(model, grid, name)

        return self._invite("Placing the shape on the stage", read)

    def _invite(self, words: str, read: Callable[[Any], Query], show: bool = False) -> bool:
        entry, there, flat = self.embedder, self._there, self._flat
        if entry is None or there is None or self._busy:
            sentence = NO_EMBEDDER if entry is None else "Open a collection first, then drop something to place in it."
            if self._busy:
                sentence = "The map is being made: drop it again once it is there."
            self._say("error", sentence, WHERE)
            return False
        folder = entry.folder

        def work(_: Job) -> tuple[Query, Any]:
            with self._bench.at_work(folder) as model:
                query = read(model)
            return query, flat.place(query.vector)[0] if flat is not None else None

        def done(found: Any) -> None:
            self._busy = ""
            if there is self._there:
                query, place = found
                self._welcome(query, place, show)

        return self._begin("placing", words, work, done)

    def _welcome(self, query: Query, place: npt.NDArray[np.float32] | None, show: bool) -> None:
        from voxstudio.lab.map_search import other_domain

        assert self._there is not None
        self._focus, self._walk = None, None
        self._guest = Guest(query, place)
        self._among = other_domain(query.domain, self._there)
        self._list_neighbours()
        if query.domain == IMAGE and self._hits:
            self.show(self._hits[0].index)
        elif query.domain != IMAGE and show:
            from voxstudio.lab.map_points import soft_grid

            self._show(soft_grid(query.seen, query.name), query.name)
        if query.note:
            self._say("warning", f"{query.name}: {query.note}", WHERE)
        self._tell("map")

    def _guest_placed(self) -> None:
        """Another map: the guest finds its place in it."""
        if self._guest is not None and self._flat is not None:
            self._guest = Guest(self._guest.query, self._flat.place(self._guest.query.vector)[0])

    # ---- empty space ---------------------------------------------------------------------------

    def walk_to(self, x: float, y: float, draft: bool = False) -> bool:
        """Mix the codes of the nearest points around a place of the map and show what they make; False if none can be.

        t-SNE has no inverse: what is shown is a mixture of neighbours, not what would lie at this place.
        """
        there, places = self._there, self._places
        if not self.can_walk or there is None or places is None or there.codes is None:
            return False
        from voxstudio.lab.map_walk import mixed

        model = self._model()
        assert model is not None
        found = mixed(there, places, (x, y), model.layout)
        if found is None:
            return False
        self._walk = Walk((x, y), found.indices, found.shares)
        self._focus, self._guest = None, None
        self._stand(found.latent, "mixed on the map", self._label_of(found.indices[0]), draft)
        self._tell("map-walk" if draft else "map")
        return True
