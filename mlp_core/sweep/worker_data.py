"""The data that a worker trains on: opened by reference, checked by fingerprint, and kept from one task to the next."""

from __future__ import annotations

import os
import platform
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from mlp_core.datasets import names
from mlp_core.datasets.catalogue import REMOTE_DATASETS
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.errors import DataError
from mlp_core.runs.record import DatasetReference
from mlp_core.trainer import TrainingData

MOST_BYTES: Final = 2**30  # of data kept beside those in use: MNIST in float64 takes 450 MB


class MissingDataError(DataError):
    """A worker does not have the data of a sweep, so that none of its trials can be carried out there."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(source, message)
        self._message = message

    def __reduce__(self) -> tuple[type[MissingDataError], tuple[str, str]]:
        return MissingDataError, (self.source, self._message)  # it comes from another process


@dataclass(frozen=True, slots=True, eq=False)
class WorkerData:
    """What the tasks of a sweep need of its data set.

    Attributes
    ----------
    training : TrainingData
    X_test : ndarray, shape (n_samples, n_features)
        Scaled, as those of `training`.
    y_test : ndarray of int64, shape (n_samples,)
    """

    training: TrainingData
    X_test: NDArray[Any]
    y_test: NDArray[Any]

    @classmethod
    def of(cls, dataset: Dataset, precision: str) -> WorkerData:
        """Return the splits of `dataset`, scaled."""
        test: Split = dataset.test
        return cls(TrainingData.of(dataset, precision), dataset.scaled(test.X, precision), test.y)

    @property
    def n_bytes(self) -> int:
        """The memory that the pixels take."""
        return sum(X.nbytes for X in (self.training.X_train, self.training.X_valid, self.X_test))


class DataCache:
    """Keeps the data of the last tasks, as far as they are small enough; usable from any thread.

    Parameters
    ----------
    most_bytes : int
        Of the data that are kept beside those asked for last.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, str], WorkerData] = OrderedDict()  # used last comes last
        self._lock = threading.Lock()  # held while data are opened too: two threads want the same

    def __call__(self, reference: DatasetReference, precision: str, data_dir: Path | None) -> WorkerData:
        """Return the data of `reference`, opened unless they are kept.

        Raises
        ------
        MissingDataError
            If the worker does not have them, or has others; it names the worker and says what to do.
        """
        key = (reference.fingerprint, precision)
        with self._lock:
            if key not in self._kept:
                self._make_room()
                self._kept[key] = WorkerData.of(_opened(reference, data_dir), precision)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _make_room(self) -> None:
        while sum(data.n_bytes for data in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)


def worker_name() -> str:
    """Return what this process is called in messages: its machine and its number there."""
    return f"{platform.node() or 'this machine'} (process {os.getpid()})"


def _opened(reference: DatasetReference, data_dir: Path | None) -> Dataset:
    key, name = reference.recipe.key, reference.name
    if any(remote.name == key for remote in REMOTE_DATASETS):
        remedy = f"Run `mlp-core data get {key}` on that machine, then resume the sweep."
    elif key in names():
        remedy = "Install the same version of mlp-viz on that machine, then resume the sweep."
    else:
        remedy = f"Put the same data at {key} on that machine, then resume the sweep."
    try:
        dataset = reference.recipe.open(data_dir)
    except DataError as error:
        raise MissingDataError(
            name, f"worker {worker_name()} does not have this data set, or cannot read it ({error}) {remedy}"
        ) from None
    has = dataset.fingerprint()
    if has != reference.fingerprint:
        raise MissingDataError(
            name,
            f"worker {worker_name()} has other data under this name: fingerprint {has[:12]}, but the sweep's is "
            f"{reference.fingerprint[:12]}. {remedy}",
        )
    return dataset
