import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlp_viz import messages
from mlp_viz.messages import Kind, Message, Messages, UncaughtExceptions, log_path, unexpected, write_log_file


@pytest.fixture
def heard(qtbot: Any) -> tuple[Messages, list[Message]]:
    source = Messages()
    told: list[Message] = []
    source.posted.connect(told.append)
    return source, told


@pytest.fixture
def root_handlers() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    logging.captureWarnings(False)


def test_messages_are_posted_and_errors_logged(
    heard: tuple[Messages, list[Message]], caplog: pytest.LogCaptureFixture
) -> None:
    source, told = heard
    source.info("100 % done")
    source.error("50 %s wrong")
    assert told == [Message(Kind.INFO, "100 % done"), Message(Kind.ERROR, "50 %s wrong")]
    assert [record.getMessage() for record in caplog.records] == ["50 %s wrong"]


@pytest.mark.usefixtures("root_handlers")
def test_the_log_file_takes_warnings_and_tracebacks(capfd: pytest.CaptureFixture[str]) -> None:
    write_log_file()
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError:
        messages.log.exception("it went wrong")
    text = log_path().read_text(encoding="utf-8")
    assert "it went wrong" in text
    assert "ZeroDivisionError: by nought" in text
    assert str(log_path()) in unexpected()
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("root_handlers")
def test_the_warnings_of_libraries_go_to_the_log_file_too(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        write_log_file()
        warnings.warn("Corrupt EXIF data", stacklevel=1)
        logging.captureWarnings(False)
    assert "Corrupt EXIF data" in log_path().read_text(encoding="utf-8")
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("root_handlers")
def test_a_home_that_cannot_be_written_does_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setattr(messages, "log_path", lambda: blocked / "logs" / "mlp-viz.log")
    write_log_file()
    logging.getLogger("mlp_viz").warning("nowhere to go")


def test_what_nobody_caught_is_told_and_logged(
    heard: tuple[Messages, list[Message]], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, told = heard
    before: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: before.append(args))
    hook = sys.excepthook
    uncaught = UncaughtExceptions(source)
    error = ValueError("in a slot")
    sys.excepthook(ValueError, error, None)
    assert told == [Message(Kind.ERROR, unexpected())]
    assert "ValueError: in a slot" in caplog.text
    assert before == []
    uncaught.uninstall()
    assert sys.excepthook is hook
