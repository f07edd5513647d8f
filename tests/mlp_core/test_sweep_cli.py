from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlp_core import cli
from mlp_core.cli import main
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore
from mlp_core.sweep.plan import SweepPlan

REPOSITORY = Path(__file__).resolve().parents[2]
FAST = ["--dataset", "digits", "--hidden", "5", "--epochs", "4", "--workers", "1", "--yes"]


@pytest.fixture(autouse=True)
def _threads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "use_one_thread", lambda: None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "my runs.sqlite"


def sweep(store: Path, *arguments: object) -> int:
    return main(["sweep", "--store", str(store), *FAST, *map(str, arguments)])


def test_a_grid_is_carried_out_and_told(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(store, "--axis", "eta=0.0001,0.01", "--axis", "l2=0,0.1", "--seeds", "2", "--name", "eta and l2") == 0
    told = capsys.readouterr()
    assert "4 settings × 2 seeds = 8 runs" in told.err
    assert "Sweep 1: 8 runs, by 1 worker process on this machine" in told.err
    assert "8 of 8 runs are over" in told.err
    assert f"`mlp-core runs list --filter sweep:1 --store '{store}'`" in told.err
    lines = told.out.splitlines()
    assert lines[0].startswith("  1. validation ")
    assert lines[0].endswith(("eta 0.01, l2 0", "eta 0.01, l2 0.1"))
    assert "luck" in lines[5]
    with RunStore(store) as runs:
        assert (runs.sweep(1).name, runs.sweep(1).status) == ("eta and l2", Status.FINISHED)
        assert {run.hyperparameters.n_hidden for run in runs.sweep_runs(1)} == {(5,)}
        assert {run.status for run in runs.sweep_runs(1)} == {Status.FINISHED}


def test_ranges_and_halving(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--axis", "eta=1e-4..1e-2", "--method", "random", "--settings", 4, "--seeds", 1, "--halving", 2)
    assert sweep(store, *arguments) == 0
    with RunStore(store) as runs:
        plan = SweepPlan.from_dict(runs.sweep(1).plan)
        assert plan.rungs == (1, 2, 4)
        assert runs.sweep(1).name == "eta"
        assert sorted(run.epochs_done for run in runs.sweep_runs(1)) == [1, 1, 2, 4]
    assert "ended early" in capsys.readouterr().out


def test_a_stopped_sweep_is_resumed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep(store, "--axis", "eta=0.001,0.01", "--seeds", "1")
    first = capsys.readouterr().out
    with RunStore(store) as runs:
        runs.end_sweep(1, Status.STOPPED)
        runs.end(2, Status.STOPPED)
    assert main(["sweep", "--store", str(store), "--resume", "1", "--workers", "1"]) == 0
    assert capsys.readouterr().out == first


def test_a_sweep_that_goes_on_elsewhere_is_left_alone(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep(store, "--axis", "eta=0.001", "--seeds", "1")
    with RunStore(store) as runs:
        runs.reopen_sweep(1)
    assert main(["sweep", "--store", str(store), "--resume", "1"]) == 1
    assert "goes on already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--axis", "eta=0.1..0.2"), "a grid needs single values"),
        ((), "--axis: nothing varies"),
        (("--axis", "speed=1"), "'speed' cannot be varied"),
        (("--axis", "eta=0.1", "--halving", "1"), "halving, factor"),
        (("--axis", "minibatch_size=100,5000"), "do not fill one minibatch"),
    ],
)
def test_what_is_no_sweep_is_refused_before_anything_begins(
    store: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert sweep(store, *arguments) == 1
    assert told in capsys.readouterr().err
    with RunStore(store) as runs:
        assert runs.sweeps() == ()


def test_a_number_of_workers_that_is_none_is_refused(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        sweep(store, "--axis", "eta=0.1", "--workers", "0")
    assert "'0' is no whole number from 1 to 64" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "status"), [("n", 1), ("", 0)])
def test_at_a_terminal_it_asks_first(store: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    arguments = [argument for argument in FAST if argument != "--yes"]
    assert main(["sweep", "--store", str(store), *arguments, "--axis", "eta=0.01", "--seeds", "1"]) == status
    with RunStore(store) as runs:
        assert len(runs.sweeps()) == 1 - status


@pytest.mark.skipif(sys.platform == "win32", reason="there one cannot send Ctrl+C to a single process")
def test_ctrl_c_stops_and_says_how_to_go_on(store: Path, tmp_path: Path) -> None:
    arguments = ["sweep", "--store", str(store), "--dataset", "digits", "--axis", "eta=0.01", "--epochs", "10000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlp_core.cli", *arguments, "--workers", "2", "--seeds", "2"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        assert process.stderr is not None
        told = b""
        while b"left (" not in told:  # an epoch is done
            read = process.stderr.read1(1000)  # type: ignore[attr-defined]
            assert read, told.decode()
            told += read
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
        told += process.stderr.read()
    assert process.returncode == 130, told.decode()
    assert b"Traceback" not in told
    assert b"tried again" not in told
    assert f"`mlp-core sweep --resume 1 --store '{store}'` goes on with it".encode() in told
    with RunStore(store) as runs:
        assert runs.sweep(1).status is Status.STOPPED
        assert {run.status for run in runs.sweep_runs(1)} == {Status.STOPPED}
        assert all(run.epochs_done for run in runs.sweep_runs(1))
