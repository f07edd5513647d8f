"""Sweeps for tests, as far as they may have come, without any training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.axes import parse_axis
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.results import SweepResults

DIGITS = DatasetReference("digits", "0" * 64, Recipe("digits", Preparation()))
Outcome = Sequence[float | Status]
"""What came of the seeds of a setting: accuracies of those that finished, and else where they stand."""


def plan(*axes: str, method: str = "grid", n_settings: int = 8, n_seeds: int = 3) -> SweepPlan:
    return SweepPlan("a", Hyperparameters(), tuple(map(parse_axis, axes)), method, n_settings, n_seeds, None, DIGITS)


def results(plan: SweepPlan, outcomes: Mapping[int, Outcome]) -> SweepResults:
    """Return the results of a sweep of which some settings, by number, have come to something."""
    return SweepResults.of(plan, [run for setting, outcome in outcomes.items() for run in runs(plan, setting, outcome)])


def runs(plan: SweepPlan, setting: int, outcome: Outcome) -> list[RunRecord]:
    found = []
    for k, (seed, each) in enumerate(zip(plan.seeds, outcome, strict=False)):
        value = math.nan if isinstance(each, Status) else each
        status = each if isinstance(each, Status) else Status.FINISHED
        record = RunRecord(
            id=1 + setting * plan.n_seeds + k,
            name="",
            note="",
            hyperparameters=plan.hyperparameters_at(plan.settings()[setting], seed),
            dataset=DIGITS,
            origin="sweep",
            sweep_id=1,
            setting=setting,
            status=status,
            message="",
            began=datetime(2026, 1, 1, tzinfo=UTC),
            ended=None,
            starred=False,
            deleted=False,
            epochs_done=0 if math.isnan(value) else 20,
            seconds=1.0,
            cost=1.0,
            train_accuracy=value,
            valid_accuracy=value,
            best_valid_accuracy=value,
            best_epoch=0 if math.isnan(value) else 20,
            test_accuracy=math.nan,
            revision=1,
        )
        found.append(record)
    return found


def history(*accuracies: float) -> tuple[EpochStats, ...]:
    return tuple(EpochStats(k + 1, 1.0, 0.0, each, each, 0.1) for k, each in enumerate(accuracies))
