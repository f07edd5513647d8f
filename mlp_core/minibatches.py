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
    Y : ndarray, shape (n_samples, n_output)
    size : int
        Samples of a minibatch.
    """

    def __init__(self, X: Floats, Y: Floats, size: int) -> None:
        self._X = X
        self._Y = Y
        self._size = size
        self._X_batch = np.empty((size, X.shape[1]), X.dtype)
        self._Y_batch = np.empty((size, Y.shape[1]), Y.dtype)

    def __len__(self) -> int:
        """Minibatches of an epoch: an incomplete last one is left out."""
        return len(self._X) // self._size

    def in_order(self, order: NDArray[np.intp]) -> Iterator[tuple[Floats, Floats]]:
        """Yield the minibatches X, Y of an epoch; each is overwritten when the next one is asked for.

        Parameters
        ----------
        order : ndarray of int, shape (n_samples,)
            Positions of the samples.
        """
        for start in range(0, len(self) * self._size, self._size):
            samples = order[start : start + self._size]
            # With another mode than "clip" NumPy would make an array of its own first, to keep `out` whole on errors.
            self._X.take(samples, axis=0, out=self._X_batch, mode="clip")
            self._Y.take(samples, axis=0, out=self._Y_batch, mode="clip")
            yield self._X_batch, self._Y_batch
