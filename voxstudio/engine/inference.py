"""The inference thread: owns the interactive model, decodes and meshes, and remembers what it can.

Requests are frozen values made on the owner's thread. The worker mutates nothing outside itself and
hands frozen events to ``deliver``. It imports torch when the first model is wanted, not before.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput, Cancelled, VoxStudioError
from voxstudio.core.latent import Latent
from voxstudio.core.overlap import iou
from voxstudio.core.picture import Picture
from voxstudio.core.surface import Surface
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.engine.inputs import View, reframed
from voxstudio.engine.jobs import Mailbox
from voxstudio.engine.placing import Comparer, placed, tidied
from voxstudio.engine.requests import (
    Aside,
    Contributed,
    Contribution,
    Done,
    Draw,
    Event,
    Failed,
    Frame,
    Given,
    ModelInfo,
    Opened,
    Request,
    Result,
)
from voxstudio.geometry.pieces import without_crumbs

ENCODE_AT_ONCE = 4
"""Views encoded between two looks at the stop flag: well under 0.3 s on two cores."""
DRAFT_VOXELS = 64**3
"""Grids larger than this are not smoothed while a slider moves."""
REMEMBERED_BYTES = 256 * 2**20
LIVE_IMAGE_MS = 12.0
"""A side image that takes longer waits until the slider is let go."""
CPU_TOOK_OVER = "The GPU's memory is full, so the CPU does the work: close other programs and open it again."


@dataclass
class _Open:
    """The model in hand and what was computed with it."""

    key: str
    model: Any
    info: ModelInfo
    means: OrderedDict[int, npt.NDArray[np.float32]] = field(default_factory=OrderedDict)
    grids: OrderedDict[Any, tuple[VoxelGrid, Latent]] = field(default_factory=OrderedDict)
    passing: tuple[Any, tuple[VoxelGrid, Latent]] | None = None
    """The last grid of a drag: it would push out those that are returned to."""
    image_ms: float = 0.0

    def remember(self, key: Any, grid: VoxelGrid, latent: Latent) -> None:
        """Keep a decoded grid; the oldest make room."""
        self.grids[key] = (grid, latent)
        room = max(4, REMEMBERED_BYTES // max(grid.values.nbytes, 1))
        while len(self.grids) > room:
            self.grids.popitem(last=False)
        while len(self.means) > 4096:
            self.means.popitem(last=False)


class InferenceThread:
    """One thread, one model, one request in hand, one waiting.

    Parameters
    ----------
    deliver: called on this thread with each :data:`Event`.
    open_model: opens the checkpoint in a folder on a device; called on this thread.
    """

    def __init__(self, deliver: Callable[[Event], None], open_model: Callable[[Path, str], Any]) -> None:
        self._deliver = deliver
        self._open_model = open_model
        self._mailbox: Mailbox[Request | Aside] = Mailbox()
        self._open: _Open | None = None
        self._comparer = Comparer(mesh)
        self._refused: dict[str, str] = {}
        self._in_hand: Request | None = None
        self._thread = threading.Thread(target=self._run, name="voxstudio-inference", daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Leave a request; a waiting one is replaced and never answered. Owner's thread."""
        self._mailbox.put(request)

    def submit_aside(self, aside: Aside | None) -> None:
        """Leave something for idle moments in place of what lies there; None takes that away. Owner's thread."""
        self._mailbox.put_aside(aside)

    def withdraw(self) -> None:
        """Forget the waiting request and stop the one in hand at its next look. Owner's thread."""
        waiting, current = self._mailbox.discard(), self._in_hand
        for request in (waiting, current):
            if isinstance(request, Request):
                request.job.stop()

    def retry(self, key: str) -> None:
        """Forget that a checkpoint could not be opened. Owner's thread."""
        self._refused.pop(key, None)

    def close(self, timeout: float = 20.0) -> bool:
        """Stop, let go of the model, join; True if the thread ended. Owner's thread."""
        self.withdraw()
        self._mailbox.close()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # Everything below runs on the inference thread.

    def _run(self) -> None:
        while (request := self._mailbox.take()) is not None:
            if isinstance(request, Aside):
                self._aside(request)
                continue
            self._in_hand = request
            try:
                self._answer(request)
            except Cancelled:
                pass
            finally:
                self._in_hand = None
            self._deliver(Done(request.number))
        self._open = None

    def _answer(self, request: Request) -> None:
        if isinstance(request.draw, Given):
            self._deliver(self._given(request, request.draw))
            there = self._open is not None and self._open.key == request.key
            if there or request.draft or not request.key or self._mailbox.has_mail:
                return
            request = replace(request, draw=None)  # the chosen model is opened all the same: it is wanted next
        opening = self._open is None or self._open.key != request.key
        try:
            opened = self._opened(request)
            opening = False
            if not request.views and request.draw is None:
                self._rehearse(opened)
                return
            self._deliver(self._result(opened, request))
            if request.contributions and len(request.views) > 1:
                self._contributions(opened, request)
        except Cancelled:
            raise
        except VoxStudioError as error:
            self._fail(request, str(error), opening, error)
        except Exception as error:  # a bug in a model must not end the thread or the program
            if _is_out_of_memory(error) and self._open is not None and self._open.info.device != "cpu":
                self._fall_back(request)
                return
            sentence = f"The checkpoint {request.folder.name} could not finish ({type(error).__name__}, {error})."
            if _is_out_of_memory(error):
                sentence = "There is not enough memory for this: close other programs or use fewer pictures."
            self._fail(request, sentence, opening, error)

    def _fail(self, request: Request, sentence: str, opening: bool, error: BaseException) -> None:
        if opening:
            self._refused[request.key] = sentence
        self._deliver(Failed(request.number, request.key, sentence, opening, error))

    def _fall_back(self, request: Request) -> None:
        """Open the model again on the CPU and answer there."""
        self._open = None
        gc.collect()
        self._load(replace(request, device="cpu"), CPU_TOOK_OVER)
        self._answer(request)

    def _opened(self, request: Request) -> _Open:
        request.job.check()
        if request.key in self._refused:
            raise VoxStudioError(self._refused[request.key])
        if self._open is None or self._open.key != request.key:
            request.job.progress(0.05, f"Opening {request.folder.name}")
            self._open = None
            self._load(request, "")
        assert self._open is not None
        return self._open

    def _load(self, request: Request, note: str) -> None:
        started = time.perf_counter()
        model = self._open_model(request.folder, request.device)
        if note:
            model.note = note
        spent = (time.perf_counter() - started) * 1000.0
        self._open = _Open(request.key, model, describe_model(request.key, model, spent))
        self._deliver(Opened(request.number, self._open.info))

    def _rehearse(self, opened: _Open) -> None:
        """The first pass and the first mesh take several times as long as the later ones: spend that beforehand."""
        able = opened.info.can_reconstruct or (opened.info.can_sample and not opened.info.climbs)
        if self._mailbox.has_mail or not able:
            return
        model, size = opened.model, opened.info.image_size
        if opened.info.can_reconstruct:
            grid = model.reconstruct(np.full((1, size, size, 4), 128, np.uint8), opened.info.fusions[0])
        else:
            grid = model.decode(model.draw(0))
        if not self._mailbox.has_mail:
            middle = (float(grid.values.min()) + float(grid.values.max())) / 2
            mesh(grid.with_iso(min(max(middle, 0.01), 0.99)), "smooth", 0)

    def _result(self, opened: _Open, request: Request) -> Result:
        started = time.perf_counter()
        grid, latent = self._grid(opened, request, request.views)
        network_ms = (time.perf_counter() - started) * 1000.0
        request.job.check()
        started = time.perf_counter()
        grid, crumbs, pieces = tidied(request, grid.with_iso(request.iso))
        surface = mesh(grid, request.style, request.smoothing, request.draft, request.confidence)
        times = {"network": network_ms, "mesh": (time.perf_counter() - started) * 1000.0}
        info = opened.info
        note = getattr(opened.model, "note", "") or info.note
        side = self._side_image(opened, request, latent, times)
        found = self._comparer.compare(request, grid, times)
        return Result(
            request.number, request.key, grid, surface, latent, times, info.device, note, request.draft, side, found,
            pieces, crumbs,
        )  # fmt: skip

    def _side_image(
        self, opened: _Open, request: Request, latent: Latent, times: dict[str, float]
    ) -> Picture | None:
        """What the generator imagines beside the shape, where it does; in a drag only if that is quick."""
        if not opened.info.has_side_image or (request.draft and opened.image_ms > LIVE_IMAGE_MS):
            return None
        started = time.perf_counter()
        side: Picture = opened.model.side_image(latent)
        opened.image_ms = times["image"] = (time.perf_counter() - started) * 1000.0
        return side

    def _aside(self, aside: Aside) -> None:
        """Decode frame by frame, making way as soon as a request waits. A frame that cannot be made ends it."""
        opened = self._open
        if opened is None or opened.key != aside.key:
            return
        for index in range(aside.first, len(aside.draws)):
            if self._mailbox.has_mail:
                self._mailbox.put_aside(replace(aside, first=index), again=True)
                return
            draw = aside.draws[index]
            try:
                grid = opened.model.decode(placed(opened.model, draw), draw.label).with_iso(aside.iso)
                grid = without_crumbs(grid).grid if aside.tidy else grid
            except Exception:  # nobody waits for it, and what the person moves will tell the reason
                return
            self._deliver(Frame(aside.number, index, grid))

    def _given(self, request: Request, given: Given) -> Result:
        started = time.perf_counter()
        grid = given.grid.with_iso(request.iso)
        surface = mesh(grid, request.style, request.smoothing, request.draft, request.confidence)
        if given.tint is not None and not surface.is_empty:
            surface = given.tint.paint(grid, surface, request.style)
        times = {"mesh": (time.perf_counter() - started) * 1000.0}
        found = self._comparer.compare(request, grid, times)
        return Result(
            request.number, request.key, grid, surface, Latent({}), times, "cpu", "", request.draft, None, found
        )

    def _grid(self, opened: _Open, request: Request, views: tuple[View, ...]) -> tuple[VoxelGrid, Latent]:
        assert not isinstance(request.draw, Given), "a given grid is only meshed"
        remembered: Any
        if isinstance(request.draw, Draw) and opened.info.climbs:
            remembered = request.draw.seed, request.draw.label  # nothing else moves it
        elif request.draw is not None:
            remembered = request.draw
        else:
            remembered = (tuple(view.token for view in views), request.fusion, request.label)
        if remembered in opened.grids:
            opened.grids.move_to_end(remembered)
            return opened.grids[remembered]
        if opened.passing is not None and opened.passing[0] == remembered:
            found = opened.passing[1]
        else:
            found = self._decoded(opened, request, views)
        if request.draft and request.draw is not None:
            opened.passing = (remembered, found)
        else:
            opened.remember(remembered, *found)
        return found

    def _decoded(self, opened: _Open, request: Request, views: tuple[View, ...]) -> tuple[VoxelGrid, Latent]:
        model, draw = opened.model, request.draw
        if isinstance(draw, Draw):
            if not opened.info.can_sample:
                raise BadInput(f"The checkpoint {request.folder.name} makes nothing from noise: choose one that does.")
            if opened.info.climbs:
                return self._climbed(opened, request, draw), Latent({}, draw.seed)
            latent = placed(model, draw)
            return model.decode(latent, draw.label), latent
        latent = model.fuse(self._means(opened, request, views), request.fusion)
        request.job.check()
        return model.decode(latent, request.label), latent

    def _climbed(self, opened: _Open, request: Request, draw: Draw) -> VoxelGrid:
        """From noise through every network; makes way as soon as another shape is wanted."""
        if draw.start is not None:
            raise BadInput(f"The checkpoint {request.folder.name} has no latent to stand at: take a seed.")

        def told(fraction: float, words: str) -> None:
            if self._mailbox.has_mail:
                raise Cancelled
            request.job.progress(fraction, words)

        target = draw.label if draw.label in opened.model.targets else None
        grid: VoxelGrid = opened.model.synthesize([draw.seed], target, told).grid(0, opened.model.card.iso_level)
        return grid

    def _means(self, opened: _Open, request: Request, views: tuple[View, ...]) -> npt.NDArray[np.float32]:
        if not opened.info.can_reconstruct:
            raise BadInput(f"The checkpoint {request.folder.name} does not read pictures: choose one that does.")
        missing = [view for view in views if view.token not in opened.means]
        for first in range(0, len(missing), ENCODE_AT_ONCE):
            chunk = missing[first : first + ENCODE_AT_ONCE]
            request.job.progress(first / len(views), f"Reading the shape from {len(views)} pictures")
            size = opened.info.image_size
            seen = [v.network if v.network.shape[0] == size else reframed(v, size).network for v in chunk]
            for view, mean in zip(chunk, opened.model.encode(np.stack(seen)), strict=True):
                opened.means[view.token] = mean
        return np.stack([opened.means[view.token] for view in views])

    def _contributions(self, opened: _Open, request: Request) -> None:
        """Low-priority work: makes way as soon as a newer request waits."""
        items: list[Contribution] = []
        for item in self._each_contribution(opened, request):
            items.append(item)
            complete = len(items) == len(request.views)
            self._deliver(Contributed(request.number, tuple(items), complete))

    def _each_contribution(self, opened: _Open, request: Request) -> Iterator[Contribution]:
        full = self._grid(opened, request, request.views)[0].with_iso(request.iso).occupancy
        for index, view in enumerate(request.views):
            if self._mailbox.has_mail:
                return
            request.job.check()
            others = request.views[:index] + request.views[index + 1 :]
            grid = self._grid(opened, request, others)[0].with_iso(request.iso)
            yield Contribution(view.id, iou(full, grid.occupancy), grid)


def mesh(grid: VoxelGrid, style: str, smoothing: int, draft: bool = False, confidence: bool = False) -> Surface:
    """Mesh a grid as the window shows it; ``confidence`` adds how sure the model is as ``values``.

    Where a cloud is shown, its surface is the smooth one.
    """
    from voxstudio.geometry.isosurface import surface_from_grid

    style = "smooth" if style == "cloud" else style
    steps = 0 if draft and grid.values.size > DRAFT_VOXELS else smoothing
    surface = surface_from_grid(grid, style, steps)
    if confidence and not surface.is_empty:
        from voxstudio.geometry.confidence import confidence as how_sure

        surface = replace(surface, values=how_sure(grid, surface))
    return surface


def describe_model(key: str, model: Any, load_ms: float = 0.0) -> ModelInfo:
    """Read off a model what the owner's thread needs to know."""
    from voxstudio.engine.ascending import can_synthesize
    from voxstudio.engine.family import Generator, Reconstructor

    reads, draws = isinstance(model, Reconstructor), isinstance(model, Generator)
    climbs = not draws and can_synthesize(model)
    card = model.card
    return ModelInfo(
        key=key, device=model.device, note=model.note,
        image_size=model.image_size if reads else 0,
        fusions=tuple(model.fusions) if reads else (),
        labels=tuple(card.classes), can_reconstruct=reads, can_sample=draws or climbs,
        controls=tuple(model.controls()), load_ms=load_ms, layout=tuple(getattr(model, "layout", ())),
        has_side_image=hasattr(model, "side_image"), climbs=climbs,
    )


def _is_out_of_memory(error: BaseException) -> bool:
    """True for torch.OutOfMemoryError (by name: torch may not be imported) and what drivers raise instead."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"OutOfMemoryError", "MemoryError"}) or (
        isinstance(error, RuntimeError) and "out of memory" in str(error).lower()
    )
