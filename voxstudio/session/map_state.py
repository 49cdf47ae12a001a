"""What the map of a collection holds: read by everybody, replaced by the modules beside this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import Embedded
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands, Place, Say
from voxstudio.session.map_looks import MapLooks
from voxstudio.session.snapshots import Kept
from voxstudio.session.values import Shown

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.engine.requests import ModelInfo
    from voxstudio.evaluation.flat_map import FlatMap
    from voxstudio.evaluation.neighbours import Neighbours
    from voxstudio.lab.map_search import Hit, Query

WHERE = "map"
PREFERRED = "cross-domain"
NO_EMBEDDER = "No checkpoint here embeds shapes and pictures: train one of the family triplet."
LISTED = 12


@dataclass(frozen=True, eq=False)
class Guest:
    """What was dropped and embedded: its query, and where it stands, float32 ``[2]`` (None without a map)."""

    query: Query
    place: npt.NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Walk:
    """A place in empty space, and the points whose codes were mixed there, with their shares."""

    place: tuple[float, float]
    indices: tuple[int, ...]
    shares: tuple[float, ...]


class MapState:
    """What the map holds and tells. Owner's thread.

    Parameters
    ----------
    errands: runs work. tell: tells a topic. say: tells the person. bench: where models for long work are opened.
    entries: the catalogue. model, entry: what is open. kept: shapes of the history. shown: what stands on the stage.
    show: puts a grid on the stage. place: stands at a latent.
    """

    def __init__(
        self, errands: Errands, tell: Callable[[str], None], say: Say, bench: Bench, device: str,
        entries: Callable[[], Sequence[Entry]], model: Callable[[], ModelInfo | None],
        entry: Callable[[], Entry | None], kept: Callable[[], Sequence[Kept]], shown: Callable[[], Shown | None],
        show: Callable[[VoxelGrid, str], None], place: Place,
    ) -> None:  # fmt: skip
        self._errands, self._tell, self._say, self._bench, self._device = errands, tell, say, bench, device
        self._entries, self._model, self._entry, self._kept, self._shown = entries, model, entry, kept, shown
        self._show, self._stand = show, place
        self._chosen: Path | None = None
        self._word = ""
        self._there: Embedded | None = None
        self._index: Neighbours | None = None
        self._flat: FlatMap | None = None
        self._places: npt.NDArray[np.float32] | None = None
        self._method, self._seed = "tsne", 0
        self._busy = ""
        self._turn = 0  # of the work that was begun last
        self._focus: int | None = None
        self._guest: Guest | None = None
        self._hits: tuple[Hit, ...] = ()
        self._among = ""
        self._selection: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._walk: Walk | None = None
        self.looks = MapLooks(errands, tell, device)

    # ---- what there is -------------------------------------------------------------------------

    @property
    def embedders(self) -> tuple[Entry, ...]:
        """The checkpoints that embed."""
        from voxstudio.lab.embedding import embedders

        return embedders(self._entries())

    @property
    def embedder(self) -> Entry | None:
        """The one in use: the chosen one, else the shipped one, else the first."""
        found = self.embedders
        chosen = [e for e in found if e.folder == self._chosen] or [e for e in found if e.name == PREFERRED]
        return next(iter(chosen or found), None)

    @property
    def there(self) -> Embedded | None:
        """The open collection."""
        return self._there

    @property
    def word(self) -> str:
        """What the open collection was called when it was asked for."""
        return self._word

    @property
    def places(self) -> npt.NDArray[np.float32] | None:
        """Where its points stand, float32 ``[N, 2]`` in [-1, 1]; None before there is a map."""
        return self._places

    @property
    def is_final(self) -> bool:
        """True once the map is drawn to its end; new points can be placed then."""
        return self._flat is not None

    @property
    def method(self) -> str:
        """``"tsne"``, ``"clusters"`` or ``"pca"``."""
        return self._method

    @property
    def seed(self) -> int:
        """The seed of the map."""
        return self._seed

    @property
    def busy(self) -> str:
        """``"opening"``, ``"drawing"``, ``"placing"`` or nothing."""
        return self._busy

    @property
    def focus(self) -> int | None:
        """The point whose neighbours are listed, or None."""
        return self._focus

    @property
    def guest(self) -> Guest | None:
        """What was dropped last, if its neighbours are listed."""
        return self._guest

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The nearest of the focus or the guest, by distance in the embedder's own space."""
        return self._hits

    @property
    def among(self) -> str:
        """What neighbours are looked for among: ``"shape"``, ``"image"``, ``"both"``."""
        return self._among or "both"

    @property
    def selection(self) -> npt.NDArray[np.int64]:
        """Indices of the points that were lassoed."""
        return self._selection

    @property
    def walk(self) -> Walk | None:
        """Where in empty space a shape is mixed now, or None."""
        return self._walk

    @property
    def can_walk(self) -> bool:
        """True if the open generator made codes of this collection: then empty space decodes."""
        entry, there, model = self._entry(), self._there, self._model()
        return (
            there is not None and there.codes is not None and model is not None and bool(model.layout)
            and entry is not None and entry.card is not None and entry.card.sha256 == there.maker_sha256
        )  # fmt: skip

    # ---- inside --------------------------------------------------------------------------------

    def _begin(
        self, what: str, words: str, work: Callable[[Job], Any], done: Callable[[Any], None],
        watch: Callable[[Any], None] | None = None,
    ) -> bool:  # fmt: skip
        self._busy = what
        self._turn += 1
        started = self._errands.start(
            words, work, done, WHERE, bench=True, over=partial(self._over, self._turn), watch=watch
        )
        if not started:
            self._busy = ""
        self._tell("map")
        return started

    def _over(self, turn: int) -> None:
        """Whatever came of it: cancelled and failed work leaves what there was."""
        if turn == self._turn and self._busy:
            self._busy = ""
            self._tell("map")

    def _list_neighbours(self) -> None:
        from voxstudio.lab.map_search import ranked

        if self._there is None or self._index is None or (self._focus is None and self._guest is None):
            self._hits = ()
            return
        vector = self._guest.query.vector if self._guest is not None else self._there.vectors[self._focus]
        self._hits = tuple(ranked(self._there, self._index, vector, LISTED, self.among, self._focus))

    def _latent_of(self, code: npt.NDArray[np.float32]) -> Any:
        from voxstudio.engine.latent_space import unflat

        model = self._model()
        return unflat(code, model.layout) if model is not None and np.isfinite(code).all() else None

    def _label_of(self, index: int) -> str | None:
        """The class of a point, if the open generator knows it as one to be asked for."""
        model, there = self._model(), self._there
        if model is None or there is None or not any(control.name == "label" for control in model.controls):
            return None
        label = there.class_of(index)
        return label if label in model.labels else None
