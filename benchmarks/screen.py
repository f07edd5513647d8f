"""A virtual X display of its own, whose pixels can be looked at."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1920, 1080
PATIENCE: Final = 60.0  # seconds that anything may take; many times what it does take
POLL: Final = 0.002
EVERY: Final = 40  # one pixel in so many, across and down, tells whether a window covers the screen
COVERED: Final = 0.9  # share of the pixels looked at


class Screen:
    """What an Xvfb shows.

    Parameters
    ----------
    display : str
        As in DISPLAY.
    frame : Path
        The file in which the server keeps its pixels, in the format of the tool xwd.
    """

    def __init__(self, display: str, frame: Path) -> None:
        self.display = display
        data = np.memmap(frame, np.uint8, "r")
        size, width, height, bits, stride, colours = (int(data[4 * i : 4 * i + 4].view(">u4")[0]) for i in _FIELDS)
        if (width, height, bits) != (WIDTH, HEIGHT, 32):
            raise RuntimeError(f"Xvfb gave {width}×{height} pixels of {bits} bits")
        start = size + 12 * colours
        rows = data[start : start + stride * height].reshape(height, stride)[EVERY // 2 :: EVERY, : 4 * width]
        self._pixels = rows.view(np.uint32)[:, EVERY // 2 :: EVERY]
        self._empty = self._look()

    def covered(self) -> bool:
        """Return whether a window has been painted over the whole screen."""
        return bool(np.mean(self._look() != self._empty) >= COVERED)

    def wait_until(self, covered: bool, process: subprocess.Popen[bytes] | None = None) -> None:
        """Wait until a window covers the screen, or until none does.

        Raises
        ------
        TimeoutError
            If it takes longer than `PATIENCE`.
        RuntimeError
            If `process`, from which the window is to come, ends before.
        """
        deadline = time.monotonic() + PATIENCE
        while self.covered() is not covered:
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"the program ended with {process.returncode} before its window was painted")
            if time.monotonic() > deadline:
                raise TimeoutError("the window was not painted" if covered else "the window did not go away")
            time.sleep(POLL)

    def _look(self) -> NDArray[np.uint32]:
        return np.bitwise_and(self._pixels, np.uint32(0xFFFFFF))  # the highest byte is no colour


_FIELDS: Final = (0, 4, 5, 11, 12, 19)  # header size, width, height, bits a pixel, bytes a row, colours


@contextmanager
def virtual_screen(folder: Path) -> Iterator[Screen]:
    """Run an Xvfb on a display number that nobody uses; it ends with the block.

    Parameters
    ----------
    folder : Path
        Where it may put its files.
    """
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder)]
    with ExitStack() as stack:
        stack.callback(os.close, reader)
        log = stack.enter_context((folder / "xvfb.log").open("wb"))
        try:
            process = subprocess.Popen(
                [*command, "-noreset", "-nolisten", "tcp"], pass_fds=[writer], stdout=log, stderr=log
            )
        finally:
            os.close(writer)
        stack.callback(end, process)
        number = _line(reader)
        if not number:
            raise RuntimeError(f"Xvfb did not start:\n{(folder / 'xvfb.log').read_text('utf-8')}")
        yield Screen(f":{number}", folder / "Xvfb_screen0")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and end it when it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _line(reader: int) -> str:
    """Return the line that comes through a pipe; empty when it is closed first or takes too long."""
    text, deadline = b"", time.monotonic() + PATIENCE
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        if not ready or not (part := os.read(reader, 64)):
            return ""
        text += part
    return text.decode().strip()
