from __future__ import annotations

import numpy as np
import pytest

from mlp_core.datasets.splits import (
    check_image_shape,
    check_training_classes,
    held_out,
    read_only_split,
    spread_order,
)
from mlp_core.errors import DataError


def test_a_split_cannot_be_written_to() -> None:
    X, y = np.zeros((2, 4)), np.array([0, 1], np.uint8)
    split = read_only_split(X, y)
    assert (len(split), split.y.dtype.name) == (2, "int64")
    for array in (split.X, split.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    X[0] = 1  # the caller's own view stays as it was


@pytest.mark.parametrize(("n", "kept"), [(1, 1), (12, 1), (24, 2), (59_999, 4999), (60_000, 5000), (10**6, 5000)])
def test_held_out(n: int, kept: int) -> None:
    assert held_out(n) == kept


def test_every_stretch_has_each_class_in_its_share() -> None:
    y = np.repeat([0, 1, 2], [600, 300, 100])
    order = spread_order(y, seed=1)
    assert sorted(order.tolist()) == list(range(1000))
    for start in range(0, 1000, 100):
        counts = np.bincount(y[order[start : start + 100]], minlength=3)
        assert np.abs(counts - [60, 30, 10]).max() <= 1
    np.testing.assert_array_equal(order, spread_order(y, seed=1))
    assert (order != spread_order(y, seed=2)).any()


def test_no_samples_have_an_order_too() -> None:
    assert len(spread_order(np.zeros(0, np.int64), 1)) == 0


def test_training_on_one_class() -> None:
    valid = read_only_split(np.zeros((3, 1)), np.array([0, 1, 2]))
    with pytest.raises(DataError, match=r"2 samples to train on \(3 more"):
        check_training_classes("here", read_only_split(np.zeros((2, 1)), np.array([1, 1])), valid)
    check_training_classes("here", valid, valid)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (1025, 1024), (2**31, 2**31)])
def test_image_shapes_that_cannot_be_used(shape: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="pixels an image can be used"):
        check_image_shape("here", *shape)
    check_image_shape("here", 1024, 1024)
    check_image_shape("here", 1, 1)
