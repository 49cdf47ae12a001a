"""Card: what a checkpoint says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from voxstudio.core.errors import BadCheckpoint

FORMAT = 1


@dataclass(frozen=True)
class Card:
    """The contents of ``card.json``.

    ``tensors`` maps each tensor's name to ``[dtype, [sizes]]``; loading checks the weights against
    it. ``sha256`` is that of ``weights.safetensors``. ``metrics`` is what ``voxstudio evaluate``
    printed. ``network`` holds the sizes from which the family builds its networks.
    """

    name: str
    family: str
    title: str
    summary: str
    resolution: int
    iso_level: float
    classes: tuple[str, ...] = ()
    network: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    recipe_digest: str = ""
    licence: str = "Apache-2.0"
    citation: str = ""
    notes: tuple[str, ...] = ()
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for json.dump."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Any, where: str) -> Self:
        """Build from parsed JSON; ``where`` names the file in the sentence of BadCheckpoint."""
        if not isinstance(values, Mapping):
            raise BadCheckpoint(f"{where} is not a card: it should hold one JSON object.")
        if values.get("format", FORMAT) != FORMAT:
            raise BadCheckpoint(
                f"{where} has format {values['format']!r}; this VoxStudio reads format {FORMAT}: update it."
            )
        required = [
            f.name
            for f in dataclasses.fields(cls)
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        ]
        missing = [name for name in required if name not in values]
        if missing:
            raise BadCheckpoint(f"{where} lacks {', '.join(missing)}: restore the card that came with the weights.")
        known = {f.name for f in dataclasses.fields(cls)}
        kept = {k: v for k, v in values.items() if k in known}
        try:
            for name in ("name", "family", "title", "summary", "sha256", "recipe_digest", "licence", "citation"):
                if not isinstance(kept.get(name, ""), str):
                    raise TypeError
            for name in ("classes", "notes"):
                kept[name] = tuple(str(part) for part in kept.get(name, ()))
            kept["resolution"] = int(kept["resolution"])
            kept["iso_level"] = float(kept["iso_level"])
            for name in ("network", "data", "training", "metrics", "tensors"):
                kept[name] = dict(kept.get(name, {}))
        except (TypeError, ValueError, OverflowError):
            raise BadCheckpoint(
                f"{where} holds a value of the wrong type: restore the card that came with the weights."
            ) from None
        if not 0.0 < kept["iso_level"] < 1.0 or not 4 <= kept["resolution"] <= 1024:
            raise BadCheckpoint(
                f"{where} gives an impossible resolution or iso level: restore the card that came with the weights."
            )
        return cls(**kept)
