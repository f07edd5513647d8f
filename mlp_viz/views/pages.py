"""The pages of the window, of which one is shown at a time, and the actions that go to them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """One page for each of some checkable actions; the action of the page that is shown, taken again, goes home.

    Parameters
    ----------
    actions : mapping of str to QAction
        By the names in `mlp_viz.views.actions.ENTRIES`.
    pages : mapping of str to QWidget
        By the name of the action that goes there; the first is home.

    Signals
    -------
    turned()
        Another page is shown.
    """

    turned = Signal()

    def __init__(
        self, actions: Mapping[str, QAction], pages: Mapping[str, QWidget], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pages = dict(pages)
        self._actions = {name: actions[name] for name in pages}
        self._home = next(iter(pages))
        group = QActionGroup(self)
        for name, page in pages.items():
            self.addWidget(page)
            group.addAction(actions[name])
            actions[name].triggered.connect(partial(self._on_triggered, name))
        self._actions[self._home].setChecked(True)

    def turn_to(self, name: str) -> None:
        """Show the page of the action `name`."""
        self._show(self._pages[name], name)

    def show_behind(self, name: str, page: QWidget) -> None:
        """Show a page that has no action of its own, but belongs to that of the action `name`."""
        if self.indexOf(page) < 0:
            self.addWidget(page)
        self._show(page, name)

    def _on_triggered(self, name: str, _checked: bool = False) -> None:
        self.turn_to(self._home if self.currentWidget() is self._pages[name] else name)

    def _show(self, page: QWidget, name: str) -> None:
        self._actions[name].setChecked(True)
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
            page.setFocus()  # its keys work at once; else what comes next has it, and Space may press that
            self.turned.emit()
