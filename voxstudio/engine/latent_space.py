"""Moving in a generator's latent space: all codes as one vector, paths between keyframes, arithmetic, values by hand.

A vector ``[D]`` holds the codes of a latent one after the other, in the order of the generator's ``layout``. Vectors
and latents are numpy; torch is imported only where something is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.engine.family import LatentSpace, Progress, quiet

Vector = npt.NDArray[np.float32]
Layout = Sequence[CodeSpec]
PATHS = ("slerp", "linear")
BATCH = 16
"""Codes that are decoded at once; the same everywhere, so that the same codes give the same bytes."""
LARGEST_SEED = 2**63 - 1


def latent_space(model: Any, name: str = "") -> LatentSpace:
    """The model as something whose latent can be walked through; BadInput if it makes nothing from a latent."""
    if not isinstance(model, LatentSpace):
        told = name or getattr(getattr(model, "card", None), "name", "")
        raise BadInput(f"The checkpoint {told} has no latent space to walk through: choose a generator.")
    return model


def has_features(model: Any) -> bool:
    """True if ``model.features`` can be called: there is a discriminator, and it was exported with the generator."""
    return hasattr(model, "features") and getattr(model, "critic", model) is not None


def checked_seed(seed: int) -> int:
    """The seed, if it is one that torch takes; else BadInput."""
    if not 0 <= seed <= LARGEST_SEED:
        raise BadInput(f"A seed is a whole number from 0 to 2^63 - 1, not {seed}.")
    return seed


def width(layout: Layout) -> int:
    """D, the number of entries of all codes."""
    return sum(spec.size for spec in layout)


def columns(layout: Layout) -> dict[str, slice]:
    """Where each code stands in a vector."""
    ends = np.cumsum([spec.size for spec in layout]).tolist()
    return {spec.name: slice(end - spec.size, end) for spec, end in zip(layout, ends, strict=True)}


def handles(layout: Layout) -> tuple[str, ...]:
    """A name for each number and each choice that can be set: ``"noise:17"``, ``"categorical:0"``."""
    return tuple(name for spec in layout for name in spec.handles)


def flat(latent: Latent, layout: Layout) -> Vector:
    """The codes of a latent as a vector ``[D]``; codes that the layout does not name are left out.

    Raises BadInput if the latent lacks a code or has it in another length: it belongs to another generator.
    """
    parts = []
    for spec in layout:
        code = latent.codes.get(spec.name)
        if code is None or len(code) != spec.size:
            found = "none" if code is None else f"one of {len(code)}"
            raise BadInput(
                f"This latent fits another checkpoint: a code {spec.name} of {spec.size} entries is needed, {found} is "
                "there."
            )
        parts.append(code)
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def unflat(vector: Vector, layout: Layout, seed: int | None = None) -> Latent:
    """The latent of a vector ``[D]``."""
    return Latent({name: vector[where] for name, where in columns(layout).items()}, seed)


def brought_inside(vector: Vector, layout: Layout) -> Vector:
    """The nearest vector that the generator knows: uniform codes in [-1, 1], choices adding up to 1."""
    result = vector.copy()
    for spec, where in zip(layout, columns(layout).values(), strict=True):
        part = result[where]
        if spec.kind == "uniform":
            np.clip(part, -1.0, 1.0, out=part)
        elif spec.kind == "categorical":
            rows = np.clip(part.reshape(spec.groups, -1), 0.0, None)
            total = rows.sum(axis=1, keepdims=True)
            part[:] = np.where(total > 1e-6, rows / np.maximum(total, 1e-6), 1.0 / spec.values).ravel()
    return result


def decided(vector: Vector, layout: Layout) -> Vector:
    """The same vector with every choice made: one-hot where its greatest value is."""
    result = vector.copy()
    for spec, where in zip(layout, columns(layout).values(), strict=True):
        if spec.kind == "categorical":
            best = result[where].reshape(spec.groups, -1).argmax(axis=1)
            result[where] = np.eye(spec.values, dtype=np.float32)[best].ravel()
    return result


@dataclass(frozen=True)
class Handle:
    """What can be set on its own: entry ``index`` of a code, or its choice number ``index``; ``where`` in a vector."""

    name: str
    spec: CodeSpec
    index: int
    where: slice

    @property
    def is_choice(self) -> bool:
        """True for one of several values, False for a number."""
        return bool(self.spec.values)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value; those of a choice count from 1."""
        return (1.0, float(self.spec.values)) if self.is_choice else self.spec.bounds

    def set(self, vectors: Vector, value: float) -> Vector:
        """Vectors ``[..., D]`` with this set to a value, or to choice number ``value``, counted from 1.

        Raises BadInput for a value out of its range.
        """
        low, high = self.bounds
        if not low <= value <= high or (self.is_choice and value != int(value)):
            kind = (
                f"takes one of the values {low:g} to {high:g}" if self.is_choice else f"lies from {low:g} to {high:g}"
            )
            raise BadInput(f"The code {self.name} {kind}, not at {value:g}.")
        result = vectors.copy()
        result[..., self.where] = value if not self.is_choice else np.eye(self.spec.values)[int(value) - 1]
        return result


def handle(layout: Layout, name: str) -> Handle:
    """Find what ``"continuous:0"`` names; a code of one entry needs no number. BadInput tells what there is."""
    code, _, number = name.partition(":")
    for spec, where in zip(layout, columns(layout).values(), strict=True):
        count = len(spec.handles)
        if spec.name == code and (number or count == 1):
            index = int(number or 0) if (number or "0").isdecimal() and len(number) < 9 else count
            if index < count:
                each = spec.values or 1
                start = where.start + index * each
                return Handle(spec.handles[index], spec, index, slice(start, start + each))
    known = ", ".join(s.handles[0] if len(s.handles) == 1 else f"{s.handles[0]} to {s.handles[-1]}" for s in layout)
    raise BadInput(f"There is no code {name!r}; the codes are {known}.")


def walk(keys: Sequence[Latent], frames: int, how: str = "slerp", loop: bool = False) -> list[Latent]:
    """``frames`` latents along a path through the keyframes, evenly spaced between each two.

    ``how`` is ``"linear"`` or ``"slerp"`` (on great circles, so that the length of a gaussian latent stays usual);
    uniform and categorical codes should be walked linearly: see :func:`walk_in`. With ``loop`` the path comes back to
    the first keyframe, which is then not repeated at the end. Raises BadInput for too few keyframes or frames.
    """
    ways = _ways(keys, frames, how, loop)
    return [a if b is None else a.lerp(b, t) if how == "linear" else a.slerp(b, t) for a, b, t in ways]


def walk_in(
    layout: Layout, keys: Sequence[Latent], frames: int, how: str = "slerp", loop: bool = False
) -> list[Latent]:
    """:func:`walk` in a generator's space: only gaussian codes go on great circles; other generators' are refused."""
    keys = [unflat(flat(key, layout), layout, key.seed) for key in keys]
    return [a if b is None else between(layout, a, b, t, how) for a, b, t in _ways(keys, frames, how, loop)]


def between(layout: Layout, a: Latent, b: Latent, t: float, how: str = "slerp") -> Latent:
    """The latent a share ``t`` of the way from a to b; of ``"slerp"`` only gaussian codes go on great circles."""
    straight = a.lerp(b, t)
    if how == "linear":
        return straight
    curved = a.slerp(b, t)
    bent = {spec.name for spec in layout if spec.kind == "gaussian"}
    return Latent({name: (curved if name in bent else straight).codes[name] for name in straight.codes})


def _ways(keys: Sequence[Latent], frames: int, how: str, loop: bool) -> list[tuple[Latent, Latent | None, float]]:
    """For each frame the keyframes that it lies between and how far on it is; the keyframe alone where it is one."""
    if how not in PATHS:
        raise BadInput(f"The path must be one of {', '.join(PATHS)}, not {how!r}.")
    if len(keys) < 2:
        raise BadInput("A path needs at least two keyframes.")
    if frames < len(keys):
        raise BadInput(f"{len(keys)} keyframes need at least {len(keys)} frames, not {frames}.")
    stops = [*keys, keys[0]] if loop else list(keys)
    result: list[tuple[Latent, Latent | None, float]] = []
    for place in np.linspace(0.0, len(stops) - 1, frames, endpoint=not loop).tolist():
        k = min(int(place), len(stops) - 2)
        t = place - k
        result.append((stops[k], None, 0.0) if t < 1e-9 else (stops[k + 1], None, 0.0) if t > 1 - 1e-9
                      else (stops[k], stops[k + 1], t))  # fmt: skip
    return result


def arithmetic(a: Latent, b: Latent, c: Latent, layout: Layout) -> Latent:
    """A - B + C, brought back to where the generator is at home.

    The result of gaussian codes gets the mean length of the three (the sum of three drawn codes is longer than any
    code the generator has seen); uniform codes are cut off at their bounds; a categorical code takes the value that
    is greatest in the sum.
    """
    x, y, z = (flat(one, layout) for one in (a, b, c))
    total = x - y + z
    for spec in layout:
        where = columns(layout)[spec.name]
        part = total[where]
        if spec.kind == "gaussian":
            length = float(np.mean([np.linalg.norm(one[where]) for one in (x, y, z)]))
            part *= np.float32(length / max(float(np.linalg.norm(part)), 1e-9))
    return unflat(brought_inside(decided(total, layout), layout), layout)


def draws(model: LatentSpace, seeds: Sequence[int], label: str | None = None, truncation: float = 1.0) -> Vector:
    """The drawn latents of some seeds as vectors ``[N, D]``."""
    return np.stack([flat(model.draw(checked_seed(seed), label, truncation), model.layout) for seed in seeds])


def decoded(
    model: LatentSpace, vectors: Vector, label: str | None = None, progress: Progress = quiet, words: str = "Decoding"
) -> Iterator[npt.NDArray[np.float32]]:
    """Probabilities of vectors ``[N, D]``, batch by batch ``[n, R, R, R]``; ``progress`` may raise Cancelled."""
    import torch

    for start in range(0, len(vectors), BATCH):
        progress(start / len(vectors), words)
        with torch.inference_mode():
            logits = model.decode_batch(torch.from_numpy(np.ascontiguousarray(vectors[start : start + BATCH])), label)
            yield torch.sigmoid(logits).cpu().numpy()


def occupancies(
    model: LatentSpace, vectors: Vector, label: str | None = None, progress: Progress = quiet, words: str = "Decoding"
) -> npt.NDArray[np.bool_]:
    """Voxels bool ``[N, R, R, R]`` of vectors ``[N, D]`` at the card's threshold."""
    level = np.float32(model.card.iso_level)
    return np.concatenate([batch >= level for batch in decoded(model, vectors, label, progress, words)])
