"""Successive halving: all settings begin, and at each rung only the best part of them goes on."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mlp_core.errors import SweepError
from mlp_core.hyperparameters import BOUNDS

MAX_FACTOR: Final = 10


@dataclass(frozen=True, slots=True)
class Halving:
    """When settings are compared, and how many of them go on (Jamieson and Talwalkar, 2016).

    Parameters
    ----------
    first_epochs : int
        Epochs before the first comparison; each later rung takes `factor` times as many.
    factor : int
        One of so many settings goes on, 2 to `MAX_FACTOR`.

    Raises
    ------
    SweepError
        If a number is out of range.
    """

    first_epochs: int
    factor: int = 3

    def __post_init__(self) -> None:
        for field, low, high in (("first_epochs", 1, BOUNDS["epochs"].high), ("factor", 2, MAX_FACTOR)):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise SweepError(
                    f"halving, {field}: {value!r} is out of range. Choose a whole number from {low} to {high:,.0f}."
                )

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """Return after how many epochs each rung ends; the last one is the end of training."""
        rungs = []
        rung = self.first_epochs
        while rung < epochs:
            rungs.append(rung)
            rung *= self.factor
        return (*rungs, epochs)

    def counts(self, n_settings: int, epochs: int) -> tuple[int, ...]:
        """Return how many settings train in each rung, if all can go on."""
        counts = [n_settings]
        while len(counts) < len(self.rungs(epochs)):
            counts.append(_kept(counts[-1], self.factor))
        return tuple(counts)


def survivors(values_by_setting: Mapping[int, Sequence[float]], factor: int) -> tuple[int, ...]:
    """Return the settings that go on from a rung that all have reached: by the median over seeds, best first.

    Parameters
    ----------
    values_by_setting : mapping of int to sequence of float
        The value of each seed of each setting; NaN for one that diverged or failed.
    factor : int

    Returns
    -------
    tuple of int
        One of `factor`, and at least one; none where a seed of each has no value.
    """
    medians = {setting: _median(values) for setting, values in values_by_setting.items()}
    able = [setting for setting, median in medians.items() if not math.isnan(median)]
    able.sort(key=lambda setting: (-medians[setting], -statistics.fmean(values_by_setting[setting]), setting))
    return tuple(able[: _kept(len(medians), factor)])


def goes_on(values: Sequence[float], reached: Sequence[Sequence[float]], factor: int) -> bool:
    """Return whether a setting goes on from a rung that not all have reached: the asynchronous rule.

    Parameters
    ----------
    values : sequence of float
        The value of each seed of the setting at the rung.
    reached : sequence of sequence of float
        Those of the other settings that have reached the rung so far.
    factor : int
        It goes on if it is among the best one of `factor` of all of these (Li et al., 2020), or the best so far.
    """
    median = _median(values)
    better = sum(_median(others) > median for others in reached)
    return not math.isnan(median) and better < _kept(len(reached) + 1, factor)


def _kept(n: int, factor: int) -> int:
    return max(1, n // factor)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values and not any(map(math.isnan, values)) else math.nan
