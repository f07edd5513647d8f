from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.differences import differing, number_text, value_text
from mlp_core.runs.record import RunRecord


def test_what_differs_is_told_in_the_order_of_the_hyperparameters(make_record: Callable[..., RunRecord]) -> None:
    runs = [make_record(seed=2, eta=0.1), make_record(seed=2, n_hidden=(7, 3)), make_record(seed=2)]
    assert differing(runs) == ("n_hidden", "eta")
    assert differing(runs[:1]) == differing([]) == ()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("n_hidden", (100, 50), "100, 50"),
        ("n_hidden", (), "none"),
        ("eta", 5e-4, "0.0005"),
        ("l2", 0.0, "0"),
        ("seed", None, "new each run"),
        ("seed", 3, "3"),
        ("shuffle", False, "no"),
        ("activation", "relu", "relu"),
        ("epochs", 10_000, "10000"),
    ],
)
def test_a_value_reads_as_in_the_window(field: str, value: object, text: str) -> None:
    assert value_text(field, Hyperparameters().replace(**{field: value})) == text


@given(st.floats(1e-6, 1e6))
def test_no_digit_of_a_number_is_lost(number: float) -> None:
    assert float(number_text(number)) == number
