"""What a worker is given to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlp_core.datasets.dataset import Dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.trainer import TrainingData
from mlp_viz.run.stored import StoredRun


@dataclass(frozen=True, slots=True, eq=False)
class PreparedData:
    """A data set scaled for training; made in the worker, kept for the next run.

    Attributes
    ----------
    dataset : Dataset
    precision : str
    training : TrainingData
    """

    dataset: Dataset
    precision: str
    training: TrainingData

    @classmethod
    def of(cls, dataset: Dataset, precision: str) -> PreparedData:
        """Scale what the training needs of `dataset`; the test set is scaled as it is looked at."""
        prepared = cls(dataset, precision, TrainingData.of(dataset, precision))
        for array in (prepared.training.X_train, prepared.training.X_valid):
            array.flags.writeable = False
        return prepared


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a worker is to do.

    Attributes
    ----------
    run_id : int
    dataset : Dataset
    hyperparameters : Hyperparameters
    prepared : PreparedData or None
        None when the data must be scaled first.
    store : Path or None
        The run store that keeps the run; None keeps it nowhere.
    resumed : StoredRun or None
        The stored run that goes on; None begins a new one.
    """

    run_id: int
    dataset: Dataset
    hyperparameters: Hyperparameters
    prepared: PreparedData | None = None
    store: Path | None = None
    resumed: StoredRun | None = None
