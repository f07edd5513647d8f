"""Two stored runs beside one another: what each has come to, and the test samples on which they differ."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.dataset import Dataset
from mlp_core.mcnemar import mcnemar
from mlp_core.progress import Progress, untold
from mlp_core.runs.record import RunRecord
from mlp_core.snapshot import frozen_copy
from mlp_viz.run.news import TestErrors, WeightsPicture
from mlp_viz.run.reporter import LOOKED_AT_ONCE, find_errors, images_of
from mlp_viz.run.stored import StoredRun

Classes = NDArray[np.int64]

COMPARING: Final = "Comparing two runs"
NO_WEIGHTS: Final = "No epoch of this run has ended: it has no weights yet."
UNKNOWN_SHAPE: Final = "Open the data set {dataset} to see the weights here: the shape of its images is not known."
OTHER_DATA: Final = (
    "The two runs learned different data sets, {first} and {second}: there are no test images to compare them on."
)
NOT_OPEN: Final = "Open the data set {dataset} to see here which of its test images differ."
NO_CHECKPOINT: Final = "No epoch of {run} has ended: there are no weights to try on the test images."
NO_TEST: Final = "This data set has no test images to compare the runs on."


@dataclass(frozen=True, slots=True, eq=False)
class TwicePredicted:
    """Some of the test samples, and what two networks say of each.

    Attributes
    ----------
    indices : ndarray, shape (n_samples,)
        Positions in the test split, ascending.
    true, first, second : ndarray, shape (n_samples,)
        Their classes, and what each network says instead.
    """

    indices: NDArray[np.intp]
    true: Classes
    first: Classes
    second: Classes

    def __len__(self) -> int:
        return len(self.indices)

    def swapped(self) -> TwicePredicted:
        """Return the same with the second network as the first."""
        return replace(self, first=self.second, second=self.first)


@dataclass(frozen=True, slots=True, eq=False)
class TestChanges:
    """What becomes of the test samples from one network to another; what both get right is left out.

    Attributes
    ----------
    dataset : Dataset
    first_epoch, second_epoch : int
        The epochs that the networks are of.
    fixed : TwicePredicted
        First wrong, second right.
    introduced : TwicePredicted
        First right, second wrong.
    both_wrong : TwicePredicted
    """

    __test__ = False  # not a test class, whatever its name

    dataset: Dataset
    first_epoch: int
    second_epoch: int
    fixed: TwicePredicted
    introduced: TwicePredicted
    both_wrong: TwicePredicted

    @classmethod
    def of(cls, dataset: Dataset, first: TestErrors, second: TestErrors) -> TestChanges:
        """Return the changes from what the first network gets wrong to what the second does."""
        true = dataset.test.y
        one, other = _predicted(true, first), _predicted(true, second)

        def those(where: NDArray[np.bool_]) -> TwicePredicted:
            indices = np.flatnonzero(where)
            return TwicePredicted(
                *(frozen_copy(array) for array in (indices, true[indices], one[indices], other[indices]))
            )

        was, still = one != true, other != true
        return cls(dataset, first.epoch, second.epoch, those(was & ~still), those(~was & still), those(was & still))

    @property
    def n_test(self) -> int:
        """Size of the test split."""
        return len(self.dataset.test)

    @property
    def first_accuracy(self) -> float:
        """Test accuracy of the first network, a fraction in [0, 1]."""
        return 1 - (len(self.fixed) + len(self.both_wrong)) / self.n_test

    @property
    def second_accuracy(self) -> float:
        """Test accuracy of the second network."""
        return 1 - (len(self.introduced) + len(self.both_wrong)) / self.n_test

    @property
    def p(self) -> float:
        """How likely chance alone makes so large a difference; see `mcnemar`."""
        return mcnemar(len(self.fixed), len(self.introduced))

    def swapped(self) -> TestChanges:
        """Return the changes the other way."""
        return TestChanges(
            self.dataset,
            self.second_epoch,
            self.first_epoch,
            self.introduced.swapped(),
            self.fixed.swapped(),
            self.both_wrong.swapped(),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two runs.

    Attributes
    ----------
    run : StoredRun
    weights : WeightsPicture or None
        The first layer's, at the checkpoint.
    why_no_weights : str
        For the user, where there are none.
    class_names : tuple of str
        Of the output units; empty where the run's data set is not open.
    """

    run: StoredRun
    weights: WeightsPicture | None
    why_no_weights: str
    class_names: tuple[str, ...]

    @classmethod
    def of(cls, run: StoredRun, dataset: Dataset | None) -> Side:
        """Return what can be shown of a run.

        Parameters
        ----------
        run : StoredRun
        dataset : Dataset or None
            Its own; where that is not open, images of a square number of pixels are taken for squares.
        """
        names = () if dataset is None else dataset.class_names
        if run.checkpoint is None:
            return cls(run, None, NO_WEIGHTS, names)
        w = run.checkpoint.weights.w[0]
        shape = _image_shape(run, len(w)) if dataset is None else dataset.image_shape
        if shape is None:
            return cls(run, None, UNKNOWN_SHAPE.format(dataset=run.record.dataset.name), names)
        return cls(run, WeightsPicture(run.record.id, run.checkpoint.epoch, 0, images_of(w, shape)), "", names)

    @property
    def record(self) -> RunRecord:
        """What is stored of the run beside its curves and weights."""
        return self.run.record


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two runs beside one another.

    Attributes
    ----------
    first, second : Side
    changes : TestChanges or None
        From the first to the second, each as of its checkpoint.
    why_no_changes : str
        For the user, where there are none.
    """

    first: Side
    second: Side
    changes: TestChanges | None
    why_no_changes: str

    @classmethod
    def of(
        cls, first: StoredRun, second: StoredRun, dataset: Dataset | None, progress: Progress = untold
    ) -> Comparison:
        """Compare two runs.

        Parameters
        ----------
        first, second : StoredRun
        dataset : Dataset or None
            The one that is open; whether the runs are of it is found out here.
        progress : callable
            See `mlp_core.progress`; told before each block of test samples.

        Raises
        ------
        Cancelled
            If `progress` raises it.
        """
        progress(COMPARING, 0)
        fingerprint = "" if dataset is None else dataset.fingerprint()
        sides = [
            Side.of(run, dataset if run.record.dataset.fingerprint == fingerprint else None) for run in (first, second)
        ]
        why = _why_no_changes(first, second, dataset, fingerprint)
        changes = None if why or dataset is None else _changes(first, second, dataset, progress)
        return cls(sides[0], sides[1], changes, why)

    def without_samples(self) -> Comparison:
        """Return the same without the test samples, for when their data set is no longer the open one."""
        if self.changes is None:
            return self
        return replace(self, changes=None, why_no_changes=NOT_OPEN.format(dataset=self.changes.dataset.name))

    def swapped(self) -> Comparison:
        """Return the same with the second run as the first; nothing is computed anew."""
        changes = None if self.changes is None else self.changes.swapped()
        return Comparison(self.second, self.first, changes, self.why_no_changes)


def _changes(first: StoredRun, second: StoredRun, dataset: Dataset, progress: Progress) -> TestChanges:
    n_blocks = 2 * len(range(0, len(dataset.test), LOOKED_AT_ONCE))
    block = itertools.count()

    def go_on() -> bool:
        progress(COMPARING, next(block) / n_blocks)
        return False

    errors = [
        find_errors(network, dataset, run.record.id, run.checkpoint.epoch, 0, go_on)
        for run in (first, second)
        if run.checkpoint is not None and (network := run.network()) is not None
    ]
    return TestChanges.of(dataset, *errors)


def _predicted(true: Classes, errors: TestErrors) -> Classes:
    predicted = true.copy()
    predicted[errors.indices] = errors.predicted
    return predicted


def _why_no_changes(first: StoredRun, second: StoredRun, dataset: Dataset | None, fingerprint: str) -> str:
    one, other = first.record.dataset, second.record.dataset
    if one.fingerprint != other.fingerprint:
        return OTHER_DATA.format(first=one.name, second=other.name)
    if dataset is None or one.fingerprint != fingerprint:
        return NOT_OPEN.format(dataset=one.name)
    without = [run.record.name for run in (first, second) if run.checkpoint is None]
    if without:
        return NO_CHECKPOINT.format(run=" and ".join(without))
    return "" if len(dataset.test) else NO_TEST


def _image_shape(run: StoredRun, n_features: int) -> tuple[int, int] | None:
    """Return the height and width of a run's images from what is stored of it; None where that does not tell."""
    conversion, side = run.record.dataset.recipe.conversion, math.isqrt(n_features)
    if conversion is not None:
        return conversion.height, conversion.width
    return (side, side) if side**2 == n_features else None
