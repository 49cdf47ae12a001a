"""Photos of an object on a turntable, and the solid that their silhouettes leave.

This is the step from images to 3D with which the 3DInfoGAN paper makes its training voxels. The camera stands still
before a plain background; the photos are taken in equal steps of one whole turn, in the natural order of their names,
unless a file says otherwise: ``turntable.json`` or ``turntable.csv`` beside the photos, or one that is named. The CSV
has the columns ``name,azimuth,elevation`` (degrees; the last may be missing); the JSON file holds the same as
``{"photos": [{"name": "a.png", "azimuth": 0, "elevation": 10}]}`` and may say ``"clockwise": true``, ``"elevation"``
of all photos and ``"fov"``, the camera's full vertical angle. ``azimuth`` is how far the table had turned.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput
from voxstudio.core.picture import Picture
from voxstudio.core.voxel_grid import VoxelGrid

Progress = Callable[[float, str], None]

LEAST_PHOTOS = 8
MOST_PHOTOS = 72
RESOLUTIONS = 16, 256
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif")
MASK_HEIGHT = 384
"""Pixels; more adds nothing to a grid of 256 voxels."""
THUMBNAIL = 144
NOT_FOUND = "The object cannot be told from the background."
REVERSED = "The photos agree better if the object turned the other way: try the other direction."
LOOSE = "The photos agree to only {:.0%}, so parts of the shape are wrong: check their order, direction and elevation."
NO_SHAPE = (
    "The photos agree to only {:.0%}, too little for a shape: take one object through one whole turn, and check "
    "order, direction and elevation."
)
_AGREED = 0.9
"""Mean agreement of the believed photos below which parts of the shape are wrong."""
_POOR = 0.57
"""Mean agreement of all photos below which a carving is nonsense. Of photos of unrelated objects it was measured as
0.36 to 0.55, of a shuffled turn 0.51, of half a turn taken for a whole one 0.48; of rough masks of one object, two of
eight spoilt, 0.62 and more."""


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo, reduced to what carving and a person need.

    ``mask`` is float32 ``[H, W]`` in [0, 1]; ``thumbnail`` uint8 ``[h, w, 3]`` with what is not the object faded;
    ``turn_deg`` how far the table had turned, ``elevation_deg`` the camera's, None where nobody said.
    """

    name: str
    mask: npt.NDArray[np.float32]
    thumbnail: npt.NDArray[np.uint8]
    turn_deg: float
    elevation_deg: float | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Turntable:
    """Photos of one object and how it was turned: ``clockwise`` as seen from above."""

    photos: tuple[Photo, ...]
    name: str = ""
    clockwise: bool = False
    elevation_deg: float | None = None
    fov_deg: float | None = None

    def azimuth_deg(self, photo: Photo) -> float:
        """Where the camera stood around the object, counter-clockwise from its front, in [0, 360)."""
        return (photo.turn_deg if self.clockwise else -photo.turn_deg) % 360.0


@dataclass(frozen=True, eq=False)
class Carved:
    """A carved object: ``weights`` say how far each mask was believed, ``agreement`` in [0, 1] how well all fit:
    the share of each silhouette that the shape explains, times the share of the shape that the silhouette allows."""

    grid: VoxelGrid
    weights: tuple[float, ...]
    agreement: float
    elevation_deg: float
    fov_deg: float
    note: str = ""


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which photo 2 comes before photo 10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


def find_photos(source: Path | str | Sequence[Path | str]) -> list[Path]:
    """The photos of a folder, or those named, in the natural order of their names; BadInput says what is missing."""
    if isinstance(source, (str, Path)):
        source = [source]
    found: list[Path] = []
    for place in map(Path, source):
        if place.is_dir():
            found += [p for p in place.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]
        else:
            found.append(place)
    found.sort(key=lambda path: natural(path.name))
    where = f" in {Path(source[0]).name}" if len(source) == 1 else ""
    if not found:
        raise BadInput(f"There is no photo{where}: pictures that end in {', '.join(sorted(SUFFIXES))} were looked for.")
    if len(found) < LEAST_PHOTOS:
        have = f"there are {len(found)}" if len(found) > 1 else "there is 1"
        raise BadInput(
            f"A turntable needs at least {LEAST_PHOTOS} photos, but {have}{where}: take more around the turn."
        )
    if len(found) > MOST_PHOTOS:
        raise BadInput(
            f"A turntable takes at most {MOST_PHOTOS} photos, not {len(found)}{where}: leave some out evenly."
        )
    return found


def read_turntable(
    source: Path | str | Sequence[Path | str],
    clockwise: bool | None = None,
    elevation_deg: float | None = None,
    angles: Path | str | None = None,
    progress: Progress | None = None,
) -> Turntable:
    """Read photos and tell the object from the background; what is given overrides what a file says.

    Raises
    ------
    BadInput
        For fewer than 8 or more than 72 photos, a photo that cannot be read or has another shape, an angle file that
        does not fit, or if in more than a quarter of the photos no object is found.
    """
    paths = find_photos(source)
    folder = paths[0].parent
    if elevation_deg is not None and not -80.0 <= elevation_deg <= 80.0:
        raise BadInput(f"The elevation of a turntable lies between -80 and 80 degrees, not {elevation_deg:g}.")
    said = _angles(Path(angles)) if angles is not None else _angles_beside(folder)
    photos = []
    for index, path in enumerate(paths):
        if progress is not None:
            progress(index / len(paths), f"Reading {path.name}")
        turn, own = 360.0 * index / len(paths), None
        if said.photos:
            if path.name.lower() not in said.photos:
                raise BadInput(
                    f"{said.file} names no angle for {path.name}: add a line for it, or leave the photo out."
                )
            turn, own = said.photos[path.name.lower()]
        photos.append(_photo(path, turn, own))
    _check(photos)
    photos = _cropped(photos)
    own_elevations = all(photo.elevation_deg is not None for photo in photos)
    tilt = elevation_deg if elevation_deg is not None or own_elevations else said.elevation_deg
    return Turntable(tuple(photos), folder.name, said.clockwise if clockwise is None else clockwise, tilt, said.fov_deg)


def carve_turntable(table: Turntable, resolution: int = 64, progress: Progress | None = None) -> Carved:
    """Find the camera, carve, and say what should be known; 64^3 from 24 photos takes seconds.

    The longest side of the object spans the grid and measures about 100 mm. Raises BadInput if nothing is left, or if
    the photos agree so little that what is left is no shape.
    """
    from voxstudio.geometry.turntable_rig import estimate, fits_better_reversed
    from voxstudio.geometry.visual_hull import TRUSTED, Silhouette, carve

    if not RESOLUTIONS[0] <= resolution <= RESOLUTIONS[1]:
        low, high = RESOLUTIONS
        raise BadInput(f"The resolution of a turntable lies between {low} and {high}, not {resolution}.")
    own = [photo.elevation_deg for photo in table.photos if photo.elevation_deg is not None]
    known = table.elevation_deg is None and len(own) == len(table.photos)
    tilts = own if known else [table.elevation_deg or 0.0] * len(table.photos)
    views = [
        Silhouette(photo.mask, table.azimuth_deg(photo), tilt) for photo, tilt in zip(table.photos, tilts, strict=True)
    ]
    if progress is not None:
        progress(0.05, "Finding the camera")
    setup = estimate(views, table.elevation_deg, table.fov_deg, elevations_known=known)
    hull = carve(
        setup.views, setup.rig, resolution, setup.centre, setup.side,
        None if progress is None else lambda part, words: progress(0.4 + 0.6 * part, words),
    )  # fmt: skip
    believed = [weight >= TRUSTED for weight in hull.weights]
    agreement = float(np.mean(hull.agreements))
    if agreement < _POOR:
        raise BadInput(NO_SHAPE.format(agreement))
    fair = float(np.mean([found for found, good in zip(hull.agreements, believed, strict=True) if good] or [0.0]))
    note = ""
    if fits_better_reversed(setup, table.elevation_deg, table.fov_deg, known):
        note = REVERSED
    elif fair < _AGREED or sum(believed) < 0.7 * len(believed):
        note = LOOSE.format(agreement)
    elif not all(believed):
        names = [photo.name for photo, good in zip(table.photos, believed, strict=True) if not good]
        note = f"{', '.join(names[:4])}{' and others' if len(names) > 4 else ''} contradict the other photos."
        note = note.replace("contradict the", "contradicts the") if len(names) == 1 else note
    grid = VoxelGrid.unit(hull.values, 0.5, table.name)
    tilt = float(np.mean(own)) if known else setup.elevation_deg
    return Carved(grid, hull.weights, agreement, tilt, setup.fov_deg, note)


def _photo(path: Path, turn: float, elevation: float | None) -> Photo:
    from voxstudio.geometry.background import foreground_mask
    from voxstudio.geometry.image_io import read_image

    picture = read_image(path)
    scale = min(1.0, MASK_HEIGHT / picture.size[1])
    if scale < 1.0:
        size = max(8, round(picture.size[0] * scale)), MASK_HEIGHT
        pixels = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
        picture = Picture(np.asarray(pixels, np.uint8), picture.has_alpha, picture.name)
    mask = foreground_mask(picture)
    note = NOT_FOUND if float(mask.min()) >= 1.0 or float(mask.max()) < 0.5 else ""
    return Photo(path.name, mask, _thumbnail(picture, mask), float(turn), elevation, note)


def _thumbnail(picture: Picture, mask: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Small, the background faded to a light grey, so that a person sees what was cut out."""
    width, height = picture.size
    scale = min(1.0, THUMBNAIL / min(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    share = (0.18 + 0.82 * mask)[..., None]
    faded = picture.pixels[..., :3] * share + 150.0 * (1.0 - share)
    small = cv2.resize(faded.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)


def _cropped(photos: Sequence[Photo]) -> list[Photo]:
    """The same photos, their thumbnails cut to the one square that holds the object in all of them."""
    seen = np.maximum.reduce([photo.mask * (not photo.note) for photo in photos]) > 0.5
    if not seen.any():
        return list(photos)
    height, shape = seen.shape[0], photos[0].thumbnail.shape
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    half = 0.56 * max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    scale = shape[0] / height
    middle = (rows[0] + rows[-1] + 1) / 2, (columns[0] + columns[-1] + 1) / 2
    top, left = (max(0, round((place - half) * scale)) for place in middle)
    bottom, right = (round((place + half) * scale) for place in middle)
    return [replace(p, thumbnail=np.ascontiguousarray(p.thumbnail[top:bottom, left:right])) for p in photos]


def _check(photos: Sequence[Photo]) -> None:
    shapes = [photo.mask.shape for photo in photos]
    usual = max(set(shapes), key=shapes.count)
    for photo in photos:
        if photo.mask.shape != usual:
            raise BadInput(
                f"{photo.name} has another shape than the other photos: take all with one camera that stands still."
            )
    bad = [photo.name for photo in photos if photo.note]
    if len(bad) > len(photos) / 4:
        raise BadInput(
            f"In {len(bad)} of {len(photos)} photos, {bad[0]} among them, the object cannot be told from its "
            "background: take them before a plain wall, or give them transparency."
        )


@dataclass(frozen=True)
class _Said:
    """What an angle file says; ``photos`` maps a name in small letters to turn and elevation."""

    file: str = ""
    photos: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    clockwise: bool = False
    elevation_deg: float | None = None
    fov_deg: float | None = None


def _angles_beside(folder: Path) -> _Said:
    for name in ("turntable.json", "turntable.csv"):
        if (folder / name).is_file():
            return _angles(folder / name)
    return _Said()


def _angles(path: Path) -> _Said:
    """Read a CSV or JSON file of angles; BadInput names the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise BadInput(f"{path.name} cannot be read ({reason}): name a CSV or JSON file of angles.") from None
    document: Any = {}
    if path.suffix.lower() == ".json":
        try:
            document = json.loads(text)
        except ValueError:
            raise BadInput(
                f"{path.name} is not a valid JSON file: see the section on turntables in the README."
            ) from None
        rows = (
            document if isinstance(document, list) else document.get("photos", []) if isinstance(document, dict) else 0
        )
        document = document if isinstance(document, dict) else {}
    else:
        rows = list(csv.DictReader(text.splitlines(), skipinitialspace=True))
        if not rows:
            raise BadInput(
                f"{path.name} holds no angles: its first line is name,azimuth,elevation, one photo follows a line."
            )
    if not isinstance(rows, list):
        raise BadInput(f"{path.name} holds no list of photos: see the section on turntables in the README.")
    found: dict[str, tuple[float, float | None]] = {}
    for number, row in enumerate(rows, 1):
        name = str(row.get("name") or "") if isinstance(row, dict) else ""
        turn = _degrees(row.get("azimuth")) if name else None
        if turn is None:
            raise BadInput(
                f"Photo {number} in {path.name} has no name or no azimuth in degrees: write name,azimuth,elevation."
            )
        found[Path(name).name.lower()] = (turn, _degrees(row.get("elevation")))
    return _Said(
        path.name,
        found,
        document.get("clockwise") is True,
        _degrees(document.get("elevation")),
        _degrees(document.get("fov")),
    )


def _degrees(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and abs(number) <= 3600 else None
