"""What is made of a curve before it is drawn: smoothed, thinned to the screen, and the range it is shown in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARE_NEEDED: Final = 0.9  # of a run's points: the worst tenth does not decide how much is shown
FEWEST: Final = 4  # points of a run before one of them can count as an exception
REACH: Final = 4.0  # what lies further out is cut off, in spans of what most points of most runs need


def smoothed(values: Floats, weight: float) -> Floats:
    """Return the exponential moving average of `values`, corrected for its start as Adam's moments are.

    Parameters
    ----------
    values : ndarray, shape (n,)
        All finite.
    weight : float
        Of what came before, from 0 (`values` themselves) to less than 1.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", section 3.
    """
    if weight == 0:
        return values
    mean, share = 0.0, 1.0
    means = []
    for value in values.tolist():
        mean = weight * mean + (1 - weight) * value
        share *= weight
        means.append(mean / (1 - share))
    return np.array(means)


def thinned(x: Floats, y: Floats, n_bins: int) -> tuple[Floats, Floats]:
    """Return the lowest and the highest point of each of `n_bins` stretches, in the order of `x`.

    Peaks stay where they are, and a line through the points looks as one through all of them if a stretch is not
    wider than a pixel. Up to two points a stretch, all points are returned.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
    n_bins : int
        At least 1. Each stretch has as many points as any other, or one more.
    """
    n = len(y)
    if n <= 2 * n_bins:
        return x, y
    starts = np.arange(n_bins) * n // n_bins
    stretch = np.repeat(np.arange(n_bins), np.diff(starts, append=n))
    order = np.lexsort((y, stretch))  # within each stretch from its lowest to its highest
    lowest, highest = order[starts], order[np.append(starts[1:], n) - 1]
    keep = np.unique(np.concatenate((lowest, highest, [0, n - 1])))
    return x[keep], y[keep]


def robust_range(curves: Sequence[Floats], worse_above: bool) -> tuple[float, float]:
    """Return the range to show: what most points of most runs need, and what else lies near it.

    The better end always shows all. The other is fenced: no first epoch with a huge cost moves it further than `REACH`
    times the span from the best to what at least half of the runs need, and a run that needs more does not move it.

    Parameters
    ----------
    curves : sequence of ndarray, shape (n,)
        Finite heights of the runs that may decide; empty ones are passed over.
    worse_above : bool
        Whether high is bad, as of a cost.

    Returns
    -------
    tuple of float
        The lower and the upper end, alike if all heights are; 0 and 1 if there are none.
    """
    sign = 1.0 if worse_above else -1.0
    heights = [np.sort(sign * each) for each in curves if each.size]
    if not heights:
        return 0.0, 1.0
    best = min(each[0] for each in heights)
    needed = [each[-1 - _exceptions(each.size)] for each in heights]
    typical = sorted(needed)[len(needed) // 2]
    fence = typical + REACH * (typical - best)
    inside = [each for each, need in zip(heights, needed, strict=True) if need <= fence]
    worst = max(each[np.searchsorted(each, fence, side="right") - 1] for each in inside)
    low, high = sorted((float(sign * best), float(sign * worst)))
    return low, high


def _exceptions(n: int) -> int:
    """Return how many of `n` points need not be shown."""
    return max(round((1 - SHARE_NEEDED) * n), 1) if n >= FEWEST else 0
