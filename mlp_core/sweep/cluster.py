"""The workers of a Dask cluster, on this machine or others. Nothing else here knows Dask.

Dask tries a task again whose worker died; tasks and results go as pickles, data by reference.
"""

from __future__ import annotations

import logging
import math
import platform
import time
from concurrent.futures import Future
from contextlib import suppress
from types import ModuleType, TracebackType
from typing import Any, Final

from mlp_core.errors import MlpError, SweepError
from mlp_core.sweep.task import Task, TaskResult, carry_out, give_way
from mlp_core.sweep.workers import WorkerDied

CONNECT: Final = 5.0  # seconds that the scheduler may take to answer
JOIN: Final = 5.0  # seconds that the first worker may take to join it
FRESH: Final = 1.0  # seconds for which the number of workers is believed
START: Final = "Start some there with `dask worker {} --nthreads 1`, with mlp-viz installed"


class DaskWorkers:
    """The workers of a Dask scheduler; they are left running. A context manager that closes the connection.

    Parameters
    ----------
    address : str
        Of the scheduler: ``tcp://host:8786``.

    Raises
    ------
    SweepError
        If Dask is not installed, the scheduler does not answer, or it has no workers that can carry out tasks.
    """

    def __init__(self, address: str) -> None:
        distributed = _distributed()
        self.address = address.strip()
        self._lost = f"scheduler: the connection to {self.address} is lost. Look after it, then resume the sweep."
        self._loop = distributed.utils.LoopRunner()
        self._loop.start()
        self._client: Any = None
        self._executor: Any = None
        self._count, self._counted = 0, -math.inf
        try:
            self._check_answers(distributed)
            self._client = distributed.Client(
                self.address, timeout=CONNECT, set_as_default=False, loop=self._loop.loop, name="mlp-viz"
            )
            self._wait_for_workers()
            self._check_workers()
            self._executor = self._client.get_executor(pure=False)
        except BaseException:
            self.close()
            raise

    @property
    def count(self) -> int:
        """See `Workers`: the threads of all workers that have joined.

        Raises
        ------
        SweepError
            If the scheduler does not answer any more.
        """
        if time.monotonic() - self._counted > FRESH:
            self._count_workers()
        return self._count

    @property
    def description(self) -> str:
        """See `Workers`."""
        return f"{self.count} worker{'s' if self.count != 1 else ''} of the cluster at {self.address}"

    def submit(self, task: Task) -> Future[TaskResult]:
        """See `Workers`."""
        future: Future[TaskResult] = Future()
        try:
            self._executor.submit(work, task).add_done_callback(lambda done: self._hand_over(done, future))
        except Exception as error:
            raise SweepError(self._lost) from error
        return future

    def close(self) -> None:
        """See `Workers`; the connection is closed."""
        with suppress(Exception):  # the scheduler may be gone
            if self._executor is not None:
                self._executor.shutdown(wait=False)
        with suppress(Exception):
            if self._client is not None:
                self._client.close(timeout=CONNECT)
        self._executor = self._client = None
        self._loop.stop()

    def __enter__(self) -> DaskWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hand_over(self, done: Future[TaskResult], future: Future[TaskResult]) -> None:
        if done.cancelled():
            future.set_exception(SweepError(self._lost))
        elif (error := done.exception()) is None:
            future.set_result(done.result())
        elif (allowed := getattr(error, "allowed_failures", None)) is not None:  # a KilledWorker
            message = "The workers ended in the middle of a task, one after the other (killed, or out of memory)."
            future.set_exception(WorkerDied(message, allowed + 1))
        elif isinstance(error, MlpError):
            future.set_exception(error)
        else:
            future.set_exception(SweepError(_cannot_work("a worker", error)))

    def _check_answers(self, distributed: ModuleType) -> None:
        async def identity() -> str:
            async with distributed.rpc(self.address, timeout=CONNECT) as scheduler:
                return str((await scheduler.identity())["type"])

        try:
            found = distributed.utils.sync(self._loop.loop, identity, callback_timeout=CONNECT)
        except ValueError as error:
            raise SweepError(
                f"scheduler: {self.address!r} is no address ({error}). Write it as tcp://HOST:8786."
            ) from error
        except Exception as error:
            raise SweepError(
                f"scheduler: nobody answers at {self.address}. Check the address, and that `dask scheduler` runs there."
            ) from error
        if found != "Scheduler":
            raise SweepError(f"scheduler: at {self.address} there is a {found.lower()}. Give the scheduler's address.")

    def _wait_for_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=JOIN)
        except TimeoutError:
            raise SweepError(
                f"scheduler: {self.address} has no workers. {START.format(self.address)}, then try again."
            ) from None

    def _check_workers(self) -> None:
        """Tell at once what would make every task fail."""
        for address, answer in self._client.run(give_name, on_error="return").items():
            if isinstance(answer, BaseException):
                raise SweepError(_cannot_work(f"the worker at {address}", answer))

    def _count_workers(self) -> None:
        try:
            self._count = sum(self._client.nthreads().values())
        except Exception as error:
            raise SweepError(self._lost) from error
        self._counted = time.monotonic()


def work(task: Task) -> TaskResult:
    """Carry out a task in a worker of the cluster, which is looked up there by this function's name."""
    give_way()
    return carry_out(task)


def give_name() -> str:
    """Return the name of a worker's machine."""
    return platform.node()


def _cannot_work(worker: str, error: BaseException) -> str:
    reason = error.__cause__ or error  # what keeps a function from being found is told as the cause
    return (
        f"scheduler: {worker} cannot carry out tasks ({type(reason).__name__}: {reason}). Install the same version of "
        "mlp-viz where the workers run."
    )


def _distributed() -> ModuleType:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise SweepError(
            'scheduler: a cluster needs Dask, which is not installed. Install it with pip install "mlp-viz[cluster]", '
            "or use the worker processes of this machine."
        ) from error
    for name in ("distributed", "distributed.client"):  # a lost connection is told in our own words
        logging.getLogger(name).setLevel(logging.CRITICAL)
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "10 GB"})  # the weights of a large network
    return distributed
