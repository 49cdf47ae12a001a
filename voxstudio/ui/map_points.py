"""The points of a map as they lie on the screen: where each is, how large, in which colour. GUI thread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from voxstudio.lab.map_picture import palette

FAINT = 36
CLEAR = 235
LARGEST_ZOOM = 400.0


def packed(colour: str) -> int:
    """``#rrggbb`` as 0xRRGGBB."""
    return int(colour[1:], 16)


class PointLayer:
    """View of a map and the image of its points. Sizes are in pixels of the device."""

    def __init__(self) -> None:
        self.places: npt.NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self.zoom = 1.0
        self.centre = np.zeros(2, np.float64)
        self.size = (1, 1)
        self.ratio = 1.0  # pixels of the device in a logical one
        self._kinds = np.zeros(0, np.uint8)
        self._groups = np.zeros(0, np.int64)
        self._colours = np.zeros(0, np.uint32)
        self._order = np.zeros(0, np.int64)
        self._buffer = np.zeros((1, 1), np.uint32)
        self._mixed = np.zeros(0, np.int64)
        self._lit: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.places)

    # ---- what is drawn -------------------------------------------------------------------------

    def set_points(self, groups: npt.NDArray[np.int64], kinds: npt.NDArray[np.uint8]) -> None:
        """Another collection: the colour group and the kind (0 disc, 1 diamond) of each point."""
        self._groups, self._kinds = groups, np.asarray(kinds, np.uint8)
        self.places = np.zeros((0, 2), np.float32)
        # Drawn in no order of classes, so that none covers the others.
        self._mixed = np.random.default_rng(0).permutation(len(groups))
        self.light_up(None)

    def set_groups(self, groups: npt.NDArray[np.int64]) -> None:
        """Colour by something else."""
        self._groups = groups
        self.light_up(self._lit)

    def light_up(self, chosen: npt.NDArray[np.bool_] | None) -> None:
        """These points stand out (bool ``[N]``), the others fade; None: all are alike."""
        self._lit = chosen
        count = int(self._groups.max(initial=0)) + 1
        table = np.array([packed(colour) for colour in palette(count)], np.uint32)
        alpha = np.full(len(self._groups), CLEAR, np.uint32)
        self._order = self._mixed
        if chosen is not None:
            alpha[~chosen] = FAINT
            self._order = np.concatenate([self._mixed[~chosen[self._mixed]], self._mixed[chosen[self._mixed]]])
        self._colours = np.asarray(table[self._groups] | (alpha << np.uint32(24)), np.uint32)

    @property
    def radius(self) -> float:
        """Of a point, in logical pixels: larger where there are few, a little larger where one looks closely."""
        room = np.sqrt(min(self.size) / self.ratio / 700.0)
        usual = float(np.clip(room * (1.4 + 110.0 / np.sqrt(len(self) + 100.0)), 1.75, 5.5))
        return min(usual * self.zoom**0.3, 9.0)

    def image(self, ground: str) -> QImage:
        """Everything as an opaque image of :attr:`size`; it shares the layer's memory until the next call."""
        from voxstudio.geometry.points import draw_points

        wide, high = self.size
        if self._buffer.shape != (high, wide):
            self._buffer = np.empty((high, wide), np.uint32)
        self._buffer.fill(0xFF000000 | packed(ground))
        if len(self):
            radius = self.radius * self.ratio
            draw_points(
                self._buffer, self.screen(), self._colours, self._kinds, self._order, radius, packed(ground)
            )  # fmt: skip
        made = QImage(self._buffer.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
        made.setDevicePixelRatio(self.ratio)
        return made

    # ---- the view ------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """Pixels of one unit of the map."""
        return 0.445 * min(self.size) * self.zoom

    def screen(self, places: npt.NDArray[np.float32] | None = None) -> npt.NDArray[np.float32]:
        """Where places of the map ``[N, 2]`` lie on the screen, x and y in pixels."""
        given = self.places if places is None else np.atleast_2d(places)
        middle = np.array([self.size[0] / 2, self.size[1] / 2])
        return np.asarray((given - self.centre) * (self.scale, -self.scale) + middle, np.float32)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The place of the map under a pixel."""
        left, top = (x - self.size[0] / 2) / self.scale, (y - self.size[1] / 2) / self.scale
        return float(self.centre[0] + left), float(self.centre[1] - top)

    def nearest(self, x: float, y: float, reach: float) -> int:
        """The point nearest to a pixel, within ``reach``; -1 if there is none."""
        if not len(self):
            return -1
        away = self.screen() - np.array([x, y], np.float32)
        squared = np.einsum("nd,nd->n", away, away)
        best = int(squared.argmin())
        return best if float(squared[best]) <= reach * reach else -1

    def pan(self, dx: float, dy: float) -> None:
        """Move what is seen by so many pixels."""
        self.centre = np.clip(self.centre - np.array([dx, -dy]) / self.scale, -1.6, 1.6)

    def zoom_by(self, factor: float, x: float, y: float) -> None:
        """Look closer; what is under the pixel stays there."""
        before = np.array(self.place(x, y))
        self.zoom = float(np.clip(self.zoom * factor, 0.6, LARGEST_ZOOM))
        self.centre = np.clip(self.centre + before - np.array(self.place(x, y)), -1.6, 1.6)

    def fit(self) -> None:
        """See the whole map."""
        self.zoom, self.centre = 1.0, np.zeros(2, np.float64)

    def visible(self) -> npt.NDArray[np.int64]:
        """Indices of the points that can be seen."""
        seen = self.screen()
        return np.flatnonzero((seen >= 0).all(axis=1) & (seen < np.array(self.size)).all(axis=1))
