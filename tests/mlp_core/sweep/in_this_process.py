"""Workers that are none: tasks are carried out by the test itself, one at a time, or go wrong as it wants."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future

from mlp_core.sweep.task import Task, TaskResult, carry_out


class InThisProcess:
    """Carries out each task at once.

    Parameters
    ----------
    before : callable
        Called with each task and how many there were before it; what it raises is how the task ends.
    seconds : float
        See `Task`; 0 to train one epoch in each.
    """

    description = "this process"

    def __init__(self, before: Callable[[Task, int], object] = lambda task, n: None, seconds: float = 60) -> None:
        self.count = 1
        self._seconds = seconds
        self.tasks: list[Task] = []
        self._before = before

    def submit(self, task: Task) -> Future[TaskResult]:
        self.tasks.append(task)
        future: Future[TaskResult] = Future()
        try:
            self._before(task, len(self.tasks) - 1)
            future.set_result(carry_out(dataclasses.replace(task, seconds=self._seconds)))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        pass
