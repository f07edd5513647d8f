"""NumPy's .npz files of images and labels, under the names that the lecture, Keras, MedMNIST and others use."""

from __future__ import annotations

import contextlib
import errno
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.array_names import Layout, layout_of
from mlp_core.datasets.arrays import collection_of_labelled
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.files import is_file, open_file, reading, unpacked_limit
from mlp_core.datasets.npy_format import Header, read_elements, read_header
from mlp_core.datasets.source import PathSource
from mlp_core.datasets.stored_arrays import read_labelled
from mlp_core.datasets.wording import brief, listed
from mlp_core.errors import DataError
from mlp_core.progress import Cancelled, Progress, untold

_ZIP: Final = b"PK"
_SUFFIX: Final = ".npy"


def npz_collection(
    path: str | Path, key: str | None = None, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read labelled images from an .npz file.

    Parameters
    ----------
    path : str or Path
        File with the arrays X_train and y_train (or train_images and train_labels, …), perhaps X_val and y_val, X_test
        and y_test, or X and y (images and labels, data and target, …), perhaps class_names; see
        `mlp_core.datasets.array_names` for the names, `mlp_core.datasets.arrays` for the shapes.
    key : str, optional
        The key of the collection; the path by default.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If the file cannot be read or is no .npz file, or an array is missing or does not fit.
    """
    path = Path(path)
    with _opened(path) as (archive, size):
        stored = _StoredArrays(path, archive, size)
        parts, names = read_labelled(path, stored, stored.layout(), at_most, progress)
    return collection_of_labelled(
        path,
        parts,
        key=str(path) if key is None else key,
        name=path.stem,
        source=f"{path}; its licence is not stated",
        class_names=names,
    )


def read_arrays(path: str | Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Read arrays of numbers from an .npz file that need not be trusted.

    Nothing is unpickled, and sizes are compared with the file before memory is taken.

    Parameters
    ----------
    path : str or Path
        The file.
    names : iterable of str
        The arrays wanted.

    Returns
    -------
    dict of str to ndarray
        The arrays, read-only, of booleans, integers or floats in the machine's byte order.

    Raises
    ------
    DataError
        If the file cannot be read or is damaged, or an array is missing or holds anything but numbers.
    """
    path, names = Path(path), list(names)
    with _opened(path) as (archive, size):
        stored = _StoredArrays(path, archive, size)
        stored.require(names)
        return {name: stored.read(name) for name in names}


class _StoredArrays:
    """The arrays of an open archive."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, size: int) -> None:
        self._path = path
        self._archive = archive
        self._size = size
        self._members = {
            info.filename.removesuffix(_SUFFIX): info
            for info in archive.infolist()
            if info.filename.endswith(_SUFFIX) and info.filename == brief(info.filename)
        }

    def layout(self) -> Layout:
        """Return which arrays are which, and see that their claims are possible."""
        layout = layout_of(self._path, self._members)
        self.require([name for pair in layout.pairs.values() for name in pair] + list(filter(None, [layout.names])))
        return layout

    def require(self, names: list[str]) -> None:
        """Refuse a file that lacks one of the arrays, or that claims to hold far more than it can."""
        missing = [name for name in names if name not in self._members]
        if missing:
            raise DataError(
                self._path,
                f"the array {listed(missing)} is missing; the file holds {listed(sorted(self._members))}. "
                f"Store the arrays under the names {listed(names)}.",
            )
        claimed = sum(self._members[name].file_size for name in set(names))
        if claimed > unpacked_limit(self._size):
            raise DataError(
                self._path,
                f"its arrays claim {claimed:,} bytes, but the file has only {self._size:,}: it cannot be right. "
                "Make or download the file again.",
            )

    def header(self, name: str, *, texts: bool = False) -> Header:
        """Return what the archive says of an array."""
        with self._open(name) as member:
            return read_header(self._path, name, member, self._members[name].file_size, texts=texts)

    def read(
        self, name: str, rows: NDArray[np.intp] | None = None, progress: Progress = untold, *, texts: bool = False
    ) -> NDArray[Any]:
        """Return an array, or some of its rows."""
        with self._open(name) as member:
            header = read_header(self._path, name, member, self._members[name].file_size, texts=texts)
            return read_elements(self._path, name, member, header, rows, progress)

    def _open(self, name: str) -> IO[bytes]:
        info = self._members[name]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise DataError(
                self._path,
                f"{name} is encrypted or packed in a way NumPy does not use. Make it with numpy.savez_compressed.",
            )
        return self._archive.open(info)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, int]]:
    with reading(path), open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(2) != _ZIP:
            raise DataError(
                path,
                "this is no .npz file (a zip archive of arrays). Make it with numpy.savez_compressed; "
                "for IDX files, give the folder that holds them.",
            )
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive, size
        except (DataError, MemoryError, Cancelled):
            raise
        except Exception as error:  # zipfile fails on damaged bytes in a dozen ways, most not documented
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that is a place before the beginning
                raise
            what = f"{type(error).__name__}: {brief(error)}"
            raise DataError(path, f"the archive is damaged ({what}). Make or download the file again.") from error


def _is_npz(path: Path) -> bool:
    if not is_file(path):
        return False
    if path.suffix.lower() == ".npz":
        return True
    with path.open("rb") as file:
        return file.read(2) == _ZIP


SOURCES = (PathSource("an .npz file", _is_npz, npz_collection),)
