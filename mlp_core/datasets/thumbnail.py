"""Images made small enough for a tile: of a large one, squares of pixels are averaged."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import grey_images

MOST_PIXELS: Final = 2**15  # of a thumbnail: 180 × 180; a thousand of them are 32 MB


def shrink_factor(image_shape: tuple[int, int]) -> int:
    """Return the side of the squares that become one pixel of a thumbnail: 1 for all but large images."""
    height, width = image_shape
    factor = 1
    while math.ceil(height / factor) * math.ceil(width / factor) > MOST_PIXELS:
        factor += 1
    return factor


def shrunk(image: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return an image, shape (height, width), with squares of `factor` × `factor` pixels averaged to one.

    What is left over at the right and at the bottom is averaged too. With a factor of 1 it is the image itself.
    """
    if factor == 1:
        return image
    for _ in image.shape:  # first the rows, then, turned on its side, the columns
        side, other = image.shape
        sums = np.zeros((math.ceil(side / factor), other))
        for start in range(factor):
            part = image[start::factor]
            sums[: len(part)] += part
        image = (sums / np.diff(np.arange(0, side, factor), append=side)[:, None]).T
    return image


def thumbnails(
    X: NDArray[Any],
    indices: NDArray[np.integer[Any]],
    image_shape: tuple[int, int],
    pixel_range: tuple[float, float],
) -> NDArray[np.uint8]:
    """Return some of the images as grey values, 0 black to 255 white, each at most `MOST_PIXELS` large.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
        Pixels row by row.
    indices : ndarray of int, shape (n,)
        Which rows of `X`.
    image_shape : tuple of int
        Height and width; their product is n_features.
    pixel_range : tuple of float
        The pixel values that stand for black and white.

    Returns
    -------
    ndarray of uint8, shape (n, height, width)
        Beside it, no more than one image is held in memory.
    """
    factor = shrink_factor(image_shape)
    height, width = (math.ceil(side / factor) for side in image_shape)
    tiles = np.empty((len(indices), height, width), np.uint8)
    for tile, index in zip(tiles, indices, strict=True):
        small = shrunk(X[index].reshape(image_shape), factor)
        tile[...] = grey_images(small.reshape(1, -1), (height, width), pixel_range)[0]
    return tiles
