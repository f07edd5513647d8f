"""`Recorder`: writes a run to the store as it goes on; whatever becomes of the disk, training goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from mlp_core.errors import NotResumableError, StoreError
from mlp_core.runs.database import PATIENCE
from mlp_core.runs.record import Checkpoint, NewRun, Status
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot, EpochStats

RETRY_SECONDS: Final = 2.0  # between two attempts: each may have to wait
_PATIENCE: Final = 1.0  # seconds that training waits for another program's writing; at its end it waits longer


class Recorder:
    """Keeps one run in the store, by a connection of its own.

    Nothing that goes wrong with the store is raised: it is told once, what could not be written is held in memory,
    and it is tried again with the epochs to come, and at the end. A context manager that closes the store.

    Parameters
    ----------
    store_path : Path or None
        The store's file; None for the default one.
    run : NewRun
    told : callable
        Called with what the user should know, from the thread that writes.

    Attributes
    ----------
    run_id : int or None
        The run's id in the store; None as long as it could not be written there.
    """

    def __init__(self, store_path: Path | None, run: NewRun, told: Callable[[str], None]) -> None:
        self._begin_with(store_path, told, lambda store: store.begin(run))

    @classmethod
    def resumed(cls, store_path: Path | None, run_id: int, told: Callable[[str], None]) -> Recorder:
        """Return a recorder of a stored run that goes on.

        Raises
        ------
        NotResumableError
            If it goes on already, in another program perhaps, is deleted, or is over for good.
        """

        def reopen(store: RunStore) -> int:
            store.reopen(run_id)
            return run_id

        recorder = cls.__new__(cls)
        recorder._begin_with(store_path, told, reopen)
        return recorder

    def _begin_with(
        self, store_path: Path | None, told: Callable[[str], None], begin: Callable[[RunStore], int]
    ) -> None:
        self.run_id: int | None = None
        self._store_path = store_path
        self._told = told
        self._begin = begin
        self._store: RunStore | None = None
        self._stats: list[EpochStats] = []  # what is not written yet: its scalars,
        self._newest: EpochSnapshot | None = None  # and of its weights the newest and the best
        self._best: EpochSnapshot | None = None
        self._end: tuple[Status, str, float] | None = None
        self._failed_at: float | None = None
        try:
            self._write()
        except NotResumableError:
            self._close_store()
            raise

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def epoch(self, snapshot: EpochSnapshot) -> None:
        """Write an epoch that has ended."""
        self._stats.append(snapshot.stats)
        self._newest = snapshot
        if self._best is None or not snapshot.stats.valid_accuracy <= self._best.stats.valid_accuracy:
            self._best = snapshot
        if self._failed_at is None or time.monotonic() - self._failed_at >= RETRY_SECONDS:
            self._write()

    def end(self, status: Status, message: str = "", test_accuracy: float = float("nan")) -> None:
        """Write that the run is over, how, and why; see `RunStore.end`."""
        self._end = (status, message, test_accuracy)
        self._write()

    def close(self) -> None:
        """Close the store; a run that was not ended is interrupted."""
        if self._end is None:
            self.end(Status.INTERRUPTED)
        self._close_store()

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _write(self) -> None:
        try:
            self._write_all()
        except StoreError as error:
            begins = self.run_id is None and self._failed_at is None
            if begins and isinstance(error, NotResumableError):
                raise
            if self._failed_at is None or self._end is not None:
                self._told(f"The run cannot be recorded. {error} {self._consequence()}")
            self._failed_at = time.monotonic()
        else:
            if self._failed_at is not None:
                self._failed_at = None
                self._told("The run is recorded again, with every epoch that was missing.")

    def _consequence(self) -> str:
        if self._end is not None:
            return "It is not in the store." if self.run_id is None else "Its last epochs are not in the store."
        return "Training goes on, and what is missing is written as soon as that works."

    def _write_all(self) -> None:
        """Write all that is not written yet.

        Raises
        ------
        StoreError
            If that does not work; what was not written is still held.
        """
        if self._store is None:
            self._store = RunStore(self._store_path, _PATIENCE)
            if self._store.remark:
                self._told(self._store.remark)
        if self._end is not None:
            self._store.wait_up_to(PATIENCE)  # there is no later attempt
        if self.run_id is None:
            self.run_id = self._begin(self._store)
        if self._newest is not None:
            if len(self._stats) == 1:
                self._store.add_epoch(self.run_id, self._newest)
            else:
                self._store.add_epochs(self.run_id, self._stats, _checkpoints(self._best, self._newest))
            self._stats, self._newest, self._best = [], None, None
        if self._end is not None:
            self._store.end(self.run_id, *self._end)


def _checkpoints(*snapshots: EpochSnapshot | None) -> list[Checkpoint]:
    by_epoch: dict[int, Any] = {snapshot.epoch: snapshot for snapshot in snapshots if snapshot is not None}
    return [Checkpoint(epoch, snapshot.weights, snapshot.generator) for epoch, snapshot in by_epoch.items()]
