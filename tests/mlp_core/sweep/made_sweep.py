"""Plans on the embedded digits, and results whose accuracies were chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status
from mlp_core.sweep.axes import Axis, parse_axis
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.results import SweepResults

DIGITS = DatasetReference("Digits", "f" * 64, Recipe("digits", Preparation()))
SAMPLES = 150  # to validate


def plan_of(*axes: str, **fields: Any) -> SweepPlan:
    """Return a plan that varies what the texts say."""
    values: dict[str, Any] = {
        "name": "made",
        "base": Hyperparameters(epochs=30),
        "axes": tuple(map(parse_axis, axes)),
        "method": "grid",
        "n_settings": 1,
        "n_seeds": 1,
        "halving": None,
        "dataset": DIGITS,
    }
    return SweepPlan(**values | fields)


def run_of(
    plan: SweepPlan,
    setting: int,
    seed: int,
    correct: float,
    status: Status = Status.FINISHED,
    hyperparameters: Hyperparameters | None = None,
    **fields: Any,
) -> RunRecord:
    """Return the run of a setting with a seed that has so many of 150 validation samples right."""
    values = plan.settings()[setting] if hyperparameters is None else {}
    accuracy = correct / SAMPLES
    known: dict[str, Any] = {
        "id": 1 + setting * 100 + seed,
        "name": "",
        "note": "",
        "hyperparameters": hyperparameters or plan.hyperparameters_at(values, seed),
        "dataset": plan.dataset,
        "origin": "sweep",
        "sweep_id": 1,
        "setting": setting,
        "status": status,
        "message": "",
        "began": datetime(2026, 1, 1, tzinfo=UTC),
        "ended": None,
        "starred": False,
        "deleted": False,
        "epochs_done": 0 if math.isnan(correct) else 30,
        "seconds": 1.0,
        "cost": 1.0,
        "train_accuracy": accuracy,
        "valid_accuracy": accuracy,
        "best_valid_accuracy": accuracy,
        "best_epoch": 30,
        "test_accuracy": math.nan,
        "revision": 1,
    }
    return RunRecord(**known | fields)


def results_of(
    table: Sequence[Sequence[float]],
    statuses: Mapping[tuple[int, int], Status] | None = None,
    test_accuracy: float = math.nan,
) -> SweepResults:
    """Return the results of settings that differ in eta: samples that were right, by setting and seed.

    `statuses` tells which runs, by setting and place in its row, are not finished.
    """
    etas = tuple(0.001 * (k + 1) for k in range(len(table)))
    n_seeds = max(map(len, table))
    plan = plan_of(axes=(Axis("eta", etas),), n_seeds=n_seeds)
    runs = []
    for setting, row in enumerate(table):
        for place, correct in enumerate(row):
            status = (statuses or {}).get((setting, place), Status.FINISHED)
            runs.append(run_of(plan, setting, 1 + place, correct, status, test_accuracy=test_accuracy))
    return SweepResults.of(plan, runs)
