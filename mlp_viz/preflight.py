"""What must be true before Qt loads: a display that answers, and the system libraries that Qt needs.

Qt ends the process when either is missing, and names the wrong library. So this module asks first, and imports no Qt.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

TIMEOUT: Final = 2.0  # seconds that a display may take to answer

# Library file: the Debian and Ubuntu package that holds it.
BASE_LIBRARIES: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
PLATFORM_LIBRARIES: Final = {
    "xcb": {
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
    },
}
# Needed by the above and so installed with them; here to be named when one is missing all the same.
OTHER_PACKAGES: Final = {
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libfreetype.so.6": "libfreetype6",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
}
NO_WINDOW: Final = frozenset({"offscreen", "minimal"})


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found.

    Attributes
    ----------
    has_display : bool
        Whether someone can see a window; without, the caller runs offscreen.
    problem : str or None
        One sentence for the user: what keeps the window from opening, and what to do.
    """

    has_display: bool
    problem: str | None


def inspect(
    environ: Mapping[str, str] = os.environ,
    sys_platform: str = sys.platform,
    *,
    load: Callable[[str], object] = ctypes.CDLL,
) -> Preflight:
    """Find out whether a window can open.

    Parameters
    ----------
    environ
        Read for QT_QPA_PLATFORM, DISPLAY, WAYLAND_DISPLAY and XDG_RUNTIME_DIR.
    sys_platform
        As `sys.platform`; only Linux leaves display and libraries to the user.
    load
        Loads a shared library by name or path, and raises OSError when it cannot.
    """
    if not sys_platform.startswith("linux"):
        return Preflight(has_display=True, problem=None)
    platforms = _platforms(environ)
    seen = [name for name in platforms if name not in NO_WINDOW]
    if not seen:
        return Preflight(has_display=False, problem=_library_problem(platforms[0], load))
    problems = []
    for name in platforms:  # Qt takes the first that works
        unanswered = _display_problem(name, environ)
        problem = unanswered or _library_problem(name, load)
        if problem is None:
            return Preflight(has_display=name in seen, problem=None)
        problems.append((unanswered is None, problem))
    # A display that answers counts for more than one that does not.
    has_display, problem = max(problems, key=lambda found: found[0])
    return Preflight(has_display, problem)


def _platforms(environ: Mapping[str, str]) -> list[str]:
    """Return the platforms that Qt will try, in its order; without a display, the offscreen one."""
    if wanted := [entry.partition(":")[0] for entry in environ.get("QT_QPA_PLATFORM", "").split(";") if entry]:
        return ["wayland" if name.startswith("wayland") else name for name in wanted]
    found = [name for name, variable in (("wayland", "WAYLAND_DISPLAY"), ("xcb", "DISPLAY")) if environ.get(variable)]
    return found or ["offscreen"]


def _display_problem(platform: str, environ: Mapping[str, str]) -> str | None:
    if platform == "xcb":
        display = environ.get("DISPLAY", "")
        if not display:
            return "QT_QPA_PLATFORM asks for an X display, but DISPLAY is not set: set it, or unset QT_QPA_PLATFORM."
        if not _x_server_answers(display):
            return (
                f"No X server answers at DISPLAY={display}: start the program from a desktop session, "
                "or unset DISPLAY to run without a window."
            )
    elif platform == "wayland":
        display = environ.get("WAYLAND_DISPLAY") or "wayland-0"
        path = Path(environ.get("XDG_RUNTIME_DIR", ""), display)
        if not _any_answers([str(path)]):
            return (
                f"No Wayland compositor answers at WAYLAND_DISPLAY={display}: start the program from a desktop "
                "session, or unset WAYLAND_DISPLAY to run without a window."
            )
    return None


def _x_server_answers(display: str) -> bool:
    """Try the sockets that the X library tries for `display`, such as ``:0``, ``host:1.0`` or a socket's path."""
    match = re.fullmatch(r"(?P<host>.*):(?P<number>\d{1,5})(\.\d+)?", display)
    if display.startswith("/"):
        return _any_answers([display, match["host"]] if match else [display])
    if match is None:
        return False
    host, number = match["host"].strip("[]"), int(match["number"])
    path = f"/tmp/.X11-unix/X{number}"  # where X servers listen, by convention
    local: list[str | tuple[str, int]] = [f"\0{path}", path]
    if host in ("unix", "unix/"):
        return _any_answers(local)
    return _any_answers([*([] if host else local), (host or "localhost", 6000 + number)])


def _any_answers(addresses: Iterable[str | tuple[str, int]]) -> bool:
    """Say whether something listens at one of the addresses: a Unix socket's name, or host and port."""
    for address in addresses:
        with contextlib.suppress(OSError, OverflowError, UnicodeError):
            if isinstance(address, tuple):
                socket.create_connection(address, timeout=TIMEOUT).close()
                return True
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(TIMEOUT)
                client.connect(address)
                return True
    return False


def _library_problem(platform: str, load: Callable[[str], object]) -> str | None:
    """Load what Qt would load, and say in one sentence which system libraries are missing."""
    spec = find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return "PySide6, which draws the window, is not installed: run `make setup`."
    packages = BASE_LIBRARIES | PLATFORM_LIBRARIES.get(platform, {})
    missing = [library for library in packages if _reason_not_loaded(library, load) is not None]
    if not missing:
        plugin = Path(spec.submodule_search_locations[0], "Qt", "plugins", "platforms", f"libq{platform}.so")
        # A distribution's own PySide6 keeps its plugins elsewhere, and has its libraries installed with it.
        reason = _reason_not_loaded(str(plugin), load) if plugin.exists() else None
        if reason is None:
            return None
        library, _, _ = reason.partition(":")
        if library not in OTHER_PACKAGES:
            return f"Qt cannot open a window here: {reason}."
        missing = [library]
    names = sorted({(packages | OTHER_PACKAGES)[library] for library in missing})
    return (
        f"The window needs system libraries that are missing ({', '.join(missing)}): "
        f"run `sudo apt-get install {' '.join(names)}`."
    )


def _reason_not_loaded(library: str, load: Callable[[str], object]) -> str | None:
    try:
        load(library)
    except OSError as error:
        return str(error)
    return None
