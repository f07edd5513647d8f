"""Data sets that are told by what they hold, whatever their folder is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.catalogue import remote_dataset

# Fashion-MNIST and others have the same sizes, but 6,000 images of each class.
_MNIST_CLASSES: Final = (
    (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
)


def name_and_source(image_shape: tuple[int, ...], labels: Sequence[NDArray[Any]]) -> tuple[str, str] | None:
    """Return what the images are called and where they come from, if they are MNIST's, else None.

    Parameters
    ----------
    image_shape : tuple of int
        Height and width in pixels.
    labels : sequence of ndarray of unsigned int, shape (n,)
        Those to train, and those to test.
    """
    if image_shape == (28, 28) and tuple(tuple(np.bincount(y).tolist()) for y in labels) == _MNIST_CLASSES:
        mnist = remote_dataset("mnist")
        return mnist.title, mnist.source
    return None
