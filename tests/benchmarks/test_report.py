from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import report, training_speed
from benchmarks.measure import Measured
from benchmarks.report import BEGIN, END, between_markers
from benchmarks.results import save
from benchmarks.scaling import Costs, Point
from benchmarks.training_speed import Row, Timing

ROOT = Path(__file__).parents[2]


def test_only_what_is_between_the_markers_changes() -> None:
    text = f"# head\n\n{BEGIN}\nold\nolder\n{END}\n\ntail without a newline"
    new = between_markers(text, "new")
    assert new == f"# head\n\n{BEGIN}\nnew\n{END}\n\ntail without a newline"
    assert between_markers(new, "new") == new


def save_some(folder: Path) -> None:
    """Save results as the benchmarks do, without measuring anything."""
    timing = Timing(1, (0.3, 0.2, 0.4))
    rows = [
        Row("mlp-viz", "float32", 100, timing, timing),
        Row("scikit-learn", "float32", 100, None, timing),
        Row("lecture's loop", "float64", 100, Timing(2, (1.0, 1.2, 1.1))),
        Row("floor, one core", "float32", 100, timing, timing),
    ]
    speed = training_speed.as_json("MNIST", rows, Measured())
    save("training_speed", speed, training_speed.targets(rows), quick=False, folder=folder)
    points = [
        Point(against, value, "float32", 55_000, 5_500, Costs((2.0,), (1.0,), (0.5,), memory, memory))
        for against, memory in (("hidden units", 3.0), ("hidden layers of 100", None))
        for value in (1, 2)
    ]
    save("scaling", {"data": "MNIST", "points": [asdict(point) for point in points]}, [], quick=False, folder=folder)


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_markers_that_are_not_there_once_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="there must be one line"):
        between_markers(text, "new")


def test_the_readme_has_a_place_for_the_report() -> None:
    between_markers((ROOT / "README.md").read_text(encoding="utf-8"), "")


def test_writes_tables_and_pictures_of_what_was_measured(tmp_path: Path) -> None:
    results = tmp_path / "results"
    save_some(results)
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\n{END}\nafter\n", encoding="utf-8")
    arguments = ["--results", str(results), "--project", str(tmp_path)]
    assert report.main(arguments) == 0
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\nMeasured on: ")
    assert text.endswith(f"{END}\nafter\n")
    assert "| lecture's loop, float64" in text
    assert "| epoch with evaluation, float32, against the lecture's loop" in text
    pictures = re.findall(r"!\[.*\]\((.*)\)", text)
    assert pictures == ["docs/speed.png", "docs/scaling.png"]
    drawn = [(tmp_path / picture).read_bytes() for picture in pictures]
    assert all(picture.startswith(b"\x89PNG") for picture in drawn)
    assert report.main(arguments) == 0
    assert [(tmp_path / picture).read_bytes() for picture in pictures] == drawn


def test_a_readme_without_markers_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    (tmp_path / "fidelity.json").write_text('{"machine": {}, "rows": {}, "targets": []}', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "markdown", lambda found: "new")
        assert report.main(["--results", str(tmp_path), "--project", str(tmp_path)]) == 1
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
    assert "README.md: there must be one line" in capsys.readouterr().out


def test_without_results_it_says_what_makes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main(["--results", str(tmp_path), "--project", str(tmp_path)]) == 1
    assert "python -m benchmarks" in capsys.readouterr().out
