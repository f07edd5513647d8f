"""Reading images, labels and class names out of whatever stores NumPy's arrays by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.array_names import Layout, Pair
from mlp_core.datasets.arrays import Labelled, check_one_size, pixels_shape
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
) -> tuple[dict[str, Labelled], Sequence[str] | None]:
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
    parts : dict of str to Labelled
        By split, as in the layout.
    class_names : sequence of str or None

    Raises
    ------
    DataError
        If an array cannot be read, has no shape of images, or would not fit into memory.
    """
    headers = {split: stored.header(pair.images) for split, pair in layout.pairs.items()}
    check_one_size(
        path,
        {pair.images: pixels_shape(path, pair.images, headers[split].shape) for split, pair in layout.pairs.items()},
    )
    for split, pair in layout.pairs.items():
        n_images = headers[split].shape[0]
        n_labels = (stored.header(pair.labels, texts=True).shape or (1,))[0]
        if n_labels != n_images:
            raise DataError(
                path,
                f"{pair.labels} holds {n_labels:,} labels, but {pair.images} holds {n_images:,} images. "
                "Use one label an image.",
            )
    counts = [header.shape[0] for header in headers.values()]
    rows = shared_out(at_most, *counts)
    largest = max(headers.values(), key=lambda header: header.row_bytes)
    n_features = largest.row_bytes // largest.dtype.itemsize
    check_fits(path, sum(map(n_kept, counts, rows)), largest.row_bytes, n_features)

    def read(pair: Pair, kept: NDArray[np.intp] | None) -> Labelled:
        labels = stored.read(pair.labels, texts=True)
        return Labelled(stored.read(pair.images, kept, progress), labels, *pair, kept)

    parts = {split: read(pair, kept) for (split, pair), kept in zip(layout.pairs.items(), rows, strict=True)}
    names = None if layout.names is None else stored.read(layout.names, texts=True)
    if names is not None and (names.ndim != 1 or names.dtype.kind not in "US" or not len(names)):
        names = None  # numbers, or names of something else than classes
    return parts, None if names is None else as_text(names).tolist()
