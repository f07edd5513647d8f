from __future__ import annotations

import io
import tracemalloc
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import Dataset, Preparation
from mlp_core.datasets.npz import npz_collection, read_arrays
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Cancelled

RANDOM = np.random.RandomState(0)


def npz_dataset(path: Path) -> Dataset:
    return Preparation().apply(npz_collection(path))


def arrays(**changed: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "X_train": RANDOM.randint(0, 256, (24, 9)).astype(np.uint8),
        "y_train": np.arange(24) % 3,
        "X_test": RANDOM.randint(0, 256, (6, 9)).astype(np.uint8),
        "y_test": np.arange(6) % 3,
    }
    made.update(changed)
    return {name: array for name, array in made.items() if array is not None}


def saved(folder: Path, save: Any = np.savez_compressed, **changed: Any) -> Path:
    path = folder / "my data.npz"
    save(path, **arrays(**changed))
    return path


@pytest.mark.parametrize("names", [("x_val", "y_val"), ("X_valid", "Y_valid"), ("val_images", "val_labels")])
def test_a_validation_set_is_kept_as_it_is(tmp_path: Path, names: tuple[str, str]) -> None:
    images = RANDOM.randint(0, 256, (7, 9)).astype(np.uint8)
    path = saved(tmp_path, **dict(zip(names, (images, np.arange(7) % 3), strict=True)))
    for data in (npz_dataset(path), Preparation(valid_share=0.5).apply(npz_collection(path))):
        np.testing.assert_array_equal(data.valid.X, images)
        np.testing.assert_array_equal(data.train.X, np.load(path)["X_train"])
    assert npz_collection(path, at_most=19).sizes == (12, 3, 3)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_what_was_saved(tmp_path: Path, save: Any) -> None:
    given = arrays()
    data = npz_dataset(saved(tmp_path, save, **given))
    assert data.key == str(tmp_path / "my data.npz")
    assert data.name == "my data"
    assert data.image_shape == (3, 3)
    assert data.class_names == ("0", "1", "2")
    assert data.pixel_range == (0.0, 255.0)
    np.testing.assert_array_equal(np.concatenate([data.train.X, data.valid.X]), given["X_train"])
    np.testing.assert_array_equal(np.concatenate([data.train.y, data.valid.y]), given["y_train"])
    np.testing.assert_array_equal(data.test.X, given["X_test"])
    assert len(data.valid) == 2
    for split in (data.train, data.valid, data.test):
        assert split.X.dtype == np.uint8
        assert split.y.dtype.name == "int64"
        assert not split.X.flags.writeable
        assert not split.y.flags.writeable


def test_images_may_be_stored_as_rectangles_in_any_order(tmp_path: Path) -> None:
    images = RANDOM.randint(0, 256, (24, 2, 5)).astype(np.uint8)
    data = npz_dataset(saved(tmp_path, X_train=np.asfortranarray(images), X_test=images[:6].reshape(6, 2, 5)))
    assert data.image_shape == (2, 5)
    np.testing.assert_array_equal(data.train.X, images[:22].reshape(22, 10))


UNIT = np.linspace(0, 1, 24 * 9).reshape(24, 9)


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (UNIT, (0, 1)),
        (UNIT * 0.5, (0, 1)),
        (UNIT * 2 - 1, (-1, 1)),
        (UNIT - 0.25, (-1, 1)),
        (UNIT * 10 - 3, (-3, 7)),
        (UNIT * 255, (0, 255)),
        ((UNIT * 255).astype(np.int64), (0, 255)),
        ((UNIT * 17).astype(np.uint16), (0, 255)),
        ((UNIT * 16).astype(np.uint16), (0, 16)),
        ((UNIT * 1.5).astype(np.uint8), (0, 1)),
        ((UNIT * 1000).astype(np.uint16), (0, 1000)),
        ((UNIT * 20 - 10).astype(np.int8), (-10, 10)),
        (UNIT > 0.5, (0, 1)),
    ],
    ids=str,
)
def test_pixel_range(tmp_path: Path, X: NDArray[Any], expected: tuple[float, float]) -> None:
    data = npz_dataset(saved(tmp_path, X_train=X, X_test=X[:6]))
    assert data.pixel_range == expected
    scaled = data.scaled(data.train.X)
    assert np.isfinite(scaled).all()
    assert scaled.min() >= -1
    assert scaled.max() <= 1


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", ">f8", "<u2", ">u2", "longdouble"])
def test_every_byte_order_and_size_of_number(tmp_path: Path, dtype: str) -> None:
    X = (UNIT * 255).astype(np.uint8).astype(dtype)
    data = npz_dataset(saved(tmp_path, X_train=X, X_test=X[:6]))
    assert data.train.X.dtype.isnative
    assert data.train.X.dtype.itemsize <= 8
    np.testing.assert_array_equal(data.train.X, X[:22].astype(data.train.X.dtype))


@pytest.mark.parametrize("y", [np.arange(24.0) % 3, (np.arange(24) % 3).astype(np.uint8), np.arange(24) % 2 == 0])
def test_labels_of_any_type_that_are_integers(tmp_path: Path, y: NDArray[Any]) -> None:
    assert npz_dataset(saved(tmp_path, y_train=y)).train.y.tolist() == y[:22].astype(int).tolist()


def test_every_label_that_occurs_is_a_class(tmp_path: Path) -> None:
    data = npz_dataset(saved(tmp_path, y_train=np.arange(24) % 2 * 7, y_test=np.array([7, 0, -3] * 2)))
    assert data.class_names == ("-3", "0", "7")
    np.testing.assert_array_equal(data.test.y, [2, 1, 0] * 2)
    np.testing.assert_array_equal(data.train.y[:4], [1, 2, 1, 2])


def test_a_thousand_classes(tmp_path: Path) -> None:
    X = RANDOM.randint(0, 256, (2000, 1)).astype(np.uint8)
    path = saved(tmp_path, X_train=X, y_train=np.arange(2000) // 2, X_test=X[:6])
    assert npz_dataset(path).n_classes == 1000


def with_pixel(value: float) -> NDArray[Any]:
    X = UNIT.copy()
    X[3, 3] = value
    return X


REFUSED = {
    "X_train missing": ({"X_train": None}, "y_train lacks its images; found: X_test, y_test, y_train"),
    "labels missing": ({"y_train": None, "y_test": None}, "X_train lacks its labels; found: X_test, X_train"),
    "X 1-d": ({"X_train": np.zeros(24)}, "X_train has shape"),
    "X 0-d": ({"X_train": np.float64(1)}, "X_train has shape"),
    "X 5-d": ({"X_train": np.zeros((24, 3, 3, 1, 1))}, "X_train has shape"),
    "X in colour": ({"X_train": np.zeros((24, 3, 3, 3))}, "coloured images"),
    "X not square": ({"X_train": np.zeros((24, 10))}, "10 features, which is not the square"),
    "X no images": ({"X_train": np.zeros((0, 9)), "y_train": np.zeros(0)}, "holds no images"),
    "X no pixels": ({"X_train": np.zeros((24, 0))}, "0×0 pixels"),
    "X no height": ({"X_train": np.zeros((24, 0, 3))}, "3×0 pixels"),
    "test empty": ({"X_test": np.zeros((0, 9), np.uint8), "y_test": np.zeros(0)}, "X_test holds no images"),
    "huge images": ({"X_train": np.zeros((1, 2000, 2000), np.uint8)}, "2000×2000 pixels"),
    "sizes differ": ({"X_test": np.zeros((6, 16), np.uint8)}, "those of X_test 4×4"),
    "types differ": ({"X_test": np.zeros((6, 9))}, "X_train is uint8, X_test is float64"),
    "NaN": ({"X_train": with_pixel(np.nan), "X_test": UNIT[:6]}, "NaN or infinite"),
    "inf": ({"X_train": with_pixel(np.inf), "X_test": UNIT[:6]}, "NaN or infinite"),
    "-inf in test": ({"X_train": UNIT, "X_test": with_pixel(-np.inf)[:6]}, "NaN or infinite"),
    "too great to scale": (
        {"X_train": np.where(UNIT > 0.5, 1.7e308, -1.7e308), "X_test": UNIT[:6]},
        "cannot be scaled",
    ),
    "test far outside": ({"X_train": UNIT * 2, "X_test": np.full((6, 9), 1e300)}, "reach from 0 to 1e+300"),
    "constant": ({"X_train": np.full((24, 9), 7.0), "X_test": UNIT[:6]}, "go from 7 to 7"),
    "labels too few": ({"y_train": np.arange(23)}, "23 labels, but X_train holds 24 images"),
    "labels two-hot": ({"y_train": np.eye(24) + np.eye(24)[::-1]}, "one-hot rows"),
    "labels 0-d": ({"y_train": np.int64(3)}, "y_train holds 1 labels"),
    "labels fractions": ({"y_train": np.arange(24) / 2}, "no whole numbers"),
    "labels NaN": ({"y_train": np.full(24, np.nan)}, "no whole numbers"),
    "labels infinite": ({"y_test": np.full(6, np.inf)}, "no whole numbers"),
    "labels vast": ({"y_test": np.full(6, 2**64 - 1, np.uint64)}, "labels from"),
    "labels vast floats": ({"y_test": np.full(6, 1e300)}, "labels from"),
    "labels of two kinds": ({"y_train": np.array(["a"] * 24)}, "some of its labels are numbers and some are texts"),
    "texts as pixels": ({"X_train": np.full((24, 9), "a")}, "numbers were expected"),
    "one class": ({"y_train": np.full(24, 3), "y_test": np.full(6, 3)}, "make only 1 class"),
    "one class to train": ({"y_train": np.full(24, 3)}, "fewer than two classes"),
    "too many classes": (
        {"X_train": np.zeros((1001, 1), np.uint8), "y_train": np.arange(1001), "X_test": np.zeros((6, 1), np.uint8)},
        "1,001 classes",
    ),
    "complex": ({"X_train": np.zeros((24, 9), complex)}, "numbers were expected"),
    "times": ({"X_train": np.zeros((24, 9), "M8[s]")}, "numbers were expected"),
    "records": ({"X_train": np.zeros((24, 9), [("a", "i4")])}, "numbers were expected"),
    "records named in Greek": ({"X_train": np.zeros((24, 9), [("α", "i4")])}, "no readable NumPy header"),
    "objects": ({"X_train": np.array([[None] * 9] * 24, object)}, "Python objects"),
    "objects as labels": ({"y_test": np.array([0, 1] * 3, object)}, "Python objects"),
}


@pytest.mark.parametrize(("changed", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = saved(tmp_path, **changed)
    with pytest.raises(DataError) as caught:
        npz_dataset(path)
    assert caught.value.source == str(path)
    assert message in str(caught.value)


def npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_header(text: str, version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode()


def zipped(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in {**{name: npy(array) for name, array in arrays().items()}, **members}.items():
            archive.writestr(f"{name}.npy", data)
    return path


DAMAGED = {
    "empty": b"",
    "no npy": b"hello",
    "magic only": b"\x93NUMPY",
    "version 9": b"\x93NUMPY\x09\x00" + bytes(100),
    "header cut": npy(np.zeros((24, 9)))[:50],
    "header no dict": npy_header("[1, 2]"),
    "header no literal": npy_header("__import__('os').getcwd()"),
    "header unclosed": npy_header("{'descr': ((((("),
    "header deep": npy_header("(" * 5000),
    "header too long": npy_header(" " * 60_000),
    "dtype unknown": npy_header("{'descr': 'quark', 'fortran_order': False, 'shape': (24, 9)}"),
    "shape negative": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (-24, -9)}") + bytes(216),
    "shape vast": npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999, 9999999)}"),
    "shape of text": npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': ('a',)}"),
    "data short": npy(np.zeros((24, 9)))[:-1],
    "data long": npy(np.zeros((24, 9))) + b"\0",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_members(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match="X_train"):
        npz_dataset(zipped(tmp_path / "a.npz", X_train=data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_in_a_way_numpy_does_not_use(tmp_path: Path, method: int) -> None:
    with pytest.raises(DataError, match="packed in a way"):
        npz_dataset(zipped(tmp_path / "a.npz", method))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no .npz file"),
        (b"P", "no .npz file"),
        (b"PK", "damaged"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (b"PK\x05\x06" + bytes(18), "found: nothing"),
        (npy(np.zeros(3)), "no .npz file"),
        (b"\0\0\x08\x03", "give the folder that holds them"),
    ],
)
def test_files_that_are_no_npz(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        npz_dataset(path)


def test_cut_and_flipped_files(tmp_path: Path) -> None:
    whole = saved(tmp_path).read_bytes()
    path = tmp_path / "a.npz"
    for end in range(0, len(whole), 37):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError):
            npz_dataset(path)
    at = whole.index(b"X_train.npy") + 40
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    with pytest.raises(DataError):
        npz_dataset(path)


def test_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    shape = (300, 1024, 1024)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays().items():
            with archive.open(f"{name}.npy", "w") as member:
                if name != "X_train":
                    member.write(npy(array))
                    continue
                member.write(npy_header(repr({"descr": "|u1", "fortran_order": False, "shape": shape})))
                for _ in range(shape[0]):
                    member.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(DataError, match="claim"):
        npz_dataset(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        npz_dataset(tmp_path / "missing.npz")
    with pytest.raises(DataError, match="a folder or a device"):
        npz_dataset(tmp_path)


def test_read_arrays_takes_only_what_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(3), b=np.array([object()], object))
    assert list(read_arrays(path, ["a"])) == ["a"]


NAMES = [
    ("x_train", "y_train", "x_test", "y_test"),
    ("X_TRAIN", "Y_TRAIN", "X_TEST", "Y_TEST"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("trainX", "trainY", "testX", "testY"),
    ("X", "y", "X_test", "y_test"),
]


@pytest.mark.parametrize("names", NAMES, ids=" ".join)
def test_usual_names(tmp_path: Path, names: tuple[str, str, str, str]) -> None:
    given = arrays()
    np.savez(tmp_path / "a.npz", **dict(zip(names, given.values(), strict=True)))
    collection = npz_collection(tmp_path / "a.npz")
    np.testing.assert_array_equal(collection.train.X, given["X_train"])
    np.testing.assert_array_equal(collection.train.y, given["y_train"])
    assert collection.test is not None
    np.testing.assert_array_equal(collection.test.X, given["X_test"])


@pytest.mark.parametrize(
    "names", [("X", "y"), ("images", "labels"), ("data", "target"), ("arr_0", "arr_1")], ids=" ".join
)
def test_one_heap(tmp_path: Path, names: tuple[str, str]) -> None:
    given = arrays()
    np.savez(tmp_path / "a.npz", **{names[0]: given["X_train"], names[1]: given["y_train"]})
    collection = npz_collection(tmp_path / "a.npz")
    assert (len(collection.train), collection.test) == (24, None)


def test_as_medmnist_is_stored(tmp_path: Path) -> None:
    images = RANDOM.randint(0, 256, (12, 3, 2)).astype(np.uint8)
    labels = (np.arange(12) % 3)[:, None].astype(np.uint8)
    named: dict[str, Any] = {
        f"{part}_{kind}": array[rows]
        for part, rows in {"train": slice(6), "val": slice(6, 9), "test": slice(9, None)}.items()
        for kind, array in {"images": images, "labels": labels}.items()
    }
    np.savez_compressed(tmp_path / "a.npz", label_names=["a", "b", "ç"], **named)
    collection = npz_collection(tmp_path / "a.npz")
    np.testing.assert_array_equal(collection.train.X, images[:6].reshape(6, 6))
    np.testing.assert_array_equal(collection.train.y, labels[:6, 0])
    assert collection.valid is not None
    np.testing.assert_array_equal(collection.valid.X, images[6:9].reshape(3, 6))
    np.testing.assert_array_equal(collection.valid.y, labels[6:9, 0])
    assert collection.test is not None
    np.testing.assert_array_equal(collection.test.y, labels[9:, 0])
    assert collection.class_names == ("a", "b", "ç")


@pytest.mark.parametrize("dtype", [str, ">U3", "S3"])
def test_labels_that_are_texts(tmp_path: Path, dtype: str) -> None:
    y = np.array(["cat", "dog", "b"] * 8).astype(dtype)
    collection = npz_collection(saved(tmp_path, y_train=y, y_test=y[:6]))
    assert collection.class_names == ("b", "cat", "dog")
    assert collection.train.y[:4].tolist() == [1, 2, 0, 1]


def test_letters_that_do_not_exist(tmp_path: Path) -> None:
    y = np.full(24, 0xFFFFFFFF, "<u4").view("<U1")
    with pytest.raises(DataError, match="letters that do not exist"):
        npz_collection(saved(tmp_path, y_train=y, y_test=y[:6]))


def test_one_hot_labels(tmp_path: Path) -> None:
    y = np.arange(24) % 3
    collection = npz_collection(saved(tmp_path, y_train=np.eye(3)[y], y_test=np.eye(3, dtype=bool)[y[:6]]))
    np.testing.assert_array_equal(collection.train.y, y)


@pytest.mark.parametrize("order", ["C", "F"])
def test_some_of_the_images(tmp_path: Path, order: Any) -> None:
    given = arrays()
    path = saved(tmp_path, **{**given, "X_train": np.asarray(given["X_train"], order=order)})
    few = npz_collection(path, at_most=10)
    assert (len(few.train), few.test and len(few.test)) == (8, 2)
    assert few.name == "my data · 10 samples"
    for image, label in zip(few.train.X, few.train.y, strict=True):
        at = np.flatnonzero((given["X_train"] == image).all(axis=1))
        assert label in given["y_train"][at]


def test_cancelled_while_reading(tmp_path: Path) -> None:
    def cancel(what: str, share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        npz_collection(saved(tmp_path), progress=cancel)


def test_too_large_is_told_from_the_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, n: int, sample_bytes: int, n_features: int) -> None:
        assert (n, sample_bytes, n_features) == (30, 9, 9)
        raise TooLargeError(path, "too large", 1)

    monkeypatch.setattr("mlp_core.datasets.stored_arrays.check_fits", refuse)
    monkeypatch.setattr("mlp_core.datasets.npz.read_elements", None)
    with pytest.raises(TooLargeError):
        npz_collection(saved(tmp_path))
