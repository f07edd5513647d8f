"""Where a worker leaves its news: every scalar is kept, and only the latest of everything else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mlp_core.snapshot import EpochStats

News = TypeVar("News")


@dataclass(frozen=True, slots=True, eq=False)
class Mail:
    """What has come since the mailbox was last emptied.

    Attributes
    ----------
    stats : tuple of EpochStats
        All of them, in order.
    latest : tuple of object
        The newest value of each type, in the order in which the types last came.
    """

    stats: tuple[EpochStats, ...]
    latest: tuple[Any, ...]


class Mailbox:
    """A thread-safe box between one worker and the window.

    Parameters
    ----------
    notify : callable
        Called in the worker's thread, only when the box was empty: however fast training is, at most
        one notice is under way.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._lock = threading.Lock()
        self._stats: list[EpochStats] = []
        self._latest: dict[type, Any] = {}

    def post(self, news: object) -> None:
        """Leave `news`: an `EpochStats` is added, anything else replaces its forerunner."""
        with self._lock:
            was_empty = not self._stats and not self._latest
            if isinstance(news, EpochStats):
                self._stats.append(news)
            else:
                self._latest.pop(type(news), None)
                self._latest[type(news)] = news
        if was_empty:
            self._notify()

    def holds(self, kind: type) -> bool:
        """Return whether news of this type has not been fetched yet."""
        return kind in self._latest

    def take_back(self, kind: type[News]) -> News | None:
        """Return news of this type that has not been fetched yet, which nobody then fetches; None if there is none."""
        with self._lock:
            untold: News | None = self._latest.pop(kind, None)
        return untold

    def take(self) -> Mail:
        """Empty the box and return what was in it."""
        with self._lock:
            mail = Mail(tuple(self._stats), tuple(self._latest.values()))
            self._stats.clear()
            self._latest.clear()
        return mail
