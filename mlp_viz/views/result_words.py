"""How the result of a setting reads: under the mouse, and where there is no number yet."""

from __future__ import annotations

import math
from typing import Final

from mlp_core.runs.record import Status
from mlp_core.sweep.results import SettingResult

# What is told of a setting without a number, the first that one of its runs is in.
_STATES: Final = (
    (Status.DIVERGED, "diverged"),
    (Status.RUNNING, "running"),
    (Status.WAITING, "waiting"),
    (Status.FAILED, "failed"),
    (Status.INTERRUPTED, "interrupted"),
    (Status.STOPPED, "stopped"),
    (Status.PRUNED, "ended early"),
)
NOT_BEGUN: Final = "not begun"
LOST: Final = frozenset(("diverged", "failed"))
"""The states in which no number will come."""


def percent(accuracy: float) -> float:
    """Return an accuracy in per cent; NaN for NaN."""
    return 100 * accuracy


def state(result: SettingResult) -> str:
    """Return where a setting stands, in a word or two: ``running``, ``diverged``; empty when it is over."""
    there = {run.status for run in result.runs}
    if not there:
        return NOT_BEGUN
    return next((word for status, word in _STATES if status in there), "")


def reading(result: SettingResult) -> str:
    """Return a setting and its result: ``eta 0.1, 50 units: 96.94 % (3 seeds: 96.10 to 97.20)``."""
    where = state(result)
    if math.isnan(result.median):
        return f"{result.words}: {f'no result, {where}' if where in LOST else where or 'no result'}"
    text = f"{result.words}: {percent(result.median):.2f} %"
    n = sum(not math.isnan(accuracy) for accuracy in result.accuracies)
    if result.n_seeds > 1:
        of = f"{n} of {result.n_seeds} seeds" if n < result.n_seeds else f"{n} seeds"
        text += f" ({of}: {percent(result.low):.2f} to {percent(result.high):.2f})"
    return f"{text}, {where}" if where else text
