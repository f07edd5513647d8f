"""The training samples of an epoch, minibatch by minibatch, in the order drawn for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


class Minibatches:
    """Gathers samples into minibatches, in arrays that are made once.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    y : ndarray of int, shape (n_samples,)
    n_classes, size : int
        Output units, and samples of a minibatch.
    """

    def __init__(self, X: Floats, y: NDArray[np.int64], n_classes: int, size: int) -> None:
        self._X = X
        self._y = y
        self._one_hot = np.eye(n_classes, dtype=X.dtype)  # the targets by class: those of all samples take memory
        self._size = size
        self._X_batch = np.empty((size, X.shape[1]), X.dtype)
        self._Y_batch = np.empty((size, n_classes), X.dtype)

    def __len__(self) -> int:
        """Minibatches of an epoch: an incomplete last one is left out."""
        return len(self._X) // self._size

    def in_order(self, order: NDArray[np.intp]) -> Iterator[tuple[Floats, Floats]]:
        """Yield each minibatch X and its one-hot targets Y; asking for the next one overwrites them.

        Parameters
        ----------
        order : ndarray of int, shape (n_samples,)
            Positions of the samples.
        """
        for start in range(0, len(self) * self._size, self._size):
            samples = order[start : start + self._size]
            # With another mode than "clip" NumPy would make an array of its own first, to keep `out` whole on errors.
            self._X.take(samples, axis=0, out=self._X_batch, mode="clip")
            self._one_hot.take(self._y.take(samples), axis=0, out=self._Y_batch, mode="clip")
            yield self._X_batch, self._Y_batch
