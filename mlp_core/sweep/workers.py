"""The worker processes of this machine, and what any workers must be able to do."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Protocol

from mlp_core.cores import n_cores
from mlp_core.errors import MlpError, SweepError
from mlp_core.sweep.task import Task, TaskResult, carry_out, give_way

MOST_LOCAL: Final = 64


class WorkerDied(SweepError):  # noqa: N818 - says what happened
    """The process that carried out a task ended before the task did.

    Attributes
    ----------
    times : int
        How often that happened to this task, one process after the other.
    """

    def __init__(self, message: str, times: int = 1) -> None:
        super().__init__(message)
        self.times = times


class Workers(Protocol):
    """Carry out tasks, each in a process that is not this one."""

    @property
    def count(self) -> int:
        """How many tasks they carry out at the same time; may change."""

    @property
    def description(self) -> str:
        """What they are, for the user: ``2 worker processes on this machine``."""

    def submit(self, task: Task) -> Future[TaskResult]:
        """Have a task carried out; what `carry_out` raises, or `WorkerDied`, comes from the future.

        Raises
        ------
        SweepError
            If there is nobody to give it to.
        """

    def close(self) -> None:
        """End the processes that were started for this; what they still do is dropped."""


def default_workers() -> int:
    """Return how many worker processes suit this machine: one for each core that may be used."""
    return min(n_cores(), MOST_LOCAL)


class LocalWorkers:
    """Worker processes on this machine, each with a thread here that waits for it.

    A process that dies takes only the task with it that it was carrying out, and is replaced. All of them end with this
    process, however that ends.

    Parameters
    ----------
    n : int, optional
        How many; `default_workers` by default.

    Raises
    ------
    SweepError
        If that many cannot be started.
    """

    def __init__(self, n: int | None = None) -> None:
        self.count = default_workers() if n is None else n
        if not 1 <= self.count <= MOST_LOCAL:
            raise SweepError(f"workers: {self.count} is out of range. Choose a whole number from 1 to {MOST_LOCAL}.")
        self._closed = threading.Event()
        self._threads = ThreadPoolExecutor(self.count, "sweep worker")
        self._all: list[_Worker] = []
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        try:
            for _ in range(self.count):
                self._all.append(_Worker(self._closed))
                self._idle.put(self._all[-1])
        except OSError as error:
            self.close()
            raise SweepError(
                f"workers: the system starts no more than {len(self._all)} processes ({error}). Choose fewer."
            ) from error

    @property
    def description(self) -> str:
        """See `Workers`."""
        return f"{self.count} worker process{'es' if self.count > 1 else ''} on this machine"

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the processes that run."""
        return tuple(pid for worker in self._all if (pid := worker.pid) is not None)

    def submit(self, task: Task) -> Future[TaskResult]:
        """See `Workers`; tasks beyond `count` wait for a worker."""
        return self._threads.submit(self._carry_out, task)

    def close(self) -> None:
        """See `Workers`."""
        self._closed.set()
        for worker in self._all:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _carry_out(self, task: Task) -> TaskResult:
        worker = self._idle.get()
        try:
            return worker.carry_out(task)
        finally:
            self._idle.put(worker)


class _Worker:
    """A process and our end of the pipe to it; after its death another one."""

    def __init__(self, closed: threading.Event) -> None:
        self._closed = closed
        self._lock = threading.Lock()  # a process is being started or ended
        self._start()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def carry_out(self, task: Task) -> TaskResult:
        if wait([self._process.sentinel], 0):  # it ended after the task before
            self._replace()
        try:
            self._pipe.send(task)
            answer = self._pipe.recv()
        except (EOFError, OSError):
            code = self._replace()
            raise WorkerDied(f"The worker process ended in the middle of a task ({_ending(code)}).") from None
        if isinstance(answer, TaskResult):
            return answer
        raise answer

    def kill(self) -> None:
        with self._lock:
            self._process.kill()
            self._process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a copy of a process with threads, as fork makes, may hang
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), name="sweep worker", daemon=True)
        try:
            with _interrupts_held_back():
                self._process.start()
        finally:
            theirs.close()  # or its death would not be seen here

    def _replace(self) -> int | None:
        """Return how the process ended, and start another unless all are to end."""
        with self._lock:
            self._pipe.close()
            self._process.kill()  # it may have closed the pipe only
            self._process.join()
            code = self._process.exitcode
            if not self._closed.is_set():
                try:
                    self._start()
                except OSError as error:
                    raise WorkerDied(f"A worker process ended, and no other can be started ({error}).") from error
            return code


def work(pipe: Connection) -> None:
    """Carry out what comes through `pipe`, until it closes: the whole life of a worker process."""
    threading.Thread(target=_end_with_parent, name="parent's end", daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to all; whoever drives the sweep ends the workers
    give_way()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            task = pipe.recv()
            try:
                answer: TaskResult | MlpError = carry_out(task)
            except MlpError as error:
                answer = error
            pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let a process that is started in the block ignore Ctrl+C from its first moment on."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # its start would let them through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending(code: int | None) -> str:
    if code is None:
        return "why is not known"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return f"signal {name}"
    return f"exit status {code}"
