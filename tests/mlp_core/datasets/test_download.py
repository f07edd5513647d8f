"""Against a real HTTP server on loopback, which for each request does what the test says: often the wrong thing."""

from __future__ import annotations

import gzip
import hashlib
import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import pytest

from mlp_core.datasets import catalogue
from mlp_core.datasets import download as download_module
from mlp_core.datasets.catalogue import RemoteDataset, RemoteFile
from mlp_core.datasets.download import DownloadError, download
from mlp_core.datasets.mnist import mnist_dataset
from mlp_core.errors import DataError
from mlp_core.progress import Cancelled

DATA = bytes(range(256)) * 40
HALF = len(DATA) // 2
FILE = RemoteFile("images.gz", len(DATA), hashlib.sha256(DATA).hexdigest())
WAYS_OUT = ("choose a folder that has the files", "go on with the data that is there")


class Request(BaseHTTPRequestHandler):
    """A request, and the means to answer it."""

    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Range")))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            answer(self)
        except ConnectionError:  # the other side has had enough
            self.server.hung_up.set()

    @property
    def start(self) -> int:
        return int((self.headers.get("Range") or "bytes=0-")[6:-1])

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


Answer: TypeAlias = Callable[[Request], None]


class Server(ThreadingHTTPServer):
    daemon_threads = False
    requests: list[tuple[str, str | None]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.requests = []
        self.answers: list[Answer] = [rightly]
        self.over = threading.Event()
        self.hung_up = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.host = f"127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        pass

    @property
    def ranges(self) -> list[str | None]:
        return [asked for _, asked in self.requests]


def rightly(request: Request, data: bytes = DATA) -> None:
    start, end = request.start, len(data)
    if start:
        request.head(206, Content_Length=end - start, Content_Range=f"bytes {start}-{end - 1}/{end}")
    else:
        request.head(200, Content_Length=end)
    request.wfile.write(data[start:])


def without_ranges(request: Request) -> None:
    request.head(200, Content_Length=len(DATA))
    request.wfile.write(DATA)


def without_a_length(request: Request) -> None:
    request.head(200)
    request.wfile.write(DATA)


def another_range(request: Request) -> None:
    if not request.start:
        return rightly(request)
    request.head(206, Content_Length=len(DATA), Content_Range=f"bytes 0-{len(DATA) - 1}/{len(DATA)}")
    request.wfile.write(DATA)
    return None


def no_such_range(request: Request) -> None:
    request.head(416) if request.start else rightly(request)


def half(request: Request) -> None:
    start = request.start
    request.head(206 if start else 200, Content_Length=len(DATA) - start, Content_Range=_range(start))
    request.wfile.write(DATA[start : start + HALF])


def half_without_a_length(request: Request) -> None:
    request.head(200)
    request.wfile.write(DATA[:HALF])


def too_short_a_length(request: Request) -> None:
    request.head(200, Content_Length=100)
    request.wfile.write(DATA)


def too_long_a_length(request: Request) -> None:
    request.head(200, Content_Length=len(DATA) + 5)
    request.wfile.write(DATA + b"12345")


def wrong_bytes(request: Request) -> None:
    request.head(200, Content_Length=len(DATA))
    request.wfile.write(DATA[::-1])


def without_end(request: Request) -> None:
    request.head(200)
    while True:
        request.wfile.write(DATA)


def a_web_page(request: Request) -> None:
    request.head(200, Content_Type="text/html; charset=utf-8")
    request.wfile.write(b"<h1>Please log in to this network</h1>")


def in_circles(request: Request) -> None:
    request.head(302, Location=request.path)


def said_to_be_packed_for_the_way(request: Request) -> None:
    request.head(200, Content_Length=len(DATA), Content_Encoding="gzip")
    request.wfile.write(DATA)


def to_another_path(request: Request) -> None:
    request.head(302, Location="/elsewhere") if request.path != "/elsewhere" else rightly(request)


def nothing(request: Request) -> None:
    request.server.over.wait()


def half_and_nothing_more(request: Request) -> None:
    request.head(200, Content_Length=len(DATA))
    request.wfile.write(DATA[:HALF])
    request.server.over.wait()


def no_http(request: Request) -> None:
    request.wfile.write(b"220 mail.example.org ESMTP\r\n")


def status(code: int) -> Answer:
    return lambda request: request.head(code)


def _range(start: int) -> str:
    return f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Server]]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers = [Server(), Server()]
    threads = [threading.Thread(target=partial(server.serve_forever, poll_interval=0.01)) for server in servers]
    for thread in threads:
        thread.start()
    yield servers
    for server, thread in zip(servers, threads, strict=True):
        server.over.set()
        server.shutdown()
        server.server_close()  # waits for the requests
        thread.join()


@pytest.fixture
def server(servers: list[Server], offer: Callable[..., RemoteDataset]) -> Server:
    offer(servers[0])
    return servers[0]


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., RemoteDataset]:
    """Put a data set ``tiny`` that the servers have into the catalogue."""

    def offer(*mirrors: Server | str, files: tuple[RemoteFile, ...] = (FILE,)) -> RemoteDataset:
        tiny = RemoteDataset(
            name="tiny",
            title="Tiny digits",
            description="a few",
            source="made up; no licence",
            class_names=tuple("0123456789"),
            mirrors=tuple(mirror if isinstance(mirror, str) else mirror.url for mirror in mirrors),
            files=files,
        )
        monkeypatch.setattr(catalogue, "REMOTE_DATASETS", (tiny,))
        return tiny

    return offer


def cancel_when(condition: Callable[[str, float], bool]) -> Callable[[str, float], None]:
    def progress(what: str, share: float) -> None:
        if condition(what, share):
            raise Cancelled

    return progress


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def tiny_folder() -> Path:
    return catalogue.remote_dataset("tiny").folder


def test_all_files_are_fetched_once(servers: list[Server], offer: Callable[..., RemoteDataset]) -> None:
    contents = {f"{name}.gz": name.encode() * 1000 for name in ("a", "b", "c", "d")}
    files = [RemoteFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()]
    tiny = offer(servers[0], files=tuple(files))
    servers[0].answers = [lambda request: rightly(request, contents[request.path[1:]])]
    told: list[tuple[str, float]] = []
    assert download("tiny", lambda what, share: told.append((what, share))) == tiny.folder
    assert kept(tiny.folder) == contents
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == (f"Downloading Tiny digits from {servers[0].host}: 0.0 of 0.0 MB", 1.0)
    assert len(servers[0].requests) == 4
    (tiny.folder / "b.gz").write_bytes(b"damaged")
    (tiny.folder / "c.gz").unlink()
    download("tiny")
    assert kept(tiny.folder) == contents
    assert [path for path, _ in servers[0].requests[4:]] == ["/b.gz", "/c.gz"]


@pytest.mark.parametrize("answer", [without_a_length, to_another_path, said_to_be_packed_for_the_way])
def test_servers_that_do_it_in_their_own_way(server: Server, answer: Answer) -> None:
    server.answers = [answer]
    assert kept(download("tiny")) == {FILE.name: DATA}


@pytest.mark.parametrize(
    ("answer", "why", "n_requests"),
    [
        (status(403), "it answered 403 Forbidden.", 1),
        (status(404), "it answered 404 Not Found.", 1),
        (status(500), "it answered 500 Internal Server Error.", 1),
        (status(204), "it answered 204 No Content.", 1),
        (half_without_a_length, "it broke off after 5,120 of 10,240 bytes.", 2),
        (too_short_a_length, "it offers 100 bytes where 10,240 were expected.", 1),
        (too_long_a_length, "it offers 10,245 bytes where 10,240 were expected.", 1),
        (wrong_bytes, "it sent other bytes than the published ones (their SHA-256 differs).", 1),
        (without_end, "it sent more than the 10,240 bytes of the file.", 1),
        (a_web_page, "it sent a web page instead of the file.", 1),
        (in_circles, "it sends from one address to the next without end.", 31),
        (nothing, "it sent nothing for 0.3 seconds.", 1),
        (half_and_nothing_more, "it sent nothing for 0.3 seconds.", 2),
        (no_http, "the connection was refused or broken off.", 1),
    ],
)
def test_what_goes_wrong_leads_to_the_next_mirror(
    servers: list[Server], offer: Callable[..., RemoteDataset], answer: Answer, why: str, n_requests: int
) -> None:
    bad, good = servers
    bad.answers = [answer]
    offer(bad)
    with pytest.raises(DownloadError) as caught:
        download("tiny", read_timeout=0.3)
    assert isinstance(caught.value, DataError)
    for part in (f"{bad.host}: {why}", FILE.name, *WAYS_OUT):
        assert part in str(caught.value)
    assert len(bad.requests) == n_requests
    assert FILE.name not in kept(tiny_folder())
    offer(bad, good)
    assert kept(download("tiny", read_timeout=0.3)) == {FILE.name: DATA}
    assert good.requests


def test_no_more_is_read_than_the_file_has(server: Server) -> None:
    server.answers = [without_end]
    with pytest.raises(DownloadError, match="more than"):
        download("tiny")
    assert server.hung_up.wait(10)
    assert kept(tiny_folder()) == {}


def test_a_server_that_is_not_there(
    servers: list[Server], offer: Callable[..., RemoteDataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(host: str, *arguments: object, **options: object) -> object:
        if host == "nowhere.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return getaddrinfo(host, *arguments, **options)  # type: ignore[arg-type]

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with Server() as closed:
        pass
    offer(closed, "http://nowhere.invalid/", servers[0])
    servers[0].answers = [status(404)]
    with pytest.raises(DownloadError) as caught:
        download("tiny")
    for part in (
        f"{closed.host}: the connection was refused or broken off. ",
        "nowhere.invalid: its address was not found; there may be no network connection. ",
        f"{servers[0].host}: it answered 404 Not Found. ",
    ):
        assert part in str(caught.value)
    servers[0].answers = [rightly]
    assert kept(download("tiny")) == {FILE.name: DATA}


def test_after_a_break_the_same_server_is_asked_for_the_rest(server: Server) -> None:
    server.answers = [half, rightly]
    assert kept(download("tiny")) == {FILE.name: DATA}
    assert server.ranges == [None, f"bytes={HALF}-"]


def test_after_two_breaks_without_a_byte_the_next_mirror_gets_the_rest(
    servers: list[Server], offer: Callable[..., RemoteDataset]
) -> None:
    first, second = servers
    offer(first, second)
    first.answers = [half, status(500)]
    assert kept(download("tiny")) == {FILE.name: DATA}
    assert first.ranges == [None, f"bytes={HALF}-"]
    assert second.ranges == [f"bytes={HALF}-"]


def test_a_later_download_goes_on_where_the_first_broke_off(server: Server) -> None:
    server.answers = [half, status(500)]
    with pytest.raises(DownloadError, match="what has come is kept"):
        download("tiny")
    assert kept(tiny_folder()) == {f"{FILE.name}.part": DATA[:HALF]}
    server.answers = [rightly]
    shares: list[float] = []
    assert kept(download("tiny", lambda what, share: shares.append(share))) == {FILE.name: DATA}
    assert server.ranges[-1] == f"bytes={HALF}-"
    assert shares[1] == 0.5


@pytest.mark.parametrize("answer", [without_ranges, another_range, no_such_range])
def test_where_a_server_does_not_go_on_it_begins_anew(server: Server, answer: Answer) -> None:
    server.answers = [half, answer]
    assert kept(download("tiny")) == {FILE.name: DATA}


@pytest.mark.parametrize("part", [b"no beginning of it", DATA[::-1], DATA + b"more", DATA[:-1] + b"x"])
def test_a_wrong_part_from_earlier_is_replaced(server: Server, part: bytes) -> None:
    tiny_folder().mkdir(parents=True)
    (tiny_folder() / f"{FILE.name}.part").write_bytes(part)
    assert kept(download("tiny")) == {FILE.name: DATA}
    assert server.ranges[-1] is None


def test_a_whole_part_from_earlier_is_verified_and_taken(server: Server) -> None:
    tiny_folder().mkdir(parents=True)
    (tiny_folder() / f"{FILE.name}.part").write_bytes(DATA)
    assert kept(download("tiny")) == {FILE.name: DATA}
    assert server.requests == []


def test_a_server_that_breaks_off_again_and_again_is_given_up(server: Server) -> None:
    def a_byte(request: Request) -> None:
        start = request.start
        request.head(206 if start else 200, Content_Length=len(DATA) - start, Content_Range=_range(start))
        request.wfile.write(DATA[start : start + 1])

    server.answers = [a_byte]
    with pytest.raises(DownloadError, match="broke off after 4 of 10,240 bytes"):
        download("tiny")
    assert len(server.requests) == download_module.ATTEMPTS


def test_the_mirror_that_works_is_asked_first_for_the_next_file(
    servers: list[Server], offer: Callable[..., RemoteDataset]
) -> None:
    offer(*servers, files=(FILE, replace(FILE, name="labels.gz")))
    servers[0].answers = [status(403)]
    download("tiny")
    assert [path for path, _ in servers[0].requests] == ["/images.gz"]
    assert [path for path, _ in servers[1].requests] == ["/images.gz", "/labels.gz"]


def test_a_slow_server_is_told_of_while_it_is_slow(server: Server) -> None:
    heard = threading.Semaphore(0)

    def in_drops(request: Request) -> None:
        request.head(200, Content_Length=len(DATA))
        for start in range(0, len(DATA), HALF // 2):
            request.wfile.write(DATA[start : start + HALF // 2])
            heard.acquire(timeout=10)  # goes on only once the last drop was told

    told: set[float] = set()

    def progress(what: str, share: float) -> None:
        if share > 0 and share not in told:
            told.add(share)
            heard.release()

    server.answers = [in_drops]
    assert kept(download("tiny", progress)) == {FILE.name: DATA}
    assert told == {0.25, 0.5, 0.75, 1.0}


@pytest.mark.parametrize("answer", [nothing, half_and_nothing_more])
def test_cancelled_while_the_server_hangs(server: Server, answer: Answer) -> None:
    arrived = threading.Event()

    def hang(request: Request) -> None:
        arrived.set()
        answer(request)

    server.answers = [hang]
    told: list[float] = []

    def progress(what: str, share: float) -> None:
        told.append(share)
        if arrived.is_set() and told.count(share) > 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        download("tiny", progress)
    names = {FILE.name + ".part": DATA[:HALF]} if answer is half_and_nothing_more else {}
    assert kept(tiny_folder()) == names
    if answer is half_and_nothing_more:  # whoever waits for bytes is woken; a first answer is waited for until time-out
        for thread in threading.enumerate():
            if thread.name.startswith("download "):
                thread.join(10)
                assert not thread.is_alive()


def test_cancelled_and_taken_up_again(server: Server) -> None:
    server.answers = [half_and_nothing_more, rightly]
    with pytest.raises(Cancelled):
        download("tiny", cancel_when(lambda what, share: share == 0.5))
    assert kept(download("tiny")) == {FILE.name: DATA}
    assert server.ranges == [None, f"bytes={HALF}-"]


def test_two_programs_at_once(server: Server) -> None:
    first_at_work, second_waits = threading.Event(), threading.Event()

    def answer(request: Request) -> None:
        first_at_work.set()
        assert second_waits.wait(10)
        rightly(request)

    def told_second(what: str, share: float) -> None:
        if what == "Waiting for another program that downloads Tiny digits":
            second_waits.set()

    server.answers = [answer]
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(download, "tiny")
        assert first_at_work.wait(10)
        second = threads.submit(download, "tiny", told_second)
        assert first.result() == second.result()
    assert len(server.requests) == 1
    assert kept(tiny_folder()) == {FILE.name: DATA}


def test_a_proxy_is_used(servers: list[Server], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = servers[1]
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    assert kept(download("tiny")) == {FILE.name: DATA}
    assert server.requests == []
    assert proxy.requests == [(f"{server.url}{FILE.name}", None)]


def test_a_cache_that_cannot_be_written(server: Server) -> None:
    tiny_folder().parent.mkdir(parents=True)
    tiny_folder().write_bytes(b"a file is in the way")
    with pytest.raises(DownloadError) as caught:
        download("tiny")
    for part in (str(tiny_folder()), "Tiny digits cannot be kept there (File exists)", *WAYS_OUT):
        assert part in str(caught.value)


def test_a_full_disk(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullFile:
        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

        def __enter__(self) -> FullFile:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    open_path: Callable[..., object] = Path.open

    def refuse(path: Path, *arguments: object, **options: object) -> object:
        return FullFile() if path.suffix == ".part" else open_path(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DownloadError, match=r"No space left on device.*Make room"):
        download("tiny")
    assert len(server.requests) == 1  # the next mirror would not help


def emnist_archive(folder: Path, n: int = 36) -> bytes:
    """Return an archive as EMNIST's, with few images."""
    with zipfile.ZipFile(folder / "made.zip", "w") as archive:
        for name, first in (("digits", 0), ("letters", 1)):
            for kind in ("train", "test"):
                images = struct.pack(">4B3I", 0, 0, 8, 3, n, 28, 28) + bytes(n * 784)
                labels = struct.pack(">4BI", 0, 0, 8, 1, n) + bytes(first + i % 10 for i in range(n))
                archive.writestr(f"gzip/emnist-{name}-{kind}-images-idx3-ubyte.gz", gzip.compress(images))
                archive.writestr(f"gzip/emnist-{name}-{kind}-labels-idx1-ubyte.gz", gzip.compress(labels))
    return (folder / "made.zip").read_bytes()


def test_an_archive_of_two_data_sets(
    server: Server, offer: Callable[..., RemoteDataset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = emnist_archive(tmp_path)
    file = RemoteFile("gzip.zip", len(data), hashlib.sha256(data).hexdigest())
    letters = replace(offer(server, files=(file,)), name="emnist-letters", archive="emnist")
    monkeypatch.setattr(catalogue, "REMOTE_DATASETS", (letters, replace(letters, name="emnist-digits")))
    server.answers = [lambda request: rightly(request, data)]
    told: list[tuple[str, float]] = []
    folder = download("emnist-letters", lambda what, share: told.append((what, share)))
    assert folder == letters.folder
    assert mnist_dataset(folder).n_classes == 10
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert any(what == "Unpacking emnist-letters" for what, _ in told)
    assert kept(letters.download_folder) == {}

    assert download("emnist-digits").name == "emnist-digits"
    assert len(server.requests) == 1
    damaged = folder / "t10k-images-idx3-ubyte.gz"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    download("emnist-letters")
    assert len(server.requests) == 2
    assert mnist_dataset(folder).n_classes == 10


def test_a_name_that_is_not_in_the_catalogue() -> None:
    with pytest.raises(DataError, match=r"'cifar'.*mnist, fashion-mnist, kmnist"):
        download("cifar")
