"""Making splits out of arrays: what every source checks, and how the validation samples are set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Split
from mlp_core.errors import DataError

MAX_CLASSES = 1000
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


def train_and_valid(source: str | Path, X: NDArray[Any], y: NDArray[Any]) -> tuple[Split, Split]:
    """Set the last samples aside to validate: 5,000 of 60,000 or more, else a twelfth, at least one.

    Parameters
    ----------
    source : str or Path
        What an error names.
    X : ndarray, shape (n, n_features)
        Pixels.
    y : ndarray, shape (n,)
        Labels.

    Returns
    -------
    tuple of Split
        To train, and to validate.

    Raises
    ------
    DataError
        If fewer than two classes are left to train on.
    """
    n = len(y)
    n_train = n - (5000 if n >= 60_000 else max(1, n // 12))
    if len(np.unique(y[:n_train])) < 2:
        raise DataError(
            source,
            f"the {n_train:,} samples to train on (the last {n - n_train:,} of {n:,} are kept to validate) show fewer "
            "than two classes. Give samples of two classes or more, and shuffle them.",
        )
    return read_only_split(X[:n_train], y[:n_train]), read_only_split(X[n_train:], y[n_train:])


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
