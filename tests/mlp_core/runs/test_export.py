from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from mlp_core.datasets.recipe import Recipe
from mlp_core.errors import MlpError
from mlp_core.history_csv import COLUMNS
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.export import RUN_COLUMNS, write_curves_csv, write_runs_csv, write_runs_json
from mlp_core.runs.record import RunRecord
from mlp_core.snapshot import EpochStats

MakeRecord = Callable[..., RunRecord]
HISTORIES = {
    1: (EpochStats(1, 1 / 3, 0.1, 0.3, 2 / 3, 1e-7), EpochStats(2, 0.25, 0.1, 1.0, math.nan, 2.5)),
    2: (EpochStats(1, 1e300, 0.0, 0.5, 0.5, 1.0),),
}


@pytest.fixture
def runs(make_record: MakeRecord) -> list[RunRecord]:
    return [
        make_record(id=1, name='with "quotes", a comma\nand a line', n_hidden=(100, 50), eta=1 / 3, cost=1 / 7),
        make_record(id=2, note="ä·–", test_accuracy=math.nan, ended=None, sweep_id=4, setting=0, shuffle=False),
        make_record(id=3, epochs_done=0, cost=math.nan, starred=True),
    ]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_has_a_row_for_each_run_in_full_precision(tmp_path: Path, runs: list[RunRecord]) -> None:
    write_runs_csv(tmp_path / "runs.csv", runs)
    rows = rows_of(tmp_path / "runs.csv")
    assert tuple(rows[0]) == RUN_COLUMNS
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert [row["name"] for row in rows] == [run.name for run in runs]
    assert float(rows[0]["eta"]) == 1 / 3
    assert float(rows[0]["cost"]) == 1 / 7
    assert rows[0]["n_hidden"] == "100, 50"
    assert float(rows[0]["seconds_an_epoch"]) == 0.1
    assert (rows[1]["test_accuracy"], rows[1]["ended"], rows[1]["note"], rows[1]["shuffle"]) == ("", "", "ä·–", "no")
    assert (rows[1]["sweep"], rows[1]["setting"], rows[0]["sweep"]) == ("4", "0", "")
    assert (rows[2]["cost"], rows[2]["seconds_an_epoch"], rows[2]["starred"]) == ("", "", "True")
    assert rows[0]["began"] == "2026-03-01T09:30:00+00:00"
    assert all(None not in row for row in rows)


def test_json_tells_all_of_it(tmp_path: Path, runs: list[RunRecord]) -> None:
    path = tmp_path / "runs.json"
    write_runs_json(path, iter(runs), HISTORIES)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert "NaN" not in path.read_text(encoding="utf-8")
    for run, one in zip(runs, told, strict=True):
        assert Hyperparameters.from_dict(one["hyperparameters"]) == run.hyperparameters
        assert Recipe.from_dict(one["data_set"]["recipe"]) == run.dataset.recipe
    assert [[epoch["epoch"] for epoch in one["epochs"]] for one in told] == [[1, 2], [1], []]
    assert told[0]["epochs"][0]["cost"] == HISTORIES[1][0].cost
    assert told[0]["epochs"][1]["valid_accuracy"] is None
    assert told[1]["test_accuracy"] is None
    assert told[0]["versions"] == {"python": "3.11.7"}


def test_curves_are_one_row_for_each_epoch_of_each_run(tmp_path: Path, runs: list[RunRecord]) -> None:
    write_curves_csv(tmp_path / "curves.csv", runs, HISTORIES)
    rows = rows_of(tmp_path / "curves.csv")
    assert tuple(rows[0]) == ("run", "name", *COLUMNS)
    assert [(row["run"], row["epoch"]) for row in rows] == [("1", "1"), ("1", "2"), ("2", "1")]
    assert rows[0]["name"] == runs[0].name
    assert float(rows[0]["data_cost"]) == 1 / 3


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, runs: list[RunRecord]) -> None:
    path = tmp_path / "none" / "runs"
    writers: list[Callable[[], None]] = [
        lambda: write_runs_csv(path, runs),
        lambda: write_runs_json(path, runs, HISTORIES),
        lambda: write_curves_csv(path, runs, HISTORIES),
    ]
    for write in writers:
        with pytest.raises(MlpError, match=r"runs: cannot be written \(No such file or directory\)\. Choose"):
            write()
