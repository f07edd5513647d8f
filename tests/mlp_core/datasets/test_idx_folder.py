from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import read_collection
from mlp_core.datasets.idx_folder import idx_file_collection, idx_folder_collection
from mlp_core.errors import DataError, TooLargeError
from mlp_core.progress import Cancelled

IMAGES = np.random.RandomState(0).randint(0, 256, (40, 3, 2)).astype(np.uint8)
LABELS = (np.arange(40) % 3).astype(np.uint8)


def idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def written(folder: Path, prefix: str, n: int = 40, suffix: str = "", *, packed: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in (("images-idx3-ubyte", IMAGES[:n]), ("labels-idx1-ubyte", LABELS[:n])):
        data = idx(array)
        (folder / f"{prefix}{name}{suffix}").write_bytes(gzip.compress(data) if packed else data)
    return folder


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("prefix", ["", "train-", "emnist-digits-train-", "t10k-"])
def test_either_file_of_a_pair(tmp_path: Path, prefix: str, packed: bool) -> None:
    written(tmp_path, prefix, suffix=".gz" if packed else "", packed=packed)
    for path in tmp_path.iterdir():
        collection = read_collection(path)
        np.testing.assert_array_equal(collection.train.X, IMAGES.reshape(40, 6))
        np.testing.assert_array_equal(collection.train.y, LABELS)
        assert (collection.key, collection.image_shape, collection.test) == (str(path), (3, 2), None)
        assert collection.name == ("emnist-digits" if "emnist" in prefix else tmp_path.name)


@pytest.mark.parametrize("test", ["t10k", "test"])
@pytest.mark.parametrize("of", ["", "kuzushiji-"])
def test_a_folder_with_a_test_set(tmp_path: Path, of: str, test: str) -> None:
    written(tmp_path, f"{of}train-")
    written(tmp_path, f"{of}{test}-", 7)
    for path in (tmp_path, *tmp_path.iterdir()):
        collection = read_collection(path)
        assert (len(collection.train), collection.test and len(collection.test)) == (40, 7)


def test_a_validation_set_is_kept_as_it_is(tmp_path: Path) -> None:
    for split, n in (("train", 40), ("valid", 9), ("t10k", 7)):
        written(tmp_path, f"{split}-", n)
    for path in (tmp_path, *tmp_path.iterdir()):
        assert read_collection(path).sizes == (40, 9, 7)
    assert read_collection(tmp_path, at_most=28).sizes == (20, 4, 3)


def test_a_folder_of_several_data_sets(tmp_path: Path) -> None:
    written(tmp_path, "a-train-")
    written(tmp_path, "b-train-", 9)
    with pytest.raises(DataError, match="several data sets: a, b"):
        idx_folder_collection(tmp_path, "key")
    assert len(idx_file_collection(tmp_path / "b-train-images-idx3-ubyte", "key")) == 9


def test_packed_and_unpacked_copies_are_one_data_set(tmp_path: Path) -> None:
    written(tmp_path, "train-")
    written(tmp_path, "train-", suffix=".gz", packed=True)
    assert len(idx_folder_collection(tmp_path, "key")) == 40
    packed = tmp_path / "train-images-idx3-ubyte.gz"
    packed.write_bytes(packed.read_bytes()[:-5])
    assert len(idx_folder_collection(tmp_path, "key")) == 40
    with pytest.raises(DataError, match="gzip compression is damaged"):
        idx_file_collection(packed, "key")


def test_folders_and_hidden_files_of_those_names_are_passed_over(tmp_path: Path) -> None:
    written(tmp_path, "train-")
    (tmp_path / "._train-images-idx3-ubyte").write_bytes(b"of another system")
    (tmp_path / "t10k-images-idx3-ubyte").mkdir()
    assert len(idx_folder_collection(tmp_path, "key")) == 40


def test_a_partner_that_is_missing(tmp_path: Path) -> None:
    written(tmp_path, "train-")
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    for path in (tmp_path, tmp_path / "train-images-idx3-ubyte"):
        with pytest.raises(DataError, match="train-images-idx3-ubyte lacks its labels"):
            read_collection(path)


def test_a_name_that_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "digits").write_bytes(idx(IMAGES))
    with pytest.raises(DataError, match="does not tell whether it holds images or labels"):
        read_collection(tmp_path / "digits")


@pytest.mark.parametrize("packed", [False, True])
def test_some_of_the_images(tmp_path: Path, packed: bool) -> None:
    written(tmp_path, "train-", packed=packed)
    written(tmp_path, "t10k-", 20, packed=packed)
    few = idx_folder_collection(tmp_path, "key", at_most=15)
    assert (len(few.train), few.test and len(few.test)) == (10, 5)
    assert few.name == f"{tmp_path.name} · 15 samples"
    for image, label in zip(few.train.X, few.train.y, strict=True):
        at = np.flatnonzero((IMAGES.reshape(40, 6) == image).all(axis=1))
        assert label in LABELS[at]


def test_too_large_is_told_before_the_images_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "train-", packed=True)
    asked: list[tuple[int, ...]] = []

    def refuse(_: Path, *sizes: int) -> None:
        asked.append(sizes)
        raise TooLargeError("X", "too large", 1)

    monkeypatch.setattr("mlp_core.datasets.stored_arrays.check_fits", refuse)
    monkeypatch.setattr("mlp_core.datasets.idx_folder.read_images", None)
    for at_most in (None, 10):
        with pytest.raises(TooLargeError):
            idx_folder_collection(tmp_path, "key", at_most=at_most)
    assert asked == [(40, 6, 6), (10, 6, 6)]


def test_progress_and_cancelling(tmp_path: Path) -> None:
    written(tmp_path, "train-", packed=True)
    told: list[tuple[str, float]] = []
    idx_folder_collection(tmp_path, "key", progress=lambda what, share: told.append((what, share)))
    assert told == [("Reading train-images-idx3-ubyte", 1.0)]

    def cancel(what: str, share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        idx_folder_collection(tmp_path, "key", progress=cancel)
