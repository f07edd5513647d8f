from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlp_core.datasets.npy_format import read_elements, read_header
from mlp_core.errors import DataError

HERE = Path("here")


def stored(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def read(data: bytes, rows: Any = None, **options: Any) -> Any:
    stream = io.BytesIO(data)
    header = read_header(HERE, "X", stream, len(data), texts=True)
    return read_elements(HERE, "X", stream, header, rows, **options)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["?", "u1", "<i8", ">i4", "<f2", ">f8", "longdouble", "<U3", ">U3", "S2"])
@pytest.mark.parametrize("shape", [(6, 2, 2), (6,), (1, 4)])
def test_arrays_as_they_were_stored(shape: tuple[int, ...], dtype: str, order: Any) -> None:
    array = np.asarray((np.arange(np.prod(shape)) % 9).reshape(shape).astype(dtype), order=order)
    found = read(stored(array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype.isnative
    assert not found.flags.writeable
    rows = np.array([0]) if len(array) == 1 else np.array([1, 4])
    np.testing.assert_array_equal(read(stored(array), rows), array[rows])
    np.testing.assert_array_equal(read(stored(array), rows, passes_over=True), array[rows])


def test_a_number_by_itself_and_no_elements() -> None:
    assert read(stored(np.float64(3))) == 3
    assert read(stored(np.zeros((0, 4)))).shape == (0, 4)
    assert read(stored(np.zeros((4, 0)))).shape == (4, 0)


def test_a_header_says_how_much_it_takes() -> None:
    data = stored(np.zeros((6, 2, 3), np.float32))
    header = read_header(HERE, "X", io.BytesIO(data), len(data))
    assert (header.shape, header.n_bytes, header.row_bytes) == ((6, 2, 3), 144, 24)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (stored(np.zeros(3))[:-1], "24 bytes, but 23 are there"),
        (stored(np.zeros(3)) + b"\0", "24 bytes, but 25 are there"),
        (stored(np.array([None])), "Python objects"),
        (stored(np.zeros(3, complex)), "holds complex128"),
        (stored(np.array(["a"])).replace(b"a\0\0\0", b"\xff\xff\xff\xff"), "letters that do not exist"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", r"4,294,967,295 bytes long"),
        (b"\x93NUMPY\x03\x00\x01\x00\x00\x00{", "no readable NumPy header"),
        (b"", "no readable NumPy header"),
    ],
)
def test_arrays_that_cannot_be_right(data: bytes, message: str) -> None:
    tracemalloc.start()
    with pytest.raises(DataError, match=message):
        read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_texts_only_where_they_are_expected() -> None:
    data = stored(np.array(["a", "b"]))
    with pytest.raises(DataError, match="holds <U1, numbers were expected"):
        read_header(HERE, "X", io.BytesIO(data), len(data))


def test_elements_that_end_early() -> None:
    data = stored(np.zeros(3))
    stream = io.BytesIO(data[:-1])
    header = read_header(HERE, "X", stream, len(data))
    with pytest.raises(DataError, match="cut short: 24 bytes expected, 23 found"):
        read_elements(HERE, "X", stream, header)
