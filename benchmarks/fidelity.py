"""The lecture's 200-epoch run in float64 and float32, beside the published figures."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

from benchmarks.options import options, parser
from benchmarks.results import Target, save
from benchmarks.tables import table
from mlp_core import Hyperparameters, Trainer, TrainingData
from mlp_core.blas import use_one_thread
from mlp_core.datasets import Dataset, open_dataset
from mlp_core.errors import DataError
from mlp_core.evaluation import accuracy
from mlp_core.snapshot import EpochSnapshot

PUBLISHED: Final = MappingProxyType({200: (5065.78, 99.28, 97.98, 97.54)})


@dataclass(frozen=True, slots=True)
class Run:
    """The figures at the end of a run, as they are published.

    Attributes
    ----------
    precision : str
    epochs : int
    cost, train, valid, test : float
        The cost, and the accuracies in percent.
    seconds : float
        Of the whole run.
    """

    precision: str
    epochs: int
    cost: float
    train: float
    valid: float
    test: float
    seconds: float

    @property
    def figures(self) -> tuple[float, ...]:
        """What is published of a run."""
        return self.cost, self.train, self.valid, self.test


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print one row for each precision, and save them."""
    choices = parser(__doc__)
    choices.add_argument("--epochs", type=int, help="200 by default, 1 with --quick")
    parsed = choices.parse_args(arguments)
    chosen, epochs = options(parsed), parsed.epochs or (1 if parsed.quick else 200)
    use_one_thread()
    try:
        dataset = open_dataset("mnist")
    except DataError as error:
        print(f"skipped: {error}")
        return 0
    runs = [run(dataset, precision, epochs) for precision in ("float64", "float32")]
    print(fidelity_table(runs))
    reached = targets(runs)
    save("fidelity", {"runs": [asdict(run) for run in runs]}, reached, chosen.quick, chosen.out)
    return 0


def run(dataset: Dataset, precision: str, epochs: int) -> Run:
    """Train by the lecture's hyperparameters."""
    started = time.perf_counter()
    hyperparameters = Hyperparameters(precision=precision, epochs=epochs)
    trainer = Trainer.fresh(TrainingData.of(dataset, precision), hyperparameters)
    for step in trainer.steps():
        if isinstance(step, EpochSnapshot):
            last = step.stats
    test = accuracy(trainer.network, dataset.scaled(dataset.test.X, precision), dataset.test.y)
    shares = (last.train_accuracy * 100, last.valid_accuracy * 100, test * 100)
    return Run(precision, last.epoch, last.cost, *shares, time.perf_counter() - started)


def targets(runs: Sequence[Run]) -> list[Target]:
    """Return how far float64 is from the published figures at most, where any are published for as many epochs."""
    return [
        Target(
            what=f"float64 off the published figures after {run.epochs} epochs",
            bound=0.005,  # they are published with two decimals
            at_most=True,
            measured=max(abs(mine - theirs) for mine, theirs in zip(run.figures, PUBLISHED[run.epochs], strict=True)),
            unit="(cost, %)",
        )
        for run in runs
        if run.precision == "float64" and run.epochs in PUBLISHED
    ]


def fidelity_table(runs: Sequence[Run]) -> str:
    """Return the published figures and those of `runs` as a table."""
    header = ("", "cost", "train %", "validation %", "test %", "seconds")
    published = [(f"published after {epochs} epochs", figures, "") for epochs, figures in PUBLISHED.items()]
    found = [(f"{run.precision} after {run.epochs} epochs", run.figures, f"{run.seconds:.0f}") for run in runs]
    return table(
        header,
        ([name, *(f"{figure:.2f}" for figure in figures), seconds] for name, figures, seconds in [*published, *found]),
    )


if __name__ == "__main__":
    sys.exit(main())
