"""What is asked of the inference thread and what it answers: frozen values that whoever holds them may keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxstudio.core.controls import Control
from voxstudio.core.latent import CodeSpec, Latent
from voxstudio.core.picture import Picture
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import View
from voxstudio.engine.jobs import Job
from voxstudio.geometry.difference import Difference


@dataclass(frozen=True)
class ModelInfo:
    """What the owner knows of an open model without touching it."""

    key: str
    device: str
    note: str
    image_size: int
    fusions: tuple[str, ...]
    labels: tuple[str, ...]
    can_reconstruct: bool
    can_sample: bool
    controls: tuple[Control, ...]
    load_ms: float
    layout: tuple[CodeSpec, ...] = ()
    """The codes of its latent; empty if it has none that one can move in."""
    has_side_image: bool = False
    """Whether it makes a picture beside each shape."""
    climbs: bool = False
    """Whether it samples by climbing its own score, step by step: it has no latent then."""


@dataclass(frozen=True)
class Draw:
    """A point of a generator's latent space: drawn from the prior, then moved by hand.

    ``start`` stands in for the drawn latent (an inversion, a point of a path), ``origin`` says in words what it is.
    ``pushes`` are directions, each a latent of steps, and how far to go along them. ``codes`` are entries set by hand,
    named as in :func:`voxstudio.engine.latent_space.handle`; they come last, so that they hold whatever else moves.
    """

    label: str | None
    seed: int
    truncation: float = 1.0
    start: Latent | None = None
    pushes: tuple[tuple[Latent, float], ...] = ()
    codes: tuple[tuple[str, float], ...] = ()
    origin: str = ""


@dataclass(frozen=True, eq=False)
class Tint:
    """What a grid is coloured by, voxel by voxel: float32 ``[X, Y, Z]``, -1 to 1; ``low`` and ``high`` name the ends.

    ``signed``: both ends are there; else 0 is the lower one.
    """

    field: npt.NDArray[np.float32]
    low: str
    high: str
    signed: bool = True

    def at(self, grid: VoxelGrid, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Values in [0, 1] at points ``[N, 3]`` in model units: 0.5 stands for nothing."""
        from scipy.ndimage import map_coordinates

        where = (np.asarray(points, np.float64) - grid.origin) / grid.spacing
        found = map_coordinates(self.field, where.T, output=np.float32, order=1, mode="nearest")
        result: npt.NDArray[np.float32] = np.clip(0.5 + 0.5 * found, 0.0, 1.0).astype(np.float32)
        return result

    def paint(self, grid: VoxelGrid, surface: Surface, style: str = "smooth") -> Surface:
        """The surface with its colours as ``values``; of blocks every triangle has corners and a colour of its own."""
        if style != "blocks":
            return replace(surface, values=self.at(grid, surface.vertices))
        corners = surface.vertices[surface.faces]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        out = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        inside = corners.mean(axis=1) - 0.5 * out * np.asarray(grid.spacing)
        index = np.rint((inside - grid.origin) / grid.spacing).astype(int)
        index = np.clip(index, 0, np.array(grid.shape) - 1)
        values = np.clip(0.5 + 0.5 * self.field[tuple(index.T)], 0.0, 1.0)
        count = 3 * len(corners)
        return Surface(corners.reshape(-1, 3), np.arange(count).reshape(-1, 3), values=np.repeat(values, 3))


@dataclass(frozen=True, eq=False)
class Given:
    """A grid that no model has to make, such as a carved one: it is only meshed.

    ``origin`` says in words what it was made from, ``maker`` what made it: it stands where else a checkpoint's
    name would. ``label`` is the class of things that have none. ``tint`` colours it.
    """

    grid: VoxelGrid
    origin: str
    maker: str = "turntable"
    label: None = None
    tint: Tint | None = None


@dataclass(frozen=True, eq=False)
class Request:
    """Everything one result depends on, captured on the owner's thread.

    ``views`` or ``draw`` says what to make; with neither, the model is only opened. ``draft`` is set
    while a slider moves. ``contributions`` asks for the result without each view afterwards. ``against`` is a shape
    that the result is compared with. ``tidy``: leave crumbs out of a generator's shape, unless it is a draft.
    """

    number: int
    key: str
    folder: Path
    device: str
    job: Job
    views: tuple[View, ...] = ()
    draw: Draw | Given | None = None
    fusion: str = "mean"
    label: str | None = None
    iso: float = 0.5
    style: str = "smooth"
    smoothing: int = 0
    confidence: bool = False
    draft: bool = False
    contributions: bool = False
    against: VoxelGrid | None = None
    tidy: bool = False


@dataclass(frozen=True, eq=False)
class Aside:
    """Shapes that are wanted while nothing else is: the frames of a filmstrip, decoded by the open model ``key``."""

    number: int
    key: str
    draws: tuple[Draw, ...]
    iso: float
    first: int = 0
    """How many frames were delivered already."""
    tidy: bool = False


@dataclass(frozen=True, eq=False)
class Result:
    """What a request led to. ``times`` holds ``network`` and ``mesh`` in milliseconds, with ``image`` and ``compare``
    where there was a side image or a comparison. ``pieces`` that a generator's shape is in and ``crumbs`` that were
    left out of it; both 0 where nobody counted: in a draft, and for what no generator made."""

    number: int
    key: str
    grid: VoxelGrid
    surface: Surface
    latent: Latent
    times: dict[str, float]
    device: str
    note: str
    draft: bool
    side: Picture | None = None
    difference: Difference | None = None
    pieces: int = 0
    crumbs: int = 0


@dataclass(frozen=True, eq=False)
class Frame:
    """One shape of an :class:`Aside`."""

    number: int
    index: int
    grid: VoxelGrid


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one view contributes.

    ``iou`` compares the result of all views with the result without this one (1: it changes nothing),
    at the threshold of the request; ``grid`` is the result without it.
    """

    view_id: int
    iou: float
    grid: VoxelGrid


@dataclass(frozen=True, eq=False)
class Contributed:
    """The contributions that belong to one request, as far as they are known."""

    number: int
    items: tuple[Contribution, ...]
    complete: bool


@dataclass(frozen=True)
class Opened:
    """A model is open (``info``)."""

    number: int
    info: ModelInfo


@dataclass(frozen=True)
class Failed:
    """A request failed; ``sentence`` tells a person why. ``opening``: the model could not be opened."""

    number: int
    key: str
    sentence: str
    opening: bool
    error: BaseException | None = None


@dataclass(frozen=True)
class Done:
    """Nothing more follows for this request."""

    number: int


Event = Result | Contributed | Frame | Opened | Failed | Done
