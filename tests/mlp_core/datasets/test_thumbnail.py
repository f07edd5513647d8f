from __future__ import annotations

import numpy as np
import pytest

from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.thumbnail import MOST_PIXELS, shrink_factor, shrunk, thumbnails


@pytest.mark.parametrize(
    ("shape", "factor"), [((1, 2), 1), ((200, 150), 1), ((181, 181), 1), ((182, 182), 2), ((1024, 1024), 6)]
)
def test_only_large_images_shrink_and_no_more_than_they_must(shape: tuple[int, int], factor: int) -> None:
    assert shrink_factor(shape) == factor


@pytest.mark.parametrize("shape", [(1, 1024 * 1024), (1024 * 1024, 1), (300, 1000)])
def test_a_thumbnail_is_never_larger_than_said(shape: tuple[int, int]) -> None:
    height, width = (-(-side // shrink_factor(shape)) for side in shape)
    assert height * width <= MOST_PIXELS


def test_squares_are_averaged_and_so_is_what_is_left_over() -> None:
    image = np.array([[0, 2, 8], [4, 6, 10], [200, 100, 30]], np.uint8)
    np.testing.assert_array_equal(shrunk(image, 2), [[3, 9], [150, 30]])
    assert shrunk(image, 1) is image


def test_small_images_are_what_the_data_set_makes_of_them() -> None:
    data = digits_dataset()
    indices = np.array([5, 0, 1196])
    X = data.train.X
    np.testing.assert_array_equal(thumbnails(X, indices, (8, 8), data.pixel_range), data.grey(X[indices]))
    assert thumbnails(X, indices[:0], (8, 8), data.pixel_range).shape == (0, 8, 8)


def test_a_large_image_keeps_its_brightness() -> None:
    X = np.concatenate([np.full((1, 300 * 400), 0.5), np.tile([0.0, 1.0], (1, 150 * 400))]).astype(np.float32)
    tiles = thumbnails(X, np.array([1, 0]), (300, 400), (0, 1))
    assert tiles.shape == (2, 150, 200)
    assert set(tiles.ravel().tolist()) == {128}
