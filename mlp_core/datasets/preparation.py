"""From a collection to a data set: the splits, the scaling, and fewer samples for a quick look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.collection import Collection
from mlp_core.datasets.dataset import Dataset, Split
from mlp_core.datasets.recipe import Recipe
from mlp_core.datasets.scaling import SCALINGS, SHORT, scaling_of
from mlp_core.datasets.splits import check_training_classes, held_out, read_only_split, spread_order
from mlp_core.errors import DataError

TEST_SHARE: Final = 1 / 6


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is to be done with images that were read, before a network learns them.

    Parameters
    ----------
    valid_share : float or None
        Share of the images to train on, 0 to 0.9, that is set aside to validate, where the file has no validation set
        of its own. None does as the lecture: 5,000 of 60,000 or more, else a twelfth.
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
    test_share: float = TEST_SHARE
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

        What the file itself sets apart to validate or to test stays as it is; the images to validate are else the
        last ones, as in the lecture. Where there is no test set, or where the images stand class by class, every
        split that is made gets each class in its share, in an order drawn from `seed`. The name tells what is not as
        usual.

        Raises
        ------
        DataError
            If fewer than two classes are left to train on.
        """
        train = collection.train
        if collection.test is None or _is_grouped(train.y):
            train = _taken(train, spread_order(train.y, self.seed))
        n_train, n_valid, n_test = replace(self, subset=None).sizes(*collection.sizes)
        rest = _parted(train, n_train, n_train + (n_valid if collection.valid is None else 0))
        valid = rest[1] if collection.valid is None else collection.valid
        test = rest[2] if collection.test is None else collection.test
        splits = [rest[0], valid, test]
        notes = [collection.name]
        if collection.valid is None and self.valid_share is not None:
            notes.append(f"{self.valid_share:.1%} to validate")
        if collection.test is None and self.test_share != TEST_SHARE:
            notes.append(f"{self.test_share:.1%} to test")
        wanted = self.sizes(*collection.sizes)
        if sum(wanted) < n_train + n_valid + n_test:
            splits = [self._fewer(split, n) for split, n in zip(splits, wanted, strict=True)]
            notes.append(f"{sum(wanted):,} samples")
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
            remarks=collection.remarks,
            recipe=Recipe(collection.key, self, collection.conversion),
        )

    def sizes(self, n: int, n_valid: int | None, n_test: int | None) -> tuple[int, int, int]:
        """Return how many samples there will be to train, to validate and to test.

        Parameters
        ----------
        n : int
            Images in no split that the file itself sets apart.
        n_valid, n_test : int or None
            Images in the validation set and in the test set that the file itself sets apart, if it does.
        """
        if n_test is None:
            n_test = _share(n, self.test_share)
            n -= n_test
        if n_valid is None:
            n_valid = held_out(n) if self.valid_share is None else _share(n, self.valid_share)
            n -= n_valid
        sizes = (n, n_valid, n_test)
        if self.subset is None or self.subset >= sum(sizes):
            return sizes
        least = 1 if self.subset >= len(sizes) else 0  # no split that is there gets lost in rounding
        fewer = [0, *(max(min(size, least), size * self.subset // sum(sizes)) for size in sizes[1:])]
        for at, size in enumerate(sizes):
            fewer[at] += min(self.subset - sum(fewer), size - fewer[at])
        return fewer[0], fewer[1], fewer[2]

    def _fewer(self, split: Split, n: int) -> Split:
        return _taken(split, np.sort(spread_order(split.y, self.seed)[:n]))


def _is_grouped(y: NDArray[np.int64]) -> bool:
    """Return whether the samples of a class stand together: the last ones would then be of few classes."""
    counts = np.bincount(y)
    runs = 1 + np.count_nonzero(np.diff(y))
    shuffled = len(y) - (counts.astype(np.float64) ** 2).sum() / max(1, len(y))  # about how many there would be
    return bool(runs <= np.count_nonzero(counts) or 2 * runs < shuffled)


def _share(n: int, share: float) -> int:
    return max(min(round(n * share) or (1 if share else 0), n - 1), 0)


def _taken(split: Split, order: NDArray[np.intp]) -> Split:
    return read_only_split(split.X[order], split.y[order])


def _parted(split: Split, *at: int) -> list[Split]:
    return [read_only_split(X, y) for X, y in zip(np.split(split.X, at), np.split(split.y, at), strict=True)]
