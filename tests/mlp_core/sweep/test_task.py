from __future__ import annotations

import math
import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from mlp_core import Hyperparameters, Trainer, TrainingData, open_dataset
from mlp_core.blas import use_one_thread
from mlp_core.datasets.dataset import Dataset
from mlp_core.evaluation import accuracy
from mlp_core.runs.record import DatasetReference
from mlp_core.snapshot import EpochSnapshot, EpochStats
from mlp_core.sweep import task as module
from mlp_core.sweep.task import Task, TaskResult, TrialError, carry_out

CHOSEN = Hyperparameters(n_hidden=(8,), eta=0.01, epochs=5, seed=3)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with use_one_thread():
        yield


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_dataset("digits")


@pytest.fixture(scope="module")
def reference(digits: Dataset) -> DatasetReference:
    return DatasetReference.of(digits)


def sent(thing: Task | TaskResult) -> Task | TaskResult:
    copy = pickle.loads(pickle.dumps(thing))
    assert isinstance(copy, type(thing))
    return copy


def test_a_chain_of_tasks_is_one_run_to_the_bit(digits: Dataset, reference: DatasetReference) -> None:
    trainer = Trainer.fresh(TrainingData.of(digits), CHOSEN)
    whole = [step for step in trainer.steps() if isinstance(step, EpochSnapshot)]
    start, best, tests = None, math.nan, []
    stats: list[EpochStats] = []
    for until in (1, 3, 5):
        task = Task(
            run_id=7,
            hyperparameters=CHOSEN,
            dataset=reference,
            start=start,
            until_epoch=until,
            seconds=60,
            best_valid_accuracy=best,
        )
        result = sent(carry_out(sent(task)))  # type: ignore[arg-type]
        assert isinstance(result, TaskResult)
        assert result.last is not None
        assert (result.run_id, result.last.epoch, result.diverged) == (7, until, "")
        start = result.last
        stats += result.stats
        tests.append(result.test_accuracy)
        if result.best is not None:
            best = stats[result.best.epoch - 1].valid_accuracy
            assert best == max(epoch.valid_accuracy for epoch in stats)
    assert [(epoch.epoch, epoch.cost, epoch.valid_accuracy) for epoch in stats] == [
        (snapshot.epoch, snapshot.stats.cost, snapshot.stats.valid_accuracy) for snapshot in whole
    ]
    assert start is not None
    for mine, theirs in zip(start.weights.w, whole[-1].weights.w, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert start.generator == whole[-1].generator
    assert np.isnan(tests[:2]).all()
    assert tests[2] == accuracy(trainer.network, digits.scaled(digits.test.X), digits.test.y)


def test_a_task_ends_after_its_time_but_not_within_an_epoch(reference: DatasetReference) -> None:
    task = Task(run_id=1, hyperparameters=CHOSEN, dataset=reference, start=None, until_epoch=5, seconds=0)
    result = carry_out(task)
    assert [epoch.epoch for epoch in result.stats] == [1]
    assert math.isnan(result.test_accuracy)


def test_a_trial_at_its_end_is_only_tested(reference: DatasetReference) -> None:
    first = carry_out(Task(run_id=1, hyperparameters=CHOSEN, dataset=reference, start=None, until_epoch=5, seconds=60))
    again = Task(run_id=1, hyperparameters=CHOSEN, dataset=reference, start=first.last, until_epoch=5)
    result = carry_out(again)
    assert (result.stats, result.last, result.test_accuracy) == ((), None, first.test_accuracy)


def test_only_a_better_epoch_comes_with_the_weights_of_the_best(reference: DatasetReference) -> None:
    task = Task(run_id=1, hyperparameters=CHOSEN, dataset=reference, start=None, until_epoch=2, best_valid_accuracy=1.0)
    assert carry_out(task).best is None


def test_a_trial_that_diverges_gives_what_came_before(reference: DatasetReference) -> None:
    wild = CHOSEN.replace(eta=10.0, l2=100.0, activation="relu", n_hidden=(8, 8))
    result = carry_out(Task(run_id=1, hyperparameters=wild, dataset=reference, start=None, until_epoch=5))
    assert "diverged in epoch" in result.diverged
    assert math.isnan(result.test_accuracy)


def test_a_minibatch_larger_than_the_data_is_the_trials_own_failure(reference: DatasetReference) -> None:
    chosen = CHOSEN.replace(minibatch_size=100_000)
    with pytest.raises(TrialError, match="do not fill one minibatch") as raised:
        carry_out(Task(run_id=1, hyperparameters=chosen, dataset=reference, start=None, until_epoch=5))
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


@pytest.mark.parametrize(("raised", "words"), [(MemoryError(), "not enough memory"), (KeyError("x"), "KeyError: 'x'")])
def test_whatever_goes_wrong_is_told_in_words(
    reference: DatasetReference, monkeypatch: pytest.MonkeyPatch, raised: Exception, words: str
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(module, "_data", fail)
    with pytest.raises(TrialError, match=words):
        carry_out(Task(run_id=1, hyperparameters=CHOSEN, dataset=reference, start=None, until_epoch=5))
