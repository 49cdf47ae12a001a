"""Views to learn from: photo-like pictures of meshes with varied camera, light, material and ground.

Viewpoints follow a kernel density estimate around the elevations of product photos and renders
(cross-domain paper, section on training data); everything else is drawn so that pictures this project
did not render look familiar: backgrounds, floors with grids, shadows, compression, imperfect masks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.geometry.framing import crop_box, frame_rgb
from voxstudio.geometry.jit import compiled
from voxstudio.geometry.render import Camera, GBuffer, Light, render_gbuffer, shade, silhouette

Float = npt.NDArray[np.float32]

ELEVATIONS_DEG = (0.0, 3.0, 6.0, 9.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 25.0, 28.0, 31.0, 36.0, 42.0)
"""Kernel centres: elevations at which objects are commonly photographed."""

AZIMUTHS_DEG = (0.0, 25.0, 30.0, 35.0, 45.0, 60.0, 90.0, 135.0, 180.0, 225.0, 270.0, 300.0, 315.0, 325.0, 330.0, 335.0)
"""Kernel centres: three-quarter views prevail, every side occurs."""


@dataclass(frozen=True)
class ViewStyle:
    """How varied the pictures are; the defaults train for foreign pictures."""

    keep_background: float = 0.12
    """Share of the views that keep their background (mask full)."""
    imperfect_mask: float = 0.35
    """Share of the removed backgrounds whose mask has errors."""
    plain: bool = False
    """True draws clay on white with a perfect mask, for contact sheets and tests."""


def draw_viewpoint(rng: np.random.Generator) -> tuple[float, float]:
    """Azimuth and elevation in degrees from the kernel density estimate (gaussian kernels, 9 and 4 degrees).

    A third of the azimuths is uniform, so that no side is never seen.
    """
    if rng.random() < 0.35:
        azimuth = rng.uniform(0, 360)
    else:
        azimuth = rng.choice(AZIMUTHS_DEG) + rng.normal(0, 9)
    elevation = rng.choice(ELEVATIONS_DEG) + rng.normal(0, 4)
    return float(azimuth % 360), float(np.clip(elevation, -8, 60))


def draw_camera(surface: Surface, rng: np.random.Generator) -> Camera:
    """A camera whose distance frames the object, with a random lens, slight roll and off-centre aim."""
    azimuth, elevation = draw_viewpoint(rng)
    fov = float(rng.uniform(14, 55))
    low, high = surface.bounds
    radius = float(np.linalg.norm(high - low)) / 2
    distance = radius * rng.uniform(0.95, 1.2) / np.sin(np.radians(fov / 2))
    aim = (low + high) / 2 + rng.uniform(-0.06, 0.06, 3) * radius
    roll = float(rng.normal(0, 1.5))
    return Camera(azimuth, elevation, float(distance), fov, roll, (float(aim[0]), float(aim[1]), float(aim[2])))


def draw_light(rng: np.random.Generator) -> Light:
    """Key light from the upper half, with random hardness and tint."""
    angle, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.95)
    flat = np.sqrt(1 - height**2)
    direction = (float(flat * np.cos(angle)), float(height), float(abs(flat * np.sin(angle)) + 0.15))
    tint = 1 + rng.normal(0, 0.05, 3)
    return Light(
        direction,
        float(rng.uniform(0.35, 1.1)),
        float(rng.uniform(0.2, 0.7)),
        float(rng.uniform(0, 0.35)),
        float(max(rng.normal(0.02, 0.12), 0)),
        float(rng.uniform(6, 60)),
        (float(tint[0]), float(tint[1]), float(tint[2])),
    )


def draw_colour(rng: np.random.Generator) -> Float:
    """A linear colour: greys and woods are common, strong colours occur."""
    kind = rng.random()
    if kind < 0.3:
        colour = np.full(3, rng.uniform(0.02, 0.95)) * (1 + rng.normal(0, 0.03, 3))
    elif kind < 0.55:
        colour = np.array([0.42, 0.22, 0.09]) * rng.uniform(0.25, 2.0) * (1 + rng.normal(0, 0.12, 3))
    else:
        colour = rng.uniform(0.01, 0.95, 3) ** 1.3
    return np.clip(colour, 0.01, 0.97).astype(np.float32)


def paint(buffer: GBuffer, has_colors: bool, rng: np.random.Generator) -> None:
    """Change the albedo in place: a material, two tones, or a pattern in model space."""
    albedo, position = buffer.albedo, buffer.position
    if not has_colors or rng.random() < 0.5:
        albedo[...] = draw_colour(rng)
        if rng.random() < 0.45:  # two tones split by a plane, as seats and frames are
            normal = rng.normal(0, 1, 3) * (0.4, 0.6, 1.0)
            side = position @ (normal / np.linalg.norm(normal)).astype(np.float32) > rng.normal(0, 0.12)
            albedo[side] = draw_colour(rng)
    else:
        albedo *= rng.uniform(0.6, 1.3)
    if rng.random() < 0.3:
        wave = rng.normal(0, 1, 3) * rng.uniform(20, 120)
        stripes = np.sin(position @ wave.astype(np.float32) + rng.uniform(0, 6))
        albedo *= (1 + rng.uniform(0.05, 0.35) * stripes)[..., None]
    np.clip(albedo, 0, 1, out=albedo)


def _noise(rng: np.random.Generator, size: int, cells: int) -> Float:
    coarse = rng.normal(0, 1, (cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _backdrop(rng: np.random.Generator, size: int) -> Float:
    """A wall: plain, gradient or mottled; sRGB ``[S, S, 3]``."""
    kind = rng.random()
    base = np.full(3, rng.uniform(0.86, 1.0)) if kind < 0.4 else rng.uniform(0.05, 1, 3)
    wall = np.broadcast_to(base.astype(np.float32), (size, size, 3)).copy()
    if rng.random() < 0.6:
        other = np.clip(base + rng.normal(0, 0.25, 3), 0, 1).astype(np.float32)
        ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None] ** np.float32(rng.uniform(0.5, 2))
        wall = wall * (1 - ramp) + other * ramp
    if rng.random() < 0.35:
        wall += (rng.uniform(0.02, 0.12) * _noise(rng, size, int(rng.integers(3, 24))))[..., None]
    return wall


@compiled
def _lay_floor(
    wall: Float,
    eye: Float,
    axes: Float,
    tangent: float,
    height: float,
    near: float,
    fade: float,
    colour: Float,
    grid: Float,
    shadow: Float,
) -> None:
    """Blend a ground plane into ``wall``; ``grid`` is cell, cosine, sine, line width, contrast, checkers."""
    size = wall.shape[0]
    cell, cosine, sine, width, contrast, checkers = grid
    for row in range(size):
        v = tangent * (1 - 2 * row / (size - 1))
        for column in range(size):
            u = tangent * (2 * column / (size - 1) - 1)
            down = u * axes[0, 2] + v * axes[1, 2] - axes[2, 2]
            if down >= -1e-4:
                continue
            reach = (height - eye[2]) / down
            if reach <= 0:
                continue
            x = eye[0] + reach * (u * axes[0, 0] + v * axes[1, 0] - axes[2, 0])
            y = eye[1] + reach * (u * axes[0, 1] + v * axes[1, 1] - axes[2, 1])
            p, q = (x * cosine + y * sine) / cell, (y * cosine - x * sine) / cell
            if checkers > 0:
                marked = (np.floor(p) + np.floor(q)) % 2 > 0
            else:
                marked = abs(p - np.floor(p) - 0.5) < width or abs(q - np.floor(q) - 0.5) < width
            blend = np.exp(-max(reach - near, 0.0) / fade)
            for k in range(3):
                value = (colour[k] + (contrast if marked else 0.0)) * (1 - shadow[row, column])
                wall[row, column, k] += blend * (value - wall[row, column, k])


def _floor(wall: Float, camera: Camera, height: float, shadow: Float | None, rng: np.random.Generator) -> None:
    """Draw a ground plane with optional grid or checkers and a soft shadow into the wall, in place."""
    size = len(wall)
    eye, axes = camera.axes()
    if rng.random() < 0.5:
        colour = np.clip(wall[size // 2, size // 2] + rng.normal(0, 0.2, 3), 0.05, 1)
    else:
        colour = rng.uniform(0.1, 1, 3)
    turn = rng.uniform(0, np.pi)
    contrast = rng.uniform(-0.35, 0.35) if rng.random() < 0.5 else 0.0
    grid = (rng.uniform(0.08, 0.5), np.cos(turn), np.sin(turn), rng.uniform(0.03, 0.12), contrast, rng.random() < 0.3)
    dark = np.zeros((size, size), np.float32) if shadow is None else shadow * np.float32(rng.uniform(0.2, 0.75))
    tangent = float(np.tan(np.radians(camera.fov_deg) / 2))
    fade = float(rng.uniform(0.8, 8))
    _lay_floor(
        wall,
        eye,
        axes,
        tangent,
        height,
        camera.distance,
        fade,
        colour.astype(np.float32),
        np.array(grid, np.float32),
        dark,
    )


def cast_shadow(surface: Surface, camera: Camera, light: Light, size: int, rng: np.random.Generator) -> Float:
    """Shadow of the mesh on the plane under it, blurred; ``[S, S]`` in [0, 1]."""
    _, axes = camera.axes()
    toward = np.asarray(light.direction, np.float32) @ axes
    toward = toward / np.linalg.norm(toward)
    toward[2] = max(toward[2], 0.35)
    vertices = np.asarray(surface.vertices)
    ground = vertices[:, 2].min()
    flat = vertices - (vertices[:, 2:] - ground) * (toward / toward[2])
    cast = silhouette(flat.astype(np.float32), np.asarray(surface.faces), camera, size).astype(np.float32)
    blur = int(size * rng.uniform(0.005, 0.06)) * 2 + 1
    return np.asarray(cv2.blur(cv2.blur(cast, (blur, blur)), (blur, blur)), np.float32)


def _degrade(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Compression, blur and sensor noise as pictures from the web have them."""
    if rng.random() < 0.3:
        image = np.asarray(cv2.GaussianBlur(image, (3, 3), rng.uniform(0.3, 1.0)), np.uint8)
    if rng.random() < 0.25:
        noisy = image + rng.normal(0, rng.uniform(1, 8), image.shape)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return image


def _spoil(mask: Float, shadow: Float | None, rng: np.random.Generator) -> Float:
    """Errors of a background remover: grown or shrunk edges, kept shadow, holes, specks."""
    kind = rng.random()
    kernel = np.ones((3, 3), np.uint8)
    if kind < 0.3:
        mask = cv2.dilate(mask, kernel)
    elif kind < 0.5:
        mask = np.maximum(cv2.erode(mask, kernel), 0.6 * mask)
    if shadow is not None and rng.random() < 0.35:
        mask = np.maximum(mask, (shadow > rng.uniform(0.35, 0.9)).astype(np.float32))
    if rng.random() < 0.35:
        blobs = _noise(rng, len(mask), int(rng.integers(6, 20)))
        near = cv2.dilate(mask, np.ones((9, 9), np.uint8))
        mask = np.where(blobs > 1.9, near, np.where(blobs < -2.1, 0, mask)).astype(np.float32)
    return np.asarray(cv2.blur(mask, (3, 3)), np.float32) if rng.random() < 0.5 else np.asarray(mask, np.float32)


def render_photo(
    surface: Surface,
    size: int,
    rng: np.random.Generator,
    style: ViewStyle = ViewStyle(),
    camera: Camera | None = None,
) -> tuple[npt.NDArray[np.uint8], Float, Float | None]:
    """A photo-like picture: RGB uint8 ``[S, S, 3]``, the true mask ``[S, S]``, and the floor's shadow if drawn."""
    camera = camera or draw_camera(surface, rng)
    buffer = render_gbuffer(surface, camera, size, flat=rng.random() < 0.12)
    mask = buffer.mask.astype(np.float32)
    if style.plain:
        image = shade(buffer)
        image[~buffer.mask] = 1
        return np.clip(np.rint(image * 255), 0, 255).astype(np.uint8), mask, None
    light = draw_light(rng)
    paint(buffer, surface.colors is not None, rng)
    scene = _backdrop(rng, size)
    shadow = None
    if rng.random() < 0.55:
        shadow = cast_shadow(surface, camera, light, size, rng) if rng.random() < 0.7 else None
        _floor(scene, camera, float(surface.bounds[0][2]), shadow, rng)
    scene = np.where(buffer.mask[..., None], shade(buffer, light), scene)
    image = np.clip(scene * (255 * rng.uniform(0.85, 1.1)) + rng.normal(0, 6), 0, 255).astype(np.uint8)
    return _degrade(image, rng), mask, shadow


def draw_view(
    surface: Surface,
    size: int,
    rng: np.random.Generator,
    style: ViewStyle = ViewStyle(),
    camera: Camera | None = None,
) -> npt.NDArray[np.uint8]:
    """What the network sees of a random photo of ``surface``: uint8 ``[size, size, 4]``.

    The picture is drawn a third larger than it is seen, then cut and reduced by the same code as a
    person's photo (:mod:`voxstudio.geometry.framing`).
    """
    image, mask, shadow = render_photo(surface, size * 4 // 3, rng, style, camera)
    if not style.plain:
        if rng.random() < style.keep_background:
            mask = np.ones_like(mask)
        elif rng.random() < style.imperfect_mask:
            mask = _spoil(mask, shadow, rng)
    left, top, side = crop_box(mask)
    if not style.plain and side < len(image):
        wobble = rng.normal(0, 0.012, 3) * side
        left, top, side = int(left + wobble[0]), int(top + wobble[1]), max(8, int(side + wobble[2]))
    return frame_rgb(image, mask, (left, top, side), size)
