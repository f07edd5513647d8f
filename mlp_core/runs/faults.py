"""What SQLite says goes wrong, in words that a user can act on."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from mlp_core.errors import StoreError

_PRIMARY: Final = 0xFF  # the rest of a code tells where it happened
_WORDS: Final = {
    sqlite3.SQLITE_FULL: "the disk is full. Make room, or choose a file on another disk.",
    sqlite3.SQLITE_READONLY: "it may not be written. Ask for write permission on the file and its folder, or choose "
    "another file.",
    sqlite3.SQLITE_PERM: "you may not open it. Ask for permission on the file and its folder, or choose another file.",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Check that its folder may be written, or choose another file.",
    sqlite3.SQLITE_BUSY: "another program has been writing to it for too long. Wait for it, or close it.",
    sqlite3.SQLITE_LOCKED: "another program has been writing to it for too long. Wait for it, or close it.",
    sqlite3.SQLITE_IOERR: "the disk reports an error. Check the disk, or choose a file on another one.",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Close the program and move the file away: a new one is begun then.",
    sqlite3.SQLITE_NOTADB: "it is damaged. Close the program and move the file away: a new one is begun then.",
    sqlite3.SQLITE_TOOBIG: "the weights are too many to be stored. Choose fewer hidden units.",
    sqlite3.SQLITE_NOMEM: "not enough memory. Close other programs.",
}


def in_words(path: Path, error: sqlite3.Error) -> StoreError:
    """Return the error to raise in place of one of SQLite."""
    words = _WORDS.get(_primary(error))
    return StoreError(path, words or f"it cannot be used ({error}). Choose another file.")


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether `error` says that the file's content is not what it was."""
    return _primary(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether `error` says that another connection is in the way."""
    return _primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _primary(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & _PRIMARY
