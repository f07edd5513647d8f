from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlp_core.datasets import read_collection
from mlp_core.datasets.npy import npy_file_collection, npy_folder_collection
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Cancelled

IMAGES = np.random.RandomState(0).randint(0, 256, (40, 2, 3)).astype(np.uint8)
LABELS = np.arange(40) % 3


def saved(folder: Path, **arrays: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("X", "y"),
        ("X_train", "y_train"),
        ("images", "labels"),
        ("data", "target"),
        ("mine_images", "mine_labels"),
        ("trainX", "trainY"),
    ],
)
def test_either_file_of_a_pair_and_their_folder(tmp_path: Path, images: str, labels: str) -> None:
    saved(tmp_path, **{images: IMAGES, labels: LABELS})
    for path in (tmp_path / f"{images}.npy", tmp_path / f"{labels}.npy", tmp_path):
        collection = read_collection(path)
        assert collection.key == str(path)
        assert collection.image_shape == (2, 3)
        np.testing.assert_array_equal(collection.train.X, IMAGES.reshape(40, 6))
        np.testing.assert_array_equal(collection.train.y, LABELS)
        assert collection.test is None


def test_a_test_set_and_class_names(tmp_path: Path) -> None:
    saved(tmp_path, X_train=IMAGES, y_train=LABELS, X_test=IMAGES[:4], y_test=LABELS[:4], class_names=["a", "b", "c"])
    collection = npy_folder_collection(tmp_path, "key")
    assert collection.class_names == ("a", "b", "c")
    for path in (tmp_path, tmp_path / "X_test.npy"):
        collection = read_collection(path)
        assert (len(collection.train), collection.test and len(collection.test)) == (40, 4)


def test_told_by_its_content(tmp_path: Path) -> None:
    saved(tmp_path, X=IMAGES, y=LABELS)
    path = (tmp_path / "X.npy").rename(tmp_path / "images")
    np.testing.assert_array_equal(read_collection(path).train.X, IMAGES.reshape(40, 6))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["u1", ">u2", "<f4"])
def test_some_of_the_images(tmp_path: Path, order: Any, dtype: str) -> None:
    images = np.arange(400 * 6).reshape(400, 2, 3) % 200
    saved(tmp_path, X=np.asarray(images, dtype, order=order), y=np.arange(400) % 4)
    few = npy_file_collection(tmp_path / "X.npy", "key", at_most=25)
    assert len(few.train) == 25
    whole = npy_file_collection(tmp_path / "X.npy", "key")
    rows = [np.flatnonzero((image == whole.train.X).all(axis=1)) for image in few.train.X]
    assert all((whole.train.y[row] == label).all() for row, label in zip(rows, few.train.y, strict=True))
    assert few.class_names == whole.class_names


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no partner": ({"y.npy": None}, "lacks its labels"),
    "two partners": ({"labels.npy": LABELS}, "which are the labels"),
    "too few labels": ({"y.npy": LABELS[:-1]}, "holds 39 labels, but X.npy holds 40 images"),
    "objects": ({"y.npy": np.array([None] * 40)}, "Python objects"),
    "no images": ({"X.npy": LABELS}, "has shape"),
    "cut": ({"X.npy": b"cut"}, "bytes, but"),
    "no array": ({"X.npy": b"none"}, "no readable NumPy header"),
}


@pytest.mark.parametrize(("changed", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_files_that_do_not_fit(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    saved(tmp_path, X=IMAGES, y=LABELS)
    for name, content in changed.items():
        path = tmp_path / name
        if content is None:
            path.unlink()
        elif isinstance(content, bytes) and content == b"cut":
            path.write_bytes(path.read_bytes()[:-1])
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            np.save(path, content)
    with pytest.raises(DataError, match=message):
        npy_file_collection(tmp_path / "X.npy", "key")


def test_a_header_that_claims_too_much_is_no_file_that_is_too_large(tmp_path: Path) -> None:
    saved(tmp_path, X=IMAGES, y=LABELS)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**31, 1000, 1000)})
    (tmp_path / "X.npy").write_bytes(header.getvalue())
    with pytest.raises(DataError, match="but 0 are there") as caught:
        npy_file_collection(tmp_path / "X.npy", "key")
    assert not isinstance(caught.value, TooLargeError)


def test_too_large_is_told_from_the_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path, X=IMAGES.astype(np.float32), y=LABELS)
    asked: list[tuple[int, int, int]] = []

    def refuse(_: Path, *sizes: int) -> None:
        asked.append((sizes[0], sizes[1], sizes[2]))
        raise TooLargeError("X", "too large", 1)

    monkeypatch.setattr("mlp_core.datasets.stored_arrays.check_fits", refuse)
    monkeypatch.setattr("mlp_core.datasets.npy.read_elements", None)
    for at_most in (None, 10):
        with pytest.raises(TooLargeError):
            npy_file_collection(tmp_path / "X.npy", "key", at_most=at_most)
    assert asked == [(40, 24, 6), (10, 24, 6)]


def test_cancelled_while_reading(tmp_path: Path) -> None:
    def cancel(what: str, share: float) -> None:
        assert what == "Reading X.npy"
        raise Cancelled

    saved(tmp_path, X=IMAGES, y=LABELS)
    with pytest.raises(Cancelled):
        npy_folder_collection(tmp_path, "key", progress=cancel)
