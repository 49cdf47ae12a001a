"""``voxstudio map COLLECTION -o map.svg`` and ``voxstudio search QUERY --in COLLECTION``."""

from __future__ import annotations

import argparse
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome, say
from voxstudio.core.errors import BadInput

if TYPE_CHECKING:
    from voxstudio.core.embedded import Embedded
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.engine.family import Embedder

WHAT = "parametric, samples:CHECKPOINT, a .voxmap file, a file of shapes, or a folder of meshes or pictures"
METHODS = ("tsne", "clusters", "pca")
MOST = 1000


def add_map_options(parser: argparse.ArgumentParser) -> None:
    """What ``map`` takes."""
    parser.add_argument("collection", metavar="COLLECTION", help=WHAT)
    parser.add_argument("-o", "--output", metavar="FILE", help=".svg, .png, .pdf, or .csv for the coordinates")
    parser.add_argument("--save", metavar="FILE", help="also keep the embeddings as a .voxmap file")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="tsne",
        help="clusters is t-SNE drawn together as UMAP does (default: tsne)",
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same map (default: 0)")
    parser.add_argument("--colour-by", choices=("class", "domain"), default="class")
    _common(parser)


def add_search_options(parser: argparse.ArgumentParser) -> None:
    """What ``search`` takes."""
    parser.add_argument("query", metavar="QUERY", help="a picture or a mesh")
    parser.add_argument("--in", dest="collection", metavar="COLLECTION", default="parametric", help=WHAT)
    parser.add_argument("--top", type=int, default=10, metavar="K", help="neighbours that are told (default: 10)")
    parser.add_argument(
        "--among", choices=("shape", "image", "both"), help="default: shapes for a picture, pictures for a shape"
    )
    _common(parser)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--views", type=int, default=0, metavar="N", help="also embed N drawn pictures of each shape")
    parser.add_argument("--embedder", metavar="NAME", help="the checkpoint that embeds (default: the first there is)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")


def map_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio map``."""
    from voxstudio.cli import commands
    from voxstudio.data.embedded_file import SUFFIX, save_embedded
    from voxstudio.evaluation.flat_map import flat_map
    from voxstudio.lab.map_picture import SUFFIXES, write_map

    if not arguments.output and not arguments.save:
        raise BadInput("Say where to: -o map.svg for a picture, -o map.csv for coordinates, or --save for embeddings.")
    output = commands._writable(arguments.output, SUFFIXES) if arguments.output else None
    kept = commands._writable(arguments.save, (SUFFIX,)) if arguments.save else None
    if not 0 <= arguments.seed < 2**32:
        raise BadInput(f"A seed of a map is a whole number from 0 to 2^32 - 1, not {arguments.seed}.")
    there = _Embedding(arguments).collection
    written = []
    if kept is not None:
        save_embedded(kept, there)
        written.append(kept)
    if output is not None:
        found = flat_map(there.vectors, arguments.method, arguments.seed, commands.progress_line())
        written.append(write_map(output, there, found.places, arguments.method, arguments.colour_by))
    document = {
        "collection": there.title, "points": len(there), "shapes": len(there.of_domain("shape")),
        "images": len(there.of_domain("image")), "dimensions": there.dimensions, "checkpoint": there.checkpoint,
        "method": arguments.method, "seed": arguments.seed, "classes": list(there.class_names),
        "written": [str(path) for path in written],
    }  # fmt: skip
    lines = [f"{there.title}: {len(there):,} points of {there.dimensions} dimensions, by {there.checkpoint}."]
    return Outcome(document, "\n".join([*lines, *(f"Wrote {path}." for path in written)]))


def search_command(arguments: argparse.Namespace) -> Outcome:
    """``voxstudio search``."""
    from voxstudio.evaluation.neighbours import Neighbours
    from voxstudio.lab.map_search import other_domain, ranked, read_query

    if not 1 <= arguments.top <= MOST:
        raise BadInput(f"--top lies between 1 and {MOST:,}, not {arguments.top}.")
    at_work = _Embedding(arguments)
    query = read_query(at_work.model, Path(arguments.query))
    if query.note:
        say(f"voxstudio: {query.name}: {query.note}")
    there = at_work.collection
    among = arguments.among or other_domain(query.domain, there)
    if among != "both" and not len(there.of_domain(among)):
        raise BadInput(f"There are no {among}s in {there.title}: use --among both, or embed pictures with --views 1.")
    hits = ranked(there, Neighbours(there.vectors), query.vector, arguments.top, among)
    document = {
        "query": query.name, "collection": there.title, "points": len(there), "checkpoint": there.checkpoint,
        "among": among, "hits": [{**vars(hit), "source": there.sources[hit.index]._asdict()} for hit in hits],
    }  # fmt: skip
    lines = [f"{hit.rank:>4}  {hit.distance:8.4f}  {hit.domain:<6} {hit.class_name:<12} {hit.name}" for hit in hits]
    return Outcome(document, "\n".join([f"Nearest to {query.name} in {there.title} ({len(there):,} points):", *lines]))


class _Embedding:
    """The embedder and the collection that were named; the model is opened only if it is needed."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from voxstudio.engine.places import checkpoint_folders

        if not 0 <= arguments.views <= 32:
            raise BadInput(f"--views lies between 0 and 32, not {arguments.views}.")
        self._arguments, self._folders = arguments, checkpoint_folders()

    @cached_property
    def entry(self) -> Entry:
        """The checkpoint that embeds."""
        from voxstudio.engine.checkpoint import catalogue
        from voxstudio.engine.places import find_checkpoint
        from voxstudio.lab.embedding import can_embed, embedders

        if self._arguments.embedder:
            entry = find_checkpoint(self._arguments.embedder, self._folders)
            if not can_embed(entry.card):
                raise BadInput(f"The checkpoint {entry.name} puts nothing into a map: choose one that embeds.")
            return entry
        found = embedders(catalogue(self._folders))
        if not found:
            raise BadInput("There is no checkpoint that embeds shapes and pictures yet: train one of family triplet.")
        return found[0]

    @cached_property
    def model(self) -> Embedder:
        """The open model."""
        from voxstudio.lab.embedding import open_embedder

        return open_embedder(self.entry.folder, self._arguments.device)

    @cached_property
    def collection(self) -> Embedded:
        """The embeddings, read or made."""
        from voxstudio.cli import commands
        from voxstudio.engine.places import find_checkpoint
        from voxstudio.lab.embedding import SAMPLES, Wanted, open_collection

        assert self.entry.card is not None
        word, _, name = self._arguments.collection.partition(":")
        generator = find_checkpoint(name, self._folders).folder if word == SAMPLES and name else None
        wanted = Wanted(self._arguments.collection, self._arguments.views, generator)
        left: list[str] = []

        def left_out(name: str, reason: str) -> None:
            left.append(f"voxstudio: {name} was left out: {reason}")

        options: Any = {"left_out": left_out, "device": self._arguments.device}
        found = open_collection(
            wanted, self.entry.folder, self._open, self.entry.card, commands.progress_line(), **options
        )
        for line in left[:5]:
            say(line)
        if len(left) > 5:
            say(f"voxstudio: {len(left) - 5:,} more were left out.")
        return found

    def _open(self) -> Embedder:
        return self.model
