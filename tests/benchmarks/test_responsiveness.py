import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import responsiveness
from benchmarks.responsiveness import (
    PRECISIONS,
    click_row,
    lateness_of,
    lateness_row,
    memory_row,
    moments,
    speed_row,
    table,
    targets_of,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def xvfb() -> None:
    """Skip where the virtual screen is missing; but where CI is set it must be there."""
    if shutil.which("Xvfb") is None:
        reason = "Xvfb missing: `make test` installs it, or scripts/setup.sh tests"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.mark.desktop
@pytest.mark.usefixtures("xvfb")
def test_quick_mode_gives_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert responsiveness.main(["--quick", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "responsiveness.json").read_text("utf-8")
    result = json.loads(text)
    rows = result["rows"]
    assert result["quick"] is True
    assert rows["dataset"] == "digits"
    assert len(rows["start"]["cold_seconds"]) == len(rows["start"]["warm_seconds"]) == 1
    assert rows["start"]["disk_caches_dropped"] is False
    for precision in PRECISIONS:
        row = rows[precision]
        assert len(rows["first_point"]["digits"][precision]) == 1
        assert len(row["speed"]["headless"]) == len(row["speed"]["live"]) == len(row["speed"]["ratios"]) == 1
        assert row["lateness"]["beats"] > 0
        assert len(row["stop"]["values"]) == len(row["pause"]["values"]) == 3
        assert len(row["memory_mb"]["values"]) == 3
    assert [target["what"] for target in result["targets"]] == [
        "process start to painted window, warm",
        "Train to first curve point, digits, float64",
        "Train to first curve point, digits, float32",
        *(f"lateness of the heartbeat while a sweep goes on, {name}, digits" for name in ("p95", "p99", "max")),
    ]
    assert rows["sweep"]["digits"]["beats"] > 0
    assert str(ROOT) not in text
    assert str(tmp_path) not in text
    told = capsys.readouterr().out
    for what in ("painted window", "first curve point", "epochs/s live", "heartbeat late", "Stop", "Pause", "memory"):
        assert what in told


@pytest.mark.desktop
@pytest.mark.usefixtures("xvfb")
def test_nothing_is_left_when_it_is_ended(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.responsiveness", "--quick", "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert "painted window" in process.stdout.readline()
        process.terminate()
        process.stdout.read()
        assert process.wait(60) == 128 + signal.SIGTERM
    deadline = time.monotonic() + 30  # what was just being started then ends as soon as it listens in vain
    while not is_gone(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_gone(group: int) -> bool:
    """Tell whether nobody is in a process group any more."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert responsiveness.main(["--quick", "--out", str(tmp_path)]) == 0
    assert "skipped: Xvfb is missing. Install it" in capsys.readouterr().out


def test_moments_cover_the_span_in_random_order() -> None:
    found = moments(10, 5.0, np.random.default_rng(0))
    assert sorted(int(moment / 0.5) for moment in found) == list(range(10))
    assert found != sorted(found)


def test_a_late_beat_counts_for_those_that_it_swallowed() -> None:
    assert lateness_of([0.001], 0.005) == [0.001]
    assert lateness_of([-0.0004], 0.005) == [0.0]
    assert lateness_of([0.012, 0.003], 0.005) == pytest.approx([0.012, 0.007, 0.002, 0.003])


def test_lateness_is_told_in_percentiles() -> None:
    row = lateness_row([each / 100_000 for each in range(101)])
    assert row == pytest.approx({"p50": 0.0005, "p95": 0.00095, "p99": 0.00099, "max": 0.001, "beats": 101})


def test_clicks_are_judged_by_what_was_seen() -> None:
    row = click_row([(0.01, 0.02), (0.02, 0.04), (0.05, 0.06)])
    assert row["values"] == [0.02, 0.04, 0.06]
    assert (row["median"], row["max"], row["p95"]) == pytest.approx((0.04, 0.06, 0.058))
    assert (row["median_reached"], row["max_reached"]) == (0.02, 0.05)


def test_speed_is_compared_pair_by_pair() -> None:
    row = speed_row([2.0, 4.0, 1.0], [1.0, 3.0, 1.0])
    assert row["ratios"] == [0.5, 0.75, 1.0]
    assert row["ratio"] == 0.75


def test_memory_grows_from_the_second_run() -> None:
    row = memory_row([100.0, 400.0, 410.0, 405.0, 412.0])
    assert (row["start"], row["first_run"], row["last_run"], row["growth"]) == (100.0, 400.0, 412.0, 2.0)


def made_up_rows(dataset: str) -> dict[str, Any]:
    run = {
        "speed": speed_row([2.0], [1.9]),
        "lateness": lateness_row([0.001, 0.070]),
        "stop": click_row([(0.02, 0.03)]),
        "pause": click_row([(0.02, 0.08)]),
        "memory_mb": memory_row([100.0, 400.0, 410.0, 450.0]),
    }
    return {
        "dataset": dataset,
        "start": {"cold_seconds": [3.0], "warm_seconds": [1.0], "disk_caches_dropped": True},
        "first_point": {dataset: {precision: [0.5] for precision in PRECISIONS}},
        **dict.fromkeys(PRECISIONS, run),
        "sweep": {dataset: lateness_row([0.004, 0.017])},
    }


def test_all_targets_are_held_against_runs_on_mnist() -> None:
    targets = {target.what: target for target in targets_of(made_up_rows("mnist"))}
    assert len(targets) == 1 + 2 + 3 + 1 + 2 * 7
    assert targets["process start to painted window, warm"].met
    assert targets["Train to first curve point, mnist, float64"].met
    assert targets["epochs a second, live / headless, float32"].measured == 0.95
    assert targets["lateness of the heartbeat, max, float32"].measured == pytest.approx(70)
    assert not targets["lateness of the heartbeat, max, float32"].met
    assert targets["lateness of the heartbeat while a sweep goes on, max, mnist"].met
    assert not targets["lateness of the heartbeat while a sweep goes on, p95, mnist"].met
    assert targets["click on Stop to its effect on the screen, max, float64"].met
    assert not targets["click on Pause to its effect on the screen, max, float64"].met
    assert targets["memory after the last run, float64"].met
    assert not targets["memory from the second run to the last, float64"].met


def test_the_table_tells_figures_and_targets() -> None:
    rows = made_up_rows("mnist")
    told = table(rows, targets_of(rows))
    assert "1.90, 2.00, 0.950 (0.950 to 0.950)" in told
    assert "100 / 400 / 450 MB (+40 since run 2)" in told
    assert "0.95 ≥ 0.93: reached" in told
    assert "40 MB ≤ 20: MISSED" in told
    assert "disk caches dropped" in told
    assert "heartbeat while a sweep goes on, mnist" in told
