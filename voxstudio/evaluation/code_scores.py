"""What a generator's own eye makes of known shapes: its codes against classes and against true factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.inversion import encoder_of
from voxstudio.engine.latent_space import Layout, flat
from voxstudio.evaluation.disentangle import Dci, Gap, dci, gap, nmi, value_names
from voxstudio.evaluation.factors import FactorReader, factor_table

Values = npt.NDArray[np.float64]
AT_ONCE = 64
TABLE_SHAPES = 600
TABLE_SEED = 45_000_000


@dataclass(frozen=True, eq=False)
class SeenCodes:
    """``codes`` ``[N, C]``: the number of the likeliest value of each choice, then the continuous codes' means."""

    codes: Values
    handles: tuple[str, ...]
    is_choice: npt.NDArray[np.bool_]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class ClassAgreement:
    """``nmi`` of the choice (``handle``) that agrees best with the classes; ``values`` names what each value is."""

    nmi: float
    handle: str
    values: tuple[str, ...]
    objects: int


@dataclass(frozen=True)
class FactorAgreement:
    """MIG and DCI of codes against the factors of one parametric class; ``best`` names each factor's code."""

    class_name: str
    gap: Gap
    dci: Dci
    factors: tuple[str, ...]
    best: tuple[str, ...]


def seen_codes(model: LatentSpace, grids: npt.NDArray[Any], progress: Progress = quiet) -> SeenCodes | None:
    """The codes that the model sees in shapes ``[N, R, R, R]``, noise left out.

    None for a model that has none, or cannot read shapes.
    """
    wanted = [spec for spec in model.layout if not spec.is_noise]
    read, encode = getattr(model, "recognise", None), encoder_of(model)
    # A generator that was exported without its discriminator knows how to read shapes, but has nothing to read with.
    if not wanted or not getattr(model, "encodes", read is not None):
        return None
    rows = []
    for start in range(0, len(grids), AT_ONCE):
        progress(start / len(grids), "Reading the codes of known shapes")
        part = np.asarray(grids[start : start + AT_ONCE], np.float32)
        if read is not None:
            rows.append(np.asarray(read(part), np.float64))
        elif encode is not None:
            rows.append(np.stack([flat(one, wanted) for one in encode(part)]).astype(np.float64))
    return _gathered(np.concatenate(rows), wanted)


def _gathered(table: Values, layout: Layout) -> SeenCodes:
    columns: list[Values] = []
    choices, sizes, place = [], [], 0
    for spec in layout:
        part = table[:, place : place + spec.size]
        place += spec.size
        if spec.kind == "categorical":
            columns += list(part.reshape(len(part), spec.groups, -1).argmax(axis=2).T.astype(np.float64))
        else:
            columns += list(part.T)
        choices += [spec.kind == "categorical"] * len(spec.handles)
        sizes += [spec.values] * len(spec.handles)
    names = tuple(name for spec in layout for name in spec.handles)
    return SeenCodes(np.stack(columns, axis=1), names, np.array(choices, bool), tuple(sizes))


def class_agreement(seen: SeenCodes, labels: npt.ArrayLike, class_names: Sequence[str]) -> ClassAgreement | None:
    """The choice that agrees best with classes ``[N]``; None if there is no choice."""
    found = [(nmi(seen.codes[:, k], labels), k) for k in range(len(seen.handles)) if seen.is_choice[k]]
    if not found:
        return None
    best, k = max(found)
    names = value_names(seen.codes[:, k].astype(int), labels, class_names, seen.sizes[k])
    return ClassAgreement(best, seen.handles[k], names, len(seen.codes))


def factor_agreement(
    model: LatentSpace, reader: FactorReader, count: int | None = None, progress: Progress = quiet
) -> FactorAgreement | None:
    """MIG and DCI of what the model sees in ``count`` (600) parametric shapes, against their factors.

    Of the numbers those count that can be seen in voxels at all (the reader finds them), and all structural words. None
    if the model sees no codes.
    """
    shapes = count or TABLE_SHAPES
    table = factor_table(reader.class_name, shapes, reader.resolution, TABLE_SEED, lambda f, w: progress(0.5 * f, w))
    seen = seen_codes(model, table.grids, lambda f, w: progress(0.5 + 0.3 * f, w))
    if seen is None:
        return None
    kept = [k for k, name in enumerate(table.names) if name in reader.names or name in table.words]
    factors, words = table.values[:, kept], table.is_discrete[kept]
    progress(0.85, "Comparing codes and factors")
    found = gap(seen.codes, factors, seen.is_choice, words)
    names = tuple(table.names[k] for k in kept)
    scores = dci(seen.codes, factors, words)
    return FactorAgreement(reader.class_name, found, scores, names, tuple(seen.handles[k] for k in found.best))
