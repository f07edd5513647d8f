from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mlp_core.cores import has_second_core, n_cores


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    n_cores.cache_clear()
    yield
    n_cores.cache_clear()


@pytest.mark.parametrize(("cores", "has"), [({3}, False), ({0, 5}, True)])
def test_only_the_cores_that_this_process_may_use_count(
    cores: set[int], has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: cores, raising=False)
    assert n_cores() == len(cores)
    assert has_second_core() is has


@pytest.mark.parametrize(("count", "has"), [(None, False), (1, False), (2, True)])
def test_where_the_system_does_not_tell_all_cores_count(
    count: int | None, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert n_cores() == (count or 1)
    assert has_second_core() is has
