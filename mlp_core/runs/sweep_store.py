"""The sweeps in the run store, each with its runs."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from mlp_core.errors import MlpError, StoreError
from mlp_core.runs.database import Database
from mlp_core.runs.owner import Owner, this_process
from mlp_core.runs.record import RunRecord, Status, SweepRecord
from mlp_core.runs.rows import RUN_COLUMNS, SWEEP_COLUMNS, as_json, run_record, sweep_record

Record = TypeVar("Record")

GOING_ON: Final = "status IN ('RUNNING', 'WAITING')"
_LAST_HEARD: Final = {  # about when an interrupted run, and then a sweep, came to its end
    "runs": "began + seconds",
    "sweeps": "(SELECT max(sweeps.began, coalesce(max(runs.ended), 0)) FROM runs WHERE sweep_id = sweeps.id)",
}
SET_OWNER: Final = "owner_host = ?, owner_pid = ?, owner_started = ?"


class SweepStore:
    """The part of the run store that keeps sweeps: see `mlp_core.runs.store.RunStore`.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._interrupt_orphans()

    def revision(self) -> int:
        """Return the number of the last change: nothing has changed as long as it is the same.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        self._interrupt_orphans()
        return self._database.revision()

    def add_sweep(self, name: str, plan: Mapping[str, Any]) -> int:
        """Note a sweep that begins, and return its id.

        Parameters
        ----------
        name : str
            Empty to have the store name it.
        plan : mapping
            Plain values that JSON can hold.

        Raises
        ------
        StoreError
            If the store cannot be written.
        """
        with self._database.change() as revision:
            cursor = self._database.execute(
                "INSERT INTO sweeps (name, plan, status, began, owner_host, owner_pid, owner_started, revision) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (name.strip(), as_json(plan), Status.RUNNING.name, time.time(), *this_process(), revision),
            )
            sweep_id = int(cursor.lastrowid or 0)
            if not name.strip():
                self._database.execute("UPDATE sweeps SET name = ? WHERE id = ?", (f"Sweep {sweep_id}", sweep_id))
        return sweep_id

    def sweeps(self, after: int = 0) -> tuple[SweepRecord, ...]:
        """Return the sweeps that changed after a revision, deleted ones included, by id.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        self._interrupt_orphans()
        return self._records(sweep_record, "sweeps", SWEEP_COLUMNS, "revision > ?", after)

    def sweep(self, sweep_id: int) -> SweepRecord:
        """Return a sweep.

        Raises
        ------
        StoreError
            If there is no such sweep, or the store cannot be read.
        """
        self._interrupt_orphans()
        found = self._records(sweep_record, "sweeps", SWEEP_COLUMNS, "id = ?", sweep_id)
        return found[0] if found else self._refuse("sweep", sweep_id)

    def sweep_runs(self, sweep_id: int) -> tuple[RunRecord, ...]:
        """Return the runs of a sweep that are not deleted, by id.

        Raises
        ------
        StoreError
            If there is no such sweep, or the store cannot be read.
        """
        self.sweep(sweep_id)
        return self._records(run_record, "runs", RUN_COLUMNS, "sweep_id = ? AND deleted IS NULL", sweep_id)

    def end_sweep(self, sweep_id: int, status: Status, message: str = "") -> None:
        """Note that a sweep is over, how, and why.

        Raises
        ------
        StoreError
            If there is no such sweep, or the store cannot be written.
        """
        with self._database.change() as revision:
            self._update(
                "sweep",
                sweep_id,
                "status = ?, message = ?, ended = max(began, ?), revision = ?",
                (status.name, message, time.time(), revision),
            )

    def reopen_sweep(self, sweep_id: int) -> None:
        """Let a sweep go on, in this process.

        Raises
        ------
        StoreError
            If there is no such sweep, it goes on in another process, or the store cannot be written.
        """
        self._interrupt_orphans()
        with self._database.change() as revision:
            asked = f"SELECT owner_host, owner_pid, owner_started FROM sweeps WHERE id = ? AND {GOING_ON}"
            owners = [tuple(row) for row in self._database.rows(asked, (sweep_id,))]
            if owners and owners != [this_process()]:
                raise StoreError(
                    self._database.path,
                    f"sweep {sweep_id} goes on already, in another window or terminal. Stop it there, or wait.",
                )
            values = (Status.RUNNING.name, *this_process(), revision)
            changes = f"status = ?, message = '', ended = NULL, {SET_OWNER}, revision = ?"
            self._update("sweep", sweep_id, changes, values)

    def delete_sweep(self, sweep_id: int) -> None:
        """Delete a sweep with its runs; `restore_sweep` brings them back until they are purged.

        Raises
        ------
        StoreError
            If there is no such sweep, or the store cannot be written.
        """
        now = time.time()
        with self._database.change() as revision:
            self._update("sweep", sweep_id, "deleted = ?, revision = ?", (now, revision))
            self._database.execute(
                "UPDATE runs SET deleted = ?, revision = ? WHERE sweep_id = ? AND deleted IS NULL",
                (now, revision, sweep_id),
            )

    def restore_sweep(self, sweep_id: int) -> None:
        """Bring back a deleted sweep, with the runs that were deleted with it.

        Raises
        ------
        StoreError
            If there is no such sweep, or the store cannot be written.
        """
        with self._database.change() as revision:
            self._database.execute(
                "UPDATE runs SET deleted = NULL, revision = ? "
                "WHERE sweep_id = ? AND deleted = (SELECT deleted FROM sweeps WHERE id = ?)",
                (revision, sweep_id, sweep_id),
            )
            self._update("sweep", sweep_id, "deleted = NULL, revision = ?", (revision,))

    def _interrupt_orphans(self) -> None:
        """Note what goes on in no process any more."""
        for table, last_heard in _LAST_HEARD.items():
            asked = f"SELECT DISTINCT owner_host, owner_pid, owner_started FROM {table} WHERE {GOING_ON}"
            gone = [row for row in self._database.rows(asked) if Owner(*row).is_gone()]
            with suppress(StoreError):  # on a full disk the runs can be read all the same: it is noted later
                for row in gone:
                    with self._database.change() as revision:
                        self._database.execute(
                            f"UPDATE {table} SET status = ?, ended = {last_heard}, revision = ? WHERE {GOING_ON} "
                            "AND owner_host = ? AND owner_pid = ? AND owner_started = ?",
                            (Status.INTERRUPTED.name, revision, *row),
                        )

    def _records(
        self,
        record: Callable[[sqlite3.Row], Record],
        table: str,
        columns: Iterable[str],
        condition: str,
        value: object,
    ) -> tuple[Record, ...]:
        statement = (
            f"SELECT {', '.join(columns)} FROM {table} WHERE {condition} ORDER BY +id"  # by the index of the condition
        )
        records = []
        for row in self._database.rows(statement, (value,)):
            try:
                records.append(record(row))
            except (MlpError, ValueError, KeyError, TypeError) as error:
                raise StoreError(
                    self._database.path, f"{table[:-1]} {row['id']} is not understood ({error}). Delete it."
                ) from error
        return tuple(records)

    def _update(self, kind: str, row_id: int, changes: str, values: Iterable[object]) -> None:
        """Change a row as a part of a transaction."""
        cursor = self._database.execute(f"UPDATE {kind}s SET {changes} WHERE id = ?", (*values, row_id))
        if not cursor.rowcount:
            self._refuse(kind, row_id)

    def _refuse(self, kind: str, row_id: int) -> Any:
        raise StoreError(self._database.path, f"there is no {kind} {row_id}. It may have been removed for good.")
