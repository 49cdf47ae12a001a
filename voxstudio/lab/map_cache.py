"""Maps that were drawn once stand at once the next time: their places lie in the cache."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import CannotWrite
from voxstudio.engine.family import Progress, quiet
from voxstudio.engine.places import cache_folder
from voxstudio.evaluation.flat_map import FlatMap, check_mappable, flat_map, raised

Floats = npt.NDArray[np.float32]
FORMAT = 1


def kept_map(
    vectors: Floats, method: str = "tsne", seed: int = 0, progress: Progress = quiet,
    partial: Callable[[Floats], None] | None = None,
) -> FlatMap:  # fmt: skip
    """:func:`flat_map`, or the same map from the cache; a damaged file there is drawn anew."""
    check_mappable(vectors, method)
    if method == "pca":
        return flat_map(vectors, method, seed, progress, partial)
    told = hashlib.sha256(np.ascontiguousarray(vectors).tobytes())
    told.update(f"{FORMAT} {method} {seed} {vectors.shape}".encode())
    path = cache_folder("maps") / f"{told.hexdigest()[:24]}.npy"
    try:
        raw = np.load(path, allow_pickle=False)
        if raw.shape == (len(vectors), 2) and np.isfinite(raw).all():
            return raised(vectors, raw, method, seed, progress)
    except (OSError, EOFError, ValueError):
        pass
    found = flat_map(vectors, method, seed, progress, partial)
    _keep(path, found)
    return found


def _keep(path: object, found: FlatMap) -> None:
    import contextlib
    from pathlib import Path

    from voxstudio.engine.checkpoint import write_atomically

    target = Path(str(path))
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(found.raw, np.float64), allow_pickle=False)
    with contextlib.suppress(OSError, CannotWrite):  # a full disk keeps nobody from looking at a map
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, buffer.getvalue())
