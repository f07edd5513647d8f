from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import pen
from mlp_core.datasets.pen import PEN_WIDTH, draw_strokes
from mlp_core.errors import DataError


def box(image: NDArray[np.uint8]) -> tuple[int, int]:
    """Return height and width of what is drawn."""
    return int((image.max(axis=1) > 0).sum()), int((image.max(axis=0) > 0).sum())


def centre_of_mass(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Return row and column, where the first pixel's centre is 0."""
    rows, columns = image.sum(axis=1, dtype=float), image.sum(axis=0, dtype=float)
    pixels = np.arange(len(image))
    return float(rows @ pixels / rows.sum()), float(columns @ pixels / columns.sum())


def ring(width: float, height: float) -> NDArray[np.float64]:
    turn = np.linspace(0, 2 * np.pi, 60)
    return np.column_stack([width / 2 * np.cos(turn), height / 2 * np.sin(turn)])


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 1), (1, 3), (300, 200), (1e-6, 2e-6)])
@pytest.mark.parametrize("pen_width", [1, PEN_WIDTH, 5])
def test_the_larger_side_fills_the_box_and_the_aspect_is_kept(width: float, height: float, pen_width: float) -> None:
    image = draw_strokes([ring(width, height) + 1000], pen_width)
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    rows, columns = box(image)
    assert max(rows, columns) == 20
    scale = (20 - pen_width) / max(width, height)  # of what the middle of the pen draws
    assert rows == pytest.approx(scale * height + pen_width, abs=2)
    assert columns == pytest.approx(scale * width + pen_width, abs=2)


def test_the_centre_of_mass_is_in_the_middle() -> None:
    for heavy in ([[0, 0], [0, 10], [6, 10]], [[0, 0], [9, 0], [9, 1]], [[5, 0], [0, 3]]):
        image = draw_strokes([np.array(heavy)])
        assert centre_of_mass(image) == pytest.approx((14, 14), abs=0.5)


def test_what_is_heavy_at_one_end_is_not_cut_off() -> None:
    blob = np.random.default_rng(1).random((40, 2)) * [6, 1]
    image = draw_strokes([blob, [[0, 0], [0, 6]]])
    assert box(image) == (20, 20)


def test_it_does_not_matter_where_and_how_large_the_strokes_were_made() -> None:
    strokes = [np.array([[1, 2], [3, 9], [7, 4]]), np.array([[2, 2], [6, 9]])]
    image = draw_strokes(strokes)
    moved = draw_strokes([stroke * 40 + [500, -300] for stroke in strokes])
    assert np.abs(moved.astype(int) - image).max() <= 2
    np.testing.assert_array_equal(draw_strokes([stroke.tolist() for stroke in strokes[::-1]]), image)


def test_y_goes_down_and_x_to_the_right() -> None:
    image = draw_strokes([[[0, 0], [0, 10], [6, 10]]])  # an L
    rows, columns = image.sum(axis=1, dtype=int), image.sum(axis=0, dtype=int)
    assert rows.argmax() > columns.argmax()
    assert rows.argmax() > 14
    assert columns.argmax() < 14


def test_the_pen_is_as_wide_as_told_and_its_edges_are_soft() -> None:
    for width in (0.6, 1, 2, 3.5):
        image = draw_strokes([[[0, 0], [0, 10]]], width)
        assert image[14].sum() / 255 == pytest.approx(width, abs=0.02)
    slanting = draw_strokes([[[0, 0], [3, 10]]])
    assert ((slanting > 0) & (slanting < 255)).sum() > 20
    assert slanting.max() == 255
    assert slanting.sum() / 255 == pytest.approx(PEN_WIDTH * ((20 - PEN_WIDTH) / 10 * math.hypot(3, 10) + 2), rel=0.1)


def test_a_dot_is_a_disc_in_the_middle() -> None:
    image = draw_strokes([[[7, 7]]], 4)
    assert image.sum() / 255 == pytest.approx(math.pi * 4, rel=0.05)
    assert box(image) == (4, 4)
    assert centre_of_mass(image) == pytest.approx((14, 14), abs=0.51)
    np.testing.assert_array_equal(draw_strokes([[[1, 1], [1, 1], [1, 1]]], 4), image)


def test_strokes_are_not_joined() -> None:
    apart = draw_strokes([[[0, 0], [0, 10]], [[8, 0], [8, 10]]])
    assert not apart[:, 13:15].any()
    joined = draw_strokes([[[0, 0], [0, 10], [8, 0], [8, 10]]])
    assert joined[:, 13:15].any()


@pytest.mark.parametrize("strokes", [[], [[]], [np.empty((0, 2))]])
def test_without_points_it_is_paper(strokes: list[Any]) -> None:
    image = draw_strokes(strokes)
    assert image.shape == (28, 28)
    assert not image.any()


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([[[0, 0], [math.nan, 1]]], "stroke 0: a point is not finite"),
        ([[[0, 0]], [[math.inf, 1]]], "stroke 1: a point is not finite"),
        ([[[0, 0], [1e308, 1]]], "stroke 0: a point is not finite, or too far away"),
        ([[0, 1, 2]], r"stroke 0: it has shape \(3,\)"),
        ([[[0, 1, 2]]], r"stroke 0: it has shape \(1, 3\)"),
        ([["a", "b"]], "stroke 0: it is no array of numbers"),
        ([[[0, 0], [1]]], "stroke 0: it is no array of numbers"),
    ],
)
def test_what_is_no_stroke_is_refused(strokes: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        draw_strokes(strokes)


@pytest.mark.parametrize("pen_width", [0, -1, 10.1, math.nan, math.inf])
def test_a_pen_too_thin_or_too_wide_is_refused(pen_width: float) -> None:
    with pytest.raises(DataError, match="pen_width: it is"):
        draw_strokes([[[0, 0], [1, 1]]], pen_width)


@pytest.mark.parametrize("pen_width", [1e-3, 10])
@pytest.mark.parametrize("size", [0, 1e-300, 1, 1e300])
def test_nothing_extreme_gets_it_out_of_its_frame(size: float, pen_width: float) -> None:
    image = draw_strokes([np.array([[0, 0], [size, size]]), np.array([[size, 0]])], pen_width)
    assert max(box(image)) <= 20


def test_many_images_are_drawn_as_one_is() -> None:
    random = np.random.default_rng(3)
    strokes = random.random((7, 5, 2))
    starts, stops = strokes[:, :-1].astype(np.float32), strokes[:, 1:].astype(np.float32)
    radii = np.full((7, 4), 1.2, np.float32)
    many = pen.centred(pen.coverage(pen.depth(*pen.fitted(starts, stops, radii), radii)))
    for image, stroke in zip(many, strokes, strict=True):
        assert np.abs(image.astype(int) - draw_strokes([stroke], 2.4)).max() <= 2


def test_a_pen_whose_width_changes_fits_too() -> None:
    random = np.random.default_rng(4)
    ends = random.random((50, 6, 2, 2)).astype(np.float32) * random.random((50, 1, 1, 2), np.float32)
    radii = (0.3 + 3 * random.random((50, 6), np.float32)).astype(np.float32)
    starts, stops = pen.fitted(ends[:, :, 0], ends[:, :, 1], radii)
    both = np.concatenate([starts, stops], axis=1)
    width = np.concatenate([radii, radii], axis=1)[..., None]
    low, high = (both - width).min(axis=1), (both + width).max(axis=1)
    np.testing.assert_allclose((high - low).max(axis=1), 20, atol=1e-3)
    np.testing.assert_allclose((high + low) / 2, 10, atol=1e-3)
