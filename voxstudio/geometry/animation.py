"""Animations of shapes: GIF, MP4, an animated GLB, or a numbered series of OBJ files.

Exporters are one table, suffix to writer. Nothing half-written is left: not when the disk is full, not when the person
stops. The same frames give the same bytes on one machine.
"""

from __future__ import annotations

import contextlib
import io
import math
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.errors import BadInput, CannotWrite
from voxstudio.core.surface import Surface
from voxstudio.geometry.mesh_io import EXPORTERS, write_whole
from voxstudio.geometry.render import Camera, picture_from

Pixels = npt.NDArray[np.uint8]
Tell = Callable[[float, str], None]

MOST_FRAMES = 1200
FOV_DEG = 30.0


@dataclass(frozen=True)
class Stage:
    """How frames are shown.

    ``fps``: frames a second, 1 to 60 (a GIF counts in hundredths of a second). ``size``: pixels a side, 64 to 1024.
    ``turn_deg``: how far the camera goes round from the first frame to the last. ``faces``: at most so many triangles
    a frame of a GLB, 0 for all.
    """

    fps: float = 24.0
    size: int = 480
    azimuth_deg: float = 35.0
    elevation_deg: float = 20.0
    turn_deg: float = 0.0
    flat: bool = False
    faces: int = 8000
    background: tuple[int, int, int] = (244, 244, 242)

    def __post_init__(self) -> None:
        if not 1.0 <= self.fps <= 60.0:
            raise BadInput(f"An animation shows 1 to 60 frames a second, not {self.fps:g}.")
        if not 64 <= self.size <= 1024:
            raise BadInput(f"The frames of an animation are 64 to 1024 pixels a side, not {self.size}.")
        if self.faces < 0:
            raise BadInput(f"A frame keeps at least 0 triangles (0: all), not {self.faces}.")


def save_animation(
    frames: Sequence[Surface],
    path: Path,
    stage: Stage = Stage(),
    beside: Sequence[Pixels] | None = None,
    tell: Tell = lambda fraction, words: None,
) -> list[Path]:
    """Write an animation in the format that the suffix names: one of :data:`ANIMATIONS`.

    Parameters
    ----------
    frames: may make its surfaces when they are asked for; each is asked for once or twice, in order.
    beside: a picture for each frame, uint8 ``[H, W, 3]``, to its right in GIF and MP4.
    tell: called with a fraction and words after each frame; may raise Cancelled.

    Returns the files written. Raises BadInput for an unknown suffix or frames that are all empty, CannotWrite if the
    disk refuses.
    """
    path = Path(path)
    writer = ANIMATIONS.get(path.suffix.lower())
    if writer is None:
        raise BadInput(f"{path.name} does not end in an animation format: use one of {', '.join(ANIMATIONS)}.")
    if not 1 <= len(frames) <= MOST_FRAMES:
        raise BadInput(f"An animation has 1 to {MOST_FRAMES:,} frames, not {len(frames):,}.")
    return writer(frames, path, stage, beside, tell)


# ---- pictures ----------------------------------------------------------------------------------------


def pictures(
    frames: Sequence[Surface],
    stage: Stage,
    beside: Sequence[Pixels] | None = None,
    tell: Tell = lambda fraction, words: None,
) -> Iterator[Pixels]:
    """Every frame as a camera that sees them all shows it, uint8 ``[S, S, 3]`` or, with ``beside``, ``[S, 2 S, 3]``."""
    target, distance = _place(frames, lambda fraction: tell(0.3 * fraction, "Framing the shapes"))
    for k in range(len(frames)):
        tell(0.3 + 0.6 * k / len(frames), f"Drawing frame {k + 1} of {len(frames)}")
        turned = stage.azimuth_deg + stage.turn_deg * k / max(len(frames) - 1, 1)
        camera = Camera(turned, stage.elevation_deg, distance, FOV_DEG, 0.0, target)
        surface = frames[k]
        shown = (
            np.full((stage.size, stage.size, 3), stage.background, np.uint8)
            if surface.is_empty
            else picture_from(surface, camera, stage.size, stage.flat, stage.background)
        )
        yield shown if beside is None else np.concatenate([shown, _fitted(beside[k], stage)], axis=1)


def _place(frames: Sequence[Surface], tell: Callable[[float], None]) -> tuple[tuple[float, float, float], float]:
    """Where a camera looks and from how far, so that no frame leaves the picture."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for k in range(len(frames)):
        tell(k / len(frames))
        surface = frames[k]
        if not surface.is_empty:
            near, far = surface.bounds
            low, high = np.minimum(low, near), np.maximum(high, far)
    if not np.isfinite(low).all():
        raise BadInput("Every frame of the animation is empty: lower the threshold until a shape appears.")
    middle, radius = (low + high) / 2, max(float(np.linalg.norm(high - low)) / 2, 1e-6)
    target = (float(middle[0]), float(middle[1]), float(middle[2]))
    return target, 1.02 * radius / math.sin(math.radians(FOV_DEG / 2))


def _fitted(picture: Pixels, stage: Stage) -> Pixels:
    """A picture in the middle of a square of the stage's size."""
    scale = stage.size / max(picture.shape[:2])
    wide, tall = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(np.ascontiguousarray(picture[..., :3]), (wide, tall), interpolation=method)
    result = np.full((stage.size, stage.size, 3), stage.background, np.uint8)
    top, left = (stage.size - tall) // 2, (stage.size - wide) // 2
    result[top : top + tall, left : left + wide] = small
    return result


def _gif(
    frames: Sequence[Surface], path: Path, stage: Stage, beside: Sequence[Pixels] | None, tell: Tell
) -> list[Path]:
    from PIL import Image

    palette, drawn = None, []
    for pixels in pictures(frames, stage, beside, tell):
        image = Image.fromarray(pixels)
        # Clay has few colours: the first frame's serve all, or the background would flicker.
        if palette is None or beside is not None:
            palette = image.quantize(256, method=Image.Quantize.MEDIANCUT)
        drawn.append(image.quantize(palette=palette, dither=Image.Dither.NONE))
    buffer = io.BytesIO()
    drawn[0].save(
        buffer, "GIF", save_all=True, append_images=drawn[1:], duration=max(20, round(100 / stage.fps) * 10), loop=0,
        disposal=1, optimize=False,
    )  # fmt: skip
    tell(0.95, f"Writing {path.name}")
    write_whole(path, buffer.getvalue())
    return [path]


def _mp4(
    frames: Sequence[Surface], path: Path, stage: Stage, beside: Sequence[Pixels] | None, tell: Tell
) -> list[Path]:
    # OpenCV's own FFmpeg (LGPL) writes MPEG-4 part 2, which system players open everywhere; it needs a real file.
    even = stage.size + stage.size % 2
    with tempfile.TemporaryDirectory(prefix="voxstudio-") as folder:
        draft = Path(folder) / "animation.mp4"
        wide = even * (1 if beside is None else 2)
        video = cv2.VideoWriter(str(draft), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), stage.fps, (wide, even))
        if not video.isOpened():
            raise CannotWrite("This OpenCV writes no MP4: choose a GIF or a GLB instead.")
        try:
            for pixels in pictures(frames, stage, beside, tell):
                padded = cv2.copyMakeBorder(
                    pixels, 0, even - pixels.shape[0], 0, wide - pixels.shape[1], cv2.BORDER_REPLICATE
                )
                video.write(np.ascontiguousarray(padded[..., ::-1]))
        finally:
            video.release()
        if _length(draft) != len(frames):
            raise CannotWrite(f"{path} was not written because the disk for temporary files is full: free some space.")
        tell(0.95, f"Writing {path.name}")
        write_whole(path, draft.read_bytes())
    return [path]


def _length(video: Path) -> int:
    """Frames that can be read back: the writer does not tell when it failed."""
    reader = cv2.VideoCapture(str(video))
    count = 0
    while reader.grab():
        count += 1
    reader.release()
    return count


# ---- meshes ------------------------------------------------------------------------------------------


def _glb(
    frames: Sequence[Surface], path: Path, stage: Stage, beside: Sequence[Pixels] | None, tell: Tell
) -> list[Path]:
    from voxstudio.geometry.animated_glb import animated_glb

    empty = 0

    def each() -> Iterator[Surface]:
        nonlocal empty
        for k in range(len(frames)):
            tell(0.9 * k / len(frames), f"Gathering frame {k + 1} of {len(frames)}")
            surface = reduced(frames[k], stage.faces)
            empty += surface.is_empty
            yield surface

    data = animated_glb(each(), stage.fps, path.stem)
    if empty == len(frames):
        raise BadInput("Every frame of the animation is empty: lower the threshold until a shape appears.")
    write_whole(path, data)
    return [path]


def reduced(surface: Surface, faces: int) -> Surface:
    """The surface with about ``faces`` triangles at most (quadric edge collapse); 0 leaves it as it is."""
    if not faces or len(surface.faces) <= faces or surface.colors is not None:
        return surface
    import fast_simplification

    points, corners = fast_simplification.simplify(
        surface.vertices.astype(np.float32), surface.faces.astype(np.int32), target_count=faces
    )
    return Surface(np.asarray(points, np.float32), np.asarray(corners, np.int64), name=surface.name)


def _obj_series(
    frames: Sequence[Surface], path: Path, stage: Stage, beside: Sequence[Pixels] | None, tell: Tell
) -> list[Path]:
    """``shape-0001.obj`` and so on; all of them or none."""
    targets = numbered(path, len(frames))
    drafts = [target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp") for target in targets]
    placed: list[Path] = []
    try:
        for k, draft in enumerate(drafts):
            tell(0.95 * k / len(frames), f"Writing frame {k + 1} of {len(frames)}")
            surface = frames[k]
            if surface.is_empty:
                raise BadInput(f"Frame {k + 1} is empty and makes no OBJ file: lower the threshold.")
            write_whole(draft, EXPORTERS[".obj"](surface))
        for draft, target in zip(drafts, targets, strict=True):
            draft.replace(target)
            placed.append(target)
    except OSError as error:
        for target in placed:
            target.unlink(missing_ok=True)
        raise CannotWrite(f"{path} was not written ({error.strerror or error}): choose another folder.") from None
    except CannotWrite as error:
        raise CannotWrite(_renamed(str(error), drafts, targets)) from None
    finally:
        for draft in drafts:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    return targets


def _renamed(sentence: str, drafts: Sequence[Path], targets: Sequence[Path]) -> str:
    """A sentence that names the file the person asked for, not its draft."""
    for draft, target in zip(drafts, targets, strict=True):
        sentence = sentence.replace(str(draft), str(target)).replace(draft.name, target.name)
    return sentence


def numbered(path: Path, count: int) -> list[Path]:
    """``shape-0001.obj`` ... for ``shape.obj``."""
    digits = max(4, len(str(count)))
    return [path.with_name(f"{path.stem}-{k:0{digits}d}{path.suffix}") for k in range(1, count + 1)]


Writer = Callable[[Sequence[Surface], Path, Stage, "Sequence[Pixels] | None", Tell], list[Path]]
ANIMATIONS: Mapping[str, Writer] = {".gif": _gif, ".mp4": _mp4, ".glb": _glb, ".obj": _obj_series}
"""Suffix to writer."""


class Lazy(Sequence[Any]):
    """A sequence whose items are made when they are asked for; the newest is kept."""

    def __init__(self, count: int, make: Callable[[int], Any]) -> None:
        self._count, self._make = count, make
        self._kept: tuple[int, Any] | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, int):
            raise TypeError("frames are asked for one by one")
        place = range(self._count)[index]
        if self._kept is None or self._kept[0] != place:
            self._kept = (place, self._make(place))
        return self._kept[1]
