"""What a network is worth: cost, accuracy, confusion matrix, misclassified samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_core.fast_path import ForwardPass
from mlp_core.network import Network

Floats = NDArray[np.floating[Any]]
Classes = NDArray[np.int64]

BLOCK = 1000  # rows of one forward pass: fits the cache, and lets the driver stop in between


@dataclass(slots=True)
class Score:
    """Sums over the samples evaluated so far.

    Attributes
    ----------
    cost : float
        The cost's data term, summed.
    correct, samples : int
    """

    cost: float = 0.0
    correct: int = 0
    samples: int = 0

    @property
    def accuracy(self) -> float:
        """Fraction of samples classified rightly; NaN without samples."""
        return self.correct / self.samples if self.samples else float("nan")

    @np.errstate(over="ignore", invalid="ignore")  # a diverged network has a cost too: inf or NaN
    def add(self, forward: ForwardPass, X: Floats, y: Classes) -> None:
        """Evaluate some more samples: cost and accuracy from one forward pass.

        Parameters
        ----------
        forward : ForwardPass
            Of the network that is evaluated.
        X : ndarray, shape (n_samples, n_features)
        y : ndarray of int, shape (n_samples,)
        """
        z, activations = forward(X)
        self.cost += forward.network.cost.value(z, activations[-1], one_hot(y, z.shape[1], z.dtype))
        self.correct += int(np.count_nonzero(z.argmax(axis=1) == y))
        self.samples += len(y)


def blocks(n_samples: int, rows: int = BLOCK) -> Iterator[slice]:
    """Yield slices of `rows` rows that together cover `n_samples`."""
    for start in range(0, n_samples, rows):
        yield slice(start, start + rows)


def one_hot(y: Classes, n_classes: int, dtype: Any = np.float64) -> Floats:
    """Return the targets of the output units: 1 at the class of each sample, else 0.

    Parameters
    ----------
    y : ndarray of int, shape (n_samples,)

    Returns
    -------
    ndarray, shape (n_samples, n_classes)
    """
    Y = np.zeros((len(y), n_classes), dtype)
    Y[np.arange(len(y)), y] = 1
    return Y


def accuracy(network: Network, X: Floats, y: Classes) -> float:
    """Return the fraction of samples that the network classifies rightly; NaN without samples."""
    return float(np.mean(network.predict(X) == y)) if len(y) else float("nan")


def misclassified(y: Classes, predicted: Classes) -> NDArray[np.intp]:
    """Return the positions at which `predicted` differs from `y`, ascending."""
    return np.flatnonzero(np.asarray(y) != np.asarray(predicted))


def confusion_matrix(y: Classes, predicted: Classes, n_classes: int) -> NDArray[np.int64]:
    """Return how often class i was taken for class j, shape (n_classes, n_classes)."""
    pairs = np.asarray(y) * n_classes + np.asarray(predicted)
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes).astype(np.int64)
