"""What the contenders train on: MNIST where it is found, else random data of the same shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlp_core import TrainingData
from mlp_core.datasets import find_mnist, open_dataset
from mlp_core.datasets.mnist import DATA_FOLDER_VARIABLE
from mlp_core.datasets.scaling import LECTURE

N_FEATURES, N_CLASSES = 784, 10


@dataclass(frozen=True, slots=True)
class Source:
    """Where the samples come from: a few words that a new process can be told, and load them by.

    Attributes
    ----------
    mnist : bool
        Whether they are MNIST's; else they are random.
    n_train, n_valid : int
    """

    mnist: bool
    n_train: int = 55_000
    n_valid: int = 5_000

    def __str__(self) -> str:
        kind = "MNIST" if self.mnist else "random data"
        return f"{kind}, {self.n_train:,} training and {self.n_valid:,} validation samples"

    def load(self, precision: str, n_train: int | None = None) -> TrainingData:
        """Return the samples, scaled to [-1, 1].

        Parameters
        ----------
        precision : {'float64', 'float32'}
        n_train : int, optional
            Only that many training samples, and validation samples in proportion.
        """
        n_train = n_train or self.n_train
        n_valid = max(1, self.n_valid * n_train // self.n_train)
        whole = TrainingData.of(open_dataset("mnist"), precision) if self.mnist else self._random(precision)
        if n_train == len(whole.X_train):
            return whole
        return TrainingData(  # copied, so that the rest can be freed
            whole.X_train[:n_train].copy(),
            whole.y_train[:n_train].copy(),
            whole.X_valid[:n_valid].copy(),
            whole.y_valid[:n_valid].copy(),
            whole.n_classes,
        )

    def _random(self, precision: str) -> TrainingData:
        random = np.random.RandomState(0)

        def draw(n: int) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
            X = np.concatenate(
                [
                    LECTURE(random.randint(0, 256, (len(block), N_FEATURES)), 0, 255).astype(precision)
                    for block in np.array_split(np.arange(n), 1 + n // 1000)
                ]
            )
            return X, random.randint(0, N_CLASSES, n)

        return TrainingData(*draw(self.n_train), *draw(self.n_valid), n_classes=N_CLASSES)


def find_source(quick: bool = False) -> Source:
    """Return MNIST where it is found, else random data of its shape; for a quick try, little of that."""
    if quick:
        return Source(mnist=False, n_train=400, n_valid=100)
    if find_mnist() is None:
        print(f"MNIST was not found ({DATA_FOLDER_VARIABLE} may name its folder): random data takes its place.")
        return Source(mnist=False)
    return Source(mnist=True)
