"""Words from files and libraries made fit for an error message."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 100  # letters
_ESCAPES: Final = re.compile(r"(\\x[0-9a-f]{2})+")  # how Python writes bytes that are no letters
_OBJECTS: Final = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>")


def brief(thing: object) -> str:
    """Return what `thing` is as text: one line of printable letters, cut where it gets long."""
    said = _OBJECTS.sub("…", _ESCAPES.sub("…", str(thing)[: 10 * _LONGEST]))
    text = "".join(letter if letter.isprintable() else "?" for letter in said[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
