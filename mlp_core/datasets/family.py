"""MNIST and its family: the data sets that can be downloaded, opened by name."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from mlp_core.datasets.catalogue import REMOTE_DATASETS, RemoteDataset, megabytes, remote_dataset
from mlp_core.datasets.classes import named_classes
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.files import is_file
from mlp_core.datasets.mnist import DATA_FOLDER_VARIABLE, FILE_NAMES, find_mnist, mnist_collection, read_mnist
from mlp_core.datasets.source import NamedSource
from mlp_core.errors import DataError
from mlp_core.progress import Progress


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


def _read(name: str, data_dir: Path | None, /, *, at_most: int | None, progress: Progress) -> Collection:
    if name == "mnist":
        return read_mnist(data_dir, at_most=at_most, progress=progress)
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
    found = mnist_collection(folder, name, remote.title, at_most=at_most, progress=progress)
    try:
        class_names = named_classes(folder, remote.class_names, found.class_names)
    except DataError as error:
        raise DataError(
            folder,
            f"its labels go up to {found.class_names[-1]}, but {remote.title} has {len(remote.class_names)} classes. "
            "These are files of another data set: open the folder by its path, or download the right ones with "
            f"`mlp-core data get {name}`.",
        ) from error
    return replace(found, source=remote.source, class_names=class_names)


def _where(name: str, data_dir: Path | None) -> str:
    folder = find_downloaded(name, data_dir)
    size = megabytes(remote_dataset(name).n_bytes)
    return f"here: {folder}" if folder else f"{size} MB to download: mlp-core data get {name}"


SOURCES = tuple(
    NamedSource(remote.name, remote.description, partial(_read, remote.name), partial(_where, remote.name))
    for remote in REMOTE_DATASETS
)
