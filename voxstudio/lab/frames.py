"""How large objects lie in the grids that a network learnt from, and any shape laid like that."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.evaluation.reference_view import framed

SMALL = "modelnet10_vox30"
"""Training data whose objects leave a margin: their longest side is three quarters of the cube."""


def in_frame(occupancy: npt.NDArray[np.bool_], card: Card) -> npt.NDArray[np.bool_]:
    """Voxels ``[R, R, R]`` at the resolution of a card, as large as the shapes that its network learnt.

    Shapes that are about as large stay as they are, and so does everything for a network that learnt shapes which fill
    their cube.
    """
    learnt = [str(source.get("title", "")) for source in card.data.get("sources", ())]
    if not any(title.startswith(SMALL) for title in learnt) or not occupancy.any():
        return occupancy
    result: npt.NDArray[np.bool_] = framed(occupancy[None], card.resolution)[0]
    return result
