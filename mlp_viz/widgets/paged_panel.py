"""A panel of small images: a page at a time, each chosen by a click or by Enter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlp_viz.theme import UNIT, Theme
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.colour_scale import grey_lut
from mlp_viz.widgets.mosaic import Mosaic
from mlp_viz.widgets.pager import Pager
from mlp_viz.widgets.panel import Panel
from mlp_viz.widgets.plain_tip import plain_tip


class PagedPanel(Panel):
    """Grey images in a mosaic, and a row beneath it that ends with a pager; PgUp and PgDown turn the page.

    Subclasses say how many images there are by `show_pages`, and what they are by `page`, `why_empty`, `tip` and
    `choose`. The signals are those of `Panel`.

    Parameters
    ----------
    title : str
    what : str
        What the pages hold, for the pager's tooltips: ``classes``.
    beside : sequence of QWidget
        What stands at the left of the pager.

    Attributes
    ----------
    mosaic : Mosaic
    pager : Pager
    """

    def __init__(self, title: str, what: str, beside: Sequence[QWidget] = (), parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.mosaic = Mosaic()
        self.mosaic.set_lut(grey_lut())
        self.mosaic.set_navigable(True)
        self.mosaic.setAccessibleName(title)
        self.pager = Pager(what)
        row = QHBoxLayout()
        row.setSpacing(UNIT // 2)
        for widget in beside:
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.pager)
        self.body.addWidget(self.mosaic, 1)
        self.body.addLayout(row)
        self.pager.turned.connect(self._show_page)
        self.mosaic.tileHovered.connect(self._hover)
        self.mosaic.tileClicked.connect(self._choose)
        self.mosaic.tileActivated.connect(self._choose)

    def page(self, shown: range) -> tuple[NDArray[np.uint8], Sequence[Caption]] | None:
        """Return the images with the numbers `shown`, shape (n, height, width), and their captions; None for none."""
        raise NotImplementedError

    def why_empty(self) -> str:
        """Return why there is no image, and how there will be some."""
        raise NotImplementedError

    def tip(self, number: int) -> str:
        """Return what is told of an image under the mouse, in plain text."""
        raise NotImplementedError

    def choose(self, number: int) -> None:
        """Do what the choice of an image leads to."""
        raise NotImplementedError

    def show_pages(self, count: int, size: int, *, keep_page: bool = False) -> None:
        """Show the first of the pages, or the one that is open, as far as there are that many.

        Parameters
        ----------
        count : int
            How many images there are on all pages; they are numbered from 0.
        size : int
            How many a page holds.
        keep_page : bool
        """
        self.pager.set_count(count, size, keep_page=keep_page)
        self.pager.setVisible(count > 0)
        if not keep_page:
            self.mosaic.set_current(0)
        self._show_page()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`; the images stay white on black."""
        super().apply_theme(theme)
        self.mosaic.apply_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn the page with PgUp and PgDown."""
        if not self.pager.turn_by_key(event):
            super().keyPressEvent(event)

    @Slot()
    def _show_page(self) -> None:
        page = self.page(self.pager.shown) if self.pager.shown else None
        if page is None:
            self.mosaic.set_placeholder(self.why_empty())
            self.mosaic.clear()
        else:
            self.mosaic.set_tiles(*page)
        self._hover(self.mosaic.hovered[0])  # the mouse may rest on another image now

    def _number(self, tile: int) -> int | None:
        """Return the number of the image on a tile, None for no tile."""
        return self.pager.shown[tile] if 0 <= tile < len(self.pager.shown) else None

    @Slot(int)
    def _hover(self, tile: int) -> None:
        number = self._number(tile)
        self.mosaic.setToolTip("" if number is None else plain_tip(self.tip(number)))
        self.mosaic.setCursor(Qt.CursorShape.ArrowCursor if number is None else Qt.CursorShape.PointingHandCursor)

    @Slot(int)
    def _choose(self, tile: int) -> None:
        number = self._number(tile)
        if number is not None:
            self.choose(number)
