from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlp_core import cli, data_cli
from mlp_core.cli import main
from mlp_core.datasets import digits_dataset, generated, names
from mlp_core.datasets.catalogue import remote_dataset
from mlp_core.datasets.download import DownloadError
from mlp_core.datasets.generated import generated_folder
from mlp_core.datasets.mnist import FILE_NAMES
from mlp_core.progress import Progress

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _threads_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "use_one_thread", lambda: None)


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    assert main(["data", "list", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {line.split()[0]: f"{line}\n{where.strip()}" for line, where in zip(lines[::2], lines[1::2], strict=True)}


def test_list_tells_of_every_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = listed(capsys)
    assert tuple(told) == names()
    assert "comes with this program" in told["digits"]
    assert "mlp-core data make generated" in told["generated"]
    assert told["mnist"].endswith("11.6 MB to download: mlp-core data get mnist")
    assert told["fashion-mnist"].endswith("30.9 MB to download: mlp-core data get fashion-mnist")
    assert "pictures of clothes" in told["fashion-mnist"]
    for folder in (remote_dataset("mnist").folder, tmp_path / "kmnist"):
        folder.mkdir(parents=True)
        for name in FILE_NAMES:
            (folder / name).touch()
    told = listed(capsys, "--data-dir", str(tmp_path))
    assert told["mnist"].endswith(f"here: {remote_dataset('mnist').folder}")
    assert told["kmnist"].endswith(f"here: {tmp_path / 'kmnist'}")
    assert "to download" in told["fashion-mnist"]


def test_list_knows_the_generated_set_when_it_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generated, "is_built", lambda: True)
    assert listed(capsys)["generated"].endswith(f"here: {generated_folder()}")


def test_get_tells_how_far_it_is_and_where_it_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def download(name: str, progress: Progress) -> Path:
        asked.append(name)
        progress("Downloading from here: 99.9 of 200.0 MB", 0.5)
        progress("Downloading from here: 99.9 of 200.0 MB", 0.5)
        progress("Unpacking", 1.0)
        return tmp_path / "kmnist"

    monkeypatch.setattr(data_cli, "download", download)
    assert main(["data", "get", "kmnist"]) == 0
    out, err = capsys.readouterr()
    assert asked == ["kmnist"]
    assert out == f"{tmp_path / 'kmnist'}\n"
    downloading = "Downloading from here: 99.9 of 200.0 MB (50%)"
    assert err == f"\r{downloading}\r{'Unpacking (100%)':{len(downloading)}}\n"


def test_get_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def download(name: str, progress: Progress) -> Path:
        progress("Downloading", 0.5)
        raise KeyboardInterrupt

    monkeypatch.setattr(data_cli, "download", download)
    assert main(["data", "get", "kmnist"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        "mlp-core: interrupted. What has come is kept: `mlp-core data get kmnist` goes on from there."
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no Ctrl+C can be sent to one process")
def test_get_as_a_process_that_is_interrupted_while_the_server_is_silent(tmp_path: Path) -> None:
    remote = remote_dataset("kmnist")
    (file, *_), beginning = remote.files, bytes(range(256)) * 400
    with socket.create_server(("127.0.0.1", 0)) as proxy:  # stands between the program and the mirror
        proxy.settimeout(20)
        environment = {
            **os.environ,
            "http_proxy": f"http://127.0.0.1:{proxy.getsockname()[1]}",
            "no_proxy": "",
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONWARNINGS": "error",
        }
        command = [sys.executable, "-m", "mlp_core.cli", "data", "get", "kmnist"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            mirror, _address = proxy.accept()
            with mirror:
                assert mirror.recv(10_000).startswith(f"GET {remote.mirrors[0]}{file.name} HTTP/1.1".encode())
                mirror.sendall(f"HTTP/1.0 200 OK\r\nContent-Length: {file.n_bytes}\r\n\r\n".encode() + beginning)
                assert process.stderr is not None
                told = b""
                while b": 0.1 of 21.2 MB" not in told:
                    told += (byte := process.stderr.read(1))
                    assert byte, told
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().splitlines()[-1].startswith("mlp-core: interrupted. What has come is kept")
    assert b"Traceback" not in err
    part = (remote.folder / f"{file.name}.part").read_bytes()
    assert len(part) >= 50_000
    assert beginning.startswith(part)


def test_get_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def download(name: str, progress: Progress) -> Path:
        progress("Downloading", 0.0)
        raise DownloadError(name, "example.org: it answered 403 Forbidden.")

    monkeypatch.setattr(data_cli, "download", download)
    assert main(["data", "get", "kmnist"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "mlp-core: kmnist: example.org: it answered 403 Forbidden."


def test_get_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "get", "cifar"]) == 1
    assert "'cifar': no data set of this name can be downloaded" in capsys.readouterr().err


def test_check_tells_what_was_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "digits"]) == 0
    out, digits = capsys.readouterr().out, digits_dataset()
    for part in (
        digits.name,
        digits.source,
        "8×8 pixels",
        "1,197 train, 200 validation, 400 test",
        "uint8, 0 to 16; black is 0, white is 16",
        "classes      10\n",
        digits.fingerprint(),
    ):
        assert part in out
    for label, name in enumerate(digits.class_names):
        n_train, n_valid, n_test = (int(np.sum(part.y == label)) for part in (digits.train, digits.valid, digits.test))
        assert f"  {name:20} {n_train} train, {n_valid} validation, {n_test} test\n" in out


def test_check_of_a_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = digits_dataset()
    train, test = digits.train, digits.test
    np.savez(tmp_path / "mine.npz", X_train=train.X, y_train=train.y, X_test=test.X, y_test=test.y)
    assert main(["data", "check", str(tmp_path / "mine.npz")]) == 0
    out = capsys.readouterr().out
    assert "mine" in out
    assert "400 test" in out


@pytest.mark.parametrize(
    ("dataset", "why"), [("broken.npz", "damaged"), ("missing", "no such"), ("nme", "of this name")]
)
def test_check_of_what_cannot_be_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dataset: str, why: str
) -> None:
    (tmp_path / "broken.npz").write_bytes(b"PK, but no archive")
    assert main(["data", "check", dataset if dataset == "nme" else str(tmp_path / dataset)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mlp-core: ")
    assert why in err


def test_names_from_files_do_not_reach_the_terminal_raw(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("\x1b[2J", "a\nb", "\udc80", "名", *"456789")
    dataset = replace(digits_dataset(), class_names=names)
    monkeypatch.setattr(data_cli, "open_dataset", lambda *_, **__: dataset)
    assert main(["data", "check", "mine"]) == 0
    out = capsys.readouterr().out
    for part in ("\\x1b[2J ", "a\\nb ", "\\udc80 ", "名 "):
        assert f"  {part}" in out
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert main(["data", "check", "mine"]) == 0
    narrow.seek(0)
    assert "\\u540d " in narrow.read()


@pytest.mark.skipif(sys.platform == "win32", reason="allows no such names")
@pytest.mark.parametrize(
    "command", [["data", "check"], ["train", "--epochs", "1", "--minibatch-size", "4", "--dataset"]]
)
def test_a_files_name_does_not_reach_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    folder = tmp_path / "a\nb"
    folder.mkdir()
    file = folder / "ev\x1b[2Jil.csv"
    for rows, status in ((["0,0,0,0,0", "1,0,9,9,0"] * 12, 0), (["0,0,0,0,0", "1,0,x,9,0"] * 12, 1)):
        file.write_text("\n".join(rows))
        assert main([*command, str(file)]) == status
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        assert "Reading ev\\x1b[2Jil.csv" in err
    assert "a\\nb/ev\\x1b[2Jil.csv: line 2, column 3" in err


def test_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def build(progress: Progress) -> Path:
        progress("Drawing digits", 0.25)
        return tmp_path

    monkeypatch.setattr(data_cli, "build", build)
    assert main(["data", "make", "generated"]) == 0
    assert capsys.readouterr() == (f"{tmp_path}\n", "\rDrawing digits (25%)\n")


@pytest.mark.parametrize("arguments", [[], ["make"], ["make", "mnist"], ["get"], ["check"], ["lose"]])
def test_wrongly_called(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["data", *arguments])
    assert caught.value.code == 2
    assert "usage: mlp-core data" in capsys.readouterr().err
