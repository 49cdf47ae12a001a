"""``voxstudio turntable FOLDER | PHOTOS``: photos of an object that was turned, to a mesh and to voxels."""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.core.errors import BadInput, CannotWrite

if TYPE_CHECKING:
    from voxstudio.core.voxel_grid import VoxelGrid


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("photos", nargs="+", metavar="FOLDER|PHOTO", help="a folder of photos, or the photos")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the mesh: .obj, .stl, .ply or .glb")
    parser.add_argument("--resolution", type=int, default=64, metavar="R", help="voxels along a side (default: 64)")
    parser.add_argument(
        "--elevation", type=float, metavar="D", help="the camera's degrees above level (default: found)"
    )
    parser.add_argument("--clockwise", action="store_true", help="the object turned clockwise, seen from above")
    parser.add_argument("--angles", metavar="FILE", help="CSV or JSON file with name, azimuth, elevation of each photo")
    parser.add_argument("--voxels", metavar="OUT.npz", help="also save the voxels, as a file to train on")
    parser.add_argument("--iso", type=float, default=0.5, metavar="T", help="threshold between 0 and 1 (default: 0.5)")
    parser.add_argument("--style", choices=("smooth", "blocks"), default="smooth")
    parser.add_argument("--smoothing", type=int, default=0, metavar="N", help="Taubin steps, 0 to 50 (default: 0)")
    parser.add_argument("--largest", action="store_true", help="keep only the largest piece")
    parser.add_argument("--preview", metavar="P.png", help="also save a shaded picture of the mesh")


def turntable(arguments: argparse.Namespace) -> Outcome:
    """Read, carve, mesh, write."""
    from voxstudio.cli import commands
    from voxstudio.data.turntable import carve_turntable, read_turntable
    from voxstudio.geometry.visual_hull import TRUSTED

    commands._check_outputs(arguments)
    if arguments.voxels:
        commands._writable(arguments.voxels, (".npz",))
    if not 0.0 < arguments.iso < 1.0:
        raise BadInput(f"The threshold --iso lies between 0 and 1, not {arguments.iso:g}.")
    tell, started = commands.progress_line(), time.perf_counter()
    table = read_turntable(
        list(arguments.photos), arguments.clockwise or None, arguments.elevation, arguments.angles, tell
    )
    read_ms = (time.perf_counter() - started) * 1000.0
    carved = carve_turntable(table, arguments.resolution, tell)
    times = {"read": read_ms, "carve": (time.perf_counter() - started) * 1000.0 - read_ms}
    grid = carved.grid.with_iso(arguments.iso)
    distrusted = [p.name for p, w in zip(table.photos, carved.weights, strict=True) if w < TRUSTED]
    about: dict[str, Any] = {
        "photos": len(table.photos), "distrusted": distrusted, "agreement": round(carved.agreement, 4),
        "elevation_deg": carved.elevation_deg, "fov_deg": carved.fov_deg, "clockwise": table.clockwise,
        "voxels": arguments.voxels,
    }  # fmt: skip
    maker = SimpleNamespace(name=None, device="cpu", note=carved.note, times=times)
    outcome = commands._meshed(arguments, maker, grid, about)
    lines = [outcome.text, f"The photos agree to {carved.agreement:.0%}."]
    if arguments.voxels:
        save_voxels(grid, Path(arguments.voxels), table.name or "object")
        lines.insert(1, f"Wrote {arguments.voxels}.")
    return Outcome(outcome.document, "\n".join(lines), outcome.ok)


def save_voxels(grid: VoxelGrid, path: Path, name: str) -> None:
    """One object as a packed voxel file, as the readers of real shapes know it: complete or not at all."""
    import numpy as np

    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(
                file, solid=np.packbits(grid.occupancy.reshape(1, -1), axis=1), shape=np.array(grid.shape),
                labels=np.zeros(1, np.int64), names=np.array([name]), classes=np.array(["object"]),
            )  # fmt: skip
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path} was not written ({error.strerror or error}): choose another folder.") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    print(f"voxstudio: {int(grid.occupancy.sum()):,} voxels are filled.", file=sys.stderr)
