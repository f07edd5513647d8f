"""Words from files and libraries made fit to show: in an error message, as a name, on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LONGEST_NAME: Final = 40  # letters; a file may put a novel into a label
_LONGEST: Final = 100  # letters
_LONGEST_LISTED: Final = 60  # letters
_MOST_LISTED: Final = 10
_ESCAPES: Final = re.compile(r"(\\x[0-9a-f]{2})+")  # how Python writes bytes that are no letters
_OBJECTS: Final = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>")


def brief(thing: object, longest: int = _LONGEST) -> str:
    """Return what `thing` is as text: one line of printable letters, cut where it has more than `longest`."""
    said = _OBJECTS.sub("…", _ESCAPES.sub("…", str(thing)[: 10 * _LONGEST]))
    return _cut(_printable(said[: longest + 1], "?"), longest)


def tidy_name(label: object) -> str:
    """Return a label as a name that is fit to show: one line of printable letters, not too long."""
    return _cut(" ".join(_printable(str(label), " ").split()) or "(empty)", LONGEST_NAME)


def listed(names: Sequence[str]) -> str:
    """Return the first few of `names`, each brief."""
    shown = ", ".join(brief(name, _LONGEST_LISTED) for name in names[:_MOST_LISTED])
    return (shown or "nothing") + (", …" if len(names) > _MOST_LISTED else "")


def for_terminal(text: str, encoding: str | None) -> str:
    r"""Return all of `text` in one line that does nothing to a terminal but stand there.

    Parameters
    ----------
    text : str
        With names from files, which may hold anything.
    encoding : str or None
        What the terminal can show; None stands for UTF-8. All else is escaped, as ``\x1b`` or ``\u0301``.
    """
    encoding = encoding or "utf-8"
    return _printable(text).encode(encoding, "backslashreplace").decode(encoding)


def _printable(text: str, instead: str = "") -> str:
    """Return `text` with `instead`, or its escape, for each letter that is not printable."""
    return "".join(c if c.isprintable() else instead or c.encode("unicode_escape").decode("ascii") for c in text)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
