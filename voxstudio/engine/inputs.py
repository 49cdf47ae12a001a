"""From a file or a pasted picture to what the network sees; the I/O thread calls this. No torch."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voxstudio.core.picture import Picture

_tokens = itertools.count(1)

NO_BACKGROUND_FOUND = "The background could not be told apart, so the whole picture is used."
NO_OBJECT = "This picture shows no object: take one in which it stands out from what is behind it."
HARDLY_ANY = "This picture shows hardly anything of an object: move closer, or choose another picture."
LEAST_CONTRAST = 12.0
"""What stands out from an even ground by less is not seen, of 255."""
LEAST_SHARE = 0.005
"""An object that covers less of its picture than this has hardly any shape."""


@dataclass(frozen=True, eq=False)
class View:
    """One picture of the object.

    Parameters
    ----------
    id: stays the same for the life of the view.
    token: changes whenever ``network`` changes; encoder results are remembered under it.
    picture: the picture as read.
    mask: float32 ``[H, W]`` in [0, 1], 1 is object; None if the background stays.
    network: uint8 ``[S, S, 4]``, exactly what the network sees: RGB over mid grey and the mask.
    remove_background: what the person wants for this view.
    name: a short name for the person. ``source``: the file, if there is one.
    note: one sentence if something about this view should be known, else empty.
    read_ms: milliseconds spent on reading, masking and framing.
    """

    id: int
    token: int
    picture: Picture
    mask: npt.NDArray[np.float32] | None
    network: npt.NDArray[np.uint8]
    remove_background: bool
    name: str
    source: Path | None = None
    note: str = ""
    read_ms: float = 0.0


def make_view(
    picture: Picture, size: int, remove_background: bool = True, source: Path | None = None,
    name: str = "", started: float | None = None,
) -> View:
    """Mask and frame one picture for a network that takes ``size`` x ``size`` pixels.

    ``started`` is the ``time.perf_counter()`` at which reading began.
    """
    begun = time.perf_counter() if started is None else started
    mask, note = _mask(picture, remove_background)
    network = _framed(picture, mask, size)
    spent = (time.perf_counter() - begun) * 1000.0
    token = next(_tokens)
    shown = name or picture.name or (source.name if source else "picture")
    return View(token, token, picture, mask, network, remove_background, shown, source, note, spent)


def read_view(path: Path, size: int, remove_background: bool = True) -> View:
    """Read an image file and make a view of it; BadInput says what is wrong with the file."""
    from voxstudio.geometry.image_io import read_image

    started = time.perf_counter()
    picture = read_image(path)
    return make_view(picture, size, remove_background, path, path.name, started)


def reframed(view: View, size: int, remove_background: bool | None = None) -> View:
    """The same view for another image size or another wish about its background."""
    wish = view.remove_background if remove_background is None else remove_background
    if wish == view.remove_background:
        mask, note = view.mask, view.note
    else:
        mask, note = _mask(view.picture, wish)
    network = _framed(view.picture, mask, size)
    return replace(view, token=next(_tokens), mask=mask, network=network, remove_background=wish, note=note)


def rehearse(size: int) -> None:
    """Make a view of a made-up picture: what is imported and compiled for it is then there for the first real one."""
    pixels = np.full((48, 48, 4), 255, np.uint8)
    pixels[12:36, 16:32, :3] = 60
    make_view(Picture(pixels), size)


def _mask(picture: Picture, remove_background: bool) -> tuple[npt.NDArray[np.float32] | None, str]:
    """Alpha is the mask where there is one, whatever the wish: nothing has to be guessed there."""
    if not picture.has_alpha and _is_blank(picture):
        return None, NO_OBJECT
    if not (remove_background or picture.has_alpha):
        return None, ""
    from voxstudio.geometry.background import foreground_mask

    mask = foreground_mask(picture)
    if mask.min() >= 1.0:
        return None, NO_BACKGROUND_FOUND
    share = float(mask.mean())
    return mask, "" if share > LEAST_SHARE else HARDLY_ANY if share > 0.0 else NO_OBJECT


def _is_blank(picture: Picture) -> bool:
    """True for a sheet of one colour, be it lit from a side or grainy: nothing in it departs from a plane."""
    step = max(1, min(picture.size) // 256)
    rgb = picture.pixels[::step, ::step, :3]
    rows, columns = (np.array_split(np.arange(side), min(side, 32)) for side in rgb.shape[:2])
    cells = np.add.reduceat(rgb, [part[0] for part in rows], axis=0, dtype=np.float32)
    cells = np.add.reduceat(cells, [part[0] for part in columns], axis=1)
    cells /= np.outer([len(part) for part in rows], [len(part) for part in columns])[..., None]
    y, x = np.mgrid[: len(rows), : len(columns)].reshape(2, -1)
    plane = np.stack([x, y, np.ones_like(x)], axis=1).astype(np.float32)
    flat = cells.reshape(-1, 3)
    departs = flat - plane @ np.linalg.lstsq(plane, flat, rcond=None)[0]
    return bool(np.abs(departs).max() < LEAST_CONTRAST)


def _framed(picture: Picture, mask: npt.NDArray[np.float32] | None, size: int) -> npt.NDArray[np.uint8]:
    from voxstudio.geometry.framing import network_view

    network = network_view(picture, mask, size)
    network.setflags(write=False)
    return network
