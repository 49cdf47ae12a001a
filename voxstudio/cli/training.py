"""``voxstudio train FAMILY``: the options are drawn from the family's recipe."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome
from voxstudio.cli.parser import Parser, add_train_options
from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import OptionSpec, Recipe
from voxstudio.engine.checkpoint import read_card
from voxstudio.engine.family import Family

if TYPE_CHECKING:
    from voxstudio.engine.training import TrainingReport

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

    out = Path(arguments.out)
    if arguments.max_steps is not None and arguments.max_steps < 1:
        raise BadInput(f"Training needs at least one step, not {arguments.max_steps}.")
    with _interruptible() as stop:
        run(
            record.key, out, recipe, data=Path(arguments.data) if arguments.data else None,
            max_steps=arguments.max_steps, seed=arguments.seed, resume=arguments.resume, device=arguments.device,
            report=_Reporter(), should_stop=stop.is_set,
        )
    card = read_card(out)
    document = {"out": str(out), "family": record.key, "training": dict(card.training), "sha256": card.sha256}
    if stop.is_set():
        print(f"voxstudio: Stopped; go on with --resume --out {out}.", file=sys.stderr)
        raise KeyboardInterrupt
    return Outcome(document, f"Trained {record.title} for {card.training['steps']} steps: the checkpoint is in {out}.")


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C asks the loop to save and end, the second ends the program."""
    stop = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        print("voxstudio: Finishing this step and saving; press Ctrl-C again to leave at once.", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class _Reporter:
    """Prints a line of progress every few seconds, the first one at once."""

    def __init__(self, every_s: float = 5.0) -> None:
        self._every_s, self._told = every_s, 0.0

    def __call__(self, report: TrainingReport) -> None:
        """Called by the loop after some of its steps."""
        if (now := time.monotonic()) - self._told < self._every_s:
            return
        self._told = now
        values = "  ".join(f"{name} {value:.4g}" for name, value in report.values.items())
        speed = f"{report.samples_per_second:.1f} objects/s, {report.seconds_left / 60:.0f} min left"
        print(f"step {report.step}/{report.max_steps}  {values}  ({speed})", file=sys.stderr, flush=True)


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
        group.add_argument(
            f"--{_flag(spec.name).replace('_', '-')}", default=None, metavar=_metavar(spec), help=_help(spec)
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
        given = getattr(arguments, _flag(spec.name), None)
        if given is not None:
            values[spec.name] = given
    return kind.from_json(values)


def _flag(name: str) -> str:
    """A recipe's option whose name the command itself uses (``max_steps``: the schedule's length) gets a prefix."""
    return f"recipe_{name}" if name in RESERVED else name


def _metavar(spec: OptionSpec) -> str:
    if spec.choices is not None and not spec.is_tuple:
        return "{" + ",".join(map(str, spec.choices)) + "}"
    word = {bool: "yes|no", int: "N", float: "X", str: "TEXT"}.get(spec.kind, "VALUE")
    return f"{word},..." if spec.is_tuple else word


def _help(spec: OptionSpec) -> str:
    default = ",".join(map(str, spec.default)) if spec.is_tuple else spec.default
    unit = f" {spec.unit}" if spec.unit else ""
    return f"{spec.help} (default: {default}{unit})".replace("%", "%%")


