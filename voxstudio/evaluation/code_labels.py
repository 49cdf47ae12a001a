"""What each code of a generator moves: sweep it, measure the shapes, name the attribute that goes with it.

A label is found on some seeds and its figure is taken on others, so that the choice among many attributes does not
flatter it. The figure is Pearson's r over all shapes of the check, whatever else differs between them: an attribute
that a code moves only a little beside other codes gets a small one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.latent_space import Handle, Vector, decoded, draws, handle
from voxstudio.evaluation.attributes import ATTRIBUTES, correlation_ratio, correlations, measure
from voxstudio.evaluation.factors import FactorReader

Values = npt.NDArray[np.float64]

FIND_SEED, CHECK_SEED = 50_000_000, 60_000_000
FIND_SHAPES, CHECK_SHAPES = 100, 200
STEPS = 10
"""Values of a code that a sweep visits: the middles of tenths of its prior."""
MOST_SWEPT = 32
"""A code of more entries is not swept one by one; the same drawn shapes then serve all of its entries."""
MARGIN = 0.05
"""Attributes that follow a code almost as well as the best are as good: the plainest of them becomes the label."""
LEAST_R = 0.3
"""Below this nothing is said to stand out."""


@dataclass(frozen=True)
class Attributes:
    """What is measured: attributes of any shape and, for a class with parametric shapes, its true factors."""

    reader: FactorReader | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names for files; factors begin with ``factor:``."""
        factors = self.reader.names if self.reader else ()
        return (*(a.key for a in ATTRIBUTES), *(f"factor:{name}" for name in factors))

    @property
    def titles(self) -> tuple[str, ...]:
        """Names for people."""
        return (*(a.title for a in ATTRIBUTES), *(self.reader.titles if self.reader else ()))

    @property
    def units(self) -> tuple[str, ...]:
        """Units, empty for plain numbers."""
        return (*(a.unit for a in ATTRIBUTES), *(self.reader.units if self.reader else ()))

    def plainest(self, relation: Values) -> int:
        """The attribute to name, of those related ``[A]`` most: true factors first, then the table's order."""
        strength = np.abs(relation)
        near = np.flatnonzero(strength >= strength.max() - MARGIN)
        factors = near[near >= len(ATTRIBUTES)]
        return int(factors[np.argmax(strength[factors])] if len(factors) else near[0])

    def of(self, grids: npt.NDArray[np.bool_]) -> Values:
        """All of them for occupancies ``[N, R, R, R]``, ``[N, A]``; NaN for empty shapes."""
        known = measure(grids)
        return known if self.reader is None else np.concatenate([known, self.reader.read(grids)], axis=1)


@dataclass(frozen=True)
class CodeLabel:
    """What one handle moves: an attribute with its figure on ``count`` shapes that were not used to find it.

    ``r`` is signed for numbers; for choices it is the correlation ratio eta. ``within`` is r after each seed's own mean
    is taken away: how faithfully one shape follows the slider. ``title`` is empty if nothing stands out. ``values``
    are names of a choice's values, if classes are known.
    """

    handle: str
    key: str
    title: str
    unit: str
    r: float
    within: float
    count: int
    is_choice: bool = False
    values: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``"seat width r = 0.91, n = 200"``."""
        if not self.title:
            return f"nothing that was measured stands out, n = {self.count}"
        return f"{self.title} {'eta' if self.is_choice else 'r'} = {self.r:.2f}, n = {self.count}"


@dataclass(frozen=True)
class CodeLabels:
    """Labels of all handles of the generator whose weights have this ``sha256``, for shapes of the class ``label``."""

    checkpoint: str
    sha256: str
    label: str | None
    labels: tuple[CodeLabel, ...]
    of: Mapping[str, CodeLabel] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", {one.handle: one for one in self.labels})

    @property
    def best(self) -> CodeLabel | None:
        """The number whose attribute follows it best; None without continuous codes."""
        numbers = [one for one in self.labels if not one.is_choice and one.title]
        return max(numbers, key=lambda one: abs(one.r), default=None)

    @property
    def best_code_r(self) -> float:
        """|r| of :attr:`best`; 0 if nothing stands out."""
        return abs(self.best.r) if self.best else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values for a file or a card."""
        rows = [{**asdict(one), "values": list(one.values), "words": one.words} for one in self.labels]
        return {"checkpoint": self.checkpoint, "sha256": self.sha256, "label": self.label, "labels": rows}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CodeLabels:
        """Read what :meth:`to_json` wrote; KeyError, TypeError or ValueError if it is something else."""
        rows = []
        for row in document["labels"]:
            handle, key, title, unit = (str(row[name]) for name in ("handle", "key", "title", "unit"))
            r, within, count = float(row["r"]), float(row["within"]), int(row["count"])
            names = tuple(str(value) for value in row["values"])
            rows.append(CodeLabel(handle, key, title, unit, r, within, count, bool(row["is_choice"]), names))
        label = document["label"]
        return cls(str(document["checkpoint"]), str(document["sha256"]), label and str(label), tuple(rows))


def label_codes(
    model: LatentSpace,
    label: str | None = None,
    reader: FactorReader | None = None,
    find: int = FIND_SHAPES,
    check: int = CHECK_SHAPES,
    progress: Progress = quiet,
) -> CodeLabels:
    """Sweep every code and label it; ``find`` and ``check`` shapes for each. ``progress`` may raise Cancelled."""
    attributes = Attributes(reader)
    layout = model.layout
    swept = [handle(layout, name) for spec in layout if len(spec.handles) <= MOST_SWEPT for name in spec.handles]
    drawn = [handle(layout, name) for spec in layout if len(spec.handles) > MOST_SWEPT for name in spec.handles]
    pieces = len(swept) + bool(drawn)
    rows = []
    for k, one in enumerate(swept):
        told = _part(progress, k, pieces)
        values = sweep_values(model, one, STEPS, label)
        rows.append(label_movable(model, one, values, attributes, label, find, check, told))
    if drawn:
        rows += _drawn(
            model, drawn, label, attributes, find, check, lambda f, w: progress((len(swept) + f) / pieces, w)
        )
    card = model.card
    return CodeLabels(card.name, card.sha256, label, tuple(rows))


def _part(progress: Progress, index: int, count: int) -> Progress:
    """The Progress of one of ``count`` equal parts."""
    return lambda fraction, words: progress((index + fraction) / count, words)


class Movable(Protocol):
    """What can be swept: a :class:`~voxstudio.engine.latent_space.Handle`, or a direction through several codes."""

    @property
    def name(self) -> str:
        """A short name."""

    @property
    def is_choice(self) -> bool:
        """True for one of several values."""

    def set(self, vectors: Vector, value: float) -> Vector:
        """Vectors ``[..., D]`` with this at a value."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Shapes of one movable at several values: rows of ``vectors`` go seed by seed, each through all ``values``."""

    values: tuple[float, ...]
    seeds: tuple[int, ...]
    vectors: Vector
    is_choice: bool = False

    @property
    def at(self) -> Values:
        """The value of each row, ``[N]``."""
        return np.tile(np.asarray(self.values), len(self.seeds))


def sweep_of(
    model: LatentSpace, one: Movable, seeds: Sequence[int], values: Sequence[float], label: str | None = None
) -> Sweep:
    """The latents of a sweep through ``values``, from each of the seeds' draws."""
    start = draws(model, seeds, label)
    vectors = np.stack([one.set(start, value) for value in values], axis=1).reshape(-1, start.shape[1])
    return Sweep(tuple(values), tuple(seeds), vectors, one.is_choice)


def sweep_values(model: LatentSpace, one: Handle, steps: int = STEPS, label: str | None = None) -> tuple[float, ...]:
    """Where a sweep stops: at all values of a choice, or at the middles of equal parts of a number's prior."""
    if one.is_choice:
        return tuple(float(k + 1) for k in range(one.spec.values))
    middles = (np.arange(steps) + 0.5) / steps
    low, high = one.bounds
    if one.spec.kind == "uniform":
        return tuple((low + (high - low) * middles).tolist())
    from scipy.stats import norm

    usual = draws(model, range(64), label)[:, one.where]
    return tuple(np.clip(norm.ppf(middles, usual.mean(), max(float(usual.std()), 1e-3)), low, high).tolist())


def label_movable(
    model: LatentSpace, one: Movable, values: Sequence[float], attributes: Attributes, label: str | None = None,
    find: int = FIND_SHAPES, check: int = CHECK_SHAPES, progress: Progress = quiet,
) -> CodeLabel:  # fmt: skip
    """Sweep one movable on some seeds to find its attribute, and on others to take the figure."""
    words = f"Sweeping {one.name}"
    few, many = (max(shapes // len(values), 2) for shapes in (find, check))
    share = few / (few + many)
    finding = sweep_of(model, one, range(FIND_SEED, FIND_SEED + few), values, label)
    asking = sweep_of(model, one, range(CHECK_SEED, CHECK_SEED + many), values, label)
    first = _measured(model, finding.vectors, label, attributes, lambda f, w: progress(share * f, w), words)
    best = attributes.plainest(_relation(finding, first))
    second = _measured(
        model, asking.vectors, label, attributes, lambda f, w: progress(share + (1 - share) * f, w), words
    )
    column = second[:, best : best + 1]
    r, within = float(_relation(asking, column)[0]), float(_relation(asking, _centred(asking, column))[0])
    return _labelled(one.name, one.is_choice, attributes, best, r, within, int(np.isfinite(column).sum()))


def _relation(sweep: Sweep, values: Values) -> Values:
    """r of the swept value with each attribute ``[A]``; eta for a choice."""
    return correlation_ratio(sweep.at, values) if sweep.is_choice else correlations(sweep.at[:, None], values)[0]


def _centred(sweep: Sweep, column: Values) -> Values:
    """An attribute ``[N, 1]`` less the mean of each seed's shapes."""
    table = column.reshape(len(sweep.seeds), -1)
    known = np.isfinite(table)
    mean = np.where(known, table, 0.0).sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.asarray((table - mean).reshape(-1, 1))


def _drawn(
    model: LatentSpace, handles: Sequence[Handle], label: str | None, attributes: Attributes, find: int, check: int,
    progress: Progress,
) -> list[CodeLabel]:  # fmt: skip
    """Labels of many entries from one set of drawn shapes."""
    words = "Measuring drawn shapes"
    finding = draws(model, range(FIND_SEED, FIND_SEED + find), label)
    asking = draws(model, range(CHECK_SEED, CHECK_SEED + check), label)
    share = find / (find + check)
    first = _measured(model, finding, label, attributes, lambda f, w: progress(share * f, w), words)
    second = _measured(model, asking, label, attributes, lambda f, w: progress(share + (1 - share) * f, w), words)
    columns = [one.where.start for one in handles]
    best = [attributes.plainest(row) for row in correlations(finding[:, columns], first)]
    r = correlations(asking[:, columns], second)
    count = int(np.isfinite(second[:, 0]).sum())
    return [_labelled(one.name, False, attributes, b, float(r[k, b]), float(r[k, b]), count)
            for k, (one, b) in enumerate(zip(handles, best, strict=True))]  # fmt: skip


def _measured(
    model: LatentSpace, vectors: Vector, label: str | None, attributes: Attributes, progress: Progress, words: str
) -> Values:
    level = np.float32(model.card.iso_level)
    return np.concatenate([attributes.of(part >= level) for part in decoded(model, vectors, label, progress, words)])


def _labelled(
    name: str, is_choice: bool, attributes: Attributes, best: int, r: float, within: float, count: int
) -> CodeLabel:
    told = abs(r) >= LEAST_R
    key, title, unit = (names[best] if told else "" for names in (attributes.keys, attributes.titles, attributes.units))
    return CodeLabel(name, key, title, unit, round(r, 4), round(within, 4), count, is_choice)
