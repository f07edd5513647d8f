from __future__ import annotations

import pytest

from benchmarks.tables import number, table, targets_table


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    assert table(("", "seconds"), [("ours", "1"), ("a long name", "12")]).splitlines() == [
        "|             | seconds |",
        "| ----------- | ------: |",
        "| ours        |       1 |",
        "| a long name |      12 |",
    ]


def test_targets_say_whether_they_are_met() -> None:
    told = {"what": "pause", "bound": 50.0, "at_most": True, "measured": 61.24, "unit": "ms", "met": False}
    ratio = {"what": "speed", "bound": 4.0, "at_most": False, "measured": 4.357, "unit": "", "met": True}
    lines = targets_table([told, ratio]).splitlines()
    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == ["pause", "≤ 50 ms", "61.2 ms", "no"]
    assert [cell.strip() for cell in lines[3].split("|")[1:-1]] == ["speed", "≥ 4 ×", "4.36 ×", "yes"]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.03124, "0.0312"), (1.25, "1.25"), (40.06, "40.1"), (512.3, "512"), (4.0, "4"), (1234.5, "1,234")],
)
def test_three_digits_count(value: float, told: str) -> None:
    assert number(value) == told
