"""The IDX format of the MNIST files: a magic number, the sizes, then one byte a pixel or label."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mlp_core.datasets.files import open_file, reading, unpacked_limit
from mlp_core.datasets.rows import read_rows
from mlp_core.datasets.splits import check_image_shape
from mlp_core.datasets.wording import brief
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = b"\0\0\x08"


@dataclass(frozen=True, slots=True)
class _Kind:
    what: str
    n_dims: int

    @property
    def magic(self) -> bytes:
        return _UNSIGNED_BYTES + bytes([self.n_dims])


_LABELS = _Kind("labels", 1)
_IMAGES = _Kind("images", 3)


def is_idx(path: Path) -> bool:
    """Return whether a file begins as an IDX file of images or labels does, unpacked if need be.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        if magic[:2] == _GZIP:
            file.seek(0)
            try:
                with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                    magic = unpacked.read(4)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return False
    return magic in (_IMAGES.magic, _LABELS.magic)


def images_shape(path: str | Path) -> tuple[int, int, int]:
    """Return number, height and width of the images of an IDX file, from its header.

    Raises
    ------
    DataError
        As from `read_images`, but for what only reading tells; a header that claims more than can be there is refused.
    """
    n, height, width = _shape(Path(path), _IMAGES)
    return n, height, width


def n_labels(path: str | Path) -> int:
    """Return the number of labels in an IDX file, from its header.

    Raises
    ------
    DataError
        As from `images_shape`.
    """
    return _shape(Path(path), _LABELS)[0]


def read_images(
    path: str | Path, rows: NDArray[np.intp] | None = None, progress: Progress = untold
) -> NDArray[np.uint8]:
    """Read the images of an IDX file, gzip-compressed or not.

    Parameters
    ----------
    path : str or Path
        The file; whether it is compressed is told by its content.
    rows : ndarray of intp, optional
        Which images to keep, ascending indices; all by default.
    progress : callable
        See `mlp_core.progress`.

    Returns
    -------
    ndarray of uint8, shape (n, height, width)
        Grey values, 0 background to 255 ink, read-only.

    Raises
    ------
    DataError
        If the file cannot be read, is no IDX file of images, or is shorter or longer than its header says.
    """
    return _read(Path(path), _IMAGES, rows, progress)


def read_labels(path: str | Path) -> NDArray[np.uint8]:
    """Read the labels of an IDX file, gzip-compressed or not.

    Parameters
    ----------
    path : str or Path
        The file; whether it is compressed is told by its content.

    Returns
    -------
    ndarray of uint8, shape (n,)
        Class of each image, read-only.

    Raises
    ------
    DataError
        If the file cannot be read, is no IDX file of labels, or is shorter or longer than its header says.
    """
    return _read(Path(path), _LABELS)


def _read(
    path: Path, kind: _Kind, rows: NDArray[np.intp] | None = None, progress: Progress = untold
) -> NDArray[np.uint8]:
    with _opened(path) as (stream, size, packed):
        shape = _checked_shape(path, stream, kind, size, packed)
        data, found = read_rows(
            stream,
            shape[0],
            math.prod(shape[1:]),
            rows,
            lambda share: progress(f"Reading {path.name}", share),
            passes_over=not packed,
        )
        # One byte past the end: it tells trailing bytes, and makes gzip compare its checksum.
        _check_length(path, kind, shape, found + len(stream.read(1)), at_least=True)
    array = np.frombuffer(data, np.uint8).reshape(-1, *shape[1:])
    array.flags.writeable = False
    return array


def _shape(path: Path, kind: _Kind) -> tuple[int, ...]:
    with _opened(path) as (stream, size, packed):
        return _checked_shape(path, stream, kind, size, packed)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO | gzip.GzipFile, int, bool]]:
    with reading(path), open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        packed = file.read(2) == _GZIP
        file.seek(0)
        if not packed:
            yield file, size, packed
            return
        try:
            # GzipFile reads ahead in small blocks: what is unpacked is bounded by what is asked for.
            with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                yield unpacked, size, packed
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                path, f"its gzip compression is damaged or cut short ({brief(error)}). Download the file again."
            ) from error


def _checked_shape(
    path: Path, stream: BinaryIO | gzip.GzipFile, kind: _Kind, size: int, packed: bool
) -> tuple[int, ...]:
    """Read the header, and compare what it claims with the bytes of the file."""
    shape = _read_shape(path, stream, kind)
    if not packed:
        _check_length(path, kind, shape, size - _header_bytes(kind))
    elif math.prod(shape) > unpacked_limit(size):
        raise DataError(
            path,
            f"its header says {_sizes(shape)} {kind.what}, {math.prod(shape):,} bytes, but the compressed file has "
            f"only {size:,} bytes: it cannot be right. Download the file again.",
        )
    return shape


def _read_shape(path: Path, stream: BinaryIO | gzip.GzipFile, kind: _Kind) -> tuple[int, ...]:
    magic = stream.read(4)
    for other in (_IMAGES, _LABELS):
        if magic == other.magic and other != kind:
            raise DataError(
                path,
                f"{kind.what} were expected, but this file holds {other.what}. Have two files been swapped or renamed?",
            )
    if magic != kind.magic:
        raise DataError(
            path,
            f"this is no IDX file of {kind.what}: it should begin with the bytes {kind.magic.hex(' ')}, "
            f"but begins with {magic.hex(' ') or 'nothing'}. Download the file again.",
        )
    sizes = stream.read(4 * kind.n_dims)
    if len(sizes) < 4 * kind.n_dims:
        raise DataError(
            path,
            f"the file ends inside its header: {_header_bytes(kind)} bytes were expected, "
            f"{4 + len(sizes)} found. Download the file again.",
        )
    shape = struct.unpack(f">{kind.n_dims}I", sizes)
    if shape[0] == 0:
        raise DataError(path, f"it holds no {kind.what}. At least one was expected; use another file.")
    if kind is _IMAGES:
        check_image_shape(path, *shape[1:])
    return shape


def _check_length(path: Path, kind: _Kind, shape: tuple[int, ...], found: int, *, at_least: bool = False) -> None:
    expected = math.prod(shape)
    if found == expected:
        return
    if found < expected:
        what, amount = "cut short", f"{found:,}"
    else:
        what, amount = "too long", f"more than {expected:,}" if at_least else f"{found:,}"
    raise DataError(
        path,
        f"the file is {what}: its header says {_sizes(shape)} {kind.what}, so {expected:,} bytes were expected after "
        f"it, but there are {amount}. Download the file again.",
    )


def _header_bytes(kind: _Kind) -> int:
    return 4 + 4 * kind.n_dims


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(f"{size:,}" for size in shape)
