"""How long work, such as a download, tells how far it is, and how it is called off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, float], None]
"""Called by long work, often, with what it does and the share that is done, 0 to 1; raises `Cancelled` to end it."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Whoever asked for the work does not want it any more; what was there before it is still there."""


def untold(what: str, share: float) -> None:
    """Take no notice of progress, and never cancel."""
