"""Ctrl+C in the terminal, and the system's wish to end: both close the window in good order."""

from __future__ import annotations

import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot


class EndingSignals(QObject):
    """Turns SIGINT and SIGTERM into a Qt signal.

    A Python handler alone would wait until Python code runs, and then raise in whichever slot that
    is. So the interpreter writes the signal's number to a socket, which wakes Qt's event loop.

    Signals
    -------
    arrived
        The program is to end.
    """

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}

    def close(self) -> None:
        """Put the former handlers back."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    @Slot()
    def _read(self) -> None:
        if self._reader.recv(64):
            self.arrived.emit()


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the socket has told."""
