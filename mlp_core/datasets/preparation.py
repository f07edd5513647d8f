"""From a collection to a data set: the splits, the scaling, and fewer samples for a quick look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.scaling import SCALINGS, SHORT, scaling_of
from mlp_core.datasets.splits import check_training_classes, held_out, read_only_split, spread_order
from mlp_core.errors import DataError


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is to be done with images that were read, before a network learns them.

    Parameters
    ----------
    valid_share : float or None
        Share of the images to train on, 0 to 0.9, that is set aside to validate. None does as the lecture: 5,000 of
        60,000 or more, else a twelfth.
    test_share : float
        Share of all images, 0 to 0.9, that is set aside to test, where the file has no test set of its own.
    scaling : str
        A key of `SCALINGS`.
    subset : int or None
        Use no more samples than this, all splits together, each class in its share; None uses all.
    seed : int
        Of the order in which samples are shared out where they have to be shuffled.

    Raises
    ------
    DataError
        If a value is out of range; it names the field.
    """

    valid_share: float | None = None
    test_share: float = 1 / 6
    scaling: str = "lecture"
    subset: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        for field in ("valid_share", "test_share"):
            share = getattr(self, field)
            if share is not None and not 0 <= share <= 0.9:
                raise DataError(field, f"{share!r} is out of range. Choose a share from 0 to 0.9.")
        if self.scaling not in SCALINGS:
            raise DataError("scaling", f"{self.scaling!r} is not known. Choose {', '.join(SCALINGS)}.")
        if self.subset is not None and self.subset < 1:
            raise DataError("subset", f"{self.subset!r} is out of range. Choose 1 sample or more.")

    def apply(self, collection: Collection) -> Dataset:
        """Return the data set that this makes of `collection`.

        A test set of the file's own stays as it is, and the images to validate are the last ones, as in the lecture.
        Where there is none, or where the images are sorted by class, every split gets each class in its share, in an
        order drawn from `seed`. The name tells what is not as usual.

        Raises
        ------
        DataError
            If fewer than two classes are left to train on.
        """
        train, test = collection.train, collection.test
        if test is None or _is_sorted(train.y):
            train = _taken(train, spread_order(train.y, self.seed))
        if test is None:
            n_test = _share(len(train), self.test_share)
            train, test = _parted(train, len(train) - n_test)
        train, valid = _parted(train, len(train) - self._n_valid(len(train)))
        splits = [train, valid, test]
        notes = [collection.name]
        if self.subset is not None and self.subset < sum(map(len, splits)):
            share = self.subset / sum(map(len, splits))
            splits = [self._fewer(split, share) for split in splits]
            notes.append(f"{sum(map(len, splits)):,} samples")
        if self.scaling != "lecture":
            notes.append(SHORT[self.scaling])
        check_training_classes(collection.key, splits[0], splits[1])
        return Dataset(
            key=collection.key,
            name=" · ".join(notes),
            source=collection.source,
            image_shape=collection.image_shape,
            class_names=collection.class_names,
            pixel_range=collection.pixel_range,
            train=splits[0],
            valid=splits[1],
            test=splits[2],
            scaling=scaling_of(self.scaling, splits[0].X, collection.pixel_range),
        )

    def _n_valid(self, n: int) -> int:
        return held_out(n) if self.valid_share is None else _share(n, self.valid_share)

    def _fewer(self, split: Split, share: float) -> Split:
        n = min(len(split), math.ceil(len(split) * share))
        return _taken(split, np.sort(spread_order(split.y, self.seed)[:n]))


def _is_sorted(y: NDArray[np.int64]) -> bool:
    return bool((np.diff(y) >= 0).all())


def _share(n: int, share: float) -> int:
    return min(round(n * share) or (1 if share else 0), n - 1)


def _taken(split: Split, order: NDArray[np.intp]) -> Split:
    return read_only_split(split.X[order], split.y[order])


def _parted(split: Split, at: int) -> tuple[Split, Split]:
    def part(where: Any) -> Split:
        return read_only_split(split.X[where], split.y[where])

    return part(slice(at)), part(slice(at, None))
