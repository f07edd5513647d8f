"""The command ``mlp-core``: train without a screen, and look after the data sets."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlp_core.activations import ACTIVATIONS
from mlp_core.blas import use_one_thread
from mlp_core.data_cli import add_data_command, on_one_line, tell_aside
from mlp_core.datasets import Dataset, Preparation, default_name, open_dataset
from mlp_core.datasets.scaling import SCALINGS
from mlp_core.errors import DivergedError, MlpError, TooLargeError
from mlp_core.estimator import progress_line
from mlp_core.evaluation import accuracy
from mlp_core.hyperparameters import BOUNDS, PRECISIONS, Hyperparameters
from mlp_core.model_file import Model, save_model
from mlp_core.snapshot import EpochSnapshot, EpochStats
from mlp_core.trainer import Trainer, TrainingData


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 failed, 2 wrongly called, 130 interrupted."""
    use_one_thread()
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except TooLargeError as error:
        tell_aside(f"mlp-core: {error} --subset {error.fits} takes as many.")
        return 1
    except MlpError as error:
        tell_aside(f"mlp-core: {error}")
        return 1
    except MemoryError:
        tell_aside("mlp-core: not enough memory. Choose fewer hidden units or a smaller data set.")
        return 1
    except KeyboardInterrupt:
        print("\nmlp-core: interrupted", file=sys.stderr)
        return 130


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a data set."""
    parser.add_argument(
        "--dataset",
        metavar="NAME|PATH",
        help="a name that `mlp-core data list` tells, or the path of a file or folder (default: MNIST if it is found, "
        "else generated)",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the folder that holds MNIST's files")
    parser.add_argument(
        "--scaling",
        choices=tuple(SCALINGS),
        default="lecture",
        help="of the pixels; " + "; ".join(f"{name}: {what}" for name, what in SCALINGS.items()),
    )
    parser.add_argument("--subset", type=int, metavar="N", help="use at most N samples, each class in its share")


def preparation_of(options: argparse.Namespace) -> Preparation:
    """Return how the data set is to be used.

    Raises
    ------
    DataError
        If a value is out of range.
    """
    return Preparation(scaling=options.scaling, subset=options.subset)


def add_hyperparameter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one argument for each hyperparameter; what is not given stays out of the result."""
    group = parser.add_argument_group("hyperparameters (default: the lecture's)")
    lecture, unset = Hyperparameters(), argparse.SUPPRESS
    group.add_argument(
        "--hidden",
        dest="n_hidden",
        type=hidden_layers,
        default=unset,
        metavar="N[,N…]",
        help="units of each hidden layer, for example 100 or 100,50; 0 for no hidden layer (100)",
    )
    for field, kind in (("eta", float), ("l2", float), ("epochs", int), ("minibatch_size", int), ("seed", int)):
        bound, default = BOUNDS[field], getattr(lecture, field)
        zero = "0 or " if bound.zero else ""
        group.add_argument(
            f"--{field.replace('_', '-')}",
            type=kind,
            default=unset,
            metavar="N",
            help=f"{bound.meaning} {zero}{bound.text()} ({default})",
        )
    group.add_argument("--activation", choices=tuple(ACTIVATIONS), default=unset, help=f"({lecture.activation})")
    group.add_argument("--precision", choices=PRECISIONS, default=unset, help=f"({lecture.precision})")
    group.add_argument(
        "--no-shuffle", dest="shuffle", action="store_false", default=unset, help="keep the samples' order"
    )


def hyperparameters_of(options: argparse.Namespace, base: Hyperparameters | None = None) -> Hyperparameters:
    """Return `base`, by default the lecture's, with what was given on the command line.

    Raises
    ------
    HyperparameterError
        If a value is outside its bound.
    """
    base = base or Hyperparameters()
    given = {field: getattr(options, field) for field in base.as_dict() if hasattr(options, field)}
    return base.replace(**given)


def hidden_layers(text: str) -> tuple[int, ...]:
    """Return the layers that ``100,50`` means; ``0`` and ``none`` mean no hidden layer.

    Raises
    ------
    ArgumentTypeError
        If a part is not a whole number.
    """
    if text.strip().lower() in ("0", "none", ""):
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of whole numbers, such as 100 or 100,50; 0 for no hidden layer"
        ) from None


def train(options: argparse.Namespace) -> int:
    """Carry out ``mlp-core train`` and return its exit status."""
    hyperparameters = hyperparameters_of(options)
    for path in (options.json, options.save):
        if path is not None:
            _check_can_be_written(path)
    with on_one_line() as progress:
        asked = options.dataset or default_name(options.data_dir)
        dataset = open_dataset(asked, options.data_dir, preparation_of(options), progress)
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
                print("\r" + progress_line(step.stats, hyperparameters.epochs), end="", file=sys.stderr, flush=True)
    except DivergedError as error:  # what was reached is still told
        diverged = error
    print(file=sys.stderr)
    test_accuracy = None
    if diverged is None:
        X_test = dataset.scaled(dataset.test.X, hyperparameters.precision)
        test_accuracy = accuracy(trainer.network, X_test, dataset.test.y) if len(dataset.test) else None
    if test_accuracy is not None:
        print(f"Test accuracy: {test_accuracy * 100:.2f}%", file=sys.stderr)
    seconds = time.perf_counter() - started
    if options.save and diverged is None:
        key, name, fingerprint = dataset.key, dataset.name, dataset.fingerprint()
        model = Model(hyperparameters, trainer.network.weights(), tuple(history), key, name, fingerprint)
        save_model(options.save, model)
    if options.json:
        result = report(dataset, hyperparameters, history, test_accuracy, seconds)
        _write(options.json, json.dumps(result, indent=1, allow_nan=False) + "\n")
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


def _check_can_be_written(path: Path) -> None:
    # Before the training, which may take an hour.
    if not path.parent.is_dir():
        raise MlpError(f"{path}: its folder does not exist. Make it first, or choose another.")
    if path.is_dir():
        raise MlpError(f"{path}: this is a folder. Add the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise MlpError(f"{path}: you may not write into its folder. Choose another.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MlpError(f"{path}: cannot be written ({error.strerror}). Choose another file.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlp-core", description="The lecture's multilayer perceptron, in NumPy.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("train", help="train a network and print the lecture's progress line")
    add_data_arguments(command)
    add_hyperparameter_arguments(command)
    command.add_argument("--json", type=Path, metavar="FILE", help="write every epoch's figures as JSON")
    command.add_argument("--save", type=Path, metavar="MODEL.npz", help="save the trained model")
    command.set_defaults(run=train)
    add_data_command(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
