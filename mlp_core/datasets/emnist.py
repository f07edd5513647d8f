"""Unpacking EMNIST: one archive of six data sets, two of which are made into folders of four IDX files."""

from __future__ import annotations

import gzip
import hashlib
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np

from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

_SIDE: Final = 28
_PIXELS: Final = _SIDE * _SIDE
_MOST_IMAGES: Final = 1_000_000
_AT_ONCE: Final = 2_000  # images
_SUMS: Final = "SHA256SUMS"
_BLOCK: Final = 2**20  # bytes
_LEVEL: Final = 1  # of gzip: a few seconds, and a third of the bytes


class _UnexpectedError(Exception):
    """A file of the archive is not what it should be."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of the archive and what becomes of it."""

    dataset: str
    kind: str  # train or test
    what: str  # images or labels
    first_label: int

    @property
    def n_dims(self) -> int:
        return 3 if self.what == "images" else 1

    @property
    def path(self) -> str:
        return f"gzip/{self.dataset}-{self.kind}-{self.what}-idx{self.n_dims}-ubyte.gz"

    @property
    def target(self) -> str:
        kind = "t10k" if self.kind == "test" else self.kind
        return f"{self.dataset}/{kind}-{self.what}-idx{self.n_dims}-ubyte.gz"


_MEMBERS: Final = tuple(
    _Member(dataset, kind, what, first_label)
    for dataset, first_label in (("emnist-digits", 0), ("emnist-letters", 1))
    for kind in ("train", "test")
    for what in ("images", "labels")
)


def unpack_emnist(archive: Path, cache: Path, progress: Progress = untold) -> None:
    """Make the folders ``emnist-digits`` and ``emnist-letters`` in `cache` from EMNIST's gzip.zip.

    Images, which lie on their side in the archive, are turned upright, and the letters' labels, 1 to 26 there, become
    0 to 25. A file is seen under its name when it is complete; the last is ``SHA256SUMS``, of the four others.

    Parameters
    ----------
    archive : Path
        The archive.
    cache : Path
        Folder to make the two folders in.
    progress : Progress
        Told the share that is unpacked.

    Raises
    ------
    DataError
        If the archive is damaged or is not what was expected.
    OSError
        If a file cannot be read or written.
    """
    try:
        with zipfile.ZipFile(archive) as members:
            for done, member in enumerate(_MEMBERS):
                target = cache / member.target
                target.parent.mkdir(parents=True, exist_ok=True)
                unfinished = target.with_name(f"{target.name}.part")
                try:
                    with members.open(member.path) as packed, unfinished.open("wb") as file:
                        _rewrite(member, packed, file, _Told(progress, member.dataset, done))
                    unfinished.replace(target)
                finally:
                    unfinished.unlink(missing_ok=True)
        for dataset in dict.fromkeys(member.dataset for member in _MEMBERS):
            sums = _sums(cache / dataset, lambda what, _: progress(what, 1.0))
            (cache / dataset / _SUMS).write_text(sums, "ascii", newline="\n")
    except KeyError as error:
        raise DataError(archive, f"the archive lacks a file ({error.args[0]}). Download it again.") from error
    except _UnexpectedError as error:
        raise DataError(archive, f"{error}. Download it again.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(archive, f"the archive is damaged ({error}). Download it again.") from error


def is_unpacked(folder: Path, progress: Progress = untold) -> bool:
    """Return whether `unpack_emnist` has made a folder, and its files are what they were then.

    They are not unpacked: this takes no memory, and a fraction of a second.

    Parameters
    ----------
    folder : Path
        As ``emnist-digits`` in the cache.
    progress : callable
        See `mlp_core.progress`.
    """
    try:
        return (folder / _SUMS).read_text("ascii") == _sums(folder, progress)
    except (OSError, UnicodeDecodeError):
        return False


def _sums(folder: Path, progress: Progress) -> str:
    """Return the SHA-256 of the files that a folder should have, as ``sha256sum`` writes them."""
    files = [folder / Path(member.target).name for member in _MEMBERS if member.dataset == folder.name]
    n_bytes, done, lines = sum(file.stat().st_size for file in files), 0, []
    for path in files:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                progress(f"Checking {folder.name}", min(1.0, done / n_bytes))
        lines.append(f"{digest.hexdigest()}  {path.name}\n")
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class _Told:
    """Tells the share of all members from the share of one."""

    progress: Progress
    dataset: str
    done: int

    def __call__(self, share: float) -> None:
        self.progress(f"Unpacking {self.dataset}", (self.done + share) / len(_MEMBERS))


def _rewrite(member: _Member, packed: IO[bytes], file: IO[bytes], told: _Told) -> None:
    with (
        gzip.GzipFile(fileobj=packed, mode="rb") as source,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=_LEVEL, mtime=0) as upright,
    ):
        header = source.read(4 + 4 * member.n_dims)
        n = _count(member, header)
        upright.write(header)
        n_bytes = _PIXELS if member.what == "images" else 1
        for start in range(0, n, _AT_ONCE):
            told(start / n)
            wanted = min(_AT_ONCE, n - start)
            block = source.read(wanted * n_bytes)
            if len(block) != wanted * n_bytes:
                raise _UnexpectedError(f"{member.path} holds fewer {member.what} than its header says")
            values = np.frombuffer(block, np.uint8)
            if member.what == "images":
                values = values.reshape(-1, _SIDE, _SIDE).transpose(0, 2, 1)
            else:
                if values.min() < member.first_label:
                    raise _UnexpectedError(f"{member.path} holds a label below {member.first_label}")
                values = values - np.uint8(member.first_label)
            upright.write(values.tobytes())
        if source.read(1):
            raise _UnexpectedError(f"{member.path} holds more {member.what} than its header says")


def _count(member: _Member, header: bytes) -> int:
    expected = struct.pack(">I", 0x800 + member.n_dims)
    sizes = struct.unpack(f">{member.n_dims}I", header[4:]) if len(header) == 4 + 4 * member.n_dims else ()
    if header[:4] != expected or not sizes or sizes[1:] != (_SIDE, _SIDE)[: member.n_dims - 1]:
        raise _UnexpectedError(f"{member.path} is no IDX file of {member.what} of {_SIDE}×{_SIDE} pixels")
    if not 1 <= sizes[0] <= _MOST_IMAGES:
        raise _UnexpectedError(f"{member.path} claims {sizes[0]:,} {member.what}")
    return int(sizes[0])
