"""McNemar's exact test: whether two classifiers differ by more than chance on the same samples."""

from __future__ import annotations

import math


def mcnemar(fixed: int, introduced: int) -> float:
    """Return how likely it is that two equally good classifiers differ so much, or more, in either direction.

    Samples that both get right, or both get wrong, say nothing of which is better. If neither is, each of the others
    is as likely to be wrong in the first as in the second: a coin is thrown for each. This is the exact binomial test
    of it, two-sided [1]_.

    Parameters
    ----------
    fixed : int
        Samples that only the first classifies wrongly.
    introduced : int
        Samples that only the second classifies wrongly.

    Returns
    -------
    float
        In (0, 1], 0 where it is too small for a float; 1 without any such sample.

    References
    ----------
    .. [1] Q. McNemar, Note on the sampling error of the difference between correlated proportions or percentages,
       Psychometrika 12 (1947) 153–157.
    """
    n, fewer = fixed + introduced, min(fixed, introduced)
    ways = math.lgamma(n + 1) - n * math.log(2)  # the logarithm: for many samples the ways themselves are no float
    tail = math.fsum(math.exp(ways - math.lgamma(k + 1) - math.lgamma(n - k + 1)) for k in range(fewer + 1))
    return min(1.0, 2 * tail)
