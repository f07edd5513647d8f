from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from mlp_core.errors import NotResumableError, StoreError
from mlp_core.runs import recorder as recorder_module
from mlp_core.runs.record import Status
from mlp_core.runs.recorder import Recorder
from mlp_core.runs.store import RunStore
from tests.mlp_core.runs.made_runs import new_run, same, snapshot


class Disk:
    """Lets the store's changes fail with `fault` as long as there is one."""

    fault: StoreError | None = None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    for name in ("begin", "add_epoch", "add_epochs", "end"):
        method = getattr(RunStore, name)

        def failing(store: RunStore, *arguments: object, _method: object = method, **named: object) -> object:
            if disk.fault is not None:
                raise disk.fault
            return _method(store, *arguments, **named)  # type: ignore[operator]

        monkeypatch.setattr(RunStore, name, failing)
    monkeypatch.setattr(recorder_module, "RETRY_SECONDS", 0.0)
    return disk


def test_a_run_from_beginning_to_end(path: Path) -> None:
    told: list[str] = []
    with Recorder(path, new_run(), told.append) as recorder, RunStore(path) as store:
        assert recorder.run_id is not None
        for epoch in (1, 2):
            recorder.epoch(snapshot(epoch))
            assert store.run(recorder.run_id).epochs_done == epoch
        recorder.end(Status.FINISHED, test_accuracy=0.9)
        run = store.run(recorder.run_id)
        assert (run.status, run.test_accuracy) == (Status.FINISHED, 0.9)
    assert told == []


def test_a_run_that_was_never_ended_is_interrupted(path: Path) -> None:
    with Recorder(path, new_run(), print) as recorder:
        recorder.epoch(snapshot(1))
    with RunStore(path) as store:
        assert [run.status for run in store.runs()] == [Status.INTERRUPTED]


def test_a_stored_run_goes_on(path: Path) -> None:
    told: list[str] = []
    with Recorder(path, new_run(), told.append) as recorder:
        recorder.epoch(snapshot(1))
        recorder.end(Status.STOPPED)
    assert recorder.run_id is not None
    with Recorder.resumed(path, recorder.run_id, told.append) as resumed, RunStore(path) as store:
        assert store.run(recorder.run_id).status is Status.RUNNING
        resumed.epoch(snapshot(2))
        resumed.end(Status.FINISHED)
        assert [stats.epoch for stats in store.history(recorder.run_id)] == [1, 2]
    assert told == []


def test_training_goes_on_without_a_disk_and_nothing_is_lost(path: Path, disk: Disk) -> None:
    told: list[str] = []
    with Recorder(path, new_run(), told.append) as recorder:
        recorder.epoch(snapshot(1, 0.5))
        disk.fault = StoreError(path, "the disk is full. Make room.")
        for epoch, accuracy in ((2, 0.6), (3, 0.9), (4, 0.7)):
            recorder.epoch(snapshot(epoch, accuracy))
        assert len(told) == 1
        assert "the disk is full. Make room." in told[0]
        assert "Training goes on" in told[0]
        disk.fault = None
        recorder.epoch(snapshot(5, 0.8))
        assert len(told) == 2
        assert "recorded again" in told[1]
        recorder.epoch(snapshot(6, 0.8))
        recorder.end(Status.FINISHED)
    assert len(told) == 2
    with RunStore(path) as store:
        (run,) = store.runs()
        assert [stats.epoch for stats in store.history(run.id)] == [1, 2, 3, 4, 5, 6]
        assert same(store.checkpoint(run.id, 5), snapshot(5, 0.8))
        assert same(store.best_checkpoint(run.id), snapshot(3, 0.9))
        assert same(store.checkpoint(run.id), snapshot(6, 0.8))


def test_a_run_that_begins_on_a_full_disk(path: Path, disk: Disk) -> None:
    told: list[str] = []
    disk.fault = StoreError(path, "the disk is full.")
    with Recorder(path, new_run(), told.append) as recorder:
        recorder.epoch(snapshot(1))
        ids = [recorder.run_id]
        disk.fault = None
        recorder.end(Status.FINISHED)
        ids.append(recorder.run_id)
    assert ids == [None, 1]
    assert len(told) == 2
    with RunStore(path) as store:
        assert [(run.status, run.epochs_done) for run in store.runs()] == [(Status.FINISHED, 1)]


def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    told: list[str] = []
    with Recorder(tmp_path, new_run(), told.append) as recorder:  # a folder
        recorder.epoch(snapshot(1))
        recorder.end(Status.FINISHED)
    assert recorder.run_id is None
    assert all("this is a folder" in words for words in told)
    assert [words.endswith("It is not in the store.") for words in told] == [False, True]


def test_what_is_missing_at_the_end_is_told(path: Path, disk: Disk) -> None:
    told: list[str] = []
    with Recorder(path, new_run(), told.append) as recorder:
        disk.fault = StoreError(path, "the disk is full.")
        recorder.end(Status.FINISHED)
    assert len(told) == 1
    assert "last epochs are not in the store" in told[0]


def test_what_is_lost_at_the_end_is_told_even_after_a_fault_that_was(path: Path, disk: Disk) -> None:
    told: list[str] = []
    with Recorder(path, new_run(), told.append) as recorder:
        disk.fault = StoreError(path, "the disk is full.")
        recorder.epoch(snapshot(1))
        recorder.end(Status.FINISHED)
    assert ["Training goes on" in words for words in told] == [True, False]
    assert "last epochs are not in the store" in told[1]


@pytest.mark.parametrize("why", ["goes on", "deleted", "finished"])
def test_a_run_that_cannot_go_on_is_refused_at_once(path: Path, why: str) -> None:
    told: list[str] = []
    with RunStore(path) as store:
        run_id = store.begin(new_run())
        if why != "goes on":
            store.end(run_id, Status.FINISHED if why == "finished" else Status.STOPPED)
        if why == "deleted":
            store.delete((run_id,))
        with pytest.raises(NotResumableError, match="Run 1"):
            Recorder.resumed(path, run_id, told.append)
    assert told == []


def test_a_stored_run_goes_on_even_if_that_cannot_be_noted_at_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_PATIENCE", 0.0)
    told: list[str] = []
    with RunStore(path) as store:
        run_id = store.begin(new_run())
        store.end(run_id, Status.STOPPED)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    recorder = Recorder.resumed(path, run_id, told.append)
    other.execute("ROLLBACK")
    other.close()
    recorder.epoch(snapshot(1))
    recorder.end(Status.FINISHED)
    recorder.close()
    assert "another program" in told[0]
    with RunStore(path) as store:
        assert (store.run(run_id).status, store.run(run_id).epochs_done) == (Status.FINISHED, 1)


def test_the_end_of_a_run_waits_for_another_programs_writing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "_PATIENCE", 0.0)
    told: list[str] = []
    wait_up_to, waits = RunStore.wait_up_to, threading.Event()

    def wait(store: RunStore, seconds: float) -> None:
        wait_up_to(store, seconds)
        waits.set()

    monkeypatch.setattr(RunStore, "wait_up_to", wait)
    with (
        Recorder(path, new_run(), told.append) as recorder,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")

        def give_way() -> None:
            waits.wait(10)
            other.execute("ROLLBACK")

        thread = threading.Thread(target=give_way)
        thread.start()
        recorder.end(Status.FINISHED)
        waits.set()
        thread.join()
    assert told == []


def test_between_two_attempts_training_does_not_wait(path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "RETRY_SECONDS", 3600.0)
    with Recorder(path, new_run(), lambda told: None) as recorder:
        disk.fault = StoreError(path, "another program is writing.")
        recorder.epoch(snapshot(1))
        disk.fault = None
        recorder.epoch(snapshot(2))
        with RunStore(path) as store:
            assert store.run(1).epochs_done == 0
        recorder.end(Status.STOPPED)  # at the end it is tried whatever was before
    with RunStore(path) as store:
        assert store.run(1).epochs_done == 2


def test_a_store_that_another_program_writes_to_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "_PATIENCE", 0.0)
    told: list[str] = []
    with Recorder(path, new_run(), told.append) as recorder:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        recorder.epoch(snapshot(1))
        other.execute("ROLLBACK")
        other.close()
        assert len(told) == 1
        assert "another program" in told[0]
        recorder.end(Status.FINISHED)
    with RunStore(path) as store:
        assert store.run(1).epochs_done == 1
