from __future__ import annotations

import dataclasses
import math
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from mlp_core import Hyperparameters, Trainer, TrainingData, open_dataset
from mlp_core.blas import use_one_thread
from mlp_core.errors import StoreError, SweepError
from mlp_core.evaluation import accuracy
from mlp_core.runs.record import DatasetReference, RunRecord, Status
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochSnapshot
from mlp_core.sweep import drive
from mlp_core.sweep.axes import Axis, Range
from mlp_core.sweep.drive import SweepControl, SweepProgress, drive_sweep
from mlp_core.sweep.halving import Halving
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.results import SweepResults
from mlp_core.sweep.task import Task, TrialError
from mlp_core.sweep.workers import LocalWorkers, WorkerDied, Workers
from tests.mlp_core.sweep.in_this_process import InThisProcess

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = Hyperparameters(n_hidden=(8,), eta=0.01, epochs=4, seed=3)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with use_one_thread():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


def plan_of(**changes: Any) -> SweepPlan:
    plan: dict[str, Any] = {
        "name": "Two",
        "base": BASE,
        "axes": (Axis("eta", (0.001, 0.01)),),
        "method": "grid",
        "n_settings": 2,
        "n_seeds": 2,
        "halving": None,
        "dataset": DatasetReference.of(open_dataset("digits")),
    }
    return SweepPlan(**{**plan, **changes})


def begin(path: Path, plan: SweepPlan) -> int:
    with RunStore(path) as store:
        return store.add_sweep(plan.name, plan.as_dict())


def go(
    path: Path,
    sweep_id: int,
    workers: Workers,
    told: Callable[[SweepProgress], None] = lambda progress: None,
    control: SweepControl | None = None,
) -> Status:
    return drive_sweep(path, sweep_id, workers, control or SweepControl(), told)


def runs_of(path: Path, sweep_id: int) -> tuple[RunRecord, ...]:
    with RunStore(path) as store:
        return store.sweep_runs(sweep_id)


def figures(path: Path, sweep_id: int) -> dict[tuple[int | None, int | None], object]:
    """Return all that a sweep's runs came to, but for times and names."""
    with RunStore(path) as store:
        return {
            (run.setting, run.hyperparameters.seed): (
                run.status,
                run.test_accuracy,
                [(e.epoch, e.cost, e.train_accuracy, e.valid_accuracy) for e in store.history(run.id)],
                [w.tobytes() for w in store.checkpoint(run.id).weights.w],
                store.best_checkpoint(run.id).epoch,
            )
            for run in store.sweep_runs(sweep_id)
        }


def test_a_sweep_gives_what_each_run_gives_alone(path: Path) -> None:
    sweep_id = begin(path, plan_of())
    news: list[SweepProgress] = []
    assert go(path, sweep_id, InThisProcess(), news.append) is Status.FINISHED
    digits = open_dataset("digits")
    runs = runs_of(path, sweep_id)
    assert [(run.setting, run.hyperparameters.seed) for run in runs] == [(0, 3), (1, 3), (0, 4), (1, 4)]
    for run in runs:
        trainer = Trainer.fresh(TrainingData.of(digits), run.hyperparameters)
        snapshots = [step for step in trainer.steps() if isinstance(step, EpochSnapshot)]
        assert run.hyperparameters == BASE.replace(eta=(0.001, 0.01)[run.setting or 0], seed=run.hyperparameters.seed)
        assert (run.status, run.origin, run.epochs_done) == (Status.FINISHED, "sweep", 4)
        assert run.cost == snapshots[-1].stats.cost
        assert run.best_valid_accuracy == max(snapshot.stats.valid_accuracy for snapshot in snapshots)
        assert run.test_accuracy == accuracy(trainer.network, digits.scaled(digits.test.X), digits.test.y)
    with RunStore(path) as store:
        assert store.sweep(sweep_id).status is Status.FINISHED
    last = news[-1]
    assert (last.sweep_id, last.runs_done, last.n_runs, last.runs_failed) == (sweep_id, 4, 4, 0)
    assert (last.epochs_done, last.n_epochs, last.seconds_left) == (16, 16, 0)
    assert math.isnan(news[0].seconds_left)
    assert [n.epochs_done for n in news] == sorted(n.epochs_done for n in news)


def test_the_time_left_leaves_out_that_workers_had_to_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(drive, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def work(task: Task, n: int) -> None:
        clock[0] += 1 if n else 101

    def of_one_second(task: Task) -> Any:
        future = submit(task)
        result = future.result()
        stats = tuple(dataclasses.replace(epoch, seconds=0.25) for epoch in result.stats)
        replaced: Future[Any] = Future()
        replaced.set_result(dataclasses.replace(result, stats=stats))
        return replaced

    sweep_id = begin(path, plan_of())  # 4 runs of 4 epochs
    workers, news = InThisProcess(work), list[SweepProgress]()
    submit = workers.submit
    workers.submit = of_one_second  # type: ignore[method-assign]
    go(path, sweep_id, workers, news.append)
    left = {progress.epochs_done: progress.seconds_left for progress in news if progress.epochs_done}
    assert left == {4: 3, 8: 2, 12: 1, 16: 0}
    assert news[-1].seconds == 104


def test_a_stopped_sweep_goes_on_where_it_was(path: Path) -> None:
    whole, parts = begin(path, plan_of()), begin(path, plan_of())
    go(path, whole, InThisProcess())
    status, starts, trained = None, [], 0
    while status is not Status.FINISHED:
        control = SweepControl()

        def stop_at_second_task(task: Task, n: int, control: SweepControl = control) -> None:
            if n == 1:
                control.stop()

        workers = InThisProcess(stop_at_second_task, seconds=0)
        status = go(path, parts, workers, control=control)
        starts.append(len(workers.tasks))
        with RunStore(path) as store:
            assert store.sweep(parts).status is status
            open_runs = [run for run in store.sweep_runs(parts) if run.status is not Status.FINISHED]
            assert {run.status for run in open_runs} <= {Status.STOPPED}
            assert sum(run.epochs_done for run in store.sweep_runs(parts)) == trained + len(workers.tasks)
            trained += len(workers.tasks)
    assert starts == [2] * 8  # of one epoch each: none was trained twice
    assert figures(path, parts) == figures(path, whole)


def test_a_finished_sweep_is_not_repeated(path: Path) -> None:
    sweep_id = begin(path, plan_of(n_seeds=1))
    go(path, sweep_id, InThisProcess())
    again = InThisProcess()
    assert go(path, sweep_id, again) is Status.FINISHED
    assert again.tasks == []


def test_a_run_that_only_lacks_its_test_is_tested(path: Path) -> None:
    sweep_id = begin(path, plan_of(n_seeds=1))
    go(path, sweep_id, InThisProcess())
    before = figures(path, sweep_id)
    with RunStore(path) as store:  # as if killed between its last epoch and its end
        store.set_status(runs_of(path, sweep_id)[0].id, Status.RUNNING)
    workers = InThisProcess()
    assert go(path, sweep_id, workers) is Status.FINISHED
    assert [task.start is not None for task in workers.tasks] == [True]
    assert figures(path, sweep_id) == before


def test_a_run_that_diverges_ends_alone(path: Path) -> None:
    base = BASE.replace(activation="relu", l2=0.0, n_hidden=(8, 8))
    sweep_id = begin(path, plan_of(base=base, axes=(Axis("l2", (0.01, 100.0)), Axis("eta", (10.0,))), n_seeds=1))
    news: list[SweepProgress] = []
    assert go(path, sweep_id, InThisProcess(), news.append) is Status.FINISHED
    runs = runs_of(path, sweep_id)
    assert runs[1].status is Status.DIVERGED
    assert "Choose a smaller eta" in runs[1].message
    assert news[-1].runs_failed >= 1
    assert news[-1].n_epochs == news[-1].epochs_done


def test_a_task_whose_worker_dies_is_tried_again(path: Path) -> None:
    def die_twice(task: Task, n: int) -> None:
        if n < 2:
            raise WorkerDied("The worker process ended.")

    sweep_id = begin(path, plan_of(n_seeds=1))
    news: list[SweepProgress] = []
    workers = InThisProcess(die_twice)
    assert go(path, sweep_id, workers, news.append) is Status.FINISHED
    assert [task.run_id for task in workers.tasks] == [1, 1, 1, 2]
    assert [n.message for n in news if n.message] == ["The worker process ended. It is tried again."] * 2


def test_a_task_that_kills_its_workers_fails_and_the_sweep_goes_on(path: Path) -> None:
    def die_for_the_first(task: Task, n: int) -> None:
        if task.run_id == 1:
            raise WorkerDied("The worker process ended.")

    sweep_id = begin(path, plan_of(n_seeds=1))
    assert go(path, sweep_id, InThisProcess(die_for_the_first)) is Status.FINISHED
    first, second = runs_of(path, sweep_id)
    assert (first.status, second.status) == (Status.FAILED, Status.FINISHED)
    assert first.message == "The worker process ended. That happened 3 times in a row."


def test_a_trial_that_cannot_be_carried_out_is_not_tried_again(path: Path) -> None:
    def refuse_the_first(task: Task, n: int) -> None:
        if task.run_id == 1:
            raise TrialError("There is not enough memory.")

    sweep_id = begin(path, plan_of(n_seeds=1))
    workers = InThisProcess(refuse_the_first)
    assert go(path, sweep_id, workers) is Status.FINISHED
    assert [(run.status, run.message) for run in runs_of(path, sweep_id)] == [
        (Status.FAILED, "There is not enough memory."),
        (Status.FINISHED, ""),
    ]
    assert len(workers.tasks) == 2


def test_what_failed_is_tried_again_when_the_sweep_goes_on(path: Path) -> None:
    def refuse(task: Task, n: int) -> None:
        raise TrialError("There is not enough memory.")

    sweep_id = begin(path, plan_of())
    assert go(path, sweep_id, InThisProcess(refuse)) is Status.FAILED
    workers = InThisProcess()
    assert go(path, sweep_id, workers) is Status.FINISHED
    assert len(workers.tasks) == 4
    assert {(run.status, run.message) for run in runs_of(path, sweep_id)} == {(Status.FINISHED, "")}
    with RunStore(path) as store:
        assert store.sweep(sweep_id).message == ""


def test_a_deleted_trial_is_trained_again_and_counted_once_when_it_is_back(path: Path) -> None:
    sweep_id = begin(path, plan_of())
    go(path, sweep_id, InThisProcess())
    with RunStore(path) as store:
        store.delete([2])
        workers = InThisProcess()
        assert go(path, sweep_id, workers) is Status.FINISHED
        assert [task.run_id for task in workers.tasks] == [5]
        store.restore([2])
        runs = store.sweep_runs(sweep_id)
    assert len(runs) == 5
    results = SweepResults.of(plan_of(), runs)
    assert [[run.id for run in result.runs] for result in results.settings] == [[1, 3], [2, 4]]
    assert go(path, sweep_id, again := InThisProcess()) is Status.FINISHED
    assert again.tasks == []


def test_a_sweep_that_goes_on_elsewhere_is_left_alone(path: Path) -> None:
    sweep_id = begin(path, plan_of())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE sweeps SET owner_host = 'elsewhere'")
    workers = InThisProcess()
    with pytest.raises(StoreError, match="goes on already"):
        go(path, sweep_id, workers)
    assert workers.tasks == []
    with RunStore(path) as store:
        assert store.sweep(sweep_id).status is Status.RUNNING


def test_a_plan_that_cannot_be_begun_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    sweep_id = begin(path, plan_of(method="tpe", axes=(Range("eta", 1e-4, 1e-1),)))
    with pytest.raises(SweepError, match="needs Optuna"):
        go(path, sweep_id, InThisProcess())
    with RunStore(path) as store:
        sweep = store.sweep(sweep_id)
    assert sweep.status is Status.FAILED
    assert "needs Optuna" in sweep.message


def test_a_sweep_ends_when_run_after_run_fails_alike(path: Path) -> None:
    def refuse(task: Task, n: int) -> None:
        raise TrialError("There is not enough memory.")

    sweep_id = begin(path, plan_of(n_seeds=10))
    workers = InThisProcess(refuse)
    assert go(path, sweep_id, workers) is Status.FAILED
    assert len(workers.tasks) == 3
    with RunStore(path) as store:
        assert store.sweep(sweep_id).message.endswith("There is not enough memory.")


def test_without_the_data_a_sweep_ends_at_once_and_can_go_on_later(path: Path) -> None:
    digits = plan_of().dataset
    recipe = dataclasses.replace(digits.recipe, key="mnist")
    missing = dataclasses.replace(digits, recipe=recipe, fingerprint="0123456789abcdef")
    sweep_id = begin(path, plan_of(dataset=missing))
    news: list[SweepProgress] = []
    workers = InThisProcess()
    assert go(path, sweep_id, workers, news.append) is Status.FAILED
    assert len(workers.tasks) == 1
    with RunStore(path) as store:
        assert "mlp-core data get mnist" in store.sweep(sweep_id).message
        assert news[-1].message == store.sweep(sweep_id).message
        assert [run.status for run in store.sweep_runs(sweep_id)] == [Status.STOPPED]


def test_what_cannot_be_written_ends_the_sweep_with_the_reason(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError(path, "the disk is full.")

    sweep_id = begin(path, plan_of())
    with monkeypatch.context() as patch:
        patch.setattr(RunStore, "add_epochs", full)
        with pytest.raises(StoreError, match="the disk is full"):
            go(path, sweep_id, InThisProcess())
    with RunStore(path) as store:
        assert store.sweep(sweep_id).status is Status.FAILED
        assert "the disk is full" in store.sweep(sweep_id).message
    assert go(path, sweep_id, InThisProcess()) is Status.FINISHED


def halved(**changes: Any) -> SweepPlan:
    etas = (0.0001, 0.0005, 0.01, 0.005, 0.001, 0.02)
    axes, base = (Axis("eta", etas),), BASE.replace(epochs=6)
    return plan_of(base=base, axes=axes, n_settings=6, halving=Halving(1, 2), **changes)


def test_halving_lets_the_best_go_on_whatever_happened_in_between(path: Path) -> None:
    whole, parts = begin(path, halved()), begin(path, halved())
    news: list[SweepProgress] = []
    assert go(path, whole, InThisProcess(), news.append) is Status.FINISHED
    runs = runs_of(path, whole)
    epochs = sorted(run.epochs_done for run in runs)
    assert epochs == [1] * 6 + [2] * 4 + [6] * 2  # rungs of 1, 2, 4 and 6: 6, 3, 1 and 1 setting with 2 seeds
    assert {run.status for run in runs if run.epochs_done < 6} == {Status.PRUNED}
    best = max(runs, key=lambda run: run.best_valid_accuracy)
    assert best.epochs_done == 6
    assert news[-1].epochs_done == news[-1].n_epochs == sum(epochs)
    status = None
    while status is not Status.FINISHED:
        control = SweepControl()

        def stop_at_fifth_task(task: Task, n: int, control: SweepControl = control) -> None:
            if n == 4:
                control.stop()

        status = go(path, parts, InThisProcess(stop_at_fifth_task), control=control)
    assert figures(path, parts) == figures(path, whole)


def test_tpe_chooses_from_what_was_before_also_after_a_restart(path: Path) -> None:
    plan = plan_of(axes=(Range("eta", 1e-4, 1e-1),), method="tpe", n_settings=4, halving=Halving(1, 3))
    whole, parts = begin(path, plan), begin(path, plan)
    assert go(path, whole, InThisProcess()) is Status.FINISHED
    assert len({run.hyperparameters.eta for run in runs_of(path, whole)}) == 4
    assert len(runs_of(path, whole)) == 8
    control = SweepControl()
    stopping = InThisProcess(lambda task, n: control.stop() if task.run_id == 11 else None)
    assert go(path, parts, stopping, control=control) is Status.STOPPED
    assert go(path, parts, InThisProcess()) is Status.FINISHED
    assert figures(path, parts) == figures(path, whole)


def test_no_more_tasks_are_handed_out_than_there_are_workers(path: Path) -> None:
    sweep_id = begin(path, plan_of(n_seeds=3))
    with LocalWorkers(2) as workers:
        submit, at_once, most = workers.submit, set[Any](), 0

        def counted(task: Task) -> Any:
            nonlocal most
            future = submit(task)
            at_once.add(future)
            most = max(most, sum(not known.done() for known in at_once))
            return future

        workers.submit = counted  # type: ignore[method-assign]
        assert go(path, sweep_id, workers) is Status.FINISHED
    assert most == 2


def test_a_worker_killed_in_the_middle_costs_nothing_but_time(path: Path) -> None:
    alone, killed = begin(path, plan_of()), begin(path, plan_of())
    go(path, alone, InThisProcess())
    with LocalWorkers(2) as workers:
        victims = [psutil.Process(workers.pids[0])]
        news: list[SweepProgress] = []
        submit = workers.submit

        def submit_then_kill(task: Task) -> Any:
            future = submit(task)
            if victims:
                victims.pop().kill()
            return future

        workers.submit = submit_then_kill  # type: ignore[method-assign]
        assert go(path, killed, workers, news.append) is Status.FINISHED
    assert any("It is tried again." in progress.message for progress in news)
    assert figures(path, killed) == figures(path, alone)


def test_a_stop_does_not_wait_for_a_long_epoch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "GRACE", 0.1)
    base = BASE.replace(n_hidden=(1000,) * 8, minibatch_size=1, epochs=1)
    sweep_id, control = begin(path, plan_of(base=base, n_seeds=1)), SweepControl()
    with LocalWorkers(1) as workers:
        submit = workers.submit

        def submit_then_stop(task: Task) -> Any:
            future = submit(task)
            control.stop()
            return future

        workers.submit = submit_then_stop  # type: ignore[method-assign]
        assert go(path, sweep_id, workers, control=control) is Status.STOPPED
    assert [(run.status, run.epochs_done) for run in runs_of(path, sweep_id)] == [(Status.STOPPED, 0)]


def test_killed_itself_it_goes_on_with_the_same_figures(path: Path, tmp_path: Path) -> None:
    plan = plan_of(base=BASE.replace(epochs=300))
    alone, killed = begin(path, plan), begin(path, plan)
    with RunStore(path) as store:
        store.end_sweep(killed, Status.STOPPED)  # else it would be this process' own
    script = tmp_path / "coordinator.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from mlp_core.sweep.drive import SweepControl, drive_sweep\n"
        "from mlp_core.sweep.workers import LocalWorkers\n"
        "if __name__ == '__main__':\n"
        "    with LocalWorkers(1) as workers:\n"
        "        told = lambda progress: print(progress.epochs_done, flush=True)\n"
        "        drive_sweep(Path(sys.argv[1]), int(sys.argv[2]), workers, SweepControl(), told)\n"
    )
    coordinator = subprocess.Popen(
        [sys.executable, str(script), str(path), str(killed)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with coordinator:
        assert coordinator.stdout is not None
        next(line for line in coordinator.stdout if int(line) > 0)
        coordinator.kill()
    with RunStore(path) as store:
        assert store.sweep(killed).status is Status.INTERRUPTED
        assert {run.status for run in store.sweep_runs(killed)} <= {Status.INTERRUPTED, Status.FINISHED}
    for sweep_id in (killed, alone):
        assert go(path, sweep_id, InThisProcess()) is Status.FINISHED
    assert figures(path, killed) == figures(path, alone)
