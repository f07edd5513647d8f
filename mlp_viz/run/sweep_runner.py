"""`SweepRunner`: carries out one sweep on a thread of its own; the trials are trained in worker processes."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot

from mlp_core.errors import MlpError
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore
from mlp_core.sweep.cluster import DaskWorkers
from mlp_core.sweep.drive import SweepControl, SweepProgress, drive_sweep
from mlp_core.sweep.workers import LocalWorkers, Workers
from mlp_viz import messages

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkersChoice:
    """Where the trials of a sweep are trained.

    Attributes
    ----------
    n_local : int
        Worker processes on this machine; not used with a scheduler.
    scheduler : str
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``; empty for this machine.
    """

    n_local: int
    scheduler: str = ""

    def workers(self) -> Workers:
        """Return the workers.

        Raises
        ------
        SweepError
            If the scheduler cannot be reached, or has none.
        """
        return DaskWorkers(self.scheduler) if self.scheduler else LocalWorkers(self.n_local)


@dataclass(frozen=True, slots=True)
class SweepEnd:
    """A sweep has come to its end, or to a stop.

    Attributes
    ----------
    sweep_id : int
    status : Status
        FINISHED, STOPPED or FAILED.
    message : str
        What went wrong and what to do; else empty.
    """

    sweep_id: int
    status: Status
    message: str = ""


class SweepThread(QThread):
    """Carries one sweep.

    Signals
    -------
    progressed(SweepProgress)
    came_to_end(SweepEnd)
    """

    progressed = Signal(object)
    came_to_end = Signal(object)

    def __init__(
        self, store: Path, sweep_id: int, choice: WorkersChoice, data_dir: Path | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"sweep {sweep_id}")
        self.sweep_id = sweep_id
        self.control = SweepControl()
        self._store = store
        self._choice = choice
        self._data_dir = data_dir
        self._told = ""  # by the last word of progress

    def run(self) -> None:
        """Work; called by Qt in the new thread."""
        self.came_to_end.emit(self._carry_out())

    def _carry_out(self) -> SweepEnd:
        try:
            self._claim()
            with closing(self._workers()) as workers:
                status = drive_sweep(self._store, self.sweep_id, workers, self.control, self._tell, self._data_dir)
        except MlpError as error:
            return SweepEnd(self.sweep_id, Status.FAILED, str(error))
        except MemoryError:
            return SweepEnd(self.sweep_id, Status.FAILED, messages.OUT_OF_MEMORY)
        except Exception:
            log.exception("sweep %d failed", self.sweep_id)
            return SweepEnd(self.sweep_id, Status.FAILED, messages.unexpected())
        return SweepEnd(self.sweep_id, status, self._told if status is Status.FAILED else "")

    def _claim(self) -> None:
        """Let the sweep be this process' own; no other then takes it while the workers are being started."""
        with RunStore(self._store) as store:
            store.reopen_sweep(self.sweep_id)

    def _workers(self) -> Workers:
        try:
            return self._choice.workers()
        except Exception as error:
            with RunStore(self._store) as store:
                store.end_sweep(self.sweep_id, Status.FAILED, str(error) or type(error).__name__)
            raise

    def _tell(self, progress: SweepProgress) -> None:
        self._told = progress.message
        self.progressed.emit(progress)


class SweepRunner(QObject):
    """Starts and stops sweeps, one at a time.

    Attributes
    ----------
    sweep_id : int or None
        The sweep that goes on.

    Signals
    -------
    runningChanged(object)
        The id of the sweep that goes on now, or None.
    progressed(SweepProgress)
    ended(SweepEnd)
    """

    runningChanged = Signal(object)
    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: SweepThread | None = None
        self._closed = False

    @property
    def sweep_id(self) -> int | None:
        """The sweep that goes on."""
        return self._thread.sweep_id if self._thread is not None else None

    def start(self, store: Path, sweep_id: int, choice: WorkersChoice, data_dir: Path | None) -> None:
        """Begin a stored sweep, or go on with it; ignored while another one goes on."""
        if self._thread is not None or self._closed:
            return
        self._thread = SweepThread(store, sweep_id, choice, data_dir, self)
        self._thread.progressed.connect(self._on_progress)
        self._thread.came_to_end.connect(self._on_end)
        self._thread.start()
        self.runningChanged.emit(sweep_id)

    @Slot()
    def stop(self) -> None:
        """End the sweep within some seconds; all that was reached is kept."""
        if self._thread is not None:
            self._thread.control.stop()

    def shutdown(self) -> None:
        """Stop, wait, and begin nothing any more."""
        self._closed = True
        if self._thread is not None:
            self._thread.control.stop()
            self._thread.wait()
            self._thread = None

    @Slot(object)
    def _on_progress(self, progress: SweepProgress) -> None:
        if not self._closed:
            self.progressed.emit(progress)

    @Slot(object)
    def _on_end(self, end: SweepEnd) -> None:
        if self._thread is not None and not self._closed:
            self._thread.wait()
            self._thread.deleteLater()
            self._thread = None
            self.runningChanged.emit(None)
            self.ended.emit(end)
