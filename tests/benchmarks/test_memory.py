from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import memory


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="this system does not tell")
def test_the_peak_is_what_was_held_since_it_was_forgotten() -> None:
    np.ones(24_000_000)
    memory.forget_peak()
    held, peak = memory.memory(), memory.peak_memory()
    np.ones(16_000_000)  # too large to be made of memory that was freed but kept
    grown = memory.peak_memory()
    assert held is not None
    assert peak is not None
    assert grown is not None
    assert 0 < held <= peak + 1
    assert 110 < grown - held < 150


def test_a_system_that_does_not_tell_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "PROCESS", tmp_path / "none")
    memory.forget_peak()
    assert memory.memory() is None
    assert memory.peak_memory() is None
