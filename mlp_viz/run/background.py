"""`Task`: one piece of work off the GUI thread, such as reading a data set; and `Tasks`, which does them in turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, QThread, Signal, Slot

from mlp_core.errors import MlpError
from mlp_core.progress import Cancelled, Progress
from mlp_viz import messages

log = logging.getLogger(__name__)

TELL_FIRST: Final = 0.2  # seconds; of work that is over at once nothing is told
TELL_EVERY: Final = 0.05  # seconds; work may tell its progress thousands of times a second


class Task(QThread):
    """Calls a function in a thread of its own, and tells what it gave.

    Parameters
    ----------
    work : callable
        Takes whom to tell its progress, touches no widget, and returns a frozen value.

    Signals
    -------
    progressed(str, float)
        What the work does, and the share that is done, 0 to 1.
    succeeded(object)
        What `work` returned.
    failed(str)
        What went wrong and what to do.
    """

    progressed = Signal(str, float)
    succeeded = Signal(object)
    failed = Signal(str)
    _ended = Signal(bool, object)

    def __init__(self, work: Callable[[Progress], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._unwanted = threading.Event()
        self._tell_next = 0.0
        self._ended.connect(self._on_ended)

    def run(self) -> None:
        """Work; called by Qt in the new thread."""
        self._tell_next = time.monotonic() + TELL_FIRST
        carry_out(lambda: self._work(self._tell), partial(self._ended.emit, True), partial(self._ended.emit, False))

    def cancel(self) -> None:
        """Ask the work to end at the next word about its progress; from now on nothing is told of it."""
        self._unwanted.set()

    @Slot(bool, object)
    def _on_ended(self, well: bool, result: Any) -> None:
        # In the thread that may cancel: what was on its way when it did is stopped here.
        if not self._unwanted.is_set():
            (self.succeeded if well else self.failed).emit(result)

    def _tell(self, what: str, share: float) -> None:
        if self._unwanted.is_set():
            raise Cancelled
        now = time.monotonic()
        if now >= self._tell_next:
            self._tell_next = now + TELL_EVERY
            self.progressed.emit(what, share)


def carry_out(work: Callable[[], Any], succeeded: Callable[[Any], None], failed: Callable[[str], None]) -> None:
    """Call `work`, and then exactly one of the other two; neither if the work was cancelled."""
    try:
        result = work()
    except Cancelled:
        return
    except MlpError as error:
        failed(str(error))
    except MemoryError:
        failed(messages.OUT_OF_MEMORY)
    except Exception:
        log.exception("background task failed")
        failed(messages.unexpected())
    else:
        succeeded(result)


class Tasks(QObject):
    """Runs tasks one after the other, and can be waited for.

    Signals
    -------
    busyChanged(str)
        What is being done; empty when nothing is.
    progressed(str, float)
        What the task at work does, and the share that is done, 0 to 1; work that is over at once does not tell.
    """

    busyChanged = Signal(str)
    progressed = Signal(str, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[tuple[str, Task]] = []

    @property
    def busy(self) -> bool:
        """Whether a task is at work or waits."""
        return bool(self._waiting)

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the tasks that are at work or wait."""
        return tuple(title for title, _ in self._waiting)

    def add(
        self,
        title: str,
        work: Callable[[Progress], Any],
        succeeded: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        """Do `work` when those before it are done.

        `succeeded` and `failed` must be slots of QObjects that live in the GUI's thread.
        """
        task = Task(work, self)
        task.setObjectName(title)
        task.progressed.connect(self.progressed)
        task.succeeded.connect(succeeded)
        task.failed.connect(failed)
        task.finished.connect(self._next)
        self._waiting.append((title, task))
        if len(self._waiting) == 1:
            self._start_first()

    @Slot()
    def cancel(self) -> None:
        """Call off the task at work; those that wait for it go on."""
        if self._waiting:
            self._waiting[0][1].cancel()

    def cancel_all(self) -> None:
        """Call off the task at work, and drop those that wait."""
        for _, task in self._waiting[1:]:
            task.deleteLater()
        del self._waiting[1:]
        self.cancel()

    def shutdown(self) -> None:
        """Drop what waits, call off what is at work, and wait for it."""
        del self._waiting[1:]
        for _, task in self._waiting:
            task.cancel()
            task.progressed.disconnect()
            task.wait()

    def _start_first(self) -> None:
        title, task = self._waiting[0]
        self.busyChanged.emit(title)
        task.start()

    @Slot()
    def _next(self) -> None:
        _, task = self._waiting.pop(0)
        task.deleteLater()
        if self._waiting:
            self._start_first()
        else:
            self.busyChanged.emit("")
