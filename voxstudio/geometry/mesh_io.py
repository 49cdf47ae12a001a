"""Write and read meshes. Exporters are one table, suffix to writer.

Axes: z is up in OBJ, STL, PLY and OFF; GLB is y up by its specification and is turned on the way. Units: one
model unit is 1 mm, and GLB is in metres.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface

READABLE = (".obj", ".stl", ".ply", ".glb", ".off")
LARGEST_FILE = 2**30
"""Bytes; a mesh file beyond this is refused rather than filling the memory."""

_METRES = 0.001


def save_surface(surface: Surface, path: Path) -> None:
    """Write a mesh in the format that the suffix names: one of :data:`EXPORTERS`.

    The file appears complete or not at all.

    Raises
    ------
    BadInput
        For an empty surface or an unknown suffix.
    CannotWrite
        If the disk is full, the folder is read-only or absent, or the name is that of a folder.
    """
    path = Path(path)
    writer = EXPORTERS.get(path.suffix.lower())
    if writer is None:
        raise BadInput(f"{path.name} does not end in a mesh format: use one of {', '.join(EXPORTERS)}.")
    if surface.is_empty:
        raise BadInput(f"There is no surface to write to {path.name}: lower the threshold until a shape appears.")
    write_whole(path, writer(surface))


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file complete or not at all; CannotWrite says why not and what to do."""
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError as error:
        raise CannotWrite(_why(error, path)) from None
    except ValueError:  # a NUL in the name
        raise CannotWrite(f"{str(path)!r} is not a name that a file can have: choose another.") from None
    finally:
        # After success it is gone; after failure nothing may be left behind.
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)


def _why(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{path} was not written because the disk is full: free some space or choose another folder."
    if error.errno == errno.ENAMETOOLONG:
        return f"{path.name[:40]}... was not written because the name is too long: choose a shorter one."
    if path.is_dir():
        return f"{path} is a folder: choose a file name that does not exist yet."
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"{path} was not written because the folder {path.parent} does not exist: create it or choose another."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} was not written because the folder {path.parent} is read-only: choose another folder."
    return f"{path} was not written ({error.strerror or error}): choose another folder."


def _obj(surface: Surface) -> bytes:
    """Wavefront OBJ: with vertex normals, and vertex colours as ``v x y z r g b``, where there are any."""
    # One %-format over the whole array: four times as fast as a loop over vertices.
    count = len(surface.vertices)
    lines = [f"# VoxStudio, 1 unit = 1 mm, z up\no {_plain(surface.name)}\n"]
    columns: list[npt.NDArray[Any]] = [surface.vertices]
    pattern = "v %.7g %.7g %.7g\n"
    if surface.colors is not None:
        columns.append(surface.colors / 255.0)
        pattern = "v %.7g %.7g %.7g %.4g %.4g %.4g\n"
    table = np.concatenate(columns, axis=1, dtype=np.float64)
    lines.append(pattern * count % tuple(table.ravel().tolist()))
    numbers = surface.faces + 1
    if surface.normals is None:
        lines.append("f %d %d %d\n" * len(numbers) % tuple(numbers.ravel().tolist()))
    else:
        lines.append("vn %.4f %.4f %.4f\n" * count % tuple(surface.normals.ravel().tolist()))
        doubled = np.repeat(numbers.ravel(), 2)
        lines.append("f %d//%d %d//%d %d//%d\n" * len(numbers) % tuple(doubled.tolist()))
    return "".join(lines).encode()


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name) or "shape"


def _stl(surface: Surface) -> memoryview:
    """Binary STL with face normals."""
    count = len(surface.faces)
    block = np.empty((count, 12), "<f4")
    block[:, 3:] = np.take(surface.vertices, surface.faces.ravel(), axis=0).reshape(count, 9)
    # Columns, since np.cross is several times slower on rows of three.
    a, b, c = np.ascontiguousarray(block[:, 3:].T).reshape(3, 3, count)
    (ux, uy, uz), (vx, vy, vz) = b - a, c - a
    normal = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    np.maximum(length, np.finfo(np.float32).tiny, out=length)
    for k in range(3):
        np.divide(normal[k], length, out=block[:, k])
    data = np.zeros(84 + 50 * count, np.uint8)
    header = b"VoxStudio binary STL, 1 unit = 1 mm, z up".ljust(80) + count.to_bytes(4, "little")
    data[:84] = np.frombuffer(header, np.uint8)
    data[84:].reshape(count, 50)[:, :48] = block.view(np.uint8)  # and two bytes of attributes, which stay 0
    return data.data


def _ply(surface: Surface) -> bytes:
    """Binary little-endian PLY with normals and colours where there are any."""
    fields: list[tuple[str, str]] = [(name, "<f4") for name in "xyz"]
    if surface.normals is not None:
        fields += [(name, "<f4") for name in ("nx", "ny", "nz")]
    if surface.colors is not None:
        fields += [(name, "u1") for name in ("red", "green", "blue")]
    table = np.empty(len(surface.vertices), np.dtype(fields))
    given = [part for part in (surface.vertices, surface.normals, surface.colors) if part is not None]
    for (name, _), values in zip(fields, (column for part in given for column in part.T), strict=True):
        table[name] = values
    faces = np.empty(len(surface.faces), np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    faces["count"], faces["corners"] = 3, surface.faces
    kinds = {"<f4": "float", "u1": "uchar"}
    header = ["ply", "format binary_little_endian 1.0", "comment VoxStudio, 1 unit = 1 mm, z up"]
    header += [f"element vertex {len(table)}", *(f"property {kinds[kind]} {name}" for name, kind in fields)]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header\n"]
    return "\n".join(header).encode() + table.tobytes() + faces.tobytes()


def _glb(surface: Surface) -> bytes:
    """Binary glTF 2.0: metres, y up."""
    import trimesh

    normals = None if surface.normals is None else _y_up(surface.normals)
    mesh = trimesh.Trimesh(
        _y_up(surface.vertices) * _METRES, surface.faces, vertex_normals=normals,
        vertex_colors=surface.colors, process=False,
    )
    scene = trimesh.Scene({_plain(surface.name): mesh})
    data: bytes = scene.export(file_type="glb", include_normals=normals is not None)
    return data


def _y_up(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def _z_up(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)


EXPORTERS: Mapping[str, Callable[[Surface], bytes | memoryview]] = {
    ".obj": _obj,
    ".stl": _stl,
    ".ply": _ply,
    ".glb": _glb,
}
"""Suffix to writer; a writer returns the whole file."""


def load_surface(path: Path) -> Surface:
    """Read a mesh file: one of :data:`READABLE`. Vertices at one position are joined; z is up.

    Raises
    ------
    BadInput
        If the file is missing, too large, damaged, of another kind, or holds no triangles.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        raise BadInput(f"{path.name} is not a mesh that VoxStudio reads: use one of {', '.join(READABLE)}.")
    try:
        size = path.stat().st_size
        data = b"" if path.is_dir() or size > LARGEST_FILE else path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): check that it is still there.") from None
    except ValueError:  # a NUL in the name
        raise BadInput(f"{str(path)!r} is not the name of a file: choose another.") from None
    if path.is_dir():
        raise BadInput(f"{path} is a folder: choose a mesh file.")
    if size > LARGEST_FILE:
        raise BadInput(f"{path.name} is larger than 1 GB: simplify the mesh first.")
    if not data:
        raise BadInput(f"{path.name} is empty: export or copy it again.")
    return _parse(data, suffix, path)


def _parse(data: bytes, suffix: str, path: Path) -> Surface:
    import io

    import trimesh

    damaged = f"{path.name} is damaged or no {suffix[1:].upper()} mesh: export or copy it again."
    try:
        with np.errstate(all="ignore"):
            mesh: Any = trimesh.load(
                io.BytesIO(data), file_type=suffix[1:], force="mesh", process=False, skip_materials=True, resolver=None
            )
            mesh.merge_vertices(merge_tex=True, merge_norm=True)
            vertices, faces = np.asarray(mesh.vertices), np.asarray(mesh.faces)
            colors = np.asarray(mesh.visual.vertex_colors)[:, :3] if mesh.visual.kind == "vertex" else None
    except Exception:  # trimesh's parsers raise whatever the damaged bytes happen to trip
        raise BadInput(damaged) from None
    if len(faces) == 0:
        raise BadInput(f"{path.name} holds no triangles: export it as a mesh, not as points or curves.")
    if not np.isfinite(vertices).all() or np.abs(vertices).max() > 1e30:
        raise BadInput(damaged)
    if suffix == ".glb":
        vertices = _z_up(vertices) / _METRES
    try:
        return Surface(vertices, faces, colors=colors, name=path.stem)
    except ValueError:  # a face that points outside the vertices
        raise BadInput(damaged) from None
