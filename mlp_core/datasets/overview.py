"""`Overview`: what there is to see of a data set before any training; counts, mean images, first samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.thumbnail import shrink_factor, shrunk
from mlp_core.progress import Progress, untold

SPLITS: Final = {"train": "train", "valid": "validation", "test": "test"}
"""The splits by the name of their field in `Dataset`, and what each is called on the screen."""

_AT_ONCE: Final = 2**22  # bytes of pixels that are gathered for a moment


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Numbers and pictures of each class; all arrays are read-only.

    Attributes
    ----------
    counts : ndarray of int64, shape (3, n_classes)
        Samples of each class in the training, the validation and the test split.
    means : ndarray of uint8, shape (n_classes, height, width)
        Mean image of each class of the training split, grey values from 0 black to 255 white; black where there is no
        sample. Height and width are those of a thumbnail: the image's own, unless the image is large.
    first : ndarray of int64, shape (n_classes,)
        Index of the first training sample of each class; -1 where there is none.
    """

    counts: NDArray[np.int64]
    means: NDArray[np.uint8]
    first: NDArray[np.int64]

    @classmethod
    def of(cls, dataset: Dataset, progress: Progress = untold) -> Overview:
        """Look at every sample of `dataset` once.

        Besides the result, which is 32 MB at most, memory is taken for 4 MB of pixels (or one image) and for one sum
        of an image in float64, however large the data set is.

        Raises
        ------
        Cancelled
            If `progress` raises it.
        """
        counts = np.array(
            [np.bincount(getattr(dataset, split).y, minlength=dataset.n_classes) for split in SPLITS], np.int64
        )
        y = dataset.train.y
        by_class = np.argsort(y, kind="stable")
        starts = np.cumsum(counts[0]) - counts[0]
        first = np.full(dataset.n_classes, -1, np.int64)
        present = counts[0] > 0
        first[present] = by_class[starts[present]]

        factor = shrink_factor(dataset.image_shape)
        height, width = (math.ceil(side / factor) for side in dataset.image_shape)
        means = np.zeros((dataset.n_classes, height, width), np.uint8)
        low, high = dataset.pixel_range
        for label in np.flatnonzero(present):
            progress("Averaging the images of each class", float(starts[label] / len(y)))
            rows = by_class[starts[label] : starts[label] + counts[0, label]]
            mean = _sum_of(dataset.train, rows, progress, starts[label]) / len(rows)
            grey = (shrunk(mean.reshape(dataset.image_shape), factor) - low) / (high - low) * 255
            means[label] = np.rint(np.clip(grey, 0, 255))
        for array in (counts, means, first):
            array.flags.writeable = False
        return cls(counts, means, first)


def samples_of_class(dataset: Dataset, split: str, label: int) -> NDArray[np.intp]:
    """Return the indices of the samples of class `label` in the split called `split`, a key of `SPLITS`."""
    samples: Split = getattr(dataset, split)
    return np.flatnonzero(samples.y == label)


def _sum_of(split: Split, rows: NDArray[np.intp], progress: Progress, done: int) -> NDArray[np.float64]:
    """Return the sum of some samples' pixels, a block of them at a time."""
    total = np.zeros(split.X.shape[1])
    whole = split.X.dtype.kind in "ub" and split.X.dtype.itemsize == 1  # then sums of whole numbers are exact and fast
    at_once = max(_AT_ONCE // (split.X.shape[1] * split.X.itemsize), 1)
    for start in range(0, len(rows), at_once):
        if start:
            progress("Averaging the images of each class", float((done + start) / len(split)))
        block: NDArray[Any] = split.X[rows[start : start + at_once]]
        total += block.sum(axis=0, dtype=np.uint32 if whole else np.float64)
    return total
