"""Broken, swapped and hostile files of every kind: a clear error or a right reading, and nothing else.

The pixels of each image here tell its label, so that a label that was mixed up is seen whatever else is broken.
"""

from __future__ import annotations

import gzip
import io
import pickle
import shutil
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from mlp_core.datasets import Dataset, open_dataset
from mlp_core.datasets.files import unpacked_limit
from mlp_core.errors import MlpError

Files: TypeAlias = dict[str, bytes]
Change: TypeAlias = Callable[[bytes], tuple[bytes, int]]

N_TRAIN, N_TEST, N_PICTURES, SHAPE = 40, 12, 7, (4, 3)
LONGEST_ERROR: Final = 600  # letters beside the path
MOST_MEMORY: Final = 3  # times what a file of this size may hold

corpus = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# ---- what is looked at -----------------------------------------------------------------------------------------------


def opened_or_refused(path: Path) -> Dataset | None:
    """Open `path`, and see that the error is fit to show, or that the data set holds together."""
    try:
        data = open_dataset(path)
    except MlpError as error:
        check_text(str(error), path)
        return None
    check_whole(data)
    return data


@contextmanager
def little_memory(folder: Path) -> Iterator[None]:
    """See that no more memory is asked for than a few times what files of this size may hold."""
    n_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY * unpacked_limit(n_bytes)
    finally:
        tracemalloc.stop()


def check_text(text: str, path: Path) -> None:
    folder = str(path if path.is_dir() else path.parent)
    assert text.startswith(folder), text
    said = text.removeprefix(folder)
    assert ": " in said
    assert said.rstrip().endswith((".", "…")), said
    assert len(said.replace(folder, "")) < LONGEST_ERROR, said
    assert said.isprintable(), said
    for word in ("Traceback", "Error(", "object at 0x", "<class", "\\x00\\x00"):
        assert word not in said


def check_whole(data: Dataset) -> None:
    height, width = data.image_shape
    low, high = data.pixel_range
    assert 1 <= data.n_features == height * width
    assert 2 <= data.n_classes <= 1000
    assert all(name and name.isprintable() and len(name) <= 40 for name in data.class_names)
    assert np.isfinite([low, high]).all()
    assert low < high
    assert len(np.unique(data.train.y)) >= 2
    for split in (data.train, data.valid, data.test):
        assert split.X.shape == (len(split.y), height * width)
        assert split.y.shape == (len(split),)
        assert split.y.dtype == np.int64
        assert not split.X.flags.writeable
        assert not split.y.flags.writeable
        if len(split):
            assert 0 <= split.y.min() <= split.y.max() < data.n_classes
            assert np.isfinite(data.scaled(split.X)).all()
            assert np.isfinite(split.X).all()
    assert data.description().isprintable()


def mixed_up(data: Dataset) -> int:
    """Return how many images have another label than their pixels tell."""
    wrong = 0
    for split in (data.train, data.valid, data.test):
        told = np.rint((np.median(split.X.astype(np.float64), axis=1) - 20) / 40).astype(int)
        named = [data.class_names[label] for label in split.y]
        wrong += sum(name.removeprefix("class ") != str(label) for name, label in zip(named, told, strict=True))
    return wrong


# ---- valid files -----------------------------------------------------------------------------------------------------


def labelled(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images whose corners are 0, and whose other pixels are near 40 times the label plus 20."""
    random = np.random.RandomState(seed)
    y = random.permutation(np.arange(n) % 3)
    X = (y[:, None, None] * 40 + 20 + random.randint(-9, 10, (n, *SHAPE))).astype(np.uint8)
    X[:, [0, 0, -1, -1], [0, -1, 0, -1]] = 0
    return X, y


TRAIN, TEST = labelled(N_TRAIN, 0), labelled(N_TEST, 1)


def idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def idx_files(name: str = "") -> Files:
    return {
        f"train-images-idx3-ubyte{name}": idx(TRAIN[0]),
        f"train-labels-idx1-ubyte{name}": idx(TRAIN[1]),
        f"t10k-images-idx3-ubyte{name}": idx(TEST[0]),
        f"t10k-labels-idx1-ubyte{name}": idx(TEST[1]),
    }


def npy_files(X_type: str = "u1", y_type: str = "i8") -> Files:
    return {
        "X_train.npy": npy(TRAIN[0].astype(X_type)),
        "y_train.npy": npy(TRAIN[1].astype(y_type)),
        "X_test.npy": npy(TEST[0].astype(X_type)),
        "y_test.npy": npy(TEST[1].astype(y_type)),
    }


def zipped(files: Files, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, packing)
    return file.getvalue()


def table(delimiter: str = ",", end: str = "\n", *, label_first: bool = True) -> bytes:
    rows = [["label", *(f"{i}x{j}" for i in range(1, 5) for j in range(1, 4))]]
    rows += [[str(y), *map(str, x.reshape(-1))] for x, y in zip(*TRAIN, strict=True)]
    lines = [delimiter.join(row if label_first else row[1:] + row[:1]) for row in rows]
    return (end.join(lines) + end).encode()


def square_table() -> bytes:
    rows = [",".join([*map(str, x[:3].reshape(-1)), f"class {y}"]) for x, y in zip(*TRAIN, strict=True)]
    return ("\r\n".join(rows)).encode()


def pictures(format_: str, suffix: str, **options: Any) -> Files:
    files = {}
    for i, (x, y) in enumerate(zip(*TRAIN, strict=True)):
        if i < N_PICTURES:
            file = io.BytesIO()
            Image.fromarray(np.full((12, 9), np.median(x), np.uint8)).save(file, format_, **options)
            files[f"class {y}/{i}{suffix}"] = file.getvalue()
    return files


@dataclass(frozen=True)
class Kind:
    """A kind of data set: its parts, how they get to disk, what of it is opened, and whether checksums protect it."""

    parts: Callable[[], Files]
    pack: Callable[[Files], Files] = dict
    opened: str = ""
    checked: bool = False

    def write(self, folder: Path, parts: Files) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        for name, data in self.pack(parts).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return folder / self.opened


def gzipped(files: Files) -> Files:
    return {f"{name}.gz": gzip.compress(data, 1, mtime=0) for name, data in files.items()}


def in_npz(packing: int) -> Callable[[Files], Files]:
    return lambda files: {"a.npz": zipped(files, packing)}


KINDS = {
    "IDX": Kind(idx_files),
    "IDX, one opened": Kind(idx_files, opened="train-images-idx3-ubyte"),
    "IDX in gzip": Kind(lambda: gzipped(idx_files()), checked=True),
    "IDX, then gzip": Kind(idx_files, gzipped),
    "npz": Kind(lambda: in_npz(zipfile.ZIP_DEFLATED)(npy_files()), opened="a.npz", checked=True),
    "npz stored": Kind(lambda: in_npz(zipfile.ZIP_STORED)(npy_files()), opened="a.npz", checked=True),
    "npy, then npz": Kind(npy_files, in_npz(zipfile.ZIP_DEFLATED), opened="a.npz"),
    "npy of floats, then npz": Kind(lambda: npy_files("f4", "f8"), in_npz(zipfile.ZIP_STORED), opened="a.npz"),
    "npy": Kind(npy_files),
    "npy, one opened": Kind(npy_files, opened="X_train.npy"),
    "CSV": Kind(lambda: {"a.csv": table()}, opened="a.csv"),
    "CSV, semicolons": Kind(lambda: {"a.csv": b"\xef\xbb\xbf" + table(";", "\r\n")}, opened="a.csv"),
    "CSV, tabs, label last": Kind(lambda: {"a.tsv": table("\t", label_first=False)}, opened="a.tsv"),
    "CSV, no header": Kind(lambda: {"a.csv": square_table()}, opened="a.csv"),
    "CSV, train and test": Kind(lambda: {"train.csv": table(), "test.csv": table()}),
    "PNG": Kind(lambda: pictures("PNG", ".png")),
    "JPEG": Kind(lambda: pictures("JPEG", ".jpg")),
    "GIF": Kind(lambda: pictures("GIF", ".gif")),
    "BMP": Kind(lambda: pictures("BMP", ".bmp")),
    "WebP": Kind(lambda: pictures("WebP", ".webp", lossless=True)),
    "TIFF": Kind(lambda: pictures("TIFF", ".tif")),
    "TIFF packed": Kind(lambda: pictures("TIFF", ".tiff", compression="tiff_lzw")),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_unbroken(tmp_path: Path, kind: Kind) -> None:
    data = opened_or_refused(kind.write(tmp_path / "in", kind.parts()))
    assert data is not None
    assert mixed_up(data) == 0
    assert data.n_classes == 3


# ---- broken by chance ------------------------------------------------------------------------------------------------

EXTREMES: Final = [
    0,
    1,
    2,
    255,
    2**15,
    2**16 - 1,
    2**16,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**63 - 1,
    2**63,
    2**64 - 1,
]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Draw a change of some bytes; it says how many it touched. Half of them are near the beginning or the end."""
    where = draw(st.one_of(st.integers(0, 130), st.integers(-130, -1), st.floats(0, 0.999)))
    length = draw(st.integers(1, 40))
    what = draw(st.sampled_from(["flip", "number", "cut", "remove", "insert", "repeat", "overwrite", "digit"]))
    mask, junk = draw(st.integers(1, 255)), draw(st.binary(min_size=1, max_size=20))
    number = struct.pack(draw(st.sampled_from("<>")) + "Q", draw(st.sampled_from(EXTREMES)))
    size = draw(st.sampled_from([2, 4, 8]))
    number = number[-size:] if number[0] == 0 or number[:1] == b"\x80" else number[:size]

    def change(data: bytes) -> tuple[bytes, int]:
        at = int(where * len(data)) if isinstance(where, float) else min(max(where % max(1, len(data)), 0), len(data))
        rest = data[at:]
        if what == "flip":
            return data[:at] + bytes([rest[0] ^ mask]) + rest[1:] if rest else data, 1
        if what == "digit":
            return data[:at] + (b"%d" % (mask % 10)) + rest[1:], 1
        if what == "number":
            return data[:at] + number + rest[len(number) :], len(number)
        if what == "cut":
            return data[:at], len(rest)
        if what == "remove":
            return data[:at] + rest[length:], length
        if what == "insert":
            return data[:at] + junk + rest, len(junk)
        if what == "repeat":
            return data[:at] + rest[:length] * 2 + rest[length:], length
        return data[:at] + data[:length] + rest[length:], length

    return change


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@corpus
@given(which=st.integers(0, 59), several=st.lists(changes(), min_size=1, max_size=3))
def test_broken_by_chance(tmp_path: Path, kind: Kind, which: int, several: list[Change]) -> None:
    parts = kind.parts()
    name = sorted(parts)[which % len(parts)]
    touched = 0
    for change in several:
        parts[name], more = change(parts[name])
        touched += more
    data = opened_or_refused(kind.write(tmp_path / "in", parts))
    if data is None or data.train.X.dtype not in (np.uint8, np.float32):
        return  # where the type of the pixels was changed, they tell nothing any more
    if kind.checked:
        touched = 0
    elif "/" in name:
        touched = 1  # a picture
    assert mixed_up(data) <= touched
