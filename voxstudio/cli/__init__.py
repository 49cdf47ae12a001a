"""The command line: every action of the window, without a window.

The exit status is 0 only where the thing was done: 1 for a failure that one sentence on stderr explains,
130 for an interruption. With ``--json`` standard output holds exactly one JSON document; everything
else goes to stderr. No traceback reaches a person: an unexpected error goes to a log file.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from voxstudio.core.errors import Cancelled, VoxStudioError

COMMANDS = (
    "list", "show", "reconstruct", "turntable", "sample", "synthesize", "classify", "attack", "sweep",
    "interpolate", "invert", "evaluate", "train", "map", "search", "data", "inspect", "bake", "doctor", "bench",
)  # fmt: skip
INTERRUPTED = 130


@dataclass(frozen=True)
class Outcome:
    """What a command did: ``document`` for ``--json``, ``text`` for a person, ``ok`` for the exit status."""

    document: Any
    text: str
    ok: bool = True
    silent: bool = False


class Stopped(KeyboardInterrupt):
    """A command was broken off and has said how to go on."""


def is_command(argv: Sequence[str]) -> bool:
    """True if ``argv`` names a command or asks for help; False if the window is meant."""
    return bool(argv) and (argv[0] in COMMANDS or argv[0] in ("-h", "--help", "--version"))


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit status. Main thread."""
    return guarded(lambda: _run(list(argv)))


def guarded(work: Callable[[], int]) -> int:
    """Run ``work``; whatever goes wrong becomes one sentence on stderr and an exit status."""
    try:
        return work()
    except VoxStudioError as error:
        say(f"voxstudio: {error}")
        return 1
    except Stopped:
        return INTERRUPTED
    except (KeyboardInterrupt, Cancelled):
        say("voxstudio: Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (head, less): nobody is left to tell; keep the interpreter's own
        # flush at exit from failing again.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as leaving:  # argparse after --help and --version
        return int(leaving.code or 0)
    except Exception as error:  # noqa: BLE001 - the last resort: a person never sees a traceback
        say(f"voxstudio: Something went wrong that should not have ({_plain(error)}). {log_error(error)}")
        return 1


def say(sentence: str) -> None:
    """One line on stderr, if there is still somebody to read it."""
    with contextlib.suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


def log_error(error: BaseException) -> str:
    """Write the traceback to a log file in the user's state folder; a sentence that says where it is."""
    from voxstudio.engine.places import state_folder

    text = "".join(traceback.format_exception(error))
    try:
        folder = state_folder()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        path.write_text(f"{' '.join(sys.argv)}\n{text}", encoding="utf-8")
    except OSError:
        return "The details could not be written to a log file."
    return f"The details are in {path}; please report them."


def _run(argv: list[str]) -> int:
    from voxstudio.cli import commands, training
    from voxstudio.cli.parser import command_parser

    if argv[0] == "train":  # its options depend on the family
        outcome = training.train(argv[1:])
        return _finish(outcome, "--json" in argv)
    arguments = command_parser().parse_args(argv)
    with contextlib.redirect_stdout(sys.stderr):  # what libraries print is not the answer
        outcome = getattr(commands, f"{arguments.command}_command")(arguments)
    return _finish(outcome, arguments.json)


def _finish(outcome: Outcome, as_json: bool) -> int:
    if outcome.silent:
        return 0 if outcome.ok else 1
    print(json.dumps(outcome.document, indent=2, ensure_ascii=False) if as_json else outcome.text, flush=True)
    return 0 if outcome.ok else 1


def _plain(error: BaseException) -> str:
    """The error as part of a sentence, on one line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}, {words[:300]}" if words else type(error).__name__
