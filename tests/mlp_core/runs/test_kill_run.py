from __future__ import annotations

from pathlib import Path

from tests.mlp_core.runs.kill_run import check_kills


def test_a_run_that_is_killed_loses_nothing_but_the_epoch_in_progress(tmp_path: Path) -> None:
    check_kills(tmp_path, n_kills=5, seed=1)
