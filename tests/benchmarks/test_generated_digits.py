from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import generated_digits, report
from benchmarks.generated_digits import Run, quality_table, targets


def test_a_quick_try_measures_all_there_is(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLP_VIZ_DATA", str(mnist_folder))
    assert generated_digits.main(["--quick", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "generated_digits.json").read_text())
    (run,) = found["rows"]["runs"]
    assert run["seed"] == 1
    assert 15 < run["own"] < 100
    assert 15 < run["mnist"] < 100
    assert run["images_per_second"] > 0
    assert len(found["targets"]) == 5
    assert f"{run['mnist']:.2f}" in capsys.readouterr().out


def test_without_mnist_the_rest_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generated_digits.main(["--quick", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "generated_digits.json").read_text())
    assert found["rows"]["runs"][0]["mnist"] is None
    assert len(found["targets"]) == 3
    assert "without MNIST: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("worst", "met"),
    [
        (Run(2, 95.0, 94.0, 10_000.0), [True, True, True, True, True]),
        (Run(2, 94.4, 93.9, 9_999.0), [False, True, False, True, False]),
        (Run(2, 97.1, 92.4, 20_000.0), [True, False, True, False, False]),
    ],
)
def test_the_worst_seed_counts(worst: Run, met: list[bool]) -> None:
    assert [target.met for target in targets([Run(1, 96.0, 95.0, 15_000.0), worst])] == met


def test_the_table_has_a_row_for_each_seed_and_one_for_all() -> None:
    runs = [
        {"seed": seed, "own": 90.0 + seed, "mnist": mnist, "images_per_second": 1e4 + seed}
        for seed, mnist in ((1, 91.0), (2, None), (3, 94.0))
    ]
    lines = quality_table(runs).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["seed 1", "seed 2", "seed 3", "median and range"]
    assert [cell.strip() for cell in lines[1].split("|")[2:-1]] == ["92.00", "", "10,002"]
    assert [cell.strip() for cell in lines[3].split("|")[2:-1]] == [
        "92.00 (91.00–93.00)",
        "92.50 (91.00–94.00)",
        "10,002 (10,001–10,003)",
    ]
    assert quality_table([{**run, "mnist": None} for run in runs])


def test_the_report_tells_them_under_a_heading_of_their_own(tmp_path: Path) -> None:
    assert generated_digits.main(["--quick", "--out", str(tmp_path)]) == 0
    text = report.markdown(report.read(tmp_path))
    assert "### The generated digits" in text
    assert "learns 1,000 generated digits" in text
    assert "| median and range" in text
