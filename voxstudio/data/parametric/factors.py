"""Drawing of factors, and the rule that reserves structures for the held-out objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voxstudio.data.parametric.builder import Builder

PERIOD = 5
"""One combination of structural choices in this many is reserved for held-out objects."""


class Draw:
    """Draws factors by name and writes them down."""

    def __init__(self, rng: np.random.Generator, factors: dict[str, float | str]) -> None:
        self._rng = rng
        self._factors = factors

    def number(self, name: str, low: float, high: float) -> float:
        """Uniform number, rounded to four decimals so that a printed factor rebuilds the object."""
        value = round(float(self._rng.uniform(low, high)), 4)
        self._factors[name] = value
        return value

    def count(self, name: str, low: int, high: int) -> int:
        """Uniform whole number in ``low..high``."""
        value = int(self._rng.integers(low, high + 1))
        self._factors[name] = float(value)
        return value

    def word(self, name: str, words: Sequence[str], weights: Sequence[float] | None = None) -> str:
        """One of several words."""
        p = None if weights is None else np.asarray(weights, dtype=np.float64) / float(np.sum(weights))
        value = words[int(self._rng.choice(len(words), p=p))]
        self._factors[name] = value
        return value

    def drawn(self, name: str) -> str:
        """A word that was drawn before."""
        return str(self._factors[name])


class Factors:
    """Typed reading of factors: ``f["seat_width"]`` is a float, ``f.word("base")`` a str."""

    def __init__(self, values: Mapping[str, float | str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> float:
        return float(self._values[name])

    def whole(self, name: str) -> int:
        """A count."""
        return round(float(self._values[name]))

    def word(self, name: str) -> str:
        """A categorical factor."""
        return str(self._values[name])


@dataclass(frozen=True)
class ClassSpec:
    """How objects of one class are drawn and built.

    ``structure`` maps each structural factor to its words. ``draw`` draws all other factors.
    ``build`` is a pure function of the factors.
    """

    name: str
    structure: Mapping[str, tuple[str, ...]]
    draw: Callable[[Draw], None]
    build: Callable[[Factors, Builder], None]


def is_reserved(spec: ClassSpec, factors: Mapping[str, float | str]) -> bool:
    """True if the combination of structural words is reserved for held-out objects.

    Every single word occurs on both sides; only combinations are reserved.
    """
    total = sum((k + 1) * words.index(str(factors[name])) for k, (name, words) in enumerate(spec.structure.items()))
    return total % PERIOD == PERIOD - 1


def draw_structure(spec: ClassSpec, rng: np.random.Generator, held_out: bool) -> dict[str, float | str]:
    """Draw structural words until the combination lies on the wanted side."""
    while True:
        factors: dict[str, float | str] = {
            name: words[int(rng.integers(len(words)))] for name, words in spec.structure.items()
        }
        if is_reserved(spec, factors) == held_out:
            return factors
