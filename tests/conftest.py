"""Every test: a home of its own, no window on the user's screen, and nothing left running afterwards.

A Qt or Python warning fails the test too; pyproject.toml says so. A test that starts the program as a process of its
own chooses that process's QT_QPA_PLATFORM and MLP_VIZ_DATA itself.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# Before anything loads Qt or looks for data.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
MNIST_OF_CALLER: Final = os.environ.get("MLP_VIZ_DATA")

import pytest  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QStandardPaths, QThread, QTimer  # noqa: E402
from shiboken6 import isValid  # noqa: E402

from mlp_core.datasets import generated  # noqa: E402

pytest_plugins = ["pytester"]

GRACE: Final = 1.0  # seconds that a thread on its way out may take


def pytest_collection_finish() -> None:
    """Keep what the imports made out of the searches for timers: they get short."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Return the folder of MNIST's files, or skip the test."""
    beside_the_repository = Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist"
    folder = Path(MNIST_OF_CALLER) if MNIST_OF_CALLER else beside_the_repository
    if not any((folder / f"train-images-idx3-ubyte{suffix}").is_file() for suffix in ("", ".gz")):
        pytest.skip(f"MNIST is not in {folder}; MLP_VIZ_DATA may name the folder that has it")
    return folder


@pytest.fixture
def few_generated_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the generated digits be so few that they are drawn at once."""
    for name, n in (("N_TRAIN", 1100), ("N_VALID", 100), ("N_TEST", 300)):
        monkeypatch.setattr(generated, name, n)


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test read or write the user's files, settings or data."""
    home = tmp_path_factory.mktemp("home")
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    QStandardPaths.setTestModeEnabled(True)
    for kind in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
            QSettings.setPath(kind, scope, str(home / "settings" / scope.name))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLP_VIZ_DATA", raising=False)
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        for name in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        yield


@pytest.fixture(autouse=True)
def _no_python_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    # A dummy stands for a thread that Qt started, and stays when that has ended; QThreads are counted below.
    new = [t for t in threading.enumerate() if t not in before and not isinstance(t, threading._DummyThread)]
    for thread in new:
        thread.join(GRACE)
    left = [thread.name for thread in new if thread.is_alive()]
    if left:
        pytest.fail(f"left a Python thread running: {', '.join(left)}", pytrace=False)


@pytest.fixture(autouse=True)
def _no_qthread_left() -> Iterator[None]:
    started: list[QThread] = []
    start = QThread.start

    def note_and_start(thread: QThread, /, priority: QThread.Priority = QThread.Priority.InheritPriority) -> None:
        started.append(thread)  # a running QThread that nobody holds would end the whole process
        start(thread, priority)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QThread, "start", note_and_start)
        yield
    left = []
    for thread in started:
        if isValid(thread) and not thread.wait(int(GRACE * 1000)):
            left.append(_name(thread))
            thread.requestInterruption()
            thread.quit()
            if not thread.wait(int(GRACE * 1000)):
                thread.terminate()
                thread.wait()
    if left:
        pytest.fail(f"left a QThread running: {', '.join(left)}", pytrace=False)


@pytest.fixture(autouse=True)
def _no_timer_left() -> Iterator[None]:
    yield
    # Widgets that the test closed take their timers with them, and so does garbage.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    if not _active_timers():
        return
    gc.collect()
    left = _active_timers()
    names = ", ".join(map(_name, left))
    for timer in left:
        timer.stop()
    if left:
        pytest.fail(f"left a QTimer active: {names}", pytrace=False)


def _active_timers() -> list[QTimer]:
    # type(), not isinstance(): a stranger's object may lie about its class, or work to tell it.
    timers = [thing for thing in gc.get_objects() if issubclass(type(thing), QTimer)]
    return [timer for timer in timers if isValid(timer) and timer.isActive()]


def _name(thing: QObject) -> str:
    """Say which object: its class and name, of whom it is a part, and what a timer calls how often."""
    parent = thing.parent()
    text = f"{type(thing).__name__} {thing.objectName()!r}"
    if isinstance(thing, QTimer):
        text += f" of {thing.interval()} ms"
    return f"{text} in a {type(parent).__name__}" if parent is not None else text
