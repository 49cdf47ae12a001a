"""What is asked of the inference thread and what it answers: frozen values that whoever holds them may keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voxstudio.core.controls import Control
from voxstudio.core.latent import Latent
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import View
from voxstudio.engine.jobs import Job


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


@dataclass(frozen=True)
class Draw:
    """A latent to be drawn from the prior."""

    label: str | None
    seed: int
    truncation: float = 1.0


@dataclass(frozen=True, eq=False)
class Given:
    """A grid that no model has to make, such as a carved one: it is only meshed.

    ``origin`` says in words what it was made from, ``maker`` what made it: it stands where else a checkpoint's
    name would. ``label`` is the class of things that have none.
    """

    grid: VoxelGrid
    origin: str
    maker: str = "turntable"
    label: None = None


@dataclass(frozen=True, eq=False)
class Request:
    """Everything one result depends on, captured on the owner's thread.

    ``views`` or ``draw`` says what to make; with neither, the model is only opened. ``draft`` is set
    while a slider moves. ``contributions`` asks for the result without each view afterwards.
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


@dataclass(frozen=True, eq=False)
class Result:
    """What a request led to. ``times`` holds ``network`` and ``mesh`` in milliseconds."""

    number: int
    key: str
    grid: VoxelGrid
    surface: Surface
    latent: Latent
    times: dict[str, float]
    device: str
    note: str
    draft: bool


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


Event = Result | Contributed | Opened | Failed | Done
