"""One array in NumPy's .npy format, from a file or archive that need not be trusted."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mlp_core.datasets.rows import read_rows
from mlp_core.datasets.wording import brief
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

MAGIC: Final = b"\x93NUMPY"
_LONGEST_HEADER: Final = 10_000  # bytes
_LAST_LETTER: Final = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Header:
    """What is said of an array before its elements come.

    Attributes
    ----------
    shape : tuple of int
    fortran_order : bool
        Whether the first index counts fastest.
    dtype : dtype
    """

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]

    @property
    def n_bytes(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def row_bytes(self) -> int:
        """Bytes of all elements that have the first index in common."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize


def read_header(path: Path, name: str, stream: IO[bytes], size: int, *, texts: bool = False) -> Header:
    """Read the header of an array, and compare what it says with what is there.

    Parameters
    ----------
    path : Path
        What an error names.
    name : str
        What the array is called.
    stream : file
        At the beginning of the array; afterwards at its first element.
    size : int
        Bytes of header and elements together.
    texts : bool
        Whether elements may be texts.

    Raises
    ------
    DataError
        If it is no array of numbers (or texts), or of another size than it says. Nothing is unpickled.
    """
    try:
        begin = stream.read(len(MAGIC) + 2)
        version = npy.read_magic(io.BytesIO(begin))  # type: ignore[no-untyped-call,unused-ignore]
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version}")
        length = stream.read(2 if version == (1, 0) else 4)
        n_bytes = int.from_bytes(length, "little")
        if n_bytes > _LONGEST_HEADER:  # NumPy would take memory for them before it looks
            raise ValueError(f"{n_bytes:,} bytes long")
        text = io.BytesIO(length + stream.read(n_bytes))
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        header = Header(*read(text))  # type: ignore[no-untyped-call,unused-ignore]
    except (OSError, MemoryError, zipfile.BadZipFile):
        raise
    except Exception as error:  # the header is a Python literal, and parsing one fails in many ways
        raise DataError(path, f"{name} has no readable NumPy header ({brief(error)}). Save it again.") from error
    if header.dtype.hasobject:
        raise DataError(path, f"{name} holds Python objects, which could run code. Store it as an array of numbers.")
    if header.dtype.kind not in ("biufUS" if texts else "biuf"):
        raise DataError(
            path, f"{name} holds {brief(header.dtype)}, numbers were expected. Store it as integers or floats."
        )
    found = size - stream.tell()
    if any(length < 0 for length in header.shape) or header.n_bytes != found:
        raise DataError(
            path,
            f"{name} says it has shape {brief(header.shape)} of {header.dtype}, {brief(header.n_bytes)} bytes, but "
            f"{found:,} are there. Make or download the file again.",
        )
    return header


def read_elements(
    path: Path,
    name: str,
    stream: IO[bytes],
    header: Header,
    rows: NDArray[np.intp] | None = None,
    progress: Progress = untold,
    *,
    passes_over: bool = False,
) -> NDArray[Any]:
    """Read the elements of an array behind its header.

    Parameters
    ----------
    path, name, stream
        As for `read_header`.
    header : Header
    rows : ndarray of intp, optional
        Which to keep, ascending indices; all by default.
    progress : callable
        See `mlp_core.progress`.
    passes_over : bool
        See `read_rows`.

    Returns
    -------
    ndarray
        Read-only, in the machine's byte order.

    Raises
    ------
    DataError
        If the elements end early, or a text has a letter that is none.
    """
    n, row_bytes = (header.shape[0], header.row_bytes) if header.shape else (1, header.n_bytes)
    whole = header.fortran_order and len(header.shape) > 1
    data, found = read_rows(
        stream,
        n,
        row_bytes,
        None if whole else rows,
        lambda share: progress(f"Reading {name}", share),
        passes_over=passes_over,
    )
    if found != header.n_bytes:
        raise DataError(
            path, f"{name} is cut short: {header.n_bytes:,} bytes expected, {found:,} found. Make the file again."
        )
    stream.read(1)  # at the end an archive compares its checksum
    array: NDArray[Any]
    if whole:
        array = np.frombuffer(data, header.dtype).reshape(header.shape, order="F")
        array = array if rows is None else array[rows]
    else:
        array = np.frombuffer(data, header.dtype)
        array = array.reshape(header.shape if rows is None else (len(rows), *header.shape[1:]))
    with np.errstate(all="ignore"):
        if header.dtype.kind == "f" and header.dtype.itemsize > 8:  # long doubles
            array = array.astype(np.float64)
        elif not header.dtype.isnative:
            array = array.astype(header.dtype.newbyteorder("="))
    if header.dtype.kind == "U" and array.size and header.dtype.itemsize:
        codes = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
        if codes.max() > _LAST_LETTER:
            raise DataError(path, f"{name} holds texts with letters that do not exist. Make the file again.")
    array.flags.writeable = False
    return array
