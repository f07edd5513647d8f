from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mlp_core.errors import StoreError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Status
from mlp_core.runs.resume import resumed_trainer
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot
from mlp_core.trainer import Trainer, TrainingData
from tests.mlp_core.runs.made_runs import new_run, same_weights


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "runs.sqlite") as opened:
        yield opened


def small_data(dtype: str) -> TrainingData:
    random = np.random.RandomState(11)
    X, y = random.uniform(-1, 1, (57, 6)).astype(dtype), random.randint(0, 3, 57)
    return TrainingData(X[:47], y[:47], X[47:], y[47:], 3)


def snapshots(trainer: Trainer) -> list[EpochSnapshot]:
    return [step for step in trainer.steps() if isinstance(step, EpochSnapshot)]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("stopped_after", [0, 1, 13, 29, 40])
def test_it_ends_as_if_it_had_never_stopped(store: RunStore, stopped_after: int, precision: str) -> None:
    chosen = Hyperparameters(n_hidden=(5,), eta=0.05, epochs=40, minibatch_size=10, seed=3, precision=precision)
    data = small_data(precision)
    whole = snapshots(Trainer.fresh(data, chosen))
    run_id = store.begin(new_run(chosen))
    for snapshot in whole[:stopped_after]:
        store.add_epoch(run_id, snapshot)
    store.set_status(run_id, Status.INTERRUPTED)
    trainer = resumed_trainer(store, run_id, data)
    assert trainer.epochs_done == stopped_after
    store.reopen(run_id)
    for snapshot in snapshots(trainer):
        store.add_epoch(run_id, snapshot)
    store.end(run_id, Status.FINISHED)
    figures = [(each.epoch, each.cost, each.train_accuracy, each.valid_accuracy) for each in store.history(run_id)]
    expected = [each.stats for each in whole]
    assert figures == [(each.epoch, each.cost, each.train_accuracy, each.valid_accuracy) for each in expected]
    assert same_weights(store.checkpoint(run_id).weights, whole[-1].weights)


def test_there_are_epochs_after_the_last_weights_that_are_stored(store: RunStore) -> None:
    chosen = Hyperparameters(n_hidden=(5,), eta=0.05, epochs=40, minibatch_size=10, seed=3)
    run_id = store.begin(new_run(chosen))
    for snapshot in snapshots(Trainer.fresh(small_data("float64"), chosen)):
        store.add_epoch(run_id, snapshot)
        if snapshot.epoch not in store.checkpoints(run_id):
            return  # else the test above would not say what it is to say
    pytest.fail("the weights of each epoch are stored")


@pytest.mark.parametrize("status", [Status.FINISHED, Status.DIVERGED, Status.RUNNING])
def test_a_run_that_goes_on_or_is_over_is_refused(store: RunStore, status: Status) -> None:
    run_id = store.begin(new_run(name="wide"))
    if status is not Status.RUNNING:
        store.end(run_id, status)
    with pytest.raises(StoreError, match=f"“wide” is {status.value.lower()}"):
        resumed_trainer(store, run_id, small_data("float64"))
