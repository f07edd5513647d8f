"""Stored runs for tests, without any training."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import nan
from typing import Any

from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status
from mlp_core.snapshot import EpochStats

DIGITS = DatasetReference("digits", "0" * 64, Recipe("digits", Preparation()))
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def record(run_id: int, best: float = nan, status: Status = Status.FINISHED, **fields: Any) -> RunRecord:
    """Return a run with an accuracy; each began an hour after the one before."""
    values: dict[str, Any] = {
        "id": run_id,
        "name": f"Run {run_id}",
        "note": "",
        "hyperparameters": Hyperparameters(epochs=20),
        "dataset": DIGITS,
        "origin": "window",
        "sweep_id": None,
        "setting": None,
        "status": status,
        "message": "",
        "began": FIRST + timedelta(hours=run_id),
        "ended": None,
        "starred": False,
        "deleted": False,
        "epochs_done": 20,
        "seconds": 10.0,
        "cost": 100.0,
        "train_accuracy": best,
        "valid_accuracy": best,
        "best_valid_accuracy": best,
        "best_epoch": 15,
        "test_accuracy": nan,
        "revision": run_id,
    }
    return RunRecord(**values | fields)


def history(n_epochs: int) -> tuple[EpochStats, ...]:
    """Return the epochs of a run that learns."""
    return tuple(EpochStats(k, 100.0 / k, 0.0, 1 - 0.5 / k, 1 - 0.6 / k, 0.5) for k in range(1, n_epochs + 1))
