"""Carries out a sweep: hands tasks to workers, and writes what they give back to the run store at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlp_core.errors import DataError, StoreError, SweepError
from mlp_core.runs.record import NewRun, Status
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochStats
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.schedule import Schedule, Trial
from mlp_core.sweep.task import Task, TaskResult, TrialError
from mlp_core.sweep.workers import WorkerDied, Workers

TRIES: Final = 3  # of a task whose worker dies
ALIKE: Final = 3  # trials that fail for one reason before any has trained: the others would too
GRACE: Final = 2.0  # seconds that a stop waits for tasks under way
NEWS: Final = (0.1, 1.0)  # seconds between two words of progress: at least, and at most


class SweepControl:
    """Stops a sweep, from any thread."""

    def __init__(self) -> None:
        self.stopped: Future[None] = Future()

    def stop(self) -> None:
        """Let the sweep end within some seconds; all that was reached is kept, and it can go on later."""
        with suppress(InvalidStateError):
            self.stopped.set_result(None)

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self.stopped.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress:
    """How far a sweep is.

    Attributes
    ----------
    sweep_id : int
    runs_done, runs_failed, n_runs : int
        Runs that are over, those of them that failed or diverged, and all there will be.
    epochs_done, n_epochs : int
        Over all runs; `n_epochs` as far as can be foreseen.
    seconds : float
        Since the sweep began, or went on.
    seconds_left : float
        About; NaN as long as it cannot be told.
    message : str
        What the user should know, such as that a worker died; empty if nothing.
    """

    sweep_id: int
    runs_done: int
    runs_failed: int
    n_runs: int
    epochs_done: int
    n_epochs: int
    seconds: float
    seconds_left: float
    message: str = ""


Told = Callable[[SweepProgress], None]


def drive_sweep(
    store_path: Path | None,
    sweep_id: int,
    workers: Workers,
    control: SweepControl,
    told: Told,
    data_dir: Path | None = None,
) -> Status:
    """Carry out a sweep that is in the store, or what is left of it.

    Runs that are over are not repeated, but those that failed are tried again; others go on from their last checkpoint,
    and end with the figures they would have had without the interruption.

    Parameters
    ----------
    store_path : Path or None
        See `RunStore`; opened anew, for this alone.
    sweep_id : int
        See `RunStore.add_sweep`.
    workers : Workers
        Left open; to be closed afterwards, which ends what a stop did not wait for.
    control : SweepControl
    told : callable
        Called in this thread with a `SweepProgress`, once a second at least.
    data_dir : Path, optional
        Folder in which workers look first for a data set that is asked for by name.

    Returns
    -------
    Status
        FINISHED, STOPPED, or FAILED, whose reason is the message of the sweep in the store, and of the last progress.

    Raises
    ------
    StoreError
        If the store cannot be opened, read or written, or the sweep goes on in another process. What was written is
        kept, and the sweep can go on later.
    SweepError
        If there is no such plan, or it needs what is not installed.
    """
    with RunStore(store_path) as store:
        store.reopen_sweep(sweep_id)
        try:
            drive = _Drive(store, sweep_id, workers, control, told, data_dir)
        except Exception as error:
            with suppress(StoreError):
                store.end_sweep(sweep_id, Status.FAILED, _reason(error))
            raise
        return drive.run()


class _Drive:
    def __init__(
        self,
        store: RunStore,
        sweep_id: int,
        workers: Workers,
        control: SweepControl,
        told: Told,
        data_dir: Path | None,
    ) -> None:
        self._store = store
        self._sweep_id = sweep_id
        self._workers = workers
        self._control = control
        self._told = told
        self._data_dir = data_dir
        self._plan = SweepPlan.from_dict(store.sweep(sweep_id).plan)
        self._schedule = Schedule(self._plan, store.sweep_runs(sweep_id), self._history)
        self._under_way: dict[Future[TaskResult], Trial] = {}
        self._reasons: list[str] = []  # why trials failed
        self._began = self._told_last = time.monotonic()
        self._trained_since = math.inf  # workers start, and read their data, before
        self._heard = -math.inf  # when epochs came last
        self._epochs_before = self._epochs_done

    def run(self) -> Status:
        message = ""
        try:
            try:
                self._settle()
                self._work()
            except (SweepError, DataError) as error:  # none of the trials can be carried out
                message = str(error)
            self._collect_the_rest()
            if not message and self._reasons and all(trial.status is Status.FAILED for trial in self._schedule.trials):
                message = f"Every run failed: {self._reasons[0]}"
            status = self._end(Status.FAILED if message else Status.STOPPED, message)
            self._tell(message)
            return status
        except BaseException as error:
            with suppress(StoreError):  # if it was full, there may be room for so little
                failed = isinstance(error, Exception)
                self._end(Status.FAILED if failed else Status.STOPPED, _reason(error) if failed else "")
            raise

    def _work(self) -> None:
        self._tell()
        while not self._control.stopping:
            self._fill()
            if not self._under_way and (self._workers.count or self._is_over):
                return
            awaited: list[Future[Any]] = [*self._under_way, self._control.stopped]
            wait(awaited, NEWS[1], FIRST_COMPLETED)
            message = self._take_what_is_done()
            if not message and not self._workers.count:
                message = "There is no worker at the moment: the sweep waits for one."
            if message or time.monotonic() - self._told_last >= NEWS[0]:
                self._tell(message)

    def _fill(self) -> None:
        """Give each worker that has nothing to do a task, as long as there are some."""
        while len(self._under_way) < self._workers.count and (trial := self._schedule.next()):
            if trial.run_id is None:
                run = NewRun(
                    hyperparameters=trial.hyperparameters,
                    dataset=self._plan.dataset,
                    origin="sweep",
                    sweep_id=self._sweep_id,
                    setting=trial.setting,
                )
                trial.run_id, trial.status = self._store.begin(run), Status.RUNNING
            self._set_status(trial, Status.RUNNING)
            if trial.checkpoint is None and trial.epochs_done:
                trial.checkpoint = self._store.checkpoint(trial.run_id)
            task = Task(
                run_id=trial.run_id,
                hyperparameters=trial.hyperparameters,
                dataset=self._plan.dataset,
                start=trial.checkpoint,
                until_epoch=trial.until_epoch,
                best_valid_accuracy=trial.best_valid_accuracy,
                data_dir=self._data_dir,
            )
            self._under_way[self._workers.submit(task)] = trial

    def _take_what_is_done(self) -> str:
        """Write down what workers have given back, and return what the user should know of it."""
        messages = [self._take(future) for future in tuple(self._under_way) if future.done()]
        return next(filter(None, messages), "")

    def _take(self, future: Future[TaskResult]) -> str:
        trial = self._under_way.pop(future)
        try:
            self._note(trial, future.result())
            return ""
        except WorkerDied as error:
            trial.deaths += error.times
            if trial.deaths < TRIES:
                self._schedule.go_on(trial)
                return f"{error} It is tried again."
            return self._fail(trial, f"{error} That happened {trial.deaths} times in a row.")
        except TrialError as error:
            return self._fail(trial, str(error))

    def _note(self, trial: Trial, result: TaskResult) -> None:
        if result.last is not None:
            kept = {checkpoint.epoch: checkpoint for checkpoint in (result.best, result.last) if checkpoint}
            self._store.add_epochs(result.run_id, result.stats, tuple(kept.values()))
            trial.note(result.stats, self._plan.rungs)
            self._heard = time.monotonic()
            if math.isinf(self._trained_since):
                self._trained_since = self._heard - sum(epoch.seconds for epoch in result.stats)
            trial.checkpoint = result.last
        trial.deaths = 0
        if result.diverged:
            self._finish(trial, Status.DIVERGED, result.diverged)
        elif trial.epochs_done == trial.hyperparameters.epochs:
            self._finish(trial, Status.FINISHED, test_accuracy=result.test_accuracy)
        elif trial.arrived:
            self._set_status(trial, Status.WAITING)
            trial.checkpoint = None
        else:
            self._schedule.go_on(trial)
            return
        self._settle()

    def _fail(self, trial: Trial, reason: str) -> str:
        self._finish(trial, Status.FAILED, reason)
        self._reasons.append(reason)
        if not self._epochs_done and self._reasons.count(reason) >= ALIKE:
            raise SweepError(f"Run after run fails, and none has trained: {reason}")
        self._settle()
        return f"A run failed: {reason}"

    def _settle(self) -> None:
        while pruned := self._schedule.settle():
            for trial in pruned:
                self._finish(trial, Status.PRUNED)

    def _finish(self, trial: Trial, status: Status, message: str = "", test_accuracy: float = math.nan) -> None:
        if trial.run_id is not None:  # one of a setting that is given up may not have begun
            self._store.end(trial.run_id, status, message, test_accuracy)
        trial.status, trial.checkpoint = status, None

    def _set_status(self, trial: Trial, status: Status) -> None:
        if trial.run_id is not None and trial.status is not status:
            self._store.set_status(trial.run_id, status)
            trial.status = status

    def _collect_the_rest(self) -> None:
        """Wait a little for tasks that are under way, and write down what they give."""
        for future in wait(self._under_way, GRACE).done:
            with suppress(SweepError, DataError):  # the sweep is being ended anyway
                self._take(future)

    def _end(self, status: Status, message: str) -> Status:
        if self._is_over and not message:
            status = Status.FINISHED
        for trial in self._schedule.trials:
            if not trial.over and trial.status is not Status.STOPPED:
                self._finish(trial, Status.STOPPED)
        self._store.end_sweep(self._sweep_id, status, message)
        return status

    @property
    def _is_over(self) -> bool:
        trials = self._schedule.trials
        return len(trials) == self._plan.n_runs and all(trial.over for trial in trials)

    @property
    def _epochs_done(self) -> int:
        return sum(trial.epochs_done for trial in self._schedule.trials)

    def _tell(self, message: str = "") -> None:
        self._told_last = time.monotonic()
        trials = self._schedule.trials
        done, total = self._epochs_done, self._schedule.n_epochs
        left = math.nan
        if new := done - self._epochs_before:
            an_epoch = (self._heard - self._trained_since) / new
            left = max(an_epoch * (total - done) - (self._told_last - self._heard), 0)
        self._told(
            SweepProgress(
                sweep_id=self._sweep_id,
                runs_done=sum(trial.over for trial in trials),
                runs_failed=sum(trial.status in (Status.FAILED, Status.DIVERGED) for trial in trials),
                n_runs=self._plan.n_runs,
                epochs_done=done,
                n_epochs=max(done, total),
                seconds=self._told_last - self._began,
                seconds_left=left,
                message=message,
            )
        )

    def _history(self, run_id: int) -> tuple[EpochStats, ...]:
        """Return the epochs of a run up to its last checkpoint: it goes on from there."""
        last = max(self._store.checkpoints(run_id), default=0)
        return tuple(epoch for epoch in self._store.history(run_id) if epoch.epoch <= last)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__  # a MemoryError says nothing
