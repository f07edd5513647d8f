"""What a file or folder holds: labelled images, before they are split, cut down and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Split
from mlp_core.datasets.picture import Conversion
from mlp_core.datasets.thumbnail import thumbnails


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Labelled images of one size, as they were read.

    Attributes
    ----------
    key, name, source : str
        As in `Dataset`.
    image_shape : tuple of int
        Height and width in pixels.
    class_names : tuple of str
        What each class is called, class 0 first.
    pixel_range : tuple of float
        The pixel values that stand for black and white.
    train : Split
        The images that no other split has.
    valid, test : Split or None
        The validation set and the test set that the file itself sets apart; None if it does not.
    remarks : str
        What the user should know of the reading, such as what was left out; empty if nothing.
    conversion : Conversion or None
        How pictures became images of one size; None where there was nothing to convert.
    """

    key: str
    name: str
    source: str
    image_shape: tuple[int, int]
    class_names: tuple[str, ...]
    pixel_range: tuple[float, float]
    train: Split
    test: Split | None = None
    valid: Split | None = None
    remarks: str = ""
    conversion: Conversion | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def sizes(self) -> tuple[int, int | None, int | None]:
        """Number of images to train, to validate and to test; None for a split that the file does not set apart."""
        valid, test = (None if split is None else len(split) for split in (self.valid, self.test))
        return len(self.train), valid, test

    def __len__(self) -> int:
        return sum(n for n in self.sizes if n is not None)

    def class_counts(self) -> NDArray[np.int64]:
        """Return how many images each class has, all splits together, shape (n_classes,)."""
        splits = (split for split in (self.train, self.valid, self.test) if split is not None)
        counts = np.zeros(self.n_classes, np.int64)
        for split in splits:
            counts += np.bincount(split.y, minlength=self.n_classes)
        return counts

    def value_range(self) -> tuple[float, float]:
        """Return the least and the greatest pixel value of the images to train on."""
        return float(self.train.X.min()), float(self.train.X.max())

    def first_of_each(self, most: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
        """Return the first image of each class as grey values, for the first `most` classes; large ones made smaller.

        Returns
        -------
        images : ndarray of uint8, shape (n, height, width)
        names : tuple of str
            What the class of each is called; a class without an image to train on is left out.
        """
        classes, first = np.unique(self.train.y, return_index=True)
        images = thumbnails(self.train.X, first[:most], self.image_shape, self.pixel_range)
        return images, tuple(self.class_names[label] for label in classes[:most])
