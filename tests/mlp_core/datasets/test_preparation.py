from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlp_core.datasets import Collection, Dataset, Preparation
from mlp_core.datasets.splits import read_only_split
from mlp_core.errors import DataError


def collection(y: Any, test_y: Any = None) -> Collection:
    """Return a collection in which each image has its own value."""
    train, test = (
        None if part is None else read_only_split(np.arange(len(part))[:, None], np.array(part)) for part in (y, test_y)
    )
    assert train is not None
    return Collection("key", "name", "source", (1, 1), ("a", "b", "c"), (0.0, 255.0), train, test)


def sizes(data: Dataset) -> tuple[int, ...]:
    return tuple(len(split) for split in (data.train, data.valid, data.test))


def holds_each_once(data: Dataset, y: Any) -> bool:
    pairs = [
        (int(x), int(label))
        for split in (data.train, data.valid, data.test)
        for x, label in zip(split.X[:, 0], split.y, strict=True)
    ]
    return sorted(pairs) == [(at, int(label)) for at, label in enumerate(y)]


MIXED = np.arange(120) % 3


def test_a_test_set_of_its_own_stays_and_the_last_images_validate() -> None:
    data = Preparation().apply(collection(MIXED, [2, 1]))
    assert sizes(data) == (110, 10, 2)
    np.testing.assert_array_equal(data.train.X[:, 0], np.arange(110))
    np.testing.assert_array_equal(data.valid.X[:, 0], np.arange(110, 120))
    assert data.test.y.tolist() == [2, 1]
    assert (data.name, data.scaling.name) == ("name", "lecture")


def test_without_one_a_sixth_is_set_aside() -> None:
    data = Preparation().apply(collection(MIXED))
    assert sizes(data) == (92, 8, 20)
    assert holds_each_once(data, MIXED)
    assert Preparation().apply(collection(MIXED)).fingerprint() == data.fingerprint()
    assert Preparation(seed=2).apply(collection(MIXED)).fingerprint() != data.fingerprint()


@pytest.mark.parametrize(
    "y", [np.sort(MIXED), np.sort(MIXED)[::-1], np.repeat([1, 2, 0], 40), np.repeat(MIXED, 10), [0, 1, 2]]
)
def test_images_that_stand_class_by_class_are_shared_out(y: Any) -> None:
    data = Preparation(valid_share=1 / 3).apply(collection(y, [0]))
    assert holds_each_once(Preparation(valid_share=1 / 3, test_share=0).apply(collection(y)), y)
    shares = np.bincount(data.valid.y, minlength=3) / len(data.valid)
    assert len(y) == 3 or np.abs(shares - 1 / 3).max() < 0.05


def test_rare_classes_do_not_make_images_stand_class_by_class() -> None:
    y = np.zeros(120, np.int64)
    y[[3, 50, 90]] = 1
    np.testing.assert_array_equal(Preparation().apply(collection(y, [0])).train.X[:, 0], np.arange(110))


@pytest.mark.parametrize(
    ("preparation", "n_test", "expected"),
    [
        (Preparation(valid_share=0.5), 7, (60, 60, 7)),
        (Preparation(valid_share=0), 7, (120, 0, 7)),
        (Preparation(test_share=0.5), None, (55, 5, 60)),
        (Preparation(test_share=0.5), 7, (110, 10, 7)),
        (Preparation(test_share=0), None, (110, 10, 0)),
        (Preparation(test_share=0.5, valid_share=0.9), None, (6, 54, 60)),
        (Preparation(subset=60), None, (46, 4, 10)),
        (Preparation(subset=119), None, (92, 8, 19)),
        (Preparation(subset=12), 120, (5, 1, 6)),
        (Preparation(subset=1000), None, (92, 8, 20)),
    ],
)
def test_sizes(preparation: Preparation, n_test: int | None, expected: tuple[int, ...]) -> None:
    test_y = None if n_test is None else np.arange(n_test) % 3
    assert preparation.sizes(120, None, n_test) == expected
    assert expected == sizes(preparation.apply(collection(MIXED, test_y)))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 13])
@pytest.mark.parametrize("n_test", [None, 1, 4])
def test_no_sample_is_lost_or_counted_twice(n: int, n_test: int | None) -> None:
    whole = n + (n_test or 0)
    assert sum(Preparation().sizes(n, None, n_test)) == whole
    for subset in range(1, whole + 2):
        made = Preparation(subset=subset).sizes(n, None, n_test)
        assert sum(made) == min(subset, whole)
        assert subset < 3 or n < 3 or min(made[1:]) > 0
        assert all(0 <= few <= many for few, many in zip(made, Preparation().sizes(n, None, n_test), strict=True))


def test_a_subset_keeps_the_classes_in_their_shares_and_the_order() -> None:
    data = Preparation(subset=33).apply(collection(MIXED, MIXED))
    assert sum(sizes(data)) == 33
    assert data.name == "name · 33 samples"
    for split in (data.train, data.test):
        assert np.ptp(np.bincount(split.y, minlength=3)) <= 1
        assert (np.diff(split.X[:, 0]) > 0).all()


@pytest.mark.parametrize(("scaling", "noted"), [("unit", "name · 0 to 1"), ("standardised", "name · standardised")])
def test_another_scaling_is_noted(scaling: str, noted: str) -> None:
    data = Preparation(scaling=scaling).apply(collection(MIXED))
    assert (data.scaling.name, data.name) == (scaling, noted)


@pytest.mark.parametrize("y", [[0, 0, 0], [0, 1], [0]])
def test_fewer_than_two_classes_to_train_on(y: list[int]) -> None:
    with pytest.raises(DataError, match="fewer than two classes"):
        Preparation().apply(collection(y, [1]))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"valid_share": -0.1}, "valid_share"),
        ({"valid_share": 0.95}, "valid_share"),
        ({"test_share": float("nan")}, "test_share"),
        ({"scaling": "no such"}, "scaling"),
        ({"subset": 0}, "subset"),
    ],
)
def test_values_out_of_range_name_their_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(DataError) as caught:
        Preparation(**values)
    assert caught.value.source == field


def test_a_validation_set_of_its_own_stays_as_it_is() -> None:
    made = collection(MIXED, MIXED)
    valid = read_only_split(np.full((5, 1), 200, np.uint8), np.array([2, 2, 1, 0, 0]))
    data = Preparation(valid_share=0.5).apply(replace(made, valid=valid))
    assert sizes(data) == (120, 5, 120) == Preparation(valid_share=0.5).sizes(*replace(made, valid=valid).sizes)
    np.testing.assert_array_equal(data.valid.y, valid.y)
    np.testing.assert_array_equal(data.train.X, made.train.X)
    assert data.name == "name"


def test_an_empty_test_set_of_its_own_stays_empty() -> None:
    assert sizes(Preparation().apply(collection(MIXED, []))) == (110, 10, 0)


def test_other_shares_than_the_usual_are_noted() -> None:
    assert Preparation(valid_share=0.5, test_share=0.25).apply(collection(MIXED)).name == (
        "name · 50.0% to validate · 25.0% to test"
    )
    assert Preparation(test_share=0.25).apply(collection(MIXED, MIXED)).name == "name"


def test_what_was_made_before_leaves_no_trace() -> None:
    made = collection(MIXED)
    for preparation in (Preparation(scaling="unit"), Preparation(subset=50, scaling="standardised")):
        preparation.apply(made)
    assert Preparation().apply(made).name == "name"
