"""The arithmetic of `Network` in arrays that are made once: what training spends its time in.

`Network.forward`, `Network.backward` and `plain_update` are the formulas; the rest computes the same, written for
speed, and the tests hold one against the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.activations import sigmoid
from mlp_core.costs import l2_gradient
from mlp_core.network import Network

Floats = NDArray[np.floating[Any]]

SMALL_PRODUCT: Final = 1_000_000  # multiply-adds up to which OpenBLAS takes its quicker way for small matrices
FEWEST_ROWS: Final = 64  # blocks of fewer rows lose by their number what each of them gains
BLOCK_BYTES: Final = 1 << 19  # what stays in a core's own cache, beside the weights that it is subtracted from


class ForwardPass:
    """Computes `Network.forward` into its own arrays.

    Parameters
    ----------
    network : Network
        Read at each call, so that it may be trained in between.
    rows : int
        Most samples of one call.
    """

    def __init__(self, network: Network, rows: int) -> None:
        units = network.layer_sizes[1:]
        self.network = network
        self._z_out = np.empty((rows, units[-1]), network.dtype)
        self._above = [np.empty((rows, n), network.dtype) for n in units]

    def __call__(self, X: Floats) -> tuple[Floats, list[Floats]]:
        """Return what `Network.forward` does; the next call overwrites it.

        Parameters
        ----------
        X : ndarray, shape (n_samples, n_features)
        """
        network, n = self.network, len(X)
        activations = [X]
        for w, b, array in zip(network.w[:-1], network.b[:-1], self._above, strict=False):
            z = np.matmul(activations[-1], w, out=array[:n])
            np.add(z, b, out=z)
            activations.append(network.activation.function(z, out=z))
        z_out = np.matmul(activations[-1], network.w[-1], out=self._z_out[:n])
        np.add(z_out, network.b[-1], out=z_out)
        activations.append(sigmoid(z_out, out=self._above[-1][:n]))
        return z_out, activations


class WeightUpdate:
    """One step downhill on a minibatch: w -= eta (∂J/∂w + l2 w), b -= eta ∂J/∂b.

    Parameters
    ----------
    network : Network
        Changed in place.
    rows : int
        Samples of a minibatch. A single one is joined by a second whose δ stays 0: of a column times a row,
        NumPy makes no product by BLAS, and takes four times as long.
    eta : float
        It multiplies δ of the output layer, from which all gradients follow, rather than each gradient.
    """

    def __init__(self, network: Network, rows: int, eta: float) -> None:
        self.network = network
        self._eta = eta
        units = network.layer_sizes[1:]
        self._padded = np.zeros((2, network.layer_sizes[0]), network.dtype) if rows == 1 else None
        rows = max(rows, 2)
        self._forward = ForwardPass(network, rows)
        self._deltas = [np.zeros((rows, n), network.dtype) for n in units]
        self._slopes = [np.empty((rows, n), network.dtype) for n in units[:-1]]
        self._ones = np.ones(rows, network.dtype)
        self._gradients_b = [np.empty(n, network.dtype) for n in units]
        self._blocks = _gradient_blocks(network, rows)

    @np.errstate(over="ignore", invalid="ignore")  # divergence is told once, by the epoch's evaluation
    def __call__(self, X: Floats, Y: Floats, decay: float | np.floating[Any]) -> None:
        """Make the step.

        Parameters
        ----------
        X : ndarray, shape (n_samples, n_features)
        Y : ndarray, shape (n_samples, n_output)
            One-hot targets.
        decay : float
            1 - eta l2: what the penalty leaves of each weight.
        """
        network, deltas, n = self.network, self._deltas, len(X)
        if self._padded is not None:
            self._padded[:n] = X
            X = self._padded
        _, activations = self._forward(X)
        network.cost.delta(activations[-1][:n], Y, out=deltas[-1][:n])
        np.multiply(deltas[-1], self._eta, out=deltas[-1])
        for layer in range(len(deltas) - 1, 0, -1):  # all δ first: they need the weights as they were
            below = np.matmul(deltas[layer], network.w[layer].T, out=deltas[layer - 1])
            slope = network.activation.derivative(activations[layer], out=self._slopes[layer - 1])
            np.multiply(below, slope, out=below)
        for layer, delta in enumerate(deltas):
            self._descend(layer, activations[layer], delta, decay)

    def _descend(self, layer: int, a_below: Floats, delta: Floats, decay: float | np.floating[Any]) -> None:
        w, b, gradient_b = self.network.w[layer], self.network.b[layer], self._gradients_b[layer]
        for block, gradient in self._blocks[layer]:
            np.matmul(a_below.T[block], delta, out=gradient)
            part = w[block]
            np.multiply(part, decay, out=part)
            np.subtract(part, gradient, out=part)
        np.matmul(self._ones, delta, out=gradient_b)
        np.subtract(b, gradient_b, out=b)


def plain_update(network: Network, X: Floats, Y: Floats, eta: float, l2: float) -> None:
    """Make one step downhill on a minibatch: w -= eta (∂J/∂w + l2 w), b -= eta ∂J/∂b.

    The formula as it is written. `Trainer` makes the same step by `WeightUpdate`, which is faster and is tested
    against this one.

    Parameters
    ----------
    network : Network
        Changed in place.
    X : ndarray, shape (n_samples, n_features)
    Y : ndarray, shape (n_samples, n_output)
        One-hot targets.
    """
    _, activations = network.forward(X)
    gradients = network.backward(activations, Y)
    for w, gradient in zip(network.w, gradients.w, strict=True):
        w -= eta * (gradient + l2_gradient(l2, w))
    for b, gradient in zip(network.b, gradients.b, strict=True):
        b -= eta * gradient


def decay_factors(rate: float, dtype: np.dtype[Any]) -> Iterator[np.floating[Any]]:
    """Yield 1 - rate for each update of an epoch, rounded to `dtype` so that their product is not.

    Next to 1, float32 has steps of 6e-8: a rate of 1e-8 would be lost. So what rounding took from one factor is
    given to the next.

    Parameters
    ----------
    rate : float
        eta l2.
    """
    owed = 0.0
    while True:
        owed += rate
        factor = dtype.type(1 - owed)
        owed -= 1 - float(factor)
        yield factor


def _gradient_blocks(network: Network, rows: int) -> list[list[tuple[slice, Floats]]]:
    """Return for each layer its blocks of rows, each with the part of one array for its gradient.

    A gradient that is made and used up block by block does not leave the core's own cache.
    """
    plans = []
    for below, above in pairwise(network.layer_sizes):
        row_bytes = above * network.dtype.itemsize
        height = below if below * row_bytes <= BLOCK_BYTES else SMALL_PRODUCT // (rows * above)
        if height < FEWEST_ROWS:
            height = max(FEWEST_ROWS, BLOCK_BYTES // row_bytes)
        height = min(height, below)
        plans.append((below, above, height))
    array = np.empty(max(height * above for _, above, height in plans), network.dtype)
    return [
        [
            (slice(start, stop), array[: (stop - start) * above].reshape(stop - start, above))
            for start in range(0, below, height)
            for stop in (min(start + height, below),)
        ]
        for below, above, height in plans
    ]
