"""A path as a film: every frame decoded, meshed and written by a model of its own. Bench thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxstudio.core.ascent import AscentState
from voxstudio.core.latent import Latent
from voxstudio.core.surface import Surface
from voxstudio.engine.family import Progress
from voxstudio.engine.inference import mesh
from voxstudio.geometry.pieces import without_crumbs
from voxstudio.session.values import Options

FPS = {".gif": 20.0}
USUAL_FPS = 24.0
THREE_QUARTER = -32.0, 20.0
KEPT_BYTES = 256 * 2**20
"""Surfaces of a film that are kept from the first look at it, which frames them, to the second, which draws them."""


@dataclass(frozen=True, eq=False)
class Order:
    """What to film: the latents and classes of the places that are visited, and which of them each frame shows.

    ``view`` is the camera's azimuth and elevation in degrees.
    """

    target: Path
    latents: tuple[Latent, ...]
    labels: tuple[str | None, ...]
    frames: tuple[int, ...]
    fps: float
    options: Options
    view: tuple[float, float]


def places(steps: int, seconds: float, ending: str, fps: float) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Places in [0, 1] to decode, and which of them each frame shows.

    A film that turns back shows every place twice; one that goes round does not repeat its beginning at its end.
    """
    from voxstudio.geometry.animation import MOST_FRAMES

    most = MOST_FRAMES if ending != "bounce" else MOST_FRAMES // 2 + 1
    count = min(max(round(steps * seconds * fps), steps + 1), most)
    if ending == "loop":
        return tuple(k / count for k in range(count)), tuple(range(count))
    there = tuple(k / (count - 1) for k in range(count))
    back = range(count - 2, 0, -1) if ending == "bounce" else ()
    return there, (*range(count), *back)


def write_film(model: Any, order: Order, progress: Progress) -> list[Path]:
    """Write the film in the format of its suffix; the files written.

    BadInput for an unknown suffix or an empty film, CannotWrite if the disk refuses; nothing half-written is left.
    ``progress`` may raise Cancelled.
    """
    from voxstudio.geometry.animation import Lazy, Stage, save_animation

    made: dict[int, Surface] = {}
    room = KEPT_BYTES

    def surface(frame: int) -> Surface:
        nonlocal room
        place = order.frames[frame]
        if place in made:
            return made[place]
        grid = model.decode(order.latents[place], order.labels[place]).with_iso(order.options.iso)
        grid = without_crumbs(grid).grid if order.options.remove_crumbs else grid
        found = mesh(grid, order.options.style, order.options.smoothing)
        room -= found.vertices.nbytes + found.faces.nbytes + (found.normals.nbytes if found.normals is not None else 0)
        if room >= 0:  # the shapes of a long film are made again for its second look
            made[place] = found
        return found

    def picture(frame: int) -> Any:
        return model.side_image(order.latents[order.frames[frame]]).pixels[..., :3]

    frames: Sequence[Surface] = Lazy(len(order.frames), surface)
    beside = Lazy(len(order.frames), picture) if hasattr(model, "side_image") else None
    azimuth, elevation = order.view
    stage = Stage(order.fps, azimuth_deg=azimuth, elevation_deg=elevation, flat=order.options.style == "blocks")
    return save_animation(frames, order.target, stage, beside, progress)


def write_ascent(
    target: Path, states: Sequence[AscentState], chain: int, options: Options, view: tuple[float, float],
    fps: float, progress: Progress,
) -> list[Path]:  # fmt: skip
    """One chain's way up as a film in the format of the suffix; the last state stands still for a second.

    Errors as :func:`write_film`.
    """
    from voxstudio.geometry.animation import Lazy, Stage, save_animation

    def surface(frame: int) -> Surface:
        state = states[min(frame, len(states) - 1)]
        return mesh(state.grid(min(chain, len(state.volumes) - 1), options.iso), options.style, options.smoothing)

    stage = Stage(fps, azimuth_deg=view[0], elevation_deg=view[1], flat=options.style == "blocks")
    return save_animation(Lazy(len(states) + round(fps), surface), target, stage, None, progress)
