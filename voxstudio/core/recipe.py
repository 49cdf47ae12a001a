"""Recipe: every training option of a family as a frozen dataclass.

A field made with :func:`option` carries its bounds, its unit and one sentence. The command line,
the form in the window and the file ``recipe.json`` are all drawn from these fields.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from voxstudio.core.errors import BadInput


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] | None = None,
    unit: str = "",
) -> Any:
    """Declare one option: its default, one sentence, and what it may be."""
    meta = {"help": help, "low": low, "high": high, "choices": choices, "unit": unit}
    return field(default=default, metadata=meta)


@dataclass(frozen=True)
class OptionSpec:
    """What a form or a command line needs to know about one option."""

    name: str
    kind: type
    default: Any
    help: str
    low: float | None
    high: float | None
    choices: tuple[Any, ...] | None
    unit: str
    is_tuple: bool


@dataclass(frozen=True)
class Recipe:
    """Base of all recipes. Subclasses add fields made with :func:`option`."""

    def __post_init__(self) -> None:
        for spec in self.options():
            object.__setattr__(self, spec.name, _checked(spec, getattr(self, spec.name)))

    @classmethod
    def options(cls) -> tuple[OptionSpec, ...]:
        """Describe every option in the order of declaration."""
        hints = typing.get_type_hints(cls)
        specs = []
        for item in dataclasses.fields(cls):
            hint = hints[item.name]
            is_tuple = typing.get_origin(hint) is tuple
            kind = typing.get_args(hint)[0] if is_tuple else hint
            if typing.get_origin(kind) is types.UnionType:
                kind = next(part for part in typing.get_args(kind) if part is not type(None))
            meta = item.metadata
            specs.append(
                OptionSpec(
                    item.name,
                    kind,
                    item.default,
                    meta["help"],
                    meta["low"],
                    meta["high"],
                    meta["choices"],
                    meta["unit"],
                    is_tuple,
                )
            )
        return tuple(specs)

    def changed(self, **values: Any) -> Self:
        """Return a copy with some options replaced; BadInput names an option that does not exist."""
        known = {spec.name for spec in self.options()}
        for name in values:
            if name not in known:
                raise BadInput(f"The recipe has no option {name!r}; its options are {', '.join(sorted(known))}.")
        return dataclasses.replace(self, **values)

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for json.dump."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_json`; options that are absent take their defaults."""
        return cls().changed(**dict(values))

    def digest(self) -> str:
        """sha256 of the options, as hex: two recipes with the same digest train alike."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


KINDS: dict[type, str] = {bool: "yes or no", int: "a whole number", float: "a number", str: "text"}
"""The kinds of values in a person's words."""


def _checked(spec: OptionSpec, value: Any) -> Any:
    if spec.is_tuple:
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(_checked_one(spec, part) for part in parts)
    return _checked_one(spec, value)


def _checked_one(spec: OptionSpec, value: Any) -> Any:
    if value is None:
        return None
    try:
        if spec.kind is bool and isinstance(value, str):
            result: Any = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
        elif spec.kind is int and isinstance(value, float) and value != int(value):
            raise ValueError
        else:
            result = spec.kind(value)
    except (ValueError, TypeError, KeyError):
        kind = KINDS.get(spec.kind, spec.kind.__name__)
        raise BadInput(f"Option {spec.name!r} must be {kind}, not {value!r}.") from None
    if spec.choices is not None and result not in spec.choices:
        raise BadInput(f"Option {spec.name!r} must be one of {', '.join(map(str, spec.choices))}, not {result!r}.")
    too_low = spec.low is not None and not result >= spec.low  # "not >=" also refuses NaN
    too_high = spec.high is not None and not result <= spec.high
    if too_low or too_high:
        raise BadInput(f"Option {spec.name!r} must lie between {spec.low} and {spec.high}, not {result!r}.")
    return result
