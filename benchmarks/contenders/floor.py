"""The floor: only the matrix products that the algorithm needs, and nothing else."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders.contender import Contender, Figures
from mlp_core import Hyperparameters, TrainingData
from mlp_core.evaluation import BLOCK

Floats = NDArray[np.floating[Any]]


class Floor(Contender):
    """Minibatches are slices, in order, and every product has its buffer; the figures come to nothing."""

    def __init__(self, data: TrainingData, hyperparameters: Hyperparameters) -> None:
        super().__init__(data, hyperparameters)
        dtype = data.X_train.dtype
        sizes = (data.X_train.shape[1], *hyperparameters.n_hidden, data.n_classes)
        random = np.random.RandomState(hyperparameters.seed)
        self.w = [random.normal(scale=0.1, size=shape).astype(dtype) for shape in pairwise(sizes)]
        self.gradients = [np.empty_like(w) for w in self.w]
        size = hyperparameters.minibatch_size
        self.activations: list[Floats] = [np.empty((size, units), dtype) for units in sizes[1:]]
        self.deltas = [random.normal(size=(size, units)).astype(dtype) for units in sizes[1:]]
        self.blocks: list[Floats] = [np.empty((BLOCK, units), dtype) for units in sizes[1:]]

    def train(self) -> None:
        """Make the products of all weight updates: a @ w, aᵀ @ δ, and δ @ wᵀ where a layer is below."""
        X, size = self.data.X_train, self.hyperparameters.minibatch_size
        for _ in range(self.hyperparameters.epochs):
            for start in range(0, len(X) - size + 1, size):
                X_batch = X[start : start + size]
                self._forward(X_batch, self.activations)
                below = [X_batch, *self.activations]
                for layer in reversed(range(len(self.w))):
                    np.dot(below[layer].T, self.deltas[layer], out=self.gradients[layer])
                    if layer > 0:
                        np.dot(self.deltas[layer], self.w[layer].T, out=self.deltas[layer - 1])

    def evaluate(self) -> Figures:
        """Make the products of one forward pass of all samples an epoch."""
        for _ in range(self.hyperparameters.epochs):
            for X in (self.data.X_train, self.data.X_valid):
                for start in range(0, len(X), BLOCK):
                    rows = min(BLOCK, len(X) - start)
                    self._forward(X[start : start + rows], [block[:rows] for block in self.blocks])
        return Figures(0.0, 0.0, 0.0)

    def _forward(self, X: Floats, out: list[Floats]) -> None:
        for w, buffer in zip(self.w, out, strict=True):
            X = np.dot(X, w, out=buffer)
