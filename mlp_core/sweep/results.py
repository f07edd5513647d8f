"""What the runs of a sweep have given, by setting: as far as they are, in the order of their worth, over two fields."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import RunRecord, Status
from mlp_core.sweep.axes import Axis, Range, Setting, Value, setting_words
from mlp_core.sweep.plan import SweepPlan

FEWEST_PARTS: Final = 3
MOST_PARTS: Final = 10  # of a range, along a side of the heat map


@dataclass(frozen=True, slots=True, eq=False)
class SettingResult:
    """One setting, and what its runs have given so far.

    Attributes
    ----------
    setting : int
        Its number in the sweep, counted from 0.
    values : mapping of str to value
        Of what varies.
    hyperparameters : Hyperparameters
        With the seed of the first run.
    runs : tuple of RunRecord
        One a seed, those that have begun, by seed.
    accuracies : tuple of float
        The best validation accuracy of each of `runs`, in [0, 1]: of those under way, as far as they are. NaN
        for one that diverged, failed, or has no epoch yet.
    median, low, high : float
        Of the accuracies that there are. NaN if there is none, or if a seed diverged: such a setting is no good one.
    n_seeds : int
        Runs that there will be.
    """

    setting: int
    values: Setting
    hyperparameters: Hyperparameters
    runs: tuple[RunRecord, ...]
    accuracies: tuple[float, ...]
    median: float
    low: float
    high: float
    n_seeds: int

    @classmethod
    def of(
        cls, setting: int, values: Setting, hyperparameters: Hyperparameters, runs: Iterable[RunRecord], n_seeds: int
    ) -> SettingResult:
        """Return the result of a setting from its runs, in any order."""
        runs = one_a_seed(runs)
        accuracies = tuple(value_of(run) for run in runs)
        known = [accuracy for accuracy in accuracies if not math.isnan(accuracy)]
        if not known or any(run.status is Status.DIVERGED for run in runs):
            median = low = high = math.nan
        else:
            median, low, high = statistics.median(known), min(known), max(known)
        return cls(setting, values, hyperparameters, runs, accuracies, median, low, high, n_seeds)

    @property
    def diverged(self) -> bool:
        """Whether a seed diverged."""
        return any(run.status is Status.DIVERGED for run in self.runs)

    @property
    def pruned(self) -> bool:
        """Whether successive halving ended it early."""
        return any(run.status is Status.PRUNED for run in self.runs)

    @property
    def over(self) -> bool:
        """Whether no run of it is to come or to go on."""
        return len(self.runs) >= self.n_seeds and not any(_is_open(run) for run in self.runs)

    @property
    def finished(self) -> bool:
        """Whether it can be compared: all is over, nothing diverged or ended early, and not every run failed."""
        return self.over and not self.pruned and not math.isnan(self.median)

    @property
    def test_accuracy(self) -> float:
        """Median of the runs' accuracies on the test samples, in [0, 1]; NaN as long as there is none."""
        known = [run.test_accuracy for run in self.runs if not math.isnan(run.test_accuracy)]
        return statistics.median(known) if known else math.nan

    @property
    def words(self) -> str:
        """The setting as it is said: ``eta 0.001, 50 units``."""
        return setting_words(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class SweepResults:
    """What a sweep has given so far.

    Attributes
    ----------
    plan : SweepPlan
    settings : tuple of SettingResult
        By number. Of a grid or a random sweep all are there, of TPE those that have begun.
    counts : mapping of Status to int
        How many runs have that status.
    """

    plan: SweepPlan
    settings: tuple[SettingResult, ...]
    counts: Mapping[Status, int]

    @classmethod
    def of(cls, plan: SweepPlan, runs: Iterable[RunRecord]) -> SweepResults:
        """Return the results of a sweep from its runs, in any order; deleted ones are left out."""
        by_setting: dict[int, list[RunRecord]] = {number: [] for number in range(len(plan.settings()))}
        for run in runs:
            if run.setting is not None and not run.deleted and (plan.method == "tpe" or run.setting in by_setting):
                by_setting.setdefault(run.setting, []).append(run)
        settings = []
        for number, its_runs in sorted(by_setting.items()):
            values = plan.settings()[number] if plan.settings() else plan.setting_of(its_runs[0].hyperparameters)
            result = SettingResult.of(number, values, plan.hyperparameters_at(values), its_runs, plan.n_seeds)
            settings.append(result)
        counts = Counter(run.status for result in settings for run in result.runs)
        return cls(plan, tuple(settings), MappingProxyType(counts))

    @property
    def n_finished(self) -> int:
        """Runs that reached the end of training."""
        return self.counts.get(Status.FINISHED, 0)

    @property
    def n_failed(self) -> int:
        """Runs that failed or diverged."""
        return self.counts.get(Status.FAILED, 0) + self.counts.get(Status.DIVERGED, 0)

    @property
    def over(self) -> bool:
        """Whether no run is to come or to go on."""
        return len(self.settings) >= self.plan.n_settings and all(result.over for result in self.settings)

    def ranked(self) -> tuple[SettingResult, ...]:
        """Return the settings that have a median, best first; those that can be compared before all others."""
        known = [result for result in self.settings if not math.isnan(result.median)]
        return tuple(sorted(known, key=_rank))

    @property
    def axes_values(self) -> Mapping[str, tuple[Value, ...]]:
        """For each field that varies, the values of all settings: as the plan has them, or ascending for a range."""
        values: dict[str, tuple[Value, ...]] = {}
        for axis in self.plan.axes:
            there = {result.values[axis.field] for result in self.settings}
            values[axis.field] = axis.values if isinstance(axis, Axis) else tuple(sorted(there, key=float))
        return MappingProxyType(values)

    def grid(self, x_field: str, y_field: str) -> tuple[tuple[Value, ...], tuple[Value, ...], NDArray[np.float64]]:
        """Return the medians over two fields, for a heat map.

        Returns
        -------
        xs, ys : tuple of value
            Of each column and row: the values; of a range the middles of equal parts (logarithmic where it is).
        medians : ndarray, shape (len(ys), len(xs))
            Of the best setting there (other fields vary too), in [0, 1]; NaN where there is none.
        """
        xs, ys, cells = self._cells(x_field, y_field)
        medians = np.full((len(ys), len(xs)), np.nan)
        for (column, row), result in cells.items():
            medians[row, column] = result.median
        return xs, ys, medians

    def best_at(self, x_field: str, y_field: str, column: int, row: int) -> SettingResult | None:
        """Return the setting whose median `grid` has in that cell; without a median, any setting there is."""
        return self._cells(x_field, y_field)[2].get((column, row))

    def _cells(
        self, x_field: str, y_field: str
    ) -> tuple[tuple[Value, ...], tuple[Value, ...], dict[tuple[int, int], SettingResult]]:
        xs, ys = (self._axis(field).parts(self._n_parts) for field in (x_field, y_field))
        cells: dict[tuple[int, int], SettingResult] = {}
        for result in self.settings:
            for column in self._places(x_field, xs, result.values):
                for row in self._places(y_field, ys, result.values):
                    there = cells.setdefault((column, row), result)
                    if _rank(result) < _rank(there):
                        cells[column, row] = result
        return xs, ys, cells

    def _places(self, field: str, parts: Sequence[Value], values: Setting) -> Sequence[int]:
        if field == "units" and values.get("layers") == 0:
            return range(len(parts))  # without a hidden layer it stands for any number of units
        share_of = self._axis(field).share_of
        share = share_of(values[field])
        return (min(range(len(parts)), key=lambda part: abs(share_of(parts[part]) - share)),)

    def _axis(self, field: str) -> Axis | Range:
        return self.plan.axes[self.plan.fields.index(field)]

    @property
    def _n_parts(self) -> int:
        return min(max(round(math.sqrt(self.plan.n_settings)), FEWEST_PARTS), MOST_PARTS)


def one_a_seed(runs: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """Return the runs of a setting by seed; where two have the same, the one that has come further.

    There are two where one was deleted, trained again, and brought back.
    """
    by_seed: dict[int, RunRecord] = {}
    for run in sorted(runs, key=lambda run: (run.status is Status.FINISHED, run.epochs_done, -run.id)):
        by_seed[run.hyperparameters.seed or 0] = run
    return tuple(run for _, run in sorted(by_seed.items()))


def value_of(run: RunRecord) -> float:
    """Return what a run is judged by, in [0, 1]: its best validation accuracy; NaN if it diverged or failed."""
    return math.nan if run.status in (Status.DIVERGED, Status.FAILED) else run.best_valid_accuracy


def _rank(result: SettingResult) -> tuple[bool, float, float, int]:
    known = [accuracy for accuracy in result.accuracies if not math.isnan(accuracy)]
    if math.isnan(result.median):
        return True, math.inf, math.inf, result.setting
    return not result.finished, -result.median, -statistics.fmean(known), result.setting


def _is_open(run: RunRecord) -> bool:
    return run.status in (Status.RUNNING, Status.WAITING) or run.status.resumable
