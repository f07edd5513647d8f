"""Keeps Python's cyclic garbage collector in the GUI's thread."""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS: Final = 1000


class GuiGarbageCollector(QObject):
    """Collects now and then from the GUI's thread, and nowhere else.

    Left to itself, the collector runs in whichever thread makes an object too many. In a worker it
    may then destroy a widget, which Qt forbids and which can end the process.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.collect()
        gc.freeze()  # what start-up made stays: it need not be looked at again
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def close(self) -> None:
        """Give the collector back to Python."""
        self._timer.stop()
        gc.enable()
        gc.unfreeze()

    @Slot()
    def _collect(self) -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] > 0:
                gc.collect(generation)
                return
