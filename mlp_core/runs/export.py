"""Runs and their curves as CSV and JSON files."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mlp_core.history_csv import COLUMNS
from mlp_core.output_file import writing
from mlp_core.runs.differences import FIELDS, value_text
from mlp_core.runs.record import RunRecord
from mlp_core.snapshot import EpochStats

Histories = Mapping[int, Sequence[EpochStats]]

FIGURES: Final = (
    "epochs_done",
    "seconds",
    "seconds_an_epoch",
    "cost",
    "train_accuracy",
    "valid_accuracy",
    "best_valid_accuracy",
    "best_epoch",
    "test_accuracy",
)
RUN_COLUMNS: Final = (
    *("id", "name", "note", "starred", "status", "message", "began", "ended", "origin", "sweep", "setting"),
    *("data_set", "fingerprint", *FIELDS, *FIGURES),
)


def write_runs_csv(path: Path, runs: Iterable[RunRecord]) -> None:
    """Write one row a run: numbers in full precision, accuracies as fractions, times in UTC; what is not there empty.

    Raises
    ------
    MlpError
        If the file cannot be written.
    """
    with writing(path, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(RUN_COLUMNS)
        for run in runs:
            hyperparameters = [value_text(field, run.hyperparameters) for field in FIELDS]
            data = (run.dataset.name, run.dataset.fingerprint)
            writer.writerow([*_told(run).values(), *data, *hyperparameters, *_figures(run).values()])


def write_runs_json(path: Path, runs: Iterable[RunRecord], histories: Histories) -> None:
    """Write all that is known of each run, its epochs among it, as a list; a number that is not there is null.

    Parameters
    ----------
    path : Path
    runs : iterable of RunRecord
    histories : mapping of int to sequence of EpochStats
        By the run's id; a run that is not in it has no epochs.

    Raises
    ------
    MlpError
        If the file cannot be written.
    """
    told = [
        {
            **_told(run),
            "data_set": run.dataset.as_dict(),
            "hyperparameters": run.hyperparameters.as_dict(),
            **_figures(run),
            "versions": dict(run.versions),
            "epochs": [
                {column: _number(getattr(stats, column)) for column in COLUMNS} for stats in histories.get(run.id, ())
            ],
        }
        for run in runs
    ]
    with writing(path) as file:
        json.dump(told, file, indent=1, allow_nan=False)
        file.write("\n")


def write_curves_csv(path: Path, runs: Iterable[RunRecord], histories: Histories) -> None:
    """Write one row for each epoch of each run, with the run's id and name before what `write_history` writes.

    Raises
    ------
    MlpError
        If the file cannot be written.
    """
    with writing(path, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("run", "name", *COLUMNS))
        for run in runs:
            for stats in histories.get(run.id, ()):
                writer.writerow([run.id, run.name, *(getattr(stats, column) for column in COLUMNS)])


def _told(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "note": run.note,
        "starred": run.starred,
        "status": run.status.value,
        "message": run.message,
        "began": run.began.isoformat(),
        "ended": None if run.ended is None else run.ended.isoformat(),
        "origin": run.origin,
        "sweep": run.sweep_id,
        "setting": run.setting,
    }


def _figures(run: RunRecord) -> dict[str, Any]:
    return {name: _number(getattr(run, name)) for name in FIGURES}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None  # NaN is no JSON
