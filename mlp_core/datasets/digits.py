"""The small data set that comes with the project: 1,797 handwritten digits of 8×8 pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.npz import read_arrays
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.source import NamedSource
from mlp_core.datasets.splits import read_only_split, spread_order
from mlp_core.errors import DataError
from mlp_core.progress import Progress
from mlp_core.resources import resource_path

_N_TRAIN, _N_VALID, _N_TEST = 1197, 200, 400
_SEED = 1


def digits_dataset() -> Dataset:
    """Return `digits_collection` as a data set."""
    return Preparation().apply(digits_collection())


def digits_collection() -> Collection:
    """Read the handwritten digits that come with the project.

    Returns
    -------
    Collection
        Pixels uint8, 0 background to 16 ink: 1,197 images to train, 200 to validate, 400 to test. The images are
        shuffled with a fixed seed and spread so that each split has all ten digits in about equal shares: the splits
        are the same on every machine.

    Raises
    ------
    DataError
        If the file is missing from the installation or damaged.
    """
    path = resource_path("digits/digits.npz")
    arrays = read_arrays(path, ("X", "y"))
    X, y = arrays["X"], arrays["y"]
    n = _N_TRAIN + _N_VALID + _N_TEST
    if X.shape != (n, 64) or y.shape != (n,):
        raise DataError(
            path,
            f"it should hold {n:,} images of 64 pixels and their labels, but has {X.shape}. Install mlp-viz again.",
        )
    order = spread_order(y, _SEED)
    train, valid, test = np.split(order, [_N_TRAIN, _N_TRAIN + _N_VALID])
    return Collection(
        key="digits",
        name="Handwritten digits 8×8 (UCI)",
        source=(
            "Optical Recognition of Handwritten Digits, E. Alpaydin & C. Kaynak, UCI Machine Learning Repository, "
            "doi:10.24432/C50P49; CC BY 4.0"
        ),
        image_shape=(8, 8),
        class_names=tuple("0123456789"),
        pixel_range=(0.0, 16.0),
        train=read_only_split(X[train], y[train]),
        valid=read_only_split(X[valid], y[valid]),
        test=read_only_split(X[test], y[test]),
    )


def _read(_data_dir: Path | None, *, at_most: int | None, progress: Progress) -> Collection:
    return digits_collection()


def _where(_data_dir: Path | None) -> str:
    return "comes with this program"


SOURCES = (NamedSource("digits", "1,797 real handwritten digits of 8×8 pixels", _read, _where),)
