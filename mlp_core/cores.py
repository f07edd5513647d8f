"""Whether the machine can do two things at once."""

from __future__ import annotations

import os
from functools import cache


@cache
def has_second_core() -> bool:
    """Return whether this process may use more than one processor core."""
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0)) > 1
    return (os.cpu_count() or 1) > 1
