"""Voxels that came and went, in colours, in place of the shape. GUI thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from voxstudio.ui import theme
from voxstudio.ui.compare_bar import ADDED, REMOVED
from voxstudio.ui.stage import Stage, poly_data, rgb

if TYPE_CHECKING:
    from voxstudio.geometry.difference import Difference


class DifferenceActors:
    """Three actors of one stage; hidden until :meth:`show`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._actors = []
        for opacity in (1.0, 1.0, 0.55):
            actor, mapper = vtkActor(), vtkPolyDataMapper()
            mapper.ScalarVisibilityOff()
            actor.SetMapper(mapper)
            matt = actor.GetProperty()
            matt.SetAmbient(0.3)
            matt.SetDiffuse(0.82)
            matt.SetSpecular(0.0)
            matt.SetInterpolationToFlat()
            matt.SetOpacity(opacity)
            matt.BackfaceCullingOn()
            actor.VisibilityOff()
            stage.renderer.AddActor(actor)
            self._actors.append(actor)
        self.dress()

    def show(self, difference: Difference | None) -> None:
        """Show these voxels, or the shape again."""
        self._stage.covered = difference is not None
        self._stage.reveal()
        parts = (difference.common, difference.more, difference.less) if difference is not None else (None,) * 3
        for actor, part in zip(self._actors, parts, strict=True):
            actor.SetVisibility(part is not None and not part.is_empty)
            if part is not None:
                actor.GetMapper().SetInputData(poly_data(part))

    def dress(self) -> None:
        """Take the colours of the theme."""
        for actor, colour in zip(self._actors, (theme.current().clay, ADDED, REMOVED), strict=True):
            actor.GetProperty().SetColor(*rgb(colour))
