"""Versions of one class: how differently its images look, 25 at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from mlp_core.datasets.dataset import Dataset
from mlp_core.datasets.overview import SPLITS, samples_of_class
from mlp_core.datasets.thumbnail import thumbnails
from mlp_viz.theme import UNIT, Theme
from mlp_viz.widgets.colour_scale import grey_lut
from mlp_viz.widgets.mosaic import Mosaic
from mlp_viz.widgets.pager import Pager
from mlp_viz.widgets.panel import TEXT_POINTS, Panel, set_points

COLUMNS: Final = 5
ROWS: Final = 5
LONGEST_NAME: Final = 10  # letters that the chooser of the class makes room for; its list shows all

_NO_DATA: Final = "Choose a data set. Images of one of its classes then appear here."


class ClassVersions(Panel):
    """A page of 5×5 images of one class in one split; a click or Enter opens one.

    The other signals are those of `Panel`.

    Attributes
    ----------
    sampleChosen : Signal(str, int)
        The split, ``train``, ``valid`` or ``test``, and the index in it of the image that was clicked.
    """

    sampleChosen = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Versions of one class", parent)
        self._dataset: Dataset | None = None
        self._indices: NDArray[np.intp] = np.empty(0, np.intp)
        self.mosaic = Mosaic()
        self.mosaic.set_lut(grey_lut())
        self.mosaic.set_grid(COLUMNS, ROWS)
        self.mosaic.set_navigable(True)
        self.mosaic.setAccessibleName("Versions of one class")
        self.pager = Pager("versions")
        self.class_box = _chooser("Class", "The class whose images are shown")
        self.class_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.split_box = _chooser("Split", "The split whose images are shown")
        for key, name in SPLITS.items():
            self.split_box.addItem(name, key)
        row = QHBoxLayout()
        row.setSpacing(UNIT // 2)
        label = QLabel("class")
        set_points(label, TEXT_POINTS)
        row.addWidget(label)
        row.addWidget(self.class_box)
        row.addWidget(self.split_box)
        row.addStretch(1)
        row.addWidget(self.pager)
        self.body.addWidget(self.mosaic, 1)
        self.body.addLayout(row)
        self.class_box.currentIndexChanged.connect(self._find)
        self.split_box.currentIndexChanged.connect(self._find)
        self.pager.turned.connect(self._show_page)
        self.mosaic.tileClicked.connect(self._open)
        self.mosaic.tileActivated.connect(self._open)
        self.mosaic.tileHovered.connect(self._hover)
        self.show_dataset(None)

    @property
    def label(self) -> int:
        """The class shown; -1 without a data set."""
        return self.class_box.currentIndex()

    @property
    def split(self) -> str:
        """The split shown: ``train``, ``valid`` or ``test``."""
        return str(self.split_box.currentData())

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Show training images of the first class of `dataset`."""
        self._dataset = dataset
        with QSignalBlocker(self.class_box), QSignalBlocker(self.split_box):
            self.class_box.clear()
            names = dataset.class_names if dataset else ()
            self.class_box.addItems(names)
            self.class_box.setMinimumContentsLength(min(max(map(len, names), default=1), LONGEST_NAME))
            self.split_box.setCurrentIndex(0)
        self.class_box.view().setMinimumWidth(self.class_box.view().sizeHintForColumn(0) + 4 * UNIT)
        for box in (self.class_box, self.split_box):
            box.setEnabled(dataset is not None)
        self._find()

    @Slot(int)
    def show_class(self, label: int) -> None:
        """Show the images of class `label` in the split that is open."""
        self.class_box.setCurrentIndex(label)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`; the images stay white on black."""
        super().apply_theme(theme)
        self.mosaic.apply_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn the page with PgUp and PgDown."""
        if not self.pager.turn_by_key(event):
            super().keyPressEvent(event)

    @Slot()
    def _find(self) -> None:
        """Show the first page of the class and the split that are chosen."""
        dataset, n = self._dataset, 0
        if dataset is not None:
            self._indices = samples_of_class(dataset, self.split, self.label)
            n = len(self._indices)
        self.set_status(f"{n:,} image{'s' * (n != 1)}" if dataset else "")
        self.class_box.setToolTip(f"The class whose images are shown: {self.class_box.currentText()}")
        self.pager.set_count(n, COLUMNS * ROWS)
        self.pager.setVisible(n > 0)
        self.mosaic.set_current(0)
        self._show_page()

    @Slot()
    def _show_page(self) -> None:
        dataset, shown = self._dataset, self.pager.shown
        if dataset is None or not shown:
            self.mosaic.set_placeholder(self._why_empty())
            self.mosaic.clear()
            return
        indices = self._indices[shown.start : shown.stop]
        X = getattr(dataset, self.split).X
        self.mosaic.set_tiles(thumbnails(X, indices, dataset.image_shape, dataset.pixel_range))

    def _why_empty(self) -> str:
        if self._dataset is None:
            return _NO_DATA
        split = SPLITS[self.split]
        if not len(getattr(self._dataset, self.split)):
            return f"This data set has no {split} images. Choose another split."
        return f"There is no {split} image of class {self.class_box.currentText()}. Choose another class or split."

    @Slot(int)
    def _open(self, tile: int) -> None:
        if 0 <= tile < len(self.pager.shown):
            self.sampleChosen.emit(self.split, int(self._indices[self.pager.shown[tile]]))

    @Slot(int)
    def _hover(self, tile: int) -> None:
        over = 0 <= tile < len(self.pager.shown)
        self.mosaic.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        if over:
            number = int(self._indices[self.pager.shown[tile]]) + 1
            self.mosaic.setToolTip(f"{SPLITS[self.split]} image {number:,}: click to see it large")
        else:
            self.mosaic.setToolTip("")


def _chooser(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    set_points(box, TEXT_POINTS)
    return box
