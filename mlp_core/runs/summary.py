"""What is known of a run in short, so that a table of many runs need not read their epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mlp_core.snapshot import EpochStats

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Summary:
    """A run's epochs in short; each field is a column of the store, and as in `RunRecord`."""

    epochs_done: int = 0
    seconds: float = 0.0
    cost: float = _NAN
    train_accuracy: float = _NAN
    valid_accuracy: float = _NAN
    best_valid_accuracy: float = _NAN
    best_epoch: int = 0

    def after(self, epochs: Iterable[EpochStats]) -> Summary:
        """Return the summary once further epochs have ended, in order."""
        summary = self
        for stats in epochs:
            best, best_epoch, accuracy = summary.best_valid_accuracy, summary.best_epoch, stats.valid_accuracy
            if accuracy > best or (math.isnan(best) and not math.isnan(accuracy)):
                best, best_epoch = accuracy, stats.epoch
            seconds = summary.seconds + stats.seconds
            summary = Summary(stats.epoch, seconds, stats.cost, stats.train_accuracy, accuracy, best, best_epoch)
        return summary
