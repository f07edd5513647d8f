from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlp_core import Trainer, cli
from mlp_core.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]
FAST = ["train", "--dataset", "digits", "--hidden", "10", "--eta", "0.01", "--epochs", "2"]


@pytest.fixture(autouse=True)
def _threads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "use_one_thread", lambda: None)


def test_wrong_arguments_as_a_process_show_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlp_core.cli", "train", "--dataset", "nothing"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("mlp-core: 'nothing': ")


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "learn",
        "train --eta fast",
        "train --epochs 1.5",
        "train --hidden 5,x",
        "train --activation swish",
        "train --precision float16",
        "train --speed 3",
    ],
)
def test_wrong_usage_exits_2(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments.split())
    assert caught.value.code == 2
    assert "mlp-core" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "status", "told"), [(MemoryError(), 1, "not enough memory"), (KeyboardInterrupt(), 130, "interrupted")]
)
def test_memory_and_interrupts(
    raised: BaseException, status: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: Any) -> None:
        raise raised

    monkeypatch.setattr(Trainer, "steps", stopped)
    assert main(FAST) == status
    assert told in capsys.readouterr().err.splitlines()[-1]
