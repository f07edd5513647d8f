"""`Task`: one piece of work off the GUI thread, such as reading a data set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from mlp_core.errors import MlpError
from mlp_viz import messages

log = logging.getLogger(__name__)


class Task(QThread):
    """Calls a function in a thread of its own, and tells what it gave.

    Parameters
    ----------
    work : callable
        Takes nothing, touches no widget, and returns a frozen value.

    Signals
    -------
    succeeded(object)
        What `work` returned.
    failed(str)
        What went wrong and what to do.
    """

    succeeded = Signal(object)
    failed = Signal(str)

    def __init__(self, work: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work

    def run(self) -> None:
        """Work; called by Qt in the new thread."""
        carry_out(self._work, self.succeeded.emit, self.failed.emit)


def carry_out(work: Callable[[], Any], succeeded: Callable[[Any], None], failed: Callable[[str], None]) -> None:
    """Call `work`, and then exactly one of the other two."""
    try:
        result = work()
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
    """

    busyChanged = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[tuple[str, Task]] = []

    @property
    def busy(self) -> bool:
        """Whether a task is at work or waits."""
        return bool(self._waiting)

    def add(
        self, title: str, work: Callable[[], Any], succeeded: Callable[[Any], None], failed: Callable[[str], None]
    ) -> None:
        """Do `work` when those before it are done.

        `succeeded` and `failed` must be slots of QObjects that live in the GUI's thread.
        """
        task = Task(work, self)
        task.setObjectName(title)
        task.succeeded.connect(succeeded)
        task.failed.connect(failed)
        task.finished.connect(self._next)
        self._waiting.append((title, task))
        if len(self._waiting) == 1:
            self._start_first()

    def shutdown(self) -> None:
        """Drop what waits, and wait for what is at work."""
        del self._waiting[1:]
        for _, task in self._waiting:
            task.succeeded.disconnect()
            task.failed.disconnect()
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
