"""Shapes that the person named, as files in the person's own folder: they outlast the window. I/O thread."""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxstudio.core.errors import CannotWrite
from voxstudio.core.latent import Latent
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.requests import Draw, Given
from voxstudio.session.errands import Errands
from voxstudio.session.history import Snapshot
from voxstudio.session.snapshots import Kept, Snapshots
from voxstudio.session.values import Options

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry

FORMAT = 1
MOST = 200
"""Shapes that are brought back, the newest ones; older files stay where they are."""
DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


class KeptFiles:
    """One file for each shape: its grid, its codes, and how it came about. ``folder`` need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[int, Path] = {}

    def write(self, kept: Kept, sha256: str) -> None:
        """Write a shape, or its new name; ``sha256`` is that of its checkpoint. CannotWrite if the disk refuses."""
        from voxstudio.engine.checkpoint import make_folder, write_atomically

        draw, grid = kept.snapshot.draw, kept.grid
        about: dict[str, Any] = {
            "format": FORMAT, "name": kept.name, "origin": kept.origin, "checkpoint": kept.checkpoint, "key": kept.key,
            "sha256": sha256, "label": kept.label, "iso": grid.iso_level, "spacing": grid.spacing,
            "corner": grid.origin, "remove_crumbs": kept.snapshot.options.remove_crumbs, "seed": kept.latent.seed,
        }  # fmt: skip
        if isinstance(draw, Draw):
            drawn = draw.start is None and not draw.pushes
            about["draw"] = {"seed": draw.seed, "truncation": draw.truncation, "codes": draw.codes, "drawn": drawn}
        codes: dict[str, Any] = {f"code.{name}": code for name, code in kept.latent.codes.items()}
        buffer = io.BytesIO()
        header = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez_compressed(buffer, about=header, values=grid.values, **codes)
        path = self._paths.setdefault(kept.id, self._folder / f"{time.time_ns()}.npz")
        make_folder(self._folder)
        write_atomically(path, buffer.getvalue())

    def remove(self, which: int) -> None:
        """Let go of a file; CannotWrite if it cannot be deleted."""
        path = self._paths.pop(which, None)
        if path is not None:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise CannotWrite(f"{path} could not be deleted ({error.strerror}): delete it by hand.") from None

    def read(self, ids: Iterator[int], entries: Sequence[Entry]) -> list[Kept]:
        """Every shape in the folder, oldest first; damaged files are passed over and stay."""
        found = []
        for path in sorted(self._folder.glob("*.npz"))[-MOST:]:
            with contextlib.suppress(*DAMAGED), np.load(path, allow_pickle=False) as stored:
                kept = _kept(next(ids), stored, entries)
                self._paths[kept.id] = path
                found.append(kept)
        return found


def keep_in(folder: Path, errands: Errands, snapshots: Snapshots, entries: Callable[[], tuple[Entry, ...]]) -> None:
    """Read what the folder holds, then file what gets a name and delete what is let go. Owner's thread."""
    files = KeptFiles(folder)

    def start(words: str, work: Callable[[], Any]) -> None:
        errands.start(words, lambda _: work(), lambda _: None, "compare", seen=False, lasting=True)

    def filed(which: int, kept: Kept | None) -> None:
        if kept is None:
            start("Forgetting a shape", lambda: files.remove(which))
            return
        found = [one.card.sha256 for one in entries() if one.card is not None and str(one.folder) == kept.key]
        start("Keeping a shape", lambda: files.write(kept, found[0] if found else ""))

    ids, known = snapshots.file_with(filed), entries()
    errands.start(
        "Looking for kept shapes", lambda _: files.read(ids, known), snapshots.welcome, "compare", seen=False
    )


def _kept(which: int, stored: Mapping[str, Any], entries: Sequence[Entry]) -> Kept:
    about = json.loads(bytes(stored["about"]))
    if about["format"] != FORMAT:
        raise ValueError("another format")
    grid = VoxelGrid(stored["values"], tuple(about["spacing"]), tuple(about["corner"]), about["iso"], about["name"])
    codes = {name.removeprefix("code."): stored[name] for name in stored if name.startswith("code.")}
    latent = Latent(codes, about["seed"])
    # By what it weighs rather than where it was: a folder may have moved, and may hold other weights by now.
    usable = [one for one in entries if one.card is not None and not one.problem]
    same = [one for one in usable if one.card is not None and one.card.sha256 == about["sha256"]]
    here = next((one for one in same if str(one.folder) == about["key"]), None)
    home = here if here is not None or not about["sha256"] else next(iter(same), None)
    key = str(home.folder) if home is not None else about["key"]
    draw = _draw(about, latent) if home is not None and "draw" in about else Given(grid, about["origin"])
    folder = home.folder if home is not None and isinstance(draw, Draw) else None
    options = Options(iso=about["iso"], remove_crumbs=about["remove_crumbs"])
    way = Snapshot((), options, draw, which, folder)
    return Kept(which, about["name"], about["origin"], about["checkpoint"], key, grid, latent, about["label"], way)


def _draw(about: Mapping[str, Any], latent: Latent) -> Draw:
    made = about["draw"]
    if made["drawn"]:
        codes = tuple((str(name), float(value)) for name, value in made["codes"])
        return Draw(about["label"], int(made["seed"]), float(made["truncation"]), codes=codes)
    return Draw(about["label"], int(made["seed"]), float(made["truncation"]), latent, origin=about["origin"])
