from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlp_core.datasets.classes import check_class_count, classes_of, named_classes
from mlp_core.errors import DataError


@pytest.mark.parametrize(
    ("labels", "names", "y"),
    [
        ([5, 0, 5, 9], ("0", "5", "9"), [1, 0, 1, 2]),
        ([-1.0, 1.0, 10.0], ("-1", "1", "10"), [0, 1, 2]),
        ([True, False], ("0", "1"), [1, 0]),
        (["cat", "Ant", "cat"], ("Ant", "cat"), [1, 0, 1]),
        (["10", "9", "-3"], ("-3", "9", "10"), [2, 1, 0]),
        (["10", "9", "a"], ("10", "9", "a"), [0, 1, 2]),
        (["05", "5"], ("05", "5"), [0, 1]),
        (["1_0", "9"], ("1_0", "9"), [0, 1]),
        ([b"\xc3\xa4", b"b"], ("b", "ä"), [1, 0]),
        ([b"\xe4", b"b"], ("b", "ä"), [1, 0]),
    ],
)
def test_each_label_that_occurs_is_a_class(labels: list[Any], names: tuple[str, ...], y: list[int]) -> None:
    found, (classes,) = classes_of("here", np.array(labels))
    assert found == names
    assert classes.tolist() == y
    assert classes.dtype == np.int64


def test_several_arrays_share_the_classes() -> None:
    names, (first, second) = classes_of("here", np.array([3, 1], np.uint8), np.array(["2", "3"]))
    assert names == ("1", "2", "3")
    assert (first.tolist(), second.tolist()) == ([2, 0], [1, 2])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 1], "only 1 class"),
        (range(1001), "1,001 classes"),
        ([0.5, 1], "no whole numbers"),
        ([np.nan, 1], "no whole numbers"),
        ([np.inf, 1], "no whole numbers"),
        ([1e300, 1], r"from 1 to 1e\+300"),
        (np.array([0, 2**64 - 1], np.uint64), "labels from 0 to"),
        ([1j, 2], "complex128"),
        ([[0, 1]], r"shape \(1, 2\)"),
        ([], r"shape \(0,\)"),
        (np.array([object(), object()]), "object"),
    ],
)
def test_labels_that_make_no_classes(labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        classes_of("here", np.array(labels))


def test_texts_and_numbers_do_not_mix() -> None:
    with pytest.raises(DataError, match="some are texts"):
        classes_of("here", np.array([1, 2]), np.array(["a", "b"]))


def test_names_for_numbers() -> None:
    assert named_classes("here", ["zero", "one", "two"], ("0", "2")) == ("zero", "two")
    assert named_classes("here", ["zero", "one"], ("a", "b")) == ("a", "b")
    for given in (("0", "2"), ("-1", "0")):
        with pytest.raises(DataError, match="names 2 classes"):
            named_classes("here", ["zero", "one"], given)


def test_counts_of_classes() -> None:
    check_class_count("here", 2)
    check_class_count("here", 1000)
    for n in (0, 1, 1001):
        with pytest.raises(DataError, match="classes can be used"):
            check_class_count("here", n)
