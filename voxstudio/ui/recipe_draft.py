"""A recipe while it is being written: what was typed, what of it is wrong, what differs. No Qt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from voxstudio.core.errors import BadInput
from voxstudio.core.recipe import OptionSpec, Recipe

IMPORTANT = ("max_steps", "steps", "batch_size", "resolution", "classes")
"""Options that stand at the top, with every learning rate."""
GROUPS = (
    ("Losses", ("weight", "loss", "reconstruction", "gan_", "adversarial", "penalty", "margin", "labels")),
    ("Augmentation", ("mirror", "stretch", "rotation", "shift", "jitter", "noise", "keep_background", "augment")),
    ("Network", ("width", "latent", "encoder", "decoder", "resolution", "refine", "depth", "channels", "conditional",
                 "dropout", "hidden", "fusions", "layers", "freeze")),
    ("Steps and precision", ("steps", "accumulate", "rate", "beta", "decay", "schedule", "ema", "precision", "clip",
                             "guide", "coarse", "limit", "warmup", "after", "patience", "critic")),
    ("Data", ("image", "view", "class", "batch", "pool", "share", "split", "sample")),
)  # fmt: skip
"""Title of a group and the word parts that lead into it; the first that fits wins."""
OTHER = "Other"
_WORDS = {"iou": "IoU", "gan": "GAN", "kl": "KL", "ssim": "SSIM", "ema": "EMA", "vae": "VAE", "rgb": "RGB",
          "g": "G", "d": "D", "e": "E", "deg": "", "voxels": "", "px": "", "mm": "", "lr": "learning rate"}  # fmt: skip


def title_of(name: str) -> str:
    """``learning_rate_g`` becomes "Learning rate G"; a unit at the end is left to the field."""
    if name == "max_steps":
        return "Steps"
    parts = name.split("_")
    words = [_WORDS.get(part, part) if index else _WORDS.get(part, part) or part for index, part in enumerate(parts)]
    joined = " ".join(word for word in words if word)
    return joined[:1].upper() + joined[1:]


def is_important(name: str) -> bool:
    """True for what most people change."""
    return name in IMPORTANT or name.startswith("learning_rate")


def group_of(name: str) -> str:
    """The group in which an option stands."""
    return next((title for title, parts in GROUPS if any(part in name for part in parts)), OTHER)


def text_of(value: Any) -> str:
    """A value as a person would type it: ``0.001``, ``chair, table``; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(text_of(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


class Draft:
    """Values of one kind of recipe over a baseline; wrong ones are kept as typed, with their sentence.

    ``baseline`` is what a reset returns to: a preset, or the recipe of the checkpoint that is fine-tuned.
    """

    def __init__(self, kind: type[Recipe], baseline: Mapping[str, Any] | None = None) -> None:
        self.kind = kind
        self.specs: dict[str, OptionSpec] = {spec.name: spec for spec in kind.options()}
        self.problems: dict[str, str] = {}
        self.rebase(baseline or {})

    def rebase(self, baseline: Mapping[str, Any]) -> None:
        """Take another baseline; what was typed is forgotten. BadInput if the baseline itself is wrong."""
        self.baseline = self._plain(self.kind().changed(**dict(baseline)))
        self._typed: dict[str, Any] = {}
        self._last = ""
        self._check()

    def set(self, name: str, value: Any) -> None:
        """Put in what was typed or chosen."""
        spec = self.specs[name]
        if isinstance(value, str) and spec.kind is not str and not value.strip() and spec.default is None:
            value = None
        elif isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()] if spec.is_tuple else value.strip()
        self._typed[name] = value
        self._last = name
        self._check()

    def reset(self, name: str = "") -> None:
        """Return one option, or all, to the baseline."""
        if name:
            self._typed.pop(name, None)
        else:
            self._typed.clear()
        self._check()

    def value(self, name: str) -> Any:
        """What is set, as it was typed if it is wrong."""
        return self._typed[name] if name in self.problems and name in self._typed else self._good[name]

    @property
    def changed(self) -> tuple[str, ...]:
        """Names that differ from the baseline, in the recipe's order."""
        wrong = set(self.problems) & set(self._typed)
        return tuple(name for name in self.specs if name in wrong or self._good[name] != self.baseline[name])

    def differing(self) -> dict[str, Any]:
        """What differs from the family's own defaults, as plain values; wrong ones are left out."""
        defaults = self._plain(self.kind())
        found = {name: value for name, value in self._good.items() if value != defaults[name]}
        return {name: _listed(value) for name, value in found.items()}

    def everything(self) -> dict[str, Any]:
        """Every option as a plain value."""
        return {name: _listed(value) for name, value in self._good.items()}

    def _check(self) -> None:
        """Find every wrong option, with the recipe's own sentence."""
        values = {**self.baseline, **self._typed}
        self.problems = {}
        while True:
            try:
                self._good = self._plain(self.kind().changed(**values))
                return
            except BadInput as error:
                found = re.match(r"Option '(\w+)'", str(error))
                name = found[1] if found else ""
                if name in self._typed and name not in self.problems:
                    self.problems[name] = str(error)
                    values[name] = self.baseline[name]
                    continue
                # Two options that do not go together: told where the person's hand was last.
                self.problems.setdefault(self._last, str(error))
                self._good = self._parsed(values)
                return

    def _parsed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Each option by itself, where all of them do not go together."""
        good = dict(self.baseline)
        for name in self._typed:
            try:
                good[name] = self._plain(self.kind().changed(**{**self.baseline, name: values[name]}))[name]
            except BadInput:
                good[name] = values[name]
        return good

    @staticmethod
    def _plain(recipe: Recipe) -> dict[str, Any]:
        return {spec.name: getattr(recipe, spec.name) for spec in recipe.options()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
