from __future__ import annotations

import dataclasses
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import distributed
import psutil
import pytest

from mlp_core import Hyperparameters, open_dataset
from mlp_core.blas import use_one_thread
from mlp_core.errors import SweepError
from mlp_core.runs.record import DatasetReference, Status
from mlp_core.runs.store import RunStore
from mlp_core.sweep import cluster
from mlp_core.sweep.axes import Axis
from mlp_core.sweep.cluster import DaskWorkers
from mlp_core.sweep.drive import SweepControl, SweepProgress, drive_sweep
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.task import Task, TrialError
from mlp_core.sweep.worker_data import MissingDataError
from mlp_core.sweep.workers import WorkerDied
from tests.mlp_core.sweep.in_this_process import InThisProcess

REPOSITORY = Path(__file__).resolve().parents[3]


class Cluster:
    """A scheduler and workers on this machine, each a process of its own."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        options = ("--port", "0", "--no-dashboard")
        self.scheduler, self.address = self._start("dask_scheduler", r"Scheduler at:\s*(\S+)", *options)

    def add_worker(self, path: Path = REPOSITORY) -> tuple[psutil.Process, str]:
        """Return a worker with one thread, and its address; `path` is where it finds this program."""
        options = (self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        told = r"Start worker at:\s*(\S+)(?s:.*)Registered to"
        return self._start("dask_worker", told, *options, "--local-directory", str(self._folder), path=path)

    def _start(self, module: str, told: str, *options: str, path: Path = REPOSITORY) -> tuple[psutil.Process, str]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--host", "127.0.0.1", *options]
        environment = {**os.environ, "PYTHONPATH": str(path)}
        process = self._stack.enter_context(
            subprocess.Popen(command, cwd=self._folder, env=environment, stderr=subprocess.PIPE, text=True)
        )
        self._stack.callback(process.kill)
        assert process.stderr is not None
        text = ""
        while not (found := re.search(told, text)):
            line = process.stderr.readline()
            assert line, text
            text += line
        return psutil.Process(process.pid), found[1]


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack, tmp_path)


def plan_of(epochs: int) -> SweepPlan:
    return SweepPlan(
        name="Two",
        base=Hyperparameters(n_hidden=(50,), epochs=epochs),
        axes=(Axis("eta", (0.001, 0.01)),),
        method="grid",
        n_settings=2,
        n_seeds=1,
        halving=None,
        dataset=DatasetReference.of(open_dataset("digits")),
    )


def figures(store: RunStore, sweep_id: int) -> list[object]:
    return [
        (run.setting, run.status, run.test_accuracy, [(e.epoch, e.cost) for e in store.history(run.id)])
        for run in sorted(store.sweep_runs(sweep_id), key=lambda run: run.setting or 0)
    ]


def test_a_sweep_on_two_workers_of_which_one_is_killed(dask: Cluster, tmp_path: Path) -> None:
    plan, path = plan_of(epochs=200), tmp_path / "runs.sqlite"
    with RunStore(path) as store:
        alone, spread = (store.add_sweep("", plan.as_dict()) for _ in range(2))
    victim = dask.add_worker()[0]
    other = dask.add_worker()[0]
    with DaskWorkers(dask.address) as workers:
        assert workers.count == 2
        assert workers.description == f"2 workers of the cluster at {dask.address}"
        submit, tasks = workers.submit, list[Task]()

        def submit_then_kill(task: Task) -> Any:
            tasks.append(task)
            future = submit(task)
            if len(tasks) == 2:  # both are at work
                wait_until_busy(victim)
                victim.kill()
            return future

        workers.submit = submit_then_kill  # type: ignore[method-assign]
        assert drive_sweep(path, spread, workers, SweepControl(), lambda progress: None) is Status.FINISHED
        assert workers.submit(tasks[0]).result().pid == other.pid
    with use_one_thread():
        assert drive_sweep(path, alone, InThisProcess(), SweepControl(), lambda progress: None) is Status.FINISHED
    with RunStore(path) as store:
        assert figures(store, spread) == figures(store, alone)


def test_a_lost_scheduler_ends_the_sweep_which_can_go_on_later(dask: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    with RunStore(path) as store:
        sweep_id = store.add_sweep("", plan_of(epochs=10_000).as_dict())
    dask.add_worker()

    def lose_it(progress: SweepProgress) -> None:
        if progress.epochs_done:
            dask.scheduler.kill()

    with DaskWorkers(dask.address) as workers:
        assert drive_sweep(path, sweep_id, workers, SweepControl(), lose_it) is Status.FAILED
    with RunStore(path) as store:
        assert "is lost" in store.sweep(sweep_id).message
        assert store.sweep_runs(sweep_id)[0].status is Status.STOPPED
        assert store.sweep_runs(sweep_id)[0].epochs_done > 0


def test_errors_come_through(dask: Cluster) -> None:
    dask.add_worker()
    reference = DatasetReference.of(open_dataset("digits"))
    recipe = dataclasses.replace(reference.recipe, key="/not/there.npz")
    elsewhere = dataclasses.replace(reference, recipe=recipe, fingerprint="0123456789abcdef")
    with DaskWorkers(dask.address) as workers:
        task = Task(run_id=1, hyperparameters=Hyperparameters(), dataset=reference, start=None, until_epoch=1)
        large = Hyperparameters(minibatch_size=100_000)
        with pytest.raises(TrialError, match="do not fill one minibatch"):
            workers.submit(dataclasses.replace(task, hyperparameters=large)).result()
        with pytest.raises(MissingDataError, match=r"does not have this data set.*/not/there.npz"):
            workers.submit(dataclasses.replace(task, dataset=elsewhere)).result()


def test_a_task_that_kills_worker_after_worker_is_given_up(dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    dask.add_worker()
    reference = DatasetReference.of(open_dataset("digits"))
    task = Task(run_id=1, hyperparameters=Hyperparameters(), dataset=reference, start=None, until_epoch=1)
    with DaskWorkers(dask.address) as workers:
        inner: Future[Any] = Future()
        inner.set_exception(distributed.KilledWorker("a task", None, 3))  # type: ignore[arg-type]
        monkeypatch.setattr(workers._executor, "submit", lambda *_: inner)
        with pytest.raises(WorkerDied, match="one after the other") as raised:
            workers.submit(task).result()
    assert raised.value.times > 3


def test_a_worker_that_lacks_the_program_is_told_before_anything_begins(dask: Cluster, tmp_path: Path) -> None:
    (tmp_path / "older" / "mlp_core").mkdir(parents=True)
    (tmp_path / "older" / "mlp_core" / "__init__.py").touch()
    address = dask.add_worker(path=tmp_path / "older")[1]
    with pytest.raises(SweepError, match=f"{address} cannot carry out tasks .*No module named.*Install the same"):
        DaskWorkers(dask.address)


def test_a_scheduler_without_workers_is_refused(dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "JOIN", 0.1)
    with pytest.raises(SweepError, match=r"has no workers\. Start some there with `dask worker"):
        DaskWorkers(dask.address)


def test_a_worker_is_no_scheduler(dask: Cluster) -> None:
    address = dask.add_worker()[1]
    with pytest.raises(SweepError, match=r"there is a worker\. Give the scheduler's address"):
        DaskWorkers(address)


def test_nobody_there_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.2)
    with socket.socket() as taken:  # but nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(SweepError, match="nobody answers"):
            DaskWorkers(f"tcp://127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize("address", ["", "127.0.0.1", "http://127.0.0.1:80"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SweepError, match="is no address"):
        DaskWorkers(address)


def test_without_dask_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SweepError, match=r'pip install "mlp-viz\[cluster\]"'):
        DaskWorkers("tcp://127.0.0.1:8786")


def wait_until_busy(process: psutil.Process) -> None:
    """Return when the process has used some time of a core from now on."""
    started = process.cpu_times().user
    while process.cpu_times().user < started + 0.3:
        process.cpu_percent(0.02)
