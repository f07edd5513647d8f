"""The data sets, by name or by path.

Every module in this folder that has a tuple ``SOURCES`` takes part: a new kind of data set is a new file.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import os
import pkgutil
from pathlib import Path

from mlp_core.datasets.arrays import bundle_collection, collection_of
from mlp_core.datasets.class_folders import why_no_class_folders
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.digits import digits_dataset
from mlp_core.datasets.files import exists, is_folder, reading
from mlp_core.datasets.generated import generated_dataset
from mlp_core.datasets.mnist import find_mnist, find_mnist_in, load_mnist, mnist_cache_folder, mnist_dataset
from mlp_core.datasets.npz import npz_collection
from mlp_core.datasets.pen import draw_strokes
from mlp_core.datasets.preparation import Preparation
from mlp_core.datasets.source import NamedSource, PathSource
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

__all__ = [
    "Collection",
    "Dataset",
    "NamedSource",
    "PathSource",
    "Preparation",
    "Split",
    "bundle_collection",
    "collection_of",
    "default_name",
    "digits_dataset",
    "draw_strokes",
    "find_mnist",
    "generated_dataset",
    "load_mnist",
    "mnist_cache_folder",
    "mnist_dataset",
    "names",
    "npz_collection",
    "open_dataset",
    "path_source",
    "read_collection",
    "sources",
]


def names() -> tuple[str, ...]:
    """Return the names that `open_dataset` knows, sorted."""
    return tuple(sorted(_named()))


def sources() -> tuple[NamedSource, ...]:
    """Return what there is by name, sorted."""
    return tuple(source for _, source in sorted(_named().items()))


def open_dataset(
    name_or_path: str | Path,
    data_dir: Path | None = None,
    preparation: Preparation | None = None,
    progress: Progress = untold,
) -> Dataset:
    """Open a data set by its name or from a path.

    Parameters
    ----------
    name_or_path : str or Path
        A name from `names`, or the path of a file or folder. A name wins over a file of the same name; write
        ``./digits`` for the file.
    data_dir : Path, optional
        Folder to look in first for a data set that is asked for by name.
    preparation : Preparation, optional
        How the images are split, scaled and cut down; the usual way by default.
    progress : callable
        See `mlp_core.progress`.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no such name or path, or the data cannot be read.
    """
    preparation = preparation or Preparation()
    found = read_collection(name_or_path, data_dir, at_most=preparation.subset, progress=progress)
    return preparation.apply(found)


def read_collection(
    name_or_path: str | Path,
    data_dir: Path | None = None,
    *,
    at_most: int | None = None,
    progress: Progress = untold,
) -> Collection:
    """Read labelled images by name or from a path, as they are.

    Parameters
    ----------
    name_or_path, data_dir
        As for `open_dataset`.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If there is no such name or path, or the data cannot be read.
    """
    if isinstance(name_or_path, str) and name_or_path in _named():
        return _named()[name_or_path].read(data_dir, at_most=at_most, progress=progress)
    path = Path(name_or_path)
    source = path_source(name_or_path)
    with reading(path):
        return source.read(path, str(name_or_path), at_most=at_most, progress=progress)


def path_source(path: str | Path) -> PathSource:
    """Return the kind of data that is at `path`.

    Raises
    ------
    DataError
        If there is no such path, or nothing there that can be opened.
    """
    key, path = str(path), Path(path)
    *kinds, last = (source.description for source in _by_path())
    known = f"{', '.join(kinds)} or {last}"
    with reading(path):
        if not key or not exists(path):
            _refuse_unknown(key, known)
        for source in _by_path():
            if source.accepts(path):
                return source
        what = "it holds" if is_folder(path) else "this is"
        generic = f"{what} no kind of data that can be opened. Give {known}."
        raise DataError(path, why_no_class_folders(path) or generic)


def default_name(data_dir: Path | None = None) -> str:
    """Return the name of the data set that is opened when none is asked for.

    Parameters
    ----------
    data_dir : Path, optional
        Folder that must have MNIST if it is given.

    Raises
    ------
    DataError
        If `data_dir` is given and has no MNIST.
    """
    if data_dir is not None:
        find_mnist_in(data_dir)
        return "mnist"
    return "generated" if find_mnist() is None else "mnist"


def _refuse_unknown(key: str, kinds: str) -> None:
    if any(separator in key for separator in filter(None, (os.sep, os.altsep))) or Path(key).suffix:
        raise DataError(key, f"there is no such file or folder. Check the path; {kinds} can be opened.")
    nearest = difflib.get_close_matches(key.lower(), names(), n=1)
    meant = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise DataError(
        repr(key), f"there is no data set of this name.{meant} Known are {', '.join(names())}, and the path of {kinds}."
    )


@functools.cache
def _sources() -> tuple[NamedSource | PathSource, ...]:
    modules = sorted(info.name for info in pkgutil.iter_modules(__path__))
    found: list[NamedSource | PathSource] = []
    for module in modules:
        found.extend(getattr(importlib.import_module(f"{__name__}.{module}"), "SOURCES", ()))
    return tuple(found)


def _named() -> dict[str, NamedSource]:
    return {source.name: source for source in _sources() if isinstance(source, NamedSource)}


def _by_path() -> list[PathSource]:
    return [source for source in _sources() if isinstance(source, PathSource)]
