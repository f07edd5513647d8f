"""Words from files and libraries made fit for an error message."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 100  # letters


def brief(thing: object) -> str:
    """Return what `thing` is as text: one line of printable letters, cut where it gets long."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(thing)[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
