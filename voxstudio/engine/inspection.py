"""Look into a weights file of somebody else without running anything in it; its numbers are read when they are wanted.

A file may hold several sets of weights (a network and its running average, a generator and a discriminator, all of a
training run): each is a :class:`Part`. torch is imported for torch's own files only.
"""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.errors import BadCheckpoint

if TYPE_CHECKING:
    from torch import Tensor

    from voxstudio.core.card import Card
    from voxstudio.engine.checkpoint import Entry

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
"""What a file of weights is usually called."""
MOST_TENSORS = 50_000
MOST_PARTS = 24
DEEPEST = 12
AVERAGED = ("average", "averaged", "ema", "swa", "shadow")
"""Words in the names of running averages: better weights than the last ones, so they come first."""
SKIPPED = ("optim", "sched", "scaler", "callback", "loops", "rng", "random")
"""Words in the names of what only training needs."""
COUNTER = "num_batches_tracked"
"""Batch norm's counter: no network needs it to answer."""
_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2", "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8",
    "BOOL": "bool", "C64": "complex64",
}  # fmt: skip

Shape = tuple[int, ...]


@dataclass(frozen=True)
class TensorSpec:
    """Shape, type and size of one tensor; ``size_bytes`` is what its numbers take."""

    shape: Shape
    dtype: str
    size_bytes: int

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Part:
    """One set of weights in a file: where it stands (``""`` for all of the file) and its tensors in their order."""

    name: str
    tensors: Mapping[str, TensorSpec]

    @property
    def numbers(self) -> int:
        """How many numbers it holds in all."""
        return sum(spec.numbers for spec in self.tensors.values())

    @property
    def shapes(self) -> dict[str, Shape]:
        """Each tensor's shape, without batch norm's counters."""
        return {name: spec.shape for name, spec in self.tensors.items() if not name.endswith(COUNTER)}


@dataclass(frozen=True)
class ForeignFile:
    """What stands in a file: its parts (the likeliest first), its sha256, and what its writer noted in it."""

    path: Path
    size_bytes: int
    sha256: str
    parts: tuple[Part, ...]
    metadata: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def part(self, name: str) -> Part:
        """The part of that name; BadCheckpoint names those there are."""
        for part in self.parts:
            if part.name == name:
                return part
        known = ", ".join(part.name or "(all)" for part in self.parts)
        raise BadCheckpoint(f"{self.path} has no part {name!r}: its parts are {known}.")


def inspect_file(path: Path) -> ForeignFile:
    """Look into a file. Any worker's thread.

    Raises BadCheckpoint with one sentence: what it is instead, where it is damaged, or what it wants to run.
    """
    if path.is_dir():
        raise BadCheckpoint(f"{path} is a folder: choose the file of weights inside it.")
    if path.suffix.lower() not in SUFFIXES:
        raise BadCheckpoint(f"{path} is not called as a file of weights is: choose one of {', '.join(SUFFIXES)}.")
    digest, size = _digest(path)
    metadata: dict[str, str] = {}
    notes: list[str] = []
    if _is_safetensors(path):
        specs, metadata = _read_header(path)
        roots = _roots_of({(): specs})
    else:
        tensors, left_out = _sets_of(_load(path))
        if left_out:
            notes.append(f"{left_out} sparse, quantised or empty-handed tensors are left out.")
        roots = _roots_of({p: {n: _spec(t) for n, t in found.items()} for p, found in tensors.items()})
    if sum(len(found) for found in roots.values()) > 4 * MOST_TENSORS:
        raise BadCheckpoint(f"{path} holds more tensors than any network here has: choose another file.")
    if not roots:
        raise BadCheckpoint(f"{path} holds no named tensors: save the model's state_dict.")
    parts = tuple(Part(name, found) for name, found in _preferred(roots))
    return ForeignFile(path, size, digest, parts, metadata, tuple(notes))


def known_as(file: ForeignFile, known: Iterable[Entry]) -> tuple[Entry, ...]:
    """The checkpoints whose weights this file is, or that were made of this very file."""

    def same(card: Card) -> bool:
        imported = card.training.get("imported")
        origin = imported.get("sha256") if isinstance(imported, Mapping) else None
        return file.sha256 in (card.sha256, origin)

    return tuple(entry for entry in known if entry.card is not None and same(entry.card))


def known_in_words(entries: Sequence[Entry]) -> str:
    """That the library has it already, and under which names; empty if it has not."""
    titles = [(entry.name, entry.card.title if entry.card is not None else "") for entry in entries]
    names = [f"{name} (“{title}”)" if title not in ("", name) else name for name, title in titles]
    return f"It is in the library already, as {' and '.join(names)}." if names else ""


def read_tensors(file: ForeignFile, part: str, names: Iterable[str]) -> dict[str, Tensor]:
    """Read these tensors of one part, as they are stored.

    Raises BadCheckpoint if the file is not the one that was looked into, or is damaged.
    """
    if _digest(file.path)[0] != file.sha256:
        raise BadCheckpoint(f"{file.path} has changed since it was opened: open it again.")
    wanted = list(names)
    if _is_safetensors(file.path):
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(str(file.path), framework="pt") as opened:
                keys = frozenset(opened.keys())
                return {name: opened.get_tensor(_whole(part, name, keys)) for name in wanted}
        except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
            raise _damaged(file.path, error) from error
    sets, _ = _sets_of(_load(file.path))
    roots = _roots_of(sets)
    return {name: roots[part][name] for name in wanted}


def _whole(part: str, name: str, keys: frozenset[str]) -> str:
    """The name in the file of a tensor of a part."""
    whole = f"{part}.{name}" if part else name
    return whole if whole in keys else name


def _digest(path: Path) -> tuple[str, int]:
    """sha256 and size of a file."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = path.stat().st_size
    except OSError as error:
        raise BadCheckpoint(f"{path} cannot be read ({error.strerror or error}): choose another file.") from error
    if size == 0:
        raise BadCheckpoint(f"{path} is empty: copy or download it again.")
    return digest, size


def _is_safetensors(path: Path) -> bool:
    """By its suffix, or by its first bytes: some call every file ``.bin``."""
    if path.suffix.lower() == ".safetensors":
        return True
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:9] == b"{" and head[:2] != b"PK"


def _damaged(path: Path, error: BaseException) -> BadCheckpoint:
    words = " ".join(str(error).split())[:200] or type(error).__name__
    return BadCheckpoint(f"{path} is damaged or cut short ({words}): copy or download it again.")


# ---- safetensors -------------------------------------------------------------------------------


def _read_header(path: Path) -> tuple[dict[str, TensorSpec], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="np") as opened:
            specs = {}
            for name in opened.keys():  # noqa: SIM118 - not a mapping
                piece = opened.get_slice(name)
                shape, code = tuple(int(side) for side in piece.get_shape()), str(piece.get_dtype())
                specs[str(name)] = TensorSpec(shape, _DTYPES.get(code, code.lower()), math.prod(shape) * _width(code))
            return specs, {str(k): str(v) for k, v in (opened.metadata() or {}).items()}
    except (OSError, SafetensorError, ValueError, OverflowError, MemoryError) as error:
        raise _damaged(path, error) from error


def _width(code: str) -> int:
    """Bytes of one number of a safetensors type: its name ends in its bits, or they follow its letter."""
    bits = re.match(r"(?:BF|[A-Z])(\d+)", code)
    return max(1, int(bits.group(1)) // 8) if bits else 1


# ---- torch's own files -------------------------------------------------------------------------


def _load(path: Path) -> Any:
    """What a torch file holds: tensors and plain values. What it would run is named; there is no override."""
    import pickle

    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch tells of old pickles; the person is told in our own words
            try:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            except (RuntimeError, ValueError):  # the old format cannot be mapped
                return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)|class (\S+)", str(error))
        found = next((one for one in named.groups() if one), "code") if named else ""
        if not found:
            raise _damaged(path, RuntimeError("it is not a torch file")) from None
        raise BadCheckpoint(
            f"{path} wants to run {found} when it opens, so it was refused: ask for its state_dict or a safetensors "
            "file."
        ) from None
    except Exception as error:  # a damaged pickle can fail in any way
        if "TorchScript" in str(error):
            raise BadCheckpoint(
                f"{path} is a TorchScript program, so it was refused: ask for its state_dict."
            ) from None
        raise _damaged(path, RuntimeError(_first_line(error))) from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:160] or type(error).__name__


Path_ = tuple[str, ...]


def _sets_of(loaded: Any) -> tuple[dict[Path_, dict[str, Any]], int]:
    """Each dictionary inside that leads to tensors, by its path, with all tensors below it by dotted names."""
    import torch

    found: dict[Path_, dict[str, Any]] = {}
    seen: set[int] = set()
    left_out = 0

    def usable(value: torch.Tensor) -> bool:
        return value.layout == torch.strided and not value.is_quantized and value.device.type == "cpu"

    def walk(node: Mapping[Any, Any], path: Path_) -> dict[str, Any]:
        nonlocal left_out
        seen.add(id(node))
        here: dict[str, Any] = {}
        for key, value in node.items():
            if not isinstance(key, str) or len(here) > MOST_TENSORS:
                continue
            if isinstance(value, torch.Tensor):
                if usable(value):
                    here[key] = value
                else:
                    left_out += 1
            elif isinstance(value, Mapping) and id(value) not in seen and len(path) < DEEPEST:
                if any(word in key.lower() for word in SKIPPED):
                    continue
                here |= {f"{key}.{name}": tensor for name, tensor in walk(value, (*path, key)).items()}
        if here:
            found[path] = here
        return here

    if isinstance(loaded, Mapping):
        walk(loaded, ())
    return found, left_out


def _spec(tensor: Any) -> TensorSpec:
    numbers = math.prod(tensor.shape)
    return TensorSpec(
        tuple(int(side) for side in tensor.shape), str(tensor.dtype).removeprefix("torch."),
        numbers * tensor.element_size(),
    )  # fmt: skip


def _roots_of(sets: Mapping[Path_, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The sets of weights worth offering: a wrapper that only holds one other set makes way for it."""
    roots: dict[str, dict[str, Any]] = {}
    for path, tensors in sets.items():
        if len(path) > 3 or (path and len(tensors) < 2):
            continue
        wrapped = any(
            len(other) > len(path) and other[: len(path)] == path and len(inner) == len(tensors)
            for other, inner in sets.items()
            if len(other) <= 3
        )
        if not wrapped and not (len(path) > 1 and not _looks_whole(tensors)):
            roots[".".join(path)] = dict(tensors)
    for name, tensors in list(roots.items()):  # averages that stand in the same flat set, as Lightning keeps them
        for head in {key.split(".", 1)[0] for key in tensors if "." in key}:
            inner = {key.split(".", 1)[1]: value for key, value in tensors.items() if key.startswith(f"{head}.")}
            whole = f"{name}.{head}" if name else head
            if is_averaged(head) and 2 <= len(inner) < len(tensors) and whole not in roots:
                roots[whole] = inner
    return roots


def _looks_whole(tensors: Mapping[str, Any]) -> bool:
    """Not one layer inside a nested dictionary: its names say more than weight and bias."""
    return any("." in name for name in tensors)


def is_averaged(name: str) -> bool:
    """True if a name speaks of a running average."""
    return any(word in AVERAGED for word in re.split(r"[^a-z]+", name.lower()))


def _preferred(roots: Mapping[str, dict[str, TensorSpec]]) -> Iterator[tuple[str, dict[str, TensorSpec]]]:
    """Averages first, then the larger; a few dozen at most."""

    def rank(item: tuple[str, dict[str, TensorSpec]]) -> tuple[bool, int]:
        name, tensors = item
        return not is_averaged(name), -sum(spec.numbers for spec in tensors.values())

    yield from sorted(roots.items(), key=rank)[:MOST_PARTS]
