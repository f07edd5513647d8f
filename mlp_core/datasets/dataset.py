"""What a data set is: images with labels in three splits, and what it says of itself."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mlp_core.cores import has_second_core
from mlp_core.datasets.scaling import LECTURE, Scaling

if TYPE_CHECKING:
    from mlp_core.datasets.recipe import Recipe

SCALED_AT_ONCE: Final = 250  # rows: what looking them up takes for a moment is eight bytes a pixel
WORTH_A_THREAD: Final = 20  # such blocks


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Samples for one purpose.

    Attributes
    ----------
    X : ndarray, shape (n_samples, n_features)
        Pixels row by row, read-only; integers as in the file, or floats that are scaled already.
    y : ndarray of int64, shape (n_samples,)
        Class of each sample, read-only, 0 to n_classes - 1.
    """

    X: NDArray[Any]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Images of one size, with a train, a validation and a test split.

    Attributes
    ----------
    key : str
        The name or path it was asked for by: ``mnist``, ``digits``, ``/data/my.npz``.
    name : str
        What it is called on the screen.
    source : str
        Where it comes from, and under which licence.
    image_shape : tuple of int
        Height and width in pixels; their product is n_features.
    class_names : tuple of str
        What each class is called, class 0 first.
    pixel_range : tuple of float
        The pixel values that stand for black and white in the stored X.
    train, valid, test : Split
    scaling : Scaling
        How pixels become the network's input.
    remarks : str
        What the user should know of the reading, such as what was left out; empty if nothing.
    recipe : Recipe or None
        How it is opened again; None if it was made of arrays.
    """

    key: str
    name: str
    source: str
    image_shape: tuple[int, int]
    class_names: tuple[str, ...]
    pixel_range: tuple[float, float]
    train: Split
    valid: Split
    test: Split
    scaling: Scaling = LECTURE
    remarks: str = ""
    recipe: Recipe | None = None
    _digest: list[str] = field(default_factory=list, init=False, repr=False)  # once known, the fingerprint

    @property
    def n_features(self) -> int:
        """Pixels of an image."""
        return self.image_shape[0] * self.image_shape[1]

    @property
    def n_classes(self) -> int:
        """Number of classes, and so of output units."""
        return len(self.class_names)

    def scaled(self, X: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[np.floating[Any]]:
        """Return pixels as the network's input; by default scaled as the lecture does: ((x / 255) - .5) * 2.

        Floats that the lecture's scaling would not change (`pixel_range` is (-1, 1)) are only converted.
        """
        low, high = self.pixel_range
        if self.scaling == LECTURE and (low, high) == (-1.0, 1.0):
            return np.ascontiguousarray(X, dtype=dtype)
        scaled = np.empty(X.shape, dtype)
        greys = self.scaling(np.arange(256), low, high).astype(dtype)

        def scale_block(start: int) -> None:
            block, out = X[start : start + SCALED_AT_ONCE], scaled[start : start + SCALED_AT_ONCE]
            if block.dtype == np.uint8:  # looked up: each of 256 grey values is scaled once
                np.take(greys, block, out=out, mode="clip")
            else:
                out[...] = self.scaling(block, low, high)

        starts = range(0, len(X), SCALED_AT_ONCE)
        if len(starts) >= WORTH_A_THREAD and has_second_core():
            with ThreadPoolExecutor(2, "scaling") as threads:
                list(threads.map(scale_block, starts))
        else:
            for start in starts:
                scale_block(start)
        return scaled

    def grey(self, X: NDArray[Any]) -> NDArray[np.uint8]:
        """Return pixels as grey values, 0 black to 255 white, shape (n, height, width)."""
        return grey_images(X, self.image_shape, self.pixel_range)

    def description(self) -> str:
        """Return one line for the screen: name, image size, counts."""
        height, width = self.image_shape
        return (
            f"{self.name}: {self.n_classes} classes, {width}\N{MULTIPLICATION SIGN}{height} pixels, "
            f"{len(self.train):,} train / {len(self.valid):,} validation / {len(self.test):,} test"
        )

    def fingerprint(self) -> str:
        """Return a SHA-256 of all samples, labels and splits: same fingerprint, same data. Computed once."""
        if not self._digest:
            self._digest.append(self._computed_fingerprint())
        return self._digest[0]

    def _computed_fingerprint(self) -> str:
        digest = hashlib.sha256(repr((self.image_shape, self.class_names, self.pixel_range)).encode())
        if self.scaling != LECTURE:
            digest.update(repr(self.scaling).encode())
        for split in (self.train, self.valid, self.test):
            digest.update(str((split.X.dtype.str, split.X.shape)).encode())
            digest.update(np.ascontiguousarray(split.X).data)
            digest.update(np.ascontiguousarray(split.y).data)
        return digest.hexdigest()


def grey_images(X: NDArray[Any], image_shape: tuple[int, int], pixel_range: tuple[float, float]) -> NDArray[np.uint8]:
    """Return pixels, shape (n, n_features), as grey values, 0 black to 255 white, shape (n, height, width)."""
    low, high = pixel_range
    grey = np.clip((np.asarray(X, np.float64) - low) / (high - low) * 255, 0, 255)
    return np.rint(grey).astype(np.uint8).reshape(-1, *image_shape)
