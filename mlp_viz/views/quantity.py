"""What can be drawn of a run's epochs, and how its values read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mlp_core.snapshot import EpochStats
from mlp_viz.views.accuracy import percent
from mlp_viz.views.cost import number


@dataclass(frozen=True, slots=True)
class Quantity:
    """One value of each epoch.

    Attributes
    ----------
    key : str
        For settings.
    name : str
        Title of a plot.
    label : str
        Label of its axis, with the unit.
    value : callable
        Picks the value from an epoch's scalars, in the unit of the axis; NaN where there is none.
    text : callable
        Writes such a value.
    high_is_good : bool
        As of an accuracy, whose axis ends at 100 % and is never logarithmic.
    """

    key: str
    name: str
    label: str
    value: Callable[[EpochStats], float]
    text: Callable[[float], str]
    high_is_good: bool = False


def _accuracy(key: str, name: str, value: Callable[[EpochStats], float]) -> Quantity:
    return Quantity(key, name, "accuracy (%)", lambda stats: 100 * value(stats), _percent, high_is_good=True)


def _error(key: str, name: str, accuracy: Callable[[EpochStats], float]) -> Quantity:
    return Quantity(key, name, "error (%)", lambda stats: 100 * (1 - accuracy(stats)), _percent)


def _percent(value: float) -> str:
    return percent(value / 100)


def _cost(value: float) -> str:
    """Return a cost as short as it can be told from others."""
    if 1e7 <= abs(value) < math.inf:
        return f"{value:.1e}"
    return number(value, 0 if abs(value) >= 1000 else 2)


COST: Final = Quantity("cost", "Cost J", "cost J", lambda stats: stats.cost, _cost)
TRAIN_ACCURACY: Final = _accuracy("train_accuracy", "Training accuracy", lambda stats: stats.train_accuracy)
VALID_ACCURACY: Final = _accuracy("valid_accuracy", "Validation accuracy", lambda stats: stats.valid_accuracy)
TRAIN_ERROR: Final = _error("train_error", "Training error", lambda stats: stats.train_accuracy)
VALID_ERROR: Final = _error("valid_error", "Validation error", lambda stats: stats.valid_accuracy)
QUANTITIES: Final = {each.key: each for each in (COST, TRAIN_ACCURACY, VALID_ACCURACY, TRAIN_ERROR, VALID_ERROR)}
