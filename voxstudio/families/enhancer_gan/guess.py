"""Read the sizes of an enhancer GAN off the shapes of its tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from voxstudio.engine.volume_guess import Shape, VolumeGuesser, volume_chains
from voxstudio.families.enhancer_gan.networks import EnhancerMaker, space_of
from voxstudio.families.enhancer_gan.recipe import EnhancerRecipe


def _starts(there: Counter[Shape]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """A linear layer to 64 W values, then deconvolutions k5 of pictures, or none where there is no enhancer."""
    fives = {shape[:2] for shape in there if len(shape) == 4 and shape[2:] == (5, 5)}
    for width, resolution in volume_chains(there):
        for shape in there:
            if len(shape) != 2 or shape[0] != 64 * width:
                continue
            for second in sorted(out for inputs, out in fives if inputs == 4 * width):
                for bridge in ("1", "2", "3"):
                    if bridge == "2" and second != width:
                        continue
                    for size in (128, 64, 32):
                        sizes = {"width": width, "bridge": bridge, "image_size": size}
                        yield shape[1], resolution, {**sizes, "image_width": _image_width(fives, width, second, bridge)}
            yield shape[1], resolution, {"width": width, "bridge": "none"}


def _image_width(fives: set[tuple[int, int]], width: int, second: int, bridge: str) -> int:
    """Channels behind layer 1; where the bridge took that layer, twice those of the layer after it."""
    if bridge != "2":
        return second
    return 2 * max((out for inputs, out in fives if inputs == width), default=8)


GUESSER = VolumeGuesser(EnhancerRecipe, space_of, maker=EnhancerMaker, starts=_starts)
