from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import sweep
from benchmarks.sweep import Measured, targets


def test_quick_mode_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep.main(["--quick", "--out", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "sweep.json").read_text(encoding="utf-8"))["rows"]
    assert [len(rows[kind]) for kind in ("bare", "one", "two")] == [1, 1, 1]
    assert "times as many as one" in capsys.readouterr().out


def test_the_targets_are_ratios_within_a_repeat() -> None:
    measured = Measured(bare=(10.0, 20.0, 10.0), one=(42.0, 84.0, 60.0), two=(21.0, 42.0, 60.0))
    throughput, overhead = targets(measured)
    assert (throughput.measured, throughput.met) == (2.0, True)
    assert overhead.measured == pytest.approx(5.0)
    assert not Measured((10.0,), (50.0,), (50.0,)).speedup() > 1
