"""Taking turns: a file that one program at a time can hold, and that is free again when the program ends or dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

_ASKED_EVERY: Final = 0.2  # seconds


@contextmanager
def turn(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the file at `path` during the block.

    Parameters
    ----------
    path : Path
        The file that stands for the turn; it is made if it is missing, and stays.
    waiting : callable
        Called several times a second while another program or thread has the turn; may raise to give up.

    Raises
    ------
    OSError
        If the file cannot be made.
    """
    with path.open("ab") as file:
        while not _take(file):
            waiting()
            time.sleep(_ASKED_EVERY)
        yield  # closing the file ends the turn


if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _take(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some network drives have no locks, and few have two programs at work
            return True
        return True
