"""What a file in this folder says about the data sets it can open.

A module takes part in the registry by having a tuple ``SOURCES`` of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mlp_core.datasets.collection import Collection
from mlp_core.progress import Progress


class Read(Protocol):
    """How a `PathSource` reads."""

    def __call__(self, path: Path, key: str, /, *, at_most: int | None, progress: Progress) -> Collection:
        """Return what is at `path`.

        Parameters
        ----------
        path : Path
        key : str
            The key of the collection.
        at_most : int or None
            Keep about this number of samples and no more, evenly spaced over the file; None keeps all, and raises
            `TooLargeError` before reading where they would not fit into memory.
        progress : callable
            See `mlp_core.progress`.

        Raises
        ------
        DataError
        """


@dataclass(frozen=True, slots=True)
class PathSource:
    """A kind of file or folder that is asked for by path.

    Attributes
    ----------
    description : str
        What it is, as in "a folder of IDX files".
    accepts : callable
        Takes a path that exists and says whether it is of this kind; may raise OSError.
    read : callable
        See `Read`.
    """

    description: str
    accepts: Callable[[Path], bool]
    read: Read


class ReadNamed(Protocol):
    """How a `NamedSource` reads."""

    def __call__(self, data_dir: Path | None, /, *, at_most: int | None, progress: Progress) -> Collection:
        """Return the data set.

        Parameters
        ----------
        data_dir : Path or None
            Folder to look in first.
        at_most, progress
            As for `Read`.

        Raises
        ------
        DataError
            If it is not here, with how it is got, or is damaged.
        """


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A data set that is asked for by name.

    Attributes
    ----------
    name : str
        The name, in small letters.
    description : str
        What it is, in a line.
    read : callable
        See `ReadNamed`.
    where : callable
        Takes the folder to look in first, or None, and says where the data set is, or how it is got.
    """

    name: str
    description: str
    read: ReadNamed
    where: Callable[[Path | None], str]
