"""Our engine, as users run it."""

from __future__ import annotations

from benchmarks.contenders.contender import Contender, Figures
from mlp_core import Hyperparameters, Trainer, TrainingData
from mlp_core.blas import use_one_thread
from mlp_core.snapshot import EpochSnapshot, Weights


class Ours(Contender):
    """`Trainer.steps`, driven by a loop that does nothing else."""

    def __init__(self, data: TrainingData, hyperparameters: Hyperparameters) -> None:
        super().__init__(data, hyperparameters)
        self.trainer = Trainer.fresh(data, hyperparameters)

    @staticmethod
    def use_threads(count: int) -> None:
        """Leave it to the engine, whatever `count`."""
        use_one_thread()

    def train(self) -> None:
        """Make the weight updates of all epochs."""
        train_only(self.trainer)

    def train_and_evaluate(self) -> Figures:
        """Drain the iterator."""
        for step in self.trainer.steps():
            if isinstance(step, EpochSnapshot):
                stats = step.stats
        return Figures(stats.cost, stats.train_accuracy, stats.valid_accuracy)

    def weights(self) -> Weights:
        """Return the network's own."""
        return self.trainer.network.weights()


def train_only(trainer: Trainer) -> None:
    """Make the weight updates of all epochs, and evaluate nothing."""
    for _ in range(trainer.hyperparameters.epochs):
        for _ in trainer.updates():
            pass
