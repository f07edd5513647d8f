"""Words for the user, and the log file that the details go to."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Final

import platformdirs
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, Slot

log = logging.getLogger(__name__)


class Kind(Enum):
    """How much a message matters."""

    INFO = "info"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, and what to do."""

    kind: Kind
    text: str


class Messages(QObject):
    """The one bridge over which the user hears.

    Signals
    -------
    posted(Message)
    """

    posted = Signal(object)

    @Slot(str)
    def info(self, text: str) -> None:
        """Tell that something was done."""
        self.posted.emit(Message(Kind.INFO, text))

    @Slot(str)
    def error(self, text: str) -> None:
        """Tell what went wrong and what to do."""
        log.warning(text)
        self.posted.emit(Message(Kind.ERROR, text))


OUT_OF_MEMORY: Final = "There is not enough memory for this run. Choose fewer hidden units or a smaller data set."
LOCKED: Final = "Locked while a run goes on: press Stop to change them"


def log_path() -> Path:
    """Return the log file: the user's log folder, as the platform has it."""
    return platformdirs.user_log_path("mlp-viz", appauthor=False) / "mlp-viz.log"


def unexpected() -> str:
    """Say that the program itself is at fault, and where the details are."""
    return f"Something unexpected went wrong; what was reached is kept. The details are in {log_path()}."


def write_log_file() -> None:
    """Let warnings, errors and uncaught exceptions go to the log file, never to the user's terminal."""
    handler: logging.Handler
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(log_path(), maxBytes=500_000, backupCount=2, encoding="utf-8")
    except OSError:  # a read-only home is no reason not to start
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)


def log_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Send what Qt says to the log file; for `qInstallMessageHandler`."""
    level = logging.INFO if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) else logging.WARNING
    logging.getLogger("qt").log(level, text)


class UncaughtExceptions(QObject):
    """Sends exceptions that nobody caught to the log, and a word to the user."""

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self._messages = messages
        self._before = sys.excepthook
        sys.excepthook = self._told

    def uninstall(self) -> None:
        """Put the former hook back."""
        sys.excepthook = self._before

    def _told(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        logging.getLogger("mlp_viz").error("uncaught", exc_info=(kind, error, traceback))
        self._messages.error(unexpected())
