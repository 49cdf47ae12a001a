"""Make the sample photos of ``resources/samples``: parametric objects that no model was trained on.

They were chosen because the shipped checkpoints reconstruct them well, the chairs among thirty-two: not typical.

``python -m voxstudio.lab.samples`` writes the same bytes each time.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from voxstudio.core.paths import shipped
from voxstudio.core.surface import Surface
from voxstudio.data.views import cast_shadow
from voxstudio.geometry.render import Camera, Light, render_gbuffer, shade

SAMPLES = (
    ("chair", 20_000_122, ((-35, 18), (28, 14), (150, 20)), (0.93, 0.92, 0.90)),
    ("armchair", 20_000_114, ((-30, 16), (40, 20)), (0.90, 0.93, 0.95)),
    ("table", 20_000_109, ((-35, 22), (20, 16)), (0.95, 0.94, 0.92)),
    ("lamp", 20_000_103, ((-30, 12),), (0.90, 0.91, 0.93)),
    ("sofa", 20_000_108, ((-32, 22), (30, 18)), (0.94, 0.93, 0.91)),
    ("car", 20_000_107, ((-40, 14), (150, 16)), (0.90, 0.92, 0.94)),
)
"""Name, seed of a held-out object, azimuths and elevations in degrees, sRGB colour of the backdrop."""


def studio_photo(
    surface: Surface, azimuth: float, elevation: float, wall: tuple[float, float, float], size: int = 640
) -> npt.NDArray[np.uint8]:
    """A product photo before a seamless backdrop with a soft shadow: RGB uint8 ``[size, size, 3]``."""
    low, high = surface.bounds
    radius = float(np.linalg.norm(high - low)) / 2
    middle = (low + high) / 2
    target = (float(middle[0]), float(middle[1]), float(middle[2]))
    camera = Camera(azimuth, elevation, radius * 1.12 / np.sin(np.radians(14)), 28.0, 0.0, target)
    light = Light((-0.3, 0.85, 0.42), 0.72, 0.42, 0.2, 0.1, 20.0)
    big = 2 * size
    buffer = render_gbuffer(surface, camera, big)
    rows = np.linspace(1.03, 0.9, big, dtype=np.float32)[:, None, None]
    scene = np.asarray(wall, np.float32) * rows * np.ones((big, big, 1), np.float32)
    shadow = cast_shadow(surface, camera, light, big, np.random.default_rng(1))
    scene *= (1 - 0.35 * shadow)[..., None]
    scene = np.where(buffer.mask[..., None], shade(buffer, light), scene)
    small = cv2.resize(scene, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(np.rint(small * 255), 0, 255), np.uint8)


def write_samples(folder: Path | None = None) -> list[Path]:
    """Write every sample photo; returns the files."""
    from voxstudio.data.parametric import make
    from voxstudio.data.prepare import in_unit_cube

    folder = folder or shipped("resources") / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, seed, angles, wall in SAMPLES:
        kind = "chair" if name == "armchair" else name
        surface = in_unit_cube(make(kind, seed, held_out=True).surface(128))
        for k, (azimuth, elevation) in enumerate(angles, 1):
            path = folder / f"{name}-{k}.png"
            cv2.imwrite(
                str(path), studio_photo(surface, azimuth, elevation, wall)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9]
            )
            written.append(path)
    return written


if __name__ == "__main__":
    for written_path in write_samples():
        print(written_path)
