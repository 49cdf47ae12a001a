"""Curves as numbers: smoothed, thinned to what a screen can show, as a table. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Curve = tuple[npt.NDArray[np.int64], Floats]
SMOOTHING = 0.95
SHOWN = 400
"""Columns into which a long curve is thinned: as many as its place on screen has pixels."""
_CHUNK = 128


def smoothed(values: npt.ArrayLike, weight: float = SMOOTHING) -> Floats:
    """Moving average with exponentially falling weights, started without bias; float ``[n]`` as ``values``.

    ``weight`` is the share that the past keeps; short curves are smoothed less. Values that are not finite
    count for nothing.
    """
    raw = np.asarray(values, np.float64)
    weight = min(weight, 1.0 - 1.0 / max(2.0, len(raw) / 12))
    counted = np.isfinite(raw)
    total, share = _decayed(np.where(counted, raw, 0.0), weight), _decayed(counted.astype(np.float64), weight)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / np.where(share > 0, share, np.nan))


def _decayed(values: Floats, weight: float) -> Floats:
    """``y[i] = weight y[i - 1] + (1 - weight) x[i]``, a chunk at a time: a loop over points would cost a frame."""
    out, carry = np.empty_like(values), 0.0
    powers = weight ** np.arange(_CHUNK)
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK]
        fall = powers[: len(part)]
        out[start : start + _CHUNK] = fall * (weight * carry + (1 - weight) * np.cumsum(part / fall))
        carry = out[start + len(part) - 1]
    return out


def outline(steps: npt.NDArray[np.int64], values: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """A noisy curve as its lowest and highest value in each of :data:`SHOWN` columns; short ones as they are."""
    size = -(-len(values) // SHOWN)
    if size <= 2:
        return steps, values
    whole = len(values) // size * size
    columns = values[:whole].reshape(-1, size)
    pair = np.stack([columns.min(axis=1), columns.max(axis=1)], axis=1).reshape(-1)
    return np.repeat(steps[:whole:size], 2), pair


def thinned(steps: npt.NDArray[np.int64], values: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Every n-th point of a calm curve, and the last."""
    size = -(-len(values) // SHOWN)
    if size <= 1:
        return steps, values
    last = len(values) - 1
    chosen = np.append(np.arange(0, last, size), last)
    return steps[chosen], values[chosen]


def span(values: Sequence[Floats], log: bool) -> tuple[float, float]:
    """Lowest and highest value that can be drawn, 0 and 1 without any; logarithms to base 10 if ``log``."""
    joined = np.concatenate([np.asarray(one, np.float64) for one in values])
    joined = joined[np.isfinite(joined) & ((joined > 0) | (not log))]
    if not len(joined):
        return 0.0, 1.0
    joined = np.log10(joined) if log else joined
    return float(joined.min()), float(joined.max())


def csv_of(curves: Mapping[str, Curve]) -> str:
    """Curves as CSV: one row for each step, raw and smoothed; empty where a curve has no value."""
    columns: list[tuple[str, dict[int, float]]] = []
    for name, (steps, values) in curves.items():
        columns.append((name, dict(zip(steps.tolist(), np.asarray(values).tolist(), strict=True))))
        columns.append((f"{name} (smoothed)", dict(zip(steps.tolist(), smoothed(values).tolist(), strict=True))))
    rows = [",".join(["step", *(f'"{name}"' if "," in name else name for name, _ in columns)])]
    for step in sorted({step for _, column in columns for step in column}):
        rows.append(",".join([str(step), *(f"{column[step]:.9g}" if step in column else "" for _, column in columns)]))
    return "\n".join(rows) + "\n"


def thousands(value: float, _: int) -> str:
    """A step, for matplotlib's formatter."""
    return f"{value:,.0f}"


def brief(value: float, _: int) -> str:
    """A value in few letters, for matplotlib's formatter: ``16,000``, ``1.2e10``."""
    words = f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.4g}"
    return words.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-").replace("-", "\N{MINUS SIGN}")
