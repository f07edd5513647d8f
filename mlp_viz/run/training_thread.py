"""The worker: `drive` carries out a run, `TrainingThread` carries `drive`."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal

from mlp_core.errors import DivergedError, MlpError
from mlp_core.snapshot import EpochSnapshot
from mlp_core.trainer import Trainer
from mlp_viz import messages
from mlp_viz.run.job import Job, PreparedData
from mlp_viz.run.mailbox import Mailbox
from mlp_viz.run.news import Paused, RunEnd
from mlp_viz.run.reporter import Reporter
from mlp_viz.run.run_control import RunControl
from mlp_viz.run.state import Phase

LOOK_SECONDS: Final = 0.01  # between two questions whether anybody still waits for the last look

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
        try:
            if run is not None:
                run.come_to_rest(at_once=end.phase is Phase.STOPPED)
        except Exception:
            log.exception("the last look at run %d failed", job.run_id)
        mailbox.post(end)
        try:
            if run is not None and end.phase is Phase.STOPPED:
                run.finish_evaluation()
        except DivergedError:
            pass  # it was stopped first
        except Exception:
            log.exception("the last look at run %d failed", job.run_id)


class Run:
    """A trainer, and what tells of it.

    Parameters
    ----------
    job : Job
    control : RunControl
    mailbox : Mailbox
    stack : ExitStack
        Ends its threads.
    """

    def __init__(self, job: Job, control: RunControl, mailbox: Mailbox, stack: ExitStack) -> None:
        self._run_id = job.run_id
        self._control = control
        self._mailbox = mailbox
        prepared = job.prepared or PreparedData.of(job.dataset, job.hyperparameters.precision)
        mailbox.post(prepared)
        self._trainer = Trainer.fresh(prepared.training, job.hyperparameters)
        self._reporter = stack.enter_context(closing(Reporter(job, self._trainer.network, mailbox)))
        self._steps = stack.enter_context(closing(self._trainer.steps(lambda: control.is_free)))
        self._reporter.come_to_rest()  # the weights before the first step: what learning starts from

    def follow(self) -> Phase:
        """Train to the end, or until told to stop; return which it was."""
        control, told = self._control, -1
        for step in self._steps:
            control.after(step)
            self._reporter.after(step)
            ended = isinstance(step, EpochSnapshot) and step.epoch == self._trainer.hyperparameters.epochs
            while control.pausing and not control.stopping and not ended:
                orders, paused_at = control.orders, time.perf_counter()
                if told != orders:
                    told = orders
                    self._reporter.come_to_rest()
                    self._mailbox.post(Paused(self._run_id))
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
            self._reporter.after(next(self._steps))
        while not self._reporter.wait_for_look(LOOK_SECONDS) and not self._control.abandoned:
            pass


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
