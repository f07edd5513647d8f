from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import psutil
import pytest

from mlp_core import Hyperparameters, open_dataset
from mlp_core.errors import SweepError
from mlp_core.runs.record import DatasetReference
from mlp_core.sweep.task import Task, TrialError
from mlp_core.sweep.workers import LocalWorkers, WorkerDied

REPOSITORY = Path(__file__).resolve().parents[3]
ENDLESS = Hyperparameters(n_hidden=(500,), epochs=10_000)


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    with LocalWorkers(1) as started:
        started.submit(task(Hyperparameters(n_hidden=(5,), epochs=1))).result()  # its thread belongs to no test
        yield started


def task(hyperparameters: Hyperparameters, until: int = 1, seconds: float = 60) -> Task:
    reference = DatasetReference.of(open_dataset("digits"))
    return Task(
        run_id=1,
        hyperparameters=hyperparameters,
        dataset=reference,
        start=None,
        until_epoch=until,
        seconds=seconds,
    )


def test_a_task_is_carried_out_by_another_process(workers: LocalWorkers) -> None:
    result = workers.submit(task(Hyperparameters(n_hidden=(5,), epochs=2), until=2)).result()
    assert [epoch.epoch for epoch in result.stats] == [1, 2]
    assert result.pid != os.getpid()
    assert workers.pids == (result.pid,)
    assert workers.description == "1 worker process on this machine"
    assert psutil.Process(result.pid).nice() > psutil.Process().nice()
    if sys.platform == "linux":  # others do not tell
        assert not [library for library in psutil.Process(result.pid).memory_maps() if "Qt6" in library.path]


def test_an_error_comes_through_and_the_worker_lives_on(workers: LocalWorkers) -> None:
    before = workers.pids
    with pytest.raises(TrialError, match="do not fill one minibatch"):
        workers.submit(task(Hyperparameters(minibatch_size=50_000))).result()
    assert workers.pids == before


def test_a_worker_that_is_killed_takes_one_task_with_it(workers: LocalWorkers) -> None:
    (pid,) = workers.pids
    future = workers.submit(task(ENDLESS, until=10_000))
    wait_until_busy(pid)
    psutil.Process(pid).kill()
    with pytest.raises(WorkerDied, match="in the middle of a task"):
        future.result()
    after = workers.submit(task(Hyperparameters(n_hidden=(5,), epochs=1))).result()
    assert after.pid != pid


def test_a_worker_that_died_at_rest_is_replaced_unnoticed(workers: LocalWorkers) -> None:
    workers.submit(task(Hyperparameters(n_hidden=(5,), epochs=1))).result()
    (pid,) = workers.pids
    process = psutil.Process(pid)
    process.kill()
    psutil.wait_procs([process])
    assert workers.submit(task(Hyperparameters(n_hidden=(5,), epochs=1))).result().pid != pid


@pytest.mark.skipif(sys.platform == "win32", reason="there one cannot send Ctrl+C to a single process")
def test_ctrl_c_is_left_to_whoever_drives_the_sweep(workers: LocalWorkers) -> None:
    workers.submit(task(Hyperparameters(n_hidden=(5,), epochs=1))).result()
    (pid,) = workers.pids
    os.kill(pid, signal.SIGINT)
    assert workers.submit(task(Hyperparameters(n_hidden=(5,), epochs=1))).result().pid == pid


def test_closing_ends_a_task_that_is_under_way_and_drops_those_that_wait() -> None:
    workers = LocalWorkers(1)
    (pid,) = workers.pids
    busy, waiting = workers.submit(task(ENDLESS, until=10_000)), workers.submit(task(ENDLESS))
    wait_until_busy(pid)
    workers.close()
    assert isinstance(busy.exception(), WorkerDied)
    with pytest.raises(CancelledError):
        waiting.result()
    assert not psutil.pid_exists(pid)
    workers.close()


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        "from mlp_core.sweep.workers import LocalWorkers\n"
        "if __name__ == '__main__':\n"
        "    workers = LocalWorkers(2)\n"
        "    print(*workers.pids, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    parent = subprocess.Popen(
        [sys.executable, str(script)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        processes = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(processes) == 2
        parent.kill()
    gone, alive = psutil.wait_procs(processes, timeout=30)
    assert (len(gone), alive) == (2, [])


@pytest.mark.parametrize("n", [0, 65])
def test_an_impossible_number_of_workers_is_refused(n: int) -> None:
    with pytest.raises(SweepError, match="workers: "):
        LocalWorkers(n)


def wait_until_busy(pid: int) -> None:
    """Return when the process has used some time of a core, beyond that of its start."""
    process = psutil.Process(pid)
    started = process.cpu_times().user
    while process.cpu_times().user < started + 0.3:
        process.cpu_percent(0.02)
