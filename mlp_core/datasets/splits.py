"""Making splits out of arrays: what every source checks, and how the validation samples are set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Split
from mlp_core.errors import DataError

MAX_PIXELS = 1024 * 1024


def read_only_split(X: NDArray[Any], y: NDArray[Any]) -> Split:
    """Return X, shape (n, n_features), and y, shape (n,), as a split that nobody can write to.

    X is not copied: the caller gives up the right to write to it.
    """
    X = X.view()
    y = y.astype(np.int64)
    X.flags.writeable = False
    y.flags.writeable = False
    return Split(X, y)


def held_out(n: int) -> int:
    """Return how many of `n` samples the lecture keeps to validate: 5,000 of 60,000 or more, else a twelfth."""
    return 5000 if n >= 60_000 else max(1, n // 12)


def spread_order(y: NDArray[Any], seed: int) -> NDArray[np.intp]:
    """Return a random order of the samples in which every stretch has each class in about its share.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Classes.
    seed : int
        The same order for the same seed, on every machine.

    Returns
    -------
    ndarray of intp, shape (n,)
    """
    shuffled = np.random.RandomState(seed).permutation(len(y))
    _, of_class, counts = np.unique(y[shuffled], return_inverse=True, return_counts=True)
    by_class = np.argsort(of_class, kind="stable")
    start = np.cumsum(counts) - counts
    place = np.empty(len(y))
    place[by_class] = (np.arange(len(y)) - np.repeat(start, counts) + 0.5) / np.repeat(counts, counts)
    return shuffled[np.argsort(place, kind="stable")].astype(np.intp)


def check_training_classes(source: str | Path, train: Split, valid: Split) -> None:
    """Refuse to train on fewer than two classes.

    Raises
    ------
    DataError
        With the numbers of samples.
    """
    if len(np.unique(train.y)) < 2:
        raise DataError(
            source,
            f"the {len(train):,} samples to train on ({len(valid):,} more are kept to validate) show fewer than two "
            "classes. Give samples of two classes or more, and shuffle them.",
        )


def check_image_shape(source: str | Path, height: int, width: int) -> None:
    """Refuse images that no network here could take.

    Raises
    ------
    DataError
        If an image has no pixels, or more than 1024×1024.
    """
    if not 1 <= height * width <= MAX_PIXELS:
        raise DataError(
            source,
            f"its images are {width}×{height} pixels; 1 to {MAX_PIXELS:,} pixels an image can be used. "
            "Check the file, or make the images smaller.",
        )
