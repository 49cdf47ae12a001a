"""Where the shapes of training batches come from: stores with weights, drawn from by a random generator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voxstudio.core.errors import BadInput
from voxstudio.data.shape_store import Shapes


class WeightedStores:
    """The objects of one split of several stores, with their labels among ``class_names``.

    ``weights`` tell how often a shape is drawn from each store. Raises BadInput if a store has no object in the split,
    or classes that are not among several ``class_names``.
    """

    def __init__(self, stores: Sequence[tuple[Shapes, float]], class_names: Sequence[str], split: str) -> None:
        self.stores = [store for store, _ in stores]
        weights = np.array([weight for _, weight in stores], np.float64)
        self.weights = weights / weights.sum()
        self.indices = [store.indices(split) for store in self.stores]
        self.label_maps = [class_places(store.class_names, tuple(class_names)) for store in self.stores]
        if not all(len(part) for part in self.indices):
            raise BadInput(f"A source of shapes has no {split} object: add objects, or choose other data.")

    def draw(self, rng: np.random.Generator) -> tuple[Shapes, int, int]:
        """A store, the index of an object in it and the object's label."""
        which = int(rng.choice(len(self.stores), p=self.weights))
        store = self.stores[which]
        index = int(rng.choice(self.indices[which]))
        return store, index, self.label_maps[which][store.label(index)]


def class_places(given: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    """Place of each given class among the wanted ones; a model of one class takes everything for that class."""
    lower = [name.lower() for name in wanted]
    if len(wanted) == 1:
        return [0 for _ in given]
    unknown = [name for name in given if name.lower() not in lower]
    if unknown:
        raise BadInput(
            f"The model knows {', '.join(wanted)} and not {', '.join(unknown)}: "
            "name the folders of the shapes after its classes, or choose other classes."
        )
    return [lower.index(name.lower()) for name in given]
