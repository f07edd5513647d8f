"""The evaluation at an epoch's end, on a thread of its own: the next epoch's training need not wait for it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from mlp_core.costs import l2_penalty
from mlp_core.errors import DivergedError
from mlp_core.evaluation import BLOCK, Score, blocks
from mlp_core.fast_path import ForwardPass
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, EpochStats, GeneratorState, Weights

if TYPE_CHECKING:
    from mlp_core.trainer import TrainingData


@dataclass(slots=True)
class Pending:
    """An epoch whose evaluation is under way; `seconds` is the time it has taken so far."""

    epoch: int
    weights: Weights
    generator: GeneratorState
    seconds: float
    figures: Future[tuple[Score, Score, float]] = field(repr=False)


class EpochEvaluation:
    """Evaluates networks as they were at the end of an epoch, one at a time.

    To be used in a ``with`` block, whose end calls off what is under way and ends the thread.

    Parameters
    ----------
    network : Network
        One of the same shapes, left alone: the thread has a copy of its own.
    data : TrainingData
    l2 : float
    """

    def __init__(self, network: Network, data: TrainingData, l2: float) -> None:
        self._network = network.copy()
        self._data = data
        self._l2 = l2
        self._forward = ForwardPass(self._network, BLOCK)
        self._called_off = threading.Event()
        self._thread = ThreadPoolExecutor(1, "evaluation")
        self._pending: Pending | None = None

    def __enter__(self) -> EpochEvaluation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._called_off.set()
        self._thread.shutdown()
        self._pending = None

    @property
    def epoch(self) -> int | None:
        """The epoch whose end is being evaluated, or has been but was not fetched yet; else None."""
        return self._pending.epoch if self._pending else None

    def begin(self, epoch: int, weights: Weights, generator: GeneratorState, seconds: float) -> None:
        """Evaluate `weights`, which `epoch` reached after so many `seconds`; what was begun before must be fetched.

        `generator` is where the generator stood then.
        """
        if self._pending:
            raise RuntimeError(f"the evaluation of epoch {self._pending.epoch} has not been fetched")
        figures = self._thread.submit(self._evaluate, epoch, weights)
        self._pending = Pending(epoch, weights, generator, seconds, figures)

    def fetch(self, wait: float = 0.0) -> EpochSnapshot | None:
        """Return what was begun once it is done; None if it still is not after `wait` seconds.

        A wait counts as the epoch's time.

        Raises
        ------
        DivergedError
            If the cost or a weight is no longer finite.
        """
        pending = self._pending
        if pending is None or not (wait or pending.figures.done()):
            return None
        started = time.perf_counter()
        try:
            train, valid, penalty = pending.figures.result(wait)
        except TimeoutError:
            return None
        finally:
            pending.seconds += time.perf_counter() - started
        self._pending = None
        stats = EpochStats(pending.epoch, train.cost, penalty, train.accuracy, valid.accuracy, pending.seconds)
        return EpochSnapshot(stats, pending.weights, pending.generator)

    def _evaluate(self, epoch: int, weights: Weights) -> tuple[Score, Score, float]:
        self._network.set_weights(weights)
        data, train, valid = self._data, Score(), Score()
        for score, X, y in ((train, data.X_train, data.y_train), (valid, data.X_valid, data.y_valid)):
            for block in blocks(len(X)):
                if self._called_off.is_set():
                    raise CancelledError
                score.add(self._forward, X[block], y[block])
        penalty = l2_penalty(self._l2, weights.w)
        if not np.isfinite(train.cost + penalty):
            raise DivergedError(epoch, "the cost")
        if not all(np.isfinite(array).all() for array in (*weights.w, *weights.b)):
            raise DivergedError(epoch, "a weight")
        return train, valid, penalty
