from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets import mnist
from mlp_core.datasets.mnist import FILE_NAMES, find_mnist, find_mnist_in, load_mnist, mnist_dataset, read_mnist
from mlp_core.errors import DataError


def idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_folder(
    folder: Path, n: int = 24, n_test: int = 5, shape: tuple[int, int] = (3, 2), n_classes: int = 3
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, count in (("train", n), ("t10k", n_test)):
        random = np.random.RandomState(count)
        images = random.randint(0, 256, (count, *shape)).astype(np.uint8)
        labels = (np.arange(count) % n_classes).astype(np.uint8)
        (folder / f"{kind}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{kind}-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


@pytest.fixture(autouse=True)
def nothing_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLP_VIZ_DATA", raising=False)
    monkeypatch.setattr(mnist, "mnist_cache_folder", lambda: tmp_path / "cache" / "mnist")


def test_load_mnist_scales_as_the_slides_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path, n=6, shape=(28, 28))
    X, y = load_mnist(tmp_path)
    raw = np.frombuffer((tmp_path / FILE_NAMES[0]).read_bytes()[16:], np.uint8).reshape(6, 784)
    np.testing.assert_array_equal(X, ((raw / 255.0) - 0.5) * 2)
    assert X.dtype == np.float64
    np.testing.assert_array_equal(y, [0, 1, 2, 0, 1, 2])
    assert y.dtype == np.int64
    assert load_mnist(str(tmp_path), kind="t10k")[0].shape == (5, 784)
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(load_mnist("", kind="train")[0], X)


def test_load_mnist_needs_only_the_files_of_its_kind(tmp_path: Path) -> None:
    write_folder(tmp_path)
    for name in FILE_NAMES[2:]:
        (tmp_path / name).unlink()
    assert len(load_mnist(tmp_path)[1]) == 24
    with pytest.raises(DataError, match="lacks t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"):
        load_mnist(tmp_path, kind="t10k")


@pytest.mark.parametrize("kind", ["test", "", "tr"])
def test_load_mnist_refuses_another_kind(tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match="'train' or 't10k'"):
        load_mnist(write_folder(tmp_path), kind=kind)


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("pack", [False, True])
def test_every_spelling_of_the_file_names(tmp_path: Path, dotted: bool, pack: bool) -> None:
    plain = mnist_dataset(write_folder(tmp_path / "plain"))
    folder = write_folder(tmp_path / "other")
    for name in FILE_NAMES:
        data = (folder / name).read_bytes()
        (folder / name).unlink()
        name = name.replace("-idx", ".idx") if dotted else name
        (folder / (f"{name}.gz" if pack else name)).write_bytes(gzip.compress(data) if pack else data)
    assert mnist_dataset(folder).fingerprint() == plain.fingerprint()


def test_a_folder_of_the_files_name_is_passed_over(tmp_path: Path) -> None:
    write_folder(tmp_path)
    data = (tmp_path / FILE_NAMES[0]).read_bytes()
    (tmp_path / FILE_NAMES[0]).unlink()
    (tmp_path / FILE_NAMES[0]).mkdir()
    (tmp_path / FILE_NAMES[0].replace("-idx", ".idx")).write_bytes(data)
    assert len(mnist_dataset(tmp_path).train) == 22


@pytest.mark.parametrize(
    ("n", "n_valid"), [(4, 1), (24, 2), (1200, 100), (59_999, 4999), (60_000, 5000), (70_000, 5000)]
)
def test_the_last_samples_are_to_validate(tmp_path: Path, n: int, n_valid: int) -> None:
    data = mnist_dataset(write_folder(tmp_path, n=n, shape=(1, 1)))
    assert (len(data.train), len(data.valid), len(data.test)) == (n - n_valid, n_valid, 5)
    np.testing.assert_array_equal(np.concatenate([data.train.y, data.valid.y]), np.arange(n) % 3)


def test_dataset_of_another_kind_does_not_call_itself_mnist(tmp_path: Path) -> None:
    data = mnist_dataset(write_folder(tmp_path / "letters", n_classes=4))
    assert data.key == "mnist"
    assert data.name == "letters"
    assert data.image_shape == (3, 2)
    assert data.class_names == ("0", "1", "2", "3")
    assert data.pixel_range == (0.0, 255.0)
    for split in (data.train, data.valid, data.test):
        assert split.X.dtype == np.uint8
        assert split.y.dtype.name == "int64"
        assert not split.X.flags.writeable
        assert not split.y.flags.writeable


def test_sizes_of_mnist_alone_do_not_make_it_mnist(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "fashion", n=60_000, n_test=10_000, shape=(28, 28), n_classes=10)
    assert mnist_dataset(folder).name == "fashion"


def test_counts_that_differ_name_both_files(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / FILE_NAMES[1]).write_bytes(idx(np.zeros(23, np.uint8)))
    with pytest.raises(DataError) as caught:
        mnist_dataset(tmp_path)
    for part in (FILE_NAMES[0], FILE_NAMES[1], "24 images", "23 labels"):
        assert part in str(caught.value)


def test_images_of_two_sizes(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / FILE_NAMES[2]).write_bytes(idx(np.zeros((5, 2, 3), np.uint8)))
    with pytest.raises(DataError, match="2×3 pixels, those of t10k-images-idx3-ubyte 3×2"):
        mnist_dataset(tmp_path)


@pytest.mark.parametrize(("n", "n_classes"), [(1, 1), (2, 2), (24, 1)])
def test_fewer_than_two_classes(tmp_path: Path, n: int, n_classes: int) -> None:
    with pytest.raises(DataError, match=r"fewer than two classes|only 1 class"):
        mnist_dataset(write_folder(tmp_path, n=n, n_classes=n_classes))


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks train-images-idx3-ubyte, train-labels"):
        mnist_dataset(tmp_path)
    with pytest.raises(DataError, match="nothing is there"):
        mnist_dataset(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="a file is there"):
        mnist_dataset(tmp_path / "file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may enter every folder")
def test_a_folder_that_may_not_be_entered(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "locked")
    folder.chmod(0)
    try:
        with pytest.raises(DataError, match="may not read"):
            mnist_dataset(folder)
        assert find_mnist(folder) is None
        with pytest.raises(DataError, match="cannot be read: Permission denied"):
            read_mnist(folder)
    finally:
        folder.chmod(0o700)


def test_a_folder_that_may_not_be_entered_on_any_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "locked")
    stat = Path.stat

    def refuse(path: Path, **options: bool) -> Any:
        if path.parent == folder:
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(DataError, match="may not read"):
        mnist_dataset(folder)
    assert find_mnist(folder) is None
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        read_mnist(folder)


def test_places_are_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, environment, cache = tmp_path / "given", tmp_path / "environment", tmp_path / "cache" / "mnist"
    monkeypatch.setenv("MLP_VIZ_DATA", str(environment))
    assert find_mnist(given) is None
    write_folder(cache)
    assert find_mnist(given) == cache
    write_folder(environment / "mnist")
    assert find_mnist(given) == environment / "mnist"
    write_folder(given / "mnist")
    assert find_mnist(given) == given / "mnist"
    write_folder(given)
    assert find_mnist(str(given)) == given
    assert find_mnist() == environment / "mnist"
    monkeypatch.setenv("MLP_VIZ_DATA", "")
    assert find_mnist() == cache


def test_a_folder_that_lacks_a_file_is_not_found(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / FILE_NAMES[3]).unlink()
    assert find_mnist(tmp_path) is None
    with pytest.raises(DataError, match=r"lacks t10k-labels-idx1-ubyte \("):
        find_mnist_in(tmp_path)


def test_not_found_says_where_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(tmp_path / "environment"))
    with pytest.raises(DataError) as caught:
        read_mnist(tmp_path)
    for part in (str(tmp_path), "environment (does not exist)", str(tmp_path / "cache" / "mnist"), *FILE_NAMES):
        assert part in str(caught.value)


def test_real_mnist(mnist_folder: Path) -> None:
    data = mnist_dataset(mnist_folder)
    assert data.name == "MNIST handwritten digits"
    assert data.image_shape == (28, 28)
    assert data.class_names == tuple("0123456789")
    assert (len(data.train), len(data.valid), len(data.test)) == (55_000, 5000, 10_000)
    np.testing.assert_array_equal(data.train.y[:10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    np.testing.assert_array_equal(data.valid.y[-3:], [5, 6, 8])
    np.testing.assert_array_equal(data.test.y[:5], [7, 2, 1, 0, 4])


def test_real_mnist_as_on_the_slides(mnist_folder: Path) -> None:
    X, y = load_mnist(mnist_folder, kind="t10k")
    assert X.shape == (10_000, 784)
    assert (X.min(), X.max()) == (-1, 1)
    np.testing.assert_array_equal(np.bincount(y), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    data = mnist_dataset(mnist_folder)
    np.testing.assert_array_equal(data.scaled(data.test.X), X)
