from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import Preparation
from mlp_core.datasets.arrays import Labelled, bundle_collection, collection_of, collection_of_labelled
from mlp_core.errors import DataError

IMAGES = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
SQUARES = np.arange(6 * 2 * 2, dtype=np.uint8).reshape(6, 2, 2)
y = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("data", "image_shape"),
    [
        (IMAGES, (2, 3)),
        (IMAGES[..., None], (2, 3)),
        (IMAGES[:, None], (2, 3)),
        (IMAGES[:, :1, :, None], (1, 3)),
        (SQUARES.reshape(6, 4), (2, 2)),
        (SQUARES.tolist(), (2, 2)),
        (np.asfortranarray(IMAGES), (2, 3)),
    ],
    ids=["n h w", "n h w 1", "n 1 h w", "n 1 w 1", "flat", "lists", "Fortran order"],
)
def test_shapes_of_images(data: Any, image_shape: tuple[int, int]) -> None:
    collection = collection_of(data, y)
    assert collection.image_shape == image_shape
    np.testing.assert_array_equal(collection.train.X, np.asarray(data).reshape(6, -1))
    assert collection.train.X.flags.c_contiguous


def test_what_the_caller_gave_is_copied() -> None:
    data = SQUARES.copy()
    collection = collection_of(data, y)
    data[:] = 7
    np.testing.assert_array_equal(collection.train.X, SQUARES.reshape(6, 4))
    assert not collection.train.X.flags.writeable


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
@pytest.mark.parametrize("width", [3, 5])
def test_one_hot_labels(dtype: type, width: int) -> None:
    collection = collection_of(SQUARES, np.eye(width, dtype=dtype)[y])
    assert collection.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(collection.train.y, y)


def test_a_column_of_labels() -> None:
    np.testing.assert_array_equal(collection_of(SQUARES, y[:, None]).train.y, y)


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "two ones in a row": (SQUARES, np.eye(3)[y] + np.eye(3)[y[::-1]], "one-hot rows"),
    "twos in one-hot rows": (SQUARES, 2 * np.eye(3)[y], "one-hot rows"),
    "an empty one-hot row": (SQUARES, np.eye(3)[y] * (np.arange(6) > 0)[:, None], "one-hot rows"),
    "coloured": (np.zeros((6, 2, 2, 3)), y, "coloured"),
    "five dimensions": (np.zeros((6, 1, 2, 2, 1)), y, "has shape"),
    "one dimension": (np.zeros(6), y, "has shape"),
    "no squares": (np.zeros((6, 6)), y, "not the square"),
    "no images": (np.zeros((0, 4)), y, "holds no images"),
    "too few labels": (SQUARES, y[:5], "5 labels, but data holds 6 images"),
    "NaN": (np.full((6, 4), np.nan), y, "NaN"),
    "ragged": ([[1, 2], [3]], [0, 1], "no array"),
    "objects": ([[object()] * 4] * 6, y, "data holds object"),
    "texts as pixels": ([["a"] * 4] * 6, y, "numbers were expected"),
    "labels of two kinds": (SQUARES, np.array([1, "a", 2, 3, 4, 5], object), "target holds object"),
    "missing labels": (SQUARES, [0, 1, None, 0, 1, 2], "target holds object"),
    "one class": (SQUARES, np.zeros(6), "only 1 class"),
}


@pytest.mark.parametrize(("data", "target", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_arrays_that_do_not_fit(data: Any, target: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        collection_of(data, target, name="mine")
    assert caught.value.source == "mine"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (SQUARES, (0, 255)),
        (SQUARES // 2, (0, 16)),
        (SQUARES % 2, (0, 1)),
        (SQUARES % 2 == 1, (0, 1)),
        (SQUARES * 0, (0, 1)),
        (SQUARES * 100.0, (0, 2300)),
        (SQUARES.astype(int) * 100, (0, 2300)),
        (SQUARES / 23, (0, 1)),
        (SQUARES / 23 - 0.5, (-1, 1)),
        (SQUARES - 12.0, (-12, 11)),
    ],
)
def test_black_and_white(data: NDArray[Any], expected: tuple[float, float]) -> None:
    assert collection_of(data, y).pixel_range == expected


def test_named_classes() -> None:
    names = ["zero", "one", "two", "three"]
    assert collection_of(SQUARES, y, target_names=names).class_names == ("zero", "one", "two")
    assert collection_of(SQUARES, y % 2 * 3, target_names=names).class_names == ("zero", "three")
    with pytest.raises(DataError, match="names 2 classes, but has labels from 0 to 2"):
        collection_of(SQUARES, y, target_names=["zero", "one"])


def test_scikit_learns_digits() -> None:
    bunch = pytest.importorskip("sklearn.datasets").load_digits()
    collection = bundle_collection(bunch, "digits of scikit-learn")
    assert (collection.key, collection.name) == ("digits of scikit-learn", "digits of scikit-learn")
    assert collection.image_shape == (8, 8)
    assert collection.pixel_range == (0.0, 16.0)
    assert collection.class_names == tuple("0123456789")
    np.testing.assert_array_equal(collection.train.X, bunch.data)
    np.testing.assert_array_equal(collection.train.y, bunch.target)
    assert collection.test is None
    assert len(Preparation().apply(collection).test) == 300


def test_texts_as_openml_gives_them() -> None:
    target = np.array(["5", "10", "0", "5", "10", "0"], object)
    bunch = {"data": SQUARES.reshape(6, 4) * 1.0, "target": target, "target_names": ["class"], "DESCR": "**Digits**\n…"}
    collection = bundle_collection(bunch)
    assert collection.class_names == ("0", "5", "10")
    assert collection.train.y.tolist() == [1, 2, 0, 1, 2, 0]
    assert collection.source == "a bundle: **Digits**"


def test_images_of_a_bundle_that_are_no_squares() -> None:
    bunch = SimpleNamespace(data=IMAGES.reshape(6, 6), target=y, images=IMAGES, target_names=np.array(["a", "b", "c"]))
    collection = bundle_collection(bunch)
    assert collection.image_shape == (2, 3)
    assert collection.class_names == ("a", "b", "c")


def test_a_bundle_without_labels() -> None:
    with pytest.raises(DataError, match="no data and target"):
        bundle_collection({"data": SQUARES})


def labelled(images: Any, labels: Any, name: str = "X", rows: Any = None) -> Labelled:
    return Labelled(np.asarray(images), np.asarray(labels), name, f"{name}'s labels", rows)


def made(train: Labelled, **others: Labelled) -> Any:
    return collection_of_labelled("here", {"train": train, **others}, key="k", name="n", source="s", remarks="r")


def test_classes_are_those_of_all_labels_where_only_some_images_are_kept() -> None:
    rows = np.array([0, 3, 4])
    collection = made(labelled(SQUARES[rows], y, rows=rows))
    assert collection.class_names == ("0", "1", "2")
    assert collection.train.y.tolist() == [0, 0, 1]
    assert collection.name == "n · 3 samples"


def test_each_split_is_kept_apart_and_all_share_the_classes() -> None:
    valid, test = labelled(IMAGES[:1, :, :2], [7], "V"), labelled(SQUARES[:2, :, :, None], [[9], [1]], "T")
    collection = made(labelled(SQUARES, y), valid=valid, test=test)
    assert collection.class_names == ("0", "1", "2", "7", "9")
    assert (collection.valid.y.tolist(), collection.test.y.tolist()) == ([3], [4, 1])
    np.testing.assert_array_equal(collection.train.X, SQUARES.reshape(6, 4))
    np.testing.assert_array_equal(collection.valid.X, IMAGES[:1, :, :2].reshape(1, 4))
    assert collection.remarks == "r"
    assert made(labelled(SQUARES, y), valid=valid).sizes == (6, 1, None)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (labelled(IMAGES, y, "V"), "images of X are 2×2 pixels, those of V 3×2"),
        (labelled(SQUARES * 1.0, y, "V"), "X is uint8, V is float64"),
        (labelled(SQUARES, ["a"] * 6, "V"), "some of its labels are numbers and some are texts"),
        (labelled(SQUARES, y[:3], "V"), "3 labels, but V holds 6 images"),
    ],
)
@pytest.mark.parametrize("split", ["valid", "test"])
def test_splits_that_are_not_alike(other: Labelled, message: str, split: str) -> None:
    with pytest.raises(DataError, match=message):
        made(labelled(SQUARES, y), **{split: other})
