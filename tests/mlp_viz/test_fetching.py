"""Fetching beside training: each set once, in turn, and called off with a word that is true."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mlp_core.errors import DataError
from mlp_core.progress import Progress
from mlp_viz import fetching
from mlp_viz.fetching import Fetched, Fetcher


@pytest.fixture
def fetcher(qtbot: Any) -> Iterator[Fetcher]:
    fetcher = Fetcher()
    yield fetcher
    fetcher.shutdown()


def test_the_generated_digits_come_as_images(qtbot: Any, few_generated_digits: None, fetcher: Fetcher) -> None:
    with qtbot.waitSignal(fetcher.fetched, timeout=20_000) as came:
        assert fetcher.fetch("generated")
    fetched: Fetched = came.args[0]
    assert (fetched.name, fetched.title) == ("generated", "Generated digits")
    assert fetched.collection is not None
    assert fetched.collection.sizes == (1100, 100, 300)


def test_each_is_fetched_once_at_a_time(qtbot: Any, monkeypatch: pytest.MonkeyPatch, fetcher: Fetcher) -> None:
    names: list[str] = []
    may_end = threading.Event()

    def download(name: str, _progress: Progress) -> None:
        assert may_end.wait(20)
        names.append(name)

    monkeypatch.setattr(fetching, "download", download)
    assert [fetcher.fetch(name) for name in ("mnist", "kmnist", "mnist")] == [True, True, False]
    assert fetcher.fetches("mnist")
    assert not fetcher.fetches("generated")
    may_end.set()
    qtbot.waitUntil(lambda: not fetcher.tasks.busy)
    assert names == ["mnist", "kmnist"]
    assert fetcher.fetch("mnist")
    qtbot.waitUntil(lambda: not fetcher.tasks.busy)


def test_a_failure_is_told(qtbot: Any, monkeypatch: pytest.MonkeyPatch, fetcher: Fetcher) -> None:
    def download(name: str, _progress: Progress) -> None:
        raise DataError(name, "host.example answers 403.")

    monkeypatch.setattr(fetching, "download", download)
    with qtbot.waitSignal(fetcher.failed) as told:
        fetcher.fetch("mnist")
    assert told.args == ["mnist: host.example answers 403."]
    qtbot.waitUntil(lambda: not fetcher.tasks.busy)


@pytest.mark.parametrize(("name", "word"), [("generated", "draws"), ("mnist", "download goes on")])
def test_calling_off_says_what_is_kept(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, fetcher: Fetcher, name: str, word: str
) -> None:
    def endless(*arguments: Any) -> None:
        while True:
            arguments[-1]("on and on", 0.5)

    monkeypatch.setattr(fetching, "download", endless)
    monkeypatch.setattr(fetching, "generated_collection", endless)
    assert fetcher.cancel() == ""
    fetcher.fetch(name)
    assert word in fetcher.cancel()
    qtbot.waitUntil(lambda: not fetcher.tasks.busy)
