"""What every contender can do."""

from __future__ import annotations

from typing import NamedTuple

from threadpoolctl import threadpool_limits

from mlp_core import Hyperparameters, TrainingData
from mlp_core.snapshot import Weights


class Figures(NamedTuple):
    """What the lecture tells of an epoch: the cost with its penalty, and two fractions in [0, 1]."""

    cost: float
    train_accuracy: float
    valid_accuracy: float


class Contender:
    """One way to train the network; making it is not measured, each of its methods that takes nothing may be.

    Parameters
    ----------
    data : TrainingData
        In the precision of the hyperparameters.
    hyperparameters : Hyperparameters
        `epochs` is what each measured method goes through.
    """

    def __init__(self, data: TrainingData, hyperparameters: Hyperparameters) -> None:
        self.data = data
        self.hyperparameters = hyperparameters

    @staticmethod
    def use_threads(count: int) -> None:
        """Let the matrix products of this process use `count` threads."""
        threadpool_limits(limits=count)

    def train(self) -> None:
        """Make the weight updates of all epochs, and evaluate nothing."""
        raise NotImplementedError

    def evaluate(self) -> Figures:
        """Evaluate the network as often as there are epochs."""
        raise NotImplementedError

    def train_and_evaluate(self) -> Figures:
        """Train, evaluate at the end of each epoch, and return the last figures."""
        raise NotImplementedError

    def weights(self) -> Weights:
        """Return what the network has learnt, for the test that all contenders learn the same."""
        raise NotImplementedError
