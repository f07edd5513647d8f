"""Rows of the store as records, and what a record is written as."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, RunRecord, Status, SweepRecord

EPOCH_COLUMNS: Final = ("epoch", "data_cost", "penalty", "train_accuracy", "valid_accuracy", "seconds")
RUN_COLUMNS: Final = (
    *("id", "name", "note", "hyperparameters", "dataset", "origin", "sweep_id", "setting", "status", "message"),
    *("began", "ended", "starred", "deleted", "epochs_done", "seconds", "cost", "train_accuracy", "valid_accuracy"),
    *("best_valid_accuracy", "best_epoch", "test_accuracy", "versions", "revision"),
)
SWEEP_COLUMNS: Final = ("id", "name", "plan", "status", "message", "began", "ended", "deleted", "revision")

_NAN: Final = float("nan")


def as_json(values: Mapping[str, Any]) -> str:
    """Return plain values as text of the store; equal ones give equal text."""
    return json.dumps(values, sort_keys=True)  # ASCII: a path may hold what is no text


def run_record(row: sqlite3.Row) -> RunRecord:
    """Return the run of a row of `RUN_COLUMNS`.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the row was not written by this program.
    """
    return RunRecord(
        id=row["id"],
        name=row["name"],
        note=row["note"],
        hyperparameters=_hyperparameters(row["hyperparameters"]),
        dataset=_dataset(row["dataset"]),
        origin=row["origin"],
        sweep_id=row["sweep_id"],
        setting=row["setting"],
        status=Status[row["status"]],
        message=row["message"],
        began=_when(row["began"]),
        ended=_when(row["ended"]),
        starred=bool(row["starred"]),
        deleted=row["deleted"] is not None,
        epochs_done=row["epochs_done"],
        seconds=row["seconds"],
        cost=number(row["cost"]),
        train_accuracy=number(row["train_accuracy"]),
        valid_accuracy=number(row["valid_accuracy"]),
        best_valid_accuracy=number(row["best_valid_accuracy"]),
        best_epoch=row["best_epoch"],
        test_accuracy=number(row["test_accuracy"]),
        versions=_plain(row["versions"]),
        revision=row["revision"],
    )


def sweep_record(row: sqlite3.Row) -> SweepRecord:
    """Return the sweep of a row of `SWEEP_COLUMNS`.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the row was not written by this program.
    """
    return SweepRecord(
        id=row["id"],
        name=row["name"],
        plan=_plain(row["plan"]),
        status=Status[row["status"]],
        message=row["message"],
        began=_when(row["began"]),
        ended=_when(row["ended"]),
        deleted=row["deleted"] is not None,
        revision=row["revision"],
    )


def number(value: Any) -> Any:
    """Return a number of the store, which keeps NaN as NULL."""
    return _NAN if value is None else value


def _when(seconds: Any) -> Any:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


# Most runs share their data set, versions and hyperparameters with others: each text is read once.


@functools.lru_cache(4096)
def _hyperparameters(text: str) -> Hyperparameters:
    return Hyperparameters.from_dict(json.loads(text))


@functools.lru_cache(256)
def _dataset(text: str) -> DatasetReference:
    return DatasetReference.from_dict(json.loads(text))


@functools.lru_cache(256)
def _plain(text: str) -> Mapping[str, Any]:
    return MappingProxyType(json.loads(text))
