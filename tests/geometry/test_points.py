"""Points drawn into an image, and which of them lie in a loop."""

from __future__ import annotations

import numpy as np

from voxstudio.geometry.points import DIAMOND, DISC, draw_points, inside

WHITE = 0xFFFFFFFF


def draw(places: list[tuple[float, float]], kinds: int = DISC, radius: float = 4.0, alpha: int = 255) -> np.ndarray:
    image = np.full((40, 60), WHITE, np.uint32)
    count = len(places)
    colours = np.full(count, (alpha << 24) | 0x2060C0, np.uint32)
    draw_points(
        image, np.array(places, np.float32), colours, np.full(count, kinds, np.uint8), np.arange(count), radius, 0
    )
    return image


def test_a_disc_is_round_and_stands_where_it_should() -> None:
    image = draw([(30.5, 20.5)])
    assert image[20, 30] == 0xFF2060C0 and image[20, 40] == WHITE and image[5, 5] == WHITE
    solid = np.argwhere(image == 0xFF2060C0)
    assert np.allclose(solid.mean(axis=0), (20, 30), atol=0.3)
    assert abs(len(solid) - np.pi * 4.0**2) < 14
    assert (image >> np.uint32(24) == 255).all()
    diamond = draw([(30.5, 20.5)], DIAMOND)
    assert diamond[20, 30] == 0xFF2060C0 and not np.array_equal(diamond, image)


def test_points_at_the_edge_and_outside_do_no_harm() -> None:
    assert (draw([(-100.0, 5.0), (1e7, 3.0), (5.0, -40.0)]) == WHITE).all()
    assert draw([(0.0, 0.0)])[0, 0] != WHITE and draw([(59.9, 39.9)])[39, 59] != WHITE


def test_the_last_lies_on_top_and_faint_ones_let_through() -> None:
    faint = draw([(30.5, 20.5)], alpha=40)[20, 30]
    assert 0x2060C0 < (faint & 0xFFFFFF) < 0xFFFFFF
    image = np.full((20, 20), WHITE, np.uint32)
    places, kinds = np.full((2, 2), 10.5, np.float32), np.zeros(2, np.uint8)
    colours = np.array([0xFFFF0000, 0xFF00FF00], np.uint32)
    draw_points(image, places, colours, kinds, np.array([1, 0]), 4.0, 0)
    assert image[10, 10] == 0xFFFF0000


def test_a_loop_holds_what_lies_in_it() -> None:
    square = np.array([(0, 0), (10, 0), (10, 10), (5, 5), (0, 10)], np.float32)
    points = np.array([(5, 2), (5, 8), (2, 7), (-1, 5), (20, 5)], np.float32)
    assert inside(square, points).tolist() == [True, False, True, False, False]
