"""``voxstudio evaluate``: measure a checkpoint, or print a table of the papers again."""

from __future__ import annotations

import os
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from voxstudio.cli import Outcome, say
from voxstudio.core.errors import BadInput, Cancelled, VoxStudioError

if TYPE_CHECKING:
    from voxstudio.engine.family import Progress


def evaluate_command(arguments: Namespace) -> Outcome:
    """``voxstudio evaluate CHECKPOINT [--data DIR]`` and ``voxstudio evaluate --table NAME``."""
    if arguments.table is None and arguments.checkpoint is None:
        raise BadInput("Name a checkpoint to measure, or a table with --table: voxstudio list, or --table list.")
    if arguments.data is not None and not Path(arguments.data).exists():
        raise BadInput(f"The data folder {arguments.data} does not exist: name the folder with --data.")
    if arguments.events:
        return _with_events(arguments)
    from voxstudio.cli import commands

    work = _table if arguments.table is not None else _checkpoint
    try:
        return work(arguments, commands.progress_line(), lambda words: say(f"voxstudio: {words}"))
    except KeyboardInterrupt:
        say("voxstudio: Broken off; what is done was kept, and the same command goes on from there.")
        raise


def _checkpoint(arguments: Namespace, progress: Progress, notice: Callable[[str], None]) -> Outcome:
    from voxstudio.cli import commands
    from voxstudio.engine.places import checkpoint_folders, find_checkpoint
    from voxstudio.lab.evaluate import evaluate

    entry = find_checkpoint(arguments.checkpoint, checkpoint_folders())
    curve = commands._writable(arguments.curve, (".png",)) if arguments.curve else None
    if arguments.samples is not None and not 2 <= arguments.samples <= 10_000:
        raise BadInput(f"--samples lies between 2 and 10,000, not {arguments.samples}.")
    document = evaluate(
        entry.folder, Path(arguments.data) if arguments.data else None, arguments.device, progress, notice=notice,
        samples=arguments.samples or 0, work=Path(arguments.work) if arguments.work else None,
    )  # fmt: skip
    text = "\n".join(commands._flat(document))
    if curve is not None:
        from voxstudio.evaluation.generator_protocol import draw_retrieval

        drawn = draw_retrieval(document["metrics"], curve)
        text += f"\nWrote {drawn}." if drawn else ""
        if drawn is None:
            print("voxstudio: No curve was drawn: no features were measured on ModelNet10.", file=sys.stderr)
    return Outcome(document, text)


def _table(arguments: Namespace, progress: Progress, notice: Callable[[str], None]) -> Outcome:
    from voxstudio.cli import commands
    from voxstudio.lab.paper_tables import list_of_tables, make_table

    if arguments.checkpoint is not None:
        raise BadInput(f"A table measures what it needs itself: leave out {arguments.checkpoint}, or --table.")
    if arguments.table == "list":
        found = list_of_tables()
        return Outcome(found.document, found.text)
    picture = commands._writable(arguments.picture, (".png",)) if arguments.picture else None
    data, work = (Path(one) if one else None for one in (arguments.data, arguments.work))
    found = make_table(arguments.table, data, work, picture, arguments.device, notice, progress)
    return Outcome(found.document, found.text)


def _with_events(arguments: Namespace) -> Outcome:
    """As the window's process: events on standard output; the end of standard input, or ``stop`` there, stops it."""
    from voxstudio.engine.training import STOP
    from voxstudio.lab.training_events import EventWriter, OrderReader

    if hasattr(os, "nice"):
        os.nice(10)  # the window's sliders come first
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the window's to answer
    writer, order = EventWriter(), OrderReader()
    done = threading.Event()
    threading.Thread(target=_leave_when_told, args=(order, done), daemon=True).start()

    def progress(fraction: float, words: str) -> None:
        if order() == STOP:
            raise Cancelled
        writer.tell("progress", fraction=fraction, words=words)

    def notice(sentence: str) -> None:
        writer.tell("notice", sentence=sentence)

    try:
        outcome = (_table if arguments.table is not None else _checkpoint)(arguments, progress, notice)
    except Cancelled:
        return Outcome({}, "", ok=False, silent=True)
    except VoxStudioError as error:
        writer.tell("failed", sentence=str(error))
        raise
    except Exception as error:  # the window reads the sentence; the trace goes its usual way
        writer.tell("failed", sentence=f"Measuring ended by a mistake of the program ({type(error).__name__}).")
        raise
    finally:
        done.set()
    writer.tell("done", document=outcome.document, text=outcome.text)
    return Outcome(outcome.document, outcome.text, silent=True)


def _leave_when_told(order: Callable[[], int], done: threading.Event, patience_s: float = 3.0) -> None:
    """Work that does not look for an order ends a moment after it; all that is kept is written in one go."""
    from voxstudio.engine.training import STOP

    while not done.wait(0.2):
        if order() == STOP and not done.wait(patience_s):
            os._exit(1)
