"""What is known of a run in short, so that a table of many runs need not read their epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

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
            summary = replace(
                summary,
                epochs_done=stats.epoch,
                seconds=summary.seconds + stats.seconds,
                cost=stats.cost,
                train_accuracy=stats.train_accuracy,
                valid_accuracy=stats.valid_accuracy,
            )
            best, accuracy = summary.best_valid_accuracy, stats.valid_accuracy
            if accuracy > best or (math.isnan(best) and not math.isnan(accuracy)):
                summary = replace(summary, best_valid_accuracy=accuracy, best_epoch=stats.epoch)
        return summary
