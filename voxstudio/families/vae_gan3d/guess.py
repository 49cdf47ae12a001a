"""Read the sizes of a 3D-VAE-GAN off the shapes of its tensors, and say what a part of its tensors can do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import Recipe
from voxstudio.engine.family import Settled
from voxstudio.engine.matching import overlap
from voxstudio.engine.outline import outline
from voxstudio.families.vae_gan3d.networks import Generator, VaeGan, generator_widths
from voxstudio.families.vae_gan3d.recipe import VaeGanRecipe

Shape = tuple[int, ...]
CUBE = (4, 4, 4)
EMBEDDING = 32
"""Length of a class's embedding in the conditional generator."""
MOST_GENERATORS = 4


class VaeGanGuesser:
    """A :class:`voxstudio.engine.family.Guesser`."""

    def recipes(self, shapes: Sequence[Shape]) -> Sequence[Recipe]:
        """The sizes whose networks share the most numbers with the file; at most two."""
        there = Counter(shapes)
        encoders = list(_encoders(there))
        rated = [
            (overlap(shapes, _counted(self.wanted(recipe), there)), recipe)
            for changes in _likeliest_generators(there)
            for recipe in (_recipe({**changes, **more}) for more in encoders)
            if recipe is not None
        ]
        return [recipe for _, recipe in sorted(rated, key=_first, reverse=True)[:2]]

    def wanted(self, recipe: Recipe) -> Mapping[str, Shape]:
        """Names and shapes of encoder, fusion, generator and prior."""
        return _shapes_of(VaeGan, _for_inference(recipe))

    def settle(self, recipe: Recipe, there: frozenset[str], whole_parts: bool = False) -> Settled:
        """The generator is needed; the encoder is for pictures only; fusion and prior have plain substitutes."""
        options = _for_inference(recipe)
        parts: dict[str, set[str]] = {}
        shapes = self.wanted(options)
        for name in shapes:
            parts.setdefault(name.split(".")[0], set()).add(name)
        if parts["generator"] - there:
            return _unusable(options, _lack("generator", parts["generator"], there, "nothing can be made without it"))
        reads = parts["encoder"] <= there
        if not reads and parts["encoder"] & there and not whole_parts:
            return _unusable(options, _lack("encoder", parts["encoder"], there, "or leave incomplete parts out"))
        kept, notes = set(parts["generator"]), []
        filled: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
        network: dict[str, Any] = {}
        if reads:
            kept |= parts["encoder"] | parts["fusion"]
            if parts["fusion"] - there:
                options = options.changed(fusions=tuple(how for how in options.fusions if how != "lstm") or ("mean",))
                filled |= {name: np.zeros(shapes[name], np.float32) for name in parts["fusion"]}
                notes.append("The file has no LSTM: views are joined by their mean or maximum.")
        else:
            network["parts"] = ["generator"]
            notes.append("The file has no whole encoder: it makes objects from noise and reads no pictures.")
        kept |= {"prior_mean", "prior_factor"}
        if not kept & {"prior_mean", "prior_factor"} <= there:
            count, size = len(options.classes), options.latent_size
            filled["prior_mean"] = np.zeros((count, size), np.float32)
            filled["prior_factor"] = np.broadcast_to(np.eye(size, dtype=np.float32), (count, size, size)).copy()
            notes.append("The file has no fitted prior: objects from noise are drawn from N(0, 1).")
        able = ("reconstruct", "generate") if reads else ("generate",)
        network = {"recipe": options.to_json(), "capabilities": list(able), **network}
        return Settled(able, options, network, frozenset(kept), filled, tuple(notes))


def _counted(wanted: Mapping[str, Shape], there: Counter[Shape]) -> list[Shape]:
    """The generator's tensors, and those of every other part of which the file has at least half."""
    parts: dict[str, list[Shape]] = {}
    for name, shape in wanted.items():
        parts.setdefault(name.split(".")[0], []).append(shape)
    return [
        shape
        for name, part in parts.items()
        if name == "generator" or 2 * sum(one in there for one in part) >= len(part)
        for shape in part
    ]


def _unusable(recipe: VaeGanRecipe, problem: str) -> Settled:
    return Settled((), recipe, {}, frozenset(), problem=problem)


def _lack(part: str, names: set[str], there: frozenset[str], otherwise: str) -> str:
    lacking = sorted(names - there)
    named = ", ".join(lacking[:3]) + (", ..." if len(lacking) > 3 else "")
    return f"The {part} lacks {len(lacking)} of its {len(names)} tensors ({named}): find them, {otherwise}."


def _for_inference(recipe: Recipe) -> VaeGanRecipe:
    assert isinstance(recipe, VaeGanRecipe)
    return recipe.changed(coarse_steps=0)


@lru_cache(256)
def _shapes_of(build: Callable[[VaeGanRecipe], Any], recipe: VaeGanRecipe) -> Mapping[str, Shape]:
    return outline(partial(build, recipe))


def _recipe(changes: Mapping[str, Any]) -> VaeGanRecipe | None:
    """None for sizes that the family does not allow."""
    try:
        return VaeGanRecipe().changed(**changes)
    except BadInput:
        return None


def _likeliest_generators(there: Counter[Shape]) -> list[dict[str, Any]]:
    """The generators that share the most numbers with the file."""
    rated = []
    for changes in _generators(there):
        recipe = _recipe(changes)
        if recipe is not None:
            rated.append((overlap(there.elements(), _shapes_of(Generator, recipe).values()), changes))
    return [changes for _, changes in sorted(rated, key=_first, reverse=True)[:MOST_GENERATORS]]


def _first(item: tuple[float, Any]) -> float:
    return item[0]


def _generators(there: Counter[Shape]) -> Iterator[dict[str, Any]]:
    """Sizes of generators whose up-convolutions lead from a first volume of 4^3 to one channel."""
    cubes = {shape[:2] for shape in there if len(shape) == 5 and shape[2:] == CUBE}
    starts = []
    for inputs, width in cubes:
        for resolution in (32, 64):
            widths = generator_widths(width, resolution) if 16 <= width <= 512 else ()
            chain = [*zip(widths[:-1], widths[1:], strict=True), (widths[-1], 1)] if widths else []
            starts.append((sum(step in cubes for step in chain) - len(chain), len(chain), inputs, width, resolution))
    for _, length, inputs, width, resolution in sorted(starts, reverse=True)[:MOST_GENERATORS]:
        if not length:
            continue
        entries = [shape[1] for shape in there if _is_matrix(shape, inputs)]
        narrower = [(latent, *sizes) for latent in entries for sizes in ((inputs, 0), (0, inputs))]
        for latent, hidden, rank in {(inputs, 0, 0), *narrower}:
            for refine in _refinements(there, width, resolution):
                for classes in _class_counts(there, latent):
                    yield {
                        "width": width, "resolution": resolution, "latent_size": latent, "latent_hidden": hidden,
                        "entry_rank": rank, "refine_to": refine, **classes,
                    }  # fmt: skip


def _is_matrix(shape: Shape, rows: int) -> bool:
    return len(shape) == 2 and shape[0] == rows and 8 <= shape[1] <= 512


def _refinements(there: Counter[Shape], width: int, resolution: int) -> Iterable[int]:
    """Sides up to which every volume has a 3^3 convolution of its channels in the file."""
    widths, side, found = generator_widths(width, resolution), 4, [0]
    for channels in widths[1:]:
        side *= 2
        if (channels, channels, 3, 3, 3) not in there:
            break
        found.append(side)
    return found[-1:]


def _class_counts(there: Counter[Shape], latent: int) -> Iterable[dict[str, Any]]:
    """Unconditional, and conditional for every table of embeddings; names are unknown."""
    priors = {shape[0] for shape in there if len(shape) == 3 and shape[1:] == (latent, latent)} or {1}
    found = [{"conditional": False, "classes": class_names(count)} for count in sorted(priors)[:2]]
    tables = {shape[0] for shape in there if len(shape) == 2 and shape[1] == EMBEDDING and shape[0] <= 200}
    if (latent, EMBEDDING) in there:
        found += [{"conditional": True, "classes": class_names(count)} for count in sorted(tables - {latent})[:4]]
    return found


def class_names(count: int) -> tuple[str, ...]:
    """Names for classes that the file does not name."""
    return ("object",) if count == 1 else tuple(f"class-{index + 1}" for index in range(count))


def _encoders(there: Counter[Shape]) -> Iterator[dict[str, Any]]:
    """Encoders whose first convolution is in the file; the family's own if there is none."""
    for shape in there:
        if len(shape) == 4 and shape[1:] == (4, 5, 5):
            heads = [one for one in there if len(one) == 2 and one[1] % (3 * shape[0]) == 0]
            sides = {math.isqrt(one[1] // (3 * shape[0])) for one in heads}
            for side in sorted(sides):
                yield {"encoder": "compact", "encoder_width": shape[0], "image_size": 32 * side}
    if (64, 4, 11, 11) in there:
        yield {"encoder": "paper", "image_size": 256}
    if (128, 64, 5, 5) in there:
        yield {"encoder": "simplified"}
    yield {}


GUESSER = VaeGanGuesser()
