"""`RunStore`: every run, epoch by epoch, in one file that outlives the program."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from platformdirs import user_data_path

from mlp_core.errors import NotResumableError, StoreError
from mlp_core.runs.checkpoints import COLUMNS, is_due, kept, packed, unpacked
from mlp_core.runs.database import PATIENCE, Database
from mlp_core.runs.owner import this_process
from mlp_core.runs.record import Checkpoint, NewRun, RunRecord, Status
from mlp_core.runs.rows import EPOCH_COLUMNS, RUN_COLUMNS, as_json, number, run_record
from mlp_core.runs.summary import Summary
from mlp_core.runs.sweep_store import GOING_ON, SET_OWNER, SweepStore
from mlp_core.snapshot import EpochSnapshot, EpochStats

_SUMMARY: Final = tuple(field.name for field in fields(Summary))
_STATUS_AND_SUMMARY: Final = ", ".join(("status", *_SUMMARY))
_SET_SUMMARY: Final = "".join(f"{name} = ?, " for name in _SUMMARY) + "revision = ?"
_ADD_EPOCH: Final = (
    f"INSERT OR REPLACE INTO epochs (run_id, {', '.join(EPOCH_COLUMNS)}) VALUES (?{', ?' * len(EPOCH_COLUMNS)})"
)


def default_store_path() -> Path:
    """Return where runs are kept unless another file is asked for: in the user's data folder."""
    return user_data_path("mlp-viz", appauthor=False) / "runs.sqlite"


class RunStore(SweepStore):
    """Runs, their epochs and their checkpoints; also their sweeps.

    A context manager that closes the file. Any thread may use it, one at a time: who is not to wait for others opens
    a store of its own. Whatever is written is there from then on, even if the program is killed at that very moment.

    Parameters
    ----------
    path : Path, optional
        The file, made if it does not exist; by default `default_store_path`.
    patience : float
        Seconds that a write waits for another program's.

    Attributes
    ----------
    path : Path
    remark : str
        What the user should know of the opening, such as that a damaged file was set aside; empty if nothing.

    Raises
    ------
    StoreError
        If the file cannot be opened or made, or is of a newer version of this program. Any other method raises it
        if the file cannot be read or written, and for an id that is not there.
    """

    def __init__(self, path: Path | None = None, patience: float = PATIENCE) -> None:
        ours = default_store_path()
        database = Database(path or ours, patience, set_aside=path in (None, ours))
        self.path = database.path
        self.remark = database.remark
        self._unkept: dict[int, tuple[EpochSnapshot, float]] = {}  # by run: newest, and seconds since one was kept
        try:
            super().__init__(database)
        except BaseException:
            database.close()
            raise

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def wait_up_to(self, seconds: float) -> None:
        """Let a write wait so long for another program's, from now on."""
        self._database.wait_up_to(seconds)

    def size(self) -> int:
        """Return how many bytes the store takes on the disk."""
        return self._database.size()

    # A run as it goes on.

    def begin(self, run: NewRun, status: Status = Status.RUNNING) -> int:
        """Note a run that begins, or that waits to, in this process; return its id."""
        values: dict[str, Any] = {
            "name": run.name.strip(),
            "hyperparameters": as_json(run.hyperparameters.as_dict()),
            "dataset": as_json(run.dataset.as_dict()),
            "origin": run.origin,
            "sweep_id": run.sweep_id,
            "setting": run.setting,
            "status": status.name,
            "began": time.time(),
            "versions": as_json(_versions()),
        }
        columns = (*values, "owner_host", "owner_pid", "owner_started", "revision")
        marks = ", ".join("?" * len(columns))
        with self._database.change() as revision:
            cursor = self._database.execute(
                f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks})",
                (*values.values(), *this_process(), revision),
            )
            run_id = int(cursor.lastrowid or 0)
            if not values["name"]:
                self._database.execute("UPDATE runs SET name = ? WHERE id = ?", (_usual_name(run_id), run_id))
        return run_id

    def add_epoch(self, run_id: int, snapshot: EpochSnapshot) -> None:
        """Add an epoch that has ended: its scalars always, its weights if they are due by `is_due`.

        One that is there already takes its place.
        """
        seconds = self._unkept[run_id][1] if run_id in self._unkept else 0.0
        seconds += snapshot.stats.seconds
        with self._database.change() as revision:
            best_epoch = self._note_epochs(run_id, (snapshot.stats,), revision)
            due = is_due(snapshot.epoch, best_epoch, seconds)
            if due:
                self._keep(run_id, (_checkpoint_of(snapshot),), best_epoch)
        if due:
            self._unkept.pop(run_id, None)
        else:
            self._unkept[run_id] = (snapshot, seconds)

    def add_epochs(self, run_id: int, stats: Sequence[EpochStats], checkpoints: Sequence[Checkpoint]) -> None:
        """Add several epochs that have ended, in order, and checkpoints among them: the last one, and the best.

        Those that are there already take their place.
        """
        with self._database.change() as revision:
            best_epoch = self._note_epochs(run_id, stats, revision)
            self._keep(run_id, checkpoints, best_epoch)
        self._unkept.pop(run_id, None)

    def end(self, run_id: int, status: Status, message: str = "", test_accuracy: float = float("nan")) -> None:
        """Note that a run is over, how, and why, with the weights that it has come to."""
        with self._database.change() as revision:
            if run_id in self._unkept:
                self._keep(run_id, (_checkpoint_of(self._unkept[run_id][0]),), self._best_epoch(run_id))
            self._update(
                "run",
                run_id,
                "status = ?, message = ?, ended = max(began, ?), test_accuracy = coalesce(?, test_accuracy), "
                "revision = ?",
                (status.name, message, time.time(), test_accuracy, revision),
            )
        self._unkept.pop(run_id, None)

    def set_status(self, run_id: int, status: Status) -> None:
        """Let a run of this process go on, or wait."""
        with self._database.change() as revision:
            self._set_going_on(run_id, status, revision)

    def reopen(self, run_id: int) -> None:
        """Let a run that was stopped or interrupted go on, in this process.

        Its epochs stay, those after its last checkpoint too: see `mlp_core.runs.resume`.

        Raises
        ------
        NotResumableError
            If it goes on already, is deleted, or is over for good.
        """
        self._interrupt_orphans()
        with self._database.change() as revision:
            self.check_resumable(run_id)
            self._set_going_on(run_id, Status.RUNNING, revision)
            self._update("run", run_id, "test_accuracy = NULL", ())

    def check_resumable(self, run_id: int) -> None:
        """Raise `NotResumableError` unless a run was stopped or interrupted, and is not deleted."""
        name, status, deleted = self._run_values(run_id, "name, status, deleted")
        if deleted is not None:
            raise NotResumableError(self.path, f"“{name}” is deleted. Restore it first.")
        if not Status[status].resumable:
            raise NotResumableError(
                self.path,
                f"“{name}” is {Status[status].value.lower()}. Only a run that was stopped or interrupted can go on.",
            )

    # Reading.

    def runs(self, after: int = 0) -> tuple[RunRecord, ...]:
        """Return the runs that changed after a revision, deleted ones included, by id."""
        self._interrupt_orphans()
        return self._records(run_record, "runs", RUN_COLUMNS, "revision > ?", after)

    def run(self, run_id: int) -> RunRecord:
        """Return a run."""
        self._interrupt_orphans()
        found = self._records(run_record, "runs", RUN_COLUMNS, "id = ?", run_id)
        return found[0] if found else self._refuse("run", run_id)

    def history(self, run_id: int) -> tuple[EpochStats, ...]:
        """Return the scalars of all epochs of a run, in order."""
        rows = self._database.rows(
            f"SELECT {', '.join(EPOCH_COLUMNS)} FROM epochs WHERE run_id = ? ORDER BY epoch", (run_id,)
        )
        if not rows:
            self._run_values(run_id, "id")
        return tuple(EpochStats(row[0], *map(number, row[1:])) for row in rows)

    def checkpoints(self, run_id: int) -> tuple[int, ...]:
        """Return the epochs of a run whose weights are stored, in order."""
        rows = self._database.rows("SELECT epoch FROM checkpoints WHERE run_id = ? ORDER BY epoch", (run_id,))
        if not rows:
            self._run_values(run_id, "id")
        return tuple(row[0] for row in rows)

    def checkpoint(self, run_id: int, epoch: int | None = None) -> Checkpoint:
        """Return the weights and the generator of a run at the end of an epoch, by default the last that is stored.

        Raises
        ------
        StoreError
            If those of the epoch are not stored: see `checkpoints`.
        """
        rows = self._database.rows(
            f"SELECT epoch, {', '.join(COLUMNS)} FROM checkpoints WHERE run_id = ? AND epoch = coalesce(?, epoch) "
            "ORDER BY epoch DESC LIMIT 1",
            (run_id, epoch),
        )
        if not rows:
            name = self._run_values(run_id, "name")[0]
            which = "any epoch" if epoch is None else f"epoch {epoch}"
            raise StoreError(self.path, f"the weights of “{name}” are not kept for {which}. Choose another run.")
        try:
            return unpacked(rows[0][0], rows[0][1:])
        except (ValueError, TypeError, IndexError) as error:
            name = self._run_values(run_id, "name")[0]
            raise StoreError(
                self.path, f"the weights of “{name}” are damaged ({error}). Train it again with the same settings."
            ) from error

    def best_checkpoint(self, run_id: int) -> Checkpoint:
        """Return the weights and the generator at the best epoch; at the last one if nothing was validated."""
        return self.checkpoint(run_id, self._best_epoch(run_id) or None)

    # Editing.

    def rename(self, run_id: int, name: str) -> None:
        """Give a run another name; an empty one gives it the usual one back."""
        with self._database.change() as revision:
            values = (name.strip() or _usual_name(run_id), revision)
            self._update("run", run_id, "name = ?, revision = ?", values)

    def set_note(self, run_id: int, note: str) -> None:
        """Write down what the user thinks of a run."""
        with self._database.change() as revision:
            self._update("run", run_id, "note = ?, revision = ?", (note, revision))

    def set_starred(self, ids: Iterable[int], starred: bool) -> None:
        """Mark runs, or take the mark away."""
        with self._database.change() as revision:
            for run_id in ids:
                self._update("run", run_id, "starred = ?, revision = ?", (starred, revision))

    def delete(self, ids: Iterable[int]) -> None:
        """Delete runs; `restore` brings them back until they are purged."""
        now = time.time()
        with self._database.change() as revision:
            for run_id in ids:
                self._update("run", run_id, "deleted = coalesce(deleted, ?), revision = ?", (now, revision))

    def restore(self, ids: Iterable[int]) -> None:
        """Bring deleted runs back."""
        with self._database.change() as revision:
            for run_id in ids:
                self._update("run", run_id, "deleted = NULL, revision = ?", (revision,))

    def purge(self, older_than: timedelta) -> None:
        """Remove for good what was deleted longer ago than that, and give its room back to the disk."""
        self._interrupt_orphans()
        before = time.time() - older_than.total_seconds()
        old = f"deleted <= ? AND NOT {GOING_ON}"
        if not self._database.rows(
            f"SELECT 1 FROM runs WHERE {old} UNION ALL SELECT 1 FROM sweeps WHERE {old}", (before, before)
        ):
            return
        with self._database.change():
            self._database.execute(f"DELETE FROM runs WHERE {old}", (before,))
            self._database.execute(
                f"DELETE FROM sweeps WHERE {old} AND id NOT IN (SELECT sweep_id FROM runs WHERE sweep_id NOT NULL)",
                (before,),
            )
        self._database.give_back()

    def _note_epochs(self, run_id: int, stats: Sequence[EpochStats], revision: int) -> int:
        """Add epochs to a run and to its summary; return its best epoch."""
        status, *stored = self._run_values(run_id, _STATUS_AND_SUMMARY)
        before = Summary(*map(number, stored))
        for epoch in stats:
            self._database.execute(_ADD_EPOCH, [run_id, *(getattr(epoch, column) for column in EPOCH_COLUMNS)])
        told_again = stats and stats[0].epoch <= before.epochs_done
        summary = Summary().after(self.history(run_id)) if told_again else before.after(stats)
        self._update("run", run_id, _SET_SUMMARY, (*(getattr(summary, name) for name in _SUMMARY), revision))
        if status == Status.INTERRUPTED.name:  # so it was thought; but there is news of it
            self._set_going_on(run_id, Status.RUNNING, revision)
        return summary.best_epoch

    def _set_going_on(self, run_id: int, status: Status, revision: int) -> None:
        values = (status.name, *this_process(), revision)
        self._update("run", run_id, f"status = ?, ended = NULL, message = '', {SET_OWNER}, revision = ?", values)

    def _keep(self, run_id: int, checkpoints: Sequence[Checkpoint], best_epoch: int) -> None:
        """Store checkpoints, and drop those that make room for them."""
        rows = self._database.rows("SELECT epoch FROM checkpoints WHERE run_id = ?", (run_id,))
        there = {row[0] for row in rows}
        stay = kept(there | {checkpoint.epoch for checkpoint in checkpoints}, best_epoch)
        for epoch in there - stay:
            self._database.execute("DELETE FROM checkpoints WHERE run_id = ? AND epoch = ?", (run_id, epoch))
        marks = ", ".join("?" * len(COLUMNS))
        for checkpoint in checkpoints:
            if checkpoint.epoch in stay:
                self._database.execute(
                    f"INSERT OR REPLACE INTO checkpoints (run_id, epoch, {', '.join(COLUMNS)}) VALUES (?, ?, {marks})",
                    (run_id, checkpoint.epoch, *packed(checkpoint)),
                )

    def _best_epoch(self, run_id: int) -> int:
        return int(self._run_values(run_id, "best_epoch")[0])

    def _run_values(self, run_id: int, columns: str) -> Any:
        rows = self._database.rows(f"SELECT {columns} FROM runs WHERE id = ?", (run_id,))
        return rows[0] if rows else self._refuse("run", run_id)


def _checkpoint_of(snapshot: EpochSnapshot) -> Checkpoint:
    return Checkpoint(snapshot.epoch, snapshot.weights, snapshot.generator)


def _usual_name(run_id: int) -> str:
    return f"Run {run_id}"


@functools.cache
def _versions() -> dict[str, str]:
    try:
        ours = importlib.metadata.version("mlp-viz")
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        ours = "unknown"
    return {"python": platform.python_version(), "numpy": np.__version__, "mlp-viz": ours}
