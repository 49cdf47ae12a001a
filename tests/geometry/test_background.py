"""The object is found in front of the backgrounds that people bring."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from voxstudio.core.picture import Picture
from voxstudio.geometry.background import foreground_mask

Image = npt.NDArray[np.float64]


def chair(width: int = 480, height: int = 400, seat: tuple[int, int, int] = (150, 60, 40)) -> tuple[Image, Image]:
    """A chair from boxes in perspective: RGB, and its mask."""
    rgb, mask = np.zeros((height, width, 3)), np.zeros((height, width))
    base = np.array(seat, float)

    def polygon(points: list[tuple[float, float]], shade: float) -> None:
        corners = np.array([(x * width, y * height) for x, y in points], np.int32)
        cv2.fillConvexPoly(mask, corners, 1.0)
        cv2.fillConvexPoly(rgb, corners, tuple(np.clip(base * shade, 0, 255)))

    legs = ((0.36, 0.5, 0.84, 0.7), (0.6, 0.55, 0.92, 0.6), (0.42, 0.5, 0.74, 0.45), (0.66, 0.5, 0.8, 0.5))
    for x, top, bottom, shade in legs:
        polygon([(x, top), (x + 0.03, top), (x + 0.025, bottom), (x, bottom)], shade)
    polygon([(0.35, 0.5), (0.62, 0.56), (0.7, 0.48), (0.44, 0.44)], 1.25)
    polygon([(0.35, 0.5), (0.62, 0.56), (0.62, 0.59), (0.35, 0.53)], 0.8)
    polygon([(0.62, 0.56), (0.7, 0.48), (0.7, 0.51), (0.62, 0.59)], 0.6)
    polygon([(0.43, 0.12), (0.69, 0.15), (0.7, 0.48), (0.44, 0.44)], 1.0)
    return rgb, mask


def plain(shape: tuple[int, int], colour: tuple[int, int, int]) -> Image:
    return np.broadcast_to(np.array(colour, float), (*shape, 3)).copy()


def gradient(shape: tuple[int, int]) -> Image:
    ramp = np.linspace(0, 1, shape[0])[:, None, None]
    return np.array([90.0, 110, 150]) * (1 - ramp) + np.array([215.0, 220, 225]) * ramp + np.zeros((*shape, 3))


def vignette(shape: tuple[int, int]) -> Image:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return plain(shape, (190, 200, 185)) * (1 - 0.25 * (x**2 + y**2))[..., None]


def sky_and_grid(shape: tuple[int, int]) -> Image:
    height, width = shape
    image = gradient(shape)
    horizon = int(0.35 * height)
    y, x = np.mgrid[horizon:height, 0:width].astype(float)
    depth = 60.0 / (y - horizon + 4)
    across = (x - width / 2) * depth / 60
    image[horizon:] = (120, 125, 120)
    along = np.abs(across / 0.7 - np.round(across / 0.7)) < 0.02 * depth
    level = np.abs(depth * 3 - np.round(depth * 3)) < 0.03 * depth**2
    image[horizon:][(along | level) & (depth < 3)] = (165, 170, 165)
    return image


SCENES = {
    "white": lambda shape: plain(shape, (255, 255, 255)),
    "blue": lambda shape: plain(shape, (60, 90, 160)),
    "gradient": gradient,
    "vignette": vignette,
    "sky and floor grid": sky_and_grid,
}


def photo(scene: str, seed: int = 0, shadow: bool = True, quality: int = 80) -> tuple[Picture, Image]:
    rgb, mask = chair()
    behind = SCENES[scene](mask.shape)
    if shadow:
        soft = np.zeros(mask.shape)
        cv2.ellipse(soft, (270, 345), (130, 22), 5, 0, 360, 1.0, -1)
        behind *= 1 - 0.45 * cv2.GaussianBlur(soft, (0, 0), 9)[..., None]
    image = np.where(mask[..., None] > 0, rgb, behind)
    image = cv2.GaussianBlur(image, (0, 0), 0.6) + np.random.default_rng(seed).normal(0, 2, image.shape)
    _, packed = cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    pixels = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return Picture(np.dstack([pixels, np.full(mask.shape, 255, np.uint8)])), mask


def iou(found: npt.NDArray[np.float32], truth: Image) -> float:
    a, b = found > 0.5, truth > 0.5
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("shadow", [False, True])
@pytest.mark.parametrize("scene", SCENES)
def test_the_object_is_found(scene: str, shadow: bool) -> None:
    picture, truth = photo(scene, shadow=shadow)
    mask = foreground_mask(picture)
    assert mask.shape == truth.shape
    assert mask.dtype == np.float32
    assert 0 <= mask.min() < 0.01
    assert 0.99 < mask.max() <= 1
    assert iou(mask, truth) > 0.9


def test_alpha_is_the_mask() -> None:
    pixels = np.full((30, 40, 4), 200, np.uint8)
    pixels[:, :, 3] = np.linspace(0, 255, 40).astype(np.uint8)
    mask = foreground_mask(Picture(pixels, has_alpha=True))
    np.testing.assert_allclose(mask[3], pixels[3, :, 3] / 255, atol=1e-6)


def test_nothing_to_find_gives_ones() -> None:
    rng = np.random.default_rng(0)
    flat = np.full((100, 120, 4), 255, np.uint8)
    dot = flat.copy()
    dot[50:52, 60:62, :3] = 0
    noise = rng.integers(0, 256, (100, 120, 4), dtype=np.uint8)
    for pixels in (flat, dot, flat[:1], flat[:, :2], flat[:9, :9]):
        mask = foreground_mask(Picture(pixels))
        assert mask.shape == pixels.shape[:2]
        assert mask.min() == 1
    mask = foreground_mask(Picture(noise))
    assert mask.min() == 1 or 0.004 < mask.mean() < 0.96


@pytest.mark.parametrize("size", [(16, 16), (12, 900), (2048, 40), (700, 2048)])
def test_any_shape_of_picture(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 4), 255, np.uint8)
    height, width = size
    pixels[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3, :3] = (200, 30, 30)
    mask = foreground_mask(Picture(pixels))
    assert mask.shape == size


def test_the_same_picture_gives_the_same_mask_in_every_thread() -> None:
    picture, _ = photo("sky and floor grid")
    first = foreground_mask(picture)
    foreground_mask(photo("blue", seed=3)[0])
    results: list[npt.NDArray[np.float32]] = []
    threads = [threading.Thread(target=lambda: results.append(foreground_mask(picture))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    for other in results:
        np.testing.assert_array_equal(first, other)


def test_it_is_quick() -> None:
    picture, _ = photo("white")
    times = []
    for _ in range(5):
        began = time.thread_time()  # of this thread: other programs may be busy
        foreground_mask(picture)
        times.append(time.thread_time() - began)
    assert min(times) < 0.25
