"""The Python face: open a checkpoint, make a shape, save it. Four lines:

    import voxstudio
    model = voxstudio.open("chair-multiview")
    grid = model.reconstruct(["front.png", "side.png"])
    voxstudio.save(grid, "chair.stl")

Everything raises subclasses of :class:`voxstudio.core.errors.VoxStudioError`, whose message is one
sentence that says what to do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.card import Card
from voxstudio.core.errors import BadInput
from voxstudio.core.latent import Latent
from voxstudio.core.picture import Picture
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.family import Progress, quiet
from voxstudio.engine.inference import describe_model, mesh
from voxstudio.engine.inputs import View, make_view, read_view
from voxstudio.engine.places import checkpoint_folders, find_checkpoint
from voxstudio.lab.opening import open_any

if TYPE_CHECKING:
    from voxstudio.engine.checkpoint import Entry
    from voxstudio.engine.family import LatentSpace

Image = str | Path | Picture | npt.NDArray[np.uint8]
"""A file, a picture, or uint8 ``[H, W]``, ``[H, W, 3]`` or ``[H, W, 4]`` in sRGB."""


def checkpoints() -> tuple[Entry, ...]:
    """Every checkpoint found: shipped, the user's, and those in VOXSTUDIO_CHECKPOINTS. No torch."""
    from voxstudio.engine.checkpoint import catalogue

    return tuple(catalogue(checkpoint_folders()))


def open(name: str | Path = "chair-multiview", device: str = "auto") -> Model:
    """Open a checkpoint by name or folder on ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Raises BadCheckpoint if there is none of that name, or if it is damaged, unsafe or misfits its card.
    """
    entry = find_checkpoint(str(name), checkpoint_folders())
    started = time.perf_counter()
    model = open_any(entry.folder, device)
    return Model(entry.name, model, (time.perf_counter() - started) * 1000.0)


def reconstruct(
    images: Image | Sequence[Image], checkpoint: str | Path = "chair-multiview", **options: Any
) -> VoxelGrid:
    """Open ``checkpoint`` and reconstruct at once; ``options`` as in :meth:`Model.reconstruct`."""
    return open(checkpoint).reconstruct(images, **options)


def surface(grid: VoxelGrid, style: str = "smooth", smoothing: int = 0, confidence: bool = False) -> Surface:
    """Mesh a grid at its iso level: ``"smooth"`` (with Taubin steps) or ``"blocks"``; watertight.

    ``confidence`` adds how sure the model is as ``values`` in [0, 1] per vertex, 1 is sure.
    """
    return mesh(grid, style, smoothing, confidence=confidence)


def save(shape: VoxelGrid | Surface, path: str | Path) -> Path:
    """Write an OBJ, STL, PLY or GLB file (by the suffix); a grid is meshed first. All or nothing.

    Raises BadInput for an empty shape or an unknown suffix, CannotWrite if the file cannot be written.
    """
    from voxstudio.geometry.mesh_io import save_surface

    target = Path(path)
    save_surface(surface(shape) if isinstance(shape, VoxelGrid) else shape, target)
    return target


class Model:
    """An open checkpoint.

    ``card`` is what the checkpoint says of itself; ``device`` where it runs; ``note`` what the person
    should know, else empty; ``fusions`` and ``classes`` what the methods below take. ``times`` holds
    the milliseconds of the last call by stage.
    """

    def __init__(self, name: str, model: Any, load_ms: float = 0.0) -> None:
        self._model = model
        self._info = describe_model(name, model, load_ms)
        self.name = name
        self.card: Card = model.card
        self.device: str = model.device
        self.fusions = self._info.fusions
        self.classes = self._info.labels
        self.times: dict[str, float] = {"load": load_ms}
        self.views: tuple[View, ...] = ()

    @property
    def note(self) -> str:
        """What the person should know about how the model runs, else empty."""
        return str(self._model.note)

    def reconstruct(
        self, images: Image | Sequence[Image], fusion: str = "mean", label: str | None = None,
        iso: float | None = None, remove_background: bool = True, progress: Progress = quiet,
    ) -> VoxelGrid:
        """Make a grid from one or more pictures of one object.

        Parameters
        ----------
        images: see :data:`Image`; one or many, in any order.
        fusion: how several views are joined, one of ``fusions``.
        label: the class, one of ``classes``, or None.
        iso: the threshold in (0, 1); the card's by default.
        remove_background: False if the pictures show nothing but the object.
        progress: called with a fraction and a few words; may raise Cancelled.
        """
        self._need(self._info.can_reconstruct, "does not read pictures")
        self._check(label, iso)
        if fusion not in self.fusions:
            raise BadInput(f"The fusion must be one of {', '.join(self.fusions)}, not {fusion!r}.")
        given = [images] if isinstance(images, (str, Path, Picture, np.ndarray)) else list(images)
        if not given:
            raise BadInput("There is no picture to reconstruct from: give at least one.")
        views = []
        for index, image in enumerate(given):
            progress(0.5 * index / len(given), f"Reading picture {index + 1} of {len(given)}")
            views.append(self._view(image, remove_background))
        progress(0.5, "Making the shape")
        started = time.perf_counter()
        grid = self._model.reconstruct(np.stack([view.network for view in views]), fusion, label)
        self.times = {
            "read": sum(view.read_ms for view in views), "network": (time.perf_counter() - started) * 1000.0
        }
        self.views = tuple(views)
        return _at(grid, iso)

    def sample(
        self, label: str | None = None, seed: int = 0, truncation: float = 1.0, iso: float | None = None
    ) -> VoxelGrid:
        """Make an object of a class from noise; the same seed gives the same object."""
        self._need(self._info.can_sample, "makes nothing from noise")
        self._check(label, iso)
        from voxstudio.engine.latent_space import checked_seed

        if self.climbs:
            return self.synthesize(checked_seed(seed), label, iso)
        return self.decode(self._model.draw(checked_seed(seed), label, truncation), label, iso)

    @property
    def climbs(self) -> bool:
        """Whether it samples by climbing its own score, step by step, and not by decoding a latent."""
        return self._info.climbs

    @property
    def inner(self) -> Any:
        """What the family opened: for the protocols of :mod:`voxstudio.engine.family` that have no method here."""
        return self._model

    def synthesize(
        self, seed: int = 0, target: str | None = None, iso: float | None = None, progress: Progress = quiet
    ) -> VoxelGrid:
        """Climb from the noise of a seed through every network (3DWINN, 3.2); the seed chooses where no class is named.

        BadInput if the checkpoint does not climb, or not to that class.
        """
        from dataclasses import replace

        from voxstudio.lab.climbing import aim_of, climb, synthesizer

        model = synthesizer(self._model)
        started = time.perf_counter()
        state = climb(model, seed, replace(model.usual, target=aim_of(model, seed, target)), progress=progress)
        self.times = {"network": (time.perf_counter() - started) * 1000.0}
        return _at(state.grid(0, self.card.iso_level, self.name), iso)

    def classify(self, grid: VoxelGrid) -> dict[str, float]:
        """Class probabilities of a shape of any resolution, the likeliest first; BadInput if it does not classify."""
        from voxstudio.lab.probing import classifier, shown_to, softmax

        model = classifier(self._model)
        seen = shown_to(grid.occupancy, self.card)
        shares = softmax(model.logits(seen[None]))[0].tolist()
        return dict(sorted(zip(self.classes, shares, strict=True), key=lambda pair: -pair[1]))

    @property
    def space(self) -> LatentSpace:
        """The model as what :mod:`voxstudio.engine.latent_space`, ``engine.inversion`` and ``lab`` work with.

        Raises BadInput if the checkpoint is no generator.
        """
        from voxstudio.engine.latent_space import latent_space

        return latent_space(self._model, self.name)

    def draw(
        self, seed: int = 0, label: str | None = None, truncation: float = 1.0, codes: Mapping[str, float] | None = None
    ) -> Latent:
        """Draw a latent, with some codes set by hand: ``codes={"continuous:0": 0.5}``; a choice counts from 1."""
        from voxstudio.engine.latent_space import checked_seed, flat, handle, unflat

        space = self.space
        self._check(label, None)
        latent = space.draw(checked_seed(seed), label, truncation)
        if not codes:
            return latent
        vector = flat(latent, space.layout)
        for name, value in codes.items():
            vector = handle(space.layout, name).set(vector, value)
        return unflat(vector, space.layout)

    def decode(self, latent: Latent, label: str | None = None, iso: float | None = None) -> VoxelGrid:
        """Make the object of a latent; BadInput if the latent belongs to another generator."""
        self._need(self._info.can_sample and not self.climbs, "has no latent to decode")
        self._check(label, iso)
        started = time.perf_counter()
        grid = self._model.decode(latent, label)
        self.times = {"network": (time.perf_counter() - started) * 1000.0}
        return _at(grid, iso)

    def _view(self, image: Image, remove_background: bool) -> View:
        size = self._info.image_size
        if isinstance(image, (str, Path)):
            return read_view(Path(image), size, remove_background)
        picture = image if isinstance(image, Picture) else _picture(image)
        return make_view(picture, size, remove_background)

    def _need(self, can: bool, lack: str) -> None:
        if not can:
            raise BadInput(f"The checkpoint {self.name} {lack}: choose one that does (voxstudio list).")

    def _check(self, label: str | None, iso: float | None) -> None:
        if label is not None and label not in self.classes:
            known = ", ".join(self.classes) or "none"
            raise BadInput(f"The class must be one of those that {self.name} knows ({known}), not {label!r}.")
        if iso is not None and not 0.0 < iso < 1.0:
            raise BadInput(f"The threshold must lie between 0 and 1, not {iso}.")


def _at(grid: VoxelGrid, iso: float | None) -> VoxelGrid:
    return grid if iso is None else grid.with_iso(iso)


def _picture(pixels: npt.NDArray[np.uint8]) -> Picture:
    array = np.asarray(pixels)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise BadInput(
            "A picture as an array must be uint8 of shape [H, W], [H, W, 3] or [H, W, 4], "
            f"not {array.dtype} {array.shape}."
        )
    if min(array.shape[:2]) < 2:
        raise BadInput(f"A picture of {array.shape[1]} x {array.shape[0]} pixels shows nothing: use a larger one.")
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    has_alpha = array.shape[2] == 4 and bool(array[..., 3].min() < 255)
    if array.shape[2] == 3:
        array = np.concatenate([array, np.full_like(array[..., :1], 255)], axis=2)
    return Picture(array, has_alpha)
