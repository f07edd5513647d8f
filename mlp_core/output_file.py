"""Files that the user asks for: looked at before the work, and written with errors that can be acted on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mlp_core.errors import MlpError


def check_can_be_written(path: Path) -> None:
    """Look whether a file can be written to `path`: before the work, which may take an hour.

    Raises
    ------
    MlpError
        If its folder is missing or locked, or if it is a folder.
    """
    if not path.parent.is_dir():
        raise MlpError(f"{path}: its folder does not exist. Make it first, or choose another.")
    if path.is_dir():
        raise MlpError(f"{path}: this is a folder. Add the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise MlpError(f"{path}: you may not write into its folder. Choose another.")


@contextmanager
def writing(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file to write it, in UTF-8; what UTF-8 does not have, as names of files may, is escaped.

    Raises
    ------
    MlpError
        Instead of any OSError in the block.
    """
    try:
        with path.open("w", newline=newline, encoding="utf-8", errors="backslashreplace") as file:
            yield file
    except OSError as error:
        raise MlpError(f"{path}: cannot be written ({error.strerror}). Choose another file.") from error
