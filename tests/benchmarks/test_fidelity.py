from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import fidelity
from benchmarks.fidelity import Run, targets


def test_first_epoch_gives_the_published_figures(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(mnist_folder))
    assert fidelity.main(["--quick", "--out", str(tmp_path)]) == 0
    runs = json.loads((tmp_path / "fidelity.json").read_text())["rows"]["runs"]
    told = capsys.readouterr().out
    assert [run["precision"] for run in runs] == ["float64", "float32"]
    for run in runs:
        assert run["cost"] == pytest.approx(66739.71, abs=0.01)
        line = next(line for line in told.splitlines() if f"{run['precision']} after 1 epochs" in line)
        assert line.replace("|", " ").split()[4:7] == ["66739.71", "84.53", "88.86"]


def test_says_why_it_is_skipped_without_mnist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fidelity.main(["--epochs", "1", "--out", str(tmp_path)]) == 0
    assert "skipped: " in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("cost", "met"), [(5065.784, True), (5065.77, False)])
def test_the_target_is_the_published_figures_to_the_digit(cost: float, met: bool) -> None:
    (target,) = targets([Run("float64", 200, cost, 99.281, 97.98, 97.54, 1.0), Run("float32", 200, 0, 0, 0, 0, 1.0)])
    assert target.met is met


def test_figures_of_other_epochs_have_no_target() -> None:
    assert targets([Run("float64", 1, 66739.71, 84.53, 88.86, 89.0, 1.0)]) == []
