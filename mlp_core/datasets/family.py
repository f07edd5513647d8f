"""MNIST's family: the downloaded data sets in MNIST's four files, opened by name."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from mlp_core.datasets.catalogue import REMOTE_DATASETS, RemoteDataset, remote_dataset
from mlp_core.datasets.classes import named_classes
from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.files import is_file
from mlp_core.datasets.mnist import DATA_FOLDER_VARIABLE, FILE_NAMES, find_mnist, mnist_collection
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.source import NamedSource
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold


def is_downloaded(name: str) -> bool:
    """Return whether `open_dataset` would find a data set of the catalogue; no file is opened."""
    return find_downloaded(name) is not None


def find_downloaded(name: str, data_dir: Path | None = None) -> Path | None:
    """Return the first folder that has all four files of a data set of the catalogue, or None.

    Parameters
    ----------
    name : str
        Name of the data set.
    data_dir : Path, optional
        Its folder of that name is looked at first; then the same in the folder that the environment variable
        MLP_VIZ_DATA names, then the user's cache. A place that may not be read is passed over.

    Returns
    -------
    Path or None
        The folder that has the files themselves.

    Raises
    ------
    DataError
        If the catalogue has no data set of this name.
    """
    remote = remote_dataset(name)
    if name == "mnist":
        return find_mnist(data_dir)
    return next((folder for folder in _places(remote, data_dir) if _has_files(folder)), None)


def _places(remote: RemoteDataset, data_dir: Path | None) -> list[Path]:
    from_environment = os.environ.get(DATA_FOLDER_VARIABLE)
    return [*(Path(place) / remote.name for place in (data_dir, from_environment) if place), remote.folder]


def _has_files(folder: Path) -> bool:
    try:
        return all(is_file(folder / name) or is_file(folder / f"{name}.gz") for name in FILE_NAMES)
    except OSError:
        return False


def _open(name: str, data_dir: Path | None, progress: Progress = untold) -> Dataset:
    remote = remote_dataset(name)
    progress(f"Reading {remote.title}", 0.0)
    folder = find_downloaded(name, data_dir)
    if folder is None:
        raise DataError(
            name,
            f"{remote.title} is not here. Looked in: {'; '.join(map(str, _places(remote, data_dir)))}. "
            f"Download it with `mlp-core data get {name}` or in the Data menu, "
            f"or put the four files ({', '.join(FILE_NAMES)}; each may end in .gz) into one of these folders.",
        )
    dataset = Preparation().apply(mnist_collection(folder, name, progress=progress))
    try:
        class_names = named_classes(folder, remote.class_names, dataset.class_names)
    except DataError as error:
        raise DataError(
            folder,
            f"its labels go up to {dataset.class_names[-1]}, but {remote.title} has {len(remote.class_names)} classes. "
            "These are files of another data set: open the folder by its path, or download the right ones with "
            f"`mlp-core data get {name}`.",
        ) from error
    return replace(dataset, name=remote.title, source=remote.source, class_names=class_names)


SOURCES = tuple(
    NamedSource(remote.name, partial(_open, remote.name)) for remote in REMOTE_DATASETS if remote.name != "mnist"
)
