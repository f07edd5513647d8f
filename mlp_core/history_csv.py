"""The curves of a run as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from mlp_core.errors import MlpError
from mlp_core.snapshot import EpochStats

COLUMNS = ("epoch", "cost", "data_cost", "penalty", "train_accuracy", "valid_accuracy", "seconds")


def write_history(path: Path, history: Iterable[EpochStats]) -> None:
    """Write one row an epoch, numbers in full precision, accuracies as fractions.

    Raises
    ------
    MlpError
        If the file cannot be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows([getattr(stats, column) for column in COLUMNS] for stats in history)
    except OSError as error:
        raise MlpError(f"{path}: cannot be written ({error.strerror}). Choose another file.") from error
