"""``voxstudio train FAMILY``: the options are drawn from the family's recipe."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxstudio.cli import Outcome, Stopped
from voxstudio.cli.parser import Parser, add_train_options
from voxstudio.cli.train_recipe import as_long_as_told, base_folder, fine_tuning, flag_of, given, recipe_of
from voxstudio.core.errors import BadInput, VoxStudioError
from voxstudio.core.recipe import OptionSpec, Recipe
from voxstudio.engine.checkpoint import read_card
from voxstudio.engine.family import Family

if TYPE_CHECKING:
    from voxstudio.engine.training import TrainingReport

FIRST_STEPS = 5
STATE = "resume/state.pt"
COMMAND = "resume/command.json"
REMEMBERED = ("data", "up", "base", "max_steps", "seed", "measure_every")


def train(argv: Sequence[str]) -> Outcome:
    """Parse, train, and say what was written."""
    with contextlib.redirect_stdout(sys.stderr):  # what libraries print is not the answer
        return _train(argv)


def _train(argv: Sequence[str]) -> Outcome:
    record = _family(argv)
    with contextlib.redirect_stdout(sys.__stdout__):  # --help is an answer
        if record is None:
            _overview().parse_args(argv)
            raise BadInput("Name a family to train: see voxstudio train --help.")
        arguments = _parser(record, argv).parse_args(argv)
    out = Path(arguments.out)
    if arguments.resume and not any((out / name).exists() for name in (STATE, COMMAND)):
        _nothing_to_resume(record, arguments)
    recipe = _recalled(record, arguments)
    if recipe is None:
        recipe = recipe_of(record, arguments) if not arguments.base else fine_tuning(record, arguments)
    recipe = as_long_as_told(recipe, arguments)
    arguments.seed = arguments.seed or 0
    if arguments.measure_every is None:
        arguments.measure_every = 25 if arguments.base else 0
    if arguments.max_steps is not None and arguments.max_steps < 1:
        raise BadInput(f"Training needs at least one step, not {arguments.max_steps}.")
    run = _run_with_events if arguments.events else _run
    stopped, learnt = run(record, recipe, arguments)
    if arguments.events or int(os.environ.get("RANK", "0")) > 0:  # under torchrun the first process talks
        return Outcome(None, "", silent=True)
    card = read_card(out)
    document = {"out": str(out), "family": record.key, "training": dict(card.training), "sha256": card.sha256}
    if stopped:
        print(f"voxstudio: Stopped; go on with --resume --out {out}.", file=sys.stderr)
        raise Stopped
    if not learnt:
        return Outcome(document, _at_its_end(out))
    steps = int(card.training["steps"])
    words = f"{steps:,} {'step' if steps == 1 else 'steps'}"
    return Outcome(document, f"Trained {record.title} for {words}: the checkpoint is in {out}.")


def _at_its_end(out: Path) -> str:
    """That a run which was to go on had ended already, and how it goes on further."""
    from voxstudio.engine.training import load_state

    step = int((load_state(out) or {"step": 0})["step"])
    further = f"--resume --out {out} --max-steps {2 * step}"
    return f"The run in {out} was at step {step:,} already, its last: nothing was trained; go on with {further}."


def _run(record: Family, recipe: Recipe, arguments: Namespace) -> tuple[bool, bool]:
    """Train with a line of progress now and then; whether the person stopped it, and whether a step was made."""
    from voxstudio.engine.training import GO, STOP, Listener

    with _interruptible() as stop:
        reporter = _Reporter()
        listener = Listener(
            report=reporter, notice=_say, measured=partial(_tell_measured, record.held_out), compared=_tell_compared
        )
        _train_as_told(record, recipe, arguments, listener, lambda: STOP if stop.is_set() else GO)
        return stop.is_set(), reporter.heard


def _run_with_events(record: Family, recipe: Recipe, arguments: Namespace) -> tuple[bool, bool]:
    """Train as the window's process: events on standard output, orders from standard input."""
    from voxstudio.lab.training_events import EventWriter, OrderReader

    if hasattr(os, "nice"):
        os.nice(10)  # the window's sliders come first
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the window's to answer
    writer, orders = EventWriter(), OrderReader()
    try:
        _train_as_told(record, recipe, arguments, writer.listener(), orders, preview_every=2.0)
    except VoxStudioError as error:
        writer.tell("failed", sentence=str(error))
        raise
    except Exception as error:  # the window reads the sentence; the trace goes its usual way
        writer.tell("failed", sentence=f"The training ended by a mistake of the program ({type(error).__name__}).")
        raise
    card = read_card(Path(arguments.out))
    writer.tell(
        "done", stopped=writer.reason == "stopped", rested=writer.reason == "rested", training=dict(card.training)
    )
    return False, True


def _train_as_told(
    record: Family, recipe: Recipe, arguments: Namespace, listener: Any, order: Any, **options: Any
) -> None:
    from voxstudio.lab.training import train as run
    from voxstudio.lab.training_process import training_threads

    out = Path(arguments.out)
    if arguments.data and not Path(arguments.data).exists():  # before anything is written
        raise BadInput(f"The data folder {arguments.data} does not exist.")
    if not any((out / name).exists() for name in ("card.json", STATE)):
        _remember(arguments, recipe)  # before the shapes are read, which may take long and be broken off
    listener = replace(listener, report=_Remembering(arguments, recipe, listener.report))
    if "OMP_NUM_THREADS" not in os.environ:
        training_threads()
    run(
        record.key, out, recipe, data=Path(arguments.data) if arguments.data else None,
        max_steps=arguments.max_steps, seed=arguments.seed, resume=arguments.resume, base=base_folder(arguments),
        listener=listener, order=order, device=arguments.device, save_every=arguments.save_every,
        measure_every=arguments.measure_every, patience=arguments.patience, up=arguments.up, **options,
    )  # fmt: skip


def _tell_measured(what: str, step: int, value: float, best: float) -> None:
    print(f"step {step}  held-out {what} {value:.4f}  best {best:.4f}", file=sys.stderr, flush=True)


def _tell_compared(pairs: Any) -> None:
    if pairs:
        before, after = (sum(getattr(p, name) for p in pairs) / len(pairs) for name in ("before_score", "after_score"))
        _say(f"On {len(pairs)} held-out objects the IoU was {before:.3f} before and is {after:.3f} after.")


def _say(sentence: str) -> None:
    if sentence:
        print(f"voxstudio: {sentence}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C asks the loop to save and end, the second ends the program."""
    stop = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        again = "; press Ctrl-C again to leave at once" if number == signal.SIGINT else ""
        print(f"voxstudio: Finishing this step and saving{again}.", file=sys.stderr)

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, ask) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _left(report: TrainingReport) -> str:
    """How long it will take; nothing after the first steps, which take longer than the others, and at the end."""
    seconds = report.seconds_left
    if report.step < FIRST_STEPS or report.step >= report.max_steps:
        return ""
    if seconds < 100:
        return f", {seconds:.0f} s left"
    return f", {seconds / 60:.0f} min left" if seconds < 6000 else f", {seconds / 3600:.1f} h left"


class _Reporter:
    """Prints a line of progress every few seconds, the first one at once."""

    def __init__(self, every_s: float = 5.0) -> None:
        self._every_s, self._told, self.heard = every_s, 0.0, False

    def __call__(self, report: TrainingReport) -> None:
        """Called by the loop after some of its steps, and after the last."""
        self.heard = True
        if (now := time.monotonic()) - self._told < self._every_s:
            return
        self._told = now
        values = "  ".join(f"{name} {value:.4g}" for name, value in report.values.items())
        speed = f"{report.samples_per_second:.1f} objects/s{_left(report)}"
        print(f"step {report.step}/{report.max_steps}  {values}  ({speed})", file=sys.stderr, flush=True)


def _family(argv: Sequence[str]) -> Family | None:
    """The family that the first plain word names; None if only help is wanted."""
    from voxstudio.families import families, family

    # Options come before or after the family's name; an option's value is not it.
    known = families()
    named = [word for word in argv if word in known] or [word for word in argv[:1] if not word.startswith("-")]
    if named:
        return family(named[0])
    if {"-h", "--help"} & set(argv):
        return None
    raise BadInput(f"Name a family to train: voxstudio train FAMILY --out DIR; the families are {', '.join(known)}.")


def _overview() -> Parser:
    """What every family's training takes, and which families there are."""
    from voxstudio.families import families

    rows = [f"  {key:<12}  {record.title}: {record.summary}" for key, record in families().items() if record.trainer]
    more = (
        "voxstudio train FAMILY --help shows every option of its recipe; add --preset NAME or --base CHECKPOINT",
        "to see the defaults of that start.",
    )
    parser = Parser(
        prog="voxstudio train", allow_abbrev=False, description="Train a family, or fine-tune a checkpoint.",
        epilog="\n".join(["families:", *rows, "", *more]), formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="voxstudio train FAMILY --out DIR [options]",
    )  # fmt: skip
    add_train_options(parser)
    return parser


def _parser(record: Family, argv: Sequence[str] = ()) -> Parser:
    parser = Parser(
        prog="voxstudio train", allow_abbrev=False, description=f"{record.title}: {record.summary}",
        epilog=f"Presets: {', '.join(record.presets) or 'none'}. {record.citation}.",
        usage=f"voxstudio train {record.key} --out DIR [options]",
    )  # fmt: skip
    add_train_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    start, whence = _defaults(record, argv)
    group = parser.add_argument_group(f"recipe, with the defaults of {whence}", _OTHER_DEFAULTS)
    for spec in record.recipe_class().options():
        flag = f"--{flag_of(spec.name).replace('_', '-')}"
        group.add_argument(flag, default=None, metavar=_metavar(spec), help=_help(spec, getattr(start, spec.name)))
    return parser


_OTHER_DEFAULTS = "Add --preset NAME or --base CHECKPOINT to this command to see those of another start."


def _defaults(record: Family, argv: Sequence[str]) -> tuple[Recipe, str]:
    """The recipe that the options of ``argv`` change, and whose it is; worked out only where help is asked for."""
    plain = next((f"the preset {name}" for name, values in record.presets.items() if not values), "the family")
    if not {"-h", "--help"} & set(argv):
        return record.recipe_class()(), plain
    known = Parser(add_help=False, allow_abbrev=False)
    for option in ("--preset", "--base", "--recipe"):
        known.add_argument(option)
    told, _ = known.parse_known_args(list(argv))
    recipe = fine_tuning(record, told) if told.base else recipe_of(record, told)
    named = {"the preset": told.preset, "the file": told.recipe}
    parts = [f"{words} {name}" for words, name in named.items() if name]
    if told.base:
        parts.insert(0, f"fine-tuning {told.base}")
    return recipe, " and ".join(parts) or plain


def _remember(arguments: Namespace, recipe: Recipe) -> None:
    """Keep what the run was told beside its state, so that ``--resume --out DIR`` is enough."""
    told = {name: getattr(arguments, name) for name in REMEMBERED}
    for name in ("data", "base"):
        if told[name] and Path(told[name]).exists():
            told[name] = str(Path(told[name]).resolve())
    file = Path(arguments.out) / COMMAND
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**told, "recipe": recipe.to_json()}), encoding="utf-8")


class _Remembering:
    """Remembers with the first report too: what is told to a run that goes on counts for the next time."""

    def __init__(self, arguments: Namespace, recipe: Recipe, report: Callable[[TrainingReport], None]) -> None:
        self._told, self._report, self._kept = (arguments, recipe), report, False

    def __call__(self, report: TrainingReport) -> None:
        """Called by the loop."""
        if not self._kept:
            self._kept = True
            _remember(*self._told)
        self._report(report)


def _nothing_to_resume(record: Family, arguments: Namespace) -> None:
    """A whole command starts its run, so that a job may always say ``--resume``; ``--resume --out DIR`` alone was
    meant for a run that is there."""
    if not any((arguments.data, arguments.base, arguments.max_steps, given(record, arguments))):
        raise BadInput(f"{arguments.out} holds no run to go on with: name the folder of one, or leave --resume out.")
    _say(f"{arguments.out} holds no run yet: this one starts at the beginning.")


def _recalled(record: Family, arguments: Namespace) -> Recipe | None:
    """With ``--resume``, what the run was told and the person did not say again; None if no recipe is kept there."""
    out = Path(arguments.out)
    if not arguments.resume:
        return None
    try:
        told = json.loads((out / COMMAND).read_text(encoding="utf-8"))
        kept = told.get("recipe")
        if (out / "recipe.json").exists():
            kept = json.loads((out / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(kept, dict):
        return None
    for name in REMEMBERED:
        if getattr(arguments, name) is None:
            setattr(arguments, name, told.get(name))
    return None if given(record, arguments) else record.recipe_class().from_json(kept)


def _metavar(spec: OptionSpec) -> str:
    if spec.choices is not None and not spec.is_tuple:
        return "{" + ",".join(map(str, spec.choices)) + "}"
    word = {bool: "yes|no", int: "N", float: "X", str: "TEXT"}.get(spec.kind, "VALUE")
    return f"{word},..." if spec.is_tuple else word


def _help(spec: OptionSpec, value: Any) -> str:
    """The option's sentence and the value that it has if it is not given."""
    words = ",".join(map(_word, value)) or "none" if spec.is_tuple else _word(value)
    unit = f" {spec.unit}" if spec.unit and words != "none" else ""
    return f"{spec.help} (default: {words}{unit})".replace("%", "%%")


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value}"
