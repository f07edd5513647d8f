import json
from pathlib import Path

import pytest

from benchmarks import fidelity


def test_first_epoch_gives_the_published_figures(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(mnist_folder))
    assert fidelity.main(["--epochs", "1", "--json", str(tmp_path / "figures.json")]) == 0
    rows = json.loads((tmp_path / "figures.json").read_text())
    told = capsys.readouterr().out
    for precision in ("float64", "float32"):
        assert rows[precision]["cost"] == pytest.approx(66739.71, abs=0.01)
        assert f"{precision} after 1 epochs  66739.71 84.53 88.86" in told


def test_says_why_it_is_skipped_without_mnist(capsys: pytest.CaptureFixture[str]) -> None:
    assert fidelity.main(["--epochs", "1"]) == 0
    assert "skipped: " in capsys.readouterr().out
