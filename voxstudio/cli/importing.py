"""``voxstudio data import SOURCE -o FILE``."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from voxstudio.cli import Outcome, Stopped, say
from voxstudio.core.errors import VoxStudioError
from voxstudio.data.importing import OWN_TERMS, ImportReport, Workers, import_tree
from voxstudio.data.mesh_folders import left_out_in_words, none_usable_in_words, problem_in_words
from voxstudio.data.mesh_import import ImportOptions

LISTED = 20
"""Bad files that are listed for a person; ``--json`` and the file list all."""


def import_shapes(arguments: Namespace) -> Outcome:
    """Import, and say what was written and which files could not be used."""
    source, output = Path(arguments.source), Path(arguments.output)
    options = ImportOptions(arguments.resolution, arguments.faces, arguments.views, arguments.image_size)
    workers = Workers(arguments.jobs, arguments.backend, arguments.address, arguments.timeout)
    line = progress_line()
    with _interruptible() as asked:

        def progress(fraction: float, words: str) -> None:
            if asked.is_set():  # the first one was lost in a library's callback
                raise KeyboardInterrupt
            line(fraction, words)

        try:
            report = import_tree(
                source,
                output,
                options,
                workers,
                classes=arguments.classes,
                up=arguments.up,
                replace=arguments.replace,
                terms=arguments.terms or OWN_TERMS,
                progress=progress,
            )
        except BaseException as error:
            if not asked.is_set() or isinstance(error, VoxStudioError):
                raise
            # Whatever else went wrong went wrong because everything was being ended.
            say(f"voxstudio: Stopped; the same command goes on with {output}.")
            raise Stopped from None
    return _outcome(report, source)


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C and a request to end raise KeyboardInterrupt and set the event, for where a library swallows it.

    What workers, threads and destructors complain of afterwards stays unsaid: they are being ended.
    """
    asked = threading.Event()

    def ask(number: int, frame: Any) -> None:
        asked.set()
        raise KeyboardInterrupt

    def unraisable(found: Any) -> None:
        if not (asked.is_set() and issubclass(found.exc_type, KeyboardInterrupt)):
            told(found)

    def of_a_thread(found: Any) -> None:
        if not asked.is_set():
            told_of_threads(found)

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, ask) for kind in kinds]
    told, sys.unraisablehook = sys.unraisablehook, unraisable
    told_of_threads, threading.excepthook = threading.excepthook, of_a_thread
    try:
        yield asked
    finally:
        if not asked.is_set():  # else the program ends, and the pool's own thread may yet fail beside it
            sys.unraisablehook, threading.excepthook = told, told_of_threads
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _outcome(report: ImportReport, source: Path) -> Outcome:
    bad, total = len(report.problems), report.objects + len(report.problems)
    if not report.objects:
        say(f"voxstudio: {none_usable_in_words(report.problems, source)}")
        return Outcome(report.to_json(), _list_of(report), ok=False)
    if bad:
        say(f"voxstudio: {left_out_in_words(report.problems, f'{total:,} meshes of {source}')}")
    size = report.output.stat().st_size / 1e6
    text = f"{report.output} holds {report.objects:,} objects at {report.resolution}^3, {size:,.1f} MB."
    rows = [
        f"  {name:<20} {', '.join(f'{count:,} {split}' for split, count in splits.items()) or 'none'}"
        for name, splits in report.classes.items()
    ]
    return Outcome(report.to_json(), "\n".join([text, *rows, *([_list_of(report)] if bad > 1 else [])]))


def _list_of(report: ImportReport) -> str:
    lines = ["Left out:", *(f"  {problem_in_words(*problem)}" for problem in report.problems[:LISTED])]
    if len(report.problems) > LISTED:
        lines.append(f"  and {len(report.problems) - LISTED:,} more, which --json lists.")
    return "\n".join(lines)


def progress_line(every_s: float = 15.0) -> Callable[[float, str], None]:
    """A Progress for stderr: on a terminal one line that is overwritten; in a log a line every so often."""
    told = [time.monotonic()]

    def show(fraction: float, words: str) -> None:
        now, terminal = time.monotonic(), sys.stderr.isatty()
        last = fraction >= 1.0
        if now - told[0] < (0.1 if terminal else every_s) and not (terminal and last):
            return
        told[0] = now
        start, end = ("\x1b[2K", "\n" if last else "\r") if terminal else ("", "\n")
        print(f"{start}{fraction:4.0%}  {words}", end=end, file=sys.stderr, flush=True)

    return show
