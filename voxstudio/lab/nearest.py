"""The nearest training shape beside a sample, and whether the sample is a copy of it.

Shapes are compared in the features of the model's own discriminator, or voxel by voxel if it has none. Features wider
than 1,024 are projected by a sparse random matrix first, which keeps distances to a few per cent (Kane and Nelson,
Sparser Johnson-Lindenstrauss Transforms, 2014). The index lies in the cache and is read by memory map.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.core.collection import Collection, unpacked
from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.overlap import iou
from voxstudio.core.paths import data_folder
from voxstudio.engine.checkpoint import make_folder
from voxstudio.engine.family import Progress, quiet
from voxstudio.engine.latent_space import has_features
from voxstudio.engine.places import cache_folder
from voxstudio.evaluation.attributes import block_means
from voxstudio.lab.sweeps import identity

Grids = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

WIDEST = 1024
EACH = 8
"""Places that a feature is added to by the projection, with random signs."""
AT_ONCE = 32
COARSEST = 32
"""Without features, voxels are compared on a grid of at most this side."""
QUANTILE = 0.05
"""A sample is called memorised if it is nearer to a training shape than 95 in 100 training shapes are to another."""
PARAMETRIC = 1500
ARRAYS = ("features", "packed", "labels")
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest training shape, its class, its ``distance`` and ``iou`` with the sample.

    ``typical`` is the median distance of a training shape to its own nearest; ``memorised`` if the sample is nearer
    than ``threshold``.
    """

    name: str
    class_name: str
    distance: float
    iou: float
    typical: float
    threshold: float
    memorised: bool
    grid: Grids

    @property
    def words(self) -> str:
        """One sentence for a person."""
        share = self.distance / max(self.typical, 1e-12)
        told = f"Nearest training shape: {self.name} (IoU {self.iou:.2f}, {share:.2f} of the usual distance)"
        return f"{told}: this is nearly a copy of it." if self.memorised else f"{told}."


@dataclass(frozen=True, eq=False)
class NearestIndex:
    """Features ``[N, F]`` and packed voxels of the training shapes of one checkpoint, as memory maps."""

    folder: Path
    checkpoint: str
    kind: str
    features: Floats
    packed: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]
    class_names: tuple[str, ...]
    resolution: int
    title: str
    typical: float
    threshold: float

    def __len__(self) -> int:
        return len(self.names)

    def occupancy(self, index: int) -> Grids:
        """Voxels of one training shape, bool ``[R, R, R]``."""
        return unpacked(self.packed[index], self.resolution)

    def nearest(self, model: Any, occupancy: Grids) -> Nearest:
        """Compare a sample, bool ``[R, R, R]``; BadInput for an empty one or another resolution."""
        if occupancy.shape != (self.resolution,) * 3:
            raise BadInput(f"The training shapes have {self.resolution} voxels a side, not {occupancy.shape}.")
        if not occupancy.any():
            raise BadInput("An empty shape has no nearest one: draw another.")
        mine = features_of(model, occupancy[None])[0]
        squared = np.empty(len(self), np.float64)
        for start in range(0, len(self), 1024):
            part = self.features[start : start + 1024] - mine
            squared[start : start + len(part)] = np.einsum("nf,nf->n", part, part)
        best = int(np.argmin(squared))
        distance, grid = float(squared[best] ** 0.5), self.occupancy(best)
        return Nearest(
            self.names[best], self.class_names[int(self.labels[best])], distance, iou(occupancy, grid), self.typical,
            self.threshold, distance < self.threshold, grid,
        )  # fmt: skip


def features_of(model: Any, grids: Grids) -> Floats:
    """What shapes ``[N, R, R, R]`` are compared by, float32 ``[N, F]`` with F at most 1,024."""
    if has_features(model):
        found = np.asarray(model.features(np.asarray(grids, np.float32)), np.float32)
    else:
        found = block_means(grids, -(-grids.shape[1] // COARSEST))
    return _projected(found)


def _projected(values: Floats) -> Floats:
    if values.shape[1] <= WIDEST:
        return values
    matrix = _matrix(values.shape[1])
    return np.ascontiguousarray((matrix @ values.T).T, dtype=np.float32)


_MATRICES: dict[int, Any] = {}


def _matrix(wide: int) -> Any:
    """Sparse ``[WIDEST, wide]``: always the same for one width."""
    from scipy.sparse import csr_array

    if wide not in _MATRICES:
        rng = np.random.default_rng([wide, 0x5EED])
        # One place in each of EACH blocks, so that a feature never meets itself.
        block = WIDEST // EACH
        rows = rng.integers(0, block, (EACH, wide)) + block * np.arange(EACH)[:, None]
        signs = rng.choice(np.array([-1.0, 1.0], np.float32), (EACH, wide)) / np.float32(EACH**0.5)
        places = np.broadcast_to(np.arange(wide), (EACH, wide))
        _MATRICES.clear()  # one width at a time is in use
        _MATRICES[wide] = csr_array((signs.ravel(), (rows.ravel(), places.ravel())), shape=(WIDEST, wide))
    return _MATRICES[wide]


# ---- building and finding ----------------------------------------------------------------------------


def index_folder(card: Card) -> Path:
    """Where the index of a checkpoint lies."""
    return cache_folder("nearest") / identity(card)


def open_index(card: Card) -> NearestIndex | None:
    """The index of a checkpoint; None if it was not built, or is damaged and must be built again."""
    folder = index_folder(card)
    try:
        about = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
        if about["format"] != FORMAT or about["sha256"] != card.sha256:
            return None
        if len({len(array) for array in arrays.values()} | {len(about["names"])}) != 1:
            return None
        return NearestIndex(
            folder, card.name, str(about["kind"]), arrays["features"], arrays["packed"], arrays["labels"],
            tuple(about["names"]), tuple(about["class_names"]), int(about["resolution"]), str(about["title"]),
            float(about["typical"]), float(about["threshold"]),
        )  # fmt: skip
    except (OSError, EOFError, ValueError, KeyError, TypeError):  # an empty file ends too soon
        return None


def training_shapes(card: Card, data: Path | None = None) -> Collection:
    """The shapes that a checkpoint learned from, as far as they are at hand, at its resolution.

    ``data`` names the folder or file of real shapes, by default that of VOXSTUDIO_DATA; without one, the
    parametric shapes among them are taken alone. Raises BadInput, with what to do, if they are not
    there.
    """
    from voxstudio.data.readers import read_collection

    sources = [str(source.get("title", "")) for source in card.data.get("sources", ())]
    given = data or data_folder()
    real = [title for title in sources if title != "parametric shapes"]
    if given is not None and (real or data is not None):
        return _with_parametric(card, read_collection(given, "train", card.classes or None, card.resolution), sources)
    if real and len(real) < len(sources):  # the made part of them is always at hand
        made = _parametric(card)
        return replace(made, title=f"parametric shapes alone, without {', '.join(real)}")
    if real:
        raise BadInput(
            f"{card.name} learned from {', '.join(real)}, which are not part of the program: name their folder "
            "(--data, or VOXSTUDIO_DATA)."
        )
    return _parametric(card)


def _parametric(card: Card) -> Collection:
    from voxstudio.data.parametric import CLASSES
    from voxstudio.data.parametric_store import ParametricStore

    known = tuple(name for name in card.classes if name in CLASSES)
    if not known:
        raise BadInput(f"What {card.name} learned from is not known: name the folder of its shapes (--data).")
    told = [int(s.get("objects", 0)) for s in card.data.get("sources", ()) if s.get("title") == "parametric shapes"]
    each = max(1, min(PARAMETRIC, (told[0] if told else PARAMETRIC * len(known)) // len(known)))
    store = ParametricStore(known, card.resolution, each)
    indices = range(each * len(known))
    packed = np.stack([np.packbits(store.occupancy(i)) for i in indices])
    labels = np.array([store.label(i) for i in indices], np.int64)
    names = tuple(f"{known[store.label(i)]}-{i // len(known)}" for i in indices)
    return Collection(packed, card.resolution, names, labels, known, store.title, store.terms)


def _with_parametric(card: Card, real: Collection, sources: list[str]) -> Collection:
    if "parametric shapes" not in sources:
        return real
    try:
        made = _parametric(card)
    except BadInput:
        return real
    classes = (*real.class_names, *(name for name in made.class_names if name not in real.class_names))
    place = np.array([classes.index(name) for name in made.class_names], np.int64)
    return Collection(
        np.concatenate([real.packed, made.packed]), card.resolution, real.names + made.names,
        np.concatenate([real.labels, place[made.labels]]), classes, f"{real.title} and {made.title}", real.terms,
    )  # fmt: skip


def build_index(model: Any, shapes: Collection, progress: Progress = quiet) -> NearestIndex:
    """Look at every training shape and write the index into the cache, replacing an old one.

    Raises BadInput for fewer than three shapes or another resolution, CannotWrite if the disk refuses; ``progress``
    may raise Cancelled, and nothing is left behind.
    """
    card: Card = model.card
    if len(shapes) < 3 or shapes.resolution != card.resolution:
        raise BadInput(
            f"{len(shapes)} shapes of {shapes.resolution}^3 are no training set of {card.name}: at least three of "
            f"{card.resolution}^3 are needed."
        )
    rows = []
    for start in range(0, len(shapes), AT_ONCE):
        progress(0.9 * start / len(shapes), f"Looking at {len(shapes):,} training shapes")
        stop = min(start + AT_ONCE, len(shapes))
        rows.append(features_of(model, np.stack([shapes.occupancy(i) for i in range(start, stop)])))
    features = np.concatenate(rows)
    progress(0.9, "Measuring how near training shapes are to each other")
    typical, threshold = usual_distances(features)
    about = {
        "format": FORMAT, "sha256": card.sha256, "checkpoint": card.name, "names": list(shapes.names),
        "class_names": list(shapes.class_names), "resolution": shapes.resolution, "title": shapes.title,
        "typical": typical, "threshold": threshold, "kind": "features" if has_features(model) else "voxels",
    }  # fmt: skip
    _write(index_folder(card), about, {"features": features, "packed": shapes.packed, "labels": shapes.labels})
    found = open_index(card)
    if found is None:
        raise CannotWrite(f"The index of {card.name} could not be read back from the cache: free some space.")
    return found


def usual_distances(features: Floats) -> tuple[float, float]:
    """Median and 5 % quantile of the distances of shapes ``[N, F]`` to their nearest other one, repeats left out."""
    own = np.einsum("nf,nf->n", features, features, dtype=np.float64)
    nearest = np.empty(len(features))
    for start in range(0, len(features), 1024):
        part = features[start : start + 1024]
        squared = own[start : start + len(part), None] + own[None] - 2.0 * (part @ features.T).astype(np.float64)
        squared[squared < 1e-6 * max(float(own.mean()), 1e-12)] = np.inf  # itself, and bit-identical repeats
        nearest[start : start + len(part)] = np.sqrt(squared.min(axis=1))
    known = nearest[np.isfinite(nearest)]
    if not len(known):
        return 0.0, 0.0
    return float(np.median(known)), float(np.quantile(known, QUANTILE))


def _write(folder: Path, about: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> None:
    make_folder(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array, allow_pickle=False)
        (draft / "index.json").write_text(json.dumps(about), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.replace(folder)
    except OSError as error:
        raise CannotWrite(f"The index could not be written to {folder} ({error.strerror}): free some space.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
