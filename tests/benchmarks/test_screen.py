import sys
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest

from benchmarks.screen import HEIGHT, WIDTH, Screen

HEADER = 100


def frame(path: Path, width: int = WIDTH) -> np.memmap[tuple[int], np.dtype[np.uint8]]:
    """Make an empty screen's file in the format of xwd: header, no colour map, pixels of four bytes."""
    data = np.memmap(path, np.uint8, "w+", shape=(HEADER + 4 * width * HEIGHT,))
    for field, value in {0: HEADER, 4: width, 5: HEIGHT, 11: 32, 12: 4 * width, 19: 0}.items():
        data[4 * field : 4 * field + 4] = np.frombuffer(value.to_bytes(4, "big"), np.uint8)
    return data


def test_a_screen_is_covered_when_nearly_all_of_it_is_painted(tmp_path: Path) -> None:
    data = frame(tmp_path / "frame")
    screen = Screen(":7", tmp_path / "frame")
    pixels = data[HEADER:].reshape(HEIGHT, WIDTH, 4)
    assert not screen.covered()
    pixels[:, :, 3] = 255  # no colour
    assert not screen.covered()
    pixels[: HEIGHT // 2, :, :3] = 200
    assert not screen.covered()
    pixels[:, : WIDTH - 20, :3] = 200
    assert screen.covered()
    screen.wait_until(True)


def test_another_size_is_refused(tmp_path: Path) -> None:
    frame(tmp_path / "frame", WIDTH // 2)
    with pytest.raises(RuntimeError, match="960×1080"):
        Screen(":7", tmp_path / "frame")


def test_a_program_that_ends_first_is_told(tmp_path: Path) -> None:
    frame(tmp_path / "frame")
    screen = Screen(":7", tmp_path / "frame")
    with Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        process.wait()
        with pytest.raises(RuntimeError, match="ended with 3 before"):
            screen.wait_until(True, process)
