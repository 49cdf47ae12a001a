"""``voxstudio train FAMILY``: the options are drawn from the family's recipe."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voxstudio.cli import Outcome
from voxstudio.cli.parser import Parser, add_train_options
from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import OptionSpec, Recipe
from voxstudio.engine.family import Family

RESERVED = {"family", "out", "data", "max_steps", "seed", "resume", "preset", "device", "json"}


def train(argv: Sequence[str]) -> Outcome:
    """Parse, train, and say what was written."""
    with contextlib.redirect_stdout(sys.stderr):  # what libraries print is not the answer
        return _train(argv)


def _train(argv: Sequence[str]) -> Outcome:
    record = _family(argv)
    parser = _parser(record)
    with contextlib.redirect_stdout(sys.__stdout__):  # --help is an answer
        arguments = parser.parse_args(argv)
    recipe = recipe_of(record, arguments)
    from voxstudio.lab.training import train as run

    document = run(
        record.key, recipe, Path(arguments.out), data=Path(arguments.data) if arguments.data else None,
        max_steps=arguments.max_steps, seed=arguments.seed, resume=arguments.resume, device=arguments.device,
        progress=_report,
    )
    return Outcome(document, f"Trained {record.title}: the checkpoint is in {arguments.out}.")


def _family(argv: Sequence[str]) -> Family:
    """The family that the first plain word names."""
    from voxstudio.families import families, family

    # Options come before or after the family's name; an option's value is not it.
    known = families()
    named = [word for word in argv if word in known] or [word for word in argv[:1] if not word.startswith("-")]
    if named:
        return family(named[0])
    if {"-h", "--help"} & set(argv):
        return next(iter(known.values()))
    raise BadInput(f"Name a family to train: voxstudio train FAMILY --out DIR; the families are {', '.join(known)}.")


def _parser(record: Family) -> Parser:
    parser = Parser(
        prog="voxstudio train", allow_abbrev=False, description=f"{record.title}: {record.summary}",
        epilog=f"Presets: {', '.join(record.presets) or 'none'}. {record.citation}.",
    )
    add_train_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    group = parser.add_argument_group("recipe")
    for spec in record.recipe_class().options():
        if spec.name not in RESERVED:
            group.add_argument(
                f"--{spec.name.replace('_', '-')}", default=None, metavar=_metavar(spec), help=_help(spec)
            )
    return parser


def recipe_of(record: Family, arguments: Namespace) -> Recipe:
    """The recipe: its defaults, then the preset, then the options given one by one."""
    kind = record.recipe_class()
    values: dict[str, Any] = {}
    if arguments.preset is not None:
        if arguments.preset not in record.presets:
            known = ", ".join(record.presets) or "none"
            raise BadInput(f"{record.title} has no preset {arguments.preset!r}: its presets are {known}.")
        values |= record.presets[arguments.preset]
    for spec in kind.options():
        given = getattr(arguments, spec.name, None) if spec.name not in RESERVED else None
        if given is not None:
            values[spec.name] = given
    return kind.from_json(values)


def _metavar(spec: OptionSpec) -> str:
    if spec.choices is not None and not spec.is_tuple:
        return "{" + ",".join(map(str, spec.choices)) + "}"
    word = {bool: "yes|no", int: "N", float: "X", str: "TEXT"}.get(spec.kind, "VALUE")
    return f"{word},..." if spec.is_tuple else word


def _help(spec: OptionSpec) -> str:
    default = ",".join(map(str, spec.default)) if spec.is_tuple else spec.default
    unit = f" {spec.unit}" if spec.unit else ""
    return f"{spec.help} (default: {default}{unit})".replace("%", "%%")


def _report(fraction: float, words: str) -> None:
    print(f"{fraction:4.0%}  {words}", file=sys.stderr, flush=True)


