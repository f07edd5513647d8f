from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.results import Spread, Target, save


@pytest.mark.parametrize(
    ("at_most", "measured", "met"),
    [
        (True, 1.1, True),
        (True, 1.2, True),
        (True, 1.3, False),
        (False, 1.1, False),
        (False, 1.2, True),
        (False, 1.3, True),
    ],
)
def test_a_target_is_met_on_the_right_side_of_its_bound(at_most: bool, measured: float, met: bool) -> None:
    assert Target("time", 1.2, at_most, measured).met is met


def test_a_spread_has_a_middle_and_two_ends() -> None:
    spread = Spread((3.0, 1.0, 2.0), "s")
    assert (spread.low, spread.median, spread.high) == (1.0, 2.0, 3.0)


def test_results_tell_the_machine_and_no_path_of_it(tmp_path: Path) -> None:
    path = save("speed", {"row": 1}, [Target("time", 2.0, True, 1.0, "s")], quick=True, folder=tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["targets"] == [
        {"what": "time", "bound": 2.0, "at_most": True, "measured": 1.0, "unit": "s", "met": True}
    ]
    assert content["machine"]["cores"] >= 1
    told = json.dumps(content)
    assert not any(str(path) in told for path in (Path.home(), Path(__file__).parents[2], tmp_path))
