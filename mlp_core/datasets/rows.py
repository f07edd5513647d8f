"""Which samples of a large file are kept, and reading them without holding the others."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

_BLOCK: Final = 2**20  # bytes read at once
_SEARCHED: Final = 2**16  # bytes read at once where most are passed over
_SEED: Final = 1


class Stream(Protocol):
    """What is read from: a file, or what unpacks one; a read comes up short only at the end."""

    def read(self, n: int, /) -> bytes:
        """Return the next `n` bytes, or fewer at the end."""

    def seek(self, offset: int, whence: int, /) -> int:
        """Move; not called but where `read_rows` is told that it is cheap."""


def spaced(n: int, at_most: int) -> NDArray[np.intp]:
    """Return which of `n` samples to keep where at most `at_most`, one or more, are wanted.

    They are spread evenly, one in each of `at_most` stretches. In its stretch each is drawn: every tenth sample of a
    file that counts 0 to 9 over and over would be of one class. The draw is the same each time.

    Returns
    -------
    ndarray of intp, shape (min(n, at_most),)
        Ascending.
    """
    if at_most >= n:
        return np.arange(n, dtype=np.intp)
    # NumPy 1's own choice is int32 on Windows: the product would overflow, and other samples would be drawn.
    borders = np.arange(at_most + 1, dtype=np.int64) * n // at_most
    return np.random.RandomState(_SEED).randint(borders[:-1], borders[1:], dtype=np.int64).astype(np.intp)


def shared_out(at_most: int | None, *counts: int) -> tuple[NDArray[np.intp] | None, ...]:
    """Return which samples to keep of several splits of `counts` samples, each in its share.

    Returns
    -------
    tuple of ndarray or None
        As from `spaced`, at least one sample of each; None, once for each split, where all are kept.
    """
    total = sum(counts)
    if at_most is None or at_most >= total:
        return (None,) * len(counts)
    return tuple(spaced(n, max(1, at_most * n // total)) for n in counts)


def n_kept(n: int, rows: NDArray[np.intp] | None) -> int:
    """Return how many of `n` samples are kept."""
    return n if rows is None else len(rows)


def read_rows(
    stream: Stream,
    n: int,
    row_bytes: int,
    rows: NDArray[np.intp] | None,
    tell: Callable[[float], None],
    *,
    passes_over: bool = False,
) -> tuple[bytearray, int]:
    """Read `n` rows of bytes, and keep some or all.

    Memory grows with what is really there, never with what a header claims.

    Parameters
    ----------
    stream : Stream
        At its first row; afterwards behind the last.
    n : int
    row_bytes : int
        Bytes of a row.
    rows : ndarray of intp or None
        Which to keep, ascending; None keeps all.
    tell : callable
        Told the share that is read, 0 to 1.
    passes_over : bool
        Whether the stream can pass over rows without reading them, as a plain file can.

    Returns
    -------
    kept : bytearray
    found : int
        Bytes that were there: fewer than ``n * row_bytes`` if the stream ended early.
    """
    kept, found = bytearray(), 0
    passes_over = passes_over and rows is not None
    block = max(1, (_SEARCHED if passes_over else _BLOCK) // max(1, row_bytes))
    for start in range(0, n if row_bytes else 0, block):
        stop = min(start + block, n)
        first, last = (0, 0) if rows is None else np.searchsorted(rows, (start, stop)).tolist()
        if passes_over and first == last:
            stream.seek((stop - start) * row_bytes, os.SEEK_CUR)
            found += (stop - start) * row_bytes
            continue
        chunk = stream.read((stop - start) * row_bytes)
        found += len(chunk)
        if rows is None:
            kept += chunk
        else:
            for row in (rows[first:last] - start).tolist():
                kept += chunk[row * row_bytes : (row + 1) * row_bytes]
        tell(stop / n)
        if len(chunk) < (stop - start) * row_bytes:
            break
    return kept, found
