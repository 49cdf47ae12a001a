"""Surface: a triangle mesh as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt


def _frozen(array: npt.ArrayLike, dtype: npt.DTypeLike, columns: int, what: str) -> npt.NDArray[np.generic]:
    # What is read-only already is shared: copying it would cost as much as extracting a large surface.
    shared = isinstance(array, np.ndarray) and not array.flags.writeable
    result = np.array(array, dtype=dtype, order="C", copy=None if shared else True)
    if result.size == 0:
        result = result.reshape(0, columns)
    if result.ndim != 2 or result.shape[1] != columns:
        raise ValueError(f"{what} must have shape [N, {columns}], got {result.shape}")
    result.setflags(write=False)
    return result


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles with outward orientation (counter-clockwise seen from outside).

    Parameters
    ----------
    vertices: float32 ``[V, 3]``, model units.
    faces: int64 ``[F, 3]``, indices into ``vertices``.
    normals: optional float32 ``[V, 3]``, unit length.
    colors: optional uint8 ``[V, 3]``, sRGB.
    values: optional float32 ``[V]``, any scalar to colour by (for example a probability).

    Raises
    ------
    ValueError
        If shapes disagree or a face points outside the vertices.
    """

    # Any real dtype may be handed in; what is kept has the dtype that the docstring names.
    vertices: npt.NDArray[Any]
    faces: npt.NDArray[Any]
    normals: npt.NDArray[Any] | None = None
    colors: npt.NDArray[Any] | None = None
    values: npt.NDArray[Any] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "vertices", _frozen(self.vertices, np.float32, 3, "vertices"))
        put(self, "faces", _frozen(self.faces, np.int64, 3, "faces"))
        count = len(self.vertices)
        if self.faces.size and (self.faces.min() < 0 or self.faces.max() >= count):
            raise ValueError(f"a face points outside the {count} vertices")
        for name, dtype in (("normals", np.float32), ("colors", np.uint8)):
            given = getattr(self, name)
            if given is not None:
                put(self, name, _frozen(given, dtype, 3, name))
                if len(getattr(self, name)) != count:
                    raise ValueError(f"{name} must have one row per vertex")
        if self.values is not None:
            scalars = np.array(self.values, dtype=np.float32).reshape(-1)
            if len(scalars) != count:
                raise ValueError("values must have one entry per vertex")
            scalars.setflags(write=False)
            put(self, "values", scalars)

    @property
    def is_empty(self) -> bool:
        """True if there is no triangle."""
        return len(self.faces) == 0

    @cached_property
    def bounds(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Lowest and highest corner, each ``[3]``, read-only; zeros for an empty surface."""
        low = self.vertices.min(axis=0) if len(self.vertices) else np.zeros(3, np.float32)
        high = self.vertices.max(axis=0) if len(self.vertices) else np.zeros(3, np.float32)
        low.setflags(write=False)
        high.setflags(write=False)
        return low, high

    @property
    def volume(self) -> float:
        """Signed volume in cubic model units (divergence theorem); exact for a closed surface."""
        a, b, c = (self.vertices[self.faces[:, i]].astype(np.float64) for i in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)
