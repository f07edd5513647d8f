import os
from pathlib import Path

import pytest

from benchmarks.probe import ProbeError, environment, probe, speed_of


def test_speed_is_that_between_the_first_and_the_last_end() -> None:
    assert speed_of([(1, 10.0), (2, 10.6), (5, 12.0)]) == pytest.approx(2.0)


def test_environment_has_a_home_of_its_own_and_no_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_SCALE_FACTOR", "XDG_CURRENT_DESKTOP"):
        monkeypatch.setenv(name, "the user's")
    env = environment(tmp_path / "home", LC_ALL="C")
    assert "the user's" not in env.values()
    assert env["HOME"] == str(tmp_path / "home")
    assert env["XDG_CONFIG_HOME"].startswith(env["HOME"])
    assert Path(env["XDG_RUNTIME_DIR"]).is_dir()
    assert env["LC_ALL"] == "C"
    assert env["PATH"] == os.environ["PATH"]


def test_headless_probe_answers_with_its_speed(tmp_path: Path) -> None:
    with probe("benchmarks.headless_probe", ["digits"], environment(tmp_path), tmp_path / "log") as headless:
        for precision in ("float32", "float64"):
            answer = headless.ask(precision=precision, epochs=3, n_hidden=5)
            assert answer["epochs_a_second"] > 0
        assert headless.resident_mb() > 1


def test_a_probe_that_fails_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(ProbeError, match="nowhere"),
        probe("benchmarks.headless_probe", ["nowhere"], environment(tmp_path), tmp_path / "log"),
    ):
        pass
