from __future__ import annotations

import pytest
from scipy.stats import binomtest

from mlp_core.mcnemar import mcnemar

CASES = [(0, 1), (1, 0), (0, 5), (6, 0), (1, 1), (7, 3), (12, 12), (61, 23), (23, 61), (185, 180), (4000, 4300)]


@pytest.mark.parametrize(("fixed", "introduced"), CASES)
def test_it_is_the_exact_binomial_test(fixed: int, introduced: int) -> None:
    expected = binomtest(fixed, fixed + introduced, 0.5).pvalue
    assert mcnemar(fixed, introduced) == pytest.approx(expected, rel=1e-8)


def test_without_a_difference_chance_explains_it() -> None:
    assert mcnemar(0, 0) == 1


def test_what_is_too_unlikely_for_a_float_is_zero() -> None:
    assert mcnemar(60_000, 0) == 0
