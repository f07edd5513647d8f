from __future__ import annotations

import numpy as np
import pytest

from mlp_core.datasets.scaling import AT_ONCE, LECTURE, SCALINGS, SHORT, UNIT, scaling_of

X = np.random.RandomState(0).randint(0, 256, (50, 9)).astype(np.uint8)


def test_the_lectures_scaling() -> None:
    assert scaling_of("lecture", X, (0, 255)) is LECTURE
    np.testing.assert_array_equal(LECTURE(X, 0, 255), ((X / 255.0) - 0.5) * 2)


def test_unit() -> None:
    assert scaling_of("unit", X, (0, 255)) is UNIT
    np.testing.assert_array_equal(UNIT(X, 0, 255), X / 255)
    np.testing.assert_array_equal(UNIT(np.array([-1.0, 0, 1]), -1, 1), [0, 0.5, 1])


@pytest.mark.parametrize("pixel_range", [(0, 255), (0, 1), (-3, 7)])
def test_standardised_over_all_pixels(pixel_range: tuple[float, float]) -> None:
    scaled = scaling_of("standardised", X, pixel_range)(X, *pixel_range)
    assert scaled.mean() == pytest.approx(0, abs=1e-9)
    assert scaled.std() == pytest.approx(1)


def test_standardised_in_blocks() -> None:
    large = np.tile(X, (AT_ONCE // X.size + 1, 1))
    few, many = scaling_of("standardised", X, (0, 255)), scaling_of("standardised", large, (0, 255))
    assert (many.centre, many.factor) == pytest.approx((few.centre, few.factor))


def test_pixels_that_are_all_equal_become_zero() -> None:
    grey = np.full_like(X, 3)
    np.testing.assert_allclose(scaling_of("standardised", grey, (0, 255))(grey, 0, 255), 0, atol=1e-9)


def test_every_scaling_is_told_at_length_and_in_short() -> None:
    assert SCALINGS.keys() == SHORT.keys()
    for name in SCALINGS:
        assert scaling_of(name, X, (0, 255)).name == name
    with pytest.raises(KeyError):
        scaling_of("no such", X, (0, 255))
