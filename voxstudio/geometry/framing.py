"""From a picture and its mask to what a network sees; training and the window share this one road."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.picture import Picture

GREY = 128
MARGIN = 0.08


def crop_box(mask: npt.NDArray[np.float32]) -> tuple[int, int, int]:
    """Left, top and side length of the square that frames the mask with a margin on each side.

    A mask of ones (no background removed) gives the centred square that holds the whole picture.
    """
    height, width = mask.shape
    if float(mask.min()) >= 1.0:
        side = max(height, width)
        return (width - side) // 2, (height - side) // 2, side
    rows, columns = np.flatnonzero((mask > 0.5).any(1)), np.flatnonzero((mask > 0.5).any(0))
    if len(rows) == 0:
        return crop_box(np.ones_like(mask))
    tall, wide = int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)
    side = max(1, round(max(tall, wide) * (1 + 2 * MARGIN)))
    return int(columns[0] + wide / 2 - side / 2), int(rows[0] + tall / 2 - side / 2), side


def frame_rgb(
    rgb: npt.NDArray[np.uint8], mask: npt.NDArray[np.float32], box: tuple[int, int, int], size: int
) -> npt.NDArray[np.uint8]:
    """Cut ``box`` out of ``rgb`` ``[H, W, 3]``, lay it over mid grey by ``mask``, resize; uint8 ``[size, size, 4]``."""
    left, top, side = box
    canvas = np.empty((side, side, 4), np.float32)
    canvas[...] = (GREY, GREY, GREY, 0)
    height, width = mask.shape
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    part = np.asarray(mask[y0:y1, x0:x1, None], np.float32)
    inside = canvas[y0 - top : y1 - top, x0 - left : x1 - left]
    inside[..., :3] = part * rgb[y0:y1, x0:x1] + (1 - part) * GREY
    inside[..., 3:] = 255 * part
    method = cv2.INTER_AREA if side >= size else cv2.INTER_LINEAR
    small = cv2.resize(canvas, (size, size), interpolation=method)
    return np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)


def network_view(picture: Picture, mask: npt.NDArray[np.float32] | None, size: int) -> npt.NDArray[np.uint8]:
    """What the network sees of a picture: uint8 ``[size, size, 4]``.

    ``mask`` is float ``[H, W]`` in [0, 1] (1 is the object); None keeps the whole picture, the
    background included, and the fourth channel is then full wherever the picture is.
    """
    pixels = picture.pixels
    alpha = np.ones(pixels.shape[:2], np.float32) if mask is None else np.asarray(mask, np.float32)
    if alpha.shape != pixels.shape[:2]:
        raise ValueError(f"the mask has shape {alpha.shape}, the picture {pixels.shape[:2]}")
    return frame_rgb(pixels[..., :3], alpha, crop_box(alpha), size)
