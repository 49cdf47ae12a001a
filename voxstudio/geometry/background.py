"""Find the object in a photo or render: GrabCut, started from a model of the background.

The pictures that people bring show one object in front of a plain, graded or horizon-split background, with a
shadow beside it or a floor grid under it. The border of the picture shows that background almost alone, so it gives
the first guess; GrabCut (Rother et al. 2004, OpenCV) then moves the outline onto the edges.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.picture import Picture

Float = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Byte = npt.NDArray[np.uint8]

WORKING_SIZE = 256
"""Pixels on the longer side while searching; networks see less."""

_RING = 3
"""Width of the border that is taken for background, in working pixels."""

_FAR = 8.0
"""Distance in CIELAB from which a colour is no longer taken for background."""

_NEAR = 4.0
"""Distance in CIELAB up to which a colour is background beyond doubt."""

_SHADOW_RANGE = 0.3, 0.99
_SHADOW_ERROR = 9.0
"""A shadow is the background times a factor in this range, within this error in sRGB steps."""

_LEAST_LIT = 0.2
"""Where less than this share of the object is not shadow-like, the object itself is grey: keep it all."""

_ITERATIONS = 2


def foreground_mask(picture: Picture) -> Float:
    """Where the object is: float32 ``[H, W]`` in [0, 1], 1 on the object.

    A picture with transparency is masked by its own alpha. Otherwise the background is removed; where that leaves
    almost nothing or almost everything, the mask is 1 everywhere, which a caller sees by ``mask.min() == 1``. The
    same picture always gives the same mask, and any thread may call it.
    """
    if picture.has_alpha:
        return picture.pixels[:, :, 3].astype(np.float32) / np.float32(255)
    width, height = picture.size
    everything = np.ones((height, width), np.float32)
    scale = min(1.0, WORKING_SIZE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if min(size) < 4 * _RING:
        return everything
    rgb = np.ascontiguousarray(picture.pixels[:, :, :3])
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    found = _search(np.asarray(small, np.uint8))
    share = float(found.mean())
    if not 0.004 < share < 0.96:
        return everything
    return _enlarged(found, (width, height))


def _search(rgb: Byte) -> Bool:
    """The object's pixels in a small picture, uint8 ``[H, W, 3]``."""
    distance, local, shadow = _first_guess(rgb)
    far = distance > _FAR
    shadow = _below(far & shadow, far & ~shadow)
    lit = far & ~shadow
    grey = lit.sum() <= _LEAST_LIT * far.sum()
    guess = far & ~_soft_shadow(rgb, far, shadow) if grey else lit
    if guess.sum() < 10:
        return np.zeros(far.shape, np.bool_)
    # GrabCut likes to close the openings of a chair: what is background beyond doubt stays so.
    behind = (local < _NEAR) | (shadow & _is_coloured(rgb) & ~grey)
    certain = cv2.erode(behind.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return _without_lines(_large_parts(_grab_cut(rgb, guess, np.asarray(certain))))


def _below(shadow: Bool, lit: Bool) -> Bool:
    """The parts of ``shadow`` that reach lower than the middle of what is lit: shadows fall on the floor."""
    if not lit.any():
        return shadow
    middle = np.nonzero(lit)[0].mean()
    _, labels, _, centres = cv2.connectedComponentsWithStats(shadow.astype(np.uint8), connectivity=8)
    low = centres[:, 1] > middle
    low[0] = False
    return np.asarray(low[labels])


def _is_coloured(rgb: Byte) -> bool:
    """Whether the border has a hue, so that its shadow cannot be mistaken for a grey object."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(np.float32)
    chroma = (border.max(axis=1) - border.min(axis=1)) / np.maximum(border.max(axis=1), 32.0)
    return bool(np.median(chroma) > 0.25)


def _first_guess(rgb: Byte) -> tuple[Float, Float, Bool]:
    """CIELAB distance from the background, from what it should be at that place, and what looks like its shadow.

    The first distance also counts every colour of the border as background: those of floor lines, for example.
    """
    linear = rgb.astype(np.float32)
    lab = np.asarray(cv2.cvtColor(linear / 255, cv2.COLOR_RGB2Lab), np.float32)
    anywhere = _distance_to_border_colours(rgb, lab)
    rows, blend = _border_models(lab)
    local = np.minimum(_norm(lab - rows), _norm(lab - blend))
    surface = _smooth_background(lab, np.minimum(local, anywhere) < _FAR)
    if surface is not None:
        local = np.minimum(local, _norm(lab - surface))
    shadow = np.zeros(local.shape, np.bool_)
    low, high = _SHADOW_RANGE
    for model in _border_models(linear):
        factor = (linear * model).sum(axis=2) / np.maximum((model * model).sum(axis=2), 1.0)
        error = _norm(linear - factor[..., None] * model)
        shadow |= (factor > low) & (factor < high) & (error < _SHADOW_ERROR * np.clip(factor, 0.4, 1.0))
    return np.minimum(local, anywhere), local, shadow


def _norm(vectors: npt.NDArray[Any]) -> Float:
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors)), np.float32)


def _soft_shadow(rgb: Byte, far: Bool, shadow: Bool) -> Bool:
    """The part of a shadow that fades into the background without an edge: what a grey object's outline is not."""
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    light = cv2.medianBlur(light, 3)
    closed = np.pad((far & ~shadow).astype(np.uint8), 1, constant_values=1)
    rows, columns = np.nonzero(~far)
    step = 2
    for k in range(0, len(rows), max(1, len(rows) // 200)):
        seed = int(columns[k]), int(rows[k])
        if not closed[seed[1] + 1, seed[0] + 1]:
            cv2.floodFill(light, closed, seed, 0, step, step, 4 | cv2.FLOODFILL_MASK_ONLY | (2 << 8))
    return np.asarray((closed[1:-1, 1:-1] == 2) & far & shadow)


def _smooth_background(lab: Float, near: Bool) -> Float | None:
    """A quadratic surface through the pixels taken for background, for vignettes; None where it does not fit."""
    height, width = near.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    rows, columns = np.nonzero(near)
    some = slice(None, None, max(1, len(rows) // 2000))
    chosen, colours = terms[rows[some], columns[some]], lab[rows[some], columns[some]]
    if len(chosen) < 50:
        return None
    weights = np.linalg.lstsq(chosen, colours, rcond=None)[0]
    if np.abs(chosen @ weights - colours).mean() > 1.5:
        return None
    return np.asarray(terms @ weights, np.float32)


def _border_models(image: Float) -> tuple[Float, Float]:
    """Background guessed from the border: along rows (a level horizon), and blended from all four sides (Coons)."""
    height, width = image.shape[:2]

    def side(strip: Float, axis: int) -> Float:
        mean = strip.mean(axis=axis, keepdims=True)
        smooth = cv2.GaussianBlur(mean, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(smooth, np.float32).reshape(mean.shape)

    left, right = side(image[:, :_RING], 1), side(image[:, -_RING:], 1)
    top, bottom = side(image[:_RING], 0), side(image[-_RING:], 0)
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    rows = left * (1 - x) + right * x
    columns = top * (1 - y) + bottom * y
    corners = columns[:, :1] * (1 - x) + columns[:, -1:] * x
    return np.asarray(rows, np.float32), np.asarray(rows + columns - corners, np.float32)


def _distance_to_border_colours(rgb: Byte, lab: Float) -> Float:
    """CIELAB distance ``[H, W]`` to the third nearest of about 128 colours sampled along the border."""
    strips = (lab[:_RING], lab[-_RING:], lab[:, :_RING], lab[:, -_RING:])
    ring = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    sample = ring[:: max(1, len(ring) // 128)]
    # Once for every colour of 6 bits that occurs, not for every pixel.
    coarse = (rgb >> 2).astype(np.int32)
    key = (coarse[..., 0] << 12 | coarse[..., 1] << 6 | coarse[..., 2]).ravel()
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    colours = lab.reshape(-1, 3)[first]
    squared = (sample**2).sum(axis=1) - 2 * colours @ sample.T
    third = np.partition(squared, 2, axis=1)[:, 2] + (colours**2).sum(axis=1)
    result: Float = np.sqrt(np.maximum(third, 0))[inverse].reshape(lab.shape[:2])
    return result


def _grab_cut(rgb: Byte, guess: Bool, certain: Bool) -> Bool:
    """Move the outline of ``guess`` onto the edges; ``certain`` is and stays background."""
    labels = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[certain] = cv2.GC_BGD
    for edge in (labels[:2], labels[-2:], labels[:, :2], labels[:, -2:]):
        edge[...] = cv2.GC_BGD
    if not (labels == cv2.GC_PR_FGD).any():
        return guess
    cv2.setRNGSeed(0)  # of this thread: GrabCut starts from k-means, which draws
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    image = np.ascontiguousarray(rgb)
    cv2.grabCut(image, labels, None, background, foreground, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    result: Bool = labels == cv2.GC_PR_FGD
    return result


def _large_parts(mask: Bool) -> Bool:
    """Without the parts that are smaller than a fiftieth of the largest."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    if count < 2:
        return mask
    keep = areas >= 0.02 * areas[1:].max()
    keep[0] = False
    result: Bool = keep[labels]
    return result


def _without_lines(mask: Bool) -> Bool:
    """Without thin straight lines that run to the border or far to the side: axes and horizons, not legs."""
    core = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    thin = (mask & ~core).astype(np.uint8)
    segments = cv2.HoughLinesP(thin, 1, np.pi / 360, 24, minLineLength=30, maxLineGap=4)
    if segments is None or not core.any():
        return mask
    height, width = mask.shape
    columns = np.flatnonzero(core.any(axis=0))
    lines = np.zeros(mask.shape, np.uint8)
    for x0, y0, x1, y1 in segments.reshape(-1, 4).tolist():
        left, right = min(x0, x1), max(x0, x1)
        at_border = left <= 4 or right >= width - 5 or min(y0, y1) <= 4 or max(y0, y1) >= height - 5
        level = abs(y1 - y0) < 0.25 * (right - left)
        if at_border or (level and (left < columns[0] - 10 or right > columns[-1] + 10)):
            cv2.line(lines, (x0, y0), (x1, y1), 1, 3)
    return _large_parts(mask & ~((lines > 0) & (thin > 0)))


def _enlarged(mask: Bool, size: tuple[int, int]) -> Float:
    """The mask at full size, its staircase replaced by a soft edge of about one working pixel."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
    large = cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(large * 2.0 - 0.5, 0.0, 1.0), np.float32)
