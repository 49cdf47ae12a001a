"""Open a checkpoint of any family: the registry and the checkpoint files meet here. Cheap to import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from voxstudio.core.card import Card
from voxstudio.core.errors import BadCheckpoint, BadInput


def model_class(card: Card) -> Any:
    """The model class of a card's family; BadCheckpoint if this VoxStudio does not know the family."""
    from voxstudio.families import family

    try:
        return family(card.family).load("model")
    except BadInput as error:
        raise BadCheckpoint(f"The checkpoint {card.name} cannot be opened: {error}") from None


def open_any(folder: Path, device: str = "auto") -> Any:
    """Open the checkpoint in ``folder`` as a ``Model``. Imports torch.

    Raises BadCheckpoint if it is damaged or misfits its card, BadInput for a device that is not there.
    """
    from voxstudio.engine.checkpoint import open_model

    return open_model(folder, model_class, device)
