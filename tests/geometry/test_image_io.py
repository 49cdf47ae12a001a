"""Every kind of image file becomes a picture, or one sentence."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from voxstudio.core.errors import BadInput
from voxstudio.core.picture import Picture
from voxstudio.geometry.image_io import LONGEST_SIDE, read_image, read_image_bytes


def scene(width: int = 60, height: int = 40) -> Image.Image:
    """Red, green, blue and white quarters (top left, top right, bottom left, bottom right)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 200, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 210)
    pixels[height // 2 :, width // 2 :] = (240, 240, 240)
    return Image.fromarray(pixels)


def quarters(picture: Picture) -> list[str]:
    """Name the colour in the middle of each quarter, row by row."""
    names = []
    height, width = picture.pixels.shape[:2]
    for y in (height // 4, 3 * height // 4):
        for x in (width // 4, 3 * width // 4):
            r, g, b = (int(c) for c in picture.pixels[y, x, :3])
            bright = [c > 128 for c in (r, g, b)]
            kinds = {(True, False, False): "red", (False, True, False): "green", (False, False, True): "blue"}
            names.append(kinds.get(tuple(bright), "white" if all(bright) else "dark"))
    return names


ORDER = ["red", "green", "blue", "white"]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_formats(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"quarters.{kind.lower()}"
    path.write_bytes(encode(scene(), kind))
    picture = read_image(path)
    assert picture.size == (60, 40)
    assert picture.name == path.name
    assert quarters(picture) == ORDER
    assert not picture.has_alpha
    assert (picture.pixels[:, :, 3] == 255).all()


@pytest.mark.parametrize(
    ("kind", "convert"),
    [
        ("JPEG", lambda im: im.convert("CMYK")),
        ("TIFF", lambda im: im.convert("CMYK")),
        ("JPEG", lambda im: im.convert("YCbCr")),
        ("TIFF", lambda im: im.convert("YCbCr")),
        ("PNG", lambda im: im.quantize(8)),
        ("BMP", lambda im: im.quantize(8)),
        ("TIFF", lambda im: im.quantize(8)),
        ("PNG", lambda im: im.convert("RGBA")),
    ],
)
def test_colour_models(kind: str, convert: Callable[[Image.Image], Image.Image]) -> None:
    assert quarters(read_image_bytes(encode(convert(scene()), kind), "a")) == ORDER


def test_lab_tiff() -> None:
    lab = Image.new("LAB", (20, 20), (200, 128, 128))
    picture = read_image_bytes(encode(lab, "TIFF"), "lab.tif")
    assert np.ptp(picture.pixels[..., :3].astype(int)) < 8
    assert picture.pixels[..., :3].mean() > 150


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation(kind: str, orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene().transpose(undo[orientation]) if orientation in undo else scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_image_bytes(encode(stored, kind, exif=exif.tobytes()), "turned")
    assert picture.size == (60, 40)
    assert quarters(picture) == ORDER


def test_sixteen_bits() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(16, 0)
    for kind in ("PNG", "TIFF"):
        picture = read_image_bytes(encode(Image.fromarray(ramp), kind), "deep")
        np.testing.assert_allclose(picture.pixels[0, :, 0], ramp[0] / 257, atol=1)
    wide = Image.fromarray(ramp.astype(np.int32))
    np.testing.assert_allclose(read_image_bytes(encode(wide, "TIFF"), "wide").pixels[0, :, 1], ramp[0] / 257, atol=1)


def test_sixteen_bit_colour_png() -> None:
    deep = np.zeros((16, 16, 3), ">u2")
    deep[..., 0] = 0xFFFF
    deep[..., 1] = 0x8000
    rows = b"".join(b"\0" + row.tobytes() for row in deep)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    np.testing.assert_allclose(read_image_bytes(png, "deep.png").pixels[3, 3], [255, 128, 0, 255], atol=1)


@pytest.mark.parametrize("top", [1.0, 255.0, 1e6])
def test_float_tiff(top: float) -> None:
    ramp = (np.linspace(0, 1, 32) * top).astype(np.float32)[None].repeat(16, 0)
    ramp[0, 0] = np.nan
    picture = read_image_bytes(encode(Image.fromarray(ramp), "TIFF"), "float.tif")
    np.testing.assert_allclose(picture.pixels[5, :, 2], np.linspace(0, 255, 32), atol=1)


def masked() -> Image.Image:
    image = scene().convert("RGBA")
    alpha = Image.new("L", image.size, 0)
    alpha.paste(255, (10, 5, 50, 35))
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_kept(kind: str) -> None:
    picture = read_image_bytes(encode(masked(), kind), "cut")
    assert picture.has_alpha
    assert picture.pixels[0, 0, 3] == 0
    assert picture.pixels[20, 20, 3] == 255
    assert quarters(picture) == ORDER


def test_other_kinds_of_transparency() -> None:
    grey = masked().convert("LA")
    palette = masked().quantize(16)
    key = scene()
    files = [encode(grey, "PNG"), encode(palette, "PNG"), encode(masked(), "GIF")]
    files.append(encode(key, "PNG", transparency=(240, 240, 240)))
    files.append(encode(key.convert("L"), "PNG", transparency=240))
    for data in files:
        picture = read_image_bytes(data, "transparent")
        assert picture.has_alpha
        assert 0.05 < (picture.pixels[:, :, 3] == 0).mean() < 0.95


def test_alpha_that_masks_nothing() -> None:
    corner = scene(200, 200).convert("RGBA")
    corner.putpixel((0, 0), (0, 0, 0, 0))  # the rounded corner of a screenshot
    half = scene().convert("RGBA")
    half.putalpha(128)
    for image in (scene().convert("RGBA"), corner, half):
        picture = read_image_bytes(encode(image, "PNG"), "opaque")
        assert not picture.has_alpha
        assert (picture.pixels[:, :, 3] == 255).all()
    hidden = scene().convert("RGBA")
    hidden.putalpha(0)
    with pytest.raises(BadInput, match=r"hidden\.png is entirely transparent"):
        read_image_bytes(encode(hidden, "PNG"), "hidden.png")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame(kind: str) -> None:
    others = [Image.new("RGB", (60, 40), (0, 0, 0)) for _ in range(3)]
    data = encode(scene(), kind, save_all=True, append_images=others)
    assert quarters(read_image_bytes(data, "moving")) == ORDER


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "RGB"), ("PNG", "P"), ("PNG", "L")])
def test_large_images_are_reduced(kind: str, mode: str) -> None:
    picture = read_image_bytes(encode(scene(3000, 1800).convert(mode), kind), "large")
    assert max(picture.size) == LONGEST_SIDE
    assert picture.size[0] / picture.size[1] == pytest.approx(5 / 3, rel=0.01)
    if mode != "L":
        assert quarters(picture) == ORDER


def bomb(width: int, height: int) -> bytes:
    """A PNG of black pixels; a few kilobytes that would unpack to gigabytes."""
    squeezed = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 2)
    body = b"".join(squeezed.compress(row) for _ in range(height)) + squeezed.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(20000, 20000), (11000, 11000), (9000, 9000)])
def test_too_many_pixels_are_refused_at_once(width: int, height: int) -> None:
    data = bomb(width, height)
    tracemalloc.start()
    began = time.thread_time()
    with pytest.raises(BadInput, match=r"bomb\.png.*2048"):
        read_image_bytes(data, "bomb.png")
    assert time.thread_time() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_a_webp_that_claims_to_be_huge_is_not_opened() -> None:
    frame = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (16000).to_bytes(3, "little") * 2
    data = b"RIFF" + struct.pack("<I", len(frame) + 4) + b"WEBP" + frame
    with pytest.raises(BadInput, match=r"16001 x 16001"):
        read_image_bytes(data + b"\0" * 64, "huge.webp")


def test_a_jpeg_of_100_megapixels_is_read_reduced() -> None:
    picture = read_image_bytes(encode(Image.new("RGB", (10000, 10000), (200, 30, 30)), "JPEG"), "phone.jpg")
    assert picture.size == (LONGEST_SIDE, LONGEST_SIDE)


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_tiny_images_are_refused(kind: str, size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match=rf"tiny has only {size[0]} x {size[1]} pixels"):
        read_image_bytes(encode(Image.new("RGB", size), kind), "tiny")


def test_what_is_not_an_image(tmp_path: Path) -> None:
    cases = {
        "empty.png": (b"", "empty"),
        "page.jpg": (b"\n<!DOCTYPE html><html>", "web page"),
        "drawing.svg": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        "paper.pdf": (b"%PDF-1.7", "PDF"),
        "words.png": (b"just words", "not an image"),
        "zeros.bin": (b"\0" * 1000, "not an image"),
        "script.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not an image"),
    }
    for name, (data, reason) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match=reason) as caught:
            read_image(tmp_path / name)
        assert name in str(caught.value)
    with pytest.raises(BadInput, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(BadInput, match="There is no file"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(BadInput, match="not the name"):
        read_image(tmp_path / "a\0.png")
    with pytest.raises(BadInput, match="cannot be read"):
        read_image(tmp_path / ("a" * 400 + ".png"))


def _samples() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8))
    return {
        "png": encode(masked(), "PNG"),
        "jpeg": encode(noise, "JPEG", exif=exif.tobytes()),
        "progressive": encode(noise, "JPEG", progressive=True),
        "cmyk": encode(noise.convert("CMYK"), "JPEG"),
        "webp": encode(masked(), "WEBP"),
        "lossless": encode(noise, "WEBP", lossless=True),
        "bmp": encode(noise, "BMP"),
        "tiff": encode(noise, "TIFF", compression="tiff_lzw"),
        "deflate": encode(noise, "TIFF", compression="tiff_deflate"),
        "gif": encode(noise.quantize(16), "GIF", save_all=True, append_images=[noise.quantize(16)]),
    }


SAMPLES = _samples()


def read_or_refuse(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            picture = read_image_bytes(data, "damaged.img")
        except BadInput as error:
            assert str(error).startswith("damaged.img ")
            assert "\n" not in str(error)
        else:
            assert max(picture.size) <= LONGEST_SIDE


@pytest.mark.parametrize("kind", SAMPLES)
def test_truncation_anywhere(kind: str) -> None:
    data = SAMPLES[kind]
    for length in sorted({*range(0, min(len(data), 120)), *np.linspace(0, len(data) - 1, 60).astype(int)}):
        read_or_refuse(data[:length])


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(SAMPLES)), data=st.data())
def test_damage_anywhere(kind: str, data: st.DataObject) -> None:
    raw = bytearray(SAMPLES[kind])
    reach = data.draw(st.sampled_from([40, 200, len(raw)]))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, min(reach, len(raw)) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(raw))


@settings(max_examples=60, deadline=None)
@given(head=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0"]), data=st.binary())
def test_random_bytes(head: bytes, data: bytes) -> None:
    read_or_refuse(head + data)
