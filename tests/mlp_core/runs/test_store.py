from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlp_core.errors import StoreError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore, default_store_path
from tests.mlp_core.runs.made_runs import checkpoint_of, new_run, same, snapshot


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "folder" / "runs.sqlite") as opened:
        yield opened


def test_a_run_that_begins(store: RunStore) -> None:
    chosen = Hyperparameters(n_hidden=(30, 20), eta=0.1, seed=7)
    before = datetime.now(UTC)
    run_id = store.begin(new_run(chosen, origin="window"))
    run = store.run(run_id)
    assert (run.hyperparameters, run.dataset, run.origin) == (chosen, new_run().dataset, "window")
    assert (run.name, run.note, run.status, run.message) == (f"Run {run_id}", "", Status.RUNNING, "")
    assert before <= run.began <= datetime.now(UTC)
    assert run.ended is None
    assert (run.epochs_done, run.best_epoch, run.seconds) == (0, 0, 0.0)
    assert all(math.isnan(value) for value in (run.cost, run.valid_accuracy, run.best_valid_accuracy))
    assert set(run.versions) == {"python", "numpy", "mlp-viz"}
    assert store.history(run_id) == ()
    assert store.checkpoints(run_id) == ()


def test_a_run_keeps_the_name_it_was_given(store: RunStore) -> None:
    assert store.run(store.begin(new_run(name=" wide "))).name == "wide"


def test_an_epoch_is_there_for_others_once_it_is_added(store: RunStore) -> None:
    run_id = store.begin(new_run())
    first, second = snapshot(1, 0.8), snapshot(2, 0.7)
    with RunStore(store.path) as other:
        store.add_epoch(run_id, first)
        store.add_epoch(run_id, second)
        run = other.run(run_id)
        assert (run.epochs_done, run.seconds) == (2, 0.5)
        assert (run.cost, run.train_accuracy, run.valid_accuracy) == (second.stats.cost, 0.75, 0.7)
        assert (run.best_valid_accuracy, run.best_epoch) == (0.8, 1)
        history = other.history(run_id)
        assert [repr(stats) for stats in history] == [repr(first.stats), repr(second.stats)]
        assert same(other.checkpoint(run_id), second)
        assert same(other.best_checkpoint(run_id), first)
        assert other.checkpoints(run_id) == (1, 2)


def test_the_best_epoch_is_the_first_that_reached_it(store: RunStore) -> None:
    run_id = store.begin(new_run())
    for epoch, accuracy in enumerate((0.2, 0.9, 0.9, 0.5), 1):
        store.add_epoch(run_id, snapshot(epoch, accuracy))
    assert store.run(run_id).best_epoch == 2


def test_without_a_validation_set_the_last_epoch_stands_for_the_best(store: RunStore) -> None:
    run_id = store.begin(new_run())
    for epoch in (1, 2):
        store.add_epoch(run_id, snapshot(epoch, float("nan")))
    run = store.run(run_id)
    assert run.best_epoch == 0
    assert math.isnan(run.valid_accuracy)
    assert math.isnan(run.best_valid_accuracy)
    assert math.isnan(store.history(run_id)[0].valid_accuracy)
    assert store.best_checkpoint(run_id).epoch == 2


def test_several_epochs_at_once(store: RunStore) -> None:
    run_id = store.begin(new_run(), Status.WAITING)
    first, best, last = snapshot(1, 0.5), snapshot(2, 0.9), snapshot(3, 0.7)
    stats = [each.stats for each in (first, best, last)]
    store.add_epochs(run_id, stats, [checkpoint_of(last), checkpoint_of(best)])
    assert store.run(run_id).status is Status.WAITING
    assert [repr(each) for each in store.history(run_id)] == [repr(each) for each in stats]
    assert same(store.checkpoint(run_id), last)
    assert same(store.best_checkpoint(run_id), best)


def test_the_end_of_a_run(store: RunStore) -> None:
    run_id = store.begin(new_run())
    store.end(run_id, Status.FAILED, "no memory", 0.75)
    run = store.run(run_id)
    assert (run.status, run.message, run.test_accuracy) == (Status.FAILED, "no memory", 0.75)
    assert run.ended is not None
    assert run.ended >= run.began


def test_what_changed_since_is_what_has_a_larger_revision(store: RunStore) -> None:
    first, second = store.begin(new_run()), store.begin(new_run())
    seen = store.revision()
    assert [run.id for run in store.runs()] == [first, second]
    assert store.runs(after=seen) == ()
    store.rename(first, "wide")
    assert store.revision() > seen
    (changed,) = store.runs(after=seen)
    assert (changed.id, changed.name, changed.revision) == (first, "wide", store.revision())


def test_editing(store: RunStore) -> None:
    first, second = store.begin(new_run()), store.begin(new_run())
    store.rename(first, "wide")
    store.set_note(first, "two\nlines")
    store.set_starred((first, second), True)
    store.set_starred((second,), False)
    assert [(run.name, run.note, run.starred) for run in store.runs()] == [
        ("wide", "two\nlines", True),
        (f"Run {second}", "", False),
    ]
    store.rename(first, " ")
    assert store.run(first).name == f"Run {first}"


def test_a_deleted_run_can_be_restored(store: RunStore) -> None:
    ids = [store.begin(new_run()) for _ in range(3)]
    store.delete(ids[:2])
    store.restore(ids[1:2])
    assert [run.deleted for run in store.runs()] == [True, False, False]


def test_a_purge_removes_what_was_deleted_for_good(store: RunStore) -> None:
    ids = [store.begin(new_run()) for _ in range(3)]
    for run_id in ids:
        store.add_epoch(run_id, snapshot(1))
    for run_id in ids[:2]:
        store.end(run_id, Status.FINISHED)
    store.delete(ids)
    store.restore(ids[1:2])
    store.purge(timedelta(days=1))
    assert len(store.runs()) == 3
    store.purge(timedelta(0))
    assert [run.id for run in store.runs()] == ids[1:]  # the second is not deleted, the third still goes on
    with pytest.raises(StoreError, match=f"no run {ids[0]}"):
        store.history(ids[0])
    assert store.begin(new_run()) > ids[2]


def test_the_default_place_is_the_users_data_folder() -> None:
    with RunStore() as store:
        assert store.path == default_store_path()
        assert store.path.is_file()
        assert store.remark == ""


def test_a_run_that_is_not_there(store: RunStore) -> None:
    for call in (
        lambda: store.run(7),
        lambda: store.history(7),
        lambda: store.checkpoint(7),
        lambda: store.checkpoints(7),
        lambda: store.best_checkpoint(7),
        lambda: store.add_epoch(7, snapshot(1)),
        lambda: store.add_epochs(7, [snapshot(1).stats], []),
        lambda: store.end(7, Status.FINISHED),
        lambda: store.set_status(7, Status.WAITING),
        lambda: store.reopen(7),
        lambda: store.rename(7, "x"),
        lambda: store.set_note(7, "x"),
        lambda: store.set_starred([7], True),
        lambda: store.delete([7]),
        lambda: store.restore([7]),
    ):
        with pytest.raises(StoreError, match="no run 7"):
            call()
    assert store.revision() == 0


def test_a_change_of_several_runs_is_made_wholly_or_not_at_all(store: RunStore) -> None:
    run_id = store.begin(new_run())
    with pytest.raises(StoreError, match="no run 99"):
        store.delete([run_id, 99])
    assert not store.run(run_id).deleted


def test_weights_of_an_epoch_that_are_not_kept(store: RunStore) -> None:
    run_id = store.begin(new_run(name="wide"))
    with pytest.raises(StoreError, match="“wide” are not kept for any epoch"):
        store.checkpoint(run_id)
    store.add_epoch(run_id, snapshot(1))
    with pytest.raises(StoreError, match="“wide” are not kept for epoch 2"):
        store.checkpoint(run_id, 2)


def test_only_a_run_that_was_stopped_or_interrupted_goes_on(store: RunStore) -> None:
    run_id = store.begin(new_run())
    with pytest.raises(StoreError, match="is running"):
        store.reopen(run_id)
    store.end(run_id, Status.STOPPED, "by the user")
    store.reopen(run_id)
    run = store.run(run_id)
    assert (run.status, run.message, run.ended) == (Status.RUNNING, "", None)


def test_what_is_there_after_closing(tmp_path: Path) -> None:
    with RunStore(tmp_path / "runs.sqlite") as store:
        run_id = store.begin(new_run())
        store.add_epoch(run_id, snapshot(1, dtype="float32"))
        record = store.run(run_id)
    with RunStore(tmp_path / "runs.sqlite") as store:
        assert repr(store.run(run_id)) == repr(record)
        assert same(store.checkpoint(run_id), snapshot(1, dtype="float32"))
    with pytest.raises(StoreError):
        store.run(run_id)
