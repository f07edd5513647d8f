from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlp_core.errors import StoreError
from mlp_core.runs import database
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore, default_store_path
from tests.mlp_core.runs.made_runs import new_run, snapshot

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    """Return the path of a store with some runs, closed."""
    with RunStore(path) as store:
        for _ in range(20):
            run_id = store.begin(new_run())
            for epoch in range(1, 20):
                store.add_epoch(run_id, snapshot(epoch))
            store.end(run_id, Status.FINISHED)
    return path


def add_epochs(store: RunStore, run_id: int, epochs: Iterable[int]) -> None:
    for epoch in epochs:
        store.add_epoch(run_id, snapshot(epoch))


def begin_anew_over(path: Path, content: bytes) -> str:
    """Open a store whose file holds `content`; check that it is kept aside, and return the remark."""
    before = {each.name for each in path.parent.iterdir()}
    with RunStore(path) as store:
        assert store.runs() == ()
        assert store.begin(new_run()) == 1
        remark = store.remark
    (aside,) = {each.name for each in path.parent.iterdir()} - before
    assert aside in remark
    assert path.with_name(aside).read_bytes() == content
    with RunStore(path) as store:
        assert store.remark == ""
        assert len(store.runs()) == 1
    return remark


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_a_page_overwritten(content: bytes) -> bytes:
    at = 5 * PAGE
    return content[:at] + b"\xa5" * PAGE + content[at + PAGE :]


def with_pages_swapped(content: bytes) -> bytes:
    third, ninth = 3 * PAGE, 9 * PAGE
    parts = content[:third], content[ninth : ninth + PAGE], content[third + PAGE : ninth], content[third : third + PAGE]
    return b"".join((*parts, content[ninth + PAGE :]))


@pytest.mark.parametrize("damaged", [cut_in_half, with_a_page_overwritten, with_pages_swapped])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(filled: Path, damaged: Callable[[bytes], bytes]) -> None:
    content = damaged(filled.read_bytes())
    filled.write_bytes(content)
    assert "was damaged" in begin_anew_over(filled, content)


def test_garbage_in_the_usual_place_is_set_aside() -> None:
    path = default_store_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 1000)
    begin_anew_over(path, b"garbage" * 1000)


def test_a_large_file_is_not_read_wholly_to_be_opened(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WHOLLY_CHECKED", 0)
    with RunStore(filled) as store:
        assert len(store.runs()) == 20
    with closing(sqlite3.connect(filled)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()[0]
    content = bytearray(filled.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = b"\xa5" * PAGE
    filled.write_bytes(content)
    begin_anew_over(filled, bytes(content))


def test_damage_that_is_found_while_reading_is_told_in_words(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WHOLLY_CHECKED", 0)
    with closing(sqlite3.connect(filled)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'epochs'").fetchone()[0]
    content = bytearray(filled.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = b"\xa5" * PAGE
    filled.write_bytes(content)
    with RunStore(filled) as store:
        with pytest.raises(StoreError, match="damaged"):
            store.history(1)
        assert len(store.runs()) == 20


def test_weights_that_changed_on_the_disk_are_told(path: Path) -> None:
    with RunStore(path) as store:
        run_id = store.begin(new_run(name="wide"))
        store.add_epoch(run_id, snapshot(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        weights = bytearray(connection.execute("SELECT weights FROM checkpoints").fetchone()[0])
        weights[7] ^= 1
        connection.execute("UPDATE checkpoints SET weights = ?", (bytes(weights),))
    with RunStore(path) as store, pytest.raises(StoreError, match="weights of “wide” are damaged"):
        store.checkpoint(run_id)


def test_a_row_that_is_not_understood_is_told(path: Path) -> None:
    with RunStore(path) as store:
        run_id = store.begin(new_run())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET hyperparameters = '{\"eta\": -1}'")
    with RunStore(path) as store:
        with pytest.raises(StoreError, match=f"run {run_id} is not understood.*eta"):
            store.runs()
        store.end(run_id, Status.FINISHED)
        store.delete([run_id])
        store.purge(timedelta(0))
        assert store.runs() == ()


@pytest.mark.parametrize("content", [b"a picture" * 100, b"x", b"x" * 511])
def test_a_file_of_another_kind_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not a run store"):
        RunStore(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    content = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        RunStore(path)
    assert path.read_bytes() == content
    path.write_bytes(content[:6000])  # damaged, but not ours either
    with pytest.raises(StoreError, match=r"not a run store|another program"):
        RunStore(path)
    assert path.read_bytes() == content[:6000]


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="this is a folder"):
        RunStore(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        RunStore(tmp_path / "file" / "runs.sqlite")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path, filled: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="folder"):
            RunStore(tmp_path / "new.sqlite")
        with pytest.raises(StoreError, match="folder"):
            RunStore(filled)
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_may_not_be_written(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def read_only(path: Path, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(f"{path.as_uri()}?mode=ro", uri=True, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with RunStore(filled) as store:
        assert len(store.runs()) == 20
        with pytest.raises(StoreError, match="may not be written"):
            store.begin(new_run())


def test_a_full_disk_is_told_and_what_was_there_stays(path: Path) -> None:
    with RunStore(path) as store:
        run_id = store.begin(new_run())
        store.add_epoch(run_id, snapshot(1))
        pages = store._database.rows("PRAGMA page_count")[0][0]
        store._database.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="the disk is full"):
            add_epochs(store, run_id, range(2, 1000))
        done = store.run(run_id).epochs_done
        assert [stats.epoch for stats in store.history(run_id)] == list(range(1, done + 1))
        store._database.rows("PRAGMA max_page_count = 1000000")
        store.add_epoch(run_id, snapshot(done + 1))
        store.end(run_id, Status.FINISHED)
        assert store.run(run_id).epochs_done == done + 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_IOERR_WRITE, "the disk reports an error"),
        (sqlite3.SQLITE_IOERR_FSYNC, "the disk reports an error"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "may not be written"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "another program"),
        (sqlite3.SQLITE_ERROR, "cannot be used"),
    ],
)
@pytest.mark.parametrize("at", ["BEGIN", "INSERT INTO runs", "COMMIT"])
def test_what_the_system_reports_is_told_in_words(path: Path, code: int, words: str, at: str) -> None:
    class Failing:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self.connection = connection

        def __getattr__(self, name: str) -> object:
            return getattr(self.connection, name)

        def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
            if statement.startswith(at):
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = code
                raise error
            return self.connection.execute(statement, values)

    with RunStore(path) as store:
        store.begin(new_run())
        whole, store._database._connection = store._database._connection, Failing(store._database._connection)  # type: ignore[assignment]
        with pytest.raises(StoreError, match=words):
            store.begin(new_run())
        store._database._connection = whole
        assert len(store.runs()) == 1
        assert store.begin(new_run()) == 2


def test_two_stores_in_two_threads(path: Path) -> None:
    def work(store: RunStore) -> int:
        run_id = store.begin(new_run())
        for epoch in range(1, 41):
            store.add_epoch(run_id, snapshot(epoch))
            assert store.run(run_id).epochs_done == epoch
        return run_id

    with RunStore(path) as first, RunStore(path) as second, ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(work, [first, second, first, second]))
        assert sorted(ids) == [1, 2, 3, 4]
        assert [len(second.history(run_id)) for run_id in ids] == [40] * 4
        assert first.revision() == 4 * 41


def test_processes_that_open_a_new_store_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from mlp_core.runs.store import RunStore; from mlp_core.runs.record import Status\n"
        "from tests.mlp_core.runs.made_runs import new_run, snapshot\n"
        "print('ready', flush=True); input()\n"
        "with RunStore(Path(sys.argv[1])) as store:\n"
        "    run_id = store.begin(new_run())\n"
        "    for epoch in range(1, 31): store.add_epoch(run_id, snapshot(epoch))\n"
        "    store.end(run_id, Status.FINISHED)\n"
        "    print(store.remark)\n"
    )
    root = Path(__file__).resolve().parents[3]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        out, errors = process.communicate(timeout=60)
        assert (process.returncode, out.strip(), errors) == (0, "", "")
    with RunStore(path) as store:
        assert [(run.status, run.epochs_done) for run in store.runs()] == [(Status.FINISHED, 30)] * 3


def test_opening_a_store_leaves_the_locks_of_another_in_the_same_process(path: Path) -> None:
    """A process that opens and closes the file beside SQLite would unlock it, and another process remove its log."""
    code = (
        "import sys; from pathlib import Path; from mlp_core.runs.store import RunStore\n"
        "with RunStore(Path(sys.argv[1])) as store: print(len(store.runs()))\n"
    )
    log = path.with_name(path.name + "-wal")
    with RunStore(path) as store:
        store.begin(new_run())
        with RunStore(path) as second:
            assert len(second.runs()) == 1
        told = subprocess.check_output(
            [sys.executable, "-c", code, str(path)], text=True, cwd=Path(__file__).parents[3]
        )
        assert told.strip() == "1"
        assert log.exists()  # the last to close removes it, and that was not the last
        store.begin(new_run())
    with RunStore(path) as store:
        assert len(store.runs()) == 2


def test_a_writer_that_never_ends_is_told(path: Path) -> None:
    with RunStore(path), RunStore(path, patience=0.0) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert store.runs() == ()  # reading does not wait
            with pytest.raises(StoreError, match="another program has been writing"):
                store.begin(new_run())
            other.execute("ROLLBACK")
        assert store.begin(new_run()) == 1


def test_the_log_of_a_long_run_does_not_grow_without_bound(path: Path) -> None:
    with RunStore(path) as store, RunStore(path) as reader:
        run_id = store.begin(new_run())
        for epoch in range(1, 1500):
            store.add_epoch(run_id, snapshot(epoch, valid_accuracy=epoch / 2000))  # always the best: weights each time
            if epoch % 50 == 0:
                reader.run(run_id)
        log = path.with_name(path.name + "-wal")
        assert 0 < log.stat().st_size < 8 * 2**20
    assert not log.exists()


def test_a_purge_gives_room_back(filled: Path) -> None:
    before = filled.stat().st_size
    with RunStore(filled) as store:
        store.delete(run.id for run in store.runs())
        store.purge(timedelta(0))
        assert filled.stat().st_size < before / 2
        assert store.size() >= filled.stat().st_size


def test_what_goes_on_in_no_process_is_interrupted(path: Path) -> None:
    with RunStore(path) as store, RunStore(path) as open_before:
        sweep_id = store.add_sweep("etas", {})
        ids = [store.begin(new_run(), status) for status in (Status.RUNNING, Status.WAITING, Status.RUNNING)]
        store.add_epoch(ids[0], snapshot(1, seconds=3.0))
        store.end(ids[2], Status.FINISHED)
        seen = open_before.revision()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE runs SET owner_pid = 2147483646")
            connection.execute("UPDATE sweeps SET owner_started = owner_started - 100")
        assert open_before.revision() > seen
        expected = [Status.INTERRUPTED, Status.INTERRUPTED, Status.FINISHED]
        changed = open_before.runs(after=seen)
        assert [run.id for run in changed] == ids[:2]
        assert [run.status for run in store.runs()] == expected
        assert store.sweep(sweep_id).status is Status.INTERRUPTED
        ended = changed[0].ended
        assert ended is not None
        assert (ended - changed[0].began).total_seconds() == pytest.approx(3.0)


def test_runs_are_read_even_if_it_cannot_be_noted_that_they_were_interrupted(path: Path) -> None:
    with RunStore(path) as store:
        store.begin(new_run())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE runs SET owner_pid = 2147483646")
        other.execute("BEGIN IMMEDIATE")
        with RunStore(path, patience=0) as store:
            assert [run.status for run in store.runs()] == [Status.RUNNING]
            other.execute("ROLLBACK")
            assert [run.status for run in store.runs()] == [Status.INTERRUPTED]


def test_a_run_that_was_taken_for_interrupted_goes_on_with_its_next_epoch(path: Path) -> None:
    with RunStore(path) as store:
        run_id = store.begin(new_run())
        store.set_status(run_id, Status.INTERRUPTED)
        store.add_epoch(run_id, snapshot(1))
        run = store.run(run_id)
        assert (run.status, run.ended) == (Status.RUNNING, None)


def test_a_clock_that_goes_backwards(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunStore(path) as store:
        run_id, later = store.begin(new_run()), datetime(2040, 1, 1, tzinfo=UTC)
        monkeypatch.setattr(time, "time", lambda: later.timestamp())
        second = store.begin(new_run())
        store.delete([run_id])
        monkeypatch.undo()
        store.end(second, Status.FINISHED)
        run = store.run(second)
        assert run.began == run.ended == later
        store.end(run_id, Status.FINISHED)
        store.purge(timedelta(0))
        assert len(store.runs()) == 2  # deleted in what is the future now


def test_an_epoch_that_is_told_again_takes_its_place(path: Path) -> None:
    with RunStore(path) as store:
        run_id = store.begin(new_run())
        for epoch, accuracy in enumerate((0.5, 0.9, 0.6), 1):
            store.add_epoch(run_id, snapshot(epoch, accuracy))
        store.add_epoch(run_id, snapshot(2, 0.7))
        run = store.run(run_id)
        assert (run.epochs_done, run.seconds, run.valid_accuracy) == (3, 0.75, 0.6)
        assert (run.best_valid_accuracy, run.best_epoch) == (0.7, 2)


def test_names_that_are_no_text(path: Path) -> None:
    with RunStore(path) as store:
        run_id = store.begin(new_run(name="bad \udcff name"))
        store.set_note(run_id, "\udcff\0")
        assert store.run(run_id).name == "bad ? name"


def test_a_closed_store_says_so(path: Path) -> None:
    with RunStore(path) as store:
        pass
    store.close()
    with pytest.raises(StoreError):
        store.runs()
