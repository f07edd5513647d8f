from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from mlp_core.datasets import open_dataset
from mlp_core.errors import StoreError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, NewRun, RunRecord, Status
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot, EpochStats, GeneratorState, Weights
from mlp_viz.run.library import POLL_AGAIN_MS, POLL_MS, RunLibrary, stored_run
from mlp_viz.run.stored import StoredRun

STATE = GeneratorState.of(np.random.RandomState(1))


@pytest.fixture(scope="module")
def reference() -> DatasetReference:
    return DatasetReference.of(open_dataset("digits"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def library(qtbot: QtBot) -> Iterator[RunLibrary]:
    library = RunLibrary()
    yield library
    library.shutdown()


def add_run(path: Path, reference: DatasetReference, epochs: int = 2) -> int:
    with RunStore(path) as store:
        run_id = store.begin(NewRun(hyperparameters=Hyperparameters(), dataset=reference, origin="command"))
        for epoch in range(1, epochs + 1):
            store.add_epoch(run_id, snapshot(epoch))
    return run_id


def snapshot(epoch: int) -> EpochSnapshot:
    weights = Weights.copy_of([np.full((64, 3), float(epoch)), np.ones((3, 10))], [np.zeros(3), np.zeros(10)])
    return EpochSnapshot(EpochStats(epoch, 10.0 - epoch, 0.5, 0.8, 0.7, 1.0), weights, STATE)


def names(records: tuple[RunRecord, ...]) -> list[str]:
    return [record.name for record in records]


def opened(library: RunLibrary, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(library.opened, timeout=10_000):
        library.open(path)


def told(qtbot: QtBot, signal: Any, do: Any) -> Any:
    with qtbot.waitSignal(signal, timeout=10_000) as heard:
        do()
    return heard.args[0] if len(heard.args) == 1 else tuple(heard.args)


def test_all_runs_are_told_at_first_and_then_what_changes(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference
) -> None:
    add_run(path, reference)
    add_run(path, reference)
    assert names(told(qtbot, library.runsChanged, lambda: library.open(path))) == ["Run 1", "Run 2"]
    assert library.path == path
    assert names(told(qtbot, library.runsChanged, lambda: library.rename(2, "wide"))) == ["wide"]
    assert names(told(qtbot, library.runsChanged, lambda: library.set_note(1, "too slow"))) == ["Run 1"]
    (starred,) = told(qtbot, library.runsChanged, lambda: library.set_starred((2,), True))
    assert starred.starred


def test_who_asks_too_early_is_told_later(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference
) -> None:
    add_run(path, reference)
    library.poll()
    assert names(told(qtbot, library.runsChanged, lambda: library.open(path))) == ["Run 1"]


def test_what_another_program_writes_is_told_by_itself(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference
) -> None:
    opened(library, qtbot, path)
    assert names(told(qtbot, library.runsChanged, lambda: add_run(path, reference))) == ["Run 1"]


def test_a_deleted_run_is_told_as_deleted_and_comes_back(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference
) -> None:
    run_id = add_run(path, reference)
    told(qtbot, library.runsChanged, lambda: library.open(path))
    (gone,) = told(qtbot, library.runsChanged, lambda: library.edit(lambda store: store.delete((run_id,))))
    assert gone.deleted
    (back,) = told(qtbot, library.runsChanged, lambda: library.edit(lambda store: store.restore((run_id,))))
    assert not back.deleted


def test_curves_and_runs_are_read_as_they_were_written(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference
) -> None:
    first, second = add_run(path, reference, 3), add_run(path, reference, 0)
    opened(library, qtbot, path)
    histories = told(qtbot, library.historiesRead, lambda: library.read_histories((first, second)))
    assert [stats.cost for stats in histories[first]] == [9.5, 8.5, 7.5]
    assert histories[second] == ()
    read: list[StoredRun] = []
    for run_id in (first, second):
        library.do(partial(stored_run, run_id=run_id), read.append)
    qtbot.waitUntil(lambda: len(read) == 2)
    stored, empty = read
    assert (stored.record.id, len(stored.history)) == (first, 3)
    network = stored.network()
    assert network is not None
    assert network.w[0][0, 0] == stored.checkpoint.epoch  # type: ignore[union-attr]
    assert empty.checkpoint is None
    assert empty.network() is None


def test_what_cannot_be_read_is_told(library: RunLibrary, qtbot: QtBot, path: Path) -> None:
    opened(library, qtbot, path)
    assert "77" in told(qtbot, library.failed, lambda: library.do(partial(stored_run, run_id=77), print))


def test_a_store_that_cannot_be_opened_is_told_once(library: RunLibrary, qtbot: QtBot, tmp_path: Path) -> None:
    assert str(tmp_path) in told(qtbot, library.notOpened, lambda: library.open(tmp_path))  # a folder
    assert library.path is None
    library.rename(1, "nothing to rename")
    library.poll()


def test_a_store_that_fails_later_is_told_once_and_asked_again(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(library, qtbot, path)
    qtbot.waitUntil(lambda: not library._polling and library._timer.isActive())

    def fail(_store: RunStore) -> int:
        raise StoreError(path, "is damaged")

    with monkeypatch.context() as patch:
        patch.setattr(RunStore, "revision", fail)
        assert "is damaged" in told(qtbot, library.failed, library.poll)
        heard: list[str] = []
        library.failed.connect(heard.append)
        library.poll()
        qtbot.waitUntil(lambda: not library._polling)
        assert heard == []
        assert library._timer.interval() == POLL_AGAIN_MS
    add_run(path, reference)
    assert names(told(qtbot, library.runsChanged, library._timer.timeout.emit)) == ["Run 1"]
    assert library._timer.interval() == POLL_MS
    assert library._timer.isActive()


def test_the_end_waits_for_what_was_asked_for(qtbot: QtBot, path: Path, reference: DatasetReference) -> None:
    run_id, library = add_run(path, reference), RunLibrary()
    opened(library, qtbot, path)
    library.rename(run_id, "kept")
    library.shutdown()
    library.rename(run_id, "too late")
    with RunStore(path) as store:
        assert store.run(run_id).name == "kept"


def test_the_end_may_come_before_the_store_is_open(qtbot: QtBot, path: Path) -> None:
    library = RunLibrary()
    library.open(path)
    library.shutdown()
    assert library.path is None


def test_what_was_deleted_long_ago_is_removed_for_good(
    library: RunLibrary, qtbot: QtBot, path: Path, reference: DatasetReference
) -> None:
    old, recent = add_run(path, reference), add_run(path, reference)
    with RunStore(path) as store:
        for run_id in (old, recent):
            store.end(run_id, Status.FINISHED)
        store.delete((old, recent))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET deleted = deleted - 8 * 24 * 3600 WHERE id = ?", (old,))
    opened(library, qtbot, path)
    left: list[tuple[RunRecord, ...]] = []
    library.do(lambda store: store.runs(), left.append)  # after the removal, which opening asked for
    qtbot.waitUntil(lambda: bool(left), timeout=10_000)
    assert [record.id for record in left[0]] == [recent]
