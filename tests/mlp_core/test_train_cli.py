from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlp_core import Hyperparameters, cli, open_dataset, train_cli
from mlp_core.cli import main
from mlp_core.datasets.recipe import Recipe
from mlp_core.errors import TooLargeError
from mlp_core.evaluation import accuracy
from mlp_core.model_file import open_model
from mlp_core.runs.record import Status
from mlp_core.runs.store import RunStore, default_store_path
from mlp_core.snapshot import EpochStats

REPOSITORY = Path(__file__).resolve().parents[2]
FAST = ["train", "--dataset", "digits", "--hidden", "10", "--eta", "0.01", "--epochs", "2"]


@pytest.fixture(autouse=True)
def _threads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "use_one_thread", lambda: None)


def test_as_a_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlp_core.cli", "train", "--dataset", "digits", "--epochs", "2"]
    command += ["--json", str(tmp_path / "f.json"), "--save", str(tmp_path / "m.npz")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    error = done.stderr.decode()
    assert done.returncode == 0, error
    assert done.stdout == b""
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    for epoch in figures["epochs"]:
        train, valid = epoch["train_accuracy"] * 100, epoch["valid_accuracy"] * 100
        line = f"\r{epoch['epoch']}/2 | Cost: {epoch['cost']:.2f} | Train/Valid Acc.: {train:.2f}%/{valid:.2f}% "
        assert line in error
    *_, tested, kept = error.splitlines()
    assert tested == f"Test accuracy: {figures['test_accuracy'] * 100:.2f}%"
    assert kept == "Run 1 is kept: `mlp-core runs show 1`."
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["f.json", "m.npz"]


def test_the_json_and_the_model_tell_the_same_run(tmp_path: Path) -> None:
    arguments = [*FAST, "--minibatch-size", "20", "--l2", "0.1", "--seed", "3", "--activation", "tanh", "--no-shuffle"]
    arguments += ["--precision", "float32", "--hidden", "10,7"]
    assert main([*arguments, "--json", str(tmp_path / "f.json"), "--save", str(tmp_path / "m.npz")]) == 0
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    model, digits = open_model(tmp_path / "m.npz"), open_dataset("digits")
    assert set(figures) == {"epochs", "test_accuracy", "seconds", "dataset", "hyperparameters"}
    chosen = Hyperparameters.from_dict(figures["hyperparameters"])
    assert chosen == model.hyperparameters
    assert chosen == Hyperparameters(
        n_hidden=(10, 7),
        eta=0.01,
        epochs=2,
        minibatch_size=20,
        l2=0.1,
        seed=3,
        activation="tanh",
        shuffle=False,
        precision="float32",
    )
    expected = [
        {
            "epoch": stats.epoch,
            "cost": stats.cost,
            "train_accuracy": stats.train_accuracy,
            "valid_accuracy": stats.valid_accuracy,
            "seconds": stats.seconds,
        }
        for stats in model.history
    ]
    assert figures["epochs"] == expected
    assert [epoch["epoch"] for epoch in figures["epochs"]] == [1, 2]
    X_test = digits.scaled(digits.test.X, "float32")
    assert figures["test_accuracy"] == accuracy(model.network(), X_test, digits.test.y)
    assert figures["seconds"] >= sum(epoch["seconds"] for epoch in figures["epochs"])
    assert figures["dataset"]["key"] == "digits"
    assert figures["dataset"]["fingerprint"] == digits.fingerprint() == model.fingerprint
    assert figures["dataset"]["image_shape"] == [8, 8]
    model.check_fits(digits, tmp_path / "m.npz")


def test_without_a_name_the_generated_digits_are_taken(
    few_generated_digits: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--epochs", "1", "--hidden", "5"]) == 0
    told = capsys.readouterr().err
    assert "Generated digits: 10 classes, 28×28 pixels, 1,100 train / 100 validation / 300 test" in told


def test_a_data_set_is_scaled_and_cut_down(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, "--subset", "700", "--scaling", "unit"]) == 0
    assert "700 samples · 0 to 1" in capsys.readouterr().err
    assert main([*FAST, "--subset", "0"]) == 1
    assert "subset" in capsys.readouterr().err


def test_what_does_not_fit_into_memory_is_told_with_what_would(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise TooLargeError("big.npz", "it is too large. About 40 samples would fit.", 40)

    monkeypatch.setattr(Recipe, "open", refuse)
    assert main(["train", "--dataset", "big.npz"]) == 1
    assert "--subset 40" in capsys.readouterr().err


def test_what_was_left_out_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = dataclasses.replace(open_dataset("digits"), remarks="2 of 30 pictures could not be read.")
    monkeypatch.setattr(Recipe, "open", lambda *_: dataset)
    assert main(FAST) == 0
    assert "2 of 30 pictures" in capsys.readouterr().err


def test_without_a_test_set_there_is_no_test_accuracy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = open_dataset("digits")
    empty = dataclasses.replace(digits.test, X=digits.test.X[:0], y=digits.test.y[:0])
    bare = dataclasses.replace(digits, test=empty, valid=empty)
    monkeypatch.setattr(Recipe, "open", lambda *_: bare)
    assert main([*FAST, "--json", str(tmp_path / "f.json")]) == 0
    text = (tmp_path / "f.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    figures = json.loads(text)
    assert figures["test_accuracy"] is None
    assert figures["epochs"][0]["valid_accuracy"] is None
    assert "Test accuracy" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--dataset", "digit"], "Did you mean 'digits'"),
        (["--dataset", "none/such.npz"], "no such file"),
        (["--data-dir", "none/such"], "none/such"),
        (["--eta", "0"], "eta: 0.0 is out of range. Choose a number from 1e-06 to 10"),
        (["--eta", "-1"], "eta: -1.0 is out of range"),
        (["--eta", "nan"], "eta: nan is not a finite number"),
        (["--l2", "-1"], "l2: "),
        (["--hidden", "0,5"], "n_hidden: 0 is out of range"),
        (["--hidden", "-5"], "n_hidden: -5 is out of range"),
        (["--epochs", "0"], "epochs: "),
        (["--minibatch-size", "0"], "minibatch_size: "),
        (["--minibatch-size", "50000"], "Choose a minibatch size of at most"),
        (["--seed", "-1"], "seed: "),
        (["--json", "none/f.json"], "none/f.json: its folder does not exist"),
        (["--save", "none/m.npz"], "none/m.npz: its folder does not exist"),
        (["--json", "."], "this is a folder"),
        (["--save", "."], "this is a folder"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = arguments if "--data-dir" in arguments else ["--dataset", "digits", *arguments]
    assert main(["train", *given]) == 1
    error = capsys.readouterr().err
    last = error.splitlines()[-1]
    assert last.startswith("mlp-core: ")
    assert told in last
    assert "Traceback" not in error
    assert len(error.splitlines()) <= 2  # the data set's own line may come before
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_range(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "0 or a number from 1e-06 to 100 (0.01)" in text
    assert "a whole number from 1 to 10,000 (200)" in text


def test_a_diverging_run_writes_what_it_reached_and_no_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--eta", "10", "--l2", "100", "--minibatch-size", "20", "--epochs", "50"]
    files = ["--json", str(tmp_path / "f.json"), "--save", str(tmp_path / "m.npz")]
    assert main(["train", "--dataset", "digits", *arguments, *files]) == 1
    lines = capsys.readouterr().err.splitlines()
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert figures["test_accuracy"] is None
    assert lines[-1].startswith(f"mlp-core: Training diverged in epoch {len(figures['epochs']) + 1}: ")
    assert not (tmp_path / "m.npz").exists()


def test_a_json_that_cannot_be_written_at_the_end_does_not_cost_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = Path.open

    def full(path: Path, mode: str = "r", *others: Any, **named: Any) -> Any:
        if mode == "w":
            raise OSError(28, "No space left on device")
        return usual(path, mode, *others, **named)

    monkeypatch.setattr(Path, "open", full)
    assert main([*FAST, "--json", str(tmp_path / "f.json"), "--save", str(tmp_path / "m.npz")]) == 1
    assert "f.json: cannot be written (No space left on device)" in capsys.readouterr().err.splitlines()[-1]
    assert len(open_model(tmp_path / "m.npz").history) == 2


def test_a_data_set_of_ones_own(tmp_path: Path) -> None:
    random = np.random.RandomState(0)
    X, y = random.randint(0, 256, (60, 6)).astype(np.uint8), np.arange(60) % 2
    path = tmp_path / "mine.npz"
    np.savez(path, X_train=X.reshape(60, 2, 3), y_train=y, X_test=X.reshape(60, 2, 3), y_test=y)
    arguments = ["train", "--dataset", str(path), "--minibatch-size", "5", "--epochs", "1", "--hidden", "none"]
    assert main([*arguments, "--json", str(tmp_path / "f.json")]) == 0
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["dataset"]["image_shape"] == [2, 3]


def test_the_run_is_kept_with_all_its_epochs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, "--seed", "7", "--json", str(tmp_path / "f.json")]) == 0
    assert "Run 1 is kept: `mlp-core runs show 1`" in capsys.readouterr().err
    assert main([*FAST, "--name", "mine", "--store", str(tmp_path / "my runs.sqlite")]) == 0
    assert f"`mlp-core runs show 1 --store '{tmp_path / 'my runs.sqlite'}'`" in capsys.readouterr().err
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    with RunStore() as store:
        (run,) = store.runs()
        assert [stats.cost for stats in store.history(run.id)] == [epoch["cost"] for epoch in figures["epochs"]]
    assert (run.status, run.origin, run.hyperparameters.seed) == (Status.FINISHED, "command", 7)
    assert run.test_accuracy == figures["test_accuracy"]
    assert run.dataset.fingerprint == figures["dataset"]["fingerprint"]
    with RunStore(tmp_path / "my runs.sqlite") as store:
        assert [run.name for run in store.runs()] == ["mine"]


def test_a_seed_that_was_drawn_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, "--seed", "new"]) == 0
    with RunStore() as store:
        assert store.run(1).hyperparameters.seed is not None


def test_a_run_need_not_be_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, "--no-store"]) == 0
    assert "kept" not in capsys.readouterr().err
    assert not default_store_path().exists()


def test_a_store_that_cannot_be_opened_does_not_keep_from_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*FAST, "--store", str(tmp_path), "--json", str(tmp_path / "f.json")]) == 0
    error = capsys.readouterr().err
    first, last = (line for line in error.splitlines() if str(tmp_path) in line)
    assert "Training goes on" in first
    assert last.endswith("It is not in the store.")
    assert "Test accuracy" in error
    assert len(json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["epochs"]) == 2


def test_a_run_that_diverges_is_kept_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    wild = ["--eta", "10", "--l2", "100", "--minibatch-size", "20"]
    assert main(["train", "--dataset", "digits", *wild]) == 1
    with RunStore() as store:
        run = store.run(1)
    assert run.status is Status.DIVERGED
    assert run.message.startswith(f"Training diverged in epoch {run.epochs_done + 1}: ")


def press_at_epoch(epoch: int, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    def press(stats: EpochStats, _epochs: int) -> str:
        if stats.epoch == epoch:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return ""

    monkeypatch.setattr(train_cli, "progress_line", press)


def test_ctrl_c_stops_the_run_and_tells_how_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--json", str(tmp_path / "f.json"), "--save", str(tmp_path / "m.npz")]
    press_at_epoch(3, monkeypatch)
    assert main([*FAST, "--epochs", "9", *files]) == 130
    *_, where, again = capsys.readouterr().err.splitlines()
    with RunStore() as store:
        run = store.run(1)
        assert store.checkpoint(1).epoch == run.epochs_done
    assert run.status is Status.STOPPED
    assert 3 <= run.epochs_done < 9
    assert where == f"mlp-core: interrupted after epoch {run.epochs_done} of 9."
    assert again == "Run 1 is kept: `mlp-core runs resume 1` goes on with it."
    assert len(json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["epochs"]) == run.epochs_done
    assert not (tmp_path / "m.npz").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_at_the_end_of_the_last_epoch_comes_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    press_at_epoch(2, monkeypatch)
    assert main(FAST) == 0
    with RunStore() as store:
        assert store.run(1).status is Status.FINISHED


def test_ctrl_c_twice_ends_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    press_at_epoch(1, monkeypatch, times=2)
    assert main([*FAST, "--epochs", "9"]) == 130
    assert "interrupted" in capsys.readouterr().err.splitlines()[-1]
    with RunStore() as store:
        assert store.run(1).status is Status.INTERRUPTED
