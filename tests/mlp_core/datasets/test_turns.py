from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlp_core.datasets.turns import turn
from mlp_core.progress import Cancelled

HOLD = """
import sys
from pathlib import Path
from mlp_core.datasets.turns import turn
with turn(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


def give_up() -> None:
    raise Cancelled


def test_one_after_the_other(tmp_path: Path) -> None:
    lock, order = tmp_path / "lock", []
    waited = threading.Event()

    def second() -> None:
        with turn(lock, waited.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with turn(lock, give_up):
        thread.start()
        assert waited.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_an_error_ends_the_turn(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), turn(tmp_path / "lock", give_up):
        raise ZeroDivisionError
    with turn(tmp_path / "lock", give_up):
        pass


def test_another_program_has_it_until_it_dies(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[3]
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(Cancelled), turn(lock, give_up):
            pass
        other.kill()
        other.wait()
    with turn(lock, give_up):
        pass


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), turn(tmp_path / "missing" / "lock", give_up):
        pass
