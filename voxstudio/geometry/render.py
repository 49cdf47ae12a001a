"""A software renderer for triangle meshes: pictures without a display, an OpenGL driver or VTK.

It draws the views that networks learn from, the contact sheets and the previews of the command line.
The loops are compiled by numba and release the interpreter lock. The same input gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.surface import Surface
from voxstudio.geometry.jit import compiled

Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at ``target``; angles in degrees.

    ``azimuth_deg`` turns about z: 0 looks at the front (-y side), 90 at the +x side.
    ``distance`` is in model units, ``fov_deg`` the full vertical angle. ``roll_deg`` turns the picture.
    """

    azimuth_deg: float = 30.0
    elevation_deg: float = 20.0
    distance: float = 2.4
    fov_deg: float = 40.0
    roll_deg: float = 0.0
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def axes(self) -> tuple[Float, Float]:
        """Position ``[3]`` and rotation ``[3, 3]`` whose rows are right, up and toward the viewer."""
        azimuth, elevation, roll = np.radians([self.azimuth_deg, self.elevation_deg, self.roll_deg])
        back = np.array([np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
        right = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        up = np.cross(back, right)
        right, up = np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right
        position = np.asarray(self.target) + self.distance * back
        return position.astype(np.float32), np.stack([right, up, back]).astype(np.float32)


@dataclass(frozen=True)
class Light:
    """Light in camera space: ``direction`` points from the shape to the lamp; strengths are linear."""

    direction: tuple[float, float, float] = (-0.45, 0.6, 0.66)
    strength: float = 0.75
    ambient: float = 0.38
    fill: float = 0.22
    specular: float = 0.08
    shininess: float = 24.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class GBuffer:
    """What each pixel sees, before light: arrays ``[S, S]`` and ``[S, S, 3]``.

    ``face`` is -1 where nothing is hit; ``normal`` is in camera space; ``position`` in model space;
    ``albedo`` is linear in [0, 1].
    """

    face: npt.NDArray[np.int32]
    normal: Float
    position: Float
    albedo: Float

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Pixels that show the shape."""
        return self.face >= 0


@compiled
def _rasterize(
    screen: Float, faces: npt.NDArray[np.int64], size: int, face: npt.NDArray[np.int32], bary: Float
) -> None:
    """Closest face and its perspective-correct barycentrics at each pixel; screen is x, y, 1/depth."""
    nearest = np.zeros((size, size), np.float32)
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        wa, wb, wc = screen[a, 2], screen[b, 2], screen[c, 2]
        if wa <= 0 or wb <= 0 or wc <= 0:
            continue  # behind the camera
        ax, ay, bx, by = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        cx, cy = screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        x0 = max(int(np.floor(min(ax, bx, cx))), 0)
        x1 = min(int(np.ceil(max(ax, bx, cx))), size - 1)
        y0 = max(int(np.floor(min(ay, by, cy))), 0)
        y1 = min(int(np.ceil(max(ay, by, cy))), size - 1)
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = 1.0 - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                depth = u * wa + v * wb + w * wc
                if depth <= nearest[y, x]:
                    continue
                nearest[y, x] = depth
                face[y, x] = f
                bary[y, x, 0] = u * wa / depth
                bary[y, x, 1] = v * wb / depth
                bary[y, x, 2] = w * wc / depth


@compiled
def _interpolate(
    face: npt.NDArray[np.int32], bary: Float, faces: npt.NDArray[np.int64], values: Float, out: Float
) -> None:
    for y in range(face.shape[0]):
        for x in range(face.shape[1]):
            f = face[y, x]
            if f < 0:
                continue
            for k in range(values.shape[1]):
                out[y, x, k] = (
                    bary[y, x, 0] * values[faces[f, 0], k]
                    + bary[y, x, 1] * values[faces[f, 1], k]
                    + bary[y, x, 2] * values[faces[f, 2], k]
                )


@compiled
def _shade(
    face: npt.NDArray[np.int32],
    normal: Float,
    albedo: Float,
    direction: Float,
    strength: float,
    ambient: float,
    fill: float,
    specular: float,
    shininess: float,
    tint: Float,
    out: Float,
) -> None:
    """Lambert key light, opposite fill, hemisphere ambient and a Blinn highlight; gamma 2.2 at the end."""
    half = np.array([direction[0], direction[1], direction[2] + 1.0], np.float32)
    half /= np.sqrt((half * half).sum())
    for y in range(face.shape[0]):
        for x in range(face.shape[1]):
            if face[y, x] < 0:
                continue
            n0, n1, n2 = normal[y, x, 0], normal[y, x, 1], normal[y, x, 2]
            length = np.sqrt(n0 * n0 + n1 * n1 + n2 * n2) + 1e-9
            if n2 < 0:  # the inside of an open mesh is lit like the outside
                length = -length
            n0, n1, n2 = n0 / length, n1 / length, n2 / length
            key = n0 * direction[0] + n1 * direction[1] + n2 * direction[2]
            back = max(-n0 * direction[0] + 0.3 * n2, 0.0)
            light = ambient * (0.75 + 0.25 * n1) + strength * max(key, 0.0) + fill * back
            shine = specular * max(n0 * half[0] + n1 * half[1] + n2 * half[2], 0.0) ** shininess
            for k in range(3):
                value = (albedo[y, x, k] * light + shine) * tint[k]
                out[y, x, k] = min(max(value, 0.0), 1.0) ** (1 / 2.2)


def project(points: Float, camera: Camera, size: int) -> Float:
    """Screen coordinates of points ``[N, 3]``: x right, y down in pixels, and 1 / depth."""
    position, axes = camera.axes()
    seen = (points - position) @ axes.T
    inverse = 1.0 / np.maximum(-seen[:, 2], 1e-6)
    inverse[seen[:, 2] > -1e-3] = 0.0
    scale = size / 2 / np.tan(np.radians(camera.fov_deg) / 2)
    middle = (size - 1) / 2
    flat = np.stack([middle + scale * seen[:, 0] * inverse, middle - scale * seen[:, 1] * inverse, inverse], axis=1)
    return flat.astype(np.float32)


def vertex_normals(vertices: Float, faces: npt.NDArray[np.int64]) -> Float:
    """Area-weighted unit normals ``[V, 3]``."""
    corner = vertices[faces]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.stack(
        [
            sum(np.bincount(faces[:, j], weights=flat[:, k], minlength=len(vertices)) for j in range(3))
            for k in range(3)
        ],
        axis=1,
    )
    unit = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return np.asarray(unit, np.float32)


def render_gbuffer(surface: Surface, camera: Camera, size: int, flat: bool = False) -> GBuffer:
    """Rasterize a surface to ``size`` x ``size`` pixels; ``flat`` uses one normal a face.

    Colours of the surface become the albedo (sRGB to linear); without colours it is a light clay.
    """
    vertices, faces = np.asarray(surface.vertices), np.asarray(surface.faces)
    face = np.full((size, size), -1, np.int32)
    bary = np.zeros((size, size, 3), np.float32)
    if not surface.is_empty:
        _rasterize(project(vertices, camera, size), faces, size, face, bary)
    _, axes = camera.axes()
    hit = face >= 0
    normal = np.zeros((size, size, 3), np.float32)
    if flat:
        corner = vertices[faces[face[hit]]]
        normal[hit] = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]) @ axes.T
    elif not surface.is_empty:
        normals = surface.normals if surface.normals is not None else vertex_normals(vertices, faces)
        _interpolate(face, bary, faces, np.ascontiguousarray(normals @ axes.T), normal)
    position = np.zeros((size, size, 3), np.float32)
    albedo = np.full((size, size, 3), 0.62, np.float32)
    if not surface.is_empty:
        _interpolate(face, bary, faces, vertices, position)
        if surface.colors is not None:
            _interpolate(face, bary, faces, ((surface.colors / np.float32(255)) ** 2.2).astype(np.float32), albedo)
    return GBuffer(face, normal, position, albedo)


def shade(buffer: GBuffer, light: Light = Light()) -> Float:
    """Light a G-buffer: sRGB float ``[S, S, 3]`` in [0, 1], zero where nothing is hit."""
    direction = np.asarray(light.direction, np.float32)
    direction /= np.linalg.norm(direction)
    out = np.zeros_like(buffer.albedo)
    _shade(
        buffer.face,
        buffer.normal,
        buffer.albedo,
        direction,
        light.strength,
        light.ambient,
        light.fill,
        light.specular,
        light.shininess,
        np.asarray(light.tint, np.float32),
        out,
    )
    return out


def silhouette(vertices: Float, faces: npt.NDArray[np.int64], camera: Camera, size: int) -> npt.NDArray[np.bool_]:
    """Pixels covered by a mesh, bool ``[S, S]``."""
    face = np.full((size, size), -1, np.int32)
    _rasterize(project(vertices, camera, size), faces, size, face, np.zeros((size, size, 3), np.float32))
    return face >= 0


def frame(surface: Surface, azimuth_deg: float = 35.0, elevation_deg: float = 20.0, fov_deg: float = 30.0) -> Camera:
    """A camera that shows the whole surface."""
    low, high = surface.bounds
    radius = max(float(np.linalg.norm(high - low)) / 2, 1e-6)
    middle = (low + high) / 2
    target = (float(middle[0]), float(middle[1]), float(middle[2]))
    return Camera(azimuth_deg, elevation_deg, 1.02 * radius / np.sin(np.radians(fov_deg / 2)), fov_deg, 0.0, target)


def picture_of(
    surface: Surface,
    size: int = 256,
    azimuth_deg: float = 35.0,
    elevation_deg: float = 20.0,
    flat: bool = False,
    background: tuple[int, int, int] = (244, 244, 242),
) -> npt.NDArray[np.uint8]:
    """A clay picture of a whole surface, uint8 ``[size, size, 3]``."""
    return picture_from(surface, frame(surface, azimuth_deg, elevation_deg), size, flat, background)


def picture_from(
    surface: Surface,
    camera: Camera,
    size: int = 256,
    flat: bool = False,
    background: tuple[int, int, int] = (244, 244, 242),
) -> npt.NDArray[np.uint8]:
    """A clay picture as a camera sees it, uint8 ``[size, size, 3]``; drawn at twice the size and reduced."""
    buffer = render_gbuffer(surface, camera, 2 * size, flat)
    image = shade(buffer)
    image[~buffer.mask] = np.asarray(background, np.float32) / 255
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(np.rint(small * 255), 0, 255), np.uint8)
