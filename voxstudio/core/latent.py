"""Latent: named code vectors and the seed that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Code = npt.NDArray[np.float32]
KINDS = ("gaussian", "uniform", "categorical")
NOISE = ("z", "noise")
"""Names of codes that no Q network reads: what is left over for variety."""


@dataclass(frozen=True)
class CodeSpec:
    """One code of a generator's latent space: what ``Latent.codes[name]`` holds.

    ``kind`` is ``"gaussian"`` (N(0, 1), or whatever the generator's prior made of it), ``"uniform"`` (in [-1, 1]) or
    ``"categorical"``: ``groups`` choices of ``size / groups`` values one after the other, each one-hot (a mixture of
    values adds up to 1).
    """

    name: str
    size: int
    kind: str = "gaussian"
    title: str = ""
    groups: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.size < 1:
            raise ValueError(f"a code is one of {', '.join(KINDS)} and has at least one entry, not {self}")
        if self.groups < 1 or self.size % self.groups or (self.groups > 1 and self.kind != "categorical"):
            raise ValueError(f"{self.size} entries of kind {self.kind} do not make {self.groups} groups")

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value that an entry can be set to by hand."""
        return {"gaussian": (-4.0, 4.0), "uniform": (-1.0, 1.0), "categorical": (0.0, 1.0)}[self.kind]

    @property
    def is_noise(self) -> bool:
        """True for what is only drawn, False for a code that is meant to mean something."""
        return self.name in NOISE

    @property
    def values(self) -> int:
        """Number of values of each choice; 0 for a code of numbers."""
        return self.size // self.groups if self.kind == "categorical" else 0

    @property
    def handles(self) -> tuple[str, ...]:
        """A name for whatever can be set on its own, a number or a choice: ``"continuous:0"``."""
        return tuple(f"{self.name}:{k}" for k in range(self.groups if self.values else self.size))


@dataclass(frozen=True, eq=False)
class Latent:
    """A point in a generator's latent space.

    ``codes`` maps a name (``"z"``, ``"label"``, ``"c0"``...) to a float32 vector ``[D]``.
    ``seed`` is the seed that drew it, or None if a person or an encoder made it.
    """

    codes: Mapping[str, Code]
    seed: int | None = None

    def __post_init__(self) -> None:
        copied = {}
        for name, value in self.codes.items():
            vector = np.array(value, dtype=np.float32).reshape(-1)
            vector.setflags(write=False)
            copied[name] = vector
        object.__setattr__(self, "codes", MappingProxyType(copied))

    def _pair(self, other: Latent, name: str) -> tuple[Code, Code]:
        if set(self.codes) != set(other.codes):
            raise ValueError(f"latents have different codes: {sorted(self.codes)} and {sorted(other.codes)}")
        mine, theirs = self.codes[name], other.codes[name]
        if mine.shape != theirs.shape:
            raise ValueError(f"code {name!r} has lengths {len(mine)} and {len(theirs)}")
        return mine, theirs

    def lerp(self, other: Latent, t: float) -> Latent:
        """Interpolate on a straight line; ``t`` = 0 gives self, 1 gives other."""
        mixed = {}
        for name in self.codes:
            a, b = self._pair(other, name)
            mixed[name] = (1.0 - t) * a + t * b
        return Latent(mixed)

    def slerp(self, other: Latent, t: float) -> Latent:
        """Interpolate on the great circle, with the length interpolated too.

        Falls back to :meth:`lerp` where the vectors are (anti)parallel or zero.
        """
        mixed = {}
        for name in self.codes:
            a, b = self._pair(other, name)
            length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
            cosine = float(a @ b) / (length_a * length_b) if length_a * length_b > 0 else 1.0
            angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
            if np.sin(angle) < 1e-4:
                mixed[name] = (1.0 - t) * a + t * b
                continue
            direction = np.sin((1.0 - t) * angle) * a / length_a + np.sin(t * angle) * b / length_b
            mixed[name] = ((1.0 - t) * length_a + t * length_b) * direction / np.sin(angle)
        return Latent(mixed)

    def nudge(self, name: str, index: int, delta: float) -> Latent:
        """Return a latent with ``delta`` added to one entry of one code.

        Raises KeyError or IndexError for a code or an entry that does not exist.
        """
        moved = self.codes[name].copy()
        moved[index] += np.float32(delta)
        return Latent({**self.codes, name: moved})
