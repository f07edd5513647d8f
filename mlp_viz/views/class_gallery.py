"""What the panels with one tile a class share: a grid that suits the number of classes, pages, choosing a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import Overview
from mlp_viz.theme import Theme
from mlp_viz.widgets.colour_scale import grey_lut
from mlp_viz.widgets.mosaic import Caption, Mosaic
from mlp_viz.widgets.pager import Pager
from mlp_viz.widgets.panel import Panel

# Columns and rows; more tiles, or longer names, could not be read from the back of a room.
PAGE: Final = (8, 4)
PAGE_OF_NAMES: Final = (5, 4)
TEN: Final = (5, 2)
LONG_NAME: Final = 6  # letters

MISSING: Final = 96  # grey of the tile of a class without images

_NO_DATA: Final = "Choose a data set. Its classes then appear here."


def page_of(names: Sequence[str]) -> tuple[int, int]:
    """Return the columns and rows of a full page for classes of these names."""
    if len(names) == 10:
        return TEN
    return PAGE_OF_NAMES if max(map(len, names), default=0) > LONG_NAME else PAGE


class ClassGallery(Panel):
    """One tile for each class, as many on a page as can be read.

    Subclasses say what is on the tiles. The other signals are those of `Panel`.

    Parameters
    ----------
    title : str
    waiting : str
        What will appear here, for the time until there is an overview.

    Attributes
    ----------
    classChosen : Signal(int)
        A tile was clicked, or Enter was pressed on it.
    """

    classChosen = Signal(int)

    def __init__(self, title: str, waiting: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._waiting = waiting
        self._dataset: Dataset | None = None
        self._overview: Overview | None = None
        self.mosaic = Mosaic()
        self.mosaic.set_lut(grey_lut())
        self.mosaic.set_navigable(True)
        self.mosaic.setAccessibleName(title)
        self.pager = Pager("classes")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.pager)
        self.body.addWidget(self.mosaic, 1)
        self.body.addLayout(row)
        self.pager.turned.connect(self._show_page)
        self.mosaic.tileClicked.connect(self._choose)
        self.mosaic.tileActivated.connect(self._choose)
        self.mosaic.tileHovered.connect(self._hover)
        self.show_overview(None, None)

    def show_overview(self, dataset: Dataset | None, overview: Overview | None) -> None:
        """Show the classes of `dataset` from the first page on; without an overview, say what will come.

        Parameters
        ----------
        dataset : Dataset or None
        overview : Overview or None
            That of the same data set.
        """
        self._dataset, self._overview = dataset, overview
        names = dataset.class_names if dataset else ()
        columns, rows = page_of(names)
        self.pager.set_count(len(names), columns * rows)
        self.pager.setVisible(self.pager.n_pages > 1)
        if len(names) >= columns * rows:
            self.mosaic.set_grid(columns, rows)
        else:
            self.mosaic.set_grid(0, 0)  # as few as they are, they may be larger
        self.set_status(f"{len(names):,} classes" if dataset and overview else "")
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

    def images(self, dataset: Dataset, overview: Overview, classes: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return the images of `classes`, shape (n, height, width); each of them has a training sample."""
        raise NotImplementedError

    def tip(self, dataset: Dataset, overview: Overview, label: int) -> str:
        """Return what is told of the tile of a class under the mouse."""
        raise NotImplementedError

    @Slot()
    def _show_page(self) -> None:
        dataset, overview = self._dataset, self._overview
        if dataset is None or overview is None:
            self.mosaic.set_placeholder(self._waiting if dataset else _NO_DATA)
            self.mosaic.clear()
            return
        classes = np.arange(self.pager.shown.start, self.pager.shown.stop)
        there = overview.first[classes] >= 0
        tiles = np.full((len(classes), *overview.means.shape[1:]), MISSING, np.uint8)
        tiles[there] = self.images(dataset, overview, classes[there])
        captions = [
            Caption(((dataset.class_names[label], "text" if has_images else "muted"),))
            for label, has_images in zip(classes, there, strict=True)
        ]
        self.mosaic.set_tiles(tiles, captions)

    def _label(self, tile: int) -> int | None:
        """Return the class of a tile, None for no tile."""
        return self.pager.shown[tile] if 0 <= tile < self.mosaic.n_tiles else None

    @Slot(int)
    def _choose(self, tile: int) -> None:
        label = self._label(tile)
        if label is not None:
            self.classChosen.emit(label)

    @Slot(int)
    def _hover(self, tile: int) -> None:
        label, dataset, overview = self._label(tile), self._dataset, self._overview
        if label is None or dataset is None or overview is None:
            self.mosaic.setToolTip("")
        elif overview.first[label] < 0:
            self.mosaic.setToolTip(f"{dataset.class_names[label]}\nno training image")
        else:
            self.mosaic.setToolTip(self.tip(dataset, overview, label))
        self.mosaic.setCursor(Qt.CursorShape.ArrowCursor if label is None else Qt.CursorShape.PointingHandCursor)
