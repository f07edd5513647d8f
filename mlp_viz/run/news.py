"""What a worker thread tells of its run: frozen values, each with its run's id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.snapshot import EpochStats, Weights
from mlp_viz.run.state import Phase


@dataclass(frozen=True, slots=True, eq=False)
class RunStart:
    """A run has begun; `earlier` are the epochs of a stored run that goes on."""

    run_id: int
    hyperparameters: Hyperparameters
    earlier: tuple[EpochStats, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    run_id, epoch, epochs : int
        The epoch under way, counted from 1, and how many there will be.
    done, total : int
        Minibatches of this epoch done, and all of them.
    seconds : float
        Time trained so far, pauses left out.
    epochs_done : float
        Epochs ended plus the part of the one under way.
    """

    run_id: int
    epoch: int
    epochs: int
    done: int
    total: int
    seconds: float
    epochs_done: float

    @property
    def epochs_a_second(self) -> float:
        """Speed so far; 0 before anything is known."""
        return self.epochs_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left at the speed so far; None before anything is known."""
        speed = self.epochs_a_second
        return (self.epochs - self.epochs_done) / speed if speed > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class WeightsPicture:
    """The first layer's weights at a moment within a run.

    Attributes
    ----------
    run_id, epoch, minibatch : int
    w : ndarray of float32, shape (n_units, height, width)
        One image a unit: hidden unit, or output unit where there is no hidden layer.
    """

    run_id: int
    epoch: int
    minibatch: int
    w: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TestErrors:
    """The test samples that the network gets wrong at a moment within a run.

    Attributes
    ----------
    run_id, epoch, minibatch : int
    indices : ndarray, shape (n_errors,)
        Positions in the test split, ascending.
    true, predicted : ndarray, shape (n_errors,)
        Their classes, and what the network says instead.
    n_test : int
        Size of the test split.
    """

    __test__ = False  # not a test class, whatever its name

    run_id: int
    epoch: int
    minibatch: int
    indices: NDArray[np.intp]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    n_test: int

    @property
    def accuracy(self) -> float:
        """Test accuracy, a fraction in [0, 1]; NaN without test samples."""
        return (self.n_test - len(self.indices)) / self.n_test if self.n_test else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class RunEnd:
    """A run has ended, once and for all.

    Attributes
    ----------
    run_id : int
    phase : Phase
        FINISHED, STOPPED, DIVERGED or FAILED.
    message : str
        What happened and what to do, for the user; empty when it finished.
    """

    run_id: int
    phase: Phase
    message: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class EpochsEnded:
    """Scalars of one or more epochs, in order; none is ever left out."""

    run_id: int
    stats: tuple[EpochStats, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Paused:
    """The worker waits: nothing more will come until it is told to go on."""

    run_id: int


@dataclass(frozen=True, slots=True, eq=False)
class LatestWeights:
    """All weights at the end of an epoch, at a pause or at a run's end."""

    run_id: int
    weights: Weights


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The run is in the store.

    Attributes
    ----------
    run_id, stored_id : int
        Of this run, here and in the store.
    """

    run_id: int
    stored_id: int


@dataclass(frozen=True, slots=True, eq=False)
class StoreNews:
    """What the user should know of the keeping of a run, such as a full disk; training goes on."""

    run_id: int
    message: str
