"""IDX files that belong together: a folder of them, or those beside one that was given."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.array_names import Layout, Role, layout_beside, layout_of, role_of
from mlp_core.datasets.arrays import collection_of_labelled
from mlp_core.datasets.collection import Collection
from mlp_core.datasets.files import file_names, is_file, is_folder, reading
from mlp_core.datasets.idx import images_shape, is_idx, n_labels, read_images, read_labels
from mlp_core.datasets.known import name_and_source
from mlp_core.datasets.npy_format import Header
from mlp_core.datasets.source import PathSource
from mlp_core.datasets.stored_arrays import read_labelled
from mlp_core.progress import Progress, untold

_MARKS: Final = ("ubyte", "idx3", "idx1")


def idx_folder_collection(
    folder: Path, key: str, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read a folder of IDX files whose names are made as MNIST's are.

    Parameters
    ----------
    folder : Path
        Folder with ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, perhaps the same with ``t10k`` or
        ``test``, and with ``valid``; each may begin with the name of the data set and end in ``.gz``.
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the files do not belong together.
    """
    with reading(folder):
        names = _named_as_idx(folder)
    layout = layout_of(folder, _once(names))
    return collection_of_files(folder, layout, key, _name(folder), at_most=at_most, progress=progress)


def idx_file_collection(file: Path, key: str, *, at_most: int | None = None, progress: Progress = untold) -> Collection:
    """Read an IDX file of images or labels, and those beside it that belong to it.

    Parameters
    ----------
    file : Path
        Its partner has the same name but for ``images`` and ``labels``; a validation set and a test set beside
        it are used too.
    key, at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If its partner is missing, a file is damaged, or the files do not belong together.
    """
    folder, given = file.parent, role_of(file.name)
    with reading(folder):
        names = [
            name
            for name in file_names(folder)
            if (role := role_of(name)).of == given.of and role.kind and role != given and _is_idx_file(folder / name)
        ]
    layout = layout_beside(file, file.name, _once([file.name, *names]))
    name = given.of or _name(folder)
    return collection_of_files(folder, layout, key, name, at_most=at_most, progress=progress)


def collection_of_files(
    folder: Path, layout: Layout, key: str, name: str, *, at_most: int | None = None, progress: Progress = untold
) -> Collection:
    """Read IDX files of known names.

    Parameters
    ----------
    folder : Path
        Where they are.
    layout : Layout
        Their names.
    key, name : str
        As in `Collection`; MNIST is told by what it holds, and gets its own name.
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Raises
    ------
    DataError
        If a file is missing or damaged, or the files do not belong together.
    """
    parts, _ = read_labelled(folder, _Files(folder, layout), layout, at_most, progress)
    known = name_and_source(parts["train"].images.shape[1:], [part.labels for part in parts.values()])
    name, source = known or (name, f"IDX files in {folder}; their licence is not stated")
    return collection_of_labelled(folder, parts, key=key, name=name, source=source)


class _Files:
    """The arrays of a folder, by the names of their files."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._of_images = {pair.images for pair in layout.pairs.values()}

    def header(self, name: str, *, texts: bool = False) -> Header:
        """Return what the file says of its array."""
        path = self._folder / name
        return Header(images_shape(path) if name in self._of_images else (n_labels(path),), False, np.dtype(np.uint8))

    def read(
        self, name: str, rows: NDArray[np.intp] | None = None, progress: Progress = untold, *, texts: bool = False
    ) -> NDArray[np.uint8]:
        """Return an array, or some of its rows."""
        path = self._folder / name
        return read_images(path, rows, progress) if name in self._of_images else read_labels(path)


def _named_as_idx(folder: Path) -> list[str]:
    return [name for name in file_names(folder) if any(mark in name.lower() for mark in _MARKS) and role_of(name).kind]


def _once(names: list[str]) -> list[str]:
    """Return one file for each role: the one that was given, else one that is not compressed."""
    roles: dict[Role, str] = {}
    for name in names[:1] + sorted(names[1:]):
        roles.setdefault(role_of(name), name)
    return list(roles.values())


def _name(folder: Path) -> str:
    return folder.resolve().name or str(folder)


def _is_idx_folder(path: Path) -> bool:
    return is_folder(path) and bool(_named_as_idx(path))


def _is_idx_file(path: Path) -> bool:
    return is_file(path) and (is_idx(path) or any(mark in path.name.lower() for mark in _MARKS))


SOURCES = (
    PathSource("a folder of IDX files", _is_idx_folder, idx_folder_collection),
    PathSource("an IDX file beside its partner", _is_idx_file, idx_file_collection),
)
