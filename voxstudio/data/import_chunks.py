"""Chunks of an import: what a worker makes of some meshes, and how finished chunks lie on the disk and are joined."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.errors import BadInput
from voxstudio.data.container import Array, Later, open_container, write_container
from voxstudio.data.mesh_guard import Guard
from voxstudio.data.mesh_import import ImportOptions
from voxstudio.data.mesh_trees import TreeMesh
from voxstudio.data.shape_file import DTYPES, KIND
from voxstudio.data.shape_store import SPLITS

CHUNK = 16
FORMAT = 1
"""Counts up when the same mesh and options give other bytes: older chunks are then not used."""

_HERE = threading.local()
_GUARDS: list[Guard] = []


def import_chunk(
    source: Path,
    meshes: Sequence[TreeMesh],
    labels: Sequence[int],
    options: ImportOptions,
    timeout_s: float,
    parent: int | None = None,
) -> bytes:
    """The bytes of a chunk: its objects and its problems. Called by a worker; on a cluster, on another machine.

    ``parent`` is the process whose worker process this is: when it is killed, the worker ends too.
    """
    guard = _guard(source, options, timeout_s)
    names: list[str] = []
    problems: list[list[str]] = []
    done: list[dict[str, Array]] = []
    for mesh, label in zip(meshes, labels, strict=True):
        if parent not in (None, os.getpid(), os.getppid()):
            os._exit(1)
        try:
            arrays = guard.import_mesh(mesh)
        except BadInput as error:
            problems.append([mesh.file, str(error)])
            continue
        own: dict[str, Array] = {
            "labels": np.array([label], np.int32),
            "splits": np.array([SPLITS.index(mesh.split)], np.int8),
        }
        names.append(mesh.name)
        done.append({**arrays, **own})
    about = {"kind": KIND, "names": names, "problems": problems}
    buffer = io.BytesIO()
    write_container(buffer, about, {name: [each[name] for each in done] for name in DTYPES} if done else {})
    return buffer.getvalue()


def _guard(source: Path, options: ImportOptions, timeout_s: float) -> Guard:
    """This thread's guard; a new one if it was for something else."""
    wanted = (source, options, timeout_s)
    if getattr(_HERE, "wanted", None) != wanted or _HERE.guard not in _GUARDS:
        if getattr(_HERE, "guard", None) is not None:
            _HERE.guard.close()
        _HERE.wanted, _HERE.guard = wanted, Guard(source, options, timeout_s)
        _GUARDS.append(_HERE.guard)
    guard: Guard = _HERE.guard
    return guard


def close_guards() -> None:
    """End the children of this process's threads; the next chunk starts new ones."""
    while _GUARDS:
        _GUARDS.pop().close()


def key_of(source: Path, meshes: Sequence[TreeMesh], labels: Sequence[int], options: ImportOptions) -> str:
    """The name of a chunk: a digest of all that decides its bytes, the files' sizes and times of change included."""
    rows = [[*mesh, label, *_stamp(source / mesh.file)] for mesh, label in zip(meshes, labels, strict=True)]
    return hashlib.sha256(json.dumps([FORMAT, asdict(options), rows]).encode()).hexdigest()[:32]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def chunk_path(folder: Path, key: str) -> Path:
    """Where a finished chunk lies."""
    return folder / f"{key}.chunk"


def keep_chunk(folder: Path, key: str, data: bytes) -> None:
    """Write a finished chunk, whole or not at all. Raises OSError."""
    draft = folder / f"{key}.draft"
    draft.write_bytes(data)
    draft.replace(chunk_path(folder, key))


def is_whole(folder: Path, key: str) -> bool:
    """True if the chunk is there and undamaged; a damaged one is made anew."""
    path = chunk_path(folder, key)
    if not path.exists():
        return False
    try:
        open_container(path, verify=True)
    except BadInput:
        return False
    return True


def join_chunks(folder: Path, keys: Sequence[str], about: dict[str, Any], target: Path) -> tuple[int, list[list[str]]]:
    """Write the chunks one after the other as one file of shapes; the number of objects and the problems.

    Nothing is written if there is no object. Raises OSError.
    """
    names: list[str] = []
    problems: list[list[str]] = []
    parts: dict[str, list[Array | Later]] = {name: [] for name in DTYPES}
    for path in [chunk_path(folder, key) for key in keys]:
        told, arrays = open_container(path)
        names += told["names"]
        problems += told["problems"]
        for name, array in arrays.items():
            start = int(told["_table"][name]["start"], 16)
            load = partial(_part, path, array.shape, array.dtype, start)
            parts[name].append(Later(array.shape, array.dtype, load))
    if names:
        with target.open("wb") as file:
            write_container(file, {**about, "kind": KIND, "names": names, "problems": problems}, parts)
            file.flush()
            os.fsync(file.fileno())
    return len(names), problems


def _part(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], start: int) -> Array:
    count = int(np.prod(shape))
    part: Array = np.fromfile(path, dtype, count, offset=start).reshape(shape)
    return part


def chunked(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Runs of :data:`CHUNK`."""
    for first in range(0, len(items), CHUNK):
        yield items[first : first + CHUNK]
