"""Embeddings of a collection as one file, ``.voxmap``: a container whose vectors are read by memory map."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voxstudio.core.card import Card
from voxstudio.core.embedded import KINDS, Embedded, Source
from voxstudio.core.errors import BadInput
from voxstudio.data.container import Array, open_container, write_container

SUFFIX = ".voxmap"
KIND = "embeddings"
WHAT, CURE = "file of embeddings", "embed the collection again"
_SAID = ("checkpoint", "sha256", "title", "terms", "maker", "maker_sha256")


def save_embedded(path: Path, embedded: Embedded) -> None:
    """Write a collection's embeddings, complete or not at all; the same values give the same bytes.

    Raises CannotWrite if the disk refuses.
    """
    from voxstudio.engine.checkpoint import write_atomically

    sources = embedded.sources
    places = tuple(dict.fromkeys(source.place for source in sources))
    rank = {place: k for k, place in enumerate(places)}
    table = [(KINDS.index(s.kind), rank[s.place], s.index, s.view) for s in sources]
    about = {
        "kind": KIND,
        **{name: getattr(embedded, name) for name in _SAID},
        "resolution": embedded.resolution,
        "image_size": embedded.image_size,
        "class_names": list(embedded.class_names),
        "places": list(places),
        "names": list(embedded.names),
    }
    arrays: dict[str, Sequence[Array]] = {
        "vectors": [np.asarray(embedded.vectors, "<f4")],
        "domains": [np.asarray(embedded.domains, "|u1")],
        "labels": [np.asarray(embedded.labels, "<i4")],
        "sources": [np.asarray(table, "<i4").reshape(-1, 4)],
    }
    if embedded.codes is not None:
        arrays["codes"] = [np.asarray(embedded.codes, "<f4")]
    buffer = io.BytesIO()
    write_container(buffer, about, arrays)
    write_atomically(path, buffer.getvalue())


def load_embedded(path: Path, card: Card | None = None) -> Embedded:
    """Read what :func:`save_embedded` wrote; the vectors stay on disk until they are used.

    Raises BadInput in one sentence if the file is damaged, cut off or no such file, if it holds values that are no
    numbers, or if another checkpoint than ``card``'s made it.
    """
    path = Path(path)
    about, arrays = open_container(path, verify=True, what=WHAT, cure=CURE)
    if about.get("kind") != KIND:
        raise BadInput(f"{path} holds shapes, not their embeddings: embed them first.")
    try:
        found = _built(about, arrays)
    except (KeyError, TypeError, ValueError, IndexError):
        raise BadInput(f"{path} is not a usable {WHAT}: its parts do not fit together; {CURE}.") from None
    if card is not None:
        check_maker(found, card, path.name)
    return found


def _built(about: dict[str, Any], arrays: dict[str, Array]) -> Embedded:
    places = [str(place) for place in about["places"]]
    rows = arrays["sources"]
    if rows.ndim != 2 or rows.shape[1] != 4 or (len(rows) and int(rows[:, :2].min()) < 0):
        raise ValueError
    sources = tuple(Source(KINDS[k], places[p], i, v) for k, p, i, v in rows.tolist())
    codes = arrays.get("codes")
    if any(arrays[name].dtype != dtype for name, dtype in (("vectors", "<f4"), ("domains", "|u1"), ("labels", "<i4"))):
        raise ValueError
    if codes is not None and (codes.ndim != 2 or codes.dtype != np.dtype("<f4")):
        raise ValueError
    return Embedded(
        arrays["vectors"], arrays["domains"], tuple(str(name) for name in about["names"]),
        arrays["labels"].astype(np.int64), tuple(str(name) for name in about["class_names"]), sources,
        resolution=int(about["resolution"]), image_size=int(about["image_size"]), codes=codes,
        **{name: str(about[name]) for name in _SAID},
    )  # fmt: skip


def check_maker(embedded: Embedded, card: Card, where: str) -> None:
    """BadInput if another checkpoint than ``card``'s made these embeddings."""
    if embedded.sha256 != card.sha256:
        also = " of another version" if embedded.checkpoint == card.name else ""
        raise BadInput(
            f"{where} was made with the checkpoint {embedded.checkpoint or 'of no name'}{also}, not with {card.name}: "
            f"open that one, or embed the collection again."
        )
