"""Import a tree of meshes into one file of shapes: in parallel, resuming where it stopped, listing what is bad.

The meshes are cut into chunks, whatever the number of workers. joblib hands chunks to workers (processes here,
threads, or a Dask or Ray cluster); each mesh is imported by a guarded child process (:mod:`voxstudio.data.mesh_guard`).
A finished chunk comes back as bytes, and this process alone writes it, to a file of its own in ``FILE.partial``, whole
or not at all, named for what it was made from. So a run that was killed finds what is done by its name, and a mesh that
has changed since is imported again. At the end the chunks are joined in the order of the tree: however often it was
killed, and on however many workers, the bytes are the same. Workers need to see SOURCE under the same path; nothing
else is shared.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.data import import_chunks
from voxstudio.data.import_chunks import chunked, import_chunk, is_whole, join_chunks, keep_chunk, key_of
from voxstudio.data.mesh_import import MOST_FACES, ImportOptions
from voxstudio.data.mesh_trees import TreeMesh, find_tree
from voxstudio.data.shape_file import LARGEST_RESOLUTION, LEAST_RESOLUTION, ShapeFile, is_shape_file, open_shape_file
from voxstudio.data.shape_store import SPLITS
from voxstudio.data.work_pools import BACKENDS, work_pool

TIMEOUT_S = 120.0
OWN_TERMS = "the terms of your own files"

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Workers:
    """Who does the work: ``jobs`` workers (default: one for each core) of a backend, or a cluster at ``address``."""

    jobs: int | None = None
    backend: str = "loky"
    address: str | None = None
    timeout_s: float = TIMEOUT_S
    """A mesh that takes longer is given up and listed."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did. ``classes`` counts objects by class and split; ``problems`` are files and reasons."""

    output: Path
    objects: int
    resolution: int
    classes: dict[str, dict[str, int]]
    problems: tuple[tuple[str, str], ...]
    resumed: int
    """Meshes that an earlier run had done already; all of them if the file was complete."""
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As one JSON document."""
        done = self.objects + len(self.problems) - self.resumed
        return {
            "output": str(self.output),
            "objects": self.objects,
            "resolution": self.resolution,
            "classes": self.classes,
            "bytes": self.output.stat().st_size if self.objects else 0,
            "problems": [{"file": file, "reason": reason} for file, reason in self.problems],
            "resumed": self.resumed,
            "seconds": round(self.seconds, 2),
            "meshes_per_second": round(done / self.seconds, 2) if self.seconds and done else None,
        }


@dataclass(frozen=True)
class _Plan:
    """What is to be imported, in order; ``about`` is what the file will say of itself."""

    source: Path
    meshes: Sequence[TreeMesh]
    labels: Sequence[int]
    options: ImportOptions
    about: dict[str, Any]

    @property
    def keys(self) -> list[str]:
        pairs = zip(chunked(self.meshes), chunked(self.labels), strict=True)
        return [key_of(self.source, meshes, labels, self.options) for meshes, labels in pairs]


def import_tree(
    source: Path,
    output: Path,
    options: ImportOptions = ImportOptions(),  # noqa: B008 - frozen
    workers: Workers = Workers(),
    *,
    classes: Sequence[str] | None = None,
    up: str | None = None,
    replace: bool = False,
    title: str = "",
    terms: str = OWN_TERMS,
    progress: Progress = lambda fraction, words: None,
) -> ImportReport:
    """Import every mesh under ``source`` into the file ``output``; :func:`find_tree` says what is found.

    An unfinished run is continued. A finished file of the same tree and options is left as it is, anything else of
    that name only replaced if ``replace``. If no mesh can be used nothing is written, and the report has no objects.

    Raises BadInput for an option, an empty tree or a second import into the same file, CannotWrite if the disk refuses.
    """
    started = time.monotonic()
    source, output = Path(source), Path(output)
    _check(options, workers, output)
    meshes = find_tree(source, classes, up)
    plan = _plan_of(source.resolve(), meshes, options, title or source.resolve().name, terms)
    folder = output.with_name(f"{output.name}.partial")
    with _told(output), _locked(folder, output):
        if output.exists() and not replace:
            done = _finished(output, plan)
            report = _report(output, done, options, done.problems, len(meshes), started)
        else:
            keys = plan.keys
            resumed = _work(plan, keys, folder, workers, progress)
            progress(1.0, f"joining {len(meshes):,} meshes into {output.name}")
            count, problems = join_chunks(folder, keys, plan.about, folder / "joined")
            if count:
                (folder / "joined").replace(output)
            file = open_shape_file(output) if count else None
            told = tuple((name, reason) for name, reason in problems)
            report = _report(output, file, options, told, resumed, started)
        for path in folder.glob("*.chunk"):
            path.unlink(missing_ok=True)
    return report


def _check(options: ImportOptions, workers: Workers, output: Path) -> None:
    low, high = LEAST_RESOLUTION, LARGEST_RESOLUTION
    if not low <= options.resolution <= high:
        raise BadInput(f"The resolution lies between {low} and {high}, not {options.resolution}.")
    if not 50 <= options.faces <= MOST_FACES:
        raise BadInput(f"A mesh is reduced to 50 to {MOST_FACES:,} triangles, not {options.faces}.")
    if not 0 <= options.views <= 360 or not 16 <= options.image_size <= 1024:
        raise BadInput("Stored views are 0 to 360 for each object, of 16 to 1024 pixels a side.")
    if workers.backend not in BACKENDS:
        raise BadInput(f"{workers.backend!r} is no backend: choose from {', '.join(BACKENDS)}.")
    if workers.jobs is not None and not 1 <= workers.jobs <= 4096:
        raise BadInput(f"An import needs 1 to 4096 workers, not {workers.jobs}.")
    if not workers.timeout_s > 0:
        raise BadInput(f"A mesh needs some time: give --timeout seconds above 0, not {workers.timeout_s:g}.")
    if output.is_dir():
        raise CannotWrite(f"{output} is a folder: choose a file name that does not exist yet.")
    if not output.parent.is_dir():
        raise CannotWrite(f"The folder {output.parent} does not exist: create it or choose another for {output.name}.")


def _plan_of(source: Path, meshes: Sequence[TreeMesh], options: ImportOptions, title: str, terms: str) -> _Plan:
    root = source.parent if source.is_file() else source
    class_names = list(dict.fromkeys(mesh.class_name for mesh in meshes))
    place = {name: k for k, name in enumerate(class_names)}
    labels = [place[mesh.class_name] for mesh in meshes]
    about = {"class_names": class_names, "resolution": options.resolution, "title": title, "terms": terms}
    # Sizes and not times: two copies of a tree give the same file.
    rows = [[*mesh, _size(root / mesh.file)] for mesh in meshes]
    told = json.dumps([import_chunks.FORMAT, asdict(options), about, rows])
    return _Plan(root, meshes, labels, options, {**about, "plan": hashlib.sha256(told.encode()).hexdigest()})


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _finished(output: Path, plan: _Plan) -> ShapeFile:
    """The file, if it is what the plan would make; BadInput if not."""
    cure = "name another file, or replace it with --replace"
    if not is_shape_file(output):
        raise BadInput(f"{output} exists and is not a file of imported shapes: {cure}.")
    found = open_shape_file(output)
    if found.plan != plan.about["plan"]:
        raise BadInput(f"{output} exists and holds other shapes, or the same with other options: {cure}.")
    return found


def _work(plan: _Plan, keys: Sequence[str], folder: Path, workers: Workers, progress: Progress) -> int:
    """Make the chunks that are missing; the number of meshes that were there already."""
    whole = [is_whole(folder, key) for key in keys]
    pieces = list(zip(keys, chunked(plan.meshes), chunked(plan.labels), strict=True))
    missing = [piece for piece, there in zip(pieces, whole, strict=True) if not there]
    total = len(plan.meshes)
    first = done = total - sum(len(meshes) for _, meshes, _ in missing)
    if not missing:
        return first
    progress(done / total, f"{done:,} of {total:,} meshes")
    started = time.monotonic()
    parent = os.getpid() if workers.backend == "loky" else None
    common = (plan.options, workers.timeout_s, parent)
    tasks = ((_keyed, (key, plan.source, meshes, labels, *common)) for key, meshes, labels in missing)
    try:
        with work_pool(workers.backend, workers.jobs, workers.address) as work:
            for key, count, data in work(tasks):
                keep_chunk(folder, key, data)
                done += count
                rate = (done - first) / max(time.monotonic() - started, 1e-3)
                left = (total - done) / max(rate, 1e-9)
                progress(done / total, f"{done:,} of {total:,} meshes, {rate:.1f} a second, {_span(left)} left")
    finally:
        import_chunks.close_guards()
    return first


def _keyed(key: str, source: Path, meshes: Sequence[TreeMesh], *rest: Any) -> tuple[str, int, bytes]:
    return key, len(meshes), import_chunk(source, meshes, *rest)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _report(
    output: Path,
    file: ShapeFile | None,
    options: ImportOptions,
    problems: tuple[tuple[str, str], ...],
    resumed: int,
    started: float,
) -> ImportReport:
    classes: dict[str, dict[str, int]] = {}
    for label, name in enumerate(file.class_names if file is not None else ()):
        assert file is not None
        here = file.arrays["splits"][file.arrays["labels"] == label]
        classes[name] = {split: int((here == k).sum()) for k, split in enumerate(SPLITS) if (here == k).any()}
    count = len(file) if file is not None else 0
    return ImportReport(output, count, options.resolution, classes, problems, resumed, time.monotonic() - started)


@contextlib.contextmanager
def _told(output: Path) -> Iterator[None]:
    """The disk's refusals as sentences; what was done is kept."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotWrite(
                f"The disk is full: free some space and give the same command again; what is done of {output} is kept."
            ) from None
        raise CannotWrite(f"{output} was not written ({error.strerror or error}): choose another folder.") from None


@contextlib.contextmanager
def _locked(folder: Path, output: Path) -> Iterator[None]:
    """The right to write into ``folder``, which the system takes back when the process dies, however it dies."""
    import filelock

    folder.mkdir(exist_ok=True)
    lock = filelock.FileLock(folder / "lock", blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise BadInput(
            f"{_owner(folder)} is importing into {output} already: wait for it, or name another file."
        ) from None
    try:
        (folder / "pid").write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        if not any(folder.glob("*.chunk")):  # nothing to go on from; still ours
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _owner(folder: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return f"The process {int((folder / 'pid').read_text(encoding='ascii'))}"
    return "Another process"
