"""What a file or folder holds: labelled images, before they are split, cut down and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Dataset, Split, grey_images
from mlp_core.datasets.splits import read_only_split


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
        The images to train and validate on; all there are where `test` is None.
    test : Split or None
        The test set that the file itself sets apart; None if it does not.
    remarks : str
        What the user should know of the reading, such as what was left out; empty if nothing.
    """

    key: str
    name: str
    source: str
    image_shape: tuple[int, int]
    class_names: tuple[str, ...]
    pixel_range: tuple[float, float]
    train: Split
    test: Split | None = None
    remarks: str = ""

    @classmethod
    def of(cls, dataset: Dataset) -> Collection:
        """Return what `dataset` was made of, as far as it is still there: training and validation images joined."""
        train = dataset.train
        if len(dataset.valid):
            parts = (dataset.train, dataset.valid)
            train = read_only_split(
                np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])
            )
        return cls(
            key=dataset.key,
            name=dataset.name,
            source=dataset.source,
            image_shape=dataset.image_shape,
            class_names=dataset.class_names,
            pixel_range=dataset.pixel_range,
            train=train,
            test=dataset.test if len(dataset.test) else None,
            remarks=dataset.remarks,
        )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def __len__(self) -> int:
        return len(self.train) + (len(self.test) if self.test is not None else 0)

    def class_counts(self) -> NDArray[np.int64]:
        """Return how many images each class has, shape (n_classes,)."""
        counts = np.bincount(self.train.y, minlength=self.n_classes)
        return counts if self.test is None else counts + np.bincount(self.test.y, minlength=self.n_classes)

    def value_range(self) -> tuple[float, float]:
        """Return the least and the greatest pixel value of the images to train on."""
        return float(self.train.X.min()), float(self.train.X.max())

    def first_of_each(self, most: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
        """Return the first image of each class as grey values, for the first `most` classes.

        Returns
        -------
        images : ndarray of uint8, shape (n, height, width)
        names : tuple of str
            What the class of each is called; a class without an image to train on is left out.
        """
        classes, first = np.unique(self.train.y, return_index=True)
        images = grey_images(self.train.X[first[:most]], self.image_shape, self.pixel_range)
        return images, tuple(self.class_names[label] for label in classes[:most])
