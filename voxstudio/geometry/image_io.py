"""Image files to pictures: upright, 8 bit, with straight alpha, and never too large."""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, JpegImagePlugin, UnidentifiedImageError

from voxstudio.core.errors import BadInput
from voxstudio.core.picture import Picture

LONGEST_SIDE = 2048
"""Pixels; larger images are reduced to this on reading."""

SHORTEST_SIDE = 8
"""Pixels; there is nothing to see in less."""

MOST_PIXELS = 64_000_000
"""Beyond this an image is refused before it is decoded, except JPEG, which libjpeg decodes at an eighth."""

MOST_PIXELS_JPEG = 512_000_000
LARGEST_FILE = 512 * 2**20

_FORMATS = ("PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
_KNOWN = "use PNG, JPEG, WebP, BMP, TIFF or GIF"
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What the EXIF orientation asks for (TIFF 6.0, tag 274)."""

_warnings_lock = threading.Lock()


def read_image(path: Path) -> Picture:
    """Read an image file; the first frame of an animation.

    Raises
    ------
    BadInput
        If the file is missing, a folder, empty, damaged, of an unknown kind, smaller than 8 or larger than the
        allowed number of pixels, or entirely transparent.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder: choose the images in it.")
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"{path.name} is larger than 512 MB: save it as a smaller PNG or JPEG.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}: check the name, or choose the image again.") from None
    except OSError as error:
        raise BadInput(f"{str(path)[:300]} cannot be read ({error.strerror}): check that you may open it.") from None
    except ValueError:  # a NUL in the name
        raise BadInput(f"{str(path)!r} is not the name of a file: choose the image again.") from None
    return read_image_bytes(data, path.name)


def read_image_bytes(data: bytes, name: str) -> Picture:
    """Read an image from the bytes of its file; ``name`` stands in the sentence of BadInput.

    Any thread may call it. Transparent pixels keep their colour; ``has_alpha`` is True only if at least 0.5 % of
    the pixels are transparent and some are not, otherwise alpha is 255 everywhere.
    """
    _refuse_by_signature(data, name)
    try:
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which nobody can act on
            pixels = _decode(data, name)
    except BadInput:
        raise
    except Image.DecompressionBombError:
        raise BadInput(f"{name} has too many pixels: reduce it to {LONGEST_SIDE} pixels on the longer side.") from None
    except UnidentifiedImageError:
        raise BadInput(f"{name} is not an image that VoxStudio reads: {_KNOWN}.") from None
    except MemoryError:
        raise BadInput(f"{name} does not fit into the memory: reduce it to {LONGEST_SIDE} pixels first.") from None
    except Exception:  # Pillow's decoders raise whatever the damaged bytes happen to trip
        raise BadInput(f"{name} is damaged or cut short: download or export it again.") from None
    pixels, has_alpha = _checked_alpha(pixels, name)
    return Picture(pixels, has_alpha, name)


def _refuse_by_signature(data: bytes, name: str) -> None:
    """Say of common files that are not images what they are, which Pillow does not."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        raise BadInput(f"{name} is empty: download or export it again.")
    if head.startswith((b"<!doctype html", b"<html")):
        raise BadInput(f"{name} is a web page, not an image: save the picture itself.")
    if head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in head):
        raise BadInput(f"{name} is an SVG drawing, which VoxStudio does not read: export it as PNG.")
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"):
        raise BadInput(f"{name} is a HEIC photo, which VoxStudio does not read: save it as JPEG or PNG.")
    if head.startswith(b"%pdf"):
        raise BadInput(f"{name} is a PDF document, not an image: export the page as PNG.")


def _decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """Upright RGBA of at most LONGEST_SIDE; raises whatever Pillow raises."""
    _check_size(_webp_size(data), name, MOST_PIXELS)  # opening a WebP already allocates all of it
    if data[:3] == b"\xff\xd8\xff":
        # Built directly: Image.open would refuse what the decoder can read at an eighth of its size.
        jpeg = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        # A progressive file is held whole before it can be reduced.
        _check_size(jpeg.size, name, MOST_PIXELS if "progressive" in jpeg.info else MOST_PIXELS_JPEG)
        jpeg.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        image: Image.Image = jpeg
    else:
        Image.preinit()
        Image.init()
        image = Image.open(io.BytesIO(data), formats=[kind for kind in _FORMATS if kind in Image.OPEN])
        _check_size(image.size, name, MOST_PIXELS)
    image.load()
    orientation = _orientation(image)
    small = _eight_bit(image)
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = _turned(small.convert("RGBA"), orientation)
    return np.asarray(upright)


def _check_size(size: tuple[int, int] | None, name: str, most: int) -> None:
    if size is None:
        return
    width, height = size
    if min(size) < SHORTEST_SIDE:
        least = f"{SHORTEST_SIDE} x {SHORTEST_SIDE}"
        raise BadInput(f"{name} has only {width} x {height} pixels: use an image of at least {least}.")
    if width * height > most:
        cure = f"reduce it to {LONGEST_SIDE} pixels on the longer side"
        raise BadInput(f"{name} has {width} x {height} pixels, which is too large to open safely: {cure}.")


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a WebP file's header declares; None for other and damaged files."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    kind, number = data[12:16], int.from_bytes
    if kind == b"VP8X":
        return number(data[24:27], "little") + 1, number(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = number(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return number(data[26:28], "little") & 0x3FFF, number(data[28:30], "little") & 0x3FFF
    return None


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF raises anything; the pixels are good
        return 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _eight_bit(image: Image.Image) -> Image.Image:
    """The same image in a mode of 8 bits that Pillow resizes and converts to RGBA without loss."""
    mode = image.mode
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr") and "transparency" not in image.info:
        return image
    if mode.startswith("I") or mode == "F":
        return Image.fromarray(_scaled(np.asarray(image)))
    if mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None  # only the in-place form returns nothing
        return converted
    return image.convert("RGBA")


def _scaled(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Grey values of more than 8 bits as uint8: by the range of the type, or of the data where that is unknown."""
    scale = np.where(np.isfinite(values), values, 0).astype(np.float64)
    low, high = float(scale.min()), float(scale.max())
    ranges = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (65535.0,)
    bounds = next(((0.0, top) for top in ranges if low >= 0.0 and high <= top), (low, high))
    unit = (scale - bounds[0]) / max(bounds[1] - bounds[0], 1e-300)
    result: npt.NDArray[np.uint8] = np.round(np.clip(unit, 0.0, 1.0) * 255.0).astype(np.uint8)
    return result


def _checked_alpha(pixels: npt.NDArray[np.uint8], name: str) -> tuple[npt.NDArray[np.uint8], bool]:
    alpha = pixels[:, :, 3]
    if alpha.max() <= 5:
        raise BadInput(f"{name} is entirely transparent: export it with its content visible.")
    masks = np.mean(alpha < 250) >= 0.005 and int(alpha.max()) - int(alpha.min()) > 5
    if masks:
        return pixels, True
    opaque = pixels.copy()
    opaque[:, :, 3] = 255
    return opaque, False
