"""The command ``mlp-core train``: train a network, tell how it goes, and keep the run in the store."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any

from mlp_core.arguments import (
    add_data_arguments,
    add_hyperparameter_arguments,
    add_picture_arguments,
    add_store_argument,
    hyperparameters_of,
    recipe_of,
)
from mlp_core.data_cli import on_one_line, tell_aside
from mlp_core.datasets import Dataset, default_name
from mlp_core.errors import DivergedError
from mlp_core.estimator import progress_line
from mlp_core.evaluation import accuracy
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import Model, save_model
from mlp_core.output_file import check_can_be_written, writing
from mlp_core.runs.record import DatasetReference, NewRun, Status
from mlp_core.runs.recorder import Recorder
from mlp_core.snapshot import EpochSnapshot, EpochStats
from mlp_core.trainer import Trainer, TrainingData

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_train_command(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``train``; it sets ``run``, which takes the options and returns the exit status."""
    command = commands.add_parser("train", help="train a network and print the lecture's progress line")
    add_data_arguments(command)
    add_picture_arguments(command)
    add_hyperparameter_arguments(command)
    add_output_arguments(command)
    add_store_argument(command)
    command.add_argument("--no-store", action="store_true", help="do not keep the run")
    command.add_argument("--name", default="", help="what the run is called in the store (Run and its number)")
    command.set_defaults(run=train)


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ask for files."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every epoch's figures as JSON")
    parser.add_argument("--save", type=Path, metavar="MODEL.npz", help="save the trained model")


def check_outputs(options: argparse.Namespace) -> None:
    """Raise `MlpError` if a file that is asked for cannot be written."""
    for path in (options.json, options.save):
        if path is not None:
            check_can_be_written(path)


def train(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core train`` and return its exit status."""
    hyperparameters = hyperparameters_of(options).settled()
    check_outputs(options)
    with on_one_line() as progress:
        asked = options.dataset or default_name(options.data_dir)
        dataset = recipe_of(options, asked).open(options.data_dir, progress)
    tell_aside(dataset.description())
    if dataset.remarks:
        tell_aside(dataset.remarks)
    trainer = Trainer.fresh(TrainingData.of(dataset, hyperparameters.precision), hyperparameters)
    if options.no_store:
        return follow(options, trainer, dataset)
    reference = DatasetReference.of(dataset)
    run = NewRun(hyperparameters=hyperparameters, dataset=reference, origin="command", name=options.name)
    with Recorder(options.store, run, tell_of_store) as recorder:
        return follow(options, trainer, dataset, recorder)


def tell_of_store(message: str) -> None:
    """Print what the user should know of the store, on a line of its own: a progress line may stand there."""
    sys.stderr.write("\n")
    tell_aside(f"mlp-core: {message}")


def runs_command(what: str, run_id: int, store: Path | None) -> str:
    """Return the ``mlp-core runs`` command that does something with a run of the store that was asked for."""
    return shlex.join(["mlp-core", "runs", what, str(run_id), *(["--store", str(store)] if store else [])])


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How training ended.

    Attributes
    ----------
    status : Status
        FINISHED, STOPPED or DIVERGED.
    history : sequence of EpochStats
        Of all epochs that have ended.
    test_accuracy : float or None
        None unless it finished, and without test samples.
    diverged : DivergedError or None
    """

    status: Status
    history: Sequence[EpochStats]
    test_accuracy: float | None = None
    diverged: DivergedError | None = None


def follow(
    options: argparse.Namespace,
    trainer: Trainer,
    dataset: Dataset,
    recorder: Recorder | None = None,
    earlier: Sequence[EpochStats] = (),
) -> int:
    """Train to the end, tell how it goes, write the files that are asked for, and return the exit status.

    Parameters
    ----------
    options : Namespace
        With those of `add_output_arguments` and `add_store_argument`.
    trainer : Trainer
    dataset : Dataset
    recorder : Recorder, optional
        Keeps the run, and is told how it ended.
    earlier : sequence of EpochStats
        The epochs that `trainer` was trained for before.

    Raises
    ------
    DivergedError
        If the cost or a weight is no longer finite; what was reached is written first.
    """
    started = time.perf_counter() - sum(stats.seconds for stats in earlier)
    outcome = _outcome(trainer, dataset, recorder, earlier)
    if recorder is not None:
        tested = float("nan") if outcome.test_accuracy is None else outcome.test_accuracy
        recorder.end(outcome.status, str(outcome.diverged or ""), tested)
    if outcome.test_accuracy is not None:
        tell_aside(f"Test accuracy: {outcome.test_accuracy * 100:.2f}%")
    hyperparameters, history = trainer.hyperparameters, outcome.history
    if options.save and outcome.status is Status.FINISHED:
        key, name, fingerprint = dataset.key, dataset.name, dataset.fingerprint()
        model = Model(hyperparameters, trainer.network.weights(), tuple(history), key, name, fingerprint)
        save_model(options.save, model)
    if options.json:
        result = report(dataset, hyperparameters, history, outcome.test_accuracy, time.perf_counter() - started)
        with writing(options.json) as file:
            file.write(json.dumps(result, indent=1, allow_nan=False) + "\n")
    _tell_where_it_is_kept(options, recorder, outcome, hyperparameters.epochs)
    if outcome.diverged is not None:
        raise outcome.diverged
    return 130 if outcome.status is Status.STOPPED else 0


def _outcome(trainer: Trainer, dataset: Dataset, recorder: Recorder | None, earlier: Sequence[EpochStats]) -> Outcome:
    """Train with the lecture's progress line on stderr, each epoch kept as it ends, until Ctrl+C."""
    hyperparameters, history = trainer.hyperparameters, list(earlier)
    try:
        with _asked_to_stop() as asked, closing(trainer.steps()) as steps:
            for step in steps:
                if isinstance(step, EpochSnapshot):
                    history.append(step.stats)
                    if recorder is not None:
                        recorder.epoch(step)
                    sys.stderr.write("\r" + progress_line(step.stats, hyperparameters.epochs))
                    sys.stderr.flush()
                if asked.is_set() and not trainer.evaluating:  # an epoch that has ended is told
                    break
    except DivergedError as error:
        return Outcome(Status.DIVERGED, history, diverged=error)
    finally:
        sys.stderr.write("\n")
    if len(history) < hyperparameters.epochs:
        return Outcome(Status.STOPPED, history)
    if not len(dataset.test):
        return Outcome(Status.FINISHED, history)
    X_test = dataset.scaled(dataset.test.X, hyperparameters.precision)
    return Outcome(Status.FINISHED, history, accuracy(trainer.network, X_test, dataset.test.y))


@contextmanager
def _asked_to_stop() -> Iterator[Event]:
    """Take the first Ctrl+C as a wish, so that nothing is left half done; the second one ends the program at once."""
    asked = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            signal.default_int_handler(number, frame)
        asked.set()

    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler:  # whoever started the program wants no Ctrl+C here, or another
        yield asked
        return
    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, usual)


def _tell_where_it_is_kept(
    options: argparse.Namespace, recorder: Recorder | None, outcome: Outcome, epochs: int
) -> None:
    run_id = None if recorder is None else recorder.run_id
    stopped, done = outcome.status is Status.STOPPED, len(outcome.history)
    if stopped:
        where = f"after epoch {done:,} of {epochs:,}" if done else "in the first epoch"
        tell_aside(f"mlp-core: interrupted {where}." + " It is not kept." * (run_id is None))
    if run_id is not None:
        how = f"`{runs_command('resume' if stopped else 'show', run_id, options.store)}`"
        tell_aside(f"Run {run_id} is kept: {how}{' goes on with it' * stopped}.")


def report(
    dataset: Dataset,
    hyperparameters: Hyperparameters,
    history: Sequence[EpochStats],
    test_accuracy: float | None,
    seconds: float,
) -> dict[str, Any]:
    """Return what ``--json`` writes: plain values; an accuracy that does not exist is None."""
    return {
        "dataset": {
            "key": dataset.key,
            "name": dataset.name,
            "image_shape": list(dataset.image_shape),
            "classes": dataset.n_classes,
            "train": len(dataset.train),
            "valid": len(dataset.valid),
            "test": len(dataset.test),
            "fingerprint": dataset.fingerprint(),
        },
        "hyperparameters": hyperparameters.as_dict(),
        "epochs": [
            {
                "epoch": stats.epoch,
                "cost": stats.cost,
                "train_accuracy": _number(stats.train_accuracy),
                "valid_accuracy": _number(stats.valid_accuracy),
                "seconds": stats.seconds,
            }
            for stats in history
        ],
        "test_accuracy": test_accuracy,
        "seconds": seconds,
    }


def _number(value: float) -> float | None:
    return None if value != value else value  # NaN is no JSON
