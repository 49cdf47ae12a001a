"""One file of named arrays that are read by memory map: the bytes under a file of shapes.

Why a format of our own: an ``.npz`` is a zip, whose members cannot be mapped; a folder of ``.npy`` files is not
one thing that a person can copy, send or rename; HDF5 and its kin bring a library for what is a header and some
aligned bytes. The layout, little-endian throughout::

    8 bytes   b"VOXDATA" and the version, 1
    8 bytes   length H of the header
    4 bytes   CRC-32 of the header
    H bytes   the header, JSON: {"about": {...}, "arrays": {name: {dtype, shape, start, crc32}}}
    ...       the arrays, in C order, each starting at a multiple of 64 bytes

Whatever is damaged, cut off or foreign is a BadInput, never another exception: the header is checked by its CRC and
every array against the length of the file; an array's own CRC is checked where the caller says so.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput

MAGIC = b"VOXDATA\x01"
ALIGNMENT = 64
_PREFIX = len(MAGIC) + 8 + 4
_DTYPES = ("|u1", "|i1", "<u2", "<u4", "<i4", "<f4")
WHAT, CURE = "file of imported shapes", "import it again"
_SLICE = 1 << 24

Array = npt.NDArray[Any]


class Unusable(ValueError):
    """Why bytes are not a container: part of a sentence. It never leaves this floor."""


class Later(NamedTuple):
    """A part of an array that is loaded when it is written: thousands of open maps would exceed the system's limit."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    load: Callable[[], Array]


def is_container(path: Path) -> bool:
    """True if ``path`` is a file that begins as a container does, of whatever version."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(MAGIC) - 1) == MAGIC[:-1]
    except (OSError, ValueError):
        return False


def write_container(file: BinaryIO, about: Mapping[str, Any], arrays: Mapping[str, Sequence[Array | Later]]) -> None:
    """Write arrays, each given as parts that follow each other along axis 0.

    Only one part at a time is in memory if they are memory maps or :class:`Later`. The same values give the same
    bytes. ``file`` must be seekable.
    """
    table: dict[str, dict[str, Any]] = {}
    for name, parts in arrays.items():
        shape = [sum(part.shape[0] for part in parts), *parts[0].shape[1:]]
        table[name] = {"dtype": parts[0].dtype.str, "shape": shape, "start": "0" * 16, "crc32": "0" * 8}
    # Places and checks are written as words of fixed length, so that the header can be written twice.
    start = _aligned(_PREFIX + len(_header(about, table)))
    for entry in table.values():
        entry["start"] = f"{start:016x}"
        start = _aligned(start + int(np.prod(entry["shape"])) * np.dtype(entry["dtype"]).itemsize)
    for name, parts in arrays.items():
        file.seek(int(table[name]["start"], 16))
        check = 0
        for part in parts:
            given = part.load() if isinstance(part, Later) else part
            data = np.ascontiguousarray(given).reshape(-1).view(np.uint8)
            for first in range(0, len(data), _SLICE):
                piece = data[first : first + _SLICE].tobytes()
                check = zlib.crc32(piece, check)
                file.write(piece)
        table[name]["crc32"] = f"{check:08x}"
    file.truncate(start)
    header = _header(about, table)
    file.seek(0)
    file.write(MAGIC + len(header).to_bytes(8, "little") + zlib.crc32(header).to_bytes(4, "little") + header)


def _header(about: Mapping[str, Any], table: Mapping[str, Any]) -> bytes:
    return json.dumps({"about": about, "arrays": table}, separators=(",", ":")).encode()


def _aligned(place: int) -> int:
    return -(-place // ALIGNMENT) * ALIGNMENT


def open_container(
    path: Path, verify: bool = False, what: str = WHAT, cure: str = CURE
) -> tuple[dict[str, Any], dict[str, Array]]:
    """What a container says of itself, and its arrays as read-only memory maps.

    With ``verify`` every array is read and checked. Raises BadInput that names the file; ``what`` it should be and the
    ``cure`` are said there.
    """
    path = Path(path)
    try:
        raw: Array = np.asarray(np.memmap(path, np.uint8, mode="r"))  # a plain view: slices of it are cheap
    except (OSError, ValueError) as error:  # numpy's word for an empty file is a ValueError
        reason = getattr(error, "strerror", None) or "it is empty"
        raise BadInput(f"{path} cannot be opened ({reason}): check that it is a {what}.") from None
    return parse_container(raw, str(path), verify, what, cure)


def parse_container(
    raw: Array, where: str, verify: bool = False, what: str = WHAT, cure: str = CURE
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The same from bytes, uint8 ``[length]``; ``where`` names them in the sentence. Raises BadInput."""
    try:
        about, table = _read_header(raw)
        arrays = {str(name): _view(raw, str(name), entry) for name, entry in table.items()}
        if verify:
            check_arrays(arrays, table, tuple(arrays))
    except Unusable as error:
        raise BadInput(f"{where} is not a usable {what}: {error}; {cure}.") from None
    return {**about, "_table": table}, arrays


def check_arrays(arrays: Mapping[str, Array], table: Mapping[str, Any], names: Sequence[str]) -> None:
    """Compare the named arrays with their CRCs. Raises Unusable that names the first damaged one."""
    for name in names:
        data = np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8)
        if f"{zlib.crc32(data.data):08x}" != table[name].get("crc32"):
            raise Unusable(f"its part {name} is damaged")


def _read_header(raw: Array) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(raw) < _PREFIX or raw[: len(MAGIC) - 1].tobytes() != MAGIC[:-1]:
        raise Unusable("it does not begin as one")
    if raw[len(MAGIC) - 1] != MAGIC[-1]:
        raise Unusable("another version of VoxStudio wrote it")
    length = int.from_bytes(raw[len(MAGIC) : len(MAGIC) + 8].tobytes(), "little")
    if length > len(raw) - _PREFIX:
        raise Unusable("it ends within its header")
    data = raw[_PREFIX : _PREFIX + length].tobytes()
    if zlib.crc32(data) != int.from_bytes(raw[_PREFIX - 4 : _PREFIX].tobytes(), "little"):
        raise Unusable("its header is damaged")
    try:
        header = json.loads(data)
    except (ValueError, RecursionError):
        raise Unusable("its header cannot be read") from None
    about, table = (header.get(key) if isinstance(header, dict) else None for key in ("about", "arrays"))
    if not isinstance(about, dict) or not isinstance(table, dict):
        raise Unusable("its header lacks a part")
    return about, table


def _view(raw: Array, name: str, entry: Any) -> Array:
    """One array as a view of the bytes, after a check of everything that the header says of it."""
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or not shape or not all(type(n) is int and 0 <= n < 1 << 48 for n in shape):
        raise Unusable(f"the shape of its part {name} makes no sense")
    if entry.get("dtype") not in _DTYPES or len(shape) > 6:
        raise Unusable(f"its part {name} holds something unknown")
    try:
        start = int(entry["start"], 16)
    except (KeyError, TypeError, ValueError):
        raise Unusable(f"the place of its part {name} makes no sense") from None
    dtype = np.dtype(entry["dtype"])
    size = dtype.itemsize
    for n in shape:  # Python's integers: no overflow
        size *= n
    if not 0 <= start <= len(raw) - size or start % ALIGNMENT:
        raise Unusable(f"it ends before its part {name} does")
    result: Array = raw[start : start + size].view(dtype).reshape(shape)
    return result
