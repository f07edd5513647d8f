"""How many things the machine can do at once."""

from __future__ import annotations

import os
from functools import cache


@cache
def n_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_second_core() -> bool:
    """Return whether this process may use more than one processor core."""
    return n_cores() > 1
