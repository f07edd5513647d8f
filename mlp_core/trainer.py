"""Minibatch gradient descent, as an iterator: whoever drives it can stop between two minibatches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_core.costs import l2_gradient, l2_penalty
from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import DataError, DivergedError
from mlp_core.evaluation import Score, blocks, one_hot
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, EpochStats, EvaluationStep, MinibatchStep

Floats = NDArray[np.floating[Any]]
Classes = NDArray[np.int64]
Step = MinibatchStep | EvaluationStep | EpochSnapshot


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """The samples of a run, scaled, in the precision of the run.

    Attributes
    ----------
    X_train, X_valid : ndarray, shape (n_samples, n_features)
    y_train, y_valid : ndarray of int, shape (n_samples,)
    n_classes : int
    """

    X_train: Floats
    y_train: Classes
    X_valid: Floats
    y_valid: Classes
    n_classes: int

    @classmethod
    def of(cls, dataset: Dataset, precision: str = "float64") -> TrainingData:
        """Return the train and validation splits of `dataset`, scaled to [-1, 1]."""
        return cls(
            dataset.scaled(dataset.train.X, precision),
            dataset.train.y,
            dataset.scaled(dataset.valid.X, precision),
            dataset.valid.y,
            dataset.n_classes,
        )


class Trainer:
    """Trains a network, one minibatch a step.

    Parameters
    ----------
    network : Network
        Changed in place.
    data : TrainingData
    hyperparameters : Hyperparameters
    random : RandomState, optional
        The generator that drew the weights, which goes on to shuffle the samples; by default a new
        one from the hyperparameters' seed.
    epochs_done : int
        Epochs that the network has been trained for before; counting goes on from there.

    Raises
    ------
    DataError
        If the training set is smaller than one minibatch, or does not fit the network.
    """

    def __init__(
        self,
        network: Network,
        data: TrainingData,
        hyperparameters: Hyperparameters,
        random: np.random.RandomState | None = None,
        epochs_done: int = 0,
    ) -> None:
        check_minibatch(hyperparameters, len(data.X_train))
        wanted = (data.X_train.shape[1], data.n_classes)
        has = (network.layer_sizes[0], network.layer_sizes[-1])
        if wanted != has:
            raise DataError(
                "data set",
                f"{wanted[0]} pixels and {wanted[1]} classes do not fit a network of {has[0]} inputs and "
                f"{has[1]} outputs. Choose the data set that the network was made for, or train a new one.",
            )
        self.network = network
        self.data = data
        self.hyperparameters = hyperparameters
        self.random = random if random is not None else np.random.RandomState(hyperparameters.seed)
        self.epochs_done = epochs_done
        self._Y_train = one_hot(data.y_train, data.n_classes, network.dtype)

    @classmethod
    def fresh(cls, data: TrainingData, hyperparameters: Hyperparameters) -> Trainer:
        """Return a trainer with a new network: weights and shuffles drawn from one generator."""
        random = np.random.RandomState(hyperparameters.seed)
        sizes = (data.X_train.shape[1], *hyperparameters.n_hidden, data.n_classes)
        network = Network.random(sizes, random, hyperparameters.activation, hyperparameters.precision)
        return cls(network, data, hyperparameters, random)

    def steps(self) -> Iterator[Step]:
        """Train until `hyperparameters.epochs` epochs are done.

        Yields
        ------
        MinibatchStep
            After each weight update.
        EvaluationStep
            After each block of samples that is evaluated when the epoch's updates are done.
        EpochSnapshot
            At the end of each epoch.

        Raises
        ------
        DivergedError
            If the cost or a weight is no longer finite; it names the epoch.
        """
        while self.epochs_done < self.hyperparameters.epochs:
            for step in self._epoch(self.epochs_done + 1):
                if isinstance(step, EpochSnapshot):
                    self.epochs_done = step.epoch
                yield step

    def _epoch(self, epoch: int) -> Iterator[Step]:
        size = self.hyperparameters.minibatch_size
        indices = np.arange(len(self.data.X_train))  # sorted anew each epoch, as in the lecture
        total = len(indices) // size  # the incomplete last minibatch is left out
        watch = Stopwatch()
        if self.hyperparameters.shuffle:
            self.random.shuffle(indices)
        for minibatch in range(total):
            self.update(indices[minibatch * size : (minibatch + 1) * size])
            with watch.stopped():
                yield MinibatchStep(epoch, minibatch + 1, total)
        data, train, valid = self.data, Score(), Score()
        for score, X, y in ((train, data.X_train, data.y_train), (valid, data.X_valid, data.y_valid)):
            for block in blocks(len(X)):
                score.add(self.network, X[block], y[block])
                with watch.stopped():
                    yield EvaluationStep(epoch, total, total)
        penalty = l2_penalty(self.hyperparameters.l2, self.network.w)
        self._check_finite(epoch, train.cost + penalty)
        stats = EpochStats(epoch, train.cost, penalty, train.accuracy, valid.accuracy, watch.seconds())
        yield EpochSnapshot(stats, self.network.weights())

    @np.errstate(over="ignore", invalid="ignore")  # divergence is told once, by the epoch's check
    def update(self, samples: NDArray[np.intp]) -> None:
        """Make one step downhill on the given samples: w -= eta (∂J/∂w + l2 w), b -= eta ∂J/∂b."""
        network, eta, l2 = self.network, self.hyperparameters.eta, self.hyperparameters.l2
        _, activations = network.forward(self.data.X_train[samples])
        gradients = network.backward(activations, self._Y_train[samples])
        for w, gradient in zip(network.w, gradients.w, strict=True):
            w -= eta * (gradient + l2_gradient(l2, w))
        for b, gradient in zip(network.b, gradients.b, strict=True):
            b -= eta * gradient

    def _check_finite(self, epoch: int, cost: float) -> None:
        if not np.isfinite(cost):
            raise DivergedError(epoch, "the cost")
        if not all(np.isfinite(array).all() for array in (*self.network.w, *self.network.b)):
            raise DivergedError(epoch, "a weight")


def check_minibatch(hyperparameters: Hyperparameters, n_samples: int) -> None:
    """Raise `DataError` unless `n_samples` training samples fill at least one minibatch."""
    if hyperparameters.minibatch_size > n_samples:
        raise DataError(
            "training set",
            f"its {n_samples:,} samples do not fill one minibatch of {hyperparameters.minibatch_size:,}. "
            f"Choose a minibatch size of at most {n_samples:,}.",
        )


class Stopwatch:
    """Wall time since it was made, less the time it was stopped."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def seconds(self) -> float:
        """Return the time that has counted so far."""
        return time.perf_counter() - self._started

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let the time within the ``with`` block not count."""
        before = time.perf_counter()
        yield
        self._started += time.perf_counter() - before
