"""`RunLibrary`: the run store as the window sees it; read and written on a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from mlp_core.errors import MlpError
from mlp_core.runs.store import RunStore
from mlp_viz import messages
from mlp_viz.run.stored import StoredRun

log = logging.getLogger(__name__)

POLL_MS: Final = 1000
POLL_AGAIN_MS: Final = 10_000  # as long as the store cannot be read
KEPT_DELETED: Final = timedelta(days=7)  # so long a deleted run can be restored from the command line

Work = Callable[[RunStore], Any]


class RunLibrary(QObject):
    """Tells of stored runs and sweeps as they change, whoever changes them, and carries out the user's edits.

    Signals
    -------
    opened(Path)
        The store is open.
    notOpened(str)
        It cannot be opened: what happened and what to do.
    remarked(str)
        What the user should know of the opening, such as that a damaged file was set aside.
    runsChanged(tuple of RunRecord)
        Those that are new or have changed, deleted ones included.
    sweepsChanged(tuple of SweepRecord)
        The same of sweeps.
    historiesRead(dict)
        The epochs of runs that were asked for: run id to tuple of EpochStats.
    failed(str)
        What went wrong and what to do.
    """

    opened = Signal(object)
    notOpened = Signal(str)
    remarked = Signal(str)
    runsChanged = Signal(object)
    sweepsChanged = Signal(object)
    historiesRead = Signal(object)
    failed = Signal(str)
    _answered = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: RunStore | None = None
        self._thread = ThreadPoolExecutor(1, "run store")
        self._closed = False
        self._seen = 0  # the revision up to which everything was told
        self._polling = False
        self._unread = False  # whether the last poll failed
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.poll)
        self._answered.connect(self._on_answered)

    @property
    def path(self) -> Path | None:
        """The store's file; None where it is not open."""
        return self._store.path if self._store is not None else None

    def open(self, path: Path | None = None) -> None:
        """Open the store, by default the user's own, and tell all that is in it."""

        def work() -> RunStore:
            store = RunStore(path)
            self._store = store  # from now on `shutdown` closes it
            return store

        self._submit(work, self._on_opened)

    @Slot()
    def poll(self) -> None:
        """Ask whether anything has changed, and tell it."""
        if self._store is not None and not self._polling:
            self._polling = True
            self.do(self._changes, self._on_changes)

    def read_histories(self, ids: Iterable[int]) -> None:
        """Read the epochs of runs; `historiesRead` tells them."""
        wanted = tuple(ids)
        if wanted:
            self.do(lambda store: {run_id: store.history(run_id) for run_id in wanted}, self.historiesRead.emit)

    def rename(self, run_id: int, name: str) -> None:
        """Give a run another name."""
        self.edit(lambda store: store.rename(run_id, name))

    def set_note(self, run_id: int, note: str) -> None:
        """Write down what the user thinks of a run."""
        self.edit(lambda store: store.set_note(run_id, note))

    def set_starred(self, ids: Iterable[int], starred: bool) -> None:
        """Mark runs, or take the mark away."""
        wanted = tuple(ids)
        self.edit(lambda store: store.set_starred(wanted, starred))

    def edit(self, work: Work) -> None:
        """Call `work` with the store, off the GUI thread, and tell what it changed."""
        self.do(work, lambda _nothing: self.poll())

    def do(self, work: Work, answered: Callable[[Any], None]) -> None:
        """Call `work` with the store, off the GUI thread, and `answered` with what it gives, in the GUI thread."""
        store = self._store
        if store is not None:
            self._submit(lambda: work(store), answered)

    def shutdown(self) -> None:
        """Carry out what was asked for, and close the store."""
        self._closed = True
        self._timer.stop()
        self._thread.shutdown()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _submit(self, work: Callable[[], Any], answered: Callable[[Any], None]) -> None:
        if self._closed:
            return

        def carry_out() -> None:
            try:
                result: Any = work()
            except MlpError as error:
                result = error
            except Exception as error:
                log.exception("the run store failed")
                result = error
            self._answered.emit(answered, result)

        self._thread.submit(carry_out)

    @Slot(object, object)
    def _on_answered(self, answered: Callable[[Any], None], result: Any) -> None:
        if self._closed:
            return
        if answered == self._on_changes:
            self._polling = False
            was_unread, self._unread = self._unread, isinstance(result, Exception)
            self._timer.start(POLL_AGAIN_MS if self._unread else POLL_MS)
            if was_unread and self._unread:
                return  # it was told
        if isinstance(result, Exception):
            told = self.notOpened if answered == self._on_opened else self.failed
            told.emit(str(result) if isinstance(result, MlpError) else messages.unexpected())
        else:
            answered(result)

    def _on_opened(self, store: RunStore) -> None:
        self.opened.emit(store.path)
        if store.remark:
            self.remarked.emit(store.remark)
        self.poll()
        self.edit(_purge)  # which may take some seconds: after all has been told

    def _changes(self, store: RunStore) -> tuple[int, Any, Any]:
        after, now = self._seen, store.revision()
        if now == after:
            return now, (), ()
        return now, store.runs(after), store.sweeps(after)

    def _on_changes(self, changes: tuple[int, Any, Any]) -> None:
        self._seen, runs, sweeps = changes
        if sweeps:
            self.sweepsChanged.emit(sweeps)
        if runs:
            self.runsChanged.emit(runs)


def _purge(store: RunStore) -> None:
    try:
        store.purge(KEPT_DELETED)
    except MlpError as error:
        log.warning("not purged: %s", error)


def stored_run(store: RunStore, run_id: int) -> StoredRun:
    """Return a run with its curves and its last checkpoint.

    Raises
    ------
    StoreError
        If there is no such run, or it cannot be read.
    """
    record = store.run(run_id)
    checkpoint = store.checkpoint(run_id) if record.epochs_done else None
    return StoredRun(record, store.history(run_id), checkpoint)
