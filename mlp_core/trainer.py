"""Minibatch gradient descent, as an iterator: whoever drives it can stop between two minibatches."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.cores import has_second_core
from mlp_core.datasets.dataset import Dataset
from mlp_core.epoch_evaluation import EpochEvaluation
from mlp_core.errors import DataError
from mlp_core.fast_path import WeightUpdate, decay_factors
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.minibatches import Minibatches
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, EvaluationStep, GeneratorState, MinibatchStep, Weights

Floats = NDArray[np.floating[Any]]
Classes = NDArray[np.int64]
Step = MinibatchStep | EvaluationStep | EpochSnapshot

WAIT_SECONDS: Final = 0.005  # between two evaluation steps


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

    Attributes
    ----------
    epochs_done : int
        Epochs whose updates have all been made; the end of the last of them may still be evaluated.

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
        size = hyperparameters.minibatch_size
        self._minibatches = Minibatches(data.X_train, data.y_train, data.n_classes, size)
        self._update = WeightUpdate(network, size, hyperparameters.eta)
        self._evaluation: EpochEvaluation | None = None

    @classmethod
    def fresh(cls, data: TrainingData, hyperparameters: Hyperparameters) -> Trainer:
        """Return a trainer with a new network: weights and shuffles drawn from one generator."""
        random = np.random.RandomState(hyperparameters.seed)
        sizes = (data.X_train.shape[1], *hyperparameters.n_hidden, data.n_classes)
        network = Network.random(sizes, random, hyperparameters.activation, hyperparameters.precision)
        return cls(network, data, hyperparameters, random)

    @classmethod
    def resumed(
        cls,
        data: TrainingData,
        hyperparameters: Hyperparameters,
        weights: Weights,
        generator: GeneratorState,
        epochs_done: int,
    ) -> Trainer:
        """Return a trainer that goes on from the end of an epoch, as if it had never stopped.

        Parameters
        ----------
        data, hyperparameters
            Those of the run that is resumed; only `epochs` may differ.
        weights, generator, epochs_done
            Of the `EpochSnapshot` that it goes on from.
        """
        w, b = [array.copy() for array in weights.w], [array.copy() for array in weights.b]
        network = Network(w, b, hyperparameters.activation)
        return cls(network, data, hyperparameters, generator.generator(), epochs_done)

    @property
    def evaluating(self) -> bool:
        """Whether the end of an epoch is being evaluated, so that its snapshot is still to come."""
        return self._evaluation is not None and self._evaluation.epoch is not None

    def steps(self, may_run_ahead: Callable[[], bool] = has_second_core) -> Generator[Step, None, None]:
        """Train until `hyperparameters.epochs` epochs are done.

        Parameters
        ----------
        may_run_ahead : callable
            Asked after each step whether the next epoch's updates may be made while the end of the one
            before is evaluated on another core. Where not, the updates wait for that epoch's snapshot.

        Yields
        ------
        MinibatchStep
            After each weight update.
        EvaluationStep
            Every few milliseconds while the updates wait for an evaluation.
        EpochSnapshot
            For each epoch, when its end has been evaluated: of epoch k before the last update of k + 1.

        Raises
        ------
        DivergedError
            If the cost or a weight is no longer finite; it names the epoch.
        """
        with EpochEvaluation(self.network, self.data, self.hyperparameters.l2) as evaluation:
            self._evaluation = evaluation
            while self.epochs_done < self.hyperparameters.epochs:
                seconds, started = 0.0, time.perf_counter()
                for step in self.updates():
                    seconds += time.perf_counter() - started
                    if step.done == step.total:
                        yield from _fetch(evaluation, wait=True)  # one at a time: the epoch before this one
                        generator = GeneratorState.of(self.random)
                        evaluation.begin(step.epoch, self.network.weights(), generator, seconds)
                    yield step
                    if evaluation.epoch is not None:
                        yield from _fetch(evaluation, wait=self._is_last_update or not may_run_ahead())
                    started = time.perf_counter()

    def updates(self) -> Iterator[MinibatchStep]:
        """Make the weight updates of the next epoch, and evaluate nothing.

        Yields
        ------
        MinibatchStep
            After each weight update.
        """
        epoch, total = self.epochs_done + 1, len(self._minibatches)
        eta, l2 = self.hyperparameters.eta, self.hyperparameters.l2
        order = np.arange(len(self.data.X_train))  # sorted anew each epoch, as in the lecture
        if self.hyperparameters.shuffle:
            self.random.shuffle(order)
        decays = decay_factors(eta * l2, self.network.dtype)
        for done, (X, Y), decay in zip(range(1, total + 1), self._minibatches.in_order(order), decays, strict=False):
            self._update(X, Y, decay)
            if done == total:
                self.epochs_done = epoch
            yield MinibatchStep(epoch, done, total)

    @property
    def _is_last_update(self) -> bool:
        return self.epochs_done == self.hyperparameters.epochs


def _fetch(evaluation: EpochEvaluation, wait: bool) -> Iterator[EvaluationStep | EpochSnapshot]:
    while (epoch := evaluation.epoch) is not None:
        if snapshot := evaluation.fetch(WAIT_SECONDS if wait else 0):
            yield snapshot
        elif wait:
            yield EvaluationStep(epoch)
        else:
            return


def check_minibatch(hyperparameters: Hyperparameters, n_samples: int) -> None:
    """Raise `DataError` unless `n_samples` training samples fill at least one minibatch."""
    if hyperparameters.minibatch_size > n_samples:
        raise DataError(
            "training set",
            f"its {n_samples:,} samples do not fill one minibatch of {hyperparameters.minibatch_size:,}. "
            f"Choose a minibatch size of at most {n_samples:,}.",
        )
