"""What a cross-domain encoder is measured on: unseen parametric objects, and real test objects if there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.surface import Surface
from voxstudio.data.views import ViewStyle, draw_view
from voxstudio.engine.family import Progress, Views, quiet
from voxstudio.evaluation.cross_domain import Pairs

OBJECTS, FEW, EACH = 300, 10, 30
"""Objects among which the right one is looked for; Figure 5: so many objects, pictures of each."""
TEST_SEED = 20_000_000
VIEW_SEED = 77_002
CLEAN = ViewStyle(keep_background=0.0, imperfect_mask=0.0)
ROUGH = ViewStyle(keep_background=0.3, imperfect_mask=1.0)
Grid = npt.NDArray[np.bool_]


def cross_domain_data(
    card: Card, image_size: int, data: Path | None = None, objects: int = OBJECTS, progress: Progress = quiet
) -> dict[str, Pairs]:
    """``""``: parametric objects of unseen structure; ``"_real"``: objects of the test parts in ``data``, if named.

    As many objects of each class as there are. Raises BadInput if there are none of the card's classes.
    """
    few = min(FEW, max(2, objects // 4))
    found: dict[str, Pairs] = {}
    if parametric_classes(card):
        found[""] = parametric_pairs(card, image_size, objects, few, progress)
    if data is not None:
        found["_real"] = real_pairs(card, image_size, data, objects, few, progress)
    if not found:
        raise BadInput(f"There are no parametric objects of {', '.join(card.classes)}: name real shapes with --data.")
    return found


def parametric_classes(card: Card) -> tuple[str, ...]:
    """The classes that can be made from numbers."""
    from voxstudio.data.parametric import CLASSES

    return tuple(name for name in card.classes if name in CLASSES)


def parametric_pairs(
    card: Card, image_size: int, objects: int, few: int, progress: Progress = quiet, only: str = ""
) -> Pairs:
    """Held-out objects of every class in turn (or of the class ``only``); Figure 5 shows those of one class, as the
    paper's: cars, or else the first class."""
    from voxstudio.data.parametric import make

    names = (only,) if only else parametric_classes(card)
    pictured = "car" if "car" in names else names[0]
    shapes = [make(names[k % len(names)], TEST_SEED + k // len(names), held_out=True) for k in range(objects)]
    grids = [shape.occupancy(card.resolution) for shape in shapes]
    meshes = [partial(_parametric_mesh, shape) for shape in shapes]
    more = [make(pictured, TEST_SEED + 5000 + k, held_out=True) for k in range(few)]
    many = [_parametric_mesh(shape) for shape in more]
    words = {"objects": f"{objects} parametric objects of unseen structure", "figure5": f"{few} parametric {pictured}s"}
    return _pairs(grids, meshes, many, image_size, words, progress)


def _parametric_mesh(shape: Any) -> Surface:
    from voxstudio.data.prepare import in_unit_cube

    return in_unit_cube(shape.surface(56))


def real_pairs(card: Card, image_size: int, data: Path, objects: int, few: int, progress: Progress = quiet) -> Pairs:
    """Real test objects, the classes in turn, each grid once and none that was learnt; Figure 5 shows the first class
    that has enough."""
    from voxstudio.data.prepare import unit_surface

    parts = [(name, grids) for name in card.classes if len(grids := _test_grids(data, name, card.resolution))]
    if not parts:
        raise BadInput(f"{data} holds no test object of {', '.join(card.classes)}.")
    turns = sorted((k, i) for i, (_, grids) in enumerate(parts) for k in range(len(grids)))[:objects]
    chosen = [parts[i][1][k] for k, i in turns]
    few = min(few, max(len(grids) for _, grids in parts))
    pictured, several = next((name, grids[:few]) for name, grids in parts if len(grids) >= few)
    words = {
        "objects": f"{len(chosen)} real test objects, {len(parts)} classes", "figure5": f"{few} real {pictured}s",
    }  # fmt: skip
    meshes = [partial(unit_surface, grid) for grid in chosen]
    return _pairs(chosen, meshes, [unit_surface(grid) for grid in several], image_size, words, progress)


def _test_grids(data: Path, name: str, resolution: int) -> list[Grid]:
    """Test grids of a class without those that equal another one of the class to the voxel, be it learnt or not."""
    from voxstudio.data.readers import known_files, read_collection

    found: dict[bytes, Grid] = {}
    known = known_files(data) if data.is_dir() else {}
    path = known.get("bed64", data) if name == "bed" else data
    try:
        test, train = (read_collection(path, split, (name,), resolution) for split in ("test", "train"))
    except BadInput:
        return []
    if known and not test.title.startswith("modelnet"):
        return []  # the other shapes of the data folder look any way
    learnt = {row.tobytes() for row in train.packed}
    for index, row in enumerate(test.packed):
        if row.tobytes() not in learnt:
            found.setdefault(row.tobytes(), test.occupancy(index))
    return list(found.values())


def _pairs(
    grids: Sequence[Grid], meshes: Sequence[Callable[[], Surface]], many: Sequence[Surface], size: int,
    words: dict[str, str], progress: Progress,
) -> Pairs:  # fmt: skip
    views, rough = [], []
    for index, mesh in enumerate(meshes):
        progress(index / len(meshes), "Drawing pictures to measure with")
        surface = mesh()
        views.append(draw_view(surface, size, np.random.default_rng([VIEW_SEED, index]), CLEAN))
        rough.append(draw_view(surface, size, np.random.default_rng([VIEW_SEED, index, 1]), ROUGH))
    several: list[Views] = []
    for index, surface in enumerate(many):
        rng = np.random.default_rng([VIEW_SEED, index, 2])
        several.append(np.stack([draw_view(surface, size, rng, CLEAN) for _ in range(EACH)]))
    objects = np.repeat(np.arange(len(many)), EACH)
    return Pairs(np.stack(grids), np.stack(views), np.stack(rough), np.concatenate(several), objects, words)
