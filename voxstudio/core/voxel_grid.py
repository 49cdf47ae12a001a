"""VoxelGrid: a scalar field in [0, 1] on a regular lattice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class VoxelGrid:
    """Occupancy probabilities indexed ``[x, y, z]``, z up.

    Parameters
    ----------
    values:
        float32 array ``[X, Y, Z]`` in [0, 1]; copied if writeable, then made read-only.
    spacing:
        Edge length of a voxel along each axis, in model units (1 model unit = 1 mm at export).
    origin:
        Position of the centre of voxel ``[0, 0, 0]``, in model units.
    iso_level:
        The probability at which the surface lies, in (0, 1).

    Raises
    ------
    ValueError
        If the array is not three-dimensional, is empty, holds NaN, or leaves [0, 1].
    """

    values: FloatArray
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    iso_level: float = 0.5
    name: str = field(default="")

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float32, order="C", copy=True)
        if values.ndim != 3 or values.size == 0:
            raise ValueError(f"a voxel grid needs three axes, got shape {values.shape}")
        low, high = float(values.min()), float(values.max())
        if not (low >= 0.0 and high <= 1.0):  # also false for NaN
            raise ValueError(f"voxel values must lie in [0, 1], got {low} to {high}")
        if not 0.0 < self.iso_level < 1.0:
            raise ValueError(f"iso_level must lie between 0 and 1, got {self.iso_level}")
        if min(self.spacing) <= 0.0:
            raise ValueError(f"spacing must be positive, got {self.spacing}")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        x, y, z = self.values.shape
        return x, y, z

    @property
    def occupancy(self) -> BoolArray:
        """Voxels at or above the iso level, as bool ``[X, Y, Z]``."""
        return self.values >= np.float32(self.iso_level)

    @property
    def is_empty(self) -> bool:
        """True if no voxel reaches the iso level."""
        return bool(self.values.max() < np.float32(self.iso_level))

    def with_iso(self, iso_level: float) -> VoxelGrid:
        """Return the same field with another iso level."""
        return replace(self, iso_level=iso_level)

    @classmethod
    def unit(cls, values: npt.ArrayLike, iso_level: float = 0.5, name: str = "", size: float = 100.0) -> VoxelGrid:
        """Make a centred grid whose longest side measures ``size`` model units (100 mm by default)."""
        array = np.asarray(values, dtype=np.float32)
        step = size / max(array.shape)
        x, y, z = (-(n - 1) / 2 * step for n in array.shape)
        return cls(array, (step, step, step), (x, y, z), iso_level, name)
