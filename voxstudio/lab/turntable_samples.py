"""Make the sample turntable of ``resources/samples/turntable``: photos of one parametric object, turned step by step.

``python -m voxstudio.lab.turntable_samples`` writes the same bytes each time.
"""

from __future__ import annotations

from pathlib import Path

import cv2

from voxstudio.core.paths import shipped
from voxstudio.lab.samples import studio_photo

CLASS, SEED = "airplane", 20_000_201
COUNT, ELEVATION_DEG = 24, 18.0
SIZE = 256


def write_turntable(
    folder: Path | None = None,
    class_name: str = CLASS,
    seed: int = SEED,
    count: int = COUNT,
    elevation_deg: float = ELEVATION_DEG,
    size: int = SIZE,
    suffix: str = ".webp",
) -> list[Path]:
    """Photos of a held-out object that turns counter-clockwise, seen from above; returns the files in order."""
    from voxstudio.data.parametric import make
    from voxstudio.data.prepare import in_unit_cube

    folder = folder or shipped("resources") / "samples" / "turntable"
    folder.mkdir(parents=True, exist_ok=True)
    surface = in_unit_cube(make(class_name, seed, held_out=True).surface(128))
    written = []
    for k in range(count):
        photo = studio_photo(surface, -360.0 * k / count, elevation_deg, (0.93, 0.93, 0.91), size)
        path = folder / f"{class_name}-{k + 1}{suffix}"
        cv2.imwrite(str(path), photo[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 88] if suffix == ".webp" else [])
        written.append(path)
    return written


if __name__ == "__main__":
    for written_path in write_turntable():
        print(written_path)
