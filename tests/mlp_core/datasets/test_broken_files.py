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
    assert said.rstrip().endswith((".", "?", "…")), said
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


def break_by_chance(tmp_path: Path, kind: Kind, which: int, several: list[Change]) -> None:
    parts = kind.parts()
    name = sorted(parts)[which % len(parts)]
    touched = 0
    for change in several:
        before = len(parts[name])
        parts[name], more = change(parts[name])
        if len(parts[name]) != before and not name.endswith("sv"):
            more = before  # what follows may be read from a wrong place on; a table begins anew with each line
        touched += more
    data = opened_or_refused(kind.write(tmp_path / "in", parts))
    if data is None or data.train.X.dtype not in (np.uint8, np.float32):
        return  # where the type of the pixels was changed, they tell nothing any more
    if kind.checked:
        touched = 0
    elif "/" in name:
        touched = 1  # a picture
    assert mixed_up(data) <= touched


OF_PICTURES = {name: kind for name, kind in KINDS.items() if "/" in next(iter(kind.parts()))}
OF_TABLES = {name: kind for name, kind in KINDS.items() if name not in OF_PICTURES}


@pytest.mark.parametrize("kind", OF_TABLES.values(), ids=OF_TABLES)
@corpus
@given(which=st.integers(0, 59), several=st.lists(changes(), min_size=1, max_size=3))
def test_arrays_and_tables_broken_by_chance(tmp_path: Path, kind: Kind, which: int, several: list[Change]) -> None:
    break_by_chance(tmp_path, kind, which, several)


@pytest.mark.parametrize("kind", OF_PICTURES.values(), ids=OF_PICTURES)
@settings(corpus, max_examples=60)  # each time all pictures are read
@given(which=st.integers(0, 59), several=st.lists(changes(), min_size=1, max_size=3))
def test_pictures_broken_by_chance(tmp_path: Path, kind: Kind, which: int, several: list[Change]) -> None:
    break_by_chance(tmp_path, kind, which, several)


SUFFIXES = [".npz", ".npy", ".csv", ".tsv", ".gz", ".txt", ".png", "-images-idx3-ubyte", ""]
BEGINNINGS = [
    b"",
    b"PK\3\4",
    b"PK\5\6",
    b"\x93NUMPY\1\0",
    b"\x1f\x8b\x08\0",
    b"\0\0\x08\3",
    b"\0\0\x08\1",
    b"1,2,3\n",
    b'"',
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(corpus, max_examples=60)
@given(
    beginning=st.sampled_from(BEGINNINGS), rest=st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode))
)
def test_junk_under_any_name(tmp_path: Path, suffix: str, beginning: bytes, rest: bytes) -> None:
    path = tmp_path / f"train{suffix}"
    path.write_bytes(beginning + rest)
    opened_or_refused(path)


# ---- the right bytes in the wrong place ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OF_TABLES.values(), ids=OF_TABLES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_wrong_suffix(tmp_path: Path, kind: Kind, suffix: str) -> None:
    path = kind.write(tmp_path / "in", kind.parts())
    if path.is_dir():
        path = sorted(path.iterdir())[-1]
    data = opened_or_refused(path.rename(path.with_name(f"given{suffix}")))
    assert data is None or mixed_up(data) == 0


@pytest.mark.parametrize("name", ["IDX", "IDX in gzip", "npy, then npz", "npy", "CSV, train and test"])
def test_swapped_parts(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    names = sorted(kind.parts())
    for first in names:
        for second in names:
            parts = kind.parts()
            parts[first], parts[second] = parts[second], parts[first]
            data = opened_or_refused(kind.write(tmp_path / "in", parts))
            if data is not None and first != second:
                assert mixed_up(data) == 0
                assert len(data.train) != N_TRAIN or name.startswith("CSV")


@pytest.mark.parametrize("name", ["IDX", "IDX in gzip", "npy, then npz", "npy"])
def test_a_missing_part(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    for missing in kind.parts():
        parts = kind.parts()
        del parts[missing]
        data = opened_or_refused(kind.write(tmp_path / "in", parts))
        assert data is None or mixed_up(data) == 0


def test_pictures_under_the_names_of_others(tmp_path: Path) -> None:
    folder = KINDS["PNG"].write(tmp_path / "in", KINDS["PNG"].parts())
    for place, file in enumerate(sorted(folder.rglob("*.png"))):
        file.rename(file.with_suffix([".jpg", ".gif", ".tif", ".WEBP"][place % 4]))
    data = opened_or_refused(folder)
    assert data is not None
    assert mixed_up(data) == 0


# ---- hostile files ---------------------------------------------------------------------------------------------------


class Evil:
    """Unpickled, it makes a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (self.mark,)


@pytest.mark.parametrize("place", ["X_train", "y_train", "X_test", "class_names"])
@pytest.mark.parametrize("kind", [".npz", ".npy", "pickle"])
def test_nothing_is_unpickled(tmp_path: Path, kind: str, place: str) -> None:
    mark = tmp_path / "mark"
    file = io.BytesIO()
    if kind == "pickle":
        pickle.dump(Evil(mark), file)
    else:
        np.save(file, np.array([Evil(mark)] * N_TRAIN, dtype=object), allow_pickle=True)
    parts = {**npy_files(), f"{place}.npy": file.getvalue()}
    path = KINDS["npy, then npz" if kind == ".npz" else "npy"].write(tmp_path / "in", parts)
    assert opened_or_refused(path) is None
    assert not mark.exists()
    pickle.loads(pickle.dumps(Evil(mark)))
    assert mark.exists()  # it would have


@pytest.mark.parametrize(
    "name", ["../../X_train.npy", "/tmp/X_train.npy", "..\\X_train.npy", "C:X_train.npy", "a/" * 300]
)
@pytest.mark.parametrize("beside", [True, False])
def test_names_in_an_archive_are_not_paths(tmp_path: Path, name: str, beside: bool) -> None:
    parts = npy_files() if beside else {}
    parts[name] = npy(TRAIN[0])
    path = KINDS["npy, then npz"].write(tmp_path / "in", parts)
    opened_or_refused(path)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["a.npz"]


def idx_header(*sizes: int) -> bytes:
    return struct.pack(f">4B{len(sizes)}I", 0, 0, 8, len(sizes), *sizes)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("n", [0, 1, N_TRAIN + 1, 2**31 - 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("height", [0, 1, 4, 2**16, 2**32 - 1])
@pytest.mark.parametrize("width", [0, 3, 2**20, 2**31])
def test_idx_that_claims_much(tmp_path: Path, packed: bool, n: int, height: int, width: int) -> None:
    parts = idx_files()
    parts["train-images-idx3-ubyte"] = idx_header(n, height, width) + TRAIN[0].tobytes()
    parts["train-labels-idx1-ubyte"] = idx_header(n) + TRAIN[1].astype(np.uint8).tobytes()
    path = KINDS["IDX, then gzip" if packed else "IDX"].write(tmp_path / "in", parts)
    with little_memory(path):
        assert opened_or_refused(path) is None


def npy_header(text: str, version: tuple[int, int] = (1, 0), claimed: int | None = None) -> bytes:
    length = len(text) if claimed is None else claimed
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", length) + text.encode()


HEADERS = {
    "2 billion": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (2147483648, 4, 3)}"),
    "more than 64 bits": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (36893488147419103232, 4, 3)}"),
    "product is 0 in 64 bits": npy_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"
    ),
    "negative": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (-40, -4, 3)}"),
    "no images of some pixels": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4, 3)}"),
    "images of no pixels": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775807, 0, 3)}"),
    "elements of no bytes": npy_header("{'descr': '|V0', 'fortran_order': False, 'shape': (4000000000, 4, 3)}"),
    "texts of no letters": npy_header("{'descr': '<U0', 'fortran_order': False, 'shape': (4000000000,)}"),
    "a huge element": npy_header("{'descr': '|V2147483647', 'fortran_order': False, 'shape': (1, 4, 3)}"),
    "a huge text": npy_header("{'descr': '<U536870911', 'fortran_order': False, 'shape': (40,)}"),
    "no numbers": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': ('a', 4.5, None)}"),
    "booleans": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (True, True, True)}"),
    "no tuple": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': 480}"),
    "many dimensions": npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {(1,) * 100}}}"),
    "structured": npy_header("{'descr': [('a', '|u1'), ('b', 'O')], 'fortran_order': False, 'shape': (40,)}"),
    "dates": npy_header("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (40,)}"),
    "complex": npy_header("{'descr': '<c16', 'fortran_order': False, 'shape': (40, 4, 3)}"),
    "deep": npy_header("(" * 5000),
    "long": npy_header("1" * 60_000),
    "longer": npy_header("{'descr':" + " " * 200_000, (2, 0)),
    "claimed length": npy_header("{}", (2, 0), 2**32 - 1),
    "a call": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': __import__('os').abort()}"),
    "version 3": npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (40, 4, 3)}", (3, 0)),
    "nothing": npy_header(""),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("place", ["X_train", "y_train"])
def test_npy_headers(tmp_path: Path, header: bytes, packed: bool, place: str) -> None:
    parts = {**npy_files(), f"{place}.npy": header + TRAIN[0].tobytes()}
    path = KINDS["npy, then npz" if packed else "npy"].write(tmp_path / "in", parts)
    with little_memory(path.parent):
        assert opened_or_refused(path) is None


MUCH = 300 * 2**20


def zeros(head: bytes, wbits: int) -> bytes:
    """Return `head` and a large number of zeros, compressed a thousand times."""
    packer = zlib.compressobj(1, zlib.DEFLATED, wbits)
    block = bytes(2**20)
    return b"".join([packer.compress(head), *(packer.compress(block) for _ in range(MUCH // 2**20)), packer.flush()])


@pytest.fixture(scope="module")
def gzip_bomb() -> bytes:
    return zeros(idx_header(MUCH // 2**16, 2**8, 2**8), 31)


@pytest.mark.parametrize(
    "name", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "a.csv.gz", "a.csv", "a.npz"]
)
def test_gzip_bombs(tmp_path: Path, gzip_bomb: bytes, name: str) -> None:
    parts = {**gzipped(idx_files()), name: gzip_bomb} if "ubyte" in name else {name: gzip_bomb}
    folder = Kind(dict).write(tmp_path / "in", parts)
    with little_memory(folder):
        assert opened_or_refused(folder / name) is None


@pytest.mark.parametrize("claimed", [MUCH, N_TRAIN * 12 + 128, 2**32 - 1])
def test_zip_bombs(tmp_path: Path, claimed: int) -> None:
    head = npy_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({MUCH // 2**16}, 256, 256)}}")
    packed = zeros(head, -15)
    names = [b"X_train.npy", b"y_train.npy"]
    local = b"".join(
        struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), claimed, len(name), 0) + name + packed
        for name in names
    )
    starts = [0, 30 + 11 + len(packed)]
    central = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(packed), claimed, 11, 0, 0, 0, 0, 0, start)
        + name
        for name, start in zip(names, starts, strict=True)
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(central), len(local), 0)
    path = Kind(dict, opened="a.npz").write(tmp_path / "in", {"a.npz": local + central + end})
    with little_memory(path.parent):
        assert opened_or_refused(path) is None


TABLES = {
    "one endless line": b"1," * 300_000,
    "one endless cell": b"label,a,b,c,d\n" + b"1" * 3_000_000,
    "a number of 5,000 digits": b"label,a,b,c,d\n" + b"1,2,3,4," + b"9" * 5000 + b"\n0,1,2,3,4\n",
    "a label of 5,000 digits": (b"9" * 5000 + b",1,2,3,4\n0,1,2,3,4\n") * 9,
    "beyond floats": b"0,1,2,3,1e400\n1,2,3,4,5\n" * 9,
    "not numbers": b"0,1,2,3,nan\n1,2,inf,4,5\n" * 9,
    "only commas": b",,,,\n" * 100,
    "only ends of lines": b"\n" * 100_000,
    "only quotes": b'"' * 10_001,
    "a quote never closed": b'0,1,2,3,"4\n' + b"1,2,3,4,5\n" * 1000,
    "old Macintosh": b"0,1,2,3,4\r1,2,3,4,5\r" * 9,
    "UTF-16": "0,1,2,3,4\n1,2,3,4,5\n".encode("utf-16") * 9,
    "zero bytes": b"0,1,2,3,\0\n1,2,3,4,5\n" * 9,
    "other digits": "0,١,٢,٣,٤\n1,²,³,4,5\n".encode() * 9,
    "names of pixels that lie": b"label,2147483648x2147483648,1x1,1x2,9999999999999999999999x1\n0,1,2,3,4\n1,2,3,4,5\n",
    "a header of digits": b"label," + b"1x" + b"9" * 5000 + b",b,c,d\n0,1,2,3,4\n1,2,3,4,5\n",
    "too many classes": b"".join(b"%d,1,2,3,4\n" % i for i in range(1001)),
    "control letters": b"\x1b[31m0\x07,1,2,3,4\n\x1b1,2,3,4,5\n" * 9,
    "a formula": b"=cmd|' /C calc'!A0,1,2,3,4\n@b,2,3,4,5\n" * 9,
}


@pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_tables(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = Kind(dict, opened=f"a{suffix}").write(tmp_path / "in", {f"a{suffix}": data})
    with little_memory(path.parent):
        opened_or_refused(path)


@pytest.mark.parametrize(
    "name", ["\x1b[31m", "a\nb", "%s{0}", "'; --", "-rf", "~", "ab" * 100, "\u202eright", "\U0001f600"]
)
def test_names_of_folders(tmp_path: Path, name: str) -> None:
    parts = {
        f"{folder}/a.png": data for folder, data in zip((name, "b"), pictures("PNG", ".png").values(), strict=False)
    }
    try:
        folder = Kind(dict).write(tmp_path / name, parts)
    except OSError:
        pytest.skip("this system has no such names")
    data = opened_or_refused(folder)
    assert data is None or data.n_classes == 2
