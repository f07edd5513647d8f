"""A process that measures itself: it is given orders and answers them, one JSON line each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.screen import end

ROOT: Final = Path(__file__).parents[1]
BEAT: Final = 0.005  # seconds between two beats of the window's heart
# What would let the user's own desktop or settings in, or keep compiled modules from being kept.
FOREIGN: Final = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "PYTHONDONTWRITEBYTECODE")


class ProbeError(Exception):
    """The process that was to measure could not; the text is its own."""


class Probe:
    """The running process.

    Parameters
    ----------
    process : Popen
    errors : Path
        The file that its standard error goes to.
    """

    def __init__(self, process: subprocess.Popen[bytes], errors: Path) -> None:
        self._process = process
        self._errors = errors
        self.listen()

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order and return the answer.

        Raises
        ------
        ProbeError
            If it failed, or the process has ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return self.listen()

    def listen(self) -> dict[str, Any]:
        """Return the next answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise ProbeError(self._errors.read_text("utf-8").strip() or f"it ended with {self._process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ProbeError(answer["error"])
        return answer

    def resident_mb(self) -> float:
        """Return the memory that the process holds, in MB of 10⁶ bytes."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def probe(module: str, arguments: Sequence[str], env: Mapping[str, str], errors: Path) -> Iterator[Probe]:
    """Run ``python -m module``; it ends with the block.

    Parameters
    ----------
    module : str
    arguments : sequence of str
    env : mapping of str to str
    errors : Path
        A file for its standard error.
    """
    with (
        errors.open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process,
    ):
        try:
            yield Probe(process, errors)
        finally:
            end(process)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return this process's environment without its desktop, and with `home` for files and settings."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(("QT_", "XDG_"))
    }
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
    return ours | folders | {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8"} | more


def speed_of(ends: Sequence[tuple[int, float]]) -> float:
    """Return epochs a second from the first to the last of some (epoch, time in seconds at its end).

    Both sides are timed so, by the arrival of an epoch's figures: what begins and ends a run is left out, and all that
    goes on in between is in it, be it between two steps or in another thread. An epoch's own `seconds` would leave out
    just what the window adds.
    """
    (first, started), (last, ended) = ends[0], ends[-1]
    return (last - first) / (ended - started)
