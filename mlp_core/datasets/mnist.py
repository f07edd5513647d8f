"""MNIST in its four IDX files: where they are looked for, and how they are read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from mlp_core.datasets.array_names import Layout, Pair
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.files import exists, is_file, is_folder, reading
from mlp_core.datasets.idx import read_images, read_labels
from mlp_core.datasets.idx_folder import collection_of_files
from mlp_core.datasets.preparation import Preparation
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

DATA_FOLDER_VARIABLE = "MLP_VIZ_DATA"
FILE_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def load_mnist(path: str | Path = "", kind: str = "train") -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Load MNIST images and labels as on the lecture's slides.

    Parameters
    ----------
    path : str or Path, default ''
        Folder with the IDX files; the current folder by default.
    kind : {'train', 't10k'}, default 'train'
        The training or the test images.

    Returns
    -------
    X : ndarray of float64, shape (n, 784)
        Pixels row by row, scaled to [-1, 1]: ((x / 255) - .5) * 2.
    y : ndarray of int64, shape (n,)
        Labels 0 to 9.

    Raises
    ------
    DataError
        If a file is missing or damaged, or images and labels do not belong together.
    """
    images, labels = _read_pair(Path(path), kind)
    X = images.reshape(len(images), -1) / 255.0
    X -= 0.5
    X *= 2
    return X, labels.astype(np.int64)


def mnist_dataset(folder: str | Path, key: str = "mnist") -> Dataset:
    """Read a folder of four IDX files: MNIST, or a data set in the same form.

    Parameters
    ----------
    folder : str or Path
        Folder with the files, each compressed with gzip or not.
    key : str, default 'mnist'
        The key of the data set.

    Returns
    -------
    Dataset
        Pixels uint8, 0 to 255. The last 5,000 of the training images are to validate (if there are fewer than 60,000,
        the last twelfth, at least one), the t10k images to test.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the files do not belong together.
    """
    return Preparation().apply(mnist_collection(folder, key))


def mnist_collection(
    folder: str | Path,
    key: str = "mnist",
    name: str | None = None,
    *,
    at_most: int | None = None,
    progress: Progress = untold,
) -> Collection:
    """Read a folder of four IDX files, and leave the training images whole.

    Parameters
    ----------
    folder, key
        As for `mnist_dataset`.
    name : str, optional
        What it is called on the screen; MNIST is recognised, and another set called after its folder.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the files do not belong together.
    """
    folder = Path(folder)
    train_images, train_labels, test_images, test_labels = (path.name for path in _require(folder, FILE_NAMES))
    layout = Layout({"train": Pair(train_images, train_labels), "test": Pair(test_images, test_labels)})
    name = name or folder.resolve().name or str(folder)
    return collection_of_files(folder, layout, key, name, at_most=at_most, progress=progress)


def mnist_cache_folder() -> Path:
    """Return the folder in the user's cache where downloaded MNIST files are kept."""
    return user_cache_path("mlp-viz") / "mnist"


def find_mnist(data_dir: str | Path | None = None) -> Path | None:
    """Return the first folder that has all four MNIST files, or None.

    Parameters
    ----------
    data_dir : str or Path, optional
        Looked at first; then the environment variable MLP_VIZ_DATA, then the user's cache. In each place the files may
        be in a folder ``mnist``. A place that may not be read is passed over.

    Returns
    -------
    Path or None
        The folder that has the files themselves.
    """
    for place in _places(data_dir):
        try:
            folder = _folder_in(place)
        except OSError:
            continue
        if folder is not None:
            return folder
    return None


def find_mnist_in(data_dir: str | Path) -> Path:
    """Return the folder with the MNIST files, looking in `data_dir` and its folder ``mnist`` and nowhere else.

    Raises
    ------
    DataError
        If the files are not there; it says which.
    """
    data_dir = Path(data_dir)
    with reading(data_dir):
        folder = _folder_in(data_dir)
    if folder is None:
        _require(data_dir, FILE_NAMES)
        raise DataError(data_dir, "its files changed while they were looked for. Try again.")
    return folder


def read_mnist(
    data_dir: str | Path | None = None, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read MNIST from wherever `find_mnist` finds it.

    Parameters
    ----------
    data_dir : str or Path, optional
        Folder to look in first.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If it is found nowhere, with the places that were looked in, or if a file is damaged.
    """
    folder = find_mnist(data_dir)
    if folder is None:
        raise DataError(
            "mnist",
            "the MNIST files were not found. Looked in: "
            + "; ".join(_with_state(place) for place in _places(data_dir))
            + ". Download them with `mlp-core data get mnist` or in the Data menu; or put these four files (each may "
            f"end in .gz) into one of these folders: {', '.join(FILE_NAMES)}; or set {DATA_FOLDER_VARIABLE} to the "
            "folder that has them.",
        )
    return mnist_collection(folder, at_most=at_most, progress=progress)


def _places(data_dir: str | Path | None) -> list[Path]:
    from_environment = os.environ.get(DATA_FOLDER_VARIABLE)
    return [Path(place) for place in (data_dir, from_environment, mnist_cache_folder()) if place]


def _with_state(place: Path) -> str:
    try:
        if not exists(place):
            return f"{place} (does not exist)"
        _folder_in(place)
    except OSError as error:
        return f"{place} (cannot be read: {error.strerror or error})"
    return str(place)


def _folder_in(place: Path) -> Path | None:
    for folder in (place, place / "mnist"):
        if all(_find(folder, name) for name in FILE_NAMES):
            return folder
    return None


def _find(folder: Path, name: str) -> Path | None:
    # train-images.idx3-ubyte is what some archives make of train-images-idx3-ubyte.
    dotted = name.replace("-idx", ".idx")
    for candidate in (name, f"{name}.gz", dotted, f"{dotted}.gz"):
        if is_file(folder / candidate):
            return folder / candidate
    return None


def _require(folder: Path, names: tuple[str, ...]) -> list[Path]:
    with reading(folder):
        if not is_folder(folder):
            found = "a file" if exists(folder) else "nothing"
            raise DataError(folder, f"a folder of IDX files was expected, {found} is there. Check the path.")
        paths = [_find(folder, name) for name in names]
    missing = [name for name, path in zip(names, paths, strict=True) if path is None]
    if missing:
        raise DataError(
            folder,
            f"the folder lacks {', '.join(missing)} (each may end in .gz). Put all files of the data set there, "
            "or choose another folder.",
        )
    return [path for path in paths if path is not None]


def _read_pair(folder: Path, kind: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    names = tuple(name for name in FILE_NAMES if name.startswith(f"{kind}-"))
    if not names:
        raise DataError(folder, f"there is no kind {kind!r} of MNIST files. Use 'train' or 't10k'.")
    images_path, labels_path = _require(folder, names)
    images, labels = read_images(images_path), read_labels(labels_path)
    if len(images) != len(labels):
        raise DataError(
            images_path,
            f"it holds {len(images):,} images, but {labels_path} holds {len(labels):,} labels. "
            "Use two files that belong together.",
        )
    return images, labels
