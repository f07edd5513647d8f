"""A sweep on its thread, with real workers and the embedded digits."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from mlp_core.datasets import open_dataset
from mlp_core.errors import SweepError
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.runs.record import DatasetReference, Status
from mlp_core.runs.store import RunStore
from mlp_core.sweep import cluster
from mlp_core.sweep.axes import parse_axis
from mlp_core.sweep.drive import SweepProgress
from mlp_core.sweep.plan import SweepPlan
from mlp_core.sweep.workers import LocalWorkers
from mlp_viz.run.sweep_runner import SweepEnd, SweepRunner, WorkersChoice

HERE = WorkersChoice(1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[SweepRunner]:
    runner = SweepRunner()
    yield runner
    runner.shutdown()


def begin(path: Path, epochs: int = 2, fingerprint: str = "") -> int:
    base = Hyperparameters(n_hidden=(8,), epochs=epochs, seed=1)
    reference = DatasetReference.of(open_dataset("digits"))
    if fingerprint:
        reference = dataclasses.replace(reference, fingerprint=fingerprint)
    plan = SweepPlan("etas", base, (parse_axis("eta=0.001,0.01"),), "grid", 2, 1, None, reference)
    with RunStore(path) as store:
        return store.add_sweep(plan.name, plan.as_dict())


def ended(qtbot: QtBot, runner: SweepRunner, path: Path, sweep_id: int, choice: WorkersChoice = HERE) -> SweepEnd:
    with qtbot.waitSignal(runner.ended, timeout=30_000) as end:
        runner.start(path, sweep_id, choice, None)
    answer: Any = end.args[0]
    assert isinstance(answer, SweepEnd)
    return answer


def stored(path: Path, sweep_id: int) -> tuple[Status, str]:
    with RunStore(path) as store:
        sweep = store.sweep(sweep_id)
    return sweep.status, sweep.message


def test_a_sweep_is_carried_out_and_followed(runner: SweepRunner, qtbot: QtBot, path: Path) -> None:
    sweep_id = begin(path)
    running: list[object] = []
    news: list[SweepProgress] = []
    runner.runningChanged.connect(running.append)
    runner.progressed.connect(news.append)
    assert ended(qtbot, runner, path, sweep_id) == SweepEnd(sweep_id, Status.FINISHED)
    assert running == [sweep_id, None]
    assert runner.sweep_id is None
    assert (news[-1].runs_done, news[-1].epochs_done) == (2, 4)
    assert stored(path, sweep_id) == (Status.FINISHED, "")


def test_a_stopped_sweep_goes_on(runner: SweepRunner, qtbot: QtBot, path: Path) -> None:
    sweep_id = begin(path, epochs=2000)
    with qtbot.waitSignal(runner.progressed, timeout=30_000):
        runner.start(path, sweep_id, HERE, None)
    runner.start(path, sweep_id + 1, HERE, None)  # ignored: one at a time
    assert runner.sweep_id == sweep_id
    with qtbot.waitSignal(runner.ended, timeout=30_000) as end:
        runner.stop()
    assert end.args == [SweepEnd(sweep_id, Status.STOPPED)]
    assert stored(path, sweep_id)[0] is Status.STOPPED
    with qtbot.waitSignal(runner.progressed, timeout=30_000):
        runner.start(path, sweep_id, HERE, None)
    assert stored(path, sweep_id)[0] is Status.RUNNING


def test_a_window_that_closes_stops_its_sweep(runner: SweepRunner, qtbot: QtBot, path: Path) -> None:
    sweep_id = begin(path, epochs=2000)
    with qtbot.waitSignal(runner.progressed, timeout=30_000):
        runner.start(path, sweep_id, HERE, None)
    runner.shutdown()
    assert stored(path, sweep_id)[0] is Status.STOPPED
    with qtbot.assertNotEmitted(runner.runningChanged):
        runner.start(path, sweep_id, HERE, None)


def test_a_scheduler_that_cannot_be_reached_is_told_and_kept(
    runner: SweepRunner, qtbot: QtBot, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    sweep_id = begin(path)
    end = ended(qtbot, runner, path, sweep_id, WorkersChoice(1, "tcp://127.0.0.1:9"))
    assert end.status is Status.FAILED
    assert "nobody answers at tcp://127.0.0.1:9" in end.message
    assert stored(path, sweep_id) == (Status.FAILED, end.message)
    assert ended(qtbot, runner, path, sweep_id).status is Status.FINISHED


@pytest.mark.parametrize("error", [SweepError("no more processes"), RuntimeError("odd"), MemoryError()])
def test_without_workers_a_sweep_does_not_seem_to_go_on(
    runner: SweepRunner, qtbot: QtBot, path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    sweep_id = begin(path)
    monkeypatch.setattr(LocalWorkers, "__init__", refuse)
    end = ended(qtbot, runner, path, sweep_id)
    assert end.status is Status.FAILED
    assert end.message
    status, message = stored(path, sweep_id)
    assert status is Status.FAILED
    assert (str(error) or type(error).__name__) in message


def test_a_sweep_of_another_window_is_left_to_it(runner: SweepRunner, qtbot: QtBot, path: Path) -> None:
    sweep_id = begin(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE sweeps SET owner_host = 'elsewhere'")
    for choice in (HERE, WorkersChoice(1, "no address")):
        end = ended(qtbot, runner, path, sweep_id, choice)
        assert end.status is Status.FAILED
        assert "goes on already, in another window or terminal" in end.message
        assert stored(path, sweep_id) == (Status.RUNNING, "")


def test_a_sweep_that_fails_says_why(runner: SweepRunner, qtbot: QtBot, path: Path) -> None:
    sweep_id = begin(path, fingerprint="0" * 64)
    end = ended(qtbot, runner, path, sweep_id)
    assert end.status is Status.FAILED
    assert "has other data under this name" in end.message
    assert stored(path, sweep_id) == (Status.FAILED, end.message)
