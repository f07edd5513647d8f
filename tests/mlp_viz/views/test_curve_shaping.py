from __future__ import annotations

import numpy as np
import pytest

from mlp_viz.views.curve_shaping import robust_range, smoothed, thinned

FALLING = 5000 + 25_000 * np.exp(-np.arange(200) / 40)


def test_no_smoothing_is_the_values_themselves() -> None:
    assert smoothed(FALLING, 0) is FALLING
    assert smoothed(np.empty(0), 0.9).size == 0


def test_smoothing_is_the_moving_average_corrected_for_its_start() -> None:
    values = np.array([10.0, 20.0, 0.0])
    by_hand = [10, (0.5 * 20 + 0.25 * 10) / 0.75, (0.5 * 0 + 0.25 * 20 + 0.125 * 10) / 0.875]
    np.testing.assert_allclose(smoothed(values, 0.5), by_hand)
    np.testing.assert_allclose(smoothed(np.full(50, 3.0), 0.99), 3.0)


def test_smoothing_lessens_noise() -> None:
    noise = np.random.RandomState(1).randn(1000)
    assert smoothed(noise, 0.9).std() < 0.4 * noise.std()


def test_a_short_curve_is_not_thinned() -> None:
    x = np.arange(200.0)
    assert thinned(x, FALLING, 100) == (x, FALLING)


@pytest.mark.parametrize("n", [201, 999, 10_000])
def test_thinning_keeps_order_ends_and_peaks(n: int) -> None:
    x, y = np.arange(float(n)), np.random.RandomState(n).randn(n)
    y[n // 3], y[n // 2] = 99, -99
    few_x, few_y = thinned(x, y, 100)
    assert len(few_x) <= 202
    assert (np.diff(few_x) > 0).all()
    assert (few_x[0], few_x[-1]) == (0, n - 1)
    assert (few_y.max(), few_y.min()) == (99, -99)
    np.testing.assert_array_equal(few_y, y[few_x.astype(int)])


def test_ordinary_runs_are_shown_whole() -> None:
    assert robust_range([FALLING], worse_above=True) == (FALLING.min(), FALLING.max())
    assert robust_range([FALLING, 2 * FALLING], worse_above=True) == (FALLING.min(), 2 * FALLING.max())


def test_a_first_epoch_does_not_ruin_the_scale() -> None:
    huge = np.append(1e9, FALLING)
    assert robust_range([huge], worse_above=True) == (FALLING.min(), FALLING.max())
    assert robust_range([np.array([1e6, 10.0, 9.0, 8.0, 7.0])], worse_above=True) == (7, 10)


def test_the_run_that_needs_too_much_is_left_out() -> None:
    away = np.linspace(150_000, 16_000, 40)
    assert robust_range([FALLING, FALLING + 1000, away], worse_above=True) == (FALLING.min(), FALLING.max() + 1000)


def test_the_better_end_shows_all() -> None:
    bad = np.full(20, 11.35)
    good = np.linspace(50, 97, 20)
    assert robust_range([bad, bad, good], worse_above=False) == (11.35, 97)
    low, high = robust_range([good, good + 1, good + 2, bad - 1000], worse_above=False)
    assert (low, high) == (50, 99)


def test_two_runs_far_apart_are_both_shown() -> None:
    assert robust_range([np.full(20, 0.2), np.full(20, 0.9)], worse_above=True) == (0.2, 0.9)


def test_few_epochs_are_all_shown() -> None:
    assert robust_range([np.array([900.0, 20.0, 10.0])], worse_above=True) == (10, 900)


def test_there_is_a_range_for_anything() -> None:
    assert robust_range([], worse_above=True) == (0, 1)
    assert robust_range([np.empty(0)], worse_above=False) == (0, 1)
    assert robust_range([np.array([5.0]), np.empty(0)], worse_above=False) == (5, 5)
