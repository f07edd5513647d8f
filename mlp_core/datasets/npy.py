"""NumPy's .npy files in pairs, images and labels: a folder of them, or those beside one that was given."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.array_names import Layout, layout_beside, layout_of, role_of
from mlp_core.datasets.arrays import collection_of_labelled
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.files import file_names, is_file, is_folder, open_file, reading
from mlp_core.datasets.npy_format import MAGIC, Header, read_elements, read_header
from mlp_core.datasets.source import PathSource
from mlp_core.datasets.stored_arrays import read_labelled
from mlp_core.progress import Progress, untold

_SUFFIX: Final = ".npy"


def npy_file_collection(file: Path, key: str, *, at_most: int | None = None, progress: Progress = untold) -> Collection:
    """Read an .npy file of images or labels, and those beside it that belong to it.

    Parameters
    ----------
    file : Path
        As ``X.npy``, ``X_train.npy``, ``images.npy`` or ``digits_labels.npy``; its partner beside it is called alike,
        ``y.npy``, ``y_train.npy``, … A validation set and a test set beside it are used too.
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If its partner is missing, a file is damaged, or the files do not belong together.
    """
    with reading(file.parent):
        layout = layout_beside(file, file.name, _npy_files(file.parent))
    name = role_of(file.name).of or file.stem
    return _collection(file.parent, layout, key, name, at_most, progress)


def npy_folder_collection(
    folder: Path, key: str, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read a folder of .npy files.

    Parameters
    ----------
    folder : Path
        With files called as for `npy_file_collection`, of one data set.
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the files do not belong together.
    """
    with reading(folder):
        layout = layout_of(folder, _npy_files(folder))
    return _collection(folder, layout, key, folder.resolve().name or str(folder), at_most, progress)


def _collection(
    folder: Path, layout: Layout, key: str, name: str, at_most: int | None, progress: Progress
) -> Collection:
    parts, names = read_labelled(folder, _Files(folder), layout, at_most, progress)
    return collection_of_labelled(
        folder,
        parts,
        key=key,
        name=name,
        source=f"NumPy files in {folder}; their licence is not stated",
        class_names=names,
    )


class _Files:
    """The arrays of a folder, by the names of their files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def header(self, name: str, *, texts: bool = False) -> Header:
        """Return what the file says of its array."""
        with self._opened(name) as (file, size):
            return read_header(self._folder, name, file, size, texts=texts)

    def read(
        self, name: str, rows: NDArray[np.intp] | None = None, progress: Progress = untold, *, texts: bool = False
    ) -> NDArray[Any]:
        """Return an array, or some of its rows."""
        with self._opened(name) as (file, size):
            header = read_header(self._folder, name, file, size, texts=texts)
            return read_elements(self._folder, name, file, header, rows, progress, passes_over=True)

    @contextlib.contextmanager
    def _opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        path = self._folder / name
        with reading(path), open_file(path) as file:
            yield file, path.stat().st_size


def _npy_files(folder: Path) -> list[str]:
    return [name for name in file_names(folder) if name.lower().endswith(_SUFFIX)]


def _is_npy_file(path: Path) -> bool:
    if not is_file(path):
        return False
    if path.suffix.lower() == _SUFFIX:
        return True
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _is_npy_folder(path: Path) -> bool:
    return is_folder(path) and any(role_of(name).kind in ("images", "labels") for name in _npy_files(path))


SOURCES = (
    PathSource("an .npy file beside its partner", _is_npy_file, npy_file_collection),
    PathSource("a folder of .npy files", _is_npy_folder, npy_folder_collection),
)
