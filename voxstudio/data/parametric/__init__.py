"""Parametric objects with known factors and coloured parts: what VoxStudio trains on when no data is given.

``make(class, seed, held_out)`` always gives the same object. Held-out objects use combinations of
structural choices (a chair's base with its back and its arms) that other objects never have.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from voxstudio.core.errors import BadInput
from voxstudio.data.parametric import airplane, bed, car, chair, lamp, sofa, table
from voxstudio.data.parametric.builder import Builder
from voxstudio.data.parametric.factors import ClassSpec, Draw, Factors, draw_structure, is_reserved
from voxstudio.data.parametric.shape import SPAN, ParametricShape, Part, PartSurface

__all__ = [
    "CLASSES", "ParametricShape", "Part", "PartSurface", "draw_factors", "make", "rebuild", "reserved",
    "structure",
]

_SPECS: Mapping[str, ClassSpec] = {
    spec.name: spec for spec in (chair.SPEC, table.SPEC, lamp.SPEC, sofa.SPEC, bed.SPEC, car.SPEC, airplane.SPEC)
}
CLASSES: tuple[str, ...] = tuple(_SPECS)


def _spec(class_name: str) -> ClassSpec:
    if class_name not in _SPECS:
        raise BadInput(f"There are no parametric objects of class {class_name!r}; choose from {', '.join(CLASSES)}.")
    return _SPECS[class_name]


def make(class_name: str, seed: int, held_out: bool = False) -> ParametricShape:
    """Make one object; the same arguments give the same bytes.

    Raises BadInput for a class that does not exist or a negative seed.
    """
    return _built(_spec(class_name), seed, held_out, draw_factors(class_name, seed, held_out))


def draw_factors(class_name: str, seed: int, held_out: bool = False) -> dict[str, float | str]:
    """The factors of the object that :func:`make` builds, without building it. Raises BadInput like it."""
    spec = _spec(class_name)
    if seed < 0:
        raise BadInput(f"The seed of a parametric object must not be negative, not {seed}.")
    entropy = np.random.SeedSequence([zlib.crc32(class_name.encode()), int(seed), int(held_out)])
    rng = np.random.Generator(np.random.PCG64(entropy))
    factors = draw_structure(spec, rng, held_out)
    spec.draw(Draw(rng, factors))
    return factors


def rebuild(class_name: str, factors: Mapping[str, float | str], seed: int = 0) -> ParametricShape:
    """Build an object from its factors, for example after one of them was changed."""
    spec = _spec(class_name)
    return _built(spec, seed, is_reserved(spec, factors), dict(factors))


def structure(class_name: str) -> Mapping[str, tuple[str, ...]]:
    """The structural factors of a class and their words."""
    return MappingProxyType(dict(_spec(class_name).structure))


def reserved(class_name: str, factors: Mapping[str, float | str]) -> bool:
    """True if these structural choices together belong to the held-out objects."""
    return is_reserved(_spec(class_name), factors)


def _built(spec: ClassSpec, seed: int, held_out: bool, factors: dict[str, float | str]) -> ParametricShape:
    # The least thickness is a fraction of the finished size, which is known only once the object is built.
    least = 0.0
    for _ in range(2):
        builder = Builder(least)
        spec.build(Factors(factors), builder)
        shape = ParametricShape(
            spec.name, seed, held_out, MappingProxyType(dict(factors)), tuple(builder.parts), tuple(builder.solids)
        )
        low, high = shape.bounds
        least = float((high - low).max()) / SPAN / 32.0
    return shape
