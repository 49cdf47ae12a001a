"""Which objects of a folder are learned from and which are kept to measure by, where nobody has said so."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

TEST_SHARE = 10
"""One object in this many belongs to the test split where a folder has no splits."""
VALIDATION_PERCENT = 7
"""Objects in a hundred of the training split that are set aside."""
FEW = 50
"""Up to so many objects of a class are counted out; of more, each falls where its own name's checksum says."""
LEAST = 5
"""A class of fewer objects is all for training."""


def split_of(name: str, tested: bool = True) -> str:
    """The split of an object by its name's checksum alone; ``tested`` False: it is a training object already."""
    if tested and zlib.crc32(name.encode()) % TEST_SHARE == 0:
        return "test"
    return "validation" if zlib.crc32(f"{name} validation".encode()) % 100 < VALIDATION_PERCENT else "train"


def divided(names: Sequence[str], tested: bool = True) -> list[str]:
    """The splits of the objects of one class, the same on every machine; ``tested`` as for :func:`split_of`.

    In a small class checksums alone might leave nothing to learn from, or nothing to measure by: there the objects
    with the lowest ones are taken, a tenth (at least one of five) for the test and 7 % (at least one of the five or
    more that are left) for validation.
    """
    count = len(names)
    if count > FEW:
        return [split_of(name, tested) for name in names]
    test = _part(count, 1 / TEST_SHARE) if tested else 0
    validation = _part(count - test, VALIDATION_PERCENT / 100)
    splits = ["train"] * count
    order = sorted(range(count), key=lambda k: (zlib.crc32(names[k].encode()), names[k]))
    for place, k in enumerate(order[: test + validation]):
        splits[k] = "test" if place < test else "validation"
    return splits


def _part(count: int, share: float) -> int:
    return max(1, round(share * count)) if count >= LEAST else 0
