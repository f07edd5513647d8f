from __future__ import annotations

from math import nan

import pytest

from mlp_core.snapshot import EpochStats
from mlp_viz.views.quantity import QUANTITIES

STATS = EpochStats(1, 4900.0, 165.78, 0.9928, 0.9798, 0.1)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("cost", "5,066"),
        ("train_accuracy", "99.28 %"),
        ("valid_accuracy", "97.98 %"),
        ("train_error", "0.72 %"),
        ("valid_error", "2.02 %"),
    ],
)
def test_values_read_in_their_units(key: str, text: str) -> None:
    quantity = QUANTITIES[key]
    assert quantity.text(quantity.value(STATS)) == text
    assert quantity.high_is_good == key.endswith("accuracy")


def test_costs_are_as_short_as_they_can_be_and_a_missing_split_reads_as_a_dash() -> None:
    assert QUANTITIES["cost"].text(88.236) == "88.24"
    assert QUANTITIES["cost"].text(5.382e10) == "5.4e+10"
    assert QUANTITIES["cost"].text(nan) == "not finite"
    assert QUANTITIES["valid_error"].text(nan) == "–"
