"""From the labels in a file to classes: each label that occurs is a class, and is called what the file calls it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.wording import tidy_name
from mlp_core.errors import DataError

MAX_CLASSES: Final = 1000
_LARGEST: Final = 2**53  # beyond it floats are no longer every whole number
_WHOLE: Final = re.compile("0|-?[1-9][0-9]{0,14}")


def classes_of(source: str | Path, *labels: NDArray[Any]) -> tuple[tuple[str, ...], tuple[NDArray[np.int64], ...]]:
    """Return the classes that one or more arrays of labels make.

    Parameters
    ----------
    source : str or Path
        What an error names.
    *labels : ndarray, shape (n,)
        Booleans, whole numbers or texts, one label a sample; one array for each split. Texts that are whole numbers,
        such as OpenML's, count as numbers.

    Returns
    -------
    class_names : tuple of str
        One for each label that occurs in any of the arrays: whole numbers by size, texts by letter.
    y : tuple of ndarray of int64, shape (n,)
        For each array, the class of each sample, 0 to n_classes - 1.

    Raises
    ------
    DataError
        If labels are no whole numbers or texts, or make fewer than 2 or more than 1,000 classes.
    """
    checked = [_comparable(source, array) for array in labels]
    if len({array.dtype.kind for array in checked}) > 1:
        raise DataError(source, "some of its labels are numbers and some are texts. Use one kind for all.")
    found = np.unique(np.concatenate([np.unique(array) for array in checked]))
    check_class_count(source, len(found))
    return tuple(tidy_name(label) for label in found.tolist()), tuple(
        np.searchsorted(found, array).astype(np.int64) for array in checked
    )


def named_classes(source: str | Path, names: Sequence[str], given: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the classes `given` by number are called, where the file has a list of `names`.

    Parameters
    ----------
    source : str or Path
        What an error names.
    names : sequence of str
        The name of class 0, 1, 2, …
    given : tuple of str
        The class names that `classes_of` made of whole numbers.

    Raises
    ------
    DataError
        If a label has no name in the list.
    """
    try:
        numbers = [int(label) for label in given]
    except ValueError:
        return given  # the labels are names themselves
    if min(numbers) < 0 or max(numbers) >= len(names):
        raise DataError(
            source,
            f"it names {len(names)} classes, but has labels from {min(numbers)} to {max(numbers)}. "
            "Give one name for each class, counted from 0.",
        )
    return tuple(tidy_name(names[number]) for number in numbers)


def check_class_count(source: str | Path, n: int) -> None:
    """Refuse fewer than 2 classes, or more than a network here can tell apart.

    Raises
    ------
    DataError
        With the number of classes.
    """
    if not 2 <= n <= MAX_CLASSES:
        kinds = f"only {n} class" if n < 2 else f"{n:,} classes"
        raise DataError(source, f"its labels make {kinds}; 2 to {MAX_CLASSES:,} classes can be used. Check the labels.")


def _comparable(source: str | Path, labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as int64, or as texts."""
    if labels.ndim != 1 or not len(labels):
        raise DataError(source, f"its labels have shape {labels.shape}; (n,), one for each image, was expected.")
    if labels.dtype.kind in "US":
        return _numbered(as_text(labels))
    if labels.dtype.kind not in "biuf":
        raise DataError(source, f"its labels are {labels.dtype}; whole numbers or texts were expected.")
    if labels.dtype.kind == "f" and not (np.isfinite(labels).all() and (labels == np.floor(labels)).all()):
        raise DataError(source, "it has labels that are no whole numbers. Number the classes 0, 1, 2 and so on.")
    low, high = labels.min(), labels.max()
    if not (low >= -_LARGEST and high <= _LARGEST):
        raise DataError(source, f"it has labels from {low:g} to {high:g}. Number the classes 0, 1, 2 and so on.")
    return labels.astype(np.int64)


def as_text(labels: NDArray[Any]) -> NDArray[np.str_]:
    """Return texts, kept as letters or as bytes, as letters."""
    if labels.dtype.kind == "U":
        return labels
    try:
        return np.char.decode(labels, "utf-8")
    except UnicodeDecodeError:
        return np.char.decode(labels, "latin-1")


def _numbered(labels: NDArray[np.str_]) -> NDArray[Any]:
    """Return texts as int64 where each is a whole number as one would write it: "10" comes after "9", not "1"."""
    found, which = np.unique(labels, return_inverse=True)
    if not all(_WHOLE.fullmatch(label) for label in found.tolist()):
        return labels
    return np.array([int(label) for label in found.tolist()], np.int64)[which]
