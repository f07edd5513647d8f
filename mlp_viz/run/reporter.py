"""`Reporter`: tells the window what a trainer does."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Dataset
from mlp_core.evaluation import blocks, misclassified
from mlp_core.network import Network
from mlp_core.snapshot import EpochSnapshot, MinibatchStep, Weights
from mlp_core.trainer import Step
from mlp_viz.run.job import Job
from mlp_viz.run.mailbox import Mailbox
from mlp_viz.run.news import LatestWeights, Progress, TestErrors, WeightsPicture

LOOKED_AT_ONCE: Final = 250  # test samples: scaled, a thousand would take 6 MB
PICTURE_SECONDS: Final = 1 / 12  # weights change smoothly; each picture costs the window some milliseconds
ERRORS_SECONDS: Final = 1.0  # between two looks at the test set within an epoch
EPOCH_ERRORS_SECONDS: Final = 0.8  # at least, between a look and the next at an epoch's end
FIRST_ERRORS_SECONDS: Final = 0.2  # the first comes early, so that the panel fills at once


class Reporter:
    """Turns what a trainer does into news, often enough for the eye and no more.

    To be closed at the end: the test set is looked at on a thread of its own.

    Parameters
    ----------
    job : Job
    network : Network
        Read between two steps, in the worker's own thread.
    mailbox : Mailbox
    """

    def __init__(self, job: Job, network: Network, mailbox: Mailbox) -> None:
        self._job = job
        self._network = network
        self._mailbox = mailbox
        now = time.perf_counter()
        self._epoch, self._done, self._total = 1, 0, 1
        self._started = now
        if job.resumed is not None and job.resumed.checkpoint is not None:
            self._epoch, self._done = job.resumed.checkpoint.epoch, 1
            self._started -= job.resumed.record.seconds
        self._next_picture = now
        self._next_errors = now + FIRST_ERRORS_SECONDS
        self._last_look = -math.inf
        self._at_rest = False
        self._thread = ThreadPoolExecutor(1, "test set")
        self._look: Future[None] | None = None
        self._seen: TestErrors | None = None
        self._look_called_off = threading.Event()

    def close(self) -> None:
        """Call off a look that is under way, and end its thread."""
        self._look_called_off.set()
        self._thread.shutdown()

    def after(self, step: Step) -> None:
        """Tell of one step: every epoch's scalars, pictures when their time has come."""
        now = time.perf_counter()
        if isinstance(step, MinibatchStep):
            self._epoch, self._done, self._total = step.epoch, step.done, step.total
            self._at_rest = False
            if now >= self._next_errors and not self.looking:
                self._begin_look(self._network.weights(), step.epoch, step.done)
        elif isinstance(step, EpochSnapshot):
            self._mailbox.post(step.stats)
            if not self._at_rest:  # else newer weights than those of this epoch's end are shown already
                self._mailbox.post(LatestWeights(self._job.run_id, step.weights))
                rested = now - self._last_look >= EPOCH_ERRORS_SECONDS
                if rested and not self._mailbox.holds(TestErrors) and not self.looking:
                    self._begin_look(step.weights, step.epoch, self._total)
        if now >= self._next_picture and not self._at_rest and not self._mailbox.holds(WeightsPicture):
            self._post_picture()
            self._next_picture = now + PICTURE_SECONDS

    def come_to_rest(self) -> None:
        """Tell the exact state of this moment, for a pause or the end; what the test set says of it follows."""
        self._at_rest = True
        weights = self._network.weights()
        self._mailbox.post(LatestWeights(self._job.run_id, weights))
        self._post_picture()
        self._look_called_off.set()  # a look at an earlier moment
        self._begin_look(weights, self._epoch, self._done)

    @property
    def looking(self) -> bool:
        """Whether a look at the test set is under way."""
        return self._look is not None and not self._look.done()

    def wait_for_look(self, seconds: float | None = None) -> bool:
        """Wait until the look at the test set is done, and return whether it is.

        Parameters
        ----------
        seconds : float, optional
            At most so long; by default as long as it takes.
        """
        if self._look is not None:
            try:
                self._look.result(seconds)
            except TimeoutError:
                return False
        return True

    def accuracy_after(self, epoch: int) -> float:
        """Return the test accuracy at the end of `epoch`, if that was the last look; else NaN."""
        seen = self._seen
        looked = seen is not None and (seen.epoch, seen.minibatch) == (epoch, self._total)
        return seen.accuracy if seen is not None and looked else math.nan

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

    def _begin_look(self, weights: Weights, epoch: int, minibatch: int) -> None:
        if self._look is not None and self._look.done():
            self._look.result()  # what went wrong there goes wrong here
        self._look_called_off = threading.Event()
        called_off = self._look_called_off.is_set
        self._look = self._thread.submit(self._find_errors, weights, epoch, minibatch, called_off)
        self._last_look = time.perf_counter()
        self._next_errors = self._last_look + ERRORS_SECONDS

    def _find_errors(self, weights: Weights, epoch: int, minibatch: int, called_off: Callable[[], bool]) -> None:
        network = Network(weights.w, weights.b, self._job.hyperparameters.activation)
        with suppress(CancelledError):
            seen = find_errors(network, self._job.dataset, self._job.run_id, epoch, minibatch, called_off)
            self._seen = seen
            self._mailbox.post(seen)


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
    dataset: Dataset,
    run_id: int,
    epoch: int,
    minibatch: int,
    called_off: Callable[[], bool] = lambda: False,
) -> TestErrors:
    """Return the test samples of `dataset` that `network` gets wrong.

    Parameters
    ----------
    network : Network
        It gets them scaled as for training, a block at a time.
    dataset : Dataset
    run_id, epoch, minibatch : int
        The moment, as `TestErrors` tells it.
    called_off : callable
        Asked before each block of samples.

    Raises
    ------
    CancelledError
        If called off.
    """
    X, y = dataset.test.X, dataset.test.y
    predicted = np.empty(len(X), np.int64)
    for block in blocks(len(X), LOOKED_AT_ONCE):
        if called_off():
            raise CancelledError
        predicted[block] = network.predict(dataset.scaled(X[block], network.dtype))
    indices = misclassified(y, predicted)
    values = (indices, y[indices], predicted[indices])
    for array in values:
        array.flags.writeable = False
    return TestErrors(run_id, epoch, minibatch, *values, len(y))
