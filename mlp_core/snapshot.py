"""What a run tells of itself: frozen, read-only values, the only things that cross threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class MinibatchStep:
    """One weight update has been made.

    Attributes
    ----------
    epoch : int
        The epoch under way, counted from 1.
    done, total : int
        Minibatches of this epoch that are done, and all of them.
    """

    epoch: int
    done: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationStep:
    """Training waits for an epoch's evaluation, a little at a time, so that its driver can act meanwhile.

    Attributes
    ----------
    epoch : int
        The epoch whose end is evaluated.
    """

    epoch: int


@dataclass(frozen=True, slots=True, eq=False)
class EpochStats:
    """The scalars of one epoch, measured on the weights at its end.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    data_cost : float
        Logistic cost summed over all output units and training samples.
    penalty : float
        ``l2 * sum(w**2)`` over all weights, biases left out.
    train_accuracy, valid_accuracy : float
        Fractions in [0, 1]; NaN for a split without samples.
    seconds : float
        Wall time that this epoch took: its updates, and its evaluation unless the next epoch's updates
        went on meanwhile; without the time between two steps, when whoever drives the trainer may pause.
    """

    epoch: int
    data_cost: float
    penalty: float
    train_accuracy: float
    valid_accuracy: float
    seconds: float

    @property
    def cost(self) -> float:
        """The lecture's cost J: data term plus penalty."""
        return self.data_cost + self.penalty


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """All weights and biases of a network, copied and not writeable.

    Attributes
    ----------
    w : tuple of ndarray, shape (units below, units above)
        One matrix a layer, input side first.
    b : tuple of ndarray, shape (units above,)
    """

    w: tuple[Floats, ...]
    b: tuple[Floats, ...]

    @classmethod
    def copy_of(cls, w: Iterable[Floats], b: Iterable[Floats]) -> Weights:
        """Return read-only copies of the given arrays."""
        return cls(tuple(frozen_copy(array) for array in w), tuple(frozen_copy(array) for array in b))


@dataclass(frozen=True, slots=True)
class GeneratorState:
    """Where a NumPy `RandomState` (MT19937) stands: one that is set to it draws the same numbers from there.

    Attributes
    ----------
    key : bytes
        624 words of 32 bits, least significant byte first.
    position : int
        Words of them that have been used.
    has_gauss : bool
        Whether a normal number was drawn in advance: `cached_gaussian`.
    cached_gaussian : float
    """

    key: bytes
    position: int
    has_gauss: bool
    cached_gaussian: float

    @classmethod
    def of(cls, random: np.random.RandomState) -> GeneratorState:
        """Return where `random` stands."""
        state: Any = random.get_state(legacy=True)
        _, key, position, has_gauss, cached_gaussian = state
        return cls(key.astype("<u4").tobytes(), int(position), bool(has_gauss), float(cached_gaussian))

    def generator(self) -> np.random.RandomState:
        """Return a new generator that goes on from here.

        Raises
        ------
        ValueError
            If this is no state of the generator.
        """
        key = np.frombuffer(self.key, "<u4")
        if len(key) != 624 or not 0 <= self.position <= 624:
            raise ValueError(f"{len(key)} words, of which {self.position} are used: expected 624 of this generator")
        random = np.random.RandomState()
        random.set_state(("MT19937", key, self.position, int(self.has_gauss), self.cached_gaussian))
        return random


@dataclass(frozen=True, slots=True, eq=False)
class EpochSnapshot:
    """The end of an epoch: its scalars, the weights they were measured on, and where the generator stood.

    Training that goes on from the weights and the generator gives what it would have given without a stop.
    """

    stats: EpochStats
    weights: Weights
    generator: GeneratorState

    @property
    def epoch(self) -> int:
        """The epoch, counted from 1."""
        return self.stats.epoch


def frozen_copy(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of `array` that cannot be written to."""
    copy = np.array(array, copy=True)
    copy.flags.writeable = False
    return copy
