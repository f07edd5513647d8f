from __future__ import annotations

import os

import pytest

from mlp_core.cores import has_second_core


@pytest.mark.parametrize(("cores", "has"), [({3}, False), ({0, 5}, True)])
def test_only_the_cores_that_this_process_may_use_count(
    cores: set[int], has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: cores, raising=False)
    assert has_second_core.__wrapped__() is has


@pytest.mark.parametrize(("count", "has"), [(None, False), (1, False), (2, True)])
def test_where_the_system_does_not_tell_all_cores_count(
    count: int | None, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert has_second_core.__wrapped__() is has
