from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mlp_core.errors import StoreError
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore
from tests.mlp_core.runs.made_runs import new_run

PLAN = {"axes": [{"field": "eta", "values": [0.1, 0.2]}], "n_seeds": 3}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "folder" / "runs.sqlite") as opened:
        yield opened


def test_a_sweep_that_begins(store: RunStore) -> None:
    sweep_id = store.add_sweep("", PLAN)
    sweep = store.sweep(sweep_id)
    assert (sweep.name, sweep.plan, sweep.status) == (f"Sweep {sweep_id}", PLAN, Status.RUNNING)
    assert (sweep.message, sweep.ended, sweep.deleted) == ("", None, False)


def test_a_sweep_has_its_runs(store: RunStore) -> None:
    store.begin(new_run())
    sweep_id = store.add_sweep("etas", PLAN)
    ids = [store.begin(new_run(sweep_id=sweep_id, setting=k, origin="sweep"), Status.WAITING) for k in (0, 1, 2)]
    store.delete(ids[:1])
    runs = store.sweep_runs(sweep_id)
    assert [(run.id, run.sweep_id, run.setting, run.status) for run in runs] == [
        (ids[k], sweep_id, k, Status.WAITING) for k in (1, 2)
    ]


def test_the_end_of_a_sweep_and_how_it_goes_on(store: RunStore) -> None:
    sweep_id = store.add_sweep("etas", PLAN)
    store.end_sweep(sweep_id, Status.FAILED, "no workers")
    sweep = store.sweep(sweep_id)
    assert (sweep.status, sweep.message) == (Status.FAILED, "no workers")
    assert sweep.ended is not None
    assert sweep.ended >= sweep.began
    store.reopen_sweep(sweep_id)
    sweep = store.sweep(sweep_id)
    assert (sweep.status, sweep.message, sweep.ended) == (Status.RUNNING, "", None)


def test_a_sweep_of_another_process_is_not_taken_from_it(store: RunStore) -> None:
    sweep_id = store.add_sweep("etas", PLAN)
    store.reopen_sweep(sweep_id)  # it is ours
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE sweeps SET owner_host = 'elsewhere'")
    with pytest.raises(StoreError, match="goes on already, in another window or terminal"):
        store.reopen_sweep(sweep_id)
    store.end_sweep(sweep_id, Status.STOPPED)
    store.reopen_sweep(sweep_id)
    assert store.sweep(sweep_id).status is Status.RUNNING


def test_a_sweep_is_deleted_and_restored_with_its_runs(store: RunStore) -> None:
    sweep_id = store.add_sweep("etas", PLAN)
    ids = [store.begin(new_run(sweep_id=sweep_id)) for _ in range(3)]
    store.delete(ids[:1])
    seen = store.revision()
    store.delete_sweep(sweep_id)
    assert [sweep.deleted for sweep in store.sweeps(after=seen)] == [True]
    assert [run.id for run in store.runs(after=seen)] == ids[1:]
    assert all(run.deleted for run in store.runs())
    store.restore_sweep(sweep_id)
    assert not store.sweep(sweep_id).deleted
    assert [run.deleted for run in store.runs()] == [True, False, False]  # the first was deleted before


def test_a_purge_removes_a_sweep_when_none_of_its_runs_is_left(store: RunStore) -> None:
    sweep_id = store.add_sweep("etas", PLAN)
    run_id = store.begin(new_run(sweep_id=sweep_id))
    store.end(run_id, Status.FINISHED)
    store.end_sweep(sweep_id, Status.FINISHED)
    store.delete_sweep(sweep_id)
    store.restore([run_id])
    store.purge(timedelta(0))
    assert [sweep.id for sweep in store.sweeps()] == [sweep_id]
    store.delete([run_id])
    store.purge(timedelta(0))
    assert store.sweeps() == ()
    assert store.runs() == ()


def test_what_changed_since_is_what_has_a_larger_revision(store: RunStore) -> None:
    first, second = store.add_sweep("a", PLAN), store.add_sweep("b", PLAN)
    seen = store.revision()
    assert [sweep.id for sweep in store.sweeps()] == [first, second]
    store.end_sweep(second, Status.STOPPED)
    assert [sweep.id for sweep in store.sweeps(after=seen)] == [second]


def test_a_sweep_that_is_not_there(store: RunStore) -> None:
    for call in (
        lambda: store.sweep(7),
        lambda: store.sweep_runs(7),
        lambda: store.end_sweep(7, Status.FINISHED),
        lambda: store.reopen_sweep(7),
        lambda: store.delete_sweep(7),
        lambda: store.restore_sweep(7),
    ):
        with pytest.raises(StoreError, match="no sweep 7"):
            call()
