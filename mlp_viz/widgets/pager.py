"""A pager: ◀ which of how many ▶, for what does not fit on one page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from mlp_viz.theme import UNIT
from mlp_viz.widgets.panel import TEXT_POINTS, set_points
from mlp_viz.widgets.step_button import step_button


class Pager(QWidget):
    """Two buttons that turn pages, and between them the range that is shown: ``26–50 of 246``.

    Parameters
    ----------
    what : str
        What the pages hold, for the tooltips: ``classes``.

    Attributes
    ----------
    turned : Signal()
        Another page is open.
    """

    turned = Signal()

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._size = 1
        self._page = 0
        self._range = QLabel()
        self._range.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_points(self._range, TEXT_POINTS)
        self._previous = step_button("◀", f"Previous {what} (PgUp)")
        self._next = step_button("▶", f"Next {what} (PgDown)")
        self._previous.clicked.connect(self.previous_page)
        self._next.clicked.connect(self.next_page)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT // 2)
        for widget in (self._previous, self._range, self._next):
            row.addWidget(widget)
        self._show()

    @property
    def page(self) -> int:
        """The open page, counted from 0."""
        return self._page

    @property
    def n_pages(self) -> int:
        """Number of pages, at least 1."""
        return max(-(-self._count // self._size), 1)

    @property
    def shown(self) -> range:
        """The numbers, counted from 0, of what is on the open page."""
        return range(self._page * self._size, min((self._page + 1) * self._size, self._count))

    @property
    def text(self) -> str:
        """Which are shown: ``26–50 of 246``; empty if there is nothing."""
        return self._range.text()

    def set_count(self, count: int, size: int, *, keep_page: bool = False) -> None:
        """Say how many there are, and how many a page holds.

        The first page is open then, without a signal; or the one that was, as far as there are that many, with
        `keep_page`.
        """
        self._count, self._size = count, size
        self._page = min(self._page, self.n_pages - 1) if keep_page else 0
        self._show()

    @Slot()
    def next_page(self) -> None:
        """Go to the next page; the last one stays."""
        self._turn_to(self._page + 1)

    @Slot()
    def previous_page(self) -> None:
        """Go to the page before; the first one stays."""
        self._turn_to(self._page - 1)

    def turn_by_key(self, event: QKeyEvent) -> bool:
        """Turn the page if the key is PgUp or PgDown, and return whether it is."""
        turns = {Qt.Key.Key_PageUp: self.previous_page, Qt.Key.Key_PageDown: self.next_page}
        turn = turns.get(Qt.Key(event.key()))
        if turn is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        turn()
        return True

    def _turn_to(self, page: int) -> None:
        page = min(max(page, 0), self.n_pages - 1)
        if page != self._page:
            self._page = page
            self._show()
            self.turned.emit()

    def _show(self) -> None:
        shown = self.shown
        self._range.setText(f"{shown.start + 1:,}–{shown.stop:,} of {self._count:,}" if shown else "")
        self._previous.setEnabled(self._page > 0)
        self._next.setEnabled(self._page < self.n_pages - 1)
