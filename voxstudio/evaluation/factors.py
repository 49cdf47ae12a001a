"""True factors of parametric shapes, and a reader that finds them again in shapes that a network made.

Lengths are told in per cent of a shape's longest side, because every shape fills its cube and its size is lost.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import CannotWrite
from voxstudio.data.parametric import CLASSES, make, structure
from voxstudio.engine.family import Progress, quiet
from voxstudio.evaluation.attributes import block_means, measure

Grids = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

NOT_LENGTHS = frozenset({
    "radius", "span", "chord", "sweep", "taper", "dihedral", "wing_place", "tail_size", "fin_height", "nose",
    "tail_cone", "canopy", "engine_size", "footboard_height", "blanket", "wheelbase", "nose_length", "plan_power",
    "tumblehome", "belt_rise", "rake", "seat_taper", "back_tilt", "back_width", "leg_taper", "waist", "shade_ratio",
    "shade_flare", "reach", "bend", "softness", "width_ratio", "top_rounding", "inset", "shelf_level", "profile",
})  # fmt: skip
"""Ratios and angles among the factors; counts end in ``_count`` or ``_pairs``; everything else is a length."""
FIT, CHECK = 800, 200
FIT_SEED, CHECK_SEED = 30_000_000, 40_000_000
"""Seeds of the shapes a reader is fitted to and checked on; no training part and no test uses them."""
LEAST_R = 0.7
"""Factors that are read worse than this, on shapes that the reader was not fitted to, are left out."""
POOLED = 16
COMPONENTS = 96
FORMAT = 1


@dataclass(frozen=True, eq=False)
class FactorTable:
    """Shapes ``grids`` bool ``[N, R, R, R]`` with their factors ``values`` ``[N, F]``.

    ``words[name]`` holds the words of a structural factor, whose values are indices into them; other factors are
    numbers.
    """

    class_name: str
    grids: Grids
    names: tuple[str, ...]
    values: Values
    words: Mapping[str, tuple[str, ...]]

    @property
    def is_discrete(self) -> npt.NDArray[np.bool_]:
        """Which factors are words or counts, ``[F]``."""
        return np.array([name in self.words or is_count(name) for name in self.names], bool)


def is_count(name: str) -> bool:
    """True for a factor that counts something."""
    return name.endswith(("_count", "_pairs"))


def is_length(name: str) -> bool:
    """True for a factor in object units: about centimetres."""
    return name not in NOT_LENGTHS and not is_count(name)


def factor_table(
    class_name: str, count: int, resolution: int, first_seed: int = CHECK_SEED, progress: Progress = quiet
) -> FactorTable:
    """``count`` parametric shapes of a class with all their factors, numbers first, then structural words.

    Raises BadInput for a class that has no parametric shapes.
    """
    words = structure(class_name)
    grids, rows = [], []
    names: list[str] = []
    for k in range(count):
        progress(k / count, f"Making {class_name}s with known factors")
        shape = make(class_name, first_seed + k)
        low, high = shape.bounds
        longest = float((high - low).max())
        numbers = {name: float(v) for name, v in shape.factors.items() if not isinstance(v, str)}
        names = names or [*numbers, *words]
        row = [100 * numbers[name] / longest if is_length(name) else numbers[name] for name in numbers]
        rows.append(row + [float(words[name].index(str(shape.factors[name]))) for name in words])
        grids.append(shape.occupancy(resolution))
    return FactorTable(class_name, np.stack(grids), tuple(names), np.array(rows), words)


@dataclass(frozen=True, eq=False)
class FactorReader:
    """Reads numeric factors off shapes: ridge regression on attributes, profiles and principal components.

    ``r[k]`` is the correlation of the factor that is read with the true one on ``checked`` shapes that were not used
    for fitting. It speaks of parametric shapes; on others a reading is an extrapolation.
    """

    class_name: str
    resolution: int
    names: tuple[str, ...]
    r: Values
    checked: int
    arrays: Mapping[str, npt.NDArray[np.float64]]

    @property
    def titles(self) -> tuple[str, ...]:
        """Names for people: ``"seat width"``."""
        return tuple(name.replace("_", " ") for name in self.names)

    @property
    def units(self) -> tuple[str, ...]:
        """``"%"`` (of the longest side) for lengths, else empty."""
        return tuple("%" if is_length(name) else "" for name in self.names)

    def read(self, grids: Grids) -> Values:
        """Factors ``[N, F]`` of occupancies ``[N, R, R, R]``; NaN for empty shapes."""
        if len(grids) == 0:
            return np.zeros((0, len(self.names)))
        a = self.arrays
        seen = (_features(grids, a["middle"], a["components"]) - a["mean"]) / a["spread"]
        return np.asarray(seen @ a["weights"] + a["bias"])

    def save(self, path: Path) -> None:
        """Write as npz, without pickles; CannotWrite if the disk refuses."""
        from voxstudio.engine.checkpoint import make_folder, write_atomically

        make_folder(path.parent)
        write_atomically(path, _packed(self))


def fit_reader(
    class_name: str, resolution: int, fit: int = FIT, check: int = CHECK, progress: Progress = quiet
) -> FactorReader:
    """Fit a reader on parametric shapes and check it on others; factors below :data:`LEAST_R` are left out."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import RidgeCV

    taught = factor_table(class_name, fit, resolution, FIT_SEED, lambda f, words: progress(0.7 * f, words))
    asked = factor_table(class_name, check, resolution, CHECK_SEED, lambda f, words: progress(0.7 + 0.2 * f, words))
    numeric = [k for k, name in enumerate(taught.names) if name not in taught.words]
    found = PCA(min(COMPONENTS, fit // 2), random_state=0).fit(_pooled(taught.grids))
    middle, components = found.mean_.astype(np.float64), found.components_.astype(np.float64)
    seen = _features(taught.grids, middle, components)
    mean, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    progress(0.95, f"Learning to read the factors of a {class_name}")
    ridge = RidgeCV(np.logspace(-1, 4, 11)).fit((seen - mean) / spread, taught.values[:, numeric])
    arrays = {
        "middle": middle, "components": components, "mean": mean, "spread": spread,
        "weights": np.asarray(ridge.coef_).T, "bias": np.asarray(ridge.intercept_),
    }  # fmt: skip
    names = tuple(taught.names[k] for k in numeric)
    whole = FactorReader(class_name, resolution, names, np.zeros(len(numeric)), check, arrays)
    guessed, true = whole.read(asked.grids), asked.values[:, numeric]
    r = np.array([_r(guessed[:, k], true[:, k]) for k in range(len(numeric))])
    kept = np.flatnonzero(r >= LEAST_R)
    arrays = {**arrays, "weights": arrays["weights"][:, kept], "bias": arrays["bias"][kept]}
    return FactorReader(class_name, resolution, tuple(names[k] for k in kept), r[kept], check, arrays)


def factor_reader(
    class_name: str, resolution: int, cache: Path | None = None, progress: Progress = quiet
) -> FactorReader | None:
    """The reader of a class, from ``cache`` if it is there; None for a class without parametric shapes."""
    if class_name not in CLASSES:
        return None
    path = cache / f"factors-{class_name}-{resolution}-{FORMAT}.npz" if cache else None
    if path is not None and path.is_file():
        kept = _load(path, class_name, resolution)
        if kept is not None:
            return kept
    reader = fit_reader(class_name, resolution, progress=progress)
    if path is not None:
        with contextlib.suppress(CannotWrite):  # it serves this time all the same
            reader.save(path)
    return reader


def _pooled(grids: Grids) -> npt.NDArray[np.float32]:
    """Mean occupancy on a grid of at most 16^3, ``[N, P]``."""
    return block_means(grids, max(grids.shape[1] // POOLED, 1))


def _features(grids: Grids, middle: Values, components: Values) -> Values:
    """Attributes, root profiles along each axis, and principal components of the pooled grid, ``[N, K]``."""
    area = grids.shape[1] ** 2
    profiles = [np.sqrt(grids.sum(axis=axes, dtype=np.float64) / area) for axes in ((2, 3), (1, 3), (1, 2))]
    scores = (_pooled(grids) - middle) @ components.T
    return np.concatenate([measure(grids), *profiles, scores], axis=1)


def _r(a: Values, b: Values) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-9 and b.std() > 1e-9 else 0.0


def _packed(reader: FactorReader) -> bytes:
    import io

    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"names": np.array(reader.names), "r": reader.r, "checked": np.array(reader.checked)}
    np.savez(buffer, allow_pickle=False, **arrays, **reader.arrays)
    data = buffer.getvalue()
    return data + zlib.crc32(data).to_bytes(4, "little")


def _load(path: Path, class_name: str, resolution: int) -> FactorReader | None:
    """What is in the cache; None if it is damaged or cannot be read: then it is made anew."""
    import io

    try:
        data = path.read_bytes()
    except OSError:
        return None
    if len(data) < 4 or zlib.crc32(data[:-4]).to_bytes(4, "little") != data[-4:]:
        return None
    with np.load(io.BytesIO(data[:-4]), allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in ("middle", "components", "mean", "spread", "weights", "bias")}
        names = tuple(str(name) for name in kept["names"])
        return FactorReader(class_name, resolution, names, kept["r"], int(kept["checked"]), arrays)
