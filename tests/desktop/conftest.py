"""A screen of its own for each test, and the program on it as a process of its own.

The screen is an Xvfb that keeps its pixels in a file, so that a test sees what a user would see. There is no window
manager: a window gets the keyboard when it is told to.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage

WIDTH, HEIGHT = 1366, 768
PATIENCE: Final = 60.0  # seconds that anything may take; many times what it does take
POLL: Final = 0.05
TOOLS: Final = ("Xvfb", "xdotool")
# What would let the user's own desktop or settings into a test.
FOREIGN: Final = ("DISPLAY", "WAYLAND_DISPLAY", "MLP_VIZ_DATA", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS")

Pixels = NDArray[np.uint8]
T = TypeVar("T")


def wait_for(condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Return what `condition` gives once that is true, or fail the test."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(POLL)
    return value


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment, whose home conftest.py has moved, without a desktop."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(("QT_", "XDG_CURRENT", "XDG_SESSION"))
    }
    return ours | {"PYTHONFAULTHANDLER": "1", "LC_ALL": "C.UTF-8"} | more


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and whatever it started in its session."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(sign)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                continue


class Screen:
    """A virtual X display that shows its pixels.

    Parameters
    ----------
    process : Popen
        The running Xvfb.
    display : str
        As in DISPLAY.
    frame : Path
        The file that holds the pixels, in the format of the tool xwd.
    """

    def __init__(self, process: subprocess.Popen[bytes], display: str, frame: Path) -> None:
        self._process = process
        self.display = display
        self._frame = frame

    def picture(self) -> Pixels:
        """Return what the screen shows, shape (height, width, 3): red, green, blue."""
        data = self._frame.read_bytes()
        header = np.frombuffer(data, ">u4", 25)
        size, width, height, bits, stride, colours = (int(header[i]) for i in (0, 4, 5, 11, 12, 19))
        assert (width, height, bits) == (WIDTH, HEIGHT, 32)
        assert header[7] == 0, "the pixels are expected with their least byte first"
        rows = np.frombuffer(data, np.uint8, stride * height, size + 12 * colours).reshape(height, stride)
        return rows[:, : 4 * width].reshape(height, width, 4)[..., 2::-1]

    def xdotool(self, *arguments: str, check: bool = True) -> str:
        """Call xdotool on this display and return what it says; nothing if it fails and `check` is false."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env=environment(DISPLAY=self.display),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"xdotool {' '.join(arguments)}: {done.stderr.strip()}")
        return "" if done.returncode else done.stdout.strip()


class Program:
    """The running program and its window.

    Parameters
    ----------
    screen : Screen
    process : Popen
    stderr : Path
        The file that its standard error goes to.
    """

    def __init__(self, screen: Screen, process: subprocess.Popen[bytes], stderr: Path) -> None:
        self.screen = screen
        self.process = process
        self._stderr = stderr
        self.window = ""

    def stderr(self) -> str:
        """Return all that the program has written to its standard error."""
        return self._stderr.read_text("utf-8")

    def wait_for(self, condition: Callable[[], T], what: str) -> T:
        """Wait as the function does, and fail at once when the program ends meanwhile."""

        def alive_and_true() -> T:
            value = condition()
            if not value and self.process.poll() is not None:
                pytest.fail(f"ended with {self.process.returncode} before {what}:\n{self.stderr()}")
            return value

        try:
            return wait_for(alive_and_true, what)
        except pytest.fail.Exception as failure:
            pixels = np.ascontiguousarray(self.picture())
            path = self._stderr.with_name("screen.png")
            QImage(pixels.data, WIDTH, HEIGHT, 3 * WIDTH, QImage.Format.Format_RGB888).save(str(path))
            pytest.fail(f"{failure.msg}; what was seen then is in {path}")

    def find_window(self, name: str) -> str:
        """Return the id of the visible window with `name` in its title, once there is one; it gets the keyboard."""
        pid, window = str(self.process.pid), ""

        def found() -> str:
            matches = self.screen.xdotool(
                "search", "--all", "--onlyvisible", "--pid", pid, "--name", name, check=False
            ).split()
            return matches[-1] if matches else ""

        window = self.wait_for(found, f"a window named {name!r}")

        def focused() -> bool:
            self.screen.xdotool("windowfocus", window, check=False)
            return self.screen.xdotool("getwindowfocus", check=False) == window

        self.wait_for(focused, f"the keyboard to reach the window {name!r}")
        return window

    def title(self) -> str:
        """Return the main window's title."""
        return self.screen.xdotool("getwindowname", self.window)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their X names."""
        self.screen.xdotool("key", *keys)

    def click(self, x: int, y: int) -> None:
        """Click at a point of the screen, and take the mouse away so that no tooltip appears."""
        self.screen.xdotool("mousemove", "--sync", str(x), str(y), "click", "1", "mousemove", str(WIDTH - 1), "0")

    def picture(self) -> Pixels:
        """Return what the screen shows."""
        return self.screen.picture()

    def ended(self, seconds: float = PATIENCE) -> int:
        """Return the exit status, once the program has ended; nothing that it started may be left."""
        wait_for(lambda: self.process.poll() is not None, "the program's end", seconds)
        # It is the leader of its process group, which is gone when nobody is in it any more.
        with pytest.raises(ProcessLookupError):
            os.killpg(self.process.pid, 0)
        return int(self.process.returncode)


@pytest.fixture(scope="session")
def tools() -> None:
    """Skip where the tools are missing; but where CI is set they must be there."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        reason = f"{' and '.join(missing)} missing: `make test` installs them, or scripts/setup.sh tests"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture
def screen(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """Start an X server on a display number that nobody uses."""
    folder = tmp_path_factory.mktemp("screen")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder)]
    with ExitStack() as stack:
        stack.callback(os.close, reader)
        log = stack.enter_context((folder / "log").open("wb"))
        try:
            process = subprocess.Popen(
                [*command, "-noreset", "-nolisten", "tcp"], pass_fds=[writer], stdout=log, stderr=log
            )
        finally:
            os.close(writer)
        stack.callback(end, process)
        number = _line(reader)
        if not number:
            pytest.fail(f"Xvfb did not start:\n{(folder / 'log').read_text('utf-8')}", pytrace=False)
        yield Screen(process, f":{number}", folder / "Xvfb_screen0")


def _line(reader: int) -> str:
    """Return the line that comes through a pipe; empty when it is closed first or takes too long."""
    text, deadline = b"", time.monotonic() + PATIENCE
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        if not ready or not (part := os.read(reader, 64)):
            return ""
        text += part
    return text.decode().strip()


@pytest.fixture
def start(screen: Screen, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Return a function that starts the program with the arguments given and waits for its window."""
    with ExitStack() as stack:

        def started(*arguments: str) -> Program:
            path = tmp_path / "stderr"
            stderr: IO[bytes] = stack.enter_context(path.open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "mlp_viz", "--theme", "light", "--size", f"{WIDTH}x{HEIGHT}", *arguments],
                cwd=tmp_path,
                env=environment(DISPLAY=screen.display, QT_QPA_PLATFORM="xcb"),
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )
            stack.callback(end, process)
            program = Program(screen, process, path)
            program.window = program.find_window("mlp-viz")
            return program

        yield started


@pytest.fixture
def run_without_screen(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the program to its end, on no display but one that it is given."""

    def run(arguments: Sequence[str], env: Mapping[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mlp_viz", *arguments],
            cwd=tmp_path,
            env=environment(**(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run
