"""The worker: `drive` carries out a run, `TrainingThread` carries `drive`."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal

from mlp_core.errors import DivergedError, MlpError
from mlp_core.runs.record import DatasetReference, NewRun, Status
from mlp_core.runs.recorder import Recorder
from mlp_core.snapshot import EpochSnapshot
from mlp_core.trainer import Step, Trainer
from mlp_viz import messages
from mlp_viz.run.job import Job, PreparedData
from mlp_viz.run.mailbox import Mailbox
from mlp_viz.run.news import Kept, Paused, RunEnd, StoreNews
from mlp_viz.run.reporter import Reporter
from mlp_viz.run.run_control import RunControl
from mlp_viz.run.state import Phase

LOOK_SECONDS: Final = 0.01  # between two questions whether anybody still waits for the last look
STATUSES: Final = {
    Phase.FINISHED: Status.FINISHED,
    Phase.STOPPED: Status.STOPPED,
    Phase.DIVERGED: Status.DIVERGED,
    Phase.FAILED: Status.FAILED,
}

log = logging.getLogger(__name__)


def drive(job: Job, control: RunControl, mailbox: Mailbox) -> None:
    """Train as `job` says and `control` allows; post news, and exactly one `RunEnd`.

    A stop is told at once; what the epoch and the test set say of the state it left follows.
    No exception leaves it: what goes wrong becomes the message of the `RunEnd`.
    """
    with ExitStack() as stack:
        run = None
        try:
            run = Run(job, control, mailbox, stack)
            end = RunEnd(job.run_id, run.follow())
        except DivergedError as error:
            end = RunEnd(job.run_id, Phase.DIVERGED, str(error))
        except MlpError as error:
            end = RunEnd(job.run_id, Phase.FAILED, str(error))
        except MemoryError:
            end = RunEnd(job.run_id, Phase.FAILED, messages.OUT_OF_MEMORY)
        except Exception:
            log.exception("run %d failed", job.run_id)
            end = RunEnd(job.run_id, Phase.FAILED, messages.unexpected())
        stopped = end.phase is Phase.STOPPED
        try:
            if run is not None:
                run.come_to_rest(at_once=stopped)
                if not stopped:
                    run.keep(end)
        except Exception:
            log.exception("the last look at run %d failed", job.run_id)
        mailbox.post(end)
        try:
            if run is not None and stopped:
                run.finish_evaluation()
        except DivergedError:
            pass  # it was stopped first
        except Exception:
            log.exception("the last look at run %d failed", job.run_id)
        try:
            if run is not None and stopped:
                run.keep(end)
        except Exception:
            log.exception("the end of run %d is not kept", job.run_id)


class Run:
    """A trainer, what tells of it, and what keeps it.

    Parameters
    ----------
    job : Job
    control : RunControl
    mailbox : Mailbox
    stack : ExitStack
        Ends its threads, and closes the store.
    """

    def __init__(self, job: Job, control: RunControl, mailbox: Mailbox, stack: ExitStack) -> None:
        self._job = job
        self._control = control
        self._mailbox = mailbox
        self._epochs_done = 0
        prepared = job.prepared or PreparedData.of(job.dataset, job.hyperparameters.precision)
        mailbox.post(prepared)
        self._trainer = _trainer(job, prepared)
        self._reporter = stack.enter_context(closing(Reporter(job, self._trainer.network, mailbox)))
        self._steps = stack.enter_context(closing(self._trainer.steps(lambda: control.is_free)))
        self._reporter.come_to_rest()  # the weights before the first step: what learning starts from
        self._recorder = self._begin_recording(stack)

    def follow(self) -> Phase:
        """Train to the end, or until told to stop; return which it was."""
        control, told = self._control, -1
        for step in self._steps:
            control.after(step)
            self._note(step)
            ended = isinstance(step, EpochSnapshot) and step.epoch == self._trainer.hyperparameters.epochs
            while control.pausing and not control.stopping and not ended:
                orders, paused_at = control.orders, time.perf_counter()
                if told != orders:
                    told = orders
                    self._reporter.come_to_rest()
                    self._mailbox.post(Paused(self._job.run_id))
                if self._trainer.evaluating:
                    break  # the trainer makes no update now, but ends its evaluation
                control.wait_while_paused(orders)
                self._reporter.skip(time.perf_counter() - paused_at)
            if control.stopping:
                return Phase.STOPPED
        return Phase.FINISHED

    def come_to_rest(self, at_once: bool) -> None:
        """Tell what the run ended with, and wait for what the test set says of it unless `at_once`."""
        self._reporter.come_to_rest()
        if not at_once:
            self._reporter.wait_for_look()

    def finish_evaluation(self) -> None:
        """End what was being evaluated when the run was stopped, as long as anybody waits for it."""
        while self._trainer.evaluating and not self._control.abandoned:
            self._note(next(self._steps))
        while not self._reporter.wait_for_look(LOOK_SECONDS) and not self._control.abandoned:
            pass

    def keep(self, end: RunEnd) -> None:
        """Write to the store how the run ended."""
        if self._recorder is not None:
            accuracy = self._reporter.accuracy_after(self._epochs_done)
            self._recorder.end(STATUSES[end.phase], end.message, accuracy)

    def _note(self, step: Step) -> None:
        if isinstance(step, EpochSnapshot):
            self._epochs_done = step.epoch
            if self._recorder is not None:
                self._recorder.epoch(step)  # before anybody sees it: what was seen is kept
        self._reporter.after(step)

    def _begin_recording(self, stack: ExitStack) -> Recorder | None:
        job = self._job
        if job.store is None:
            return None
        if job.resumed is not None:
            recorder = Recorder.resumed(job.store, job.resumed.record.id, self._tell)
        else:
            reference = DatasetReference.of(job.dataset)
            run = NewRun(hyperparameters=job.hyperparameters, dataset=reference, origin="window")
            recorder = Recorder(job.store, run, self._tell)
        stack.enter_context(recorder)
        if recorder.run_id is not None:
            self._mailbox.post(Kept(job.run_id, recorder.run_id))
        return recorder

    def _tell(self, message: str) -> None:
        untold = self._mailbox.take_back(StoreNews)  # only the latest news of a kind is fetched
        self._mailbox.post(StoreNews(self._job.run_id, f"{untold.message} {message}" if untold else message))


def _trainer(job: Job, prepared: PreparedData) -> Trainer:
    at = job.resumed.checkpoint if job.resumed is not None else None
    if at is None:
        return Trainer.fresh(prepared.training, job.hyperparameters)
    return Trainer.resumed(prepared.training, job.hyperparameters, at.weights, at.generator, at.epoch)


class TrainingThread(QThread):
    """Carries one run.

    Signals
    -------
    mailArrived
        The mailbox has something in it and had nothing before.
    """

    mailArrived = Signal()

    def __init__(self, job: Job, control: RunControl, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"training run {job.run_id}")
        self.job = job
        self.control = control
        self.mailbox = Mailbox(self.mailArrived.emit)

    def run(self) -> None:
        """Work; called by Qt in the new thread."""
        drive(self.job, self.control, self.mailbox)
