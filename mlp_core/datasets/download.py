"""Downloading a data set of the catalogue into the user's cache, from mirrors tried in turn, each file verified."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from mlp_core.datasets.catalogue import RemoteDataset, RemoteFile, megabytes, remote_dataset
from mlp_core.datasets.emnist import is_unpacked, unpack_emnist
from mlp_core.datasets.http_file import CONNECT_TIMEOUT, READ_TIMEOUT, FetchError, fetch
from mlp_core.datasets.turns import turn
from mlp_core.errors import DataError
from mlp_core.progress import Progress, untold

ATTEMPTS = 4  # at one mirror for one file, as long as each brings the file further
_SHARE_OF_UNPACKING = 0.1
_LOCK = ".lock"


class DownloadError(DataError):
    """A data set could not be downloaded; the text says which host failed why, and what else can be done."""


def download(
    name: str,
    progress: Progress = untold,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> Path:
    """Download a data set, or what is missing of it.

    Every file has its length and SHA-256 checked, and is seen under its name when they are right. What has come of a
    file is kept when the download fails or is cancelled, and the next download goes on from there.

    Parameters
    ----------
    name : str
        Name of the data set in the catalogue.
    progress : Progress
        Told several times a second, even while a server is silent; may raise `Cancelled`.
    connect_timeout, read_timeout : float
        Seconds to wait for a connection to a mirror, and for the next byte from it, before the next mirror is tried.

    Returns
    -------
    Path
        The folder in the user's cache that has the four IDX files.

    Raises
    ------
    DownloadError
        If no mirror gives the right bytes, or the cache cannot be written.
    DataError
        If there is no data set of this name to download, or an archive cannot be unpacked.
    """
    remote = remote_dataset(name)
    progress(f"Downloading {remote.title}", 0.0)
    if remote.archive and is_unpacked(remote.folder, progress):
        return remote.folder
    folder = remote.download_folder
    waiting = partial(progress, f"Waiting for another program that downloads {remote.title}", 0.0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with turn(folder / _LOCK, waiting):
            if remote.archive and is_unpacked(remote.folder, progress):  # by the program that was waited for
                return remote.folder
            _fetch_all(remote, progress, partial(fetch, connect_timeout=connect_timeout, read_timeout=read_timeout))
            if remote.archive:
                _unpack(remote, progress)
    except OSError as error:
        raise DownloadError(
            error.filename or folder,
            f"{remote.title} cannot be kept there ({error.strerror or error}). Make room or get permission to write, "
            "choose a folder that has the files, or go on with the data that is there.",
        ) from error
    return remote.folder


def _fetch_all(remote: RemoteDataset, progress: Progress, fetch_from: Callable[..., None]) -> None:
    mirrors = list(remote.mirrors)
    n_before = 0
    for file in remote.files:
        failures = []
        for mirror in tuple(mirrors):
            host = urlsplit(mirror).netloc
            told = _Told(progress, remote, host, n_before)
            try:
                _fetch_file(mirror + file.name, file, remote.download_folder, partial(fetch_from, told=told))
            except FetchError as error:
                failures.append(f"{host}: {error}.")
                continue
            mirrors.remove(mirror)
            mirrors.insert(0, mirror)  # the one that works comes first for the next file
            break
        else:
            raise DownloadError(
                remote.name,
                f"{remote.title} could not be downloaded; {file.name} failed at every mirror. {' '.join(failures)} "
                "Try again later (what has come is kept), choose a folder that has the files, or go on with the data "
                "that is there.",
            )
        n_before += file.n_bytes


class _Told:
    """Tells how far the data set is from how far one of its files is."""

    def __init__(self, progress: Progress, remote: RemoteDataset, host: str, n_before: int) -> None:
        self._progress, self._n_before, self._n_bytes = progress, n_before, remote.n_bytes
        self._what = f"Downloading {remote.title} from {host}"
        self._share = 1 - _SHARE_OF_UNPACKING if remote.archive else 1.0

    def __call__(self, n: int) -> None:
        done = self._n_before + n
        what = f"{self._what}: {megabytes(done)} of {megabytes(self._n_bytes)} MB"
        self._progress(what, self._share * done / self._n_bytes)


def _fetch_file(url: str, file: RemoteFile, folder: Path, fetch_from: Callable[..., None]) -> None:
    """Fetch a file that is missing or wrong from one mirror, going on when it breaks off.

    Raises
    ------
    FetchError
        If the mirror does not give it.
    """
    import pooch  # with all it needs, it takes too long for the program's start

    part = folder / f"{file.name}.part"

    def stream(url: str, output: str, _pooch: object) -> None:
        fetch_from(url, part, file.n_bytes)
        part.replace(output)
        (folder / file.name).unlink(missing_ok=True)  # wrong, or it would not be fetched; pooch moves to a free name

    pooch.get_logger().setLevel(logging.WARNING)  # it would print
    for attempt in range(1, ATTEMPTS + 1):
        begun_with = _length(part)
        try:
            pooch.retrieve(url, f"sha256:{file.sha256}", file.name, folder, downloader=stream)
        except FetchError:
            if attempt == ATTEMPTS or _length(part) <= begun_with:
                raise
        except ValueError as error:  # from pooch, which has removed the bytes
            if not begun_with:
                raise FetchError("it sent other bytes than the published ones (their SHA-256 differs)") from error
            # The beginning may have come from elsewhere: once more, all from here.
        else:
            return
    raise FetchError("it sent other bytes than the published ones (their SHA-256 differs)")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _unpack(remote: RemoteDataset, progress: Progress) -> None:
    def told(what: str, share: float) -> None:
        progress(what, 1 - _SHARE_OF_UNPACKING * (1 - share))

    (archive,) = (remote.download_folder / file.name for file in remote.files)
    unpack_emnist(archive, remote.folder.parent, told)
    archive.unlink()
