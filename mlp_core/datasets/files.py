"""Opening files that may be missing, locked or huge, with errors that a user can act on."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlp_core.errors import DataError

_ALWAYS_ALLOWED = 64 * 2**20
_MOST_PACKED = 200


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system says about `path` into a DataError that names it.

    Raises
    ------
    DataError
        Instead of any OSError or MemoryError in the block.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(path, "there is no such file or folder. Check the path.") from error
    except PermissionError as error:
        raise DataError(path, "you may not read it. Ask its owner for read permission, or use a copy.") from error
    except OSError as error:
        raise DataError(path, f"it cannot be read ({error.strerror or error}). Check the path and the disk.") from error
    except MemoryError as error:
        raise DataError(
            path, "it does not fit into memory. Close other programs, or use a smaller data set."
        ) from error


def is_file(path: Path) -> bool:
    """Return whether there is a regular file at `path`, links followed.

    Raises
    ------
    OSError
        If that cannot be told, as in a folder that may not be entered: `Path.is_file` answers differently from one
        Python version to the next.
    """
    return _is(path, stat.S_IFREG)


def is_folder(path: Path) -> bool:
    """Return whether there is a folder at `path`, links followed.

    Raises
    ------
    OSError
        If that cannot be told.
    """
    return _is(path, stat.S_IFDIR)


def exists(path: Path) -> bool:
    """Return whether there is anything at `path`, links followed.

    Raises
    ------
    OSError
        If that cannot be told.
    """
    return _file_type(path) is not None


def file_names(folder: Path) -> list[str]:
    """Return the names of the regular files in `folder`, sorted, but for hidden ones.

    Raises
    ------
    OSError
        If the folder may not be read.
    """
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith(".") and is_file(Path(entry.path)))


def _is(path: Path, wanted: int) -> bool:
    return _file_type(path) == wanted


def _file_type(path: Path) -> int | None:
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:  # a zero byte in the name
        return None


def open_file(path: Path) -> BinaryIO:
    """Open a regular file to read bytes.

    Raises
    ------
    DataError
        If it is a folder, a pipe or a device: opening a pipe would wait for ever.
    OSError
        If it is missing or may not be read.
    """
    if not is_file(path):
        if not exists(path):
            raise FileNotFoundError(path)
        raise DataError(path, "a file was expected, but this is a folder or a device. Give the path of a file.")
    return path.open("rb")


def unpacked_limit(packed_bytes: int) -> int:
    """Return how many bytes a compressed file of `packed_bytes` may claim to hold.

    Images pack 5 to 50 times smaller; a file that claims far more was made to fill the memory.
    """
    return max(_ALWAYS_ALLOWED, _MOST_PACKED * packed_bytes)
