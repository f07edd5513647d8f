"""How pixels are scaled before the network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

AT_ONCE: Final = 2**20  # pixels: sums of squares need eight bytes each


@dataclass(frozen=True, slots=True)
class Scaling:
    """Pixels as input activations: ``((x - black) / (white - black) - centre) * factor``.

    Attributes
    ----------
    name : str
        A key of `SCALINGS`.
    centre : float
        The share of white, 0 to 1, that becomes 0.
    factor : float
        What one, from black to white, becomes.
    """

    name: str
    centre: float
    factor: float

    def __call__(self, pixels: NDArray[Any], low: float, high: float) -> NDArray[np.float64]:
        """Return `pixels` scaled, in float64; `low` and `high` stand for black and white."""
        return ((pixels.astype(np.float64) - low) / (high - low) - self.centre) * self.factor


LECTURE: Final = Scaling("lecture", 0.5, 2.0)
UNIT: Final = Scaling("unit", 0.0, 1.0)
SCALINGS: Final = {
    "lecture": "from −1 to 1, as the lecture does: ((x / 255) − 0.5) · 2",
    "unit": "from 0 to 1: x / 255",
    "standardised": "mean 0 and standard deviation 1 over all pixels of the training images",
}

SHORT: Final = {"lecture": "−1 to 1", "unit": "0 to 1", "standardised": "standardised"}


def scaling_of(name: str, X: NDArray[Any], pixel_range: tuple[float, float]) -> Scaling:
    """Return the scaling called `name`.

    Parameters
    ----------
    name : str
        A key of `SCALINGS`.
    X : ndarray, shape (n_samples, n_features)
        The training images' pixels, from which mean and standard deviation are taken.
    pixel_range : tuple of float
        The pixel values that stand for black and white.

    Raises
    ------
    KeyError
        If there is no scaling of that name.
    """
    if name == "standardised":
        return _standardised(X, *pixel_range)
    return {"lecture": LECTURE, "unit": UNIT}[name]


def _standardised(X: NDArray[Any], low: float, high: float) -> Scaling:
    pixels = X.reshape(-1)
    total = squares = 0.0
    for start in range(0, pixels.size, AT_ONCE):
        block = UNIT(pixels[start : start + AT_ONCE], low, high)
        total += float(block.sum())
        squares += float(block @ block)
    mean = total / pixels.size
    variance = squares / pixels.size - mean**2
    return Scaling("standardised", mean, 1 / variance**0.5 if variance > 1e-12 else 1.0)  # all pixels may be equal
