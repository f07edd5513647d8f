from __future__ import annotations

import math
from typing import Any

import pytest

from mlp_core import Hyperparameters, open_dataset
from mlp_core.runs.record import DatasetReference, Status
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.axes import Axis, Range
from mlp_core.sweep.halving import Halving
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.schedule import Schedule, Trial

ETAS = (0.001, 0.002, 0.003, 0.004)


def schedule_of(**changes: Any) -> Schedule:
    plan: dict[str, Any] = {
        "name": "",
        "base": Hyperparameters(epochs=4, seed=1),
        "axes": (Axis("eta", ETAS),),
        "method": "grid",
        "n_settings": 4,
        "n_seeds": 2,
        "halving": None,
        "dataset": DatasetReference.of(open_dataset("digits")),
    }
    return Schedule(SweepPlan(**{**plan, **changes}), (), lambda run_id: ())


def train(schedule: Schedule, trial: Trial, accuracy: float) -> list[Trial]:
    """Train a trial to the end of its rung, and return those that are given up by it."""
    epochs = range(trial.epochs_done + 1, trial.until_epoch + 1)
    trial.note((EpochStats(epoch, 1.0, 0.0, accuracy, accuracy, 1.0) for epoch in epochs), schedule.plan.rungs)
    if trial.epochs_done == 4:
        trial.status = Status.FINISHED
    given_up: list[Trial] = []
    while pruned := schedule.settle():
        for other in pruned:
            other.status = Status.PRUNED
        given_up += pruned
    return given_up


def eta(trial: Trial) -> float:
    return trial.hyperparameters.eta


def handed_out(schedule: Schedule) -> list[Trial]:
    trials = []
    while trial := schedule.next():
        trials.append(trial)
    return trials


def test_all_settings_come_with_one_seed_before_any_with_the_next() -> None:
    trials = handed_out(schedule_of())
    assert [trial.hyperparameters.seed for trial in trials] == [1] * 4 + [2] * 4
    assert [eta(trial) for trial in trials] == [*ETAS, *ETAS]


def test_a_trial_that_goes_on_comes_before_others() -> None:
    schedule = schedule_of()
    first = schedule.next()
    assert first is not None
    schedule.go_on(first)
    assert schedule.next() is first


def test_nothing_goes_on_before_all_have_arrived() -> None:
    schedule = schedule_of(halving=Halving(1, 2))
    *others, last = handed_out(schedule)
    for trial in others:
        assert train(schedule, trial, eta(trial)) == []
    assert schedule.next() is None
    pruned = train(schedule, last, eta(last))
    assert {eta(trial) for trial in pruned} == {0.001, 0.002}
    assert {(eta(trial), trial.until_epoch) for trial in handed_out(schedule)} == {(0.003, 2), (0.004, 2)}


@pytest.mark.parametrize("status", [Status.DIVERGED, Status.FAILED])
def test_a_setting_with_a_seed_that_failed_does_not_go_on(status: Status) -> None:
    schedule = schedule_of(halving=Halving(1, 2))
    trials = handed_out(schedule)
    trials[3].status = status
    for trial in trials[:3] + trials[4:]:
        train(schedule, trial, eta(trial))
    assert trials[7].status is Status.PRUNED
    assert {eta(trial) for trial in handed_out(schedule)} == {0.002, 0.003}


def test_tpe_decides_as_settings_arrive() -> None:
    schedule = schedule_of(axes=(Range("eta", 1e-3, 1e-1),), method="tpe", n_seeds=1, halving=Halving(1, 2))
    accuracies = iter((0.5, 0.4, 0.9, 0.1))
    reached = []
    while trial := schedule.next():
        accuracy = next(accuracies) if trial.epochs_done == 0 else trial.best_valid_accuracy
        train(schedule, trial, accuracy)
        reached.append((trial.setting, trial.epochs_done))
    assert reached == [(0, 1), (0, 2), (0, 4), (1, 1), (2, 1), (2, 2), (2, 4), (3, 1)]
    assert schedule.n_epochs == sum(trial.epochs_done for trial in schedule.trials)


def test_epochs_that_will_not_be_are_not_foreseen() -> None:
    schedule = schedule_of()
    assert schedule.n_epochs == 32
    first = schedule.trials[0]
    first.note((EpochStats(1, 1.0, 0.0, 0.5, math.nan, 1.0),), (4,))
    first.status = Status.DIVERGED
    assert schedule.n_epochs == 29
    assert math.isnan(first.best_valid_accuracy)
