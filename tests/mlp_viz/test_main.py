"""The command: told in one line what is wrong, and a picture where there is no display."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from mlp_viz.__main__ import _parser, main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--eta", "0"], "mlp-viz: eta: 0.0 is out of range. Choose a number from 1e-06 to 10."),
        (["--eta", "-1"], "mlp-viz: eta: -1.0 is out of range."),
        (["--eta", "nan"], "mlp-viz: eta: nan is not a finite number."),
        (["--hidden", "1001"], "mlp-viz: n_hidden: 1001 is out of range."),
        (["--epochs", "0"], "mlp-viz: epochs: 0 is out of range."),
        (["--screenshot", "no/such/folder/x.png"], "mlp-viz: no/such/folder/x.png: its folder does not exist."),
    ],
)
def test_a_bad_value_is_told_in_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["--eta", "x"], ["--size", "10x10"], ["--size", "wide"], ["--theme", "pink"], ["--nonsense"]]
)
def test_a_wrong_call_is_told_with_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: mlp-viz" in capsys.readouterr().err


def test_what_is_missing_is_told_before_qt_loads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":987")
    assert main([]) == 1
    err = capsys.readouterr().err
    assert err.splitlines()[-1].startswith("mlp-viz: No X server answers at DISPLAY=:987")
    assert "Traceback" not in err


def test_options_are_read() -> None:
    options = _parser().parse_args(["--size", "800x600", "--hidden", "20,10", "--no-shuffle", "--theme", "dark"])
    assert options.size == QSize(800, 600)
    assert options.n_hidden == (20, 10)
    assert options.shuffle is False
    assert not hasattr(options, "eta")


def command(tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environ.pop("QT_QPA_PLATFORM", None)
    environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "mlp_viz", *arguments],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_display_it_trains_and_saves_a_picture(tmp_path: Path) -> None:
    done = command(tmp_path, "--dataset", "digits", "--epochs", "3", "--size", "1200x700")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("mlp-viz: there is no display, so it trains off screen and saves mlp-viz.png\n")
    assert "3/3 | Cost:" in done.stderr
    assert "Traceback" not in done.stderr
    picture = QImage(str(tmp_path / "mlp-viz.png"))
    assert (picture.width(), picture.height()) == (1200, 700)


def test_a_data_set_that_is_not_there_ends_it_in_one_line(tmp_path: Path) -> None:
    done = command(tmp_path, "--dataset", "missing.npz", "--screenshot", "x.png")
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "missing.npz" in line and line.startswith("mlp-viz: ")]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.png").exists()


def test_a_run_that_diverges_still_gives_a_picture(tmp_path: Path) -> None:
    wild = ["--eta", "10", "--l2", "1", "--activation", "relu"]
    done = command(tmp_path, "--dataset", "digits", "--epochs", "200", "--screenshot", "x.png", *wild)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert not QImage(str(tmp_path / "x.png")).isNull()


def test_the_defaults_can_be_told_as_json() -> None:
    """What the settings store of the command line's values comes back."""
    from mlp_core.arguments import hyperparameters_of

    hyperparameters = hyperparameters_of(_parser().parse_args(["--epochs", "7", "--hidden", "0"]))
    assert json.loads(json.dumps(hyperparameters.as_dict()))["n_hidden"] == []
    assert hyperparameters.epochs == 7
