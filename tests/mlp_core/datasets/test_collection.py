from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlp_core.datasets import Collection
from mlp_core.datasets.splits import read_only_split

X = np.arange(7 * 4, dtype=np.uint8).reshape(7, 4)


def collection(test: bool = True) -> Collection:
    return Collection(
        key="key",
        name="name",
        source="source",
        image_shape=(2, 2),
        class_names=("a", "b", "c", "d"),
        pixel_range=(0.0, 255.0),
        train=read_only_split(X[:5], np.array([2, 0, 2, 1, 0])),
        test=read_only_split(X[5:], np.array([3, 0])) if test else None,
    )


def test_counts() -> None:
    both, alone = collection(), collection(test=False)
    assert (len(both), len(alone), both.n_classes) == (7, 5, 4)
    assert both.class_counts().tolist() == [3, 1, 2, 1]
    assert alone.class_counts().tolist() == [2, 1, 2, 0]
    assert both.value_range() == (0, 19)


def test_the_first_of_each_class_there_is() -> None:
    images, names = collection().first_of_each(10)
    assert names == ("a", "b", "c")
    np.testing.assert_array_equal(images, X[[1, 3, 0]].reshape(3, 2, 2))
    assert images.dtype == np.uint8
    assert collection().first_of_each(2)[1] == ("a", "b")


def test_what_the_file_sets_apart_is_counted() -> None:
    made = collection()
    assert made.sizes == (len(made.train), None, None if made.test is None else len(made.test))
    with_valid = replace(made, valid=made.train)
    assert with_valid.sizes[1] == len(made.train)
    assert len(with_valid) == len(made) + len(made.train)
    assert (with_valid.class_counts() == made.class_counts() + np.bincount(made.train.y, minlength=4)).all()
