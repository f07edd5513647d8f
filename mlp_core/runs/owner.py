"""Which process a run belongs to, and whether it is still there."""

from __future__ import annotations

import functools
import os
import platform
import sys
from dataclasses import dataclass
from typing import Final

import psutil

_TOLERANCE: Final = 2.0  # seconds: what the system says of one start differs a little from time to time


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from a later one with the same number.

    Attributes
    ----------
    host : str
        Name of its machine.
    pid : int
    started : float
        When it started, in seconds: on Linux since the machine did, where the clock is part of any other time and
        may be set; elsewhere since 1970.
    """

    host: str
    pid: int
    started: float

    def is_gone(self) -> bool:
        """Return whether the process has ended; of one on another machine this cannot be told: it has not."""
        if self == _process(os.getpid()):
            return False
        if self.host != platform.node():
            return False
        try:
            process = psutil.Process(self.pid)
            return process.status() == psutil.STATUS_ZOMBIE or abs(_started(process) - self.started) > _TOLERANCE
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:  # it is there, and another user's
            return False


def this_process() -> tuple[str, int, float]:
    """Return who we are: host, number and start."""
    owner = _process(os.getpid())
    return owner.host, owner.pid, owner.started


@functools.cache
def _process(pid: int) -> Owner:  # by its number: a forked process is another one
    return Owner(platform.node(), pid, _started(psutil.Process(pid)))


def _started(process: psutil.Process) -> float:
    booted = psutil.boot_time() if sys.platform == "linux" else 0.0
    return process.create_time() - booted
