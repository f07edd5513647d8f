"""One file from one server: streamed into a part file that a later request goes on with."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT: Final = 10.0  # seconds
READ_TIMEOUT: Final = 20.0  # seconds without a byte
_TOLD_EVERY: Final = 0.25  # seconds
_CHUNK: Final = 2**16
_CHUNKS_AHEAD: Final = 16


class FetchError(Exception):
    """A server did not give the file; the text says why, and fits after "host: "."""


class _CannotContinueError(Exception):
    """The server does not go on from where the part ends."""


def fetch(
    url: str,
    part: Path,
    n_bytes: int,
    told: Callable[[int], None],
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> None:
    """Stream a file into `part`, going on from what `part` holds already.

    What has come stays in `part` when the server breaks off or `told` raises. Whether the bytes are the right ones is
    for the caller to check.

    Parameters
    ----------
    url : str
        The file's address.
    part : Path
        The file to write; it need not exist.
    n_bytes : int
        Length of the whole file. Not more than one byte beyond it is taken from the server.
    told : callable
        Called with the number of bytes in `part`, several times a second even when none come; may raise to end it.
    connect_timeout, read_timeout : float
        Seconds to wait for a connection, and for the next byte.

    Raises
    ------
    FetchError
        If the server cannot be reached, refuses, or sends anything but `n_bytes` bytes.
    OSError
        If `part` cannot be written.
    """
    have = part.stat().st_size if part.exists() else 0
    if have > n_bytes:  # no beginning of this file
        part.unlink()
        have = 0
    told(have)
    if have == n_bytes:
        return
    timeouts = (connect_timeout, read_timeout)
    try:
        _fetch_from(have, url, part, n_bytes, told, timeouts)
    except _CannotContinueError:
        _fetch_from(0, url, part, n_bytes, told, timeouts)


def _fetch_from(
    start: int, url: str, part: Path, n_bytes: int, told: Callable[[int], None], timeouts: tuple[float, float]
) -> None:
    answer = _Answer(url, start, n_bytes, timeouts)
    try:
        have = answer.start(partial(told, start))
        last_told = 0.0
        with part.open("ab" if have else "wb") as file:
            while have <= n_bytes and (chunk := answer.chunk(partial(told, have))):
                file.write(chunk)
                have += len(chunk)
                if time.monotonic() - last_told > _TOLD_EVERY:
                    told(min(have, n_bytes))
                    last_told = time.monotonic()
    finally:
        answer.close()
    if have > n_bytes:
        part.unlink()
        raise FetchError(f"it sent more than the {n_bytes:,} bytes of the file")
    if have < n_bytes:
        raise FetchError(f"it broke off after {have:,} of {n_bytes:,} bytes")
    told(have)


class _Answer:
    """What a server sends, read by a thread of its own, so that whoever takes it is never held up.

    The thread writes no file, and ends by itself: at the end of the answer, at a time-out, or after `close`.
    """

    def __init__(self, url: str, start: int, n_bytes: int, timeouts: tuple[float, float]) -> None:
        self._url, self._start, self._n_bytes, self._timeouts = url, start, n_bytes, timeouts
        self._items: queue.Queue[int | bytes | Exception] = queue.Queue(_CHUNKS_AHEAD)
        self._closed = threading.Event()
        self._response: requests.Response | None = None
        threading.Thread(target=self._read, name=f"download {url}", daemon=True).start()

    def start(self, waiting: Callable[[], None]) -> int:
        """Return the place in the file at which the bytes begin, calling `waiting` until it is known."""
        start = self._next(waiting)
        assert isinstance(start, int)
        return start

    def chunk(self, waiting: Callable[[], None]) -> bytes:
        """Return the next bytes, calling `waiting` until they are there; none at the end."""
        chunk = self._next(waiting)
        assert isinstance(chunk, bytes)
        return chunk

    def close(self) -> None:
        """Let the thread end, and wake it if it waits for the server."""
        self._closed.set()
        with suppress(queue.Empty):
            while True:  # it may wait for a place in the queue
                self._items.get_nowait()
        if self._response is not None:
            with suppress(Exception):  # each kind of connection that has ended says so in its own way
                self._response.raw.shutdown()

    def _next(self, waiting: Callable[[], None]) -> int | bytes:
        while True:
            try:
                item = self._items.get(timeout=_TOLD_EVERY)
            except queue.Empty:
                waiting()
                continue
            if isinstance(item, Exception):
                raise item
            return item

    def _read(self) -> None:
        try:
            self._read_answer()
        except (FetchError, _CannotContinueError) as error:
            self._items.put(error)
        except Exception as error:  # of requests, urllib3, http.client, ssl or socket
            self._items.put(FetchError(_why(error, self._timeouts)))

    def _read_answer(self) -> None:
        import requests  # takes a tenth of a second, which the program's start need not wait for
        from urllib3.exceptions import ProtocolError

        headers = {"Accept-Encoding": "identity"}  # the bytes as they lie there, not packed for the way
        if self._start:
            headers["Range"] = f"bytes={self._start}-"
        with requests.get(self._url, headers=headers, stream=True, timeout=self._timeouts) as response:
            self._response = response
            start = _start_of(response, self._start, self._n_bytes)
            self._items.put(start)
            left = self._n_bytes - start + 1  # one more tells a file that is too long
            while left and not self._closed.is_set():
                try:
                    chunk = response.raw.read1(min(_CHUNK, left), decode_content=False)
                except ProtocolError:
                    chunk = b""  # the bytes end too early
                self._items.put(chunk)
                left -= len(chunk)
                if not chunk:
                    return
            self._items.put(b"")


def _start_of(response: requests.Response, start: int, n_bytes: int) -> int:
    """Return the place in the file at which the server begins: `start`, or 0 if it does not go on from there."""
    if start and response.status_code == 416:
        raise _CannotContinueError
    if start and response.status_code == 206:
        given = f"bytes {start}-{n_bytes - 1}/"
        if response.headers.get("Content-Range") not in (f"{given}{n_bytes}", f"{given}*"):
            raise _CannotContinueError
    elif response.status_code == 200:
        start = 0
    else:
        raise FetchError(f"it answered {response.status_code} {response.reason or ''}".rstrip())
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise FetchError("it sent a web page instead of the file")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) != n_bytes - start:
        raise FetchError(f"it offers {int(length):,} bytes where {n_bytes - start:,} were expected")
    return start


def _why(error: Exception, timeouts: tuple[float, float]) -> str:
    """Return in plain words what went wrong on the way to a server."""
    from requests import exceptions
    from urllib3.exceptions import NameResolutionError, ReadTimeoutError

    connect_timeout, read_timeout = timeouts
    if isinstance(error, exceptions.ConnectTimeout):
        return f"it could not be reached within {connect_timeout:g} seconds"
    if isinstance(error, (exceptions.ReadTimeout, ReadTimeoutError)):
        return f"it sent nothing for {read_timeout:g} seconds"
    if isinstance(error, exceptions.ProxyError):
        return "the proxy on the way to it does not let through"
    if isinstance(error, exceptions.SSLError):
        return "it could not prove that it is this host (its certificate was refused)"
    if isinstance(error, exceptions.TooManyRedirects):
        return "it sends from one address to the next without end"
    if isinstance(error, exceptions.ConnectionError):
        cause = error.args[0] if error.args else None
        if isinstance(getattr(cause, "reason", None), NameResolutionError):
            return "its address was not found; there may be no network connection"
        return "the connection was refused or broken off"
    return f"the connection broke off ({type(error).__name__})"
