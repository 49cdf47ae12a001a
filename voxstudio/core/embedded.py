"""Embedded: shapes and pictures of shapes as points of one space, each with what it takes to make it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput

DOMAINS = ("shape", "image")
KINDS = ("parametric", "held-out", "store", "mesh", "picture", "snapshot", "sample")
"""Where a point may come from; :class:`Source` says what ``place`` and ``index`` mean for each."""
SHAPE, IMAGE = 0, 1
NO_VIEW = -1


class Source(NamedTuple):
    """What a point was made from. Two points of one object differ in ``view`` alone.

    ========== ============================== =====================
    kind       place                          index
    ========== ============================== =====================
    parametric class                          seed
    held-out   class                          seed (held-out object)
    store      path of a file or folder       index in it
    mesh       path of a file                 0
    picture    path of a file                 0
    snapshot   what made it                   its number
    sample     folder of a generator          seed
    ========== ============================== =====================

    ``view``: seed of the drawn picture, :data:`NO_VIEW` for the shape itself.
    """

    kind: str
    place: str
    index: int = 0  # type: ignore[assignment]  # tuple.index is of no use here
    view: int = NO_VIEW

    @property
    def object(self) -> Source:
        """The same without its view: what the points of one object have in common."""
        return self._replace(view=NO_VIEW)


@dataclass(frozen=True, eq=False)
class Embedded:
    """N points of a D-dimensional space in which near means alike.

    Parameters
    ----------
    vectors: float32 ``[N, D]``, finite; may be a memory map.
    domains: uint8 ``[N]``, indices into :data:`DOMAINS`.
    names: one name per point. labels: int64 ``[N]``, indices into ``class_names``.
    sources: what each point was made from.
    checkpoint, sha256: the embedder that made them all; distances to what another one made mean nothing.
    resolution, image_size: what the embedder looked at: voxels along each axis, pixels of a view.
    codes: float32 ``[N, Z]`` of the generator ``maker`` (its folder's name) with ``maker_sha256``, the columns in the
        order of its layout; a row of NaN is a point without a code. None if no point has one.
    terms: licence or terms of use of the data, one sentence.

    Raises BadInput for vectors that are no numbers, ValueError for arrays that do not fit together.
    """

    vectors: npt.NDArray[np.float32]
    domains: npt.NDArray[np.uint8]
    names: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    sources: tuple[Source, ...]
    checkpoint: str = ""
    sha256: str = ""
    title: str = ""
    terms: str = ""
    resolution: int = 64
    image_size: int = 96
    codes: npt.NDArray[np.float32] | None = None
    maker: str = ""
    maker_sha256: str = ""

    def __post_init__(self) -> None:
        count = len(self.vectors)
        if self.vectors.ndim != 2 or self.vectors.shape[1] < 1:
            raise ValueError(f"vectors must be [N, D], not {self.vectors.shape}")
        codes = self.codes if self.codes is not None else self.vectors
        parts = (self.domains, self.names, self.labels, self.sources, codes)
        if any(len(part) != count for part in parts):
            raise ValueError("vectors, domains, names, labels, sources and codes must have the same length")
        if count and (int(self.domains.max()) > IMAGE or int(self.labels.min()) < 0):
            raise ValueError("a domain or a label is out of range")
        if count and int(self.labels.max()) >= len(self.class_names):
            raise ValueError("a label has no class name")
        if any(source.kind not in KINDS for source in self.sources):
            raise ValueError("a source is of an unknown kind")
        check_finite(self.vectors, self.names, self.title or "this collection")

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimensions(self) -> int:
        """D."""
        return int(self.vectors.shape[1])

    def class_of(self, index: int) -> str:
        """Name of one point's class."""
        return self.class_names[int(self.labels[index])]

    def of_domain(self, domain: str) -> npt.NDArray[np.int64]:
        """Indices of the points of ``"shape"`` or ``"image"``."""
        return np.flatnonzero(self.domains == DOMAINS.index(domain))

    def objects(self) -> npt.NDArray[np.int64]:
        """A number for each point, the same for all points of one object, int64 ``[N]``."""
        seen: dict[Source, int] = {}
        return np.array([seen.setdefault(source.object, len(seen)) for source in self.sources], np.int64)

    def subset(self, indices: npt.ArrayLike) -> Embedded:
        """The chosen points, in the given order."""
        chosen = np.asarray(indices, dtype=np.int64)
        return replace(
            self,
            vectors=np.asarray(self.vectors[chosen]),
            domains=self.domains[chosen],
            names=tuple(self.names[int(i)] for i in chosen),
            labels=self.labels[chosen],
            sources=tuple(self.sources[int(i)] for i in chosen),
            codes=self.codes[chosen] if self.codes is not None else None,
        )

    @classmethod
    def of(
        cls, vectors: npt.ArrayLike, domain: str, names: Sequence[str], classes: Sequence[str],
        sources: Sequence[Source], **said: object,
    ) -> Embedded:  # fmt: skip
        """Points of one domain, each with the name of its class; ``said`` are the other fields."""
        class_names = tuple(dict.fromkeys(classes))
        rows = np.asarray(vectors, np.float32)
        return cls(
            rows, np.full(len(rows), DOMAINS.index(domain), np.uint8), tuple(names),
            np.array([class_names.index(name) for name in classes], np.int64), class_names, tuple(sources),
            **said,  # type: ignore[arg-type]  # the remaining fields, named by whoever calls
        )  # fmt: skip


def joined(parts: Sequence[Embedded]) -> Embedded:
    """All points of several collections that one checkpoint made, for example shapes and pictures of them.

    Raises BadInput if their checkpoints differ, or if two of them have codes of different generators.
    """
    first = parts[0]
    for part in parts[1:]:
        if (part.sha256, part.dimensions) != (first.sha256, first.dimensions):
            raise BadInput(
                f"{part.title or 'This collection'} was embedded with {part.checkpoint or 'another checkpoint'}, "
                f"{first.title or 'the other'} with {first.checkpoint or 'another'}: embed them with the same one."
            )
    coded = [part for part in parts if part.codes is not None]
    if len({(part.maker, part.maker_sha256) for part in coded}) > 1:
        raise BadInput("The codes in these collections belong to different generators: join those of one.")
    class_names = tuple(dict.fromkeys(name for part in parts for name in part.class_names))
    tables = [np.array([class_names.index(name) for name in part.class_names], np.int64) for part in parts]
    codes = None
    if coded:
        wide = coded[0].codes.shape[1]  # type: ignore[union-attr]  # those without codes were left out
        empty = [np.full((len(part), wide), np.nan, np.float32) for part in parts]
        codes = np.concatenate([e if p.codes is None else p.codes for p, e in zip(parts, empty, strict=True)])
    return replace(
        coded[0] if coded else first,
        vectors=np.concatenate([part.vectors for part in parts]),
        domains=np.concatenate([part.domains for part in parts]),
        names=tuple(name for part in parts for name in part.names),
        labels=np.concatenate([table[part.labels] for table, part in zip(tables, parts, strict=True)]),
        class_names=class_names,
        sources=tuple(source for part in parts for source in part.sources),
        codes=codes,
        title=first.title,
        terms=" ".join(dict.fromkeys(part.terms for part in parts if part.terms)),
    )


def check_finite(vectors: npt.NDArray[np.float32], names: Sequence[str], title: str) -> None:
    """BadInput that names the first point whose vector holds anything but numbers."""
    good = np.isfinite(vectors).all(axis=1)
    if not good.all():
        worst = int(np.flatnonzero(~good)[0])
        raise BadInput(
            f"{int((~good).sum())} of {len(vectors):,} embeddings in {title} are not numbers (the first is "
            f"{names[worst]}): embed it again with a checkpoint that was trained to its end."
        )
