"""`NeuralNetMLP`: the lecture's class, a thin face on the Trainer."""

from __future__ import annotations

import sys
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlp_core.blas import use_one_thread
from mlp_core.datasets.classes import MAX_CLASSES
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
    n_hidden, l2, epochs, eta, shuffle, minibatch_size
        As given; a change after construction has no effect.
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
            n_hidden=cast("tuple[int, ...]", n_hidden),  # it takes an int too
            l2=l2,
            epochs=epochs,
            eta=eta,
            shuffle=shuffle,
            minibatch_size=minibatch_size,
            seed=seed,
            activation=activation,
            precision=precision,
        )
        self.n_hidden = n_hidden
        self.l2 = self.hyperparameters.l2
        self.epochs = self.hyperparameters.epochs
        self.eta = self.hyperparameters.eta
        self.shuffle = self.hyperparameters.shuffle
        self.minibatch_size = self.hyperparameters.minibatch_size
        self.eval_: dict[str, list[float]] = {"cost": [], "train_acc": [], "valid_acc": []}

    def fit(self, X_train: ArrayLike, y_train: ArrayLike, X_valid: ArrayLike, y_valid: ArrayLike) -> NeuralNetMLP:
        """Train a new network, with the lecture's progress line on stderr.

        Parameters
        ----------
        X_train, X_valid : array, shape (n_samples, n_features)
        y_train, y_valid : array of int, shape (n_samples,)
            Classes, counted from 0. A class that only the validation samples show has an output unit too.

        Returns
        -------
        NeuralNetMLP
            This object.

        Raises
        ------
        DataError
            If the arrays do not fit one another or hold anything but finite numbers, if `y_train` shows fewer
            than two classes, or if there are fewer samples than one minibatch takes.
        DivergedError
            If the cost or a weight is no longer finite.
        """
        dtype = self.hyperparameters.precision
        y, y_held_out = _labels("y_train", y_train), _labels("y_valid", y_valid)
        if np.unique(y).size < 2:
            raise DataError("y_train", "has fewer than two classes. Give samples of two classes or more.")
        X = _samples("X_train", X_train, dtype, n_labels=len(y))
        data = TrainingData(
            X_train=X,
            y_train=y,
            X_valid=_samples("X_valid", X_valid, dtype, n_labels=len(y_held_out), n_features=X.shape[1]),
            y_valid=y_held_out,
            n_classes=max(int(labels.max(initial=0)) for labels in (y, y_held_out)) + 1,
        )
        trainer = Trainer.fresh(data, self.hyperparameters)
        self.eval_ = {"cost": [], "train_acc": [], "valid_acc": []}
        self.network_: Network = trainer.network
        try:
            with use_one_thread():
                for step in trainer.steps():
                    if isinstance(step, EpochSnapshot):
                        self.eval_["cost"].append(step.stats.cost)
                        self.eval_["train_acc"].append(step.stats.train_accuracy)
                        self.eval_["valid_acc"].append(step.stats.valid_accuracy)
                        sys.stderr.write("\r" + progress_line(step.stats, self.hyperparameters.epochs))
                        sys.stderr.flush()
        finally:
            sys.stderr.write("\n")
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the class of each sample, shape (n_samples,).

        Raises
        ------
        RuntimeError
            If `fit` has not been called.
        DataError
            If X has not the shape of the samples in `fit`, or holds anything but finite numbers.
        """
        if not hasattr(self, "network_"):
            raise RuntimeError("This network is not trained yet. Call fit first.")
        n_features = self.network_.layer_sizes[0]
        return self.network_.predict(_samples("X", X, self.hyperparameters.precision, n_features=n_features))


def progress_line(stats: EpochStats, epochs: int) -> str:
    """Return the lecture's line: ``200/200 | Cost: 5065.78 | Train/Valid Acc.: 99.28%/97.98% ``."""
    width = len(str(epochs))
    return (
        f"{stats.epoch:0{width}d}/{epochs} | Cost: {stats.cost:.2f} "
        f"| Train/Valid Acc.: {stats.train_accuracy * 100:.2f}%/{stats.valid_accuracy * 100:.2f}% "
    )


def _samples(name: str, X: ArrayLike, dtype: str, n_labels: int | None = None, n_features: int | None = None) -> Floats:
    samples = _array(name, X)
    rows, columns = ("n_samples" if n_labels is None else n_labels), n_features or "n_features"
    fits = samples.ndim == 2 and n_labels in (None, len(samples)) and n_features in (None, samples.shape[1])
    if not fits or samples.shape[1] == 0:
        raise DataError(name, f"has shape {samples.shape}; expected ({rows}, {columns}). Give one row a sample.")
    with np.errstate(over="ignore"):  # float32 makes infinity of 1e39
        samples = np.ascontiguousarray(samples, dtype)
    if not np.isfinite(samples).all():
        raise DataError(name, f"holds NaN, or values infinite as {dtype}. Replace or remove those samples.")
    return samples


def _labels(name: str, y: ArrayLike) -> NDArray[np.int64]:
    labels = _array(name, y)
    if labels.ndim != 1:
        raise DataError(name, f"has shape {labels.shape}; expected (n_samples,). Give one class a sample.")
    if not (np.isfinite(labels) & (labels == np.floor(labels)) & (labels >= 0) & (labels < MAX_CLASSES)).all():
        raise DataError(name, f"holds other values than whole numbers from 0 to {MAX_CLASSES - 1}. Number the classes.")
    return labels.astype(np.int64)


def _array(name: str, values: ArrayLike) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise DataError(name, "is not a rectangular array. Give all samples the same length.") from None
    if array.dtype.kind not in "biuf":
        raise DataError(name, f"holds {array.dtype}, not numbers. Convert it to numbers first.")
    return array
