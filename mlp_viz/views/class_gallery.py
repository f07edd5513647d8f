"""What the panels with one tile a class share: a grid that suits the number of classes, and choosing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import Overview
from mlp_viz.widgets.caption import Caption
from mlp_viz.widgets.paged_panel import PagedPanel

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


class ClassGallery(PagedPanel):
    """One tile for each class, as many on a page as can be read.

    Subclasses say what is on the tiles by `images` and `about`. The other signals are those of `Panel`.

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
        super().__init__(title, "classes", parent=parent)
        self._waiting = waiting
        self._dataset: Dataset | None = None
        self._overview: Overview | None = None
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
        if len(names) >= columns * rows:
            self.mosaic.set_grid(columns, rows)
        else:
            self.mosaic.set_grid(0, 0)  # as few as they are, they may be larger
        self.set_status(f"{len(names):,} classes" if dataset and overview else "")
        self.show_pages(len(names) if overview else 0, columns * rows)
        self.pager.setVisible(self.pager.n_pages > 1)

    def images(self, dataset: Dataset, overview: Overview, classes: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return the images of `classes`, shape (n, height, width); each of them has a training sample."""
        raise NotImplementedError

    def about(self, dataset: Dataset, overview: Overview, label: int) -> str:
        """Return what is told of a class under the mouse that has a training sample."""
        raise NotImplementedError

    def page(self, shown: range) -> tuple[NDArray[np.uint8], Sequence[Caption]] | None:
        """Return the tiles of the classes `shown`; that of a class without training images is plain."""
        dataset, overview = self._dataset, self._overview
        if dataset is None or overview is None:
            return None
        classes = np.array(shown)
        there = overview.first[classes] >= 0
        tiles = np.full((len(classes), *overview.means.shape[1:]), MISSING, np.uint8)
        tiles[there] = self.images(dataset, overview, classes[there])
        captions = [
            Caption(((dataset.class_names[label], "text" if has_images else "muted"),))
            for label, has_images in zip(shown, there, strict=True)
        ]
        return tiles, captions

    def why_empty(self) -> str:
        """Return what will appear here."""
        return self._waiting if self._dataset else _NO_DATA

    def tip(self, number: int) -> str:
        """Return what is told of class `number`."""
        dataset, overview = self._dataset, self._overview
        if dataset is None or overview is None:
            return ""
        if overview.first[number] < 0:
            return f"{dataset.class_names[number]}\nno training image"
        return self.about(dataset, overview, number)

    def choose(self, number: int) -> None:
        """Tell which class was chosen."""
        self.classChosen.emit(number)
