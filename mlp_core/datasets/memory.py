"""Whether a data set fits into memory, told before it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

from mlp_core.errors import TooLargeError

KEPT_FREE: Final = 256 * 2**20  # bytes, for the program itself: window, network, curves
COPIES: Final = 2  # of the pixels as stored: while they are read, put in order or joined, there are two
BYTES_IN_TRAINING: Final = 8  # a pixel: the network is given float64


def check_fits(source: str | Path, n_samples: int, sample_bytes: int, n_features: int) -> None:
    """Refuse data that could not be read and trained on in the memory that is available now.

    Parameters
    ----------
    source : str or Path
        What an error names.
    n_samples : int
        Number of images to be kept.
    sample_bytes : int
        What the pixels of one take as they are stored, unpacked.
    n_features : int
        Pixels of an image.

    Raises
    ------
    TooLargeError
        With both sizes, and how many samples would fit.
    """
    one = COPIES * sample_bytes + BYTES_IN_TRAINING * n_features
    available = max(0, psutil.virtual_memory().available - KEPT_FREE)
    if n_samples * one <= available:
        return
    fits = available // one
    raise TooLargeError(
        source,
        f"to read and learn its {n_samples:,} samples would take about {in_words(n_samples * one)} of memory, but only "
        f"{in_words(available)} is free. About {fits:,} samples would fit: use a subset of that size, or close other "
        "programs.",
        fits,
    )


def in_words(n_bytes: int) -> str:
    """Return a number of bytes in MB, or in GB from a thousand of them."""
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:,.1f} GB"
