"""Tasks: one after the other, each ends in one word, and none is left behind."""

import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread, Slot

from mlp_core.errors import MlpError
from mlp_core.progress import Progress
from mlp_viz import messages
from mlp_viz.run.background import Tasks


class Listener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []
        self.threads: set[QThread] = set()

    @Slot(object)
    def succeeded(self, result: object) -> None:
        self.threads.add(QThread.currentThread())
        self.heard.append(("succeeded", result))

    @Slot(str)
    def failed(self, message: str) -> None:
        self.threads.add(QThread.currentThread())
        self.heard.append(("failed", message))


@pytest.fixture
def tasks(qtbot: Any) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.shutdown()


@pytest.fixture
def listener() -> Listener:
    return Listener()


def raising(error: Exception) -> Callable[[Progress], None]:
    def work(_progress: Progress) -> None:
        raise error

    return work


def test_tasks_are_done_in_order_and_told_in_the_gui_thread(qtbot: Any, tasks: Tasks, listener: Listener) -> None:
    titles: list[str] = []
    tasks.busyChanged.connect(titles.append)
    workers: list[int] = []

    def work(number: int, _progress: Progress) -> int:
        workers.append(threading.get_ident())
        return number

    for number in range(4):
        tasks.add(f"number {number}", partial(work, number), listener.succeeded, listener.failed)
    assert tasks.busy
    qtbot.waitUntil(lambda: not tasks.busy)
    assert listener.heard == [("succeeded", number) for number in range(4)]
    assert titles == ["number 0", "number 1", "number 2", "number 3", ""]
    assert listener.threads == {QThread.currentThread()}
    assert threading.get_ident() not in workers


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MlpError("x.npz: is damaged. Choose another."), "x.npz: is damaged. Choose another."),
        (MemoryError(), messages.OUT_OF_MEMORY),
    ],
)
def test_a_failure_is_told_and_the_next_task_still_runs(
    qtbot: Any, tasks: Tasks, listener: Listener, error: Exception, message: str
) -> None:
    tasks.add("bad", raising(error), listener.succeeded, listener.failed)
    tasks.add("good", lambda _progress: 1, listener.succeeded, listener.failed)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert listener.heard == [("failed", message), ("succeeded", 1)]


def test_an_unexpected_failure_goes_to_the_log(
    qtbot: Any, tasks: Tasks, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.add("bad", raising(ZeroDivisionError("by 0")), listener.succeeded, listener.failed)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert listener.heard == [("failed", messages.unexpected())]
    assert "ZeroDivisionError: by 0" in caplog.text


def test_another_may_be_added_when_one_is_done(qtbot: Any, tasks: Tasks, listener: Listener) -> None:
    for number in range(2):
        tasks.add("again", partial(lambda number, _progress: number, number), listener.succeeded, listener.failed)
        qtbot.waitUntil(lambda: not tasks.busy)
    assert [result for _, result in listener.heard] == [0, 1]


def test_shutdown_at_work_waits_drops_the_rest_and_tells_nothing(qtbot: Any, listener: Listener) -> None:
    tasks = Tasks()
    at_work, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def slow(_progress: Progress) -> None:
        at_work.set()
        may_end.wait(10)
        done.append("slow")

    tasks.add("slow", slow, listener.succeeded, listener.failed)
    tasks.add("never", lambda _progress: done.append("never"), listener.succeeded, listener.failed)
    assert at_work.wait(10)
    opener = threading.Timer(0.05, may_end.set)
    opener.start()
    tasks.shutdown()
    opener.join()
    assert done == ["slow"]
    qtbot.waitUntil(lambda: not tasks.busy)
    assert done == ["slow"]
    assert listener.heard == []


def test_shutdown_with_nothing_to_do(tasks: Tasks) -> None:
    tasks.shutdown()
    assert not tasks.busy


def test_progress_is_told_in_the_gui_thread(
    qtbot: Any, tasks: Tasks, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlp_viz.run.background.TELL_FIRST", 0)
    heard: list[tuple[str, float]] = []
    tasks.progressed.connect(lambda what, share: heard.append((what, share)))

    def work(progress: Progress) -> int:
        progress("drawing", 0.25)
        return 1

    tasks.add("work", work, listener.succeeded, listener.failed)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert heard == [("drawing", 0.25)]


def test_however_often_work_tells_its_progress_few_words_reach_the_gui(
    qtbot: Any, tasks: Tasks, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10_000))
    monkeypatch.setattr("mlp_viz.run.background.time", Namespace(monotonic=lambda: next(now) / 1000))
    heard: list[float] = []
    tasks.progressed.connect(lambda _what, share: heard.append(share))

    def work(progress: Progress) -> None:
        for step in range(1000):
            progress("drawing", step / 1000)

    tasks.add("work", work, listener.succeeded, listener.failed)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert 15 <= len(heard) <= 21


def test_a_cancelled_task_tells_nothing_and_the_next_one_runs(qtbot: Any, tasks: Tasks, listener: Listener) -> None:
    at_work = threading.Event()
    cleaned: list[str] = []

    def endless(progress: Progress) -> None:
        try:
            while True:
                progress("on and on", 0.5)
                at_work.set()
        finally:
            cleaned.append("up")

    tasks.add("endless", endless, listener.succeeded, listener.failed)
    tasks.add("next", lambda _progress: 2, listener.succeeded, listener.failed)
    assert at_work.wait(10)
    tasks.cancel()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert listener.heard == [("succeeded", 2)]
    assert cleaned == ["up"]


def test_shutdown_calls_off_what_is_at_work(tasks: Tasks, listener: Listener) -> None:
    at_work = threading.Event()

    def endless(progress: Progress) -> None:
        while True:
            progress("on and on", 0.5)
            at_work.set()

    tasks.add("endless", endless, listener.succeeded, listener.failed)
    assert at_work.wait(10)
    tasks.shutdown()
    assert listener.heard == []


def test_a_task_that_is_cancelled_as_it_ends_tells_nothing(qtbot: Any, tasks: Tasks, listener: Listener) -> None:
    for work in (lambda _progress: 42, raising(MlpError("too late"))):
        tasks.add("work", work, listener.succeeded, listener.failed)
        tasks._waiting[0][1].wait()  # what it gave is on its way to this thread
        tasks.cancel()
        qtbot.waitUntil(lambda: not tasks.busy)
    assert listener.heard == []


def test_all_can_be_called_off(qtbot: Any, tasks: Tasks, listener: Listener) -> None:
    def endless(progress: Progress) -> None:
        while True:
            progress("on and on", 0.5)

    for _ in range(3):
        tasks.add("endless", endless, listener.succeeded, listener.failed)
    tasks.cancel_all()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert listener.heard == []
