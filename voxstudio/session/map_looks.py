"""Small pictures of the points of a map, drawn on the I/O thread while somebody looks at them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.embedded import Embedded, Source
from voxstudio.core.errors import VoxStudioError
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.jobs import Job
from voxstudio.session.bench import Bench
from voxstudio.session.errands import Errands

if TYPE_CHECKING:
    from voxstudio.lab.map_points import PointPicture

KEPT = 1200
"""Pictures that are remembered (36 KB each)."""
AT_ONCE = 3
MOST_WAITING = 160


class MapLooks:
    """``tell("map-pictures")`` follows every few pictures. Owner's thread, but for what is marked."""

    def __init__(self, errands: Errands, tell: Callable[[str], None], device: str) -> None:
        self._errands, self._tell = errands, tell
        self._bench = Bench(device)  # of the I/O thread alone
        self._there: Embedded | None = None
        self._made: OrderedDict[int, PointPicture | None] = OrderedDict()
        self._waiting: OrderedDict[int, None] = OrderedDict()
        self._busy = False
        self.kept: dict[Source, VoxelGrid] = {}
        self._images: dict[Source, Source] = {}

    def forget(self, there: Embedded, grids: dict[Source, VoxelGrid]) -> None:
        """Another collection; ``grids`` are those of its shapes that cannot be made again."""
        from voxstudio.lab.map_points import images_of

        self._there, self.kept, self._images = there, grids, images_of(there)
        self._made.clear()
        self._waiting.clear()

    def picture(self, index: int) -> PointPicture | None:
        """What is known of a point's looks; None if it is not drawn yet: it will be, the newest wish first."""
        if index in self._made:
            self._made.move_to_end(index)
            return self._made[index]
        self._waiting[index] = None
        self._waiting.move_to_end(index)
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
        self._start()
        return None

    def want_only(self, indices: Iterable[int]) -> None:
        """Forget wishes for other points: they are no longer looked at."""
        wanted = set(indices)
        for index in [i for i in self._waiting if i not in wanted]:
            del self._waiting[index]

    def _start(self) -> None:
        there = self._there
        if self._busy or not self._waiting or there is None:
            return
        self._busy = True
        batch = [self._waiting.popitem()[0] for _ in range(min(AT_ONCE, len(self._waiting)))]
        kept, images = dict(self.kept), self._images

        def work(_: Job) -> dict[int, PointPicture | None]:
            return {index: self._draw(there, index, kept, images) for index in batch}

        def done(found: Any) -> None:
            if there is not self._there:
                return
            self._made.update(found)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            self._tell("map-pictures")

        if not self._errands.start("Drawing points", work, done, "map", seen=False, over=self._over):
            self._busy = False

    def _over(self) -> None:
        self._busy = False
        self._start()

    def _draw(
        self, there: Embedded, index: int, kept: dict[Source, VoxelGrid], images: dict[Source, Source]
    ) -> PointPicture | None:
        """I/O thread: a file that has gone is no alarm here, only a point without a picture."""
        from voxstudio.lab.map_points import point_picture

        source = there.sources[index]
        try:
            if source.kind == "sample" and there.codes is not None:
                kept = {source.object: self._decoded(there, index)}
            return point_picture(there, index, kept, images)
        except VoxStudioError:
            return None

    def _decoded(self, there: Embedded, index: int) -> VoxelGrid:
        """I/O thread: a generator's sample from its code."""
        from voxstudio.engine.latent_space import unflat

        assert there.codes is not None
        with self._bench.at_work(Path(there.sources[index].place)) as model:
            label = there.class_of(index) if there.class_of(index) in model.card.classes else None
            conditional = bool(model.card.network.get("recipe", {}).get("conditional"))
            grid: VoxelGrid = model.decode(unflat(there.codes[index], model.layout), label if conditional else None)
            return grid
