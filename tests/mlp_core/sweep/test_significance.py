from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from mlp_core.runs.record import Status
from mlp_core.sweep.significance import ALPHA, ENOUGH_SEEDS, least_p, permutation_p, seeds_needed, verdict
from tests.mlp_core.sweep.made_sweep import results_of

scipy_stats = importlib.import_module("scipy.stats")


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3), (4, 4), (5, 5), (7, 7), (3, 5), (6, 2)])
@pytest.mark.parametrize("samples", [30, 150, 10_000])
def test_p_is_that_of_scipy(sizes: tuple[int, int], samples: int) -> None:
    random = np.random.RandomState(sum(sizes) + samples)
    first, second = (random.binomial(samples, share, n) / samples for share, n in zip((0.93, 0.95), sizes, strict=True))
    expected = scipy_stats.permutation_test(
        (first * samples, second * samples),
        lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue
    assert permutation_p(first.tolist(), second.tolist()) == pytest.approx(expected, abs=1e-12)


def test_p_of_many_seeds_is_still_exact() -> None:
    first, second = [0.9] * 30, [0.8] * 30
    assert permutation_p(first, second) == pytest.approx(2 / math.comb(60, 30), rel=1e-9)


def test_thirds_are_equal_however_they_are_rounded() -> None:
    assert permutation_p([1 / 3, 2 / 3], [2 / 3, 1 / 3]) == 1
    assert permutation_p([0.1 + 0.2, 0.3], [0.3, 0.3]) == 1


def test_p_of_nothing_is_one() -> None:
    assert permutation_p([], [0.5]) == permutation_p([0.5], []) == permutation_p([0.5], [0.9]) == 1


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (3, 3), (4, 4), (2, 3)])
def test_the_least_p_is_that_of_seeds_that_do_not_overlap(n: int, m: int) -> None:
    assert permutation_p([0.8] * n, [0.9] * m) == pytest.approx(least_p(n, m))


def test_four_seeds_are_the_fewest_that_can_settle_it() -> None:
    assert ENOUGH_SEEDS == 4
    assert least_p(3, 3) > ALPHA > least_p(4, 4)


def test_equal_settings_are_hardly_ever_told_apart() -> None:
    random = np.random.RandomState(1)
    tables = [random.binomial(150, 0.95, (6, 5)).tolist() for _ in range(60)]
    assert sum(verdict(results_of(table)).settled for table in tables) <= ALPHA * len(tables)


def test_the_more_the_seeds_scatter_the_more_are_needed() -> None:
    near, far = seeds_needed([0.90, 0.91, 0.92], [0.89, 0.90, 0.91]), seeds_needed([0.9, 0.91, 0.92], [0.8, 0.8, 0.8])
    assert near is not None
    assert near > 10
    assert far == ENOUGH_SEEDS
    assert seeds_needed([0.9001, 0.8, 0.99], [0.9, 0.8, 0.99]) is None
    assert seeds_needed([0.9, 0.9], [0.9, 0.9]) is None
    assert seeds_needed([0.9], [0.1]) == ENOUGH_SEEDS


def test_as_many_seeds_as_are_needed_do_show_it() -> None:
    mean, apart, deviation = 0.95, 0.015, 0.01
    half = deviation / math.sqrt(2)  # of two values so far from their mean it is the standard deviation
    n = seeds_needed([mean - half, mean + half], [mean - apart - half, mean - apart + half])
    assert n is not None
    random = np.random.RandomState(3)
    first = random.normal(mean, deviation, (200, n)).round(3)
    second = random.normal(mean - apart, deviation, (200, n)).round(3)
    shown = [permutation_p(a, b) < ALPHA for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    assert 0.7 < np.mean(shown) < 0.9  # four in five are meant


def test_a_clear_lead_with_enough_seeds_is_more_than_luck() -> None:
    told = verdict(results_of([[140, 141, 140, 141, 140], [144, 145, 144, 145, 144], [130, 131, 132, 130, 131]]))
    assert told.settled
    assert told.best is not None
    assert told.second is not None
    assert (told.best.setting, told.second.setting) == (1, 0)
    assert told.p == pytest.approx(2 / math.comb(10, 5))
    assert (told.alike, told.seeds_needed) == ((), None)
    assert told.text == (
        "Best: eta 0.002, with 96.00% of the validation samples right. Second: eta 0.001, 2.67 percentage points less. "
        "That lead is more than luck, and so is the lead over each of the others.\n"
        "In 1 of 126 cases two equally good settings would differ as much by luck.\n"
        "The 5 seeds of the best range from 96.00% to 96.67%; their median counts."
    )


def test_a_lead_smaller_than_the_scatter_may_be_luck() -> None:
    told = verdict(results_of([[143, 144, 142, 145, 141], [144, 145, 143, 146, 141], [100, 101, 102, 100, 101]]))
    assert not told.settled
    assert told.p > ALPHA
    assert [result.setting for result in told.alike] == [0]
    assert told.seeds_needed is not None
    assert "0.67 percentage points less. That lead may well be luck.\n" in told.text
    assert f"about {told.seeds_needed} seeds a setting would show it" in told.text


def test_with_three_seeds_even_a_clear_lead_is_not_settled() -> None:
    told = verdict(results_of([[140, 141, 140], [144, 145, 144]]))
    assert not told.settled
    assert told.p == pytest.approx(0.1)
    assert told.alike == ()
    assert told.seeds_needed == ENOUGH_SEEDS
    assert "3 seeds are too few to rule luck out. In 1 of 10 cases" in told.text
    assert "Run at least 4 seeds" in told.text


def test_with_two_seeds_the_chance_is_one_in_three() -> None:
    assert "2 seeds are too few to rule luck out. In 1 of 3 cases" in verdict(results_of([[140, 141], [144, 145]])).text


def test_with_one_seed_nothing_can_be_said() -> None:
    told = verdict(results_of([[140], [144]]))
    assert (told.settled, told.p, told.seeds_needed) == (False, 1, ENOUGH_SEEDS)
    assert "Second: eta 0.001, 2.67 percentage points less. Whether that is luck cannot be said.\n" in told.text
    assert "With one seed nobody knows" in told.text


@pytest.mark.parametrize("n_seeds", [1, 3, 5])
def test_where_all_are_equal_none_is_called_better(n_seeds: int) -> None:
    told = verdict(results_of([[140] * n_seeds] * 7))
    assert (told.settled, told.p, len(told.alike)) == (False, 1, 6)
    assert "Just as good: eta 0.002; eta 0.003; eta 0.004; eta 0.005; and 2 more." in told.text
    assert "more than luck" not in told.text


def test_a_better_median_with_a_worse_mean_is_no_lead() -> None:
    told = verdict(results_of([[144, 144, 144, 100, 100], [143, 143, 143, 143, 143]]))
    assert told.best is not None
    assert told.best.setting == 0
    assert not told.settled
    assert "That lead may well be luck.\nOn average over its seeds the second is better." in told.text


def test_a_third_that_scatters_may_be_as_good_although_the_second_is_not() -> None:
    told = verdict(results_of([[145] * 5, [143] * 5, [142, 142, 142, 149, 149]]))
    assert told.p < ALPHA
    assert not told.settled
    assert [result.setting for result in told.alike] == [2]
    assert "Other settings that cannot be told from the best: eta 0.003." in told.text


def test_what_cannot_be_told_from_the_best_is_named() -> None:
    few = verdict(results_of([[144, 145, 146], [143, 145, 144], [143, 144, 145], [100, 100, 100]]))
    assert "Other settings whose seeds overlap with those of the best: eta 0.00" in few.text
    many = verdict(results_of([[144, 145, 146, 147]] + [[143, 145, 144, 146]] + [[143, 144, 145, 146]] * 7))
    assert "None of the other 8 settings can be told from the best." in many.text
    assert "; and 3 more" not in many.text


def test_the_best_of_many_is_a_lucky_one() -> None:
    accuracies = [[140 - k, 139 - k, 138 - k] for k in range(12)]
    assert "To be the best of 12 takes some luck, too: expect a little less" in verdict(results_of(accuracies)).text
    assert (
        "To be the best of 12 takes some luck, too: on the test samples, which had no say in the choice, it has 90.00% "
        "right." in verdict(results_of(accuracies, test_accuracy=0.9)).text
    )
    few = verdict(results_of([[140], [139]])).text
    assert "takes some luck" not in few
    assert "test samples" not in few


@pytest.mark.parametrize(
    ("best", "told"), [(0, "smallest tried: try smaller"), (1, None), (2, "largest tried: try larger")]
)
def test_a_best_value_at_the_end_of_what_was_tried_is_told(best: int, told: str | None) -> None:
    text = verdict(results_of([[145 if setting == best else 140] * 4 for setting in range(3)])).text
    assert (f"Its eta is the {told} ones, too." in text) if told else ("tried" not in text)


def test_before_anything_has_finished_there_is_no_best() -> None:
    told = verdict(results_of([[100, 101], [math.nan, 100]], dict.fromkeys([(0, 0), (1, 0), (1, 1)], Status.RUNNING)))
    assert (told.best, told.second, told.settled) == (None, None, False)
    assert math.isnan(told.p)
    assert told.text.startswith("No setting has finished yet.")


def test_one_setting_alone_is_compared_with_nothing() -> None:
    told = verdict(results_of([[140, 141], [149, 149]], {(1, 1): Status.RUNNING}))
    assert told.best is not None
    assert told.best.setting == 0
    assert told.second is None
    assert told.text.startswith("Best so far: eta 0.001, with")
    assert "no other to compare it with yet.\n1 setting is not done yet: this may change." in told.text
    assert "no other to compare it with." in verdict(results_of([[140, 141]])).text


def test_a_setting_that_diverged_is_not_the_best() -> None:
    told = verdict(results_of([[149, 149], [140, 141], [130, 131]], {(0, 1): Status.DIVERGED}))
    assert told.best is not None
    assert told.best.setting == 1
    assert "No good choice, because training diverged with a seed or more: eta 0.001." in told.text
    nothing = verdict(results_of([[149], [140]], {(0, 0): Status.DIVERGED, (1, 0): Status.DIVERGED}))
    assert nothing.best is None
    assert "No setting reached the end of training with all its seeds. Choose smaller values of eta." in nothing.text


def test_what_was_left_out_is_told() -> None:
    statuses = {(0, 0): Status.FAILED, (2, 0): Status.PRUNED, (2, 1): Status.PRUNED}
    told = verdict(results_of([[140, 141], [142, 143], [149, 149]], statuses))
    assert told.best is not None
    assert told.best.setting == 1
    assert "1 setting was ended early, because others were ahead. 1 run failed and is left out." in told.text
