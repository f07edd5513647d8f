import csv
import math
from pathlib import Path

import pytest

from mlp_core.errors import MlpError
from mlp_core.history_csv import COLUMNS, write_history
from mlp_core.snapshot import EpochStats

HISTORY = [
    EpochStats(1, 1 / 3, 0.1, 0.1 + 0.2, 2 / 3, 1e-7),
    EpochStats(2, 1e300, 0.0, 1.0, math.nan, 12345.678),
]


def test_every_number_comes_back_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    write_history(path, HISTORY)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["epoch"] for row in rows] == ["1", "2"]
    for row, stats in zip(rows, HISTORY, strict=True):
        for column in COLUMNS:
            want = getattr(stats, column)
            assert float(row[column]) == want or math.isnan(want)


def test_no_epochs_are_a_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    write_history(path, [])
    assert path.read_text().splitlines() == [",".join(COLUMNS)]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MlpError, match=r"curves\.csv: cannot be written \(No such file or directory\)\. Choose"):
        write_history(tmp_path / "missing" / "curves.csv", HISTORY)
    with pytest.raises(MlpError, match="cannot be written"):
        write_history(tmp_path, HISTORY)
