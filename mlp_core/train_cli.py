"""The command ``mlp-core train``: train a network, and tell how it goes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlp_core.arguments import (
    add_data_arguments,
    add_hyperparameter_arguments,
    add_picture_arguments,
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
    command.add_argument("--json", type=Path, metavar="FILE", help="write every epoch's figures as JSON")
    command.add_argument("--save", type=Path, metavar="MODEL.npz", help="save the trained model")
    command.set_defaults(run=train)


def train(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core train`` and return its exit status."""
    hyperparameters = hyperparameters_of(options)
    for path in (options.json, options.save):
        if path is not None:
            check_can_be_written(path)
    with on_one_line() as progress:
        asked = options.dataset or default_name(options.data_dir)
        dataset = recipe_of(options, asked).open(options.data_dir, progress)
    tell_aside(dataset.description())
    if dataset.remarks:
        tell_aside(dataset.remarks)
    started = time.perf_counter()
    trainer = Trainer.fresh(TrainingData.of(dataset, hyperparameters.precision), hyperparameters)
    history: list[EpochStats] = []
    diverged: DivergedError | None = None
    try:
        for step in trainer.steps():
            if isinstance(step, EpochSnapshot):
                history.append(step.stats)
                sys.stderr.write("\r" + progress_line(step.stats, hyperparameters.epochs))
                sys.stderr.flush()
    except DivergedError as error:  # what was reached is still told
        diverged = error
    sys.stderr.write("\n")
    test_accuracy = None
    if diverged is None:
        X_test = dataset.scaled(dataset.test.X, hyperparameters.precision)
        test_accuracy = accuracy(trainer.network, X_test, dataset.test.y) if len(dataset.test) else None
    if test_accuracy is not None:
        tell_aside(f"Test accuracy: {test_accuracy * 100:.2f}%")
    seconds = time.perf_counter() - started
    if options.save and diverged is None:
        key, name, fingerprint = dataset.key, dataset.name, dataset.fingerprint()
        model = Model(hyperparameters, trainer.network.weights(), tuple(history), key, name, fingerprint)
        save_model(options.save, model)
    if options.json:
        result = report(dataset, hyperparameters, history, test_accuracy, seconds)
        with writing(options.json) as file:
            file.write(json.dumps(result, indent=1, allow_nan=False) + "\n")
    if diverged is not None:
        raise diverged
    return 0


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
