"""The lecture's loop, written as on its slides."""

# ruff: noqa: RUF059 - the slides name all that the forward pass returns

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders.contender import Contender, Figures
from mlp_core import Hyperparameters, TrainingData
from mlp_core.snapshot import Weights

Floats = NDArray[np.float64]


class Lecture(Contender):
    """`NeuralNetMLP` of S. Raschka, *Python Machine Learning*, chapter 12, without its progress line."""

    def __init__(self, data: TrainingData, hyperparameters: Hyperparameters) -> None:
        super().__init__(data, hyperparameters)
        self.random = np.random.RandomState(hyperparameters.seed)
        n_features, (n_hidden,) = data.X_train.shape[1], hyperparameters.n_hidden
        self.b_h = np.zeros(n_hidden)
        self.w_h = self.random.normal(loc=0.0, scale=0.1, size=(n_features, n_hidden))
        self.b_out = np.zeros(data.n_classes)
        self.w_out = self.random.normal(loc=0.0, scale=0.1, size=(n_hidden, data.n_classes))
        self.y_train_enc = self._onehot(data.y_train, data.n_classes)

    def train(self) -> None:
        """Make the weight updates of all epochs."""
        for _ in range(self.hyperparameters.epochs):
            self._epoch()

    def train_and_evaluate(self) -> Figures:
        """Train, and run everything through the network three times after each epoch, as the slides do."""
        X_train, y_train = self.data.X_train, self.data.y_train
        X_valid, y_valid = self.data.X_valid, self.data.y_valid
        for _ in range(self.hyperparameters.epochs):
            self._epoch()
            z_h, a_h, z_out, a_out = self._forward(X_train)
            cost = self._compute_cost(y_enc=self.y_train_enc, output=a_out)
            y_train_pred = self._predict(X_train)
            y_valid_pred = self._predict(X_valid)
            train_acc = (np.sum(y_train == y_train_pred)).astype(float) / X_train.shape[0]
            valid_acc = (np.sum(y_valid == y_valid_pred)).astype(float) / X_valid.shape[0]
        return Figures(float(cost), float(train_acc), float(valid_acc))

    def weights(self) -> Weights:
        """Return the hidden layer's and the output layer's."""
        return Weights.copy_of((self.w_h, self.w_out), (self.b_h, self.b_out))

    def _epoch(self) -> None:
        X_train, minibatch_size = self.data.X_train, self.hyperparameters.minibatch_size
        eta, l2 = self.hyperparameters.eta, self.hyperparameters.l2
        indices = np.arange(X_train.shape[0])
        if self.hyperparameters.shuffle:
            self.random.shuffle(indices)
        for start_idx in range(0, indices.shape[0] - minibatch_size + 1, minibatch_size):
            batch_idx = indices[start_idx : start_idx + minibatch_size]
            z_h, a_h, z_out, a_out = self._forward(X_train[batch_idx])
            delta_out = a_out - self.y_train_enc[batch_idx]
            sigmoid_derivative_h = a_h * (1.0 - a_h)
            delta_h = np.dot(delta_out, self.w_out.T) * sigmoid_derivative_h
            grad_w_h = np.dot(X_train[batch_idx].T, delta_h)
            grad_b_h = np.sum(delta_h, axis=0)
            grad_w_out = np.dot(a_h.T, delta_out)
            grad_b_out = np.sum(delta_out, axis=0)
            delta_w_h = grad_w_h + l2 * self.w_h
            delta_b_h = grad_b_h
            self.w_h -= eta * delta_w_h
            self.b_h -= eta * delta_b_h
            delta_w_out = grad_w_out + l2 * self.w_out
            delta_b_out = grad_b_out
            self.w_out -= eta * delta_w_out
            self.b_out -= eta * delta_b_out

    def _onehot(self, y: NDArray[np.int64], n_classes: int) -> Floats:
        onehot = np.zeros((n_classes, y.shape[0]))
        for idx, val in enumerate(y.astype(int)):
            onehot[val, idx] = 1.0
        return onehot.T

    def _sigmoid(self, z: Floats) -> Floats:
        return 1.0 / (1.0 + np.exp(-np.clip(z, -250, 250)))

    def _forward(self, X: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
        z_h = np.dot(X, self.w_h) + self.b_h
        a_h = self._sigmoid(z_h)
        z_out = np.dot(a_h, self.w_out) + self.b_out
        a_out = self._sigmoid(z_out)
        return z_h, a_h, z_out, a_out

    def _compute_cost(self, y_enc: Floats, output: Floats) -> np.float64:
        L2_term = self.hyperparameters.l2 * (np.sum(self.w_h**2.0) + np.sum(self.w_out**2.0))
        term1 = -y_enc * (np.log(output))
        term2 = (1.0 - y_enc) * np.log(1.0 - output)
        return np.sum(term1 - term2) + L2_term

    def _predict(self, X: NDArray[Any]) -> NDArray[np.intp]:
        z_h, a_h, z_out, a_out = self._forward(X)
        y_pred: NDArray[np.intp] = np.argmax(z_out, axis=1)
        return y_pred
