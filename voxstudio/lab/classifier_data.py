"""Gather what a classifier, or a network that climbs its own score, is measured with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.paths import data_folder
from voxstudio.engine.family import Classifier, Progress, quiet
from voxstudio.engine.places import cache_folder, checkpoint_folders, find_checkpoint
from voxstudio.evaluation.attack import EPSILON
from voxstudio.evaluation.classifier_protocol import SAMPLES, SAMPLES_OF_ONE, ClassifierData, RealView, real_view
from voxstudio.lab.kept import Kept
from voxstudio.lab.opening import open_any

REFERENCE = "reference-modelnet10"
BASELINE = "baseline-modelnet10"
OPPONENT = "winn-modelnet10"
"""What attacks on the baseline are compared with, and the other way round."""
CLASSES = (
    "bathtub", "bed", "chair", "desk", "dresser", "monitor", "night_stand", "sofa", "table", "toilet",
)  # fmt: skip


def modelnet10(folder: Path | None, classes: tuple[str, ...], side: int) -> tuple[Collection, Collection, Any]:
    """Training part, test part and which test objects repeat a training one, at a resolution.

    BadInput says which file is missing and where it would come from.
    """
    from voxstudio.data.readers import known_files, read_npz, repeats

    known = known_files(folder) if folder is not None and folder.is_dir() else {}
    missing = [name for name in ("vox30_train", "vox30_test") if name not in known]
    if missing:
        where = f"{folder} lacks" if folder is not None else "There is no folder of real shapes with"
        raise BadInput(
            f"{where} the file modelnet10_{missing[0]}.npz, the official split of ModelNet10 "
            "(modelnet.cs.princeton.edu) as 30^3 grids: name its folder with --data."
        )
    train = read_npz(known["vox30_train"], None, classes, side)
    test = read_npz(known["vox30_test"], None, classes, side)
    return train, test, repeats(test, train)


@cache
def _reference(folder: Path, device: str) -> Any:
    return open_any(folder, device)


def reference(device: str = "auto") -> Any:
    """The reference network; BadInput if it is not there."""
    try:
        return _reference(find_checkpoint(REFERENCE, checkpoint_folders()).folder, device)
    except VoxStudioError as error:
        raise BadInput(
            f"The scores need the checkpoint {REFERENCE}, which ships with VoxStudio and is made by "
            f"voxstudio bake {REFERENCE}: {error}"
        ) from error


@cache
def _real(folder: Path, device: str) -> RealView:
    """Both parts of ModelNet10 as the reference sees them; made once in a process."""
    network = reference(device)
    train, test, _ = modelnet10(folder, CLASSES, network.card.resolution)
    return real_view(network, train, test)


def real_shapes(folder: Path | None, device: str = "auto") -> RealView:
    """Both parts of ModelNet10 as the reference sees them. BadInput says which file is missing."""
    modelnet_folder = folder or data_folder()
    if modelnet_folder is None:
        modelnet10(None, CLASSES, 32)
    assert modelnet_folder is not None
    return _real(modelnet_folder, device)


def classifier_data(
    card: Card, data: Path | None = None, device: str = "auto", progress: Progress = quiet, samples: int = 0,
    work: Path | None = None,
) -> ClassifierData:  # fmt: skip
    """ModelNet10's two parts, the reference network and the classifier that attacks are compared with.

    ``samples``: shapes of each class; 0 for as many as is usual.
    ``data`` is the folder of real shapes, by default that of VOXSTUDIO_DATA; ``work`` keeps what is done so far
    (default: the cache). What is not there is None, and the ``words`` say what is missing. Raises BadInput if ``data``
    is named and lacks ModelNet10.
    """
    folder = data or data_folder()
    progress(0.0, "Gathering shapes to measure with")
    samples = samples or (SAMPLES_OF_ONE if len(card.classes) == 1 else SAMPLES)
    words: dict[str, Any] = {}
    known = tuple(name for name in card.classes if name in CLASSES)
    try:
        train, test, repeated = modelnet10(folder, known or CLASSES, card.resolution)
    except BadInput as error:
        if data is not None:
            raise
        return ClassifierData(words={"missing": str(error)}, samples=samples)
    words |= {"modelnet10_train": len(train), "modelnet10_test": len(test), "repeated": int(repeated.sum())}
    other, name = opponent(card, device)
    if other is not None:
        words["other_sha256"] = other.card.sha256
    seen, sha256 = None, ""
    try:
        if card.name != REFERENCE:
            seen, sha256 = reference(device), reference(device).card.sha256
    except BadInput as error:
        words["missing"] = str(error)

    def real(told: Progress) -> RealView:
        told(0.0, "The reference network looks at real shapes")
        return real_shapes(folder, device)

    keep = kept(card, work, test, sha256, other.card.sha256 if other is not None else "")
    return ClassifierData(
        train, test, repeated, seen, sha256, real if seen is not None else None, other, name, samples, keep, words
    )  # fmt: skip


def kept(card: Card, work: Path | None, test: Collection, *about: object) -> Kept:
    """Where a checkpoint's samples and attacks are kept."""
    place = (work or cache_folder("evaluations")) / card.name
    ways = card.network.get("ascent"), card.network.get("chain_steps"), card.iso_level, EPSILON
    return Kept(place, card.sha256, *ways, np.asarray(test.packed), *about)


def opponent(card: Card, device: str = "auto") -> tuple[Classifier | None, str]:
    """The classifier of the same classes that attacks are compared with; None if it is not there."""
    name = BASELINE if card.name != BASELINE else OPPONENT
    if card.name == REFERENCE:
        return None, ""
    try:
        found = open_any(find_checkpoint(name, checkpoint_folders()).folder, device)
    except VoxStudioError:
        return None, ""
    alike = isinstance(found, Classifier) and found.card.classes == card.classes
    return (found, name) if alike and found.card.resolution == card.resolution else (None, "")
