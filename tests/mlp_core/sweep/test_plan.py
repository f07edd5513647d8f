from __future__ import annotations

import dataclasses
import itertools
import json
from typing import Any

import numpy as np
import pytest

from mlp_core.datasets import open_dataset
from mlp_core.datasets.dataset import Split
from mlp_core.errors import HyperparameterError, MlpError, SweepError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.sweep.axes import Range
from mlp_core.sweep.halving import Halving
from mlp_core.sweep.plan import SweepPlan
from tests.mlp_core.sweep.made_sweep import plan_of


def again(plan: SweepPlan) -> SweepPlan:
    return SweepPlan.from_dict(json.loads(json.dumps(plan.as_dict())))


def test_a_grid_has_every_combination_in_order() -> None:
    plan = plan_of("eta=0.1,0.2", "units=5,10,20", n_seeds=3)
    combinations = itertools.product((0.1, 0.2), (5, 10, 20))
    assert [dict(setting) for setting in plan.settings()] == [{"eta": e, "units": u} for e, u in combinations]
    assert (plan.n_settings, plan.n_runs, plan.n_epochs) == (6, 18, 18 * 30)


@pytest.mark.parametrize(
    "plan",
    [
        plan_of("eta=0.1,0.2", "activation=sigmoid,relu"),
        plan_of("eta=1e-4..1e-1", "units=5..50", "layers=0..2", method="random", n_settings=40),
        plan_of("layers=0,1,2", "units=5,6,7", method="random", n_settings=9),
        plan_of("layers=0,1,2", "units=5,6,7", method="random", n_settings=6),
        plan_of("eta=1e-4..1e-1", method="tpe", n_settings=20, n_seeds=2, halving=Halving(3, 2), random_seed=7),
        plan_of("eta=0.1,0.2", base=Hyperparameters(seed=None)),
    ],
)
def test_a_plan_survives_json_with_all_its_settings(plan: SweepPlan) -> None:
    assert again(plan) == plan
    assert again(plan).settings() == plan.settings()


def test_settings_drawn_at_random_differ_and_are_always_the_same() -> None:
    first, second = (plan_of("units=1..30", "layers=0..1", method="random", n_settings=25) for _ in range(2))
    assert first.settings() == second.settings()
    assert len({tuple(setting.values()) for setting in first.settings()}) == first.n_settings == 25
    other = plan_of("units=1..30", "layers=0..1", method="random", n_settings=25, random_seed=2)
    assert other.settings() != first.settings()


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_there_are_no_more_settings_than_different_ones(method: str) -> None:
    plan = plan_of("layers=0..2", "units=5,6", method=method, n_settings=1000)
    assert plan.n_settings == 5  # without a hidden layer, units make no difference


def test_units_make_no_difference_without_a_hidden_layer() -> None:
    plan = plan_of("layers=0,1", "units=5,6,7")
    shapes = [plan.hyperparameters_at(setting).n_hidden for setting in plan.settings()]
    assert shapes == [(), (5,), (6,), (7,)]


@pytest.mark.parametrize(
    ("n_hidden", "values", "expected"),
    [
        ((100, 50), {"units": 20}, (20, 20)),
        ((100, 50), {"layers": 3}, (100, 100, 100)),
        ((), {"layers": 2}, (100, 100)),
        ((100,), {"units": 7, "layers": 2}, (7, 7)),
        ((100,), {"layers": 0}, ()),
        ((100, 50), {"eta": 0.5}, (100, 50)),
    ],
)
def test_units_and_layers_make_hidden_layers(
    n_hidden: tuple[int, ...], values: dict[str, Any], expected: tuple[int, ...]
) -> None:
    axes = [f"{field}={value}" for field, value in values.items()]
    plan = plan_of(*axes, base=Hyperparameters(n_hidden=n_hidden, seed=4), n_seeds=3)
    assert plan.hyperparameters_at(values, 9).n_hidden == expected
    assert plan.hyperparameters_at(values, 9).seed == 9
    assert plan.seeds == (4, 5, 6)


def test_the_setting_of_a_run_is_found_again() -> None:
    plan = plan_of(
        "eta=1e-4..1e-1", "units=5..50", "layers=0..2", "activation=relu,tanh", method="random", n_settings=30
    )
    for setting in plan.settings():
        assert plan.setting_of(plan.hyperparameters_at(setting, 3)) == setting


def test_a_seed_that_was_not_chosen_is_drawn_once() -> None:
    plan = plan_of("eta=0.1", base=Hyperparameters(seed=None), n_seeds=2)
    assert plan.base.seed is not None
    assert plan.seeds == again(plan).seeds


def test_halving_leaves_out_what_is_ended_early() -> None:
    plan = plan_of("eta=0.1,0.2,0.3,0.4,0.5,0.6", n_seeds=2, halving=Halving(5))
    assert plan.rungs == (5, 15, 30)
    assert plan.counts == (6, 2, 1)
    assert plan.n_epochs == 2 * (5 * 6 + 10 * 2 + 15 * 1)


@pytest.mark.parametrize(
    ("axes", "fields", "message"),
    [
        ((), {}, "axes: nothing varies"),
        (("eta=0.1", "eta=0.2"), {}, "eta: it is there twice"),
        (("eta=1e-3..1",), {}, r"eta: a grid needs single values, not the range eta=0.001\.\.1"),
        (("eta=0.1",), {"method": "bayes"}, "method: 'bayes' is not known. Choose one of grid, random, tpe"),
        (("eta=0.1",), {"n_seeds": 0}, "seeds: 0 is out of range"),
        (("eta=0.1",), {"n_seeds": 2.0}, "seeds: 2.0 is out of range"),
        (("eta=1e-3..1",), {"method": "random", "n_settings": 0}, "settings: 0 is out of range"),
        (("eta=1e-3..1",), {"method": "tpe", "n_settings": 5000, "n_seeds": 3}, "runs: 15,000 is out of range"),
        (("eta=0.1",), {"halving": Halving(30)}, "halving: the first comparison, after 30 epochs, is not before"),
        (("units=5,10",), {"base": Hyperparameters(n_hidden=())}, "units: there is no hidden layer"),
        (("eta=0.1",), {"random_seed": -1}, "random seed: -1 is out of range"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(axes: tuple[str, ...], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SweepError, match=message):
        plan_of(*axes, **fields)


def test_too_many_combinations_are_refused_before_they_are_made() -> None:
    many, few = ",".join(map(str, range(1, 1001))), ",".join(str(k / 1000) for k in range(1, 1001))
    with pytest.raises(SweepError, match="runs: 1,000,000,000 is out of range"):
        plan_of(f"units={many}", f"minibatch_size={many}", f"eta={few}")


def test_the_last_seed_is_inside_its_bound() -> None:
    with pytest.raises(HyperparameterError, match="seed: 2147483648 is out of range"):
        plan_of("eta=0.1", base=Hyperparameters(seed=2**31 - 1), n_seeds=2)


@pytest.mark.parametrize("broken", [{}, {"axes": [{"field": "eta"}]}, {"halving": {"every": 1}}, {"base": {"x": 1}}])
def test_what_is_no_plan_is_told(broken: dict[str, Any]) -> None:
    values = plan_of("eta=0.1").as_dict() | broken if broken else {}
    with pytest.raises(MlpError):
        SweepPlan.from_dict(values)


def test_data_without_validation_samples_are_refused() -> None:
    dataset = open_dataset("digits")
    none = Split(dataset.valid.X[:0], dataset.valid.y[:0])
    with pytest.raises(SweepError, match=r"data set: .* has no validation samples, by which settings are compared"):
        plan_of("eta=0.1").check(dataclasses.replace(dataset, valid=none))


def test_data_that_do_not_fill_a_minibatch_are_refused() -> None:
    dataset = open_dataset("digits")
    for axis in (Range("minibatch_size", 10, 5000), plan_of("minibatch_size=10,5000").axes[0]):
        plan = plan_of(axes=(axis,), method="random", n_settings=3)
        with pytest.raises(SweepError, match=r"minibatch_size: the .* do not fill one minibatch of 5,000"):
            plan.check(dataset)
    plan_of("minibatch_size=10,100").check(dataset)


def test_data_made_of_arrays_are_refused_because_workers_cannot_open_them() -> None:
    with pytest.raises(SweepError, match="was made of arrays, which the worker processes cannot open"):
        plan_of("eta=0.1").check(dataclasses.replace(open_dataset("digits"), recipe=None))


def test_settings_cannot_be_changed() -> None:
    setting: Any = plan_of("eta=0.1").settings()[0]
    with pytest.raises(TypeError):
        setting["eta"] = 1.0
    assert plan_of("eta=0.1").draw(np.random.RandomState(1)) == setting
