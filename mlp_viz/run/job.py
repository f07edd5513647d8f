"""What a worker is given to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Dataset
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.trainer import TrainingData


@dataclass(frozen=True, slots=True, eq=False)
class PreparedData:
    """A data set scaled for training; made in the worker, kept for the next run.

    Attributes
    ----------
    dataset : Dataset
    precision : str
    training : TrainingData
    X_test : ndarray, shape (n_test, n_features)
    """

    dataset: Dataset
    precision: str
    training: TrainingData
    X_test: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, dataset: Dataset, precision: str) -> PreparedData:
        """Scale all splits of `dataset`."""
        prepared = cls(
            dataset, precision, TrainingData.of(dataset, precision), dataset.scaled(dataset.test.X, precision)
        )
        for array in (prepared.training.X_train, prepared.training.X_valid, prepared.X_test):
            array.flags.writeable = False
        return prepared


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a worker is to do; `prepared` is None when the data must be scaled first."""

    run_id: int
    dataset: Dataset
    hyperparameters: Hyperparameters
    prepared: PreparedData | None = None
