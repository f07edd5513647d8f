from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mlp_core import cli, train_cli
from mlp_core.cli import main
from mlp_core.datasets import Preparation
from mlp_core.datasets.recipe import Recipe
from mlp_core.estimator import progress_line
from mlp_core.hyperparameters import Hyperparameters
from mlp_core.model_file import open_model
from mlp_core.runs.record import DatasetReference, NewRun, Status
from mlp_core.runs.settings_text import Settings, parse_settings
from mlp_core.runs.store import RunStore
from mlp_core.snapshot import EpochStats

REPOSITORY = Path(__file__).resolve().parents[2]
FAST = ["train", "--dataset", "digits", "--hidden", "10", "--eta", "0.01", "--epochs", "6"]
DIGITS = DatasetReference("Handwritten digits", "f", Recipe("digits", Preparation()))


@pytest.fixture(autouse=True)
def _threads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "use_one_thread", lambda: None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "my runs.sqlite"


@pytest.fixture
def three(store: Path) -> Path:
    """Return a store of three runs: one finished, one diverged, one deleted."""
    with RunStore(store) as runs:
        for eta, status in ((0.1, Status.FINISHED), (2.0, Status.DIVERGED), (0.3, Status.STOPPED)):
            run = NewRun(hyperparameters=Hyperparameters(eta=eta, epochs=2), dataset=DIGITS, origin="command")
            run_id = runs.begin(run)
            for epoch in (1, 2):
                runs.add_epochs(run_id, [EpochStats(epoch, 100 * eta / epoch, 0.5, 0.9, 0.8, 0.25)], [])
            runs.end(run_id, status, "Choose a smaller eta." if status is Status.DIVERGED else "", 0.75)
        runs.rename(2, "wild\x1b[31m")
        runs.set_note(2, "for Monday")
        runs.delete([3])
    return store


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    assert main(["runs", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def first_words(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


def stop_in_epoch(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl+C be pressed when an epoch is told."""
    line = progress_line

    def press(stats: EpochStats, epochs: int) -> str:
        if stats.epoch == epoch:
            signal.raise_signal(signal.SIGINT)
        return line(stats, epochs)

    monkeypatch.setattr(train_cli, "progress_line", press)


def figures(path: Path) -> list[tuple[float, ...]]:
    """Return what is known of each epoch, but for the seconds."""
    epochs = json.loads(path.read_text(encoding="utf-8"))["epochs"]
    return [tuple(epoch[key] for key in ("epoch", "cost", "train_accuracy", "valid_accuracy")) for epoch in epochs]


def test_list_tells_what_differs(three: Path, capsys: pytest.CaptureFixture[str]) -> None:
    headings, first, second = told(capsys, "list", "--store", three)
    assert headings.split()[:7] == ["id", "name", "status", "data", "set", "eta", "epoch"]
    assert first.split()[:3] == ["1", "Run", "1"]
    for shown in ("Finished", "0.1", "2/2", "5.50", "80.00%", "75.00%", "0.250"):
        assert shown in first.split()
    assert "\x1b" not in second
    assert [line.split()[0] for line in told(capsys, "list", "--store", three, "--filter", "eta>1 monday")] == [
        "id",
        "2",
    ]
    assert [line.split()[0] for line in told(capsys, "list", "--store", three, "--deleted")] == ["id", "3"]


def test_list_tells_when_there_is_nothing(three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "--store", str(tmp_path / "new.sqlite")]) == 0
    assert "No run is kept yet" in capsys.readouterr().err
    assert main(["runs", "list", "--store", str(three), "--filter", "eta>5"]) == 0
    assert "None of 2 runs" in capsys.readouterr().err
    assert main(["runs", "list", "--store", str(three), "--filter", "eta>fast"]) == 1
    assert "eta: 'fast' is not a number" in capsys.readouterr().err


def test_show_tells_all_of_a_run(three: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(told(capsys, "show", 2, "--store", three))
    assert "name            wild\\x1b[31m" in text
    assert "status          Diverged: Choose a smaller eta." in text
    for shown in ("for Monday", "Handwritten digits", "80.00% in epoch 1", "75.00%", "0.250 an epoch", "numpy"):
        assert shown in text
    assert main(["runs", "show", "9", "--store", str(three)]) == 1
    assert "9" in capsys.readouterr().err


def test_runs_and_curves_are_exported(three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "export", tmp_path / "runs.csv", "--store", three, "--filter=-diverged")
    told(capsys, "export", tmp_path / "curves.csv", "--curves", "--store", three)
    told(capsys, "export", tmp_path / "runs.json", "--store", three)
    rows = {}
    for name in ("runs", "curves"):
        with (tmp_path / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            rows[name] = list(csv.DictReader(file))
    assert [row["eta"] for row in rows["runs"]] == ["0.1"]
    assert [(row["run"], row["epoch"]) for row in rows["curves"]] == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]
    in_full = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))
    assert [[epoch["cost"] for epoch in run["epochs"]] for run in in_full] == [[10.5, 5.5], [200.5, 100.5]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["runs.txt"], "End the name in .csv or .json"),
        (["runs.json", "--curves"], "curves alone as CSV"),
        (["none/runs.csv"], "its folder does not exist"),
        (["runs.csv", "--filter", "speed>3"], "speed: there is no such quantity"),
    ],
)
def test_what_cannot_be_exported_is_told(
    arguments: list[str],
    expected: str,
    three: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["runs", "export", *arguments, "--store", str(three)]) == 1
    assert expected in capsys.readouterr().err
    assert not list(tmp_path.glob("runs.*"))


def test_a_run_is_told_as_a_script_and_as_a_command(
    three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = told(capsys, "script", 1, "--store", three)
    assert 'dataset = open_dataset("digits")' in script
    assert told(capsys, "script", 1, tmp_path / "run.py", "--store", three) == []
    assert (tmp_path / "run.py").read_text(encoding="utf-8").splitlines() == script
    (line,) = told(capsys, "settings", 1, "--store", three)
    assert parse_settings(line) == Settings(Hyperparameters(eta=0.1, epochs=2), DIGITS.recipe)


def test_runs_are_deleted_and_restored(three: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "delete", "1", "2", "--store", str(three)]) == 0
    assert f"2 runs deleted; brought back by `mlp-core runs restore 1 2 --store '{three}'`" in capsys.readouterr().err
    assert main(["runs", "restore", "2", "3", "--store", str(three)]) == 0
    assert capsys.readouterr().err == "2 runs restored.\n"
    assert first_words(told(capsys, "list", "--store", three)) == ["id", "2", "3"]
    assert main(["runs", "delete", "2", "9", "--store", str(three)]) == 1
    assert "9" in capsys.readouterr().err
    assert first_words(told(capsys, "list", "--store", three)) == ["id", "2", "3"]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_run_that_is_resumed_ends_as_if_it_had_never_stopped(
    precision: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast = [*FAST, "--precision", precision, "--subset", "700"]
    whole = ["--json", str(tmp_path / "whole.json"), "--save", str(tmp_path / "whole.npz")]
    assert main([*fast, "--no-store", *whole]) == 0
    uninterrupted = capsys.readouterr().err.replace("\n", "\r").split("\r")
    with monkeypatch.context() as patch:
        stop_in_epoch(2, patch)
        assert main([*fast, "--store", str(store)]) == 130
    capsys.readouterr()
    parts = ["--json", str(tmp_path / "parts.json"), "--save", str(tmp_path / "parts.npz")]
    assert main(["runs", "resume", "1", "--store", str(store), *parts]) == 0
    resumed = capsys.readouterr().err.replace("\n", "\r").split("\r")
    lines = [line for line in uninterrupted if line.startswith(("3/6", "4/6", "5/6", "6/6", "Test"))]
    assert len(lines) == 5
    assert [line for line in resumed if line[1:3] == "/6" or line.startswith("Test")] == lines
    assert figures(tmp_path / "parts.json") == figures(tmp_path / "whole.json")
    weights = [open_model(tmp_path / f"{name}.npz").weights for name in ("parts", "whole")]
    for mine, theirs in zip(*((*each.w, *each.b) for each in weights), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with RunStore(store) as runs:
        run, history = runs.run(1), runs.history(1)
    assert run.status is Status.FINISHED
    assert [stats.epoch for stats in history] == [1, 2, 3, 4, 5, 6]
    assert f"{run.test_accuracy * 100:.2f}%" in lines[-1]


@contextmanager
def training(store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Train in a process of its own for a long time, and go on here when three epochs have been told."""
    command = [sys.executable, "-m", "mlp_core.cli", *FAST[:-1], "10000", "--store", str(store)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stderr is not None
        seen = b""
        while b"00003/10000" not in seen:
            seen += (more := process.stderr.read(100))
            assert more, seen
        yield process


def test_a_run_that_was_killed_is_resumed(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with training(store) as process:
        process.kill()
    with RunStore(store) as runs:
        run, done = runs.run(1), len(runs.history(1))
        assert run.status is Status.INTERRUPTED
        assert done >= 3
    stop_in_epoch(done + 2, monkeypatch)
    assert main(["runs", "resume", "1", "--store", str(store)]) == 130
    with RunStore(store) as runs:
        run, epochs = runs.run(1), [stats.epoch for stats in runs.history(1)]
    assert run.status is Status.STOPPED
    assert epochs == list(range(1, run.epochs_done + 1))
    assert f"interrupted after epoch {run.epochs_done:,} of 10,000" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C goes to all programs of a terminal there")
def test_ctrl_c_stops_a_process_and_keeps_its_run(store: Path) -> None:
    with training(store) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        error = process.stderr.read().decode()
    assert process.returncode == 130
    assert "Traceback" not in error
    assert f"`mlp-core runs resume 1 --store '{store}'` goes on with it." in error.splitlines()[-1]
    with RunStore(store) as runs:
        assert runs.run(1).status is Status.STOPPED
        assert runs.checkpoint(1).epoch == runs.run(1).epochs_done >= 3


def test_what_cannot_be_resumed_is_told(
    three: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "resume", "3", "--store", str(three)]) == 1
    assert "Run 3 is deleted: `mlp-core runs restore 3 --store" in capsys.readouterr().err
    told(capsys, "restore", 3, "--store", three)
    assert main(["runs", "resume", "3", "--store", str(three)]) == 1
    error = capsys.readouterr().err
    assert "digits: its images are not those that the run was trained on" in error
    assert "mlp-core train --dataset digits" in error
    monkeypatch.setattr("mlp_core.datasets.dataset.Dataset.fingerprint", lambda _: "f")
    assert main(["runs", "resume", "1", "--store", str(three)]) == 1
    assert "finished" in capsys.readouterr().err
    with RunStore(three) as runs:
        assert [run.status for run in runs.runs()] == [Status.FINISHED, Status.DIVERGED, Status.STOPPED]


@pytest.mark.parametrize("command", ["list", "show 1", "export x.csv", "script 1", "resume 1", "delete 1"])
def test_a_store_that_cannot_be_opened_is_told_in_one_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["runs", *command.split(), "--store", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mlp-core: {tmp_path}: ")
