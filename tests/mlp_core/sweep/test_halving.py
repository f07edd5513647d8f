from __future__ import annotations

import math
from typing import Any

import pytest

from mlp_core.errors import SweepError
from mlp_core.sweep.halving import Halving, goes_on, survivors

NAN = math.nan


@pytest.mark.parametrize(
    ("halving", "epochs", "rungs"),
    [
        (Halving(3), 30, (3, 9, 27, 30)),
        (Halving(1, 2), 8, (1, 2, 4, 8)),
        (Halving(10), 10, (10,)),
        (Halving(20), 10, (10,)),
    ],
)
def test_each_rung_takes_so_many_times_the_epochs(halving: Halving, epochs: int, rungs: tuple[int, ...]) -> None:
    assert halving.rungs(epochs) == rungs


def test_one_of_so_many_goes_on_and_at_least_one() -> None:
    assert Halving(3).counts(12, 30) == (12, 4, 1, 1)
    assert Halving(1, 2).counts(5, 8) == (5, 2, 1, 1)


@pytest.mark.parametrize(("first", "factor"), [(0, 3), (-1, 3), (1.5, 3), (True, 3), (3, 1), (3, 11), (3, "2")])
def test_numbers_out_of_range_are_refused(first: Any, factor: Any) -> None:
    with pytest.raises(SweepError, match=r"^halving, (first_epochs|factor): .* Choose a whole number from"):
        Halving(first, factor)


def test_the_best_median_goes_on_whatever_one_lucky_seed_did() -> None:
    values = {0: (0.9, 0.9, 0.9), 1: (0.99, 0.5, 0.5), 2: (0.8, 0.95, 0.95), 3: (0.7, 0.7, 0.7)}
    assert survivors(values, 2) == (2, 0)
    assert survivors(values, 3) == (2,)
    assert survivors(values, 9) == (2,)


def test_a_setting_with_a_diverged_seed_does_not_go_on() -> None:
    assert survivors({0: (0.9, NAN), 1: (0.5, 0.5), 2: (NAN, NAN)}, 2) == (1,)
    assert survivors({0: (NAN,), 1: (NAN,)}, 2) == ()


def test_of_equal_medians_the_better_mean_goes_on_and_then_the_earlier() -> None:
    assert survivors({0: (0.8, 0.9, 0.9), 1: (0.85, 0.9, 0.9)}, 2) == (1,)
    assert survivors({1: (0.9,), 0: (0.9,)}, 2) == (0,)


def test_where_not_all_have_arrived_the_best_part_of_those_that_have_goes_on() -> None:
    assert goes_on((0.5,), [], 3)
    assert not goes_on((0.5,), [(0.6,)], 3)
    assert goes_on((0.7,), [(0.6,)], 3)
    assert goes_on((0.55,), [(0.6,), (0.5,), (0.5,), (0.5,), (0.5,)], 3)  # two of six
    assert not goes_on((0.55,), [(0.6,), (0.7,), (0.5,), (0.5,), (0.5,)], 3)
    assert not goes_on((NAN,), [], 3)
    assert goes_on((0.5,), [(NAN,)], 3)
