from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest

from mlp_core.datasets.memory import KEPT_FREE, check_fits, in_words
from mlp_core.errors import TooLargeError


@pytest.fixture
def gigabyte_free(monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(available=10**9 + KEPT_FREE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)


@pytest.mark.usefixtures("gigabyte_free")
def test_what_fits_passes_and_what_does_not_is_told_with_what_would() -> None:
    check_fits("file", 100_000, 1000, 1000)  # 10,000 bytes a sample
    with pytest.raises(TooLargeError, match=r"file: .*100,001 samples .* 1\.0 GB .* About 100,000 samples") as caught:
        check_fits("file", 100_001, 1000, 1000)
    assert caught.value.fits == 100_000
    check_fits("file", caught.value.fits, 1000, 1000)


@pytest.mark.usefixtures("gigabyte_free")
def test_pixels_as_float64_take_more() -> None:
    with pytest.raises(TooLargeError, match=r"about 2\.4 GB"):
        check_fits("file", 100_000, 8000, 1000)


def test_no_memory_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=5))
    with pytest.raises(TooLargeError) as caught:
        check_fits("file", 1, 1, 1)
    assert caught.value.fits == 0


def test_sizes_in_words() -> None:
    assert [in_words(n) for n in (0, 12_345_678, 1_234_567_890_123)] == ["0 MB", "12 MB", "1,234.6 GB"]
