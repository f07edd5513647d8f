"""Reading images, labels and class names out of whatever stores NumPy's arrays by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.array_names import Layout, Pair
from mlp_core.datasets.arrays import Labelled, joined, pixels_shape
from mlp_core.datasets.classes import as_text
from mlp_core.datasets.memory import check_fits
from mlp_core.datasets.npy_format import Header
from mlp_core.datasets.rows import n_kept, shared_out
from mlp_core.errors import DataError
from mlp_core.progress import Progress


class StoredArrays(Protocol):
    """An archive, or a folder of files."""

    def header(self, name: str, *, texts: bool = False) -> Header:
        """Return what is said of an array before its elements come; DataError if it cannot be right."""

    def read(
        self, name: str, rows: NDArray[np.intp] | None = None, progress: Progress = ..., *, texts: bool = False
    ) -> NDArray[Any]:
        """Return an array, or those of its rows that are asked for."""


def read_labelled(
    path: Path, stored: StoredArrays, layout: Layout, at_most: int | None, progress: Progress
) -> tuple[Labelled, Labelled | None, Sequence[str] | None]:
    """Read the arrays of a layout: headers first, then what is kept.

    Parameters
    ----------
    path : Path
        What an error names.
    stored : StoredArrays
    layout : Layout
    at_most, progress
        See `mlp_core.datasets.source.Read`.

    Returns
    -------
    train : Labelled
    test : Labelled or None
    class_names : sequence of str or None

    Raises
    ------
    DataError
        If an array cannot be read, has no shape of images, or would not fit into memory.
    """
    pairs = [*layout.train, *filter(None, [layout.test])]
    headers = [stored.header(pair.images) for pair in pairs]
    for pair, header in zip(pairs, headers, strict=True):
        pixels_shape(path, pair.images, header.shape)
        n_labels = (stored.header(pair.labels, texts=True).shape or (1,))[0]
        if n_labels != header.shape[0]:
            raise DataError(
                path,
                f"{pair.labels} holds {n_labels:,} labels, but {pair.images} holds {header.shape[0]:,} images. "
                "Store one label an image.",
            )
    rows = shared_out(at_most, *(header.shape[0] for header in headers))
    largest = max(headers, key=lambda header: header.row_bytes)
    n_features = largest.row_bytes // largest.dtype.itemsize
    n = sum(n_kept(header.shape[0], kept) for header, kept in zip(headers, rows, strict=True))
    check_fits(path, n, largest.row_bytes, n_features)

    def read(pair: Pair, kept: NDArray[np.intp] | None) -> Labelled:
        labels = stored.read(pair.labels, texts=True)
        return Labelled(stored.read(pair.images, kept, progress), labels, *pair, kept)

    parts = [read(pair, kept) for pair, kept in zip(pairs, rows, strict=True)]
    names = None if layout.names is None else stored.read(layout.names, texts=True)
    if names is not None and (names.ndim != 1 or names.dtype.kind not in "US" or not len(names)):
        names = None  # numbers, or names of something else than classes
    n_train = len(layout.train)
    return (
        joined(path, parts[:n_train]),
        parts[n_train] if layout.test else None,
        None if names is None else as_text(names).tolist(),
    )
