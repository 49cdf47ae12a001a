"""Looking for a picture or a mesh in a collection: what lies nearest in the embedder's own space."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import DOMAINS, IMAGE, SHAPE, Embedded
from voxstudio.core.errors import BadInput
from voxstudio.data.glance import MESHES, PHOTOS, VOXELS
from voxstudio.engine.family import Embedder
from voxstudio.evaluation.neighbours import Neighbours

BOTH = "both"
AMONG = (*DOMAINS, BOTH)


@dataclass(frozen=True, eq=False)
class Query:
    """What is looked for: its vector ``[D]``, whether it is a shape or an image, and what was read of it.

    ``seen``: what the network saw of a picture, uint8 ``[S, S, 4]``, or voxels bool ``[R, R, R]``. ``note``: what the
    person should know, else empty.
    """

    name: str
    domain: int
    vector: npt.NDArray[np.float32]
    seen: npt.NDArray[Any]
    note: str = ""


@dataclass(frozen=True)
class Hit:
    """One neighbour, ``rank`` from 1; ``index`` in the collection, ``distance`` in the embedder's space."""

    rank: int
    index: int
    name: str
    class_name: str
    domain: str
    distance: float


def read_query(model: Embedder, path: Path) -> Query:
    """Embed a picture, a mesh or the first object of a voxel file; BadInput in one sentence for anything else."""
    path = Path(path)
    if path.is_dir():
        raise BadInput(f"{path} is a folder: look for one picture or one mesh.")
    if not path.exists():
        raise BadInput(f"{path} does not exist: name a picture or a mesh.")
    if path.suffix.lower() in PHOTOS:
        from voxstudio.lab.embedding import read_picture

        view = read_picture(path, model.image_size)
        return picture_query(model, view)
    if path.suffix.lower() not in (*MESHES, *VOXELS):
        known = ", ".join((*PHOTOS[:3], *MESHES[:4]))
        raise BadInput(f"{path.name} is neither a picture nor a mesh: look for one of {known} and the like.")
    from voxstudio.lab.targets import read_solid

    return shape_query(model, read_solid(path, model.card.resolution).grid, path.name)


def picture_query(model: Embedder, view: Any) -> Query:
    """Embed a picture that was read (an ``engine.inputs.View``)."""
    vector = model.embed_images(view.network[None].copy())[0]
    return Query(view.name, IMAGE, _numbers(vector, view.name), view.network, view.note)


def shape_query(model: Embedder, grid: npt.NDArray[np.bool_], name: str) -> Query:
    """Embed a shape, bool ``[R, R, R]`` of any resolution."""
    from voxstudio.lab.embedding import fitted

    small = fitted(grid, model.card.resolution, name)
    return Query(name, SHAPE, _numbers(model.embed_voxels(small[None])[0], name), small)


def _numbers(vector: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.float32]:
    if not np.isfinite(vector).all():
        raise BadInput(f"The checkpoint makes no numbers of {name}: choose one that was trained to its end.")
    return vector


def other_domain(domain: int, there: Embedded) -> str:
    """What a query is most likely looked for among: shapes for a picture, pictures for a shape, if there are any."""
    wanted = SHAPE if domain == IMAGE else IMAGE
    return DOMAINS[wanted] if bool((there.domains == wanted).any()) else BOTH


def ranked(
    there: Embedded, index: Neighbours, vector: npt.NDArray[np.float32], top: int = 10, among: str = BOTH,
    without: int | None = None,
) -> list[Hit]:  # fmt: skip
    """The ``top`` nearest, by exact distance; ``among`` is one of :data:`AMONG`, ``without`` a point left out."""
    if among not in AMONG:
        raise BadInput(f"What is looked among is one of {', '.join(AMONG)}, not {among!r}.")
    if not 1 <= top <= len(there):
        top = max(1, min(top, len(there)))
    marks = None if among == BOTH else there.domains == DOMAINS.index(among)
    found = index.nearest(vector, top + (without is not None), marks)
    pairs = [
        (int(i), float(d))
        for i, d in zip(found.indices, found.distances, strict=True)
        if without is None or i != without
    ]
    return [
        Hit(rank, i, there.names[i], there.class_of(i), DOMAINS[int(there.domains[i])], round(d, 6))
        for rank, (i, d) in enumerate(pairs[:top], 1)
    ]
