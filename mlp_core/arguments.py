"""The arguments that several commands share: the data set, the hyperparameters, the run store."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlp_core.activations import ACTIVATIONS
from mlp_core.datasets.picture import CONTRASTS, FITS, INKS, Conversion
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.datasets.scaling import SCALINGS
from mlp_core.hyperparameters import BOUNDS, PRECISIONS, Hyperparameters


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a data set, and say how it is split, scaled and cut down."""
    usual, group = Preparation(), parser.add_argument_group("data set")
    group.add_argument(
        "--dataset",
        metavar="NAME|PATH",
        help="a name that `mlp-core data list` tells, or the path of a file or folder (default: MNIST if it is found, "
        "else generated)",
    )
    group.add_argument("--data-dir", type=Path, metavar="DIR", help="the folder that holds MNIST's files")
    group.add_argument(
        "--scaling",
        choices=tuple(SCALINGS),
        default=usual.scaling,
        help="of the pixels; " + "; ".join(f"{name}: {what}" for name, what in SCALINGS.items()),
    )
    group.add_argument("--subset", type=int, metavar="N", help="use at most N samples, each class in its share")
    group.add_argument(
        "--valid-share",
        type=float,
        metavar="SHARE",
        help="of the images to train on, set aside to validate where the data set has none (as the lecture)",
    )
    group.add_argument(
        "--test-share",
        type=float,
        default=usual.test_share,
        metavar="SHARE",
        help="of all images, set aside to test where the data set has none (a sixth)",
    )
    group.add_argument(
        "--split-seed",
        type=int,
        default=usual.seed,
        metavar="N",
        help="of the order in which samples are shared out (1)",
    )


def preparation_of(options: argparse.Namespace) -> Preparation:
    """Return how the data set is to be used.

    Raises
    ------
    DataError
        If a value is out of range.
    """
    return Preparation(options.valid_share, options.test_share, options.scaling, options.subset, options.split_seed)


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say how a folder of pictures becomes images of one size; by default as it suggests."""
    group = parser.add_argument_group("folders of pictures")
    group.add_argument("--picture-size", type=_size, metavar="WIDTHxHEIGHT", help="of the images in pixels (28x28)")
    for field, choices in (("fit", FITS), ("ink", INKS), ("contrast", CONTRASTS)):
        told = "; ".join(f"{name}: {what}" for name, what in choices.items())
        group.add_argument(f"--{field}", choices=tuple(choices), help=told)


def recipe_of(options: argparse.Namespace, key: str) -> Recipe:
    """Return how the data set that is asked for by `key` is opened.

    Raises
    ------
    DataError
        If a value is out of range.
    """
    given = {field: getattr(options, field) for field in ("fit", "ink", "contrast") if getattr(options, field)}
    if options.picture_size:
        given["width"], given["height"] = options.picture_size
    return Recipe(key, preparation_of(options), Conversion(**given) if given else None)


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
    for field, kind in (("eta", float), ("l2", float), ("epochs", int), ("minibatch_size", int), ("seed", seed)):
        bound, default = BOUNDS[field], getattr(lecture, field)
        zero = "0 or " if bound.zero else ""
        new = ", or new for another one in each run" if field == "seed" else ""
        group.add_argument(
            f"--{field.replace('_', '-')}",
            type=kind,
            default=unset,
            metavar="N",
            help=f"{bound.meaning} {zero}{bound.text()}{new} ({default})",
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


def seed(text: str) -> int | None:
    """Return the seed that `text` means; ``new`` means another one in each run, None.

    Raises
    ------
    ArgumentTypeError
        If it is neither.
    """
    try:
        return None if text == "new" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number, such as 1; new for another one in each run"
        ) from None


def add_store_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument that chooses the run store."""
    parser.add_argument(
        "--store", type=Path, metavar="PATH", help="the file that keeps the runs (default: in the user's data folder)"
    )


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = text.lower().split("x")
        return int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size in pixels, such as 28x28") from None
