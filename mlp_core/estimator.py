"""`NeuralNetMLP`: the lecture's class, a thin face on the Trainer."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlp_core.errors import DataError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, EpochStats
from mlp_core.trainer import Trainer, TrainingData

Floats = NDArray[np.floating[Any]]


class NeuralNetMLP:
    """A multilayer perceptron with one hidden layer of sigmoid units, as on the lecture's slides.

    Parameters
    ----------
    n_hidden : int or tuple of int
        Units of the hidden layer, or of each one.
    l2 : float
        Weight of the penalty ``l2 * sum(w**2)``.
    epochs : int
    eta : float
        Learning rate.
    shuffle : bool
        Whether the samples' order is drawn anew in each epoch.
    minibatch_size : int
    seed : int or None
    activation, precision : str
        See `Hyperparameters`.

    Attributes
    ----------
    eval_ : dict
        Lists by epoch: ``cost``, ``train_acc`` and ``valid_acc`` (fractions).
    network_ : Network
        The trained network.

    Raises
    ------
    HyperparameterError
        If a value is outside its bound.
    """

    def __init__(
        self,
        n_hidden: int | tuple[int, ...] = 30,
        l2: float = 0.0,
        epochs: int = 100,
        eta: float = 0.001,
        shuffle: bool = True,
        minibatch_size: int = 1,
        seed: int | None = None,
        *,
        activation: str = "sigmoid",
        precision: str = "float64",
    ) -> None:
        self.hyperparameters = Hyperparameters(
            n_hidden=(n_hidden,) if isinstance(n_hidden, int) else n_hidden,
            l2=l2,
            epochs=epochs,
            eta=eta,
            shuffle=shuffle,
            minibatch_size=minibatch_size,
            seed=seed,
            activation=activation,
            precision=precision,
        )
        self.eval_: dict[str, list[float]] = {"cost": [], "train_acc": [], "valid_acc": []}

    def fit(self, X_train: ArrayLike, y_train: ArrayLike, X_valid: ArrayLike, y_valid: ArrayLike) -> NeuralNetMLP:
        """Train a new network, with the lecture's progress line on stderr.

        Parameters
        ----------
        X_train, X_valid : array, shape (n_samples, n_features)
        y_train, y_valid : array of int, shape (n_samples,)
            Classes, counted from 0.

        Returns
        -------
        NeuralNetMLP
            This object.

        Raises
        ------
        DataError
            If the arrays do not fit one another or hold anything but finite numbers.
        DivergedError
            If the cost or a weight is no longer finite.
        """
        dtype = self.hyperparameters.precision
        y = _labels("y_train", y_train)
        data = TrainingData(
            X_train=_samples("X_train", X_train, len(y), dtype),
            y_train=y,
            X_valid=_samples("X_valid", X_valid, len(np.asarray(y_valid)), dtype),
            y_valid=_labels("y_valid", y_valid),
            n_classes=int(y.max()) + 1,
        )
        self.eval_ = {"cost": [], "train_acc": [], "valid_acc": []}
        trainer = Trainer.fresh(data, self.hyperparameters)
        self.network_: Network = trainer.network
        for step in trainer.steps():
            if isinstance(step, EpochSnapshot):
                self.eval_["cost"].append(step.stats.cost)
                self.eval_["train_acc"].append(step.stats.train_accuracy)
                self.eval_["valid_acc"].append(step.stats.valid_accuracy)
                sys.stderr.write("\r" + progress_line(step.stats, self.hyperparameters.epochs))
                sys.stderr.flush()
        sys.stderr.write("\n")
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the class of each sample, shape (n_samples,).

        Raises
        ------
        RuntimeError
            If `fit` has not been called.
        """
        if not hasattr(self, "network_"):
            raise RuntimeError("This network is not trained yet. Call fit first.")
        return self.network_.predict(np.asarray(X, self.network_.dtype))


def progress_line(stats: EpochStats, epochs: int) -> str:
    """Return the lecture's line: ``200/200 | Cost: 5065.78 | Train/Valid Acc.: 99.28%/97.98% ``."""
    width = len(str(epochs))
    return (
        f"{stats.epoch:0{width}d}/{epochs} | Cost: {stats.cost:.2f} "
        f"| Train/Valid Acc.: {stats.train_accuracy * 100:.2f}%/{stats.valid_accuracy * 100:.2f}% "
    )


def _samples(name: str, X: ArrayLike, n_labels: int, dtype: str) -> Floats:
    try:
        samples = np.ascontiguousarray(X, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise DataError(name, f"is not an array of numbers ({error}).") from None
    if samples.ndim != 2 or len(samples) != n_labels:
        raise DataError(name, f"has shape {samples.shape}; expected ({n_labels}, n_features), one row a label.")
    if not np.isfinite(samples).all():
        raise DataError(name, "holds NaN or infinite values. Replace or remove those samples.")
    return samples


def _labels(name: str, y: ArrayLike) -> NDArray[np.int64]:
    labels = np.asarray(y)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.number) or (labels != np.floor(labels)).any():
        raise DataError(name, f"has shape {labels.shape} and type {labels.dtype}; expected whole numbers in one row.")
    if labels.size and labels.min() < 0:
        raise DataError(name, f"has the negative label {labels.min()}. Count the classes from 0.")
    if name == "y_train" and np.unique(labels).size < 2:
        raise DataError(name, "has fewer than two classes: there is nothing to tell apart.")
    return labels.astype(np.int64)
