"""``voxstudio bake``: train what ships, or say what is out of date."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from voxstudio.cli import Outcome, say
from voxstudio.core.errors import BadInput
from voxstudio.core.paths import shipped

if TYPE_CHECKING:
    from voxstudio.engine.training import TrainingReport


def bake_command(arguments: Namespace) -> Outcome:
    """Carry out ``voxstudio bake``."""
    from voxstudio.lab import bake

    into = Path(arguments.into) if arguments.into else shipped("checkpoints")
    if arguments.check:
        told = bake.check(into)
        text = "\n".join(told) if told else "Every checkpoint was baked from its recipe and reaches its metrics."
        return Outcome({"problems": told}, text, ok=not told)
    if arguments.minutes is not None and not arguments.minutes > 0:
        raise BadInput(f"Baking needs some minutes, not {arguments.minutes:g}.")
    from voxstudio.engine.training import Listener

    rows = bake.bake(
        arguments.names, Path(arguments.work), into, data=Path(arguments.data) if arguments.data else None,
        minutes=arguments.minutes or float("inf"), device=arguments.device,
        listener=Listener(report=_Now(), notice=lambda words: say(f"voxstudio: {words}") if words else None),
        say=lambda words: say(f"voxstudio: {words}"),
    )  # fmt: skip
    lines = [f"{row['name']}: step {row['steps']} of {row['of']}" + (", done" if row["done"] else "") for row in rows]
    return Outcome(rows, "\n".join(lines))


class _Now:
    """A line of progress every half minute."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, report: TrainingReport) -> None:
        """Called by the loop after some of its steps."""
        if time.monotonic() - self._told < 30:
            return
        self._told = time.monotonic()
        loss = report.values.get("loss", float("nan"))
        speed = f"{report.samples_per_second:.0f} objects/s, {report.seconds_left / 60:.0f} min left"
        say(f"step {report.step}/{report.max_steps}  loss {loss:.4g}  ({speed})")
