"""What a file in this folder says about the data sets it can open.

A module takes part in the registry by having a tuple ``SOURCES`` of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlp_core.datasets.dataset import Dataset


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A data set that is asked for by name.

    Attributes
    ----------
    name : str
        The name, in small letters.
    open : callable
        Takes the folder to look in first, or None; returns the Dataset or raises DataError.
    """

    name: str
    open: Callable[[Path | None], Dataset]


@dataclass(frozen=True, slots=True)
class PathSource:
    """A kind of file or folder that is asked for by path.

    Attributes
    ----------
    description : str
        What it is, as in "a folder of IDX files".
    accepts : callable
        Takes a path that exists and says whether it is of this kind; may raise OSError.
    open : callable
        Takes the path and the key of the data set; returns the Dataset or raises DataError.
    """

    description: str
    accepts: Callable[[Path], bool]
    open: Callable[[Path, str], Dataset]
