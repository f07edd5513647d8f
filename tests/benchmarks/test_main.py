from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import __main__ as benchmarks_main
from benchmarks import report, results
from benchmarks.results import Target


def benchmark(name: str, error: Exception | None = None, skipped: bool = False) -> ModuleType:
    def main(arguments: Sequence[str]) -> int:
        if error:
            raise error
        if not skipped:
            folder = Path(arguments[arguments.index("--out") + 1])
            results.save(name, {}, [Target(f"target of {name}", 1.0, True, 0.5)], "--quick" in arguments, folder)
        return 0

    module = ModuleType(name)
    module.main = main  # type: ignore[attr-defined]
    return module


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in benchmarks_main.NAMES:
        monkeypatch.setitem(sys.modules, f"benchmarks.{name}", benchmark(name))
    return monkeypatch


def test_all_run_in_order_and_their_targets_are_told(
    others: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmarks_main.main(["--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    places = [told.index(f"## {name}") for name in benchmarks_main.NAMES]
    assert places == sorted(places)
    assert all(f"| target of {name}" in told for name in benchmarks_main.NAMES)


def test_one_that_fails_does_not_lose_the_others(
    others: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others.setitem(sys.modules, "benchmarks.scaling", benchmark("scaling", error=OSError("no more memory")))
    assert benchmarks_main.main(["--out", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "failed: scaling" in told.out
    assert "no more memory" in told.err
    assert "target of fidelity" in told.out
    assert "target of scaling" not in told.out


def test_results_of_before_are_not_told_of_one_that_is_skipped(
    others: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmarks_main.main(["--out", str(tmp_path)]) == 0
    others.setitem(sys.modules, "benchmarks.fidelity", benchmark("fidelity", skipped=True))
    capsys.readouterr()
    assert benchmarks_main.main(["fidelity", "scaling", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "target of scaling" in told
    assert "target of fidelity" not in told
    assert "## training_speed" not in told


@pytest.mark.parametrize(("arguments", "reported"), [([], True), (["--quick"], False), (["--out", "elsewhere"], False)])
def test_only_a_full_run_that_is_kept_renews_the_readme(
    others: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], reported: bool
) -> None:
    calls: list[object] = []
    others.setattr(report, "main", lambda arguments: calls.append(arguments))
    others.setattr(results, "FOLDER", tmp_path / "results")
    others.chdir(tmp_path)
    assert benchmarks_main.main(arguments) == 0
    assert bool(calls) is reported
    assert (tmp_path / "results").exists() is reported


def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        benchmarks_main.main(["speeed"])
    assert "no such benchmark: speeed" in capsys.readouterr().err
