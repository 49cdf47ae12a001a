"""A real checkpoint of the cross-domain encoder with random weights, and small collections: made in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from voxstudio.core.card import Card


def random_embedder(folder: Path, name: str = "", seed: int = 3) -> Path:
    """A ``triplet`` that nobody trained, in ``folder``: a random projection that yet tells classes apart a little."""
    import torch

    from voxstudio.engine.checkpoint import save_checkpoint
    from voxstudio.families.triplet.networks import CrossDomain
    from voxstudio.lab.training import make_recipe

    recipe: Any = make_recipe("triplet", image_size=48, width=4, image_width=4, widest=16, hidden=32, dimensions=16)
    torch.manual_seed(seed)
    net = CrossDomain(recipe)
    tensors = {k: v for k, v in net.state_dict().items() if "num_batches" not in k}
    card = Card(
        name or folder.name, "triplet", "A random space", "Nobody trained it.", recipe.resolution, 0.5, (),
        {"recipe": recipe.to_json()},
    )  # fmt: skip
    save_checkpoint(folder, tensors, card, recipe.to_json())
    return folder
