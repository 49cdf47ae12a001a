"""Picture: an image as pixels, upright, with straight alpha."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Picture:
    """uint8 ``[H, W, 4]`` sRGB with straight (not premultiplied) alpha; read-only.

    ``has_alpha`` is True if the file carried transparency that masks something.
    """

    pixels: npt.NDArray[np.uint8]
    has_alpha: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        pixels = np.array(self.pixels, dtype=np.uint8, order="C", copy=True)
        if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.size == 0:
            raise ValueError(f"a picture needs shape [H, W, 4], got {pixels.shape}")
        pixels.setflags(write=False)
        object.__setattr__(self, "pixels", pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]
