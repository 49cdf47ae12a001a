"""What the session says: frozen values that whoever holds them may keep."""

from __future__ import annotations

from dataclasses import dataclass

from voxstudio.core.errors import BadInput
from voxstudio.core.latent import Latent
from voxstudio.core.picture import Picture
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.requests import Draw, Given
from voxstudio.geometry.difference import Difference

STYLES = ("smooth", "blocks", "cloud")
COLOURS = ("clay", "confidence")


@dataclass(frozen=True)
class Options:
    """What the person set.

    Parameters
    ----------
    fusion: how several views are joined, one of :attr:`Session.fusions`.
    label: the class, one of :attr:`Session.labels`; None where the checkpoint knows fewer than two.
    iso: the probability at which the surface lies, in (0, 1); the card's when a checkpoint is opened.
    style: ``"smooth"``, ``"blocks"`` or, a dot for each voxel, ``"cloud"``, which is written as smooth.
    smoothing: Taubin steps, 0 to 50, smooth style only.
    remove_background: for pictures that are added from now on; each view has its own afterwards.
    remove_crumbs: shapes that a generator made lose pieces below 1 % of their volume, once a slider is let go.
    colour_by: ``"clay"`` or ``"confidence"`` (then ``shown.surface.values`` is in [0, 1], 1 is sure).
    """

    fusion: str = "mean"
    label: str | None = None
    iso: float = 0.5
    style: str = "smooth"
    smoothing: int = 0
    remove_background: bool = True
    colour_by: str = "clay"
    remove_crumbs: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.iso < 1.0:
            raise BadInput(f"The threshold must lie between 0 and 1, not {self.iso}.")
        if self.style not in STYLES:
            raise BadInput(f"The style must be one of {', '.join(STYLES)}, not {self.style!r}.")
        if not 0 <= self.smoothing <= 50:
            raise BadInput(f"Smoothing takes 0 to 50 steps, not {self.smoothing}.")
        if self.colour_by not in COLOURS:
            raise BadInput(f"The colour must be one of {', '.join(COLOURS)}, not {self.colour_by!r}.")


@dataclass(frozen=True, eq=False)
class Shown:
    """What the viewport shows. Read-outs quote this, never what is merely wanted.

    ``number`` grows with every result. ``times`` are milliseconds: ``read`` (all pictures: reading,
    masking, framing), ``network``, ``mesh``, and ``draw`` once :meth:`Session.note_drawn` was called.
    ``origin`` says in words what it was made from ("3 photos, mean", "chair from noise, seed 4").
    ``checkpoint`` is empty for a shape that no checkpoint made, such as the preview of a run.
    ``note`` is what the person should know about how it was made, else empty. ``key`` is the folder of the checkpoint,
    ``draw`` the point of its latent space (None for photos), ``label`` its class. ``side`` is what an enhancer
    imagines beside it, ``difference`` leads from the shape that it is compared with to this one. ``total_ms`` is the
    time from the wish to the pixels, known with ``draw``: what the stages leave of it was spent waiting. ``pieces`` and
    ``crumbs`` as in :class:`voxstudio.engine.requests.Result`.
    """

    number: int
    checkpoint: str
    grid: VoxelGrid
    surface: Surface
    latent: Latent
    times: dict[str, float]
    device: str
    origin: str
    note: str = ""
    draft: bool = False
    key: str = ""
    draw: Draw | Given | None = None
    label: str | None = None
    side: Picture | None = None
    difference: Difference | None = None
    asked_at: float = 0.0
    total_ms: float = 0.0
    pieces: int = 0
    crumbs: int = 0


@dataclass(frozen=True)
class JobState:
    """What runs: words for the person, a fraction in [0, 1], and whether :meth:`Session.cancel` stops it."""

    number: int
    words: str
    fraction: float = 0.0
    cancellable: bool = True


@dataclass(frozen=True)
class Message:
    """One sentence for the person.

    ``severity``: ``"info"``, ``"warning"`` or ``"error"``. ``where``: the panel concerned, one of
    ``"images"``, ``"checkpoint"``, ``"inspection"``, ``"result"``, ``"export"``, ``"training"``, ``"codes"``,
    ``"path"``, ``"compare"``, ``"synthesis"``, ``"classify"``. ``details``: one
    sentence per file if several failed.
    """

    severity: str
    sentence: str
    where: str
    details: tuple[str, ...] = ()
