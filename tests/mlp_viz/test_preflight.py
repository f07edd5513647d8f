"""What is found before Qt loads, with libraries and displays that are not there."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlp_viz.preflight import BASE_LIBRARIES, PLATFORM_LIBRARIES, Preflight, inspect


class Loader:
    """Loads libraries without touching any; those in `missing` are not there."""

    def __init__(self, *missing: str, needed_by_plugin: str = "") -> None:
        self.missing = missing
        self.needed_by_plugin = needed_by_plugin
        self.asked: list[str] = []

    def __call__(self, library: str) -> object:
        self.asked.append(library)
        lost = self.needed_by_plugin if "/plugins/platforms/" in library else library
        if lost in self.missing:
            raise OSError(f"{lost}: cannot open shared object file: No such file or directory")
        return object()


@pytest.fixture
def display() -> Iterator[str]:
    """DISPLAY of a server that accepts connections, on a port that an X server could have."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        yield f"127.0.0.1:{port - 6000}.0"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_only_linux_is_inspected(platform: str) -> None:
    load = Loader(*BASE_LIBRARIES)
    assert inspect({}, platform, load=load) == Preflight(has_display=True, problem=None)
    assert load.asked == []


@pytest.mark.parametrize("environ", [{}, {"QT_QPA_PLATFORM": "offscreen"}, {"QT_QPA_PLATFORM": "minimal:x=1"}])
def test_without_a_display_only_the_base_libraries_are_needed(environ: dict[str, str]) -> None:
    load = Loader(*PLATFORM_LIBRARIES["xcb"])
    assert inspect(environ, "linux", load=load) == Preflight(has_display=False, problem=None)
    assert set(BASE_LIBRARIES) <= set(load.asked)


def test_offscreen_says_which_base_libraries_are_missing() -> None:
    found = inspect({}, "linux", load=Loader("libGL.so.1", "libEGL.so.1"))
    assert found.problem == (
        "The window needs system libraries that are missing (libEGL.so.1, libGL.so.1): "
        "run `sudo apt-get install libegl1 libgl1`."
    )


def test_a_display_that_answers_is_enough(display: str) -> None:
    assert inspect({"DISPLAY": display}, "linux", load=Loader()) == Preflight(has_display=True, problem=None)


def test_all_missing_libraries_are_named_at_once(display: str) -> None:
    load = Loader("libfontconfig.so.1", "libxcb-cursor.so.0", "libxcb-icccm.so.4")
    found = inspect({"DISPLAY": display}, "linux", load=load)
    assert found.has_display
    assert found.problem is not None
    assert "`sudo apt-get install libfontconfig1 libxcb-cursor0 libxcb-icccm4`" in found.problem


def test_what_only_the_platform_plugin_misses_is_named(display: str) -> None:
    load = Loader("libxcb-util.so.1", needed_by_plugin="libxcb-util.so.1")
    found = inspect({"DISPLAY": display}, "linux", load=load)
    assert found.problem is not None
    assert "(libxcb-util.so.1): run `sudo apt-get install libxcb-util1`" in found.problem


def test_a_library_of_an_unknown_package_is_still_named(display: str) -> None:
    load = Loader("libodd.so.7", needed_by_plugin="libodd.so.7")
    problem = inspect({"DISPLAY": display}, "linux", load=load).problem
    assert problem is not None
    assert "libodd.so.7: cannot open shared object file" in problem


@pytest.mark.parametrize("name", [":987", "unix:987", "localhost:987.0", "nonsense", "/nowhere/x:0", ":99999"])
def test_a_display_that_does_not_answer_is_a_problem(name: str) -> None:
    found = inspect({"DISPLAY": name}, "linux", load=Loader())
    assert not found.has_display
    assert found.problem is not None
    assert found.problem.startswith(f"No X server answers at DISPLAY={name}: ")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only: sockets of displays")
def test_a_unix_socket_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "x"))
        server.listen()
        assert inspect({"DISPLAY": f"{tmp_path}/x:0"}, "linux", load=Loader()).problem is None


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_socket_is_a_display() -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0/tmp/.X11-unix/X9871")
        server.listen()
        assert inspect({"DISPLAY": ":9871"}, "linux", load=Loader()).problem is None


def test_the_users_choice_of_platform_is_respected(display: str) -> None:
    found = inspect({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":987"}, "linux", load=Loader())
    assert found == Preflight(has_display=False, problem=None)
    found = inspect({"QT_QPA_PLATFORM": "xcb"}, "linux", load=Loader())
    assert found.problem is not None
    assert "DISPLAY is not set" in found.problem
    assert inspect({"QT_QPA_PLATFORM": "vnc:size=800x600"}, "linux", load=Loader()) == Preflight(True, None)
    assert inspect({"QT_QPA_PLATFORM": "wayland-egl;xcb", "DISPLAY": display}, "linux", load=Loader()).problem is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only: sockets of displays")
def test_a_compositor_that_answers_needs_no_x_server(tmp_path: Path) -> None:
    environ = {"WAYLAND_DISPLAY": "wayland-1", "XDG_RUNTIME_DIR": str(tmp_path)}
    found = inspect(environ, "linux", load=Loader())
    assert not found.has_display
    assert found.problem is not None
    assert "WAYLAND_DISPLAY=wayland-1" in found.problem
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-1"))
        server.listen()
        assert inspect(environ | {"DISPLAY": ":987"}, "linux", load=Loader()).problem is None
        missing = inspect(environ, "linux", load=Loader("libwayland-cursor.so.0"))
        assert missing.has_display
        assert missing.problem is not None
        assert "libwayland-cursor0" in missing.problem


def test_a_missing_pyside6_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlp_viz.preflight.find_spec", lambda name: None)
    problem = inspect({}, "linux", load=Loader()).problem
    assert problem is not None
    assert "make setup" in problem


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the libraries of Linux")
def test_the_real_libraries_load_and_qt_stays_out() -> None:
    code = (
        "import sys; from mlp_viz.preflight import inspect; print(inspect({}).problem); "
        "assert not any(name.startswith('PySide6') for name in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("None", "")
