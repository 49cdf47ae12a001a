"""Labels of codes as files, and filmstrips: what a person sees of :mod:`voxstudio.evaluation.code_labels`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.parametric import CLASSES
from voxstudio.engine.checkpoint import make_folder, read_card, write_atomically, write_card
from voxstudio.engine.family import LatentSpace, Progress, quiet
from voxstudio.engine.latent_space import decoded, handle
from voxstudio.engine.places import cache_folder, own_folder
from voxstudio.evaluation.code_labels import (
    CHECK_SHAPES,
    FIND_SHAPES,
    Attributes,
    CodeLabels,
    Movable,
    label_codes,
    sweep_of,
    sweep_values,
)
from voxstudio.evaluation.factors import FactorReader, factor_reader

LARGEST_FILE = 2**24
DAMAGED = (ValueError, KeyError, TypeError, RecursionError, AttributeError, OverflowError)
"""What reading labels out of something else may raise."""


def class_of_factors(card: Card, label: str | None) -> str:
    """The class whose true factors can be read off this generator's shapes; empty if there is none."""
    name = label or (card.classes[0] if len(card.classes) == 1 else "")
    return name if name in CLASSES else ""


def reader_for(card: Card, label: str | None, progress: Progress = quiet) -> FactorReader | None:
    """The factor reader for a generator's shapes, from the cache or fitted now in seconds; None without one."""
    name = class_of_factors(card, label)
    return factor_reader(name, card.resolution, cache_folder("factors"), progress) if name else None


def find_labels(
    model: LatentSpace,
    label: str | None = None,
    progress: Progress = quiet,
    find: int = FIND_SHAPES,
    check: int = CHECK_SHAPES,
) -> CodeLabels:
    """Sweep and label every code; names of a choice's values come from the card. Progress may raise Cancelled."""
    reader = reader_for(model.card, label, lambda f, w: progress(0.2 * f, w))
    share = 0.2 if reader is not None else 0.0
    found = label_codes(model, label, reader, find, check, lambda f, w: progress(share + (1 - share) * f, w))
    return _with_values(found, model.card)


# ---- files -------------------------------------------------------------------------------------------


def labels_path(card: Card, label: str | None = None) -> Path:
    """Where a person's own labels of a checkpoint lie; a class of a conditional generator has a file of its own."""
    return own_folder("labels") / f"{identity(card)}{f'-{label}' if label else ''}.json"


def identity(card: Card) -> str:
    """A short name for a checkpoint's weights, for file names; BadInput if the card does not tell its weights."""
    if not card.sha256:
        raise BadInput(f"The card of {card.name} does not tell the sha256 of its weights: save the checkpoint again.")
    return card.sha256[:24] if card.sha256.isalnum() else hashlib.sha256(card.sha256.encode()).hexdigest()[:24]


def save_labels(found: CodeLabels, path: Path) -> Path:
    """Write labels as JSON, complete or not at all; CannotWrite if the disk refuses."""
    make_folder(path.parent)
    write_atomically(path, (json.dumps(found.to_json(), indent=1) + "\n").encode())
    return path


def read_labels(path: Path, card: Card) -> CodeLabels:
    """Read labels; BadInput if the file is damaged or belongs to another network."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError
        found = CodeLabels.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): check that it is still there.") from None
    except DAMAGED:
        raise BadInput(f"{path.name} holds no labels of codes: measure them again (voxstudio sweep).") from None
    if found.sha256 != card.sha256:
        raise BadInput(
            f"{path.name} labels the codes of the checkpoint {found.checkpoint}, not of {card.name}: measure these "
            "(voxstudio sweep)."
        )
    return found


def stored_labels(card: Card, label: str | None = None) -> CodeLabels | None:
    """The labels that are there: the person's own, else those in the card; None if nobody has measured."""
    path = labels_path(card, label) if card.sha256 else None
    if path is not None and path.is_file():
        return read_labels(path, card)
    try:
        found = CodeLabels.from_json(card.metrics["controls"][label or ""])
    except DAMAGED:
        return None
    return _with_values(found, card) if found.sha256 == card.sha256 else None


def _with_values(found: CodeLabels, card: Card) -> CodeLabels:
    """The same labels with the names of a choice's values that the card tells."""
    names = card.metrics.get("value_names", {})
    if not isinstance(names, Mapping):
        return found
    rows = [
        replace(one, values=tuple(str(v) for v in names[one.handle])) if one.handle in names else one
        for one in found.labels
    ]
    return replace(found, labels=tuple(rows))


def into_card(folder: Path, found: CodeLabels) -> Card:
    """Write labels into a checkpoint's card, whose weights they must belong to."""
    card = read_card(folder)
    if found.sha256 != card.sha256:
        raise BadInput(f"These labels belong to {found.checkpoint}, not to {card.name}: measure its codes first.")
    metrics: dict[str, Any] = dict(card.metrics)
    controls = {**metrics.get("controls", {}), found.label or "": found.to_json()}
    metrics |= {"controls": controls, "best_code_r": round(found.best_code_r, 4)}
    changed = replace(card, metrics=metrics)
    write_card(folder, changed)
    return changed


# ---- filmstrips --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Film:
    """One handle at several values, all else as drawn: shapes, and their attributes ``[N, A]`` named by ``keys``."""

    handle: str
    values: tuple[float, ...]
    grids: tuple[VoxelGrid, ...]
    keys: tuple[str, ...]
    titles: tuple[str, ...]
    measured: npt.NDArray[np.float64]


def film(
    model: LatentSpace,
    name: str,
    seed: int = 0,
    steps: int = 7,
    label: str | None = None,
    values: Sequence[float] = (),
    reader: FactorReader | None = None,
    progress: Progress = quiet,
) -> Film:
    """Sweep one handle from one seed, over its prior or through ``values``.

    Raises BadInput for a code that the generator lacks, a value out of its range, or too few or too many steps.
    """
    one = handle(model.layout, name)
    if not 2 <= steps <= 500:
        raise BadInput(f"A sweep takes 2 to 500 steps, not {steps}.")
    stops = tuple(values) or sweep_values(model, one, steps, label)
    return film_of(model, one, stops, seed, label, reader, progress)


def film_of(
    model: LatentSpace,
    one: Movable,
    values: tuple[float, ...],
    seed: int = 0,
    label: str | None = None,
    reader: FactorReader | None = None,
    progress: Progress = quiet,
) -> Film:
    """The film of a code or a direction through ``values``; BadInput for a value out of its range."""
    fields = np.concatenate(list(decoded(model, sweep_of(model, one, [seed], values, label).vectors, label, progress)))
    attributes, level = Attributes(reader), model.card.iso_level
    grids = tuple(VoxelGrid.unit(field, level, model.card.name) for field in fields)
    measured = attributes.of(fields >= np.float32(level))
    return Film(one.name, values, grids, attributes.keys, attributes.titles, measured)
