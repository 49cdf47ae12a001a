"""What a point of a map looks like: its shape as a grid to show, and small pictures of shape and image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voxstudio.core.embedded import NO_VIEW, Embedded, Source
from voxstudio.core.voxel_grid import VoxelGrid
from voxstudio.data.embedded_sources import can_remake, occupancy_of, view_of

Pixels = npt.NDArray[np.uint8]
SIDE = 64
"""Resolution at which shapes are made again to be looked at."""
SOFT, LEVEL = 0.65, 0.42
"""Voxels are blurred by so much, and the surface is laid there: steps are rounded, rods survive."""
PICTURE = 96


@dataclass(frozen=True, eq=False)
class PointPicture:
    """Small pictures uint8 ``[PICTURE, PICTURE, 4]`` of a point's shape and of its image; None where there is none."""

    shape: Pixels | None
    image: Pixels | None


def soft_grid(occupancy: npt.NDArray[np.bool_], name: str = "") -> VoxelGrid:
    """A field whose surface is the rounded outline of binary voxels."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(np.pad(occupancy, 1).astype(np.float32), SOFT)[1:-1, 1:-1, 1:-1]
    return VoxelGrid.unit(np.clip(blurred, 0.0, 1.0), LEVEL, name)


def shape_grid(source: Source, name: str, kept: Mapping[Source, VoxelGrid]) -> VoxelGrid | None:
    """The shape of a point, or that an image shows; None where nobody knows it (a photo).

    ``kept`` holds the grids that cannot be made again. Raises BadInput if a file has gone.
    """
    found = kept.get(source.object)
    if found is not None:
        return found
    if not can_remake(source):
        return None
    return soft_grid(occupancy_of(source.object, SIDE), name)


def images_of(there: Embedded) -> dict[Source, Source]:
    """For each object that a collection has an image of, the first of its images."""
    found: dict[Source, Source] = {}
    for index in there.of_domain("image").tolist():
        found.setdefault(there.sources[index].object, there.sources[index])
    return found


def point_picture(
    there: Embedded, index: int, kept: Mapping[Source, VoxelGrid], images: Mapping[Source, Source]
) -> PointPicture:
    """Draw a point, a shape with an image of it if there is one. Raises BadInput if a file has gone.

    ``images`` are those of :func:`images_of`.
    """
    from voxstudio.geometry.portrait import portrait

    source = there.sources[index]
    grid = shape_grid(source, there.names[index], kept)
    drawn = portrait(grid, PICTURE) if grid is not None else None
    return PointPicture(drawn, image_pixels(there, images.get(source, source)))


def image_pixels(there: Embedded, source: Source) -> Pixels | None:
    """The image of a point; None for a shape."""
    if source.kind == "picture":
        from pathlib import Path

        from voxstudio.geometry.image_io import read_image

        return reduced(np.asarray(read_image(Path(source.place)).pixels))
    if source.view == NO_VIEW:
        return None
    return reduced(opaque(view_of(source, there.image_size)))


def opaque(view: Pixels) -> Pixels:
    """What a network saw, without its mask: that is for networks."""
    result = view.copy()
    result[..., 3] = 255
    return result


def reduced(pixels: Pixels) -> Pixels:
    """The middle square of a picture, uint8 ``[PICTURE, PICTURE, 4]``."""
    import cv2

    high, wide = pixels.shape[:2]
    side = min(high, wide)
    top, left = (high - side) // 2, (wide - side) // 2
    square = np.ascontiguousarray(pixels[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > PICTURE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (PICTURE, PICTURE), interpolation=how), np.uint8)
