from __future__ import annotations

import math

import numpy as np
import pytest

from mlp_core.runs.record import Status
from mlp_core.sweep.results import SweepResults
from tests.mlp_core.sweep.made_sweep import SAMPLES, plan_of, results_of, run_of

NAN = math.nan


def test_the_median_of_a_setting_is_that_over_its_seeds() -> None:
    table = [[140, 145, 141], [120, 130, 149, 131], [100]]
    for result, row in zip(results_of(table).settings, table, strict=True):
        accuracies = np.array(row) / SAMPLES
        assert result.accuracies == tuple(accuracies)
        assert result.median == pytest.approx(np.median(accuracies))
        assert (result.low, result.high) == (accuracies.min(), accuracies.max())


def test_settings_are_ranked_by_their_median() -> None:
    results = results_of([[140, 140, 100], [149, 120, 120], [130, 141, 141]])
    assert [result.setting for result in results.ranked()] == [2, 0, 1]


def test_of_equal_medians_the_better_mean_comes_first() -> None:
    results = results_of([[140, 140, 120], [140, 140, 130], [140, 140, 130]])
    assert [result.setting for result in results.ranked()] == [1, 2, 0]


def test_a_setting_with_a_diverged_seed_has_no_median() -> None:
    results = results_of([[149, 149], [100, 100]], {(0, 1): Status.DIVERGED})
    first = results.settings[0]
    assert first.diverged
    assert not first.finished
    assert math.isnan(first.median)
    assert first.accuracies[0] == 149 / SAMPLES
    assert math.isnan(first.accuracies[1])
    assert [result.setting for result in results.ranked()] == [1]
    assert (results.n_failed, results.n_finished) == (1, 3)


def test_a_seed_that_failed_is_left_out() -> None:
    result = results_of([[140, 149, 142]], {(0, 1): Status.FAILED}).settings[0]
    assert result.finished
    assert result.median == 141 / SAMPLES
    nothing = results_of([[140]], {(0, 0): Status.FAILED}).settings[0]
    assert nothing.over
    assert not nothing.finished


@pytest.mark.parametrize("status", [Status.RUNNING, Status.WAITING, Status.STOPPED, Status.INTERRUPTED, Status.PRUNED])
def test_what_is_not_finished_comes_after_what_is(status: Status) -> None:
    results = results_of([[149, 149], [100, 100]], {(0, 1): status})
    assert results.settings[0].median == 149 / SAMPLES
    assert [result.setting for result in results.ranked()] == [1, 0]
    assert results.over == (status is Status.PRUNED)


def test_settings_without_runs_are_there_too() -> None:
    plan = plan_of("eta=0.1,0.2", n_seeds=2)
    results = SweepResults.of(plan, [run_of(plan, 1, 1, NAN, Status.RUNNING), run_of(plan, 0, 1, 140, deleted=True)])
    assert [len(result.runs) for result in results.settings] == [0, 1]
    assert results.ranked() == ()
    assert not results.over
    assert results.counts == {Status.RUNNING: 1}


def test_runs_come_by_seed_in_whatever_order_they_are_given() -> None:
    plan = plan_of("eta=0.1", n_seeds=3)
    runs = [run_of(plan, 0, seed, 100 + seed) for seed in (3, 1, 2)]
    assert [run.hyperparameters.seed for run in SweepResults.of(plan, runs).settings[0].runs] == [1, 2, 3]


def test_settings_that_tpe_chose_are_those_of_the_runs() -> None:
    plan = plan_of("eta=1e-4..1e-1", "layers=0..2", method="tpe", n_settings=20)
    chosen = {"eta": 0.00123, "layers": 2}
    run = run_of(plan, 7, 1, 140, hyperparameters=plan.hyperparameters_at(chosen, 1))
    results = SweepResults.of(plan, [run])
    assert [(result.setting, dict(result.values)) for result in results.settings] == [(7, chosen)]
    assert results.axes_values == {"eta": (0.00123,), "layers": (2,)}
    assert not results.over


def test_the_test_accuracy_of_a_setting_is_the_median_too() -> None:
    plan = plan_of("eta=0.1", n_seeds=3)
    runs = [run_of(plan, 0, seed, 140, test_accuracy=test) for seed, test in ((1, 0.9), (2, 0.7), (3, NAN))]
    assert SweepResults.of(plan, runs).settings[0].test_accuracy == pytest.approx(0.8)


def test_the_grid_has_the_medians_of_two_fields() -> None:
    plan = plan_of("eta=0.1,0.2", "units=5,10,20")
    runs = [run_of(plan, setting, 1, 100 + setting) for setting in range(5)]
    xs, ys, medians = SweepResults.of(plan, runs).grid("units", "eta")
    assert (xs, ys) == ((5, 10, 20), (0.1, 0.2))
    np.testing.assert_array_equal(medians, np.array([[100, 101, 102], [103, 104, NAN]]) / SAMPLES)
    assert SweepResults.of(plan, runs).axes_values == {"eta": (0.1, 0.2), "units": (5, 10, 20)}


def test_a_cell_of_the_grid_shows_the_best_of_its_settings() -> None:
    plan = plan_of("eta=0.1,0.2", "units=5,10", "activation=sigmoid,relu")
    runs = [run_of(plan, setting, 1, 100 + setting) for setting in range(7)]  # the last one has none
    results = SweepResults.of(plan, runs)
    _, _, medians = results.grid("eta", "units")
    np.testing.assert_array_equal(medians, np.array([[101, 105], [103, 106]]) / SAMPLES)
    best = results.best_at("eta", "units", column=0, row=1)
    assert best is not None
    assert best.setting == 3


def test_no_hidden_layer_stands_for_any_number_of_units() -> None:
    plan = plan_of("layers=0,1", "units=5,10")
    runs = [run_of(plan, setting, 1, 100 + setting) for setting in range(3)]
    _, _, medians = SweepResults.of(plan, runs).grid("units", "layers")
    np.testing.assert_array_equal(medians, np.array([[100, 100], [101, 102]]) / SAMPLES)


def test_ranges_are_parted_for_the_grid() -> None:
    plan = plan_of("eta=1e-4..1e-1", "units=1..20", method="random", n_settings=50)
    results = SweepResults.of(plan, [run_of(plan, setting, 1, 100 + setting) for setting in range(50)])
    xs, ys, medians = results.grid("eta", "units")
    assert medians.shape == (len(ys), len(xs))
    assert list(xs) == sorted(xs, key=float)
    assert np.nanmax(medians) == 149 / SAMPLES
    for result in results.settings:  # each is in the cell whose middles are nearest, which has it or a better one
        column = int(np.abs(np.log(np.array(xs, float) / float(result.values["eta"]))).argmin())
        assert np.nanmax(medians[:, column]) >= result.median
    cells = [results.best_at("eta", "units", column, row) for row in range(len(ys)) for column in range(len(xs))]
    assert np.count_nonzero(~np.isnan(medians)) == sum(cell is not None for cell in cells)
