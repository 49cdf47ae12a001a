"""Collection: many grids with names and classes, as packed bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Collection:
    """Binary voxel grids of one resolution.

    Parameters
    ----------
    packed: uint8 ``[N, ceil(R^3 / 8)]`` (``np.packbits`` along axis 1); may be a memory map.
    resolution: R, voxels along each axis.
    names: one name per object.
    labels: int64 ``[N]``, indices into ``class_names``.
    terms: licence or terms of use of the data, one sentence.
    """

    packed: npt.NDArray[np.uint8]
    resolution: int
    names: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    title: str = ""
    terms: str = ""

    def __post_init__(self) -> None:
        if not len(self.packed) == len(self.names) == len(self.labels):
            raise ValueError("packed, names and labels must have the same length")

    def __len__(self) -> int:
        return len(self.packed)

    def occupancy(self, index: int) -> npt.NDArray[np.bool_]:
        """Voxels of one object, bool ``[R, R, R]`` indexed ``[x, y, z]``."""
        return unpacked(self.packed[index], self.resolution)

    def class_of(self, index: int) -> str:
        """Name of one object's class."""
        return self.class_names[int(self.labels[index])]

    def subset(self, indices: npt.ArrayLike) -> Collection:
        """The chosen objects, in the given order."""
        chosen = np.asarray(indices, dtype=np.int64)
        names = tuple(self.names[int(i)] for i in chosen)
        return Collection(
            self.packed[chosen], self.resolution, names, self.labels[chosen], self.class_names, self.title, self.terms
        )

    @classmethod
    def of(
        cls,
        occupancy: npt.NDArray[np.bool_],
        names: tuple[str, ...],
        labels: npt.ArrayLike,
        class_names: tuple[str, ...],
        title: str = "",
        terms: str = "",
    ) -> Collection:
        """Pack bool ``[N, R, R, R]`` grids."""
        count, size = len(occupancy), occupancy.shape[1]
        packed = np.packbits(occupancy.reshape(count, -1), axis=1)
        return cls(packed, size, names, np.asarray(labels, np.int64), class_names, title, terms)


def unpacked(bits: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.bool_]:
    """The grid ``[side, side, side]`` whose ``np.packbits`` is ``bits``, uint8 ``[ceil(side^3 / 8)]``."""
    return np.unpackbits(bits, count=side**3).reshape(side, side, side).astype(bool)
