from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import training_speed
from benchmarks.training_speed import EPOCH, TRAINING, Row, Timing, rows, targets, turns


def test_quick_mode_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert training_speed.main(["--quick", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "training_speed.json").read_text())
    assert content["quick"]
    table = content["rows"]["table"]
    absent = set(content["rows"]["absent"])
    assert {"mlp-viz", "lecture's loop", "floor, one core", "floor, all cores"} <= {row["name"] for row in table}
    assert {"PyTorch", "scikit-learn"} - absent <= {row["name"] for row in table}
    assert all(len(tried["seconds"]) == 1 for tried in content["rows"]["tried"])
    told = capsys.readouterr().out
    assert all(row["name"] in told for row in table)
    assert all(f"skipped: {name} (" in told for name in absent)


def test_at_full_size_every_library_tries_one_thread_and_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_speed, "cores", lambda: 4)
    tried = {(turn.entry.contender, turn.entry.threads) for turn in turns(quick=False)}
    for name in ("lecture", "scikit-learn", "PyTorch", "floor"):
        assert {threads for contender, threads in tried if contender == name} == {1, 4}
    assert len(set(turns(quick=False))) == len(turns(quick=False))


def test_a_ratio_is_taken_within_each_repeat() -> None:
    ours, theirs = Timing(1, (1.0, 2.0, 10.0)), Timing(2, (3.0, 8.0, 20.0))
    assert theirs.over(ours) == 3.0  # of 3, 4 and 2


def test_targets_compare_with_what_was_measured() -> None:
    def row(name: str, precision: str, seconds: float, size: int = 100) -> Row:
        return Row(name, precision, size, Timing(1, (seconds,)), Timing(1, (seconds / 2,)))

    found = {
        target.what: target
        for target in targets(
            [
                row("mlp-viz", "float32", 0.3),
                row("lecture's loop", "float64", 1.5),
                row("floor, one core", "float32", 0.2),
                row("floor, all cores", "float32", 0.15),
                row("mlp-viz", "float64", 1.0, 1),
                row("lecture's loop", "float64", 1.5, 1),
            ]
        )
    }
    assert {what: (round(target.measured, 9), target.met) for what, target in found.items()} == {
        "epoch with evaluation, float32, against the lecture's loop": (5.0, True),
        "training only, over the one-core floor": (1.5, False),
        "stretch: epoch with evaluation, over the all-core floor": (2.0, False),
        "minibatch 1, float64, against the lecture's loop": (1.5, False),
    }


def test_the_table_takes_the_best_number_of_threads() -> None:
    from benchmarks.measure import Measured

    measured = Measured()
    for turn in turns(quick=False):
        measured.seconds[turn] = (1.0, 1.0) if turn.entry.threads == 1 else (0.5, 0.75)
    found = {(row.name, row.precision, row.minibatch_size): row for row in rows(measured)}
    best = max(turn.entry.threads for turn in turns(quick=False))
    assert found["PyTorch", "float32", 100].epoch == Timing(best, (0.5, 0.75) if best > 1 else (1.0, 1.0))
    assert found["floor, one core", "float32", 100].epoch == Timing(1, (2.0, 2.0))
    assert found["scikit-learn", "float32", 100].epoch is None
    assert {turn.method for turn in turns(quick=True) if turn.entry.contender == "ours"} == {EPOCH, TRAINING}
