"""Find the meshes of a tree of any depth, with their classes and splits: ShapeNet, ModelNet, or anybody's folders."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from voxstudio.core.errors import BadInput
from voxstudio.data.grids import QUARTER_TURNS, wanted_classes
from voxstudio.data.mesh_folders import SUFFIXES
from voxstudio.data.splits import divided

SPLIT_FOLDERS = {
    "train": "train",
    "test": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}

SYNSETS = {
    "02691156": "airplane",
    "02747177": "trash bin",
    "02773838": "bag",
    "02801938": "basket",
    "02808440": "bathtub",
    "02818832": "bed",
    "02828884": "bench",
    "02843684": "birdhouse",
    "02871439": "bookshelf",
    "02876657": "bottle",
    "02880940": "bowl",
    "02924116": "bus",
    "02933112": "cabinet",
    "02942699": "camera",
    "02946921": "can",
    "02954340": "cap",
    "02958343": "car",
    "02992529": "cellphone",
    "03001627": "chair",
    "03046257": "clock",
    "03085013": "keyboard",
    "03207941": "dishwasher",
    "03211117": "display",
    "03261776": "earphone",
    "03325088": "faucet",
    "03337140": "file cabinet",
    "03467517": "guitar",
    "03513137": "helmet",
    "03593526": "jar",
    "03624134": "knife",
    "03636649": "lamp",
    "03642806": "laptop",
    "03691459": "loudspeaker",
    "03710193": "mailbox",
    "03759954": "microphone",
    "03761084": "microwave",
    "03790512": "motorcycle",
    "03797390": "mug",
    "03928116": "piano",
    "03938244": "pillow",
    "03948459": "pistol",
    "03991062": "flowerpot",
    "04004475": "printer",
    "04074963": "remote control",
    "04090263": "rifle",
    "04099429": "rocket",
    "04225987": "skateboard",
    "04256520": "sofa",
    "04330267": "stove",
    "04379243": "table",
    "04401088": "telephone",
    "04460130": "tower",
    "04468005": "train",
    "04530566": "watercraft",
    "04554684": "washing machine",
}
"""The 55 classes of ShapeNetCore by the number of their WordNet synset."""

SHAPENET_TURNS = 2
"""ShapeNet's objects look to -z with y up: with z up to +y, and after half a turn to -y."""


class TreeMesh(NamedTuple):
    """One mesh of a tree. ``file`` is relative to the tree, with slashes; ``up`` is the file's own upward axis."""

    file: str
    name: str
    class_name: str
    split: str
    quarters: int
    up: str


def find_tree(source: Path, classes: Sequence[str] | None = None, up: str | None = None) -> list[TreeMesh]:
    """All meshes under ``source``, or the one that it is, sorted by class, split and name.

    A ShapeNet tree is known by its synsets (SYNSET/ID/models/model_normalized.obj; ``all.csv`` beside them gives the
    splits). Elsewhere the first folder that is not named for a split is the class, and a folder named train, test,
    val or validation the split; where nothing says it, :func:`divided` does, class by class. ``up`` is y or z, by
    default y in ShapeNet trees and z elsewhere; GLB files are y up whatever is said. Links to folders are not
    followed, hidden files are passed over.

    Raises BadInput if there is no mesh, or none of one of ``classes``.
    """
    source = Path(source)
    if source.is_file():
        splits: dict[str, str] = {}
        found = [_plain(Path(source.name), source.resolve().parent.name or "shapes", up)]
    elif source.is_dir():
        splits = _official_splits(source)
        files = list(_walk(source))
        root = source.resolve().name
        found = [_shapenet(file, root, splits, up) or _plain(file, root, up) for file in files]
    else:
        raise BadInput(f"{source} does not exist: name a folder of meshes.")
    if not found:
        raise BadInput(
            f"{source} holds no meshes: files ending in {', '.join(SUFFIXES)} were looked for in all its folders."
        )
    wanted = wanted_classes(source, sorted({mesh.class_name for mesh in found}), classes)
    order = {name.lower(): k for k, name in enumerate(wanted)}
    kept = [mesh for mesh in _divided(found, splits) if mesh.class_name.lower() in order]
    return sorted(kept, key=lambda mesh: (order[mesh.class_name.lower()], mesh.split, mesh.file))


def _walk(source: Path) -> Iterator[Path]:
    """Mesh files relative to ``source``."""
    for folder, inner, files in os.walk(source):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield Path(folder, name).relative_to(source)


def _shapenet(file: Path, root: str, splits: dict[str, str], up: str | None) -> TreeMesh | None:
    """A mesh at SYNSET/ID/models/NAME or SYNSET/ID/NAME (version 1), wherever the synset's folder lies."""
    parts = (root, *file.parts)
    place = next((k for k, part in enumerate(parts[:-2]) if part in SYNSETS), None)
    if place is None or parts[place + 2 : -1] not in ((), ("models",)):
        return None
    name = parts[place + 1]
    split = splits.get(name, "")
    return TreeMesh(file.as_posix(), name, SYNSETS[parts[place]], split, SHAPENET_TURNS, _up(file, up or "y"))


def _plain(file: Path, root: str, up: str | None) -> TreeMesh:
    folders = file.parts[:-1]
    named = [part for part in folders if part.lower() not in SPLIT_FOLDERS]
    split = next((SPLIT_FOLDERS[part.lower()] for part in folders if part.lower() in SPLIT_FOLDERS), "")
    class_name = named[0] if named else root
    # CLASS/{train,test}: a ModelNet tree, or one class of it, whose front is known
    modelnet = bool(split) and len(folders) == 1 + len(named) and folders[:-1] == tuple(named[:1])
    turns = QUARTER_TURNS.get(class_name, 0) if modelnet else 0
    return TreeMesh(file.as_posix(), file.stem, class_name, split, turns, _up(file, up or "z"))


def _up(file: Path, up: str) -> str:
    return "z" if file.suffix.lower() == ".glb" else up  # the reader has turned it already


def _divided(found: Sequence[TreeMesh], official: Mapping[str, str]) -> list[TreeMesh]:
    """The same with splits for those without one, and validation objects out of folders named train."""
    groups: dict[tuple[str, str], list[TreeMesh]] = {}
    made: list[TreeMesh] = []
    for mesh in sorted(found, key=lambda mesh: mesh.file):
        if mesh.split in ("", "train") and mesh.name not in official:
            groups.setdefault((mesh.class_name, mesh.split), []).append(mesh)
        else:
            made.append(mesh)
    for (_, told), meshes in groups.items():
        splits = divided([mesh.name for mesh in meshes], tested=not told)
        made += [mesh._replace(split=split) for mesh, split in zip(meshes, splits, strict=True)]
    return made


def _official_splits(source: Path) -> dict[str, str]:
    """Model to split from ShapeNet's ``all.csv``, if it is there and readable."""
    path = source / "all.csv"
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row.get("modelId"), row.get("split")) for row in csv.DictReader(file)]
    except (OSError, ValueError, csv.Error):
        return {}
    return {model: SPLIT_FOLDERS[split] for model, split in rows if model and split in SPLIT_FOLDERS}
