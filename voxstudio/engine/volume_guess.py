"""Read the sizes of a volumetric generator off the shapes of its tensors, and say what a part of its tensors can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from torch import nn

from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe
from voxstudio.engine.codes import CodeSpace
from voxstudio.engine.family import Settled
from voxstudio.engine.maker import Maker, build_critic
from voxstudio.engine.matching import overlap
from voxstudio.engine.outline import outline
from voxstudio.engine.volume_recipe import VolumeGanRecipe
from voxstudio.engine.volumetric import stage_widths

Shape = tuple[int, ...]
CUBE = (4, 4, 4)
MOST = 4
Changes = dict[str, Any]


class Whole(nn.Module):
    """Maker and critic as inference loads them."""

    def __init__(self, maker: nn.Module, critic: nn.Module | None) -> None:
        super().__init__()
        self.maker = maker
        self.critic = critic


class VolumeGuesser:
    """A :class:`voxstudio.engine.family.Guesser` for generators that start with a volume of 4^3.

    Parameters
    ----------
    kind: the family's recipe.
    space_of: the code space of a recipe.
    inputs: options of codes of this many numbers, the likeliest first; a few. By default all of it is noise.
    maker: another maker than :class:`Maker`.
    starts: numbers of inputs, resolutions and sizes of the generators that tensors of these shapes may make up, for
        generators that do not begin with a transposed convolution.
    """

    def __init__(
        self,
        kind: type[VolumeGanRecipe],
        space_of: Callable[[Any], CodeSpace],
        inputs: Callable[[int], Iterable[Changes]] | None = None,
        maker: Callable[[Any, CodeSpace], nn.Module] = Maker,
        starts: Callable[[Counter[Shape]], Iterable[tuple[int, int, Changes]]] | None = None,
    ) -> None:
        self.kind, self.space_of, self.maker = kind, space_of, maker
        self.inputs = inputs or _noise_alone
        self.starts = starts or _starts

    def recipes(self, shapes: Sequence[Shape]) -> Sequence[Recipe]:
        """The sizes whose networks share the most numbers with the file; at most two."""
        there = Counter(shapes)
        rated = [(overlap(shapes, self.wanted(recipe).values()), recipe) for recipe in self._candidates(there)]
        return [recipe for _, recipe in sorted(rated, key=_first, reverse=True)[:2]]

    def wanted(self, recipe: Recipe) -> Mapping[str, Shape]:
        """Names and shapes of maker and critic."""
        return self._outline(_for_inference(recipe))

    def settle(self, recipe: Recipe, there: frozenset[str], whole_parts: bool = False) -> Settled:
        """The maker is needed; without the whole critic there are no features and nothing reads shapes."""
        options = _for_inference(recipe)
        names = frozenset(self.wanted(options))
        maker = {name for name in names if name.startswith("maker.net.")}
        entry = {name for name in names if name.startswith("maker.entry.")}
        critic = names - maker - entry
        if lacking := sorted(maker - there):
            told = f"The generator lacks {len(lacking)} of its {len(maker)} tensors ({', '.join(lacking[:3])})"
            return Settled((), options, {}, frozenset(), problem=f"{told}: find them, nothing can be made without it.")
        notes: list[str] = []
        filled: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
        if entry and not entry <= there:
            options, kept = options.changed(lead_steps=0), set(maker)
            notes.append("The file does not say where its codes enter: they are drawn as they are.")
        else:
            kept = maker | entry
        if critic and critic <= there:
            kept |= critic
        elif critic:
            options = options.changed(keep_discriminator=False)
            notes.append("The file has no whole discriminator: it makes shapes and reads none.")
        # A maker without an entry still builds the same critic: whether it reads codes must not change with it.
        if options.lead_steps == 0 and options.keep_discriminator and not options.keep_reconstruction and entry:
            options = options.changed(keep_reconstruction=1.0)
        return Settled(
            ("generate",), options, {"recipe": options.to_json(), "iso_level": 0.5}, frozenset(kept), filled,
            tuple(notes),
        )  # fmt: skip

    def _outline(self, recipe: VolumeGanRecipe) -> Mapping[str, Shape]:
        return _outline_of(self.maker, self.space_of, recipe)

    def _candidates(self, there: Counter[Shape]) -> Iterator[VolumeGanRecipe]:
        for inputs, resolution, changes in self.starts(there):
            refine = _refinements(there, changes["width"], resolution)
            for codes in self.inputs(inputs):
                sizes = {**changes, "resolution": resolution, "refine_to": refine, "coarse_steps": 0, **codes}
                entered = (sizes["noise_size"], inputs) in there
                sizes |= {"lead_steps": int(entered), "keep_reconstruction": float(entered)}
                sizes["entry_width"] = _flow_width(there, int(sizes["noise_size"]), inputs) if entered else 0
                for critic in _critics(there, resolution):
                    recipe = self._recipe({**sizes, **critic})
                    if recipe is not None:
                        yield recipe

    def _recipe(self, changes: Changes) -> VolumeGanRecipe | None:
        try:
            return self.kind().changed(**changes)
        except BadInput:
            return None


def _noise_alone(inputs: int) -> Iterable[Changes]:
    return [{"noise_size": inputs}]


def _flow_width(there: Counter[Shape], noise: int, inputs: int) -> int:
    """Hidden width of the entry's first coupling, which sees half of the noise and all other codes; 0 without one."""
    half = noise // 2
    wide = [shape[0] for shape in there if len(shape) == 2 and shape[1] == half + inputs - noise]
    return next((width for width in wide if (2 * (noise - half), width) in there), 0)


@lru_cache(256)
def _outline_of(
    maker: Callable[[Any, CodeSpace], nn.Module], space_of: Callable[[Any], CodeSpace], recipe: VolumeGanRecipe
) -> Mapping[str, Shape]:
    return outline(partial(_whole, maker, space_of, recipe))


def _whole(
    maker: Callable[[Any, CodeSpace], nn.Module], space_of: Callable[[Any], CodeSpace], recipe: VolumeGanRecipe
) -> Whole:
    space = space_of(recipe)
    critic = build_critic(recipe, space, plain=True) if recipe.keep_discriminator else None
    return Whole(maker(recipe, space), critic)


def _for_inference(recipe: Recipe) -> VolumeGanRecipe:
    assert isinstance(recipe, VolumeGanRecipe)
    return recipe.changed(coarse_steps=0)


def _first(item: tuple[float, Any]) -> float:
    return item[0]


def volume_chains(there: Counter[Shape]) -> list[tuple[int, int]]:
    """Widths and resolutions whose up-convolutions to one channel are all in the file; the longest first."""
    cubes = {shape[:2] for shape in there if len(shape) == 5 and shape[2:] == CUBE}
    found = []
    for resolution in (32, 64):
        for width in sorted({inputs for inputs, _ in cubes if 16 <= inputs <= 512}):
            widths = stage_widths(width, resolution)
            if {*zip(widths[:-1], widths[1:], strict=True), (widths[-1], 1)} <= cubes:
                found.append((width, resolution))
    return sorted(found, key=_size, reverse=True)[:MOST]


def _size(item: tuple[int, int]) -> tuple[int, int]:
    return item[1], item[0]


def _starts(there: Counter[Shape]) -> Iterator[tuple[int, int, Changes]]:
    """Lengths of codes, resolutions and widths of generators that begin with a transposed convolution to 4^3."""
    cubes = sorted({shape[:2] for shape in there if len(shape) == 5 and shape[2:] == CUBE})
    for width, resolution in volume_chains(there):
        for inputs, outputs in cubes:
            if outputs == width:
                yield inputs, resolution, {"width": width}


def _refinements(there: Counter[Shape], width: int, resolution: int) -> int:
    """The side up to which every volume has a 3^3 convolution of its channels in the file."""
    side, found = 4, 0
    for channels in stage_widths(width, resolution)[1:]:
        side *= 2
        if (channels, channels, 3, 3, 3) not in there:
            break
        found = side
    return found


def _critics(there: Counter[Shape], resolution: int) -> Iterator[Changes]:
    """Discriminators whose convolutions are in the file, and none."""
    cubes = {shape[:2] for shape in there if len(shape) == 5 and shape[2:] == CUBE}
    count = resolution.bit_length() - 3
    for width in sorted({out for out, inputs in cubes if inputs == 1 and 4 <= out <= 128}, reverse=True)[:2]:
        widths = [width << k for k in range(count)]
        if all((b, a) in cubes for a, b in zip(widths[:-1], widths[1:], strict=True)):
            norm = "batch" if there[(widths[-1],)] > 1 else "none"
            for layers in (4, 5) if (widths[-1], widths[-1], 3, 3, 3) in there else (4,):
                yield {"d_width": width, "trunk_layers": layers, "d_norm": norm, "keep_discriminator": True}
    yield {"keep_discriminator": False}
