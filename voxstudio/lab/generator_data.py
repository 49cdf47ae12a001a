"""Gather what a generator is measured with, as far as it is at hand."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.collection import Collection
from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.paths import data_folder
from voxstudio.engine.family import Progress, quiet
from voxstudio.engine.places import checkpoint_folders, find_checkpoint
from voxstudio.evaluation.generator_protocol import GeneratorData
from voxstudio.lab.nearest import training_shapes
from voxstudio.lab.opening import open_any
from voxstudio.lab.sweeps import class_of_factors, reader_for

TEST_SEED = 20_000_000
HELD_OUT = 24
LABELLED = 210
"""Objects whose class is compared with the categorical codes."""


def generator_data(
    card: Card, data: Path | None = None, device: str = "auto", progress: Progress = quiet
) -> GeneratorData:
    """Training shapes, held-out shapes, ModelNet10's two parts, a reader of factors and the network without enhancer.

    ``data`` is the folder of real shapes, by default that of VOXSTUDIO_DATA. What is not there is None, and the
    ``words`` say what was used. Raises BadInput if ``data`` is named and holds nothing of the checkpoint's classes.
    """
    folder = data or data_folder()
    progress(0.0, "Gathering shapes to measure with")
    words: dict[str, Any] = {}
    training = _training(card, data)
    if training is not None:
        words["training"] = training.title
    held_out = _held_out(card, folder, asked=data is not None)
    if held_out is not None:
        words["held_out"] = held_out.title
    train, test, repeated = _modelnet10(card, folder)
    if train is not None and test is not None and repeated is not None:
        words |= {"modelnet10_train": len(train), "modelnet10_test": len(test), "repeated": int(repeated.sum())}
        words["modelnet10_grids"] = f"30^3 grids, training and test resized alike to {card.resolution}^3"
    labelled = test
    if labelled is None and len(card.classes) > 1 and (labelled := parametric_test(card, LABELLED)) is not None:
        words["labelled"] = f"{len(labelled)} {labelled.title}"
    codes = bool(card.network.get("recipe", {}).get("continuous_codes") or class_of_factors(card, None))
    reader = reader_for(card, None, progress) if codes else None
    return GeneratorData(training, held_out, train, test, repeated, reader, _baseline(card, device), words, labelled)


def _training(card: Card, data: Path | None) -> Collection | None:
    made = [source.get("title") == "parametric shapes" for source in card.data.get("sources", ())]
    try:
        return training_shapes(card, None if made and all(made) else data)
    except BadInput:
        return None


def _held_out(card: Card, folder: Path | None, asked: bool) -> Collection | None:
    """Real test shapes of the card's classes, else parametric ones of unseen structure."""
    if folder is not None:
        try:
            return _real_test(card, folder)
        except BadInput:
            if asked:
                raise
    return parametric_test(card, HELD_OUT)


def _real_test(card: Card, folder: Path) -> Collection:
    """Test shapes of those of the card's classes that ``folder`` has; BadInput if it has none."""
    from voxstudio.data.readers import read_collection

    try:
        return read_collection(folder, "test", card.classes or None, card.resolution)
    except BadInput:
        if len(card.classes) < 2:
            raise
        parts = []
        for name in card.classes:
            with contextlib.suppress(BadInput):
                parts.append(read_collection(folder, "test", (name,), card.resolution))
        if not parts:
            raise
    return _joined(parts)


def _joined(parts: Sequence[Collection]) -> Collection:
    """Collections of one class each as one, their objects in turn, so that the first ones are of every class."""
    order = sorted((k, i) for i, part in enumerate(parts) for k in range(len(part)))
    classes = tuple(part.class_names[0] for part in parts)
    grids = np.stack([parts[i].occupancy(k) for k, i in order])
    names = tuple(parts[i].names[k] for k, i in order)
    titles, terms = (list(dict.fromkeys(getattr(part, key) for part in parts)) for key in ("title", "terms"))
    labels = np.array([i for _, i in order])
    return Collection.of(grids, names, labels, classes, ", ".join(titles), "; ".join(terms))


def parametric_test(card: Card, count: int) -> Collection | None:
    """At least ``count`` parametric objects of unseen structure, as many of each class; None for other classes."""
    from voxstudio.data.parametric import CLASSES, make

    known = tuple(name for name in card.classes if name in CLASSES)
    if not known:
        return None
    each = -(-count // len(known))
    shapes = [make(name, TEST_SEED + k, held_out=True) for k in range(each) for name in known]
    grids = np.stack([shape.occupancy(card.resolution) for shape in shapes])
    names = tuple(shape.name for shape in shapes)
    labels = np.array([known.index(shape.class_name) for shape in shapes])
    return Collection.of(grids, names, labels, known, "parametric shapes of unseen structure", "Apache-2.0")


def _modelnet10(card: Card, folder: Path | None) -> tuple[Collection | None, Collection | None, Any]:
    """Both parts of the official split at the card's resolution, if the card knows several of its classes."""
    from voxstudio.data.readers import known_files, read_npz, repeats

    known = known_files(folder) if folder is not None and folder.is_dir() else {}
    if "vox30_train" not in known or "vox30_test" not in known or len(card.classes) < 2:
        return None, None, None
    try:
        test = read_npz(known["vox30_test"], None, card.classes, card.resolution)
        train = read_npz(known["vox30_train"], None, card.classes, card.resolution)
    except BadInput:
        return None, None, None
    return train, test, repeats(test, train)


def _baseline(card: Card, device: str) -> Any:
    """The network without the enhancer that the card names; None if it names none or it is not there."""
    name = card.training.get("baseline")
    if not isinstance(name, str) or not name:
        return None
    try:
        return open_any(find_checkpoint(name, checkpoint_folders()).folder, device)
    except VoxStudioError:
        return None
