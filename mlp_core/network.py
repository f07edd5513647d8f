"""The multilayer perceptron: its weights and biases, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mlp_core.activations import ACTIVATIONS, sigmoid
from mlp_core.costs import COSTS
from mlp_core.snapshot import Weights

Floats = NDArray[np.floating[Any]]

WEIGHT_SCALE = 0.1  # standard deviation of the first weights, the lecture's


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """The cost's derivatives, summed over the samples; shapes as in `Weights`."""

    w: tuple[Floats, ...]
    b: tuple[Floats, ...]


class Network:
    """A multilayer perceptron with any number of hidden layers, none included.

    Layer l computes ``z = a_below @ w[l] + b[l]`` and ``a = φ(z)``: φ is `activation` in the hidden
    layers and the sigmoid in the output layer.

    Parameters
    ----------
    w : sequence of ndarray, shape (units below, units above)
        One weight matrix a layer, input side first.
    b : sequence of ndarray, shape (units above,)
        One vector of biases a layer.
    activation : str
        Of the hidden units: a key of `mlp_core.activations.ACTIVATIONS`.
    cost : str
        A key of `mlp_core.costs.COSTS`.

    Raises
    ------
    ValueError
        If a shape is not that of a layer, or the shapes do not follow one another.
    """

    def __init__(
        self, w: Sequence[Floats], b: Sequence[Floats], activation: str = "sigmoid", cost: str = "logistic"
    ) -> None:
        if not w or len(w) != len(b):
            raise ValueError(f"{len(w)} weight matrices and {len(b)} bias vectors do not make a network")
        for layer_w in w:
            if layer_w.ndim != 2 or 0 in layer_w.shape:
                raise ValueError(f"weights of shape {layer_w.shape} are no matrix with a row and a column at least")
        for below, above in pairwise(w):
            if below.shape[1] != above.shape[0]:
                raise ValueError(f"weights of shape {below.shape} cannot be followed by {above.shape}")
        for layer_w, layer_b in zip(w, b, strict=True):
            if layer_b.shape != layer_w.shape[1:]:
                raise ValueError(
                    f"weights of shape {layer_w.shape} need {layer_w.shape[1]} biases, not {layer_b.shape}"
                )
        self.w = list(w)
        self.b = list(b)
        self.activation = ACTIVATIONS[activation]
        self.cost = COSTS[cost]

    @classmethod
    def random(
        cls,
        layer_sizes: Sequence[int],
        random: np.random.RandomState,
        activation: str = "sigmoid",
        dtype: DTypeLike = np.float64,
    ) -> Network:
        """Return a network with weights ~ N(0, 0.1), first layer drawn first, and biases zero.

        Parameters
        ----------
        layer_sizes : sequence of int
            Units of each layer: input, hidden ones, output.
        random : RandomState
            Where the weights are drawn from, in float64 whatever `dtype`: same seed, same start.
        """
        shapes = list(pairwise(layer_sizes))
        w = [random.normal(loc=0.0, scale=WEIGHT_SCALE, size=shape).astype(dtype) for shape in shapes]
        b = [np.zeros(units, dtype) for _, units in shapes]
        return cls(w, b, activation)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each layer: input, hidden ones, output."""
        return (self.w[0].shape[0], *(layer.shape[1] for layer in self.w))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision that the network computes in."""
        return self.w[0].dtype

    def weights(self) -> Weights:
        """Return read-only copies of all weights and biases."""
        return Weights.copy_of(self.w, self.b)

    def copy(self) -> Network:
        """Return a network of the same kind with copies of all weights and biases."""
        return Network([w.copy() for w in self.w], [b.copy() for b in self.b], self.activation.name, self.cost.name)

    def set_weights(self, weights: Weights) -> None:
        """Take over copies of `weights`, which must have this network's shapes.

        Raises
        ------
        ValueError
            If they have other shapes; this network stays as it is then.
        """
        mine, theirs = (*self.w, *self.b), (*weights.w, *weights.b)
        if [array.shape for array in mine] != [array.shape for array in theirs]:
            raise ValueError(f"these are not the weights of a network with layers of {self.layer_sizes} units")
        for target, array in zip(mine, theirs, strict=True):
            target[...] = array

    def forward(self, X: Floats) -> tuple[Floats, list[Floats]]:
        """Return the output layer's net input, and the activations of all layers.

        Parameters
        ----------
        X : ndarray, shape (n_samples, n_features)

        Returns
        -------
        z_out : ndarray, shape (n_samples, n_output)
        activations : list of ndarray
            Of the input (X itself), each hidden layer, and the output layer.
        """
        activations = [X]
        for w, b in zip(self.w[:-1], self.b[:-1], strict=True):
            z = activations[-1] @ w
            z += b
            activations.append(self.activation.function(z, out=z))
        z_out = activations[-1] @ self.w[-1]
        z_out += self.b[-1]
        activations.append(sigmoid(z_out))
        return z_out, activations

    def backward(self, activations: Sequence[Floats], Y: Floats) -> Gradients:
        """Return the gradients of the cost, without penalty, summed over the samples.

        Backpropagation: δ of the output layer is the cost's; below, δ = (δ_above @ wᵀ) ⊙ φ'(z);
        the gradients of a layer are ``a_belowᵀ @ δ`` for w and ``Σ δ`` for b.

        Parameters
        ----------
        activations : sequence of ndarray
            What `forward` returned.
        Y : ndarray, shape (n_samples, n_output)
            One-hot targets.
        """
        gradients_w: list[Floats] = []
        gradients_b: list[Floats] = []
        delta = self.cost.delta(activations[-1], Y)
        for layer in reversed(range(len(self.w))):
            gradients_w.append(activations[layer].T @ delta)
            gradients_b.append(delta.sum(axis=0))
            if layer > 0:
                delta = delta @ self.w[layer].T
                delta *= self.activation.derivative(activations[layer])
        return Gradients(tuple(reversed(gradients_w)), tuple(reversed(gradients_b)))

    @np.errstate(over="ignore", invalid="ignore")  # a diverged network answers too, with whatever it has
    def predict(self, X: Floats, block: int = 1000) -> NDArray[np.int64]:
        """Return the class with the largest net input for each sample, shape (n_samples,).

        Reads X in blocks, so that no array of the size n_samples x n_hidden is made.
        """
        classes = np.empty(len(X), np.int64)
        for start in range(0, len(X), block):
            z_out, _ = self.forward(X[start : start + block])
            classes[start : start + block] = z_out.argmax(axis=1)
        return classes
