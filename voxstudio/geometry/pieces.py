"""Separate pieces of a surface: a printer makes each of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface


def piece_ids(surface: Surface) -> npt.NDArray[np.int64]:
    """For each vertex the number of the piece that it belongs to, int64 ``[V]``; pieces count from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, faces = len(surface.vertices), surface.faces
    rows, columns = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def count_pieces(surface: Surface) -> int:
    """How many pieces there are; 0 for an empty surface."""
    return 0 if surface.is_empty else int(piece_ids(surface).max()) + 1


def largest_piece(surface: Surface) -> Surface:
    """The piece with the greatest volume, with its normals, colours and values; an empty surface stays empty."""
    if surface.is_empty:
        return surface
    ids = piece_ids(surface)
    a, b, c = (surface.vertices[surface.faces[:, i]].astype(np.float64) for i in range(3))
    volumes = np.bincount(ids[surface.faces[:, 0]], weights=np.einsum("ij,ij->i", a, np.cross(b, c)))
    kept = ids == int(np.argmax(np.abs(volumes)))
    place = np.cumsum(kept) - 1
    faces = place[surface.faces[kept[surface.faces[:, 0]]]]

    def part(values: npt.NDArray[np.generic] | None) -> npt.NDArray[np.generic] | None:
        return None if values is None else values[kept]

    return Surface(
        surface.vertices[kept], faces, part(surface.normals), part(surface.colors), part(surface.values), surface.name
    )
