"""Make a checkpoint of the library out of somebody else's weights: family, sizes, names, and what they can do."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadCheckpoint, BadInput, CannotWrite
from voxstudio.core.recipe import Recipe
from voxstudio.engine.checkpoint import read_card
from voxstudio.engine.family import Family, Progress, Settled, quiet
from voxstudio.engine.inspection import ForeignFile, Part, is_averaged, known_as, read_tensors
from voxstudio.engine.matching import CHOSEN, REMEMBERED, Difference, Pair, difference, overlap, suggest
from voxstudio.families import families, family
from voxstudio.lab.checkpoint_names import check_name
from voxstudio.lab.renamings import Remembered, recall, remember

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor

    from voxstudio.engine.checkpoint import Entry

Shape = tuple[int, ...]
MOST_FITS = 12
ISO_LEVEL = 0.5
ABLE = {"reconstruct": "reads pictures", "generate": "makes objects from noise", "embed": "maps shapes and pictures"}


@dataclass(frozen=True)
class Fit:
    """A family in certain sizes, tried on one part of a file.

    ``score`` is the share of numbers in tensors of equal shape, of all numbers in the part or in the network.
    """

    family: str
    part: str
    recipe: Recipe
    wanted: Mapping[str, Shape]
    score: float
    model: str = ""
    """Name of the checkpoint whose sizes these are; empty if they were read off the tensors."""
    network: Mapping[str, Any] = field(default_factory=dict)


def fits(file: ForeignFile, known: Collection[Entry] = (), only: str | None = None) -> tuple[Fit, ...]:
    """Every family that shares tensors with a part of the file, the best first; averages before last weights.

    Families that read their sizes off the tensors come with one size or two; the others with the sizes of the
    checkpoints in ``known``. ``only`` names one family; BadInput if there is none of that name.
    """
    chosen = [family(only)] if only else list(families().values())
    found: list[Fit] = []
    for part in file.parts:
        shapes = list(part.shapes.values())
        for record in chosen:
            for recipe, wanted, model, network in _candidates(record, shapes, known):
                score = overlap(shapes, wanted.values())
                if score > 0.0:
                    found.append(Fit(record.key, part.name, recipe, wanted, score, model, network))
    found.sort(key=_rank, reverse=True)
    return tuple(found[:MOST_FITS])


def _rank(fit: Fit) -> tuple[float, bool]:
    return round(fit.score, 4), is_averaged(fit.part)


_Candidate = tuple[Recipe, Mapping[str, Shape], str, Mapping[str, Any]]


def _candidates(record: Family, shapes: Sequence[Shape], known: Collection[Entry]) -> list[_Candidate]:
    if record.guesser:
        guesser = record.load("guesser")
        return [(recipe, guesser.wanted(recipe), "", {}) for recipe in guesser.recipes(shapes)]
    found: list[_Candidate] = []
    for entry in known:
        card = entry.card
        if card is None or card.family != record.key or entry.problem or "recipe" not in card.network:
            continue
        wanted = {name: tuple(spec[1]) for name, spec in card.tensors.items()}
        found.append((record.recipe_class().from_json(card.network["recipe"]), wanted, entry.name, card.network))
    return found


@dataclass(frozen=True)
class Proposal:
    """One part of a file as one family: which tensor is which, what differs, and what it could do. Frozen.

    ``options`` are options of the recipe set by hand; ``whole_parts`` leaves out parts of which tensors are missing.
    """

    file: ForeignFile
    part: Part
    fit: Fit
    pairs: Mapping[str, Pair]
    misshapen: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    whole_parts: bool = False

    @cached_property
    def difference(self) -> Difference:
        """Missing, extra and misshapen tensors."""
        return difference(self.part.shapes, self.fit.wanted, self.pairs, self.misshapen)

    @cached_property
    def renamed(self) -> tuple[Pair, ...]:
        """Pairs whose names differ, in the network's order."""
        return tuple(self.pairs[name] for name in self.fit.wanted if _is_renamed(self.pairs.get(name)))

    @property
    def guesses(self) -> tuple[Pair, ...]:
        """Pairs that a person should look at before the file is added."""
        return tuple(pair for pair in self.renamed if not pair.sure)

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe with the options that were set by hand; BadInput if one cannot be."""
        return self.fit.recipe.changed(**dict(self.options))

    @cached_property
    def settled(self) -> Settled:
        """What the family makes of it."""
        there = frozenset(self.pairs)
        record = family(self.fit.family)
        if record.guesser:
            settled: Settled = record.load("guesser").settle(self.recipe, there, self.whole_parts)
            return settled
        lacking = sorted(set(self.fit.wanted) - there)
        problem = ""
        if lacking:
            named = ", ".join(lacking[:3]) + (", ..." if len(lacking) > 3 else "")
            problem = (
                f"{len(lacking)} of the network's {len(self.fit.wanted)} tensors are missing ({named}): find them."
            )
        network = {**self.fit.network, "recipe": self.recipe.to_json()}
        return Settled(record.capabilities, self.recipe, network, there, problem=problem)

    @property
    def unnamed(self) -> tuple[str, ...]:
        """Classes whose names neither a card nor a person told, as they are called meanwhile."""
        guessed = bool(family(self.fit.family).guesser) and "classes" not in self.options
        return tuple(getattr(self.recipe, "classes", ())) if guessed else ()

    @property
    def problem(self) -> str:
        """Why it cannot be added as it stands, or empty. Guesses are no problem, but want confirming."""
        return self.settled.problem

    @property
    def is_mended_by_whole_parts(self) -> bool:
        """True if it could be added without the parts of which tensors are missing."""
        return bool(self.problem) and not replace(self, whole_parts=True).problem

    def with_name(self, wanted: str, found: str | None) -> Proposal:
        """Take ``found`` for ``wanted`` (None: nothing); BadInput if there is no such tensor or shapes differ."""
        if wanted not in self.fit.wanted:
            raise BadInput(f"{family(self.fit.family).title} has no tensor {wanted!r}: see the list of its names.")
        pairs = {name: pair for name, pair in self.pairs.items() if name != wanted and pair.found != found}
        if found is not None:
            shapes = self.part.shapes
            if found not in shapes:
                raise BadInput(f"{self.file.path.name} has no tensor {found!r}: see the list of its tensors.")
            if shapes[found] != self.fit.wanted[wanted]:
                raise BadInput(
                    f"{found} has the shape {list(shapes[found])}, but {wanted} needs {list(self.fit.wanted[wanted])}."
                )
            pairs[wanted] = Pair(found, wanted, CHOSEN)
        return replace(self, pairs=pairs)

    def confirmed(self, wanted: Collection[str] | None = None) -> Proposal:
        """The guesses for these tensors (None: all) are right."""
        pairs = {
            name: replace(pair, why=CHOSEN) if not pair.sure and (wanted is None or name in wanted) else pair
            for name, pair in self.pairs.items()
        }
        return replace(self, pairs=pairs)

    def doubted(self, wanted: str) -> Proposal:
        """The name of this tensor is a guess after all."""
        from voxstudio.engine.matching import LIKELY

        pair = self.pairs[wanted]
        return replace(self, pairs={**self.pairs, wanted: replace(pair, why=LIKELY)})

    def candidates(self, wanted: str) -> tuple[str, ...]:
        """The file's tensors of the shape that ``wanted`` needs, unused ones first."""
        shape, used = self.fit.wanted[wanted], {pair.found for pair in self.pairs.values()}
        found = [name for name, one in self.part.shapes.items() if one == shape]
        return tuple(sorted(found, key=used.__contains__))


def _is_renamed(pair: Pair | None) -> bool:
    return pair is not None and pair.found != pair.wanted


def propose(file: ForeignFile, fit: Fit, known: Collection[Entry] = ()) -> Proposal:
    """Pair the names: as the person confirmed for such a file before, else as they look.

    ``known`` are the checkpoints of the library: one of the same weights tells the names of the classes.
    """
    part = file.part(fit.part)
    shapes = part.shapes
    before = recall(fit.family, shapes)
    if before is not None:
        pairs = {
            new: Pair(old, new, REMEMBERED)
            for new, old in before.names.items()
            if new in fit.wanted and shapes.get(old) == fit.wanted[new]
        }
        if len(pairs) == len(before.names):
            return Proposal(file, part, fit, pairs, (), _usable(fit, before.options))
    pairs, misshapen = suggest(shapes, fit.wanted)
    return _with_classes(Proposal(file, part, fit, pairs, misshapen), known)


def _with_classes(proposal: Proposal, known: Collection[Entry]) -> Proposal:
    """The proposal with the classes that a card tells of these weights: of a twin in the library, or beside the file.

    Tensors do not name classes; a card that fits another network says nothing.
    """
    cards = [entry.card for entry in known_as(proposal.file, known) if entry.card is not None]
    with contextlib.suppress(BadCheckpoint):
        cards.append(read_card(proposal.file.path.parent))
    for card in cards:
        if card.family == proposal.fit.family and card.classes and hasattr(proposal.recipe, "classes"):
            with contextlib.suppress(BadInput):
                return set_options(proposal, {"classes": card.classes})
    return proposal


def _usable(fit: Fit, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that this VoxStudio still knows."""
    try:
        fit.recipe.changed(**dict(options))
    except BadInput:
        return {}
    return dict(options)


def set_options(proposal: Proposal, options: Mapping[str, Any]) -> Proposal:
    """Set options of the recipe that shapes do not tell (classes, image size); BadInput if the network would change."""
    made = replace(proposal, options={**proposal.options, **options})
    recipe = made.recipe
    record = family(proposal.fit.family)
    if record.guesser and dict(record.load("guesser").wanted(recipe)) != dict(proposal.fit.wanted):
        named = ", ".join(f"{name}={_told(value)}" for name, value in options.items())
        raise BadInput(f"With {named} the network has other tensors than the file: set what the shapes leave open.")
    return made


def _told(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def adopt(
    proposal: Proposal, name: str, library: Path, taken: Collection[str] = (), progress: Progress = quiet
) -> Path:
    """Write the checkpoint ``library/name``, try it out, remember the names; returns its folder.

    All or nothing, and nothing is overwritten. Raises BadInput for guesses that were not confirmed and for a name that
    cannot be, BadCheckpoint for weights that cannot work, CannotWrite if the disk refuses.
    """
    from voxstudio.engine.checkpoint import save_checkpoint
    from voxstudio.lab.opening import open_any

    name = check_name(name, taken)
    if proposal.guesses:
        count, first = len(proposal.guesses), proposal.guesses[0]
        raise BadInput(
            f"{count} of the names in {proposal.file.path.name} are guessed, first {first.found} for {first.wanted}: "
            "look at them and confirm them, or change them."
        )
    settled = proposal.settled
    if settled.problem:
        raise BadCheckpoint(f"{proposal.file.path.name} cannot be added. {settled.problem}")
    target = library / name
    if target.exists():
        raise BadInput(f"The folder {target} exists already: choose another name; nothing is overwritten.")
    progress(0.1, f"Reading {proposal.file.path.name}")
    tensors = _weights(proposal, settled)
    try:
        library.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".adopting-", dir=library.parent))
    except OSError as error:
        raise CannotWrite(
            f"{target} cannot be written ({error.strerror}): free space or choose another folder."
        ) from error
    try:
        progress(0.5, f"Writing {name}")
        save_checkpoint(
            draft / name, tensors, _card(proposal, settled, name), settled.recipe.to_json(), _exact(tensors)
        )
        progress(0.7, f"Trying {name}")
        _rehearse(open_any(draft / name, "cpu"), proposal)
        progress(0.9, f"Adding {name}")
        try:
            (draft / name).rename(target)
        except OSError as error:
            raise CannotWrite(f"{target} cannot be written ({error.strerror}): choose another name.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    names = {new: pair.found for new, pair in proposal.pairs.items()}
    remember(proposal.fit.family, proposal.part.shapes, Remembered(names, _plain(proposal.options)))
    return target


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}


def _weights(proposal: Proposal, settled: Settled) -> dict[str, Tensor]:
    """The kept tensors under our names, as floating-point numbers, with what is filled in."""
    import torch

    pairs = [proposal.pairs[name] for name in sorted(settled.names) if name in proposal.pairs]
    read = read_tensors(proposal.file, proposal.part.name, [pair.found for pair in pairs])
    made: dict[str, Tensor] = {}
    for pair in pairs:
        tensor = read[pair.found].detach()
        if tensor.is_complex():
            raise BadCheckpoint(
                f"{pair.found} in {proposal.file.path.name} holds complex numbers: no network here does."
            )
        tensor = tensor.float().contiguous().clone()
        if not bool(torch.isfinite(tensor).all()):
            raise BadCheckpoint(
                f"{pair.found} in {proposal.file.path.name} holds numbers that are not finite: ask for an earlier save."
            )
        made[pair.wanted] = tensor
    for name, values in settled.filled.items():
        if name not in made:
            made[name] = _tensor(values)
    return made


def _tensor(values: npt.NDArray[np.float32]) -> Tensor:
    import torch

    return torch.from_numpy(values.copy())


def _exact(tensors: Mapping[str, Tensor]) -> bool:
    """True if half precision would change a number: then the file's own precision is kept."""
    import torch

    return any(not torch.equal(tensor.half().float(), tensor) for tensor in tensors.values())


def _card(proposal: Proposal, settled: Settled, name: str) -> Card:
    file, record = proposal.file, family(proposal.fit.family)
    origin = f"imported from {file.path.name}, sha256 {file.sha256}"
    part = f" (its part {proposal.part.name})" if proposal.part.name else ""
    can = [ABLE.get(one, one) for one in settled.capabilities]
    return Card(
        name=name,
        family=record.key,
        title=name,
        summary=f"Somebody else's {record.title}: it {' and '.join(can) or 'has a task of its own'}.",
        resolution=int(getattr(settled.recipe, "resolution", 32)),
        iso_level=ISO_LEVEL,
        classes=tuple(getattr(settled.recipe, "classes", ())),
        network=dict(settled.network),
        data={"title": f"unknown data; {origin}{part}"},
        training={"imported": {"file": file.path.name, "sha256": file.sha256, "part": proposal.part.name}},
        recipe_digest=settled.recipe.digest(),
        licence="unknown: ask whom you have the file from",
        citation=record.citation,
        notes=settled.notes,
    )


def _rehearse(model: Any, proposal: Proposal) -> None:
    """Let it answer once; BadCheckpoint if the answer is no shape."""
    import numpy as np

    from voxstudio.engine.family import Generator, Reconstructor

    def check(values: Any) -> None:
        if not np.isfinite(values).all():
            raise BadCheckpoint(
                f"{proposal.file.path.name} answers with numbers that are not finite: check the renamed tensors."
            )

    if isinstance(model, Reconstructor):
        size = model.image_size
        check(model.reconstruct(np.full((1, size, size, 4), 128, np.uint8), model.fusions[0]).values)
    if isinstance(model, Generator):
        check(model.decode(model.draw(0)).values)
