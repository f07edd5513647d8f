"""The training samples of an epoch, minibatch by minibatch, in the order drawn for it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Batch = tuple[Floats, Floats]

ROWS_AHEAD: Final = 500  # gathered at a time: few enough to be still in the cache when they are used
WORTH_A_THREAD: Final = 1 << 23  # bytes; smaller sets are in the cache as they are


class Minibatches:
    """Gathers samples into minibatches.

    Samples in a drawn order lie scattered in memory, and fetching them takes about a tenth of an
    update. From a large set they are therefore gathered on a thread of its own, some minibatches
    ahead of their use.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    Y : ndarray, shape (n_samples, n_output)
    size : int
        Samples of a minibatch.
    ahead : bool
        Whether a core is there for the other thread.
    """

    def __init__(self, X: Floats, Y: Floats, size: int, ahead: bool) -> None:
        self._X = X
        self._Y = Y
        self._size = size
        self._ahead = ahead and X.nbytes >= WORTH_A_THREAD
        self._rows = max(1, ROWS_AHEAD // size) * size if self._ahead else size
        self._arrays = [self._empty() for _ in range(2 if self._ahead else 1)]

    def __len__(self) -> int:
        """Minibatches of an epoch: an incomplete last one is left out."""
        return len(self._X) // self._size

    def in_order(self, order: NDArray[np.intp]) -> Iterator[Batch]:
        """Yield the minibatches X, Y of an epoch; each is overwritten when a later one is asked for.

        Parameters
        ----------
        order : ndarray of int, shape (n_samples,)
            Positions of the samples.
        """
        order = order[: len(self) * self._size]
        parts = [order[start : start + self._rows] for start in range(0, len(order), self._rows)]
        for X, Y in self._gathered_ahead(parts) if self._ahead else map(self._gather, parts):
            for start in range(0, len(X), self._size):
                yield X[start : start + self._size], Y[start : start + self._size]

    def _gathered_ahead(self, parts: list[NDArray[np.intp]]) -> Iterator[Batch]:
        with ThreadPoolExecutor(1, "minibatches") as thread:
            coming = thread.submit(self._gather, parts[0])
            for number in range(len(parts)):
                batch = coming.result()
                if number + 1 < len(parts):
                    coming = thread.submit(self._gather, parts[number + 1], (number + 1) % 2)
                yield batch

    def _gather(self, samples: NDArray[np.intp], array: int = 0) -> Batch:
        X, Y = (of[: len(samples)] for of in self._arrays[array])
        # With another mode than "clip" NumPy would make an array of its own first, to keep `out` whole on errors.
        np.take(self._X, samples, axis=0, out=X, mode="clip")
        np.take(self._Y, samples, axis=0, out=Y, mode="clip")
        return X, Y

    def _empty(self) -> Batch:
        return (
            np.empty((self._rows, self._X.shape[1]), self._X.dtype),
            np.empty((self._rows, self._Y.shape[1]), self._Y.dtype),
        )
