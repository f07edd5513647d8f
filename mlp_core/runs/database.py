"""The run store's file: opened, checked, set aside if it is damaged, and written one transaction at a time."""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mlp_core.errors import StoreError
from mlp_core.runs.faults import in_words, is_busy, is_damage
from mlp_core.runs.schema import APPLICATION_ID, latest_version, migrate, version_of

PATIENCE: Final = 10.0  # seconds that a write waits for another program's
_MAGIC: Final = b"SQLite format 3\0"
_SMALLEST: Final = 512  # bytes of a database that is not empty
_ID_AT: Final = 68  # where the header has the application's id
_WHOLLY_CHECKED: Final = 32 * 2**20  # bytes: of a larger file only the tables of runs and sweeps are
_LARGEST_LOG: Final = 16 * 2**20  # bytes that the write-ahead log keeps once it has been used up
_PAGES_AT_ONCE: Final = 1000  # of what is given back to the disk: between two times others may write
_PAUSE: Final = 0.02  # seconds that they have for it
_REVISION: Final = "SELECT revision FROM changes"
_BESIDE: Final = ("", "-wal", "-shm")  # what belongs to a database file


class Database:
    """An open file of the run store; any thread may use it, one at a time.

    Parameters
    ----------
    path : Path
        Made if it does not exist, its folder too.
    patience : float
        Seconds that a write waits for another program's.
    set_aside : bool
        Whether the file is ours whatever it looks like: one that is no database at all is then a damaged one.

    Attributes
    ----------
    path : Path
    remark : str
        What the user should know of the opening; empty if nothing.

    Raises
    ------
    StoreError
        If the file cannot be opened or made, is of a newer version, or is not a run store.
    """

    def __init__(self, path: Path, patience: float = PATIENCE, set_aside: bool = False) -> None:
        self.path = path
        self.remark = ""
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise StoreError(path, "this is a folder. Give the path of a file.")
            self._connection = self._opened(patience, set_aside)
        except sqlite3.Error as error:
            raise in_words(path, error) from error
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(path, f"it cannot be made or opened ({reason}). Choose another file.") from error

    def close(self) -> None:
        """Close the file; nothing can be read or written any more."""
        with self._lock:
            self._connection.close()

    def wait_up_to(self, seconds: float) -> None:
        """Let a write wait so long for another program's, from now on."""
        with self._lock, self._in_words():
            self._connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows that a statement gives.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        with self._lock, self._in_words():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[int]:
        """Make all that `execute` is given in the block one transaction: it is written wholly, or not at all.

        Yields
        ------
        int
            The revision: what changes is to carry it.

        Raises
        ------
        StoreError
            If it cannot be written; the file is as it was.
        """
        with self._lock, self._in_words():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute("UPDATE changes SET revision = revision + 1")
                yield int(self._connection.execute(_REVISION).fetchone()[0])
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Carry out a statement of a change."""
        return self._connection.execute(statement, [_as_text(v) if isinstance(v, str) else v for v in values])

    def revision(self) -> int:
        """Return the number of the last change."""
        return int(self.rows(_REVISION)[0][0])

    def give_back(self) -> None:
        """Give the room of what was removed back to the disk.

        Raises
        ------
        StoreError
            If the file cannot be written.
        """
        while pages := self._free_pages():
            with self._lock, self._in_words():  # a script: the statement gives a row for each page, without a column
                self._connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE});")
            if self._free_pages() >= pages:
                break
            threading.Event().wait(_PAUSE)
        with self._lock, self._in_words():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _free_pages(self) -> int:
        return int(self.rows("PRAGMA freelist_count")[0][0])

    def size(self) -> int:
        """Return how many bytes the file takes, with what SQLite keeps beside it."""
        files = [_beside(self.path, suffix) for suffix in _BESIDE]
        return sum(file.stat().st_size for file in files if file.exists())

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise in_words(self.path, error) from error

    def _opened(self, patience: float, set_aside: bool) -> sqlite3.Connection:
        while True:
            found = _identity(self.path)
            connection, fault = self._try(patience)
            if connection is not None:
                return connection
            if _identity(self.path) != found:
                continue  # another process has set it aside meanwhile
            if not set_aside and not _begins_as_ours(self.path):
                raise StoreError(self.path, "this is not a run store, or a damaged one. Choose another file.")
            self.remark = self._set_aside(fault)

    def _try(self, patience: float) -> tuple[sqlite3.Connection | None, str]:
        """Return a connection that is ready for use; None if the file is damaged, and in which way."""
        # SQLite takes a few bytes of anything for an empty database. They are not looked at: a file that this process
        # closes is unlocked for all others (see “How To Corrupt An SQLite Database File”, 2.2), those of a store too.
        if self.path.exists() and 0 < self.path.stat().st_size < _SMALLEST:
            return None, "it is too short to be a database"
        connection = sqlite3.connect(self.path, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            fault = self._prepared(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            if not is_damage(error):
                raise
            return None, str(error)
        except BaseException:
            connection.close()
            raise
        if fault:
            connection.close()
            return None, fault
        return connection, ""

    def _prepared(self, connection: sqlite3.Connection) -> str:
        """Make `connection` ready for use, and return what is damaged in its file."""
        connection.row_factory = sqlite3.Row
        self._check_is_ours(connection)
        if fault := _fault(connection):
            return fault
        if version_of(connection) == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of no effect later
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = OFF")  # some systems write zeros over what each checkpoint replaces
        connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")
        if version_of(connection) < latest_version():
            migrate(connection)
        self._check_is_ours(connection)  # another process may be of a newer version
        return ""

    def _check_is_ours(self, connection: sqlite3.Connection) -> None:
        is_empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_empty and connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StoreError(self.path, "this database belongs to another program. Choose another file.")
        if version_of(connection) > latest_version():
            raise StoreError(
                self.path,
                f"it was written by a newer version of this program (format {version_of(connection)}; this one reads "
                f"up to {latest_version()}). Use that version, or choose another file.",
            )

    def _set_aside(self, fault: str) -> str:
        now = datetime.now().strftime("%Y-%m-%d-%H%M%S")
        names = (f"{self.path.stem}-damaged-{now}{n}{self.path.suffix}" for n in ("", *map("-{}".format, range(1, 99))))
        new = next(new for name in names if not (new := self.path.with_name(name)).exists())
        for suffix in _BESIDE:
            old = _beside(self.path, suffix)
            if old.exists():
                os.replace(old, _beside(new, suffix))  # noqa: PTH105 - the atomic move, by its own name
        return f"{self.path} was damaged ({fault}). It is set aside as {new.name}, and a new one is begun."


def _fault(connection: sqlite3.Connection) -> str:
    """Return what is wrong inside the file, as far as it is checked in a moment; empty if nothing."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    size = pages * connection.execute("PRAGMA page_size").fetchone()[0]
    tables = [f"({table})" for table in ("runs", "sweeps")] if size > _WHOLLY_CHECKED else [""]
    found = [connection.execute(f"PRAGMA quick_check{table}").fetchone()[0] for table in tables]
    return next((str(fault).splitlines()[-1] for fault in found if fault != "ok"), "")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer go on beside one another, in this and other processes."""
    for attempt in itertools.count(1):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:  # where two do it at once, one is not made to wait but refused
            if not is_busy(error) or attempt == 100:
                raise
            threading.Event().wait(0.02)


def _begins_as_ours(path: Path) -> bool:
    """Return whether a damaged file was a run store; of no use for one that is whole: see `Database._try`."""
    with path.open("rb") as file:
        header = file.read(_ID_AT + 4)
    return header.startswith(_MAGIC) and header[_ID_AT:] == APPLICATION_ID.to_bytes(4, "big")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _as_text(words: str) -> str:
    """Return words without what is no letter: the name of a file may have such bytes in it."""
    return words.encode("utf-8", "replace").decode("utf-8")
