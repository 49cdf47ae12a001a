"""What the train panel says: times, rates, balances and names in words. No Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from voxstudio.ui.recipe_draft import title_of

STATES = {
    "idle": "Ready", "starting": "Starting", "running": "Training", "pausing": "Saving", "paused": "Paused",
    "stopping": "Saving", "done": "Done", "stopped": "Stopped", "failed": "Failed",
}  # fmt: skip
LONGEST_NAME = 60


def time_in_words(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h 20 min``, ``2 days``; nothing where it is not known."""
    if not 0 < seconds < 1e9:
        return ""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 10:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"


def rate_in_words(rate: float) -> str:
    """``38 samples/s``; small rates by the minute."""
    if rate <= 0:
        return ""
    if rate < 0.5:
        return f"{60 * rate:.0f} samples/min"
    return f"{rate:,.0f} samples/s" if rate >= 10 else f"{rate:.1f} samples/s"


def steps_in_words(step: int, max_steps: int) -> str:
    """``Step 1,200 of 2,000``."""
    return f"Step {step:,} of {max_steps:,}" if max_steps else f"Step {step:,}"


def curve_title(name: str) -> str:
    """``loss_g`` becomes "Loss G", ``iou`` "IoU"."""
    known = {"diversity": "Diversity of samples", "iou": "IoU", "d_accuracy": "D accuracy",
             "held_out": "On held-out shapes"}  # fmt: skip
    return known.get(name, title_of(name.replace("/", "_")))


def balance_in_words(accuracy: float) -> str:
    """Who leads, from the accuracy of the discriminator in [0, 1]."""
    if accuracy > 0.95:
        return "D tells all apart: G gets little to learn from"
    if accuracy < 0.4:
        return "D is guessing: it teaches G little"
    return "G and D are in balance"


def diversity_in_words(diversity: float) -> str:
    """How far a fixed batch of samples differs, from 1 - mean IoU of its pairs."""
    if diversity < 0.1:
        return "Samples look alike"
    return "Samples differ a little" if diversity < 0.25 else "Samples differ well"


def suggest_name(parts: Iterable[str], taken: Iterable[str]) -> str:
    """A name made of words that nothing else has: ``chair-shapes``, then ``chair-shapes-2``."""
    stem = re.sub(r"[^a-z0-9]+", "-", "-".join(part for part in parts if part).lower()).strip("-")
    stem = stem[: LONGEST_NAME - 4] or "my-model"
    known, name, number = {one.lower() for one in taken}, stem, 1
    while name in known:
        number += 1
        name = f"{stem}-{number}"
    return name


def name_problem(name: str, taken: Iterable[str]) -> str:
    """Why a checkpoint cannot have this name; nothing if it can."""
    if not name:
        return "Give the new checkpoint a name."
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} letters."
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name.endswith("."):
        return "A name is made of letters, digits, dots, hyphens and underscores, and begins with a letter or digit."
    if name.lower() in {one.lower() for one in taken}:
        return f"There is a checkpoint or a run named {name} already: choose another name."
    return ""


def data_in_words(data: Path | None) -> str:
    """The source in a word or two."""
    return data.name or str(data) if data is not None else "parametric shapes"


def values_in_words(values: Mapping[str, float]) -> str:
    """The newest numbers in a line."""
    return "  ".join(f"{curve_title(name)} {value:.3g}" for name, value in list(values.items())[:4])
