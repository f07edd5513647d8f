from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import scaling
from benchmarks.scaling import Costs, Point, over_floor, targets


def test_quick_mode_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scaling.main(["--quick", "--out", str(tmp_path)]) == 0
    points = json.loads((tmp_path / "scaling.json").read_text())["rows"]["points"]
    series = {"hidden units", "minibatch", "training samples", "hidden layers of 100"}
    assert {point["against"] for point in points} == series
    assert all(len(point["costs"][kind]) == 1 for point in points for kind in ("epoch", "training", "floor"))
    told = capsys.readouterr().out
    assert all(name in told for name in series)


def test_what_a_part_took_is_scaled_to_the_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.data import Source
    from benchmarks.measure import Measured, Turn
    from mlp_core import Hyperparameters

    def measure(source: Source, turns: list[Turn], repeats: int, settle: float) -> Measured:
        return Measured(dict.fromkeys(turns, (1.0, 2.0)))

    monkeypatch.setattr(scaling, "measure", measure)
    costs = scaling.measure_costs.__wrapped__(Source(mnist=False), Hyperparameters(), 5_500, 55_000, False)
    assert costs == Costs((10.0, 20.0), (10.0, 20.0), (10.0, 20.0), None, None)


def test_the_target_is_that_of_a_thousand_hidden_units() -> None:
    def point(units: int, precision: str) -> Point:
        costs = Costs((3.0, 3.0, 3.0), (2.0, 3.0, 8.0), (1.0, 2.0, 2.0), None, None)
        return Point("hidden units", units, precision, 55_000, 5_500, costs)

    (target,) = targets([point(500, "float32"), point(1000, "float32"), point(1000, "float64")])
    assert target.measured == over_floor((2.0, 3.0, 8.0), (1.0, 2.0, 2.0)) == 2.0
    assert not target.met
