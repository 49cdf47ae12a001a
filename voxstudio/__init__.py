"""VoxStudio: see, steer and export what voxel generative models know.

``import voxstudio`` is cheap: neither torch, VTK nor Qt is imported until something needs it.
The Python face of the program is :mod:`voxstudio.api`, whose names are available here::

    import voxstudio
    model = voxstudio.open("chair-multiview")
    grid = model.reconstruct(["front.png", "side.png"])
    voxstudio.save(grid, "chair.stl")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from voxstudio.api import Model, checkpoints, open, reconstruct, save, surface

__all__ = ["Model", "__version__", "checkpoints", "open", "reconstruct", "save", "surface"]


def __getattr__(name: str) -> Any:
    """Load the Python face on first use, so that ``import voxstudio`` stays cheap."""
    if name in __all__:
        from voxstudio import api

        return getattr(api, name)
    raise AttributeError(f"module 'voxstudio' has no attribute {name!r}")
