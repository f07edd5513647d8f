"""The worker: `drive` runs a training, `RunControl` steers it, `TrainingThread` carries it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal

from mlp_core.datasets.dataset import Dataset
from mlp_core.errors import DivergedError, MlpError
from mlp_core.evaluation import misclassified
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, MinibatchStep
from mlp_core.trainer import Step, Trainer, TrainingData
from mlp_viz import messages
from mlp_viz.run.mailbox import Mailbox
from mlp_viz.run.news import LatestWeights, Paused, Progress, RunEnd, TestErrors, WeightsPicture
from mlp_viz.run.state import Phase

PICTURE_SECONDS: Final = 1 / 30  # the eye sees no more
ERRORS_SECONDS: Final = 1.0  # between two evaluations of the test set within an epoch
FIRST_ERRORS_SECONDS: Final = 0.2  # the first comes early, so that the panel fills at once

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedData:
    """A data set scaled for training; made in the worker, kept for the next run.

    Attributes
    ----------
    dataset : Dataset
    precision : str
    training : TrainingData
    X_test : ndarray, shape (n_test, n_features)
    """

    dataset: Dataset
    precision: str
    training: TrainingData
    X_test: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, dataset: Dataset, precision: str) -> PreparedData:
        """Scale all splits of `dataset`."""
        prepared = cls(
            dataset, precision, TrainingData.of(dataset, precision), dataset.scaled(dataset.test.X, precision)
        )
        for array in (prepared.training.X_train, prepared.training.X_valid, prepared.X_test):
            array.flags.writeable = False
        return prepared


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What a worker is to do; `prepared` is None when the data must be scaled first."""

    run_id: int
    dataset: Dataset
    hyperparameters: Hyperparameters
    prepared: PreparedData | None = None


class Mode(Enum):
    """How far a worker may go on its own."""

    RUN = auto()
    MINIBATCH = auto()
    EPOCH = auto()
    PAUSE = auto()


class RunControl:
    """The levers of a run: pulled by the window, obeyed by the worker between two steps."""

    def __init__(self, mode: Mode = Mode.RUN) -> None:
        self._condition = threading.Condition()
        self._mode = mode
        self._stop = False
        self._orders = 0

    @property
    def stopping(self) -> bool:
        """Whether the run was told to stop."""
        return self._stop

    @property
    def pausing(self) -> bool:
        """Whether the run waits, or will at its next step."""
        return self._mode is Mode.PAUSE

    def go(self, mode: Mode) -> None:
        """Go on, or pause, as `mode` says."""
        with self._condition:
            self._mode = mode
            self._orders += 1
            self._condition.notify_all()

    def stop(self) -> None:
        """End the run at its next step, paused or not."""
        with self._condition:
            self._stop = True
            self._condition.notify_all()

    def after(self, step: Step) -> None:
        """Note a step done: one step at a time ends in a pause.

        A single minibatch that completes an epoch goes on through its evaluation, so that the
        epoch's figures are seen with it.
        """
        ends_epoch = isinstance(step, EpochSnapshot)
        single = ends_epoch or (isinstance(step, MinibatchStep) and step.done < step.total)
        with self._condition:
            if (self._mode is Mode.MINIBATCH and single) or (self._mode is Mode.EPOCH and ends_epoch):
                self._mode = Mode.PAUSE

    @property
    def orders(self) -> int:
        """How often it was told to go on or to pause."""
        return self._orders

    def wait_while_paused(self, orders: int) -> None:
        """Block until told to stop or to go on, even if a new pause was ordered right after.

        Parameters
        ----------
        orders : int
            How many orders there were before the pause was told: a later one ends the wait, so that
            the worker tells of a second pause too.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._stop or self._mode is not Mode.PAUSE or self._orders != orders)


class Reporter:
    """Turns what a trainer does into news, often enough for the eye and no more.

    Parameters
    ----------
    job : Job
    prepared : PreparedData
    network : Network
        Read between two steps, in the worker's own thread.
    mailbox : Mailbox
    """

    def __init__(self, job: Job, prepared: PreparedData, network: Network, mailbox: Mailbox) -> None:
        self._job = job
        self._prepared = prepared
        self._network = network
        self._mailbox = mailbox
        self._epoch, self._done, self._total = 1, 0, 1
        self._started = time.perf_counter()
        self._next_picture = self._started
        self._next_errors = self._started + FIRST_ERRORS_SECONDS

    def after(self, step: Step) -> None:
        """Tell of one step: every epoch's scalars, pictures when their time has come."""
        now = time.perf_counter()
        if isinstance(step, EpochSnapshot):
            self._mailbox.post(step.stats)
            self._mailbox.post(LatestWeights(self._job.run_id, step.weights))
            if not self._mailbox.holds(TestErrors):
                self._post_errors()
        else:
            self._epoch, self._done, self._total = step.epoch, step.done, step.total
            if now >= self._next_errors:
                self._post_errors()
        if now >= self._next_picture and not self._mailbox.holds(WeightsPicture):
            self._post_picture()
            self._next_picture = now + PICTURE_SECONDS

    def everything(self) -> None:
        """Tell the exact state of this moment, for a pause or the end."""
        self._mailbox.post(LatestWeights(self._job.run_id, self._network.weights()))
        self._post_errors()
        self._post_picture()

    def skip(self, seconds: float) -> None:
        """Leave a pause out of the time trained."""
        self._started += seconds

    def _post_picture(self) -> None:
        job, seconds = self._job, time.perf_counter() - self._started
        done = self._epoch - 1 + self._done / self._total
        epochs = job.hyperparameters.epochs
        self._mailbox.post(Progress(job.run_id, self._epoch, epochs, self._done, self._total, seconds, done))
        w = images_of(self._network.w[0], job.dataset.image_shape)
        self._mailbox.post(WeightsPicture(job.run_id, self._epoch, self._done, w))

    def _post_errors(self) -> None:
        X_test, y_test = self._prepared.X_test, self._prepared.dataset.test.y
        self._mailbox.post(find_errors(self._network, X_test, y_test, self._job.run_id, self._epoch, self._done))
        self._next_errors = time.perf_counter() + ERRORS_SECONDS


@np.errstate(over="ignore")  # the weights of a diverged network may not fit float32
def images_of(w: NDArray[np.floating[Any]], image_shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return weights of shape (n_features, n_units) as read-only images, shape (n_units, height, width)."""
    images = np.ascontiguousarray(w.T, np.float32)
    if np.shares_memory(images, w):
        images = images.copy()
    images.flags.writeable = False
    return images.reshape(-1, *image_shape)


def find_errors(
    network: Network,
    X_test: NDArray[np.floating[Any]],
    y_test: NDArray[np.int64],
    run_id: int,
    epoch: int,
    minibatch: int,
) -> TestErrors:
    """Return the test samples that `network` gets wrong.

    Parameters
    ----------
    X_test : ndarray, shape (n_test, n_features)
        Scaled as for training.
    y_test : ndarray, shape (n_test,)
    run_id, epoch, minibatch : int
        The moment, as `TestErrors` tells it.
    """
    predicted = network.predict(X_test)
    indices = misclassified(y_test, predicted)
    values = (indices, y_test[indices], predicted[indices])
    for array in values:
        array.flags.writeable = False
    return TestErrors(run_id, epoch, minibatch, *values, len(y_test))


def drive(job: Job, control: RunControl, mailbox: Mailbox) -> None:
    """Train as `job` says and `control` allows; post news; end with exactly one `RunEnd`.

    No exception leaves it: what goes wrong becomes the message of the `RunEnd`.
    """
    try:
        end = _train(job, control, mailbox)
    except DivergedError as error:
        end = RunEnd(job.run_id, Phase.DIVERGED, str(error))
    except MlpError as error:
        end = RunEnd(job.run_id, Phase.FAILED, str(error))
    except MemoryError:
        end = RunEnd(job.run_id, Phase.FAILED, messages.OUT_OF_MEMORY)
    except Exception:
        log.exception("run %d failed", job.run_id)
        end = RunEnd(job.run_id, Phase.FAILED, messages.unexpected())
    mailbox.post(end)


def _train(job: Job, control: RunControl, mailbox: Mailbox) -> RunEnd:
    prepared = job.prepared or PreparedData.of(job.dataset, job.hyperparameters.precision)
    mailbox.post(prepared)
    trainer = Trainer.fresh(prepared.training, job.hyperparameters)
    reporter = Reporter(job, prepared, trainer.network, mailbox)
    reporter.everything()  # the weights before the first step: what learning starts from
    try:
        return _follow(trainer, reporter, job.run_id, control, mailbox)
    finally:
        reporter.everything()  # however it ended, the screen shows what it ended with


def _follow(trainer: Trainer, reporter: Reporter, run_id: int, control: RunControl, mailbox: Mailbox) -> RunEnd:
    for step in trainer.steps():
        control.after(step)
        reporter.after(step)
        ended = isinstance(step, EpochSnapshot) and step.epoch == trainer.hyperparameters.epochs
        while control.pausing and not control.stopping and not ended:
            orders, paused_at = control.orders, time.perf_counter()
            reporter.everything()
            mailbox.post(Paused(run_id))
            control.wait_while_paused(orders)
            reporter.skip(time.perf_counter() - paused_at)
        if control.stopping:
            return RunEnd(run_id, Phase.STOPPED)
    return RunEnd(run_id, Phase.FINISHED)


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
