"""A short piece of a trial, from one checkpoint to the next: what a worker is given, does, and gives back."""

from __future__ import annotations

import logging
import math
import os
import platform
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import psutil

from mlp_core.blas import use_one_thread
from mlp_core.errors import DivergedError, MlpError, SweepError
from mlp_core.evaluation import accuracy
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import Checkpoint, DatasetReference
from mlp_core.snapshot import EpochSnapshot, EpochStats
from mlp_core.sweep.worker_data import DataCache, MissingDataError
from mlp_core.trainer import Trainer, TrainingData

SECONDS: Final = 1.5  # that a task trains for: a sweep stops within two
NICENESS: Final = 10  # added to what a worker has: the window comes first

_data: Final = DataCache()
_log: Final = logging.getLogger(__name__)


class TrialError(SweepError):
    """A trial cannot be carried out, whichever worker tries."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What a worker is given.

    Attributes
    ----------
    run_id : int
        Of the trial, in the store.
    hyperparameters : Hyperparameters
        Of the whole trial, with a seed.
    dataset : DatasetReference
    start : Checkpoint or None
        Where the trial goes on; None to begin it.
    until_epoch : int
        The last epoch to be trained, at most ``hyperparameters.epochs``.
    seconds : float
        No further epoch is begun after so long.
    best_valid_accuracy : float
        Of the trial so far; NaN if it has none.
    data_dir : Path or None
        Folder to look in first for a data set that is asked for by name.
    """

    run_id: int
    hyperparameters: Hyperparameters
    dataset: DatasetReference
    start: Checkpoint | None
    until_epoch: int
    seconds: float = SECONDS
    best_valid_accuracy: float = float("nan")
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskResult:
    """What a worker gives back.

    Attributes
    ----------
    run_id : int
    stats : tuple of EpochStats
        Of the epochs trained, in their order; none if the trial was at its end before.
    last : Checkpoint or None
        At the last of them.
    best : Checkpoint or None
        At the one of them that has the highest validation accuracy of the trial so far, if there is one.
    diverged : str
        Why the trial cannot go on, for the user; else empty.
    test_accuracy : float
        NaN unless the trial has reached its last epoch.
    host : str
        The worker's machine.
    pid : int
        The worker's process.
    """

    run_id: int
    stats: tuple[EpochStats, ...]
    last: Checkpoint | None
    best: Checkpoint | None
    diverged: str
    test_accuracy: float
    host: str
    pid: int


def carry_out(task: Task) -> TaskResult:
    """Train a trial for some epochs; the figures are those of one uninterrupted run, to the bit.

    Raises
    ------
    MissingDataError
        If the data set is not here, or is another.
    TrialError
        If the hyperparameters do not fit the data set, there is not enough memory, or anything else goes wrong.
    """
    try:
        return _carried_out(task)
    except MissingDataError:
        raise
    except MlpError as error:
        raise TrialError(str(error)) from None  # others may not get through to another process
    except MemoryError:
        raise TrialError("There is not enough memory. Choose fewer hidden units or a smaller data set.") from None
    except Exception as error:
        _log.exception("A task failed")
        raise TrialError(f"The program has an error: {type(error).__name__}: {error}") from None


def _carried_out(task: Task) -> TaskResult:
    data = _data(task.dataset, task.hyperparameters.precision, task.data_dir)
    trainer = _trainer(task, data.training)
    stats: list[EpochStats] = []
    last = best = None
    highest = -1.0 if math.isnan(task.best_valid_accuracy) else task.best_valid_accuracy
    diverged = ""
    began = time.perf_counter()
    try:
        # The other cores are other workers' own.
        for step in trainer.steps(may_run_ahead=lambda: False):
            if not isinstance(step, EpochSnapshot):
                continue
            stats.append(step.stats)
            last = Checkpoint(step.epoch, step.weights, step.generator)
            if step.stats.valid_accuracy > highest:
                best, highest = last, step.stats.valid_accuracy
            if time.perf_counter() - began >= task.seconds:
                break
    except DivergedError as error:
        diverged = str(error)
    over = not diverged and trainer.epochs_done == task.hyperparameters.epochs
    return TaskResult(
        run_id=task.run_id,
        stats=tuple(stats),
        last=last,
        best=best,
        diverged=diverged,
        test_accuracy=accuracy(trainer.network, data.X_test, data.y_test) if over else float("nan"),
        host=platform.node(),
        pid=os.getpid(),
    )


def _trainer(task: Task, data: TrainingData) -> Trainer:
    hyperparameters = task.hyperparameters.replace(epochs=task.until_epoch)
    if task.start is None:
        return Trainer.fresh(data, hyperparameters)
    return Trainer.resumed(data, hyperparameters, task.start.weights, task.start.generator, task.start.epoch)


@cache
def give_way() -> None:
    """Let this process, a worker's, use one core for its matrix products, and others come first. Done once."""
    use_one_thread()
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)
