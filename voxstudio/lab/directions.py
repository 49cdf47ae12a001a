"""Directions through a latent space: principal components, named by what they move.

GANSpace (Haerkoenen et al., GANSpace: Discovering Interpretable GAN Controls, NeurIPS 2020): principal components of
the first feature layer over many drawn codes, and the codes' directions that go with them by least squares. An
isotropic latent has no principal axes of its own; a fitted prior has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.latent import Latent
from voxstudio.engine.checkpoint import make_folder, write_atomically
from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.latent_space import (
    Layout,
    Vector,
    brought_inside,
    columns,
    decoded,
    draws,
    flat,
    unflat,
    width,
)
from voxstudio.engine.places import own_folder
from voxstudio.evaluation.attributes import block_means
from voxstudio.evaluation.code_labels import Attributes, CodeLabel, CodeLabels, label_movable
from voxstudio.lab.sweeps import identity, reader_for

Values = npt.NDArray[np.float64]

LAYERS = ("auto", "latent", "first", "shape")
COUNT = 6
SAMPLES = 512
SAMPLE_SEED = 55_000_000
FIND, CHECK = 60, 120
AMOUNTS = (-2.0, -1.0, 0.0, 1.0, 2.0)
LONGEST = 4.0
"""Standard deviations that a direction may be followed by hand."""
ANISOTROPIC = 4.0
"""How much wider than the mean the widest axis of drawn latents must be to be more than chance."""
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Direction:
    """One step along ``vector`` ``[D]`` is one standard deviation. ``share`` is the variance of the layer it explains.

    It can be swept like a code: see :class:`voxstudio.evaluation.code_labels.Movable`.
    """

    name: str
    vector: Vector
    share: float
    layout: Layout
    label: CodeLabel | None = None
    is_choice = False

    @property
    def title(self) -> str:
        """What it moves, or its number if nothing stands out."""
        return self.label.title if self.label is not None and self.label.title else self.name

    @property
    def words(self) -> str:
        """``"seat width r = 0.91, n = 120"``; empty if it was not measured."""
        return self.label.words if self.label is not None else ""

    def set(self, vectors: Vector, value: float) -> Vector:
        """Vectors ``[..., D]``, each ``value`` standard deviations further on; uniform codes stay in their bounds."""
        moved = np.asarray(vectors, np.float32) + np.float32(value) * self.vector
        rows = moved.reshape(-1, moved.shape[-1])
        return np.stack([brought_inside(row, self.layout) for row in rows]).reshape(moved.shape)

    def applied(self, latent: Latent, amount: float) -> Latent:
        """A latent further along; BadInput beyond four standard deviations."""
        if not -LONGEST <= amount <= LONGEST:
            raise BadInput(f"The direction {self.title} reaches from -{LONGEST:g} to {LONGEST:g}, not to {amount:g}.")
        return unflat(self.set(flat(latent, self.layout), amount), self.layout, None)


@dataclass(frozen=True, eq=False)
class Directions:
    """What was found for the generator whose weights have this ``sha256``; ``label`` is the class it holds for."""

    checkpoint: str
    sha256: str
    layer: str
    label: str | None
    items: tuple[Direction, ...]


def find_directions(
    model: LatentSpace,
    count: int | None = None,
    layer: str = "auto",
    label: str | None = None,
    samples: int | None = None,
    progress: Progress = quiet,
) -> Directions:
    """``count`` (6) principal directions of ``layer`` over ``samples`` (512) drawn codes, each labelled by a sweep.

    ``layer``: ``"first"`` (the generator's first feature layer), ``"latent"`` (the drawn codes themselves),
    ``"shape"`` (the shapes on a 16^3 grid: any generator has it), or ``"auto"``: the first that there is and that has
    axes. Raises BadInput for a layer that this generator lacks; ``progress`` may raise Cancelled.
    """
    if layer not in LAYERS:
        raise BadInput(f"The layer must be one of {', '.join(LAYERS)}, not {layer!r}.")
    vectors = draws(model, range(SAMPLE_SEED, SAMPLE_SEED + (samples or SAMPLES)), label)
    chosen = _layer(model, vectors) if layer == "auto" else layer
    progress(0.0, "Looking at drawn codes")
    seen = _features(model, vectors, chosen, label, lambda f, w: progress(0.25 * f, w))
    items = _principal(vectors, seen, model.layout, count or COUNT)
    reader = reader_for(model.card, label, lambda f, w: progress(0.25 + 0.1 * f, w))
    attributes, named = Attributes(reader), []
    for k, one in enumerate(items):

        def told(fraction: float, words: str, k: int = k) -> None:
            progress(0.35 + 0.65 * (k + fraction) / len(items), words)

        found = label_movable(model, one, AMOUNTS, attributes, label, FIND, CHECK, told)
        named.append(replace(one, label=found))
    return Directions(model.card.name, model.card.sha256, chosen, label, tuple(named))


def _layer(model: LatentSpace, vectors: Vector) -> str:
    if hasattr(model, "first_volume"):
        return "first"
    spread = np.linalg.eigvalsh(np.cov(vectors.T.astype(np.float64)).reshape(vectors.shape[1], -1))
    # By chance the widest of D axes of N isotropic draws is (1 + sqrt(D / N))^2 times the mean (Marchenko-Pastur).
    chance = (1 + (vectors.shape[1] / len(vectors)) ** 0.5) ** 2
    return "latent" if spread[-1] > max(ANISOTROPIC, 1.5 * chance) * spread.mean() else "shape"


def _features(model: LatentSpace, vectors: Vector, layer: str, label: str | None, progress: Progress) -> Values:
    """What principal components are taken of, ``[N, F]``."""
    if layer == "latent":
        return vectors.astype(np.float64)
    if layer == "first":
        if not hasattr(model, "first_volume"):
            raise BadInput(f"{model.card.name} does not show its first layer: use the layer latent or shape.")
        import torch

        rows = []
        for start in range(0, len(vectors), 64):
            progress(start / len(vectors), "Looking at the first layer")
            rows.append(np.asarray(model.first_volume(torch.from_numpy(vectors[start : start + 64])), np.float32))
        return np.concatenate(rows).astype(np.float64)
    return np.concatenate([_pooled(part) for part in decoded(model, vectors, label, progress, "Looking at shapes")])


def _pooled(fields: npt.NDArray[np.float32], most: int = 16) -> Values:
    return block_means(fields, max(fields.shape[1] // most, 1), np.float64)


def _principal(vectors: Vector, seen: Values, layout: Layout, count: int) -> tuple[Direction, ...]:
    """Components of ``seen`` and the codes' directions that go with them (GANSpace, eq. 3); numbers only.

    Choices are held: what differs between their values is taken away first.
    """
    numbers = np.concatenate(
        [np.full(spec.size, spec.kind != "categorical") for spec in layout] or [np.zeros(0, bool)]
    )  # fmt: skip
    groups = _choices(vectors, layout)
    codes = _less_mean(vectors[:, numbers].astype(np.float64), groups)
    centred = _less_mean(seen, groups)
    # The left singular vectors of [N, F] come from the [N, N] products, whatever F is.
    values, left = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(values)[::-1][: min(count, int(numbers.sum()))]
    total = max(float(values.sum()), 1e-12)
    found = []
    for k, index in enumerate(order.tolist()):
        score = left[:, index] * len(left) ** 0.5  # standard deviation 1
        score = score * np.sign(score[np.argmax(np.abs(score))])
        whole = np.zeros(width(layout), np.float32)
        whole[numbers] = codes.T @ score / len(score)
        found.append(Direction(f"Direction {k + 1}", whole, float(max(values[index], 0.0) / total), tuple(layout)))
    return tuple(found)


def _choices(vectors: Vector, layout: Layout) -> npt.NDArray[np.int64]:
    """A number for each combination of choices, ``[N]``; all 0 where there are too many to compare within them."""
    rows = [
        vectors[:, where].reshape(len(vectors), spec.groups, -1).argmax(axis=2)
        for spec, where in zip(layout, columns(layout).values(), strict=True)
        if spec.kind == "categorical"
    ]
    if not rows:
        return np.zeros(len(vectors), np.int64)
    found = np.unique(np.concatenate(rows, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    return np.asarray(found if found.max() < len(vectors) // 8 else np.zeros(len(vectors)), np.int64)


def _less_mean(values: Values, groups: npt.NDArray[np.int64]) -> Values:
    result = values.copy()
    for group in np.unique(groups):
        result[groups == group] -= values[groups == group].mean(axis=0)
    return result


# ---- files -------------------------------------------------------------------------------------------


def directions_path(card: Card, label: str | None = None) -> Path:
    """Where the directions of a checkpoint are kept in the person's data."""
    return own_folder("directions") / f"{identity(card)}{f'-{label}' if label else ''}.safetensors"


def save_directions(found: Directions, path: Path) -> Path:
    """Write directions as safetensors, complete or not at all; CannotWrite if the disk refuses."""
    from safetensors.numpy import save

    labels = [one.label for one in found.items if one.label is not None]
    document = CodeLabels(found.checkpoint, found.sha256, found.label, tuple(labels)).to_json()
    about = {
        "format": str(FORMAT), "checkpoint": found.checkpoint, "sha256": found.sha256, "layer": found.layer,
        "label": json.dumps(found.label), "labels": json.dumps(document),
    }  # fmt: skip
    tensors = {
        "vectors": np.stack([one.vector for one in found.items]).astype(np.float32),
        "shares": np.array([one.share for one in found.items], np.float64),
    }
    make_folder(path.parent)
    write_atomically(path, save(tensors, about))
    return path


def read_directions(path: Path, card: Card, layout: Sequence[Any]) -> Directions:
    """Read directions; BadInput if the file is damaged or belongs to another network."""
    from safetensors import SafetensorError, safe_open

    damaged = BadInput(f"{path.name} holds no directions that can be used: find them again.")
    try:
        with safe_open(str(path), "np") as file:
            about = file.metadata() or {}
            vectors, shares = file.get_tensor("vectors"), file.get_tensor("shares")
        if about["format"] != str(FORMAT):
            raise ValueError
        labels = CodeLabels.from_json(json.loads(about["labels"]))
        label = json.loads(about["label"])
        checkpoint, sha256, layer = (about[name] for name in ("checkpoint", "sha256", "layer"))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged from None
    if sha256 != card.sha256:
        raise BadInput(
            f"{path.name} holds directions of the checkpoint {checkpoint}, not of {card.name}: find "
            "directions for this one."
        )
    fits = vectors.ndim == 2 and vectors.shape[1] == width(layout) and shares.shape == (len(vectors),)
    if not fits or not np.isfinite(vectors).all() or not np.isfinite(shares).all():
        raise damaged
    items = tuple(
        Direction(name, np.asarray(vector, np.float32), float(share), tuple(layout), labels.of.get(name))
        for name, vector, share in zip(_names(len(vectors)), vectors, shares, strict=True)
    )
    return Directions(checkpoint, sha256, layer, label, items)


def stored_directions(card: Card, layout: Sequence[Any], label: str | None = None) -> Directions | None:
    """The directions that were found before; None if there are none."""
    path = directions_path(card, label) if card.sha256 else None
    return read_directions(path, card, layout) if path is not None and path.is_file() else None


def _names(count: int) -> list[str]:
    return [f"Direction {k + 1}" for k in range(count)]
