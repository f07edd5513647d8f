"""PyTorch on the CPU."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.contenders.contender import Contender, Figures
from mlp_core import Hyperparameters, Network, TrainingData
from mlp_core.evaluation import one_hot
from mlp_core.snapshot import Weights

BLOCK = 5000  # rows of one forward pass of the evaluation: fewer or more are no faster


class PyTorch(Contender):
    """The same network by its own layers, loss and optimizer.

    The fastest ordinary way: the samples are tensors in memory, drawn by index without a DataLoader, and the
    optimizer's update is fused.
    """

    def __init__(self, data: TrainingData, hyperparameters: Hyperparameters) -> None:
        super().__init__(data, hyperparameters)
        self.random = np.random.RandomState(hyperparameters.seed)
        sizes = (data.X_train.shape[1], *hyperparameters.n_hidden, data.n_classes)
        first = Network.random(sizes, self.random, dtype=data.X_train.dtype)
        layers = []
        for w, b in zip(first.w, first.b, strict=True):
            layer = torch.nn.Linear(*w.shape, dtype=torch.from_numpy(w).dtype)
            layer.weight.data = torch.from_numpy(w.T.copy())
            layer.bias.data = torch.from_numpy(b)
            layers += [layer, torch.nn.Sigmoid()]
        self.linear = layers[::2]
        self.model = torch.nn.Sequential(*layers[:-1])  # the loss takes net inputs
        self.loss = torch.nn.BCEWithLogitsLoss(reduction="sum")
        self.optimizer = torch.optim.SGD(
            [
                {"params": [layer.weight for layer in self.linear], "weight_decay": hyperparameters.l2},
                {"params": [layer.bias for layer in self.linear], "weight_decay": 0.0},
            ],
            lr=hyperparameters.eta,
            fused=True,
        )
        dtype = data.X_train.dtype
        self.X_train, self.X_valid = torch.from_numpy(data.X_train), torch.from_numpy(data.X_valid)
        self.y_train, self.y_valid = torch.tensor(data.y_train), torch.tensor(data.y_valid)  # they may be read-only
        self.Y_train = torch.from_numpy(one_hot(data.y_train, data.n_classes, dtype))
        self.Y_valid = torch.from_numpy(one_hot(data.y_valid, data.n_classes, dtype))

    @staticmethod
    def use_threads(count: int) -> None:
        """Tell PyTorch, which brings its own BLAS."""
        torch.set_num_threads(count)

    def train(self) -> None:
        """Make the weight updates of all epochs."""
        for _ in range(self.hyperparameters.epochs):
            self._epoch()

    def train_and_evaluate(self) -> Figures:
        """Train, and after each epoch get cost and accuracy from one forward pass."""
        for _ in range(self.hyperparameters.epochs):
            self._epoch()
            with torch.inference_mode():
                train_cost, train_accuracy = self._score(self.X_train, self.Y_train, self.y_train)
                _, valid_accuracy = self._score(self.X_valid, self.Y_valid, self.y_valid)
                penalty = self.hyperparameters.l2 * sum(layer.weight.square().sum().item() for layer in self.linear)
        return Figures(train_cost + penalty, train_accuracy, valid_accuracy)

    def weights(self) -> Weights:
        """Return the layers', each matrix the way round that ours has."""
        w = [layer.weight.detach().numpy().T for layer in self.linear]
        return Weights.copy_of(w, [layer.bias.detach().numpy() for layer in self.linear])

    def _epoch(self) -> None:
        size = self.hyperparameters.minibatch_size
        indices = np.arange(len(self.X_train))
        if self.hyperparameters.shuffle:
            self.random.shuffle(indices)
        for batch in torch.from_numpy(indices[: len(indices) // size * size]).split(size):
            self.optimizer.zero_grad()
            z = self.model(self.X_train.index_select(0, batch))
            self.loss(z, self.Y_train.index_select(0, batch)).backward()
            self.optimizer.step()

    def _score(self, X: torch.Tensor, Y: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
        cost, correct = 0.0, 0
        for X_block, Y_block, y_block in zip(X.split(BLOCK), Y.split(BLOCK), y.split(BLOCK), strict=True):
            z = self.model(X_block)
            cost += self.loss(z, Y_block).item()
            correct += (z.argmax(dim=1) == y_block).sum().item()
        return cost, correct / len(y)
