from __future__ import annotations

import gzip
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlp_core.datasets.emnist import is_unpacked, unpack_emnist
from mlp_core.datasets.idx import read_images, read_labels
from mlp_core.errors import DataError
from mlp_core.progress import Cancelled

FIRST = {"digits": 0, "letters": 1}
N = {"train": 2600, "test": 26}  # more than is turned at once


def idx(array: NDArray[Any], *claimed: int) -> bytes:
    shape = claimed or array.shape
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *shape) + array.tobytes()


def upright(kind: str) -> NDArray[np.uint8]:
    return np.random.RandomState(len(kind)).randint(0, 256, (N[kind], 28, 28)).astype(np.uint8)


def members() -> dict[str, bytes]:
    """Return what EMNIST's gzip.zip holds, with few images: by name, packed."""
    unpacked = {"gzip/emnist-mnist-train-images-idx3-ubyte.gz": b"not wanted"}
    for name, first in FIRST.items():
        for kind, n in N.items():
            labels = (np.arange(n) % (26 if first else 10) + first).astype(np.uint8)
            images = np.ascontiguousarray(upright(kind).transpose(0, 2, 1))
            unpacked[f"gzip/emnist-{name}-{kind}-images-idx3-ubyte.gz"] = idx(images)
            unpacked[f"gzip/emnist-{name}-{kind}-labels-idx1-ubyte.gz"] = idx(labels)
    return {name: gzip.compress(data, 1) for name, data in unpacked.items()}


def write(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return path


def test_images_stand_upright_and_labels_begin_at_0(tmp_path: Path) -> None:
    archive = write(tmp_path / "gzip.zip", members())
    told: list[tuple[str, float]] = []
    unpack_emnist(archive, tmp_path / "cache", lambda what, share: told.append((what, share)))
    for name, n_classes in (("digits", 10), ("letters", 26)):
        folder = tmp_path / "cache" / f"emnist-{name}"
        assert len(list(folder.iterdir())) == 5
        for kind, ours in (("train", "train"), ("test", "t10k")):
            images = read_images(folder / f"{ours}-images-idx3-ubyte.gz")
            np.testing.assert_array_equal(images, upright(kind))
            labels = read_labels(folder / f"{ours}-labels-idx1-ubyte.gz")
            np.testing.assert_array_equal(labels, np.arange(N[kind]) % n_classes)
    assert {what for what, _ in told} == {
        f"{what} emnist-{of}" for what in ("Unpacking", "Checking") for of in ("digits", "letters")
    }
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0.0 in shares
    assert max(share for what, share in told if what.startswith("Unpacking")) < 1.0
    assert archive.exists()


def test_a_folder_is_told_from_one_that_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack_emnist(write(tmp_path / "gzip.zip", members()), tmp_path)
    folder = tmp_path / "emnist-letters"
    monkeypatch.setattr("psutil.virtual_memory", None)  # however little there is
    told: list[tuple[str, float]] = []
    assert is_unpacked(folder, lambda what, share: told.append((what, share)))
    assert told[-1] == ("Checking emnist-letters", 1.0)
    assert not is_unpacked(tmp_path / "emnist-nothing")
    for path in folder.iterdir():
        data = path.read_bytes()
        for damaged in (data[:-1], data[:-1] + bytes([data[-1] ^ 255]), b""):
            path.write_bytes(damaged)
            assert not is_unpacked(folder)
        path.unlink()
        assert not is_unpacked(folder)
        path.write_bytes(data)
    assert is_unpacked(folder)


def changed(name: str, change: Callable[[bytes], bytes]) -> dict[str, bytes]:
    contents = members()
    contents[name] = change(contents[name])
    return contents


IMAGES = "gzip/emnist-letters-train-images-idx3-ubyte.gz"
LABELS = "gzip/emnist-letters-train-labels-idx1-ubyte.gz"
FEW = np.ones((3, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        (IMAGES, lambda data: b"", "no IDX file of images"),
        (IMAGES, lambda data: b"<h1>", "Not a gzipped file"),
        (IMAGES, lambda data: data[:-9], "ended before"),
        (IMAGES, lambda data: data[:-8] + b"\0" * 8, "CRC check failed"),
        (IMAGES, lambda data: data[:2000] + bytes(100) + data[2100:], "damaged"),
        (IMAGES, lambda data: gzip.compress(b"\0\0\x08"), "no IDX file of images"),
        (IMAGES, lambda data: gzip.compress(idx(FEW, 2**31, 28, 28)), "claims 2,147,483,648 images"),
        (IMAGES, lambda data: gzip.compress(idx(FEW, 0, 28, 28)), "claims 0 images"),
        (IMAGES, lambda data: gzip.compress(idx(FEW, 4, 28, 28)), "holds fewer images than its header says"),
        (IMAGES, lambda data: gzip.compress(idx(FEW, 2, 28, 28)), "holds more images than its header says"),
        (IMAGES, lambda data: gzip.compress(idx(FEW, 3, 14, 56)), "no IDX file of images of 28×28 pixels"),
        (IMAGES, lambda data: members()[LABELS], "no IDX file of images"),
        (LABELS, lambda data: members()[IMAGES], "no IDX file of labels"),
        (LABELS, lambda data: gzip.compress(idx(np.arange(3, dtype=np.uint8))), "holds a label below 1"),
    ],
)
def test_members_that_lie(tmp_path: Path, name: str, change: Callable[[bytes], bytes], why: str) -> None:
    archive = write(tmp_path / "gzip.zip", changed(name, change))
    with pytest.raises(DataError) as caught:
        unpack_emnist(archive, tmp_path / "cache")
    assert why in str(caught.value)
    assert "Download it again." in str(caught.value)
    left = {path.name for path in (tmp_path / "cache" / "emnist-letters").iterdir()}
    assert f"{name.rpartition('letters-')[2]}" not in left
    assert not any(name.endswith(".part") for name in left)


def test_an_archive_without_a_member(tmp_path: Path) -> None:
    contents = members()
    del contents[LABELS]
    with pytest.raises(DataError, match=f"lacks a file .*{LABELS}"):
        unpack_emnist(write(tmp_path / "gzip.zip", contents), tmp_path)


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", b"PK\5\6" + bytes(18)])
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "gzip.zip").write_bytes(data)
    with pytest.raises(DataError, match="Download it again"):
        unpack_emnist(tmp_path / "gzip.zip", tmp_path)


def test_an_encrypted_member(tmp_path: Path) -> None:
    archive = write(tmp_path / "gzip.zip", members())
    data = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = -1
        while (place := data.find(signature, place + 1)) >= 0:
            data[place + flags] |= 1
    archive.write_bytes(data)
    with pytest.raises(DataError, match="encrypted"):
        unpack_emnist(archive, tmp_path)


def test_cancelled(tmp_path: Path) -> None:
    def progress(what: str, share: float) -> None:
        if share > 0.6:
            raise Cancelled

    archive = write(tmp_path / "gzip.zip", members())
    with pytest.raises(Cancelled):
        unpack_emnist(archive, tmp_path / "cache", progress)
    assert len(list((tmp_path / "cache" / "emnist-digits").iterdir())) == 4
    assert [path.name for path in (tmp_path / "cache" / "emnist-letters").iterdir()] == ["train-images-idx3-ubyte.gz"]
