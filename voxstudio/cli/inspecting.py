"""``voxstudio inspect``: look into a weights file of somebody else, and add it to the library."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.core.errors import BadCheckpoint, BadInput

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.engine.inspection import ForeignFile
    from voxstudio.lab.adopting import Fit, Proposal


def inspect_command(arguments: Namespace) -> Outcome:
    """``voxstudio inspect FILE [--family F] [--part P] [--map old=new] [--set option=value] [--adopt NAME]``."""
    from voxstudio.engine.checkpoint import catalogue
    from voxstudio.engine.inspection import inspect_file, known_as
    from voxstudio.engine.places import checkpoint_folders, own_checkpoints
    from voxstudio.lab.adopting import adopt, fits
    from voxstudio.lab.checkpoint_names import check_name

    known = catalogue(checkpoint_folders())
    taken = [entry.name for entry in known]
    if arguments.adopt is not None:
        check_name(arguments.adopt, taken)
    file = inspect_file(Path(arguments.file))
    already = known_as(file, known)
    found = fits(file, known, arguments.family)
    if arguments.part is not None:
        part = file.part(arguments.part).name
        found = tuple(fit for fit in found if fit.part == part)
    if not found:
        if arguments.adopt is not None:
            raise BadCheckpoint(f"{file.path.name} shares no tensor with any family here, so it cannot be added.")
        part = arguments.part if arguments.part is not None else file.parts[0].name
        return Outcome(_document(file, part, found, None, already), _text(file, part, found, None, already))
    proposal = _changed(file, found[0], known, arguments)
    document = _document(file, proposal.part.name, found, proposal, already)
    text = _text(file, proposal.part.name, found, proposal, already)
    if arguments.adopt is None:
        return Outcome(document, text)
    from voxstudio.cli.commands import progress_line

    folder = adopt(proposal, arguments.adopt, own_checkpoints(), taken, progress_line())
    document["adopted"] = {"name": folder.name, "folder": str(folder)}
    notes = [f"  {note}" for note in (*proposal.settled.notes, *_classes_in_words(proposal))]
    added = f"Added {folder.name} to the library: voxstudio list, or --checkpoint {folder.name}."
    return Outcome(document, "\n".join([added, *notes]))


def _changed(file: ForeignFile, fit: Fit, known: Sequence[Entry], arguments: Namespace) -> Proposal:
    """The proposal with what the person said about it."""
    from dataclasses import replace

    from voxstudio.lab.adopting import propose, set_options

    proposal = replace(propose(file, fit, known), whole_parts=arguments.whole_parts)
    for old, new in (_halves(words, "--map") for words in arguments.map):
        if not new:
            for pair in [pair for pair in proposal.pairs.values() if pair.found == old]:
                proposal = proposal.with_name(pair.wanted, None)
        else:
            proposal = proposal.with_name(new, old)
    options = dict(_halves(words, "--set") for words in arguments.set)
    if options:
        proposal = set_options(proposal, options)
    return proposal.confirmed() if arguments.accept else proposal


def _halves(words: str, option: str) -> tuple[str, str]:
    left, mark, right = words.partition("=")
    if not mark or not left:
        raise BadInput(f"{option} takes two words with an equals sign between them, not {words!r}.")
    return left, right


# ---- what is told ------------------------------------------------------------------------------


def _document(
    file: ForeignFile, part: str, found: Sequence[Fit], proposal: Proposal | None, already: Sequence[Entry]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "file": str(file.path), "bytes": file.size_bytes, "sha256": file.sha256, "metadata": dict(file.metadata),
        "notes": list(file.notes), "parts": [one.name for one in file.parts], "part": part,
        "tensors": [
            {"name": name, "shape": list(spec.shape), "dtype": spec.dtype, "bytes": spec.size_bytes}
            for name, spec in file.part(part).tensors.items()
        ],
        "families": [
            {"family": fit.family, "part": fit.part, "score": round(fit.score, 4), "sizes_of": fit.model}
            for fit in found
        ],
        "in_library": [entry.name for entry in already], "proposal": None, "adopted": None,
    }  # fmt: skip
    if proposal is not None:
        left = proposal.difference
        document["proposal"] = {
            "family": proposal.fit.family, "score": round(proposal.fit.score, 4), "recipe": proposal.recipe.to_json(),
            "capabilities": list(proposal.settled.capabilities), "problem": proposal.problem,
            "notes": list(proposal.settled.notes), "missing": list(left.missing), "extra": list(left.extra),
            "misshapen": [
                {"found": one, "wanted": other, "shape": list(proposal.part.shapes[one]),
                 "needed": list(proposal.fit.wanted[other])}
                for one, other in left.misshapen
            ],
            "same": sum(pair.found == pair.wanted for pair in proposal.pairs.values()),
            "renamed": [
                {"found": pair.found, "wanted": pair.wanted, "why": pair.why, "sure": pair.sure}
                for pair in proposal.renamed
            ],
        }  # fmt: skip
    return document


def _text(
    file: ForeignFile, part_name: str, found: Sequence[Fit], proposal: Proposal | None, already: Sequence[Entry]
) -> str:
    from voxstudio.engine.inspection import known_in_words

    part = file.part(part_name)
    kinds = ", ".join(sorted({spec.dtype for spec in part.tensors.values()}))
    lines = [
        f"{file.path.name}: {file.size_bytes / 2**20:.1f} MiB, sha256 {file.sha256}",
        f"{len(part.tensors):,} tensors, {part.numbers:,} numbers, {kinds}",
        *filter(None, [known_in_words(already)]),
        *file.notes,
    ]
    if len(file.parts) > 1:
        named = ", ".join(one.name or "(all)" for one in file.parts)
        lines.append(f"Part {part.name or '(all)'} of these: {named}. Choose another with --part.")
    if proposal is None:
        lines.append("No family here has such tensors.")
    else:
        lines += _told(proposal, found, bool(already))
    lines += ["", "Tensors", *_table(part.tensors.items())]
    return "\n".join(lines)


def _told(proposal: Proposal, found: Sequence[Fit], there: bool) -> list[str]:
    from voxstudio.families import family

    left, settled = proposal.difference, proposal.settled
    title = family(proposal.fit.family).title
    sizes = f", in the sizes of {proposal.fit.model}" if proposal.fit.model else ""
    lines = [f"Fits best: {title} ({proposal.fit.family}), {proposal.fit.score:.0%} of all numbers{sizes}"]
    others: dict[str, str] = {}
    for fit in found:  # the best of each family comes first
        if fit.family != proposal.fit.family:
            others.setdefault(fit.family, f"{fit.family} {fit.score:.0%}")
    if others:
        lines.append(f"Less well: {', '.join(others.values())}")
    same = sum(pair.found == pair.wanted for pair in proposal.pairs.values())
    lines.append(
        f"{same} names alike, {len(proposal.renamed)} renamed ({len(proposal.guesses)} guessed), "
        f"{len(left.missing)} missing, {len(left.extra)} extra, {len(left.misshapen)} misshapen"
    )
    lines += [f"  {'=' if pair.sure else '?'} {pair.found} -> {pair.wanted}  ({pair.why})" for pair in proposal.renamed]
    lines += [f"  - {name} {list(proposal.fit.wanted[name])} is missing" for name in left.missing]
    lines += [f"  + {name} {list(proposal.part.shapes[name])} is extra" for name in left.extra]
    lines += [
        f"  ! {one} is {list(proposal.part.shapes[one])}, {other} needs {list(proposal.fit.wanted[other])}"
        for one, other in left.misshapen
    ]
    lines += [*settled.notes, *_classes_in_words(proposal)]
    if settled.problem:
        lines.append(f"It cannot be added yet. {settled.problem}")
    elif proposal.guesses:
        lines.append("Look at the names marked “?”; correct them with --map old=new; add with --adopt NAME --accept.")
    elif there:
        lines.append("Open the one that is there; --adopt NAME would add a second one, without its card.")
    else:
        lines.append("It can be added: --adopt NAME.")
    return lines


def _classes_in_words(proposal: Proposal) -> list[str]:
    """What its classes are called, if nothing tells, and how they get their names."""
    if not proposal.unnamed:
        return []
    first, count = proposal.unnamed[0], len(proposal.unnamed)
    if count == 1:
        return [f"Nothing tells its class: it is called {first}; name it with --set classes=NAME."]
    called = f"they are called {first} to {proposal.unnamed[-1]}"
    return [f"Nothing tells its {count} classes: {called}; name them in their order with --set classes=A,B,..."]


def _table(tensors: Iterable[tuple[str, Any]]) -> list[str]:
    rows = [(name, " x ".join(map(str, s.shape)) or "one number", s.dtype, f"{s.size_bytes:,}") for name, s in tensors]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>12} bytes" for a, b, c, d in rows]
