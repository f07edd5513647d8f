"""The rules of conftest.py hold: what a test leaves behind fails it, and its home is its own."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSettings, QStandardPaths

HERE = Path(__file__).parent
HEAD = """
import threading, warnings
from PySide6.QtCore import QObject, QThread, QTimer, qWarning
kept = []
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a project whose tests run under this project's conftest and pytest settings."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))
    options = project["tool"]["pytest"]["ini_options"]
    pytester.makeini(
        "\n".join(
            [
                "[pytest]",
                f"addopts = {options['addopts']}",
                f"filterwarnings = {' '.join(options['filterwarnings'])}",
                f"qt_api = {options['qt_api']}",
                f"qt_log_level_fail = {options['qt_log_level_fail']}",
            ]
        )
    )
    pytester.makeconftest((HERE / "conftest.py").read_text("utf-8"))
    return pytester


def test_what_is_left_behind_fails_its_test(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        f"""{HEAD}
def test_thread(qapp):
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()

def test_qthread(qapp):
    thread = QThread(objectName="lost"); thread.start()

def test_timer(qapp):
    timer = QTimer(objectName="left"); kept.append(timer); timer.start(5000)

def test_part(qapp):
    whole = QObject(); kept.append(whole); QTimer(whole).start(4000)

def test_next(qapp):
    pass
"""
    )
    result = inner.runpytest_subprocess()
    result.assert_outcomes(passed=5, errors=4)  # an error in the teardown of each but the last
    for name, said in {
        "test_thread": "left a Python thread running: forgotten",
        "test_qthread": "left a QThread running: QThread 'lost'",
        "test_timer": "left a QTimer active: QTimer 'left' of 5000 ms",
        "test_part": "left a QTimer active: QTimer '' of 4000 ms in a QObject",
    }.items():
        result.stdout.fnmatch_lines([f"*ERROR at teardown of {name} *", said], consecutive=True)


def test_a_warning_fails_its_test(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        f"""{HEAD}
def test_qt(qapp):
    qWarning("odd words of Qt")

def test_python():
    warnings.warn("odd words of Python", stacklevel=1)
"""
    )
    result = inner.runpytest_subprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*odd words of Qt*"])
    result.stdout.fnmatch_lines(["*odd words of Python*"])


def test_what_is_tidied_up_passes(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        f"""{HEAD}
def test_tidy(qtbot):
    from PySide6.QtWidgets import QWidget
    thread = threading.Thread(target=print); thread.start(); thread.join()
    qthread = QThread(); qthread.start(); qthread.quit(); qthread.wait()
    timer = QTimer(); timer.start(5000); timer.stop()
    widget = QWidget(); qtbot.addWidget(widget); QTimer(widget).start(5000); kept.append(widget)
    cycle = [QTimer()]; cycle.append(cycle); cycle[0].start(5000)
"""
    )
    inner.runpytest_subprocess().assert_outcomes(passed=1)


def test_home_and_settings_are_those_of_the_test(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.getbasetemp()
    assert "MLP_VIZ_DATA" not in os.environ
    assert Path.home().is_relative_to(base)
    assert Path(platformdirs.user_data_dir("mlp-viz")).is_relative_to(base)
    assert Path(QSettings("mlp-viz", "mlp-viz").fileName()).is_relative_to(base)
    location = QStandardPaths.StandardLocation.ConfigLocation
    assert Path(QStandardPaths.writableLocation(location)).is_relative_to(base)


@given(st.integers())
def test_hypothesis_lives_with_the_fixtures_of_every_test(number: int) -> None:
    assert number - number == 0


def test_mnist_is_found_where_it_is(mnist_folder: Path) -> None:
    assert list(mnist_folder.glob("train-images-idx3-ubyte*"))


def test_a_folder_without_mnist_skips(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(inner.path))
    inner.makepyfile("def test_reads(mnist_folder):\n    pass\n")
    result = inner.runpytest_subprocess()
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"SKIPPED*MNIST is not in {inner.path}*"])
