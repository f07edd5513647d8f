from __future__ import annotations

import gzip
import hashlib
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets.idx import images_shape, is_idx, n_labels, read_images, read_labels
from mlp_core.errors import DataError

IMAGES = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)
LABELS = np.array([0, 1, 2, 255], np.uint8)


def idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def header(*shape: int) -> bytes:
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)


def written(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["file", "file.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reads_what_was_written_whatever_its_name(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    images = read_images(written(tmp_path, pack(idx(IMAGES)), name))
    labels = read_labels(str(written(tmp_path, pack(idx(LABELS)), name)))
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    for array in (images, labels):
        assert array.dtype == np.uint8
        assert not array.flags.writeable


def test_gzip_of_several_members_is_one_file(tmp_path: Path) -> None:
    data = idx(IMAGES)
    np.testing.assert_array_equal(
        read_images(written(tmp_path, gzip.compress(data[:20]) + gzip.compress(data[20:]))), IMAGES
    )


BROKEN = {
    "empty": (b"", "begins with nothing"),
    "one byte": (b"\0", "no IDX file"),
    "half a magic number": (b"\0\0\x08", "no IDX file"),
    "text": (b"<html>404 Not Found</html>", "no IDX file"),
    "labels": (idx(LABELS), "images were expected, but this file holds labels"),
    "floats": (struct.pack(">4B3I", 0, 0, 0x0D, 3, 1, 1, 1) + bytes(4), "no IDX file"),
    "two dimensions": (header(2, 2) + bytes(4), "no IDX file"),
    "little endian": (struct.pack("<4I", 2051, 1, 1, 1) + b"\0", "no IDX file"),
    "cut in the header": (idx(IMAGES)[:11], "16 bytes were expected, 11 found"),
    "cut after the header": (idx(IMAGES)[:16], "24 bytes were expected after it, but there are 0"),
    "one byte short": (idx(IMAGES)[:-1], "cut short"),
    "one byte long": (idx(IMAGES) + b"\0", "too long"),
    "no images": (header(0, 28, 28), "holds no images"),
    "no height": (header(5, 0, 28), "28×0 pixels"),
    "no width": (header(5, 28, 0), "0×28 pixels"),
    "huge images": (header(1, 2**31, 2**31), "pixels an image can be used"),
    "claims 4 billion images": (header(2**32 - 1, 28, 28) + bytes(100), ""),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_images_are_refused_with_the_files_name_and_what_was_found(
    tmp_path: Path, data: bytes, message: str, pack: Callable[[bytes], bytes]
) -> None:
    path = written(tmp_path, pack(data))
    with pytest.raises(DataError) as caught:
        read_images(path)
    assert caught.value.source == str(path)
    assert message in str(caught.value)


def test_images_where_labels_are_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="labels were expected, but this file holds images"):
        read_labels(written(tmp_path, idx(IMAGES)))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


PACKED = gzip.compress(idx(np.random.RandomState(0).randint(0, 256, (9, 8, 8)).astype(np.uint8)))


@pytest.mark.parametrize(
    "data",
    [
        PACKED[:2],
        PACKED[:9],
        PACKED[: len(PACKED) // 2],
        PACKED[:-1],
        PACKED[:-8],
        flipped(PACKED, 2),
        flipped(PACKED, len(PACKED) // 2),
        flipped(PACKED, -5 % len(PACKED)),
        PACKED + b"rubbish",
    ],
    ids=["magic only", "header cut", "half", "size cut", "checksum cut", "method", "data", "checksum", "rubbish after"],
)
def test_damaged_gzip(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match=r"damaged or cut short.*Download"):
        read_images(written(tmp_path, data))


@pytest.mark.parametrize("n", [60_000, 2**32 - 1], ids=["bomb behind a small claim", "bomb behind a great claim"])
def test_gzip_bomb_does_not_fill_the_memory(tmp_path: Path, n: int) -> None:
    size = 200 * 2**20
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header(n if n > 60_000 else 10, 28, 28))
        for _ in range(200):
            file.write(bytes(size // 200))
    tracemalloc.start()
    with pytest.raises(DataError):
        read_images(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_sparse_claim_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, header(2**31, 1000, 1000) + bytes(1000))
    tracemalloc.start()
    with pytest.raises(DataError, match="cut short"):
        read_images(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_no_file_a_folder_and_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_images(tmp_path / "missing")
    with pytest.raises(DataError, match="no such file"):
        read_images("a\0b")
    with pytest.raises(DataError, match="a folder or a device"):
        read_images(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DataError, match="a folder or a device"):
            read_images(tmp_path / "pipe")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, idx(IMAGES))
    path.chmod(0)
    with pytest.raises(DataError, match="may not read"):
        read_images(path)


def test_errors_of_the_system_become_data_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, idx(IMAGES))
    for error, message in [
        (PermissionError(13, "Permission denied"), "may not read"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (MemoryError(), "memory"),
    ]:

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(Path, "open", fail)
        with pytest.raises(DataError, match=message):
            read_images(path)


SHA_256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@pytest.mark.parametrize("name", SHA_256)
def test_real_mnist_is_read_to_the_byte(mnist_folder: Path, name: str) -> None:
    path = next(path for path in (mnist_folder / name, mnist_folder / f"{name}.gz") if path.exists())
    array = read_images(path) if "images" in name else read_labels(path)
    assert hashlib.sha256(header(*array.shape) + array.tobytes()).hexdigest() == SHA_256[name]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_header_alone(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path, labels = written(tmp_path, pack(idx(IMAGES))), written(tmp_path, pack(idx(LABELS)), "labels")
    assert images_shape(path) == (4, 3, 2)
    assert n_labels(labels) == 4
    assert is_idx(path)
    assert is_idx(labels)
    with pytest.raises(DataError, match="labels were expected"):
        n_labels(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b", b"\x1f\x8bcut", PACKED[:12], gzip.compress(b"text"), b"\0\0\x0d\x03"]
)
def test_what_is_no_idx_file(tmp_path: Path, data: bytes) -> None:
    assert not is_idx(written(tmp_path, data))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("rows", [[0], [1, 3], [0, 1, 2, 3]])
def test_some_images(tmp_path: Path, rows: list[int], pack: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path, pack(idx(IMAGES)))
    np.testing.assert_array_equal(read_images(path, np.array(rows)), IMAGES[rows])


def test_a_checksum_is_compared_where_only_some_images_are_kept(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="damaged"):
        read_images(written(tmp_path, flipped(PACKED, len(PACKED) - 5)), np.array([0]))
