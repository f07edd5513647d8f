from __future__ import annotations

import gzip
import io
import struct
import warnings
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlp_core import datasets
from mlp_core.datasets import (
    Dataset,
    Preparation,
    default_name,
    memory,
    mnist,
    names,
    open_dataset,
    path_source,
    read_collection,
    sources,
)
from mlp_core.datasets.mnist import FILE_NAMES
from mlp_core.errors import DataError, TooLargeError


def idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def idx_files(n: int = 12, n_test: int = 4) -> list[bytes]:
    random = np.random.RandomState(0)
    return [
        part
        for count in (n, n_test)
        for part in (
            idx(random.randint(0, 256, (count, 2, 2)).astype(np.uint8)),
            idx((np.arange(count) % 3).astype(np.uint8)),
        )
    ]


def npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def write_idx(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in zip(FILE_NAMES, idx_files(), strict=True):
        (folder / name).write_bytes(data)
    return folder


def write_npz(path: Path) -> Path:
    X = np.random.RandomState(0).uniform(-1, 1, (12, 4)).astype(np.float32)
    np.savez_compressed(path, X_train=X, y_train=np.arange(12) % 3, X_test=X[:4], y_test=np.arange(4) % 3)
    return path


@pytest.fixture(autouse=True)
def nothing_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLP_VIZ_DATA", raising=False)
    monkeypatch.setattr(mnist, "mnist_cache_folder", lambda: tmp_path / "cache" / "mnist")


def test_names() -> None:
    assert names() == ("digits", "emnist-digits", "emnist-letters", "fashion-mnist", "generated", "kmnist", "mnist")


def test_by_name(tmp_path: Path) -> None:
    assert open_dataset("digits").key == "digits"
    assert open_dataset("mnist", write_idx(tmp_path / "here")).key == "mnist"
    with pytest.raises(DataError, match="not found"):
        open_dataset("mnist")


def test_by_path(tmp_path: Path) -> None:
    folder, file = write_idx(tmp_path / "letters"), write_npz(tmp_path / "my.npz")
    assert (open_dataset(str(folder)).key, open_dataset(str(folder)).name) == (str(folder), "letters")
    assert (open_dataset(file).key, open_dataset(file).name) == (str(file), "my")
    assert open_dataset(file.rename(tmp_path / "no_suffix")).name == "no_suffix"


def test_a_name_wins_over_a_folder_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_idx(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    assert open_dataset("digits").n_features == 64
    assert open_dataset("./digits").n_features == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnst", "Did you mean 'mnist'"),
        ("MNIST", "Did you mean 'mnist'"),
        ("digit", "Did you mean 'digits'"),
        ("zzz", "Known are digits, .*, mnist, and the path of"),
        ("", "Known are digits, "),
        ("a\0b", "Known are digits, "),
        ("no/such/folder", "no such file or folder"),
        ("my.npz", "no such file or folder"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_unknown_names_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        open_dataset(name)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"no kind of data.*Give a CSV file, .* or an \.npz file"):
        open_dataset(path)


def test_a_folder_of_nothing_known(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Remember, this, and that\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"it holds no kind of data that can be opened\. Give a CSV file, "):
        open_dataset(tmp_path)


def test_a_folder_that_is_nearly_right_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"it is empty: put each class's pictures"):
        open_dataset(tmp_path)
    (tmp_path / "1.png").touch()
    with pytest.raises(DataError, match="1 picture lies directly in it: put each class's pictures"):
        open_dataset(tmp_path)
    (tmp_path / "cats").mkdir()
    (tmp_path / "1.png").rename(tmp_path / "cats" / "1.png")
    with pytest.raises(
        DataError, match=r"only one class folder, cats \(1 picture\); at least two are needed"
    ) as raised:
        path_source(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path}: ")


def test_every_kind_is_told_by_what_it_holds(tmp_path: Path) -> None:
    images, labels = np.arange(48, dtype=np.uint8).reshape(12, 2, 2), (np.arange(12) % 3).astype(np.uint8)
    rows = "\n".join(",".join(map(str, [label, *image.ravel()])) for image, label in zip(images, labels, strict=True))
    for folder, files in {
        "idx": {"a-images-idx3-ubyte": idx(images), "a-labels-idx1-ubyte": idx(labels)},
        "idx without marks": {"images": gzip.compress(idx(images)), "labels": gzip.compress(idx(labels))},
        "npy": {"X.npy": npy(images), "y.npy": npy(labels)},
        "csv": {"train.csv": rows.encode(), "test.csv": rows.encode()},
        "table": {"digits": rows.encode()},
    }.items():
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
        paths = [tmp_path / folder / name for name in files]
        if folder in ("idx", "npy", "csv"):
            paths.append(tmp_path / folder)
        for path in paths:
            collection = read_collection(path)
            np.testing.assert_array_equal(collection.train.X, images.reshape(12, 4))
            np.testing.assert_array_equal(collection.train.y, labels)


def test_default_is_mnist_if_found_else_generated_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_name() == "generated"
    monkeypatch.setenv("MLP_VIZ_DATA", str(write_idx(tmp_path / "environment")))
    assert default_name() == "mnist"
    assert default_name(write_idx(tmp_path / "given" / "mnist").parent) == "mnist"


def test_default_with_a_folder_without_mnist_looks_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(write_idx(tmp_path / "environment")))
    (tmp_path / "given").mkdir()
    with pytest.raises(DataError, match="given: the folder lacks train-images"):
        default_name(tmp_path / "given")


def test_a_named_data_set_is_prepared_too(tmp_path: Path) -> None:
    few = open_dataset("digits", preparation=Preparation(subset=900, scaling="unit"))
    assert few.name.endswith("900 samples · 0 to 1")
    assert few.scaled(few.train.X).min() == 0
    as_it_is = open_dataset("digits")
    assert (len(as_it_is.train), len(as_it_is.valid), len(as_it_is.test)) == (1197, 200, 400)
    assert as_it_is.fingerprint() == open_dataset("digits", preparation=Preparation()).fingerprint()
    assert as_it_is.fingerprint() == open_dataset("digits", preparation=Preparation(valid_share=0.5)).fingerprint()


def test_of_a_named_data_set_that_is_too_large_a_part_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = write_idx(tmp_path / "here")
    free = Namespace(available=memory.KEPT_FREE + 10 * 40)
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    with pytest.raises(TooLargeError) as refused:
        open_dataset("mnist", here)
    part = open_dataset("mnist", here, Preparation(subset=refused.value.fits))
    assert 0 < len(part.train) + len(part.valid) + len(part.test) <= refused.value.fits


def test_a_new_file_in_the_folder_takes_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noughts.py").write_text(
        "from mlp_core.datasets.digits import digits_collection\n"
        "from mlp_core.datasets.source import NamedSource\n"
        "def read(data_dir, *, at_most, progress):\n"
        "    return digits_collection()\n"
        "SOURCES = (NamedSource('noughts', 'digits under another name', read, lambda data_dir: 'here'),)\n"
    )
    monkeypatch.setattr(datasets, "__path__", [*datasets.__path__, str(tmp_path)])
    datasets._sources.cache_clear()
    try:
        assert "noughts" in names()
        assert "digits under another name" in [source.description for source in sources()]
        assert open_dataset("noughts").n_features == 64
    finally:
        datasets._sources.cache_clear()


Changes = list[tuple[str, float, bytes]]


def mutated(data: bytes, changes: Changes) -> bytes:
    for how, place, new in changes:
        at = int(place * len(data))
        match how:
            case "overwrite":
                data = data[:at] + new + data[at + len(new) :]
            case "insert":
                data = data[:at] + new + data[at:]
            case "cut":
                data = data[:at]
            case "drop":
                data = data[:at] + data[at + len(new) :]
    return data


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["overwrite", "overwrite", "insert", "cut", "drop"]),
        st.floats(0, 1),
        st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"]),
    ),
    min_size=1,
    max_size=4,
)


def is_dataset_or_data_error(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data = open_dataset(path)
        except DataError:
            return
    assert isinstance(data, Dataset)
    for split in (data.train, data.valid, data.test):
        assert split.X.shape == (len(split), data.n_features)
        assert 0 <= split.y.min() <= split.y.max() < data.n_classes
        assert np.isfinite(data.scaled(split.X)).all()


MUTATIONS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MUTATIONS
@given(which=st.integers(0, 3), changes=CHANGES, packed=st.booleans(), inside=st.booleans())
def test_mutated_idx_files_are_read_or_refused(
    tmp_path: Path, which: int, changes: Changes, packed: bool, inside: bool
) -> None:
    files = idx_files()
    for number, (name, data) in enumerate(zip(FILE_NAMES, files, strict=True)):
        if number == which and inside:
            data = mutated(data, changes)
        if packed:
            data = gzip.compress(data)
        if number == which and not inside:
            data = mutated(data, changes)
        (tmp_path / name).write_bytes(data)
    is_dataset_or_data_error(tmp_path)


@MUTATIONS
@given(changes=CHANGES, compressed=st.booleans())
def test_mutated_npz_files_are_read_or_refused(tmp_path: Path, changes: Changes, compressed: bool) -> None:
    X = np.random.RandomState(0).uniform(-1, 1, (12, 4)).astype(np.float32)
    path = tmp_path / "a.npz"
    save = np.savez_compressed if compressed else np.savez
    save(path, X_train=X, y_train=np.arange(12) % 3, X_test=X[:4], y_test=np.arange(4) % 3)
    path.write_bytes(mutated(path.read_bytes(), changes))
    is_dataset_or_data_error(path)


HEADERS = st.text("{}()[]'\",: \n\\<>|=bcdefiuOSUVMm0123456789-+.L#", max_size=80) | st.builds(
    "{{'descr': {!r}, 'fortran_order': {!r}, 'shape': {!r}}}".format,
    st.sampled_from(
        ["<f4", ">f8", "|u1", "|b1", "<i8", "|O", "|V0", "<U0", "|S3", "<c16", "<M8[s]", "<f16", "(2,)<f4"]
    ),
    st.booleans() | st.integers(),
    st.lists(st.integers(-2, 13) | st.integers(), max_size=4).map(tuple),
)


@MUTATIONS
@given(header=HEADERS, version=st.sampled_from([1, 2, 3]), data=st.binary(max_size=64) | st.just(bytes(192)))
def test_made_up_npy_headers_are_read_or_refused(tmp_path: Path, header: str, version: int, data: bytes) -> None:
    path = write_npz(tmp_path / "a.npz")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    length = len(header.encode()).to_bytes(2 if version == 1 else 4, "little")
    members["X_train.npy"] = b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    is_dataset_or_data_error(path)
