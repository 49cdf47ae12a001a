"""Which tensor of somebody else's file is which tensor of ours: same names, renamed ones, and what does not fit."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

SAME, RENAMED, ONLY, BESIDE, LIKELY, CHOSEN, REMEMBERED = (
    "same name", "renamed alike", "only one of this shape", "only one of this shape beside sure ones", "likeliest",
    "chosen", "confirmed before",
)  # fmt: skip
_SURE = (SAME, RENAMED, ONLY, BESIDE, CHOSEN, REMEMBERED)
_TRIED_PREFIXES = 400
_MOST_COMPARED = 40_000
"""Names compared letter by letter; beyond that their places in the file decide alone."""
_NAME_WEIGHT, _STEP_WEIGHT, _ELSEWHERE, _OTHER_ROLE = 0.4, 0.1, 0.5, 2.0
"""What unlike names, each place of distance, another block than the neighbours' and another role cost."""


@dataclass(frozen=True)
class Pair:
    """Tensor ``found`` in the file is taken for ``wanted``; ``why`` is one of the words above."""

    found: str
    wanted: str
    why: str

    @property
    def sure(self) -> bool:
        """False for a guess that a person should look at."""
        return self.why in _SURE


@dataclass(frozen=True)
class Difference:
    """What does not fit: names that are missing, that nobody needs, and pairs ``(found, wanted)`` of other shapes."""

    missing: tuple[str, ...]
    extra: tuple[str, ...]
    misshapen: tuple[tuple[str, str], ...]

    @property
    def is_empty(self) -> bool:
        """True if everything fits."""
        return not (self.missing or self.extra or self.misshapen)


def overlap(found: Iterable[Shape], wanted: Iterable[Shape]) -> float:
    """Share of numbers in tensors of equal shape, of all numbers on either side (Jaccard); in [0, 1]."""
    counts: dict[Shape, list[int]] = defaultdict(lambda: [0, 0])
    for shape in found:
        counts[shape][0] += 1
    for shape in wanted:
        counts[shape][1] += 1
    sizes = {shape: int(np.prod(shape, dtype=np.float64)) for shape in counts}
    both = sum(sizes[shape] * min(pair) for shape, pair in counts.items())
    either = sum(sizes[shape] * max(pair) for shape, pair in counts.items())
    return both / either if either else 0.0


def suggest(found: Shapes, wanted: Shapes) -> tuple[dict[str, Pair], tuple[tuple[str, str], ...]]:
    """Pairs by the wanted name, and pairs ``(found, wanted)`` that share their name but not their shape.

    In this order: equal names; names that differ by the same beginning ("module.", "G." for "generator."); shapes
    that occur once on either side; and for the rest the assignment (Hungarian method) that brings like names and
    like places in the file together, beside neighbours that are already paired. Only the last kind is a guess.
    """
    state = _State(dict(found), dict(wanted))
    state.take_same_names()
    state.take_common_beginnings()
    state.take_only_ones()
    state.take_common_beginnings()
    state.take_likeliest_groups()
    state.take_likeliest()
    return state.pairs, tuple(state.misshapen)


def difference(
    found: Shapes, wanted: Shapes, pairs: Mapping[str, Pair], misshapen: Sequence[tuple[str, str]]
) -> Difference:
    """What remains when these pairs are taken."""
    used = {pair.found for pair in pairs.values()}
    bad = tuple((one, other) for one, other in misshapen if one not in used and other not in pairs)
    left, lacking = {one for one, _ in bad}, {other for _, other in bad}
    missing = tuple(name for name in wanted if name not in pairs and name not in lacking)
    extra = tuple(name for name in found if name not in used and name not in left)
    return Difference(missing, extra, bad)


class _State:
    """What is left to be paired. ``found`` and ``wanted`` keep their order."""

    def __init__(self, found: dict[str, Shape], wanted: dict[str, Shape]) -> None:
        self.found, self.wanted = found, wanted
        self.pairs: dict[str, Pair] = {}
        self.misshapen: list[tuple[str, str]] = []
        self._free = dict(found)
        self._open = dict(wanted)
        self._places = _places(found), _places(wanted, like=found)

    def take(self, found: str, wanted: str, why: str) -> None:
        self.pairs[wanted] = Pair(found, wanted, why)
        del self._free[found], self._open[wanted]

    def set_aside(self, found: str, wanted: str) -> None:
        self.misshapen.append((found, wanted))
        del self._free[found], self._open[wanted]

    def take_same_names(self) -> None:
        for name in [name for name in self._free if name in self._open]:
            if self.found[name] == self.wanted[name]:
                self.take(name, name, SAME)
            else:
                self.set_aside(name, name)

    def take_common_beginnings(self) -> None:
        """Replace one beginning of names by another wherever that brings the most names to their place."""
        while True:
            ranked = sorted(self._beginnings(), key=_most_first)
            best = next((one for one in ranked if not self._has_rival(one, ranked)), None)
            if best is None:
                return
            for found, wanted in self._moved(best.old, best.new):
                if self._free.get(found) == self._open.get(wanted, ()):
                    self.take(found, wanted, RENAMED)
                elif len(best.hits) > 3:
                    self.set_aside(found, wanted)

    def _beginnings(self) -> list[_Beginning]:
        """Every replacement of a beginning that brings two names or more to where one of their shape is wanted."""
        endings: dict[tuple[str, Shape], list[str]] = defaultdict(list)
        for name, shape in self._open.items():
            for _, ending in _cuts(name):
                endings[ending, shape].append(name)
        hits: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name, shape in self._free.items():
            for old, ending in _cuts(name):
                for target in endings.get((ending, shape), ())[:_TRIED_PREFIXES]:
                    hits[old, target[: len(target) - len(ending)]].add(name)
        made = [_Beginning(old, new, frozenset(names), _likeness(old, new)) for (old, new), names in hits.items()]
        return [one for one in made if one.speaks_for_itself]

    @staticmethod
    def _has_rival(one: _Beginning, ranked: Sequence[_Beginning]) -> bool:
        """True if another replacement explains one of these names as well as this one."""
        for other in ranked:
            if len(other.hits) < len(one.hits):
                return False
            if other is one or other.likeness < one.likeness - 0.25 or _same_move(one, other):
                continue
            if (other.old == one.old) != (other.new == one.new) and (other.hits & one.hits or other.new == one.new):
                return True
        return False

    def _moved(self, old: str, new: str) -> list[tuple[str, str]]:
        return [
            (name, new + name[len(old) :])
            for name in self._free
            if name.startswith(old) and new + name[len(old) :] in self._open
        ]

    def take_only_ones(self) -> None:
        """Shapes that occur once in the whole file and once in the whole network."""
        there, needed = _by_shape(self.found), _by_shape(self.wanted)
        for shape, names in needed.items():
            others = there.get(shape, [])
            if len(names) == len(others) == 1 and others[0] in self._free and names[0] in self._open:
                self.take(others[0], names[0], ONLY)

    def take_likeliest_groups(self) -> None:
        """Layers with the same set of endings and shapes, so that a norm's four tensors stay together."""
        free, wanted = _groups(self._free), _groups(self._open)
        for signature, heads in wanted.items():
            if len(signature) > 1:
                for found, target, why in self._assigned(free.get(signature, []), heads):
                    for ending, _ in signature:
                        self.take(_joined(found, ending), _joined(target, ending), why)

    def take_likeliest(self) -> None:
        """What is left, tensor by tensor among those of one shape."""
        free, wanted = _by_shape(self._free), _by_shape(self._open)
        for shape, names in wanted.items():
            for found, target, why in self._assigned(free.get(shape, []), names):
                if not _role_cost(found, target):
                    self.take(found, target, why)

    def _blocks(self) -> dict[str, str]:
        """For each block in the file that of ours to which most of its sure tensors went."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for pair in self.pairs.values():
            for old, new in zip(_blocks_of(pair.found), _blocks_of(pair.wanted), strict=False):
                votes[old][new] += 1 if pair.sure else 0
        return {old: counted.most_common(1)[0][0] for old, counted in votes.items() if counted.total()}

    def _assigned(self, found: Sequence[str], wanted: Sequence[str]) -> list[tuple[str, str, str]]:
        """The cheapest one-to-one assignment of names or layers, each with its reason."""
        if not found or not wanted:
            return []
        from scipy.optimize import linear_sum_assignment

        ranks = [_ranks(names, places) for names, places in zip((found, wanted), self._places, strict=True)]
        blocks = self._blocks()
        goal = [blocks.get(_block(name)) for name in found]
        there = [_block(name) for name in wanted]
        costs: npt.NDArray[np.float64] = _STEP_WEIGHT * np.minimum(np.abs(ranks[0][:, None] - ranks[1][None, :]), 10.0)
        if len(found) * len(wanted) <= _MOST_COMPARED:
            for row, one in enumerate(found):
                for column, other in enumerate(wanted):
                    costs[row, column] += _NAME_WEIGHT * (1 - _likeness(one, other)) + _role_cost(one, other)
                    costs[row, column] += _ELSEWHERE if goal[row] not in (None, there[column]) else 0.0
        rows, columns = linear_sum_assignment(costs)
        made = []
        for row, column in zip(rows, columns, strict=True):
            alone = goal[row] == there[column] and goal.count(goal[row]) == there.count(there[column]) == 1
            made.append((found[row], wanted[column], BESIDE if alone else LIKELY))
        return made


@dataclass(frozen=True)
class _Beginning:
    """Names that begin with ``old`` begin with ``new`` instead; ``hits`` are the names that then fit."""

    old: str
    new: str
    hits: frozenset[str]
    likeness: float

    @property
    def speaks_for_itself(self) -> bool:
        """False for a few names that fit by chance."""
        count = len(self.hits)
        return count >= 6 or (count > 1 and (self.likeness >= 0.5 or not self.old or not self.new))


def _most_first(one: _Beginning) -> tuple[int, float, int, str, str]:
    return -len(one.hits), -one.likeness, len(one.old), one.old, one.new


def _same_move(one: _Beginning, other: _Beginning) -> bool:
    """True if one says the same as the other with more or fewer parts in common ("a.b." for "c.b.": "a." for "c.")."""
    old, new = sorted((one.old, other.old), key=len), sorted((one.new, other.new), key=len)
    return old[1][len(old[0]) :] == new[1][len(new[0]) :] and old[1].startswith(old[0]) and new[1].startswith(new[0])


def _cuts(name: str) -> list[tuple[str, str]]:
    """A name as beginning (with its dot, or empty) and ending, at every dot."""
    parts = name.split(".")[-8:]
    whole = len(name)
    cuts = []
    length = 0
    for index in range(len(parts) - 1, -1, -1):
        length += len(parts[index]) + (1 if index < len(parts) - 1 else 0)
        cuts.append((name[: whole - length], name[whole - length :]))
    return cuts


@lru_cache(100_000)
def _likeness(one: str, other: str) -> float:
    """How alike two names are, in [0, 1]."""
    return difflib.SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()


_ROLES = (
    ("running_mean", "moving_mean", "mean"), ("running_var", "moving_variance", "moving_var", "var"),
    ("bias", "beta", "b"), ("weight", "gamma", "kernel", "w", "scale"),
)  # fmt: skip


def _role(name: str) -> int:
    """Mean, variance, bias or weight by the last word of a name; -1 if it does not say."""
    last = name.rsplit(".", 1)[-1].lower()
    return next((index for index, words in enumerate(_ROLES) if last in words), -1)


def _role_cost(one: str, other: str) -> float:
    """A variance is no bias."""
    roles = _role(one), _role(other)
    return _OTHER_ROLE if roles[0] != roles[1] and -1 not in roles else 0.0


def _block(name: str) -> str:
    """The block that a layer or tensor stands in: its name without the last word."""
    return name.rpartition(".")[0]


def _blocks_of(name: str) -> list[str]:
    """The layer of a tensor, and the block of that layer."""
    return [_block(name), _block(_block(name))]


def _ranks(names: Sequence[str], places: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Which of these comes first, second, ... in its file."""
    return np.argsort(np.argsort([places[name] for name in names], kind="stable")).astype(np.float64)


def _by_shape(shapes: Shapes) -> dict[Shape, list[str]]:
    found: dict[Shape, list[str]] = defaultdict(list)
    for name, shape in shapes.items():
        found[shape].append(name)
    return found


def _groups(shapes: Shapes) -> dict[tuple[tuple[str, Shape], ...], list[str]]:
    """Layers (names without their last word) by the endings and shapes of their tensors."""
    layers: dict[str, list[tuple[str, Shape]]] = defaultdict(list)
    for name, shape in shapes.items():
        head, _, ending = name.rpartition(".")
        layers[head].append((ending, shape))
    found: dict[tuple[tuple[str, Shape], ...], list[str]] = defaultdict(list)
    for head, tensors in layers.items():
        found[tuple(sorted(tensors))].append(head)
    return found


def _joined(head: str, ending: str) -> str:
    return f"{head}.{ending}" if head else ending


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _places(names: Shapes, like: Shapes | None = None) -> dict[str, float]:
    """Where each name and each layer stands: in the order given, or by name if ``like`` is sorted by name."""
    model = list(names if like is None else like)
    order = sorted(names, key=_natural) if model == sorted(model) else list(names)
    last = max(len(order) - 1, 1)
    places: dict[str, float] = {}
    for index, name in enumerate(order):
        places[name] = index / last
        places.setdefault(name.rpartition(".")[0], index / last)
    return places
